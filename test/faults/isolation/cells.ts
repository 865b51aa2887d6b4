/** Every list that the function takes in, and each way in which one element of it can be bad: what befalls a stack, and how it is named. */
import { cloudMapServiceArn, targetGroupArn } from '../../../scripts/simulator/account.ts';
import type { ApiName } from '../../../scripts/simulator/api.ts';
import { ApiError } from '../../../scripts/simulator/api-error.ts';
import type { Input } from '../../../scripts/simulator/api-input.ts';
import { throttled } from '../../../scripts/simulator/buckets.ts';
import { CLUSTER, type Deployment, GROUP, type SettingsText } from '../../../scripts/simulator/deployment.ts';

export const WAYS = [
  'of another region',
  'of another account',
  'of another partition',
  'of another type',
  'gone',
  'denied',
  'throttled alone',
  'malformed',
  'too many',
] as const;
type Way = (typeof WAYS)[number];

export interface Cell {
  readonly settings?: Partial<SettingsText>;
  readonly arrange?: (deployment: Deployment) => void;
  /** What a person reads of it. An event that is nobody's mistake is acknowledged, and named nowhere. */
  readonly named: string | undefined;
  /** What shows that another element of the list was dealt with, beside the group in step. */
  readonly goodTold?: string;
}

/** A cell, or why there can be none. */
export type Cells = Readonly<Record<Way, Cell | string>>;

const LINE = 'target-group=web cluster=prod service=app port=8080';
const BAD_GROUP = targetGroupArn('bad');
const BAD_CLUSTER = CLUSTER.replace('/prod', '/bad');
const BAD_SERVICE = cloudMapServiceArn('bad');
const ELSEWHERE: Readonly<
  Record<'of another region' | 'of another account' | 'of another partition', (arn: string) => string>
> = {
  'of another region': (arn) => arn.replace('eu-west-1', 'eu-central-1'),
  'of another account': (arn) => arn.replace('111122223333', '444455556666'),
  'of another partition': (arn) => arn.replace('arn:aws:', 'arn:aws-cn:'),
};

/** Every call about it fails so. */
function failing(isMeant: (name: ApiName, input: string) => boolean, error: (name: string) => ApiError) {
  return ({ service }: Deployment): void => {
    const perform = service.perform.bind(service);
    service.perform = <Name extends ApiName>(name: Name, input: Input, accessKeyId?: string) => {
      if (isMeant(name, JSON.stringify(input))) throw error(name);
      return perform(name, input, accessKeyId);
    };
  };
}

function denied(name: string): ApiError {
  return new ApiError('AccessDenied', `User is not authorized to perform: ${name}`, 403);
}

function about(text: string, names: readonly ApiName[] = []): (name: ApiName, input: string) => boolean {
  return (name, input) => input.includes(text) && (names.length === 0 || names.includes(name));
}

function withGroup(arn: string, named: string, arrange?: Cell['arrange']): Cell {
  const settings = { targetGroups: [arn, GROUP], binding: `target-group=bad cluster=prod service=app port=8080; ${LINE}` };
  return { settings, named, ...(arrange && { arrange }) };
}

function addBad(targetType = 'ip') {
  return ({ account }: Deployment): void => void account.elb.addGroup({ arn: BAD_GROUP, targetType });
}

function both(one: (deployment: Deployment) => void, other: (deployment: Deployment) => void) {
  return (deployment: Deployment): void => {
    one(deployment);
    other(deployment);
  };
}

const NOT_HERE = 'it has to be of the region and account of this stack';

const GROUPS: Cells = {
  'of another region': withGroup(ELSEWHERE['of another region'](BAD_GROUP), NOT_HERE),
  'of another account': withGroup(ELSEWHERE['of another account'](BAD_GROUP), NOT_HERE),
  'of another partition': withGroup(ELSEWHERE['of another partition'](BAD_GROUP), NOT_HERE),
  'of another type': withGroup(BAD_GROUP, 'has target type "lambda"', addBad('lambda')),
  gone: withGroup(BAD_GROUP, `Target group ${BAD_GROUP} does not exist`),
  denied: withGroup(
    BAD_GROUP,
    'DescribeTargetHealth on bad failed (AccessDenied',
    both(addBad(), failing(about(BAD_GROUP, ['DescribeTargetHealth']), denied)),
  ),
  'throttled alone': withGroup(
    BAD_GROUP,
    'DescribeTargetHealth on bad failed (Throttling',
    both(addBad(), failing(about(BAD_GROUP, ['DescribeTargetHealth']), throttled)),
  ),
  malformed: withGroup('arn:aws:elasticloadbalancing:web', 'TargetGroupArns has "arn:aws:elasticloadbalancing:web"'),
  'too many': {
    settings: {
      targetGroups: [...Array.from({ length: 25 }, (_, index) => targetGroupArn(`n${index}`)), GROUP],
      binding: LINE,
    },
    named: `Target group ${targetGroupArn('n24')} does not exist`,
  },
};

function withCluster(arn: string, named: string, arrange?: Cell['arrange']): Cell {
  const binding = `target-group=bad cluster=bad service=app port=8080; ${LINE}`;
  const settings = { clusters: [CLUSTER, arn], targetGroups: [BAD_GROUP, GROUP], binding };
  return { settings, named, arrange: arrange === undefined ? addBad() : both(addBad(), arrange) };
}

function addService({ account }: Deployment): void {
  account.ecs.addService(BAD_CLUSTER, 'app');
}

const CLUSTERS: Cells = {
  'of another region': withCluster(ELSEWHERE['of another region'](BAD_CLUSTER), 'cluster=bad'),
  'of another account': withCluster(
    ELSEWHERE['of another account'](BAD_CLUSTER),
    'cluster/bad" cannot be used; expected a cluster of account',
  ),
  'of another partition': withCluster(ELSEWHERE['of another partition'](BAD_CLUSTER), 'expected a cluster of partition aws'),
  'of another type': withCluster(GROUP, `ClusterArns has "${GROUP}"`),
  gone: withCluster(BAD_CLUSTER, 'cluster=bad'),
  denied: withCluster(
    BAD_CLUSTER,
    `of ${BAD_CLUSTER} failed (AccessDenied`,
    both(addService, failing(about(BAD_CLUSTER), denied)),
  ),
  'throttled alone': withCluster(
    BAD_CLUSTER,
    `${BAD_CLUSTER} failed (Throttling`,
    both(addService, failing(about(BAD_CLUSTER), throttled)),
  ),
  malformed: withCluster('prod', 'ClusterArns has "prod"'),
  'too many': withCluster(BAD_CLUSTER, 'service=none', ({ account, settings }) => {
    for (let count = 0; count < 60; count += 1) account.ecs.addService(CLUSTER.replace('/prod', `/n${count}`), 'app');
    Object.assign(settings, { clusters: [], binding: `${LINE}; target-group=web service=none port=9090` });
  }),
};

function withService(arn: string, named: string, arrange?: Cell['arrange']): Cell {
  const good = ({ account }: Deployment): void => {
    account.cloudMap.addService(cloudMapServiceArn('good'), 'good').tags.set('alb-target-sync', 'cluster=prod service=app');
  };
  const settings = { cloudMapServices: [arn, cloudMapServiceArn('good')], binding: LINE };
  return { settings, named, goodTold: 'srv-good', arrange: arrange === undefined ? good : both(good, arrange) };
}

function addBadService({ account }: Deployment): void {
  account.cloudMap.addService(BAD_SERVICE, 'bad').tags.set('alb-target-sync', 'cluster=prod service=app');
}

const ELSE = 'is in another account or region than this stack';

const CLOUD_MAP_SERVICES: Cells = {
  'of another region': withService(ELSEWHERE['of another region'](BAD_SERVICE), 'srv-bad does not exist'),
  'of another account': withService(ELSEWHERE['of another account'](BAD_SERVICE), ELSE),
  'of another partition': withService(ELSEWHERE['of another partition'](BAD_SERVICE), ELSE),
  'of another type': withService(GROUP, `CloudMapServiceArns has "${GROUP}"`),
  gone: withService(BAD_SERVICE, `Cloud Map service ${BAD_SERVICE} does not exist`),
  denied: withService(BAD_SERVICE, 'srv-bad failed (AccessDenied', both(addBadService, failing(about('srv-bad'), denied))),
  'throttled alone': withService(
    BAD_SERVICE,
    'srv-bad failed (RequestLimitExceeded',
    both(addBadService, failing(about('srv-bad'), throttled)),
  ),
  malformed: withService('srv-bad', 'CloudMapServiceArns has "srv-bad"'),
  'too many': {
    settings: { cloudMapServices: Array.from({ length: 30 }, (_, index) => cloudMapServiceArn(`n${index}`)), binding: LINE },
    named: `Cloud Map service ${cloudMapServiceArn('n29')} does not exist`,
  },
};

function withLine(line: string, named: string, arrange?: Cell['arrange']): Cell {
  return { settings: { binding: `${line}; ${LINE}` }, named, ...(arrange && { arrange }) };
}

function lineOfCluster(arn: string): string {
  return `target-group=web cluster=${arn} service=app port=9090`;
}

const OTHER_LINE = 'target-group=bad cluster=prod service=other port=8080';

function withOtherService(error: (name: string) => ApiError, calls: readonly ApiName[]): Cell {
  const settings = { targetGroups: [BAD_GROUP, GROUP], binding: `${OTHER_LINE}; ${LINE}` };
  const addOther = ({ account }: Deployment): void => void account.ecs.addService(CLUSTER, 'other');
  const isMeant = about('"other"', calls);
  return { settings, named: 'other', arrange: both(both(addBad(), addOther), failing(isMeant, error)) };
}

const LINES: Cells = {
  'of another region': withLine(lineOfCluster(ELSEWHERE['of another region'](CLUSTER)), 'the parameter Bindings, line 1'),
  'of another account': withLine(lineOfCluster(ELSEWHERE['of another account'](CLUSTER)), 'the parameter Bindings, line 1'),
  'of another partition': withLine(lineOfCluster(ELSEWHERE['of another partition'](CLUSTER)), 'the parameter Bindings, line 1'),
  'of another type': withLine(`target-group=web cluster=${GROUP} service=app port=9090`, 'the parameter Bindings, line 1'),
  gone: withLine('target-group=web cluster=prod service=none port=9090', 'service=none'),
  denied: withOtherService(denied, ['DescribeServices', 'ListTasks']),
  // Up to ten services share a call of DescribeServices.
  'throttled alone': withOtherService(throttled, ['ListTasks']),
  malformed: withLine('target-group=web cluster=prod service=app prot=9090', '"prot=9090" cannot be used'),
  'too many': withLine(LINE, 'no second line for what the parameter Bindings, line 1 binds'),
};

function withTag(text: string, named: string, arrange?: Cell['arrange']): Cell {
  const tag = ({ account }: Deployment): void => {
    account.elb.group(GROUP).tags.set('alb-target-sync', 'cluster=prod service=app port=8080');
    account.elb.group(GROUP).tags.set('alb-target-sync:2', text);
  };
  return { settings: { binding: '' }, named, arrange: arrange === undefined ? tag : both(tag, arrange) };
}

const TAG_2 = 'tag alb-target-sync:2 of target group web';

function tagOfCluster(arn: string): string {
  return `cluster=${arn} service=app port=9090`;
}

const TAGS: Cells = {
  'of another region': withTag(tagOfCluster(ELSEWHERE['of another region'](CLUSTER)), TAG_2),
  'of another account': withTag(tagOfCluster(ELSEWHERE['of another account'](CLUSTER)), TAG_2),
  'of another partition': withTag(tagOfCluster(ELSEWHERE['of another partition'](CLUSTER)), TAG_2),
  'of another type': withTag(tagOfCluster(GROUP), TAG_2),
  gone: withTag('cluster=prod service=none port=9090', 'service=none'),
  denied: 'DescribeTags has no resource in IAM: it is allowed or denied as a whole',
  'throttled alone': 'DescribeTags asks for up to 20 groups at once: no group is throttled alone',
  malformed: withTag('cluster=prod service=app prot=9090', TAG_2),
  'too many': withTag('cluster=prod service=app port=9090', 'tag alb-target-sync:49 of target group web', ({ account }) => {
    for (let count = 3; count < 50; count += 1)
      account.elb.group(GROUP).tags.set(`alb-target-sync:${count}`, 'cluster=prod service=app port=8080');
  }),
};

/** Events that come before the good ones. */
function withEvents(named: string | undefined, ...bodies: readonly (string | object)[]): Cell {
  return {
    named,
    arrange: ({ queue }) => {
      for (const body of bodies) queue.send(typeof body === 'string' ? body : JSON.stringify(body));
    },
  };
}

function eventOf(detail: object, envelope: object = {}): object {
  return {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    account: '111122223333',
    region: 'eu-west-1',
    ...envelope,
    detail: {
      clusterArn: CLUSTER,
      taskArn: taskOf(CLUSTER),
      group: 'service:app',
      lastStatus: 'RUNNING',
      version: 3,
      ...detail,
    },
  };
}

function taskOf(clusterArn: string, id = 'f'.repeat(32)): string {
  return `${clusterArn.replace(':cluster/', ':task/')}/${id}`;
}

function hintOf(clusterArn: string): Cell {
  return withEvents(undefined, eventOf({ clusterArn, taskArn: taskOf(clusterArn) }));
}

const HINTS: Cells = {
  'of another region': hintOf(ELSEWHERE['of another region'](CLUSTER)),
  'of another account': hintOf(ELSEWHERE['of another account'](CLUSTER)),
  'of another partition': hintOf(ELSEWHERE['of another partition'](CLUSTER)),
  'of another type': withEvents(undefined, eventOf({ group: 'family:app' })),
  gone: withEvents(undefined, eventOf({})),
  denied: 'IAM knows DescribeTasks by the cluster alone: no task of it is denied by itself',
  'throttled alone': 'up to 100 tasks share a call of DescribeTasks: none is throttled alone',
  malformed: withEvents(undefined, eventOf({ taskArn: taskOf(CLUSTER, 'not-an-id') })),
  'too many': withEvents(
    undefined,
    ...Array.from({ length: 300 }, (_, index) => eventOf({ taskArn: taskOf(CLUSTER, index.toString(16).padStart(32, 'e')) })),
  ),
};

const NO_PLACE = 'an address has none';

function withTask(ipv4: string, named: string, arrange?: Cell['arrange']): Cell {
  const start = (deployment: Deployment): void => void deployment.start(1, { ipv4 });
  return { named, arrange: arrange === undefined ? start : both(arrange, start) };
}

const TARGETS: Cells = {
  'of another region': NO_PLACE,
  'of another account': NO_PLACE,
  'of another partition': NO_PLACE,
  'of another type': {
    named: 'is running with only fd00::5',
    arrange: (deployment) => void deployment.start(1, { ipv6: 'fd00::5' }),
  },
  gone: 'a target that is not there is no error of DeregisterTargets',
  denied: 'IAM knows the calls by the group: see ARNs of groups',
  'throttled alone': 'all targets of a group share its calls',
  malformed: withTask('203.0.113.7', 'RegisterTargets on 203.0.113.7:8080 in web failed (InvalidTarget'),
  'too many': {
    settings: { targetGroups: [BAD_GROUP, GROUP], binding: `${OTHER_LINE}; ${LINE}` },
    named: 'TooManyTargets',
    arrange: (deployment) => {
      deployment.account.elb.addGroup({ arn: BAD_GROUP, quota: 1 });
      deployment.account.ecs.addService(CLUSTER, 'other');
      deployment.start(3, { group: 'service:other', definition: 'other:1' });
    },
  },
};

const TASKS: Cells = {
  'of another region': 'a call names one cluster, and its tasks are of it',
  'of another account': 'a call names one cluster, and its tasks are of it',
  'of another partition': 'a call names one cluster, and its tasks are of it',
  'of another type': {
    named: 'its interface is NONE',
    arrange: (deployment) => void deployment.start(1, { withoutInterface: true }),
  },
  gone: withEvents(undefined, eventOf({})),
  denied: HINTS.denied,
  'throttled alone': HINTS['throttled alone'],
  malformed: HINTS.malformed,
  'too many': { named: undefined, arrange: (deployment) => void deployment.start(250) },
};

const MESSAGES: Cells = {
  'of another region': withEvents(undefined, eventOf({}, { region: 'eu-central-1' })),
  'of another account': withEvents(undefined, eventOf({}, { account: '444455556666' })),
  'of another partition': HINTS['of another partition'],
  'of another type': withEvents('source', { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change', detail: {} }),
  gone: 'a message that is gone is not received',
  denied: 'the queue hands over a batch as a whole',
  'throttled alone': 'the queue hands over a batch as a whole',
  malformed: withEvents('is not JSON', '{"broken'),
  'too many': withEvents('is not JSON', ...Array.from({ length: 100 }, () => '{"broken')),
};

export const LISTS: Readonly<Record<string, Cells>> = {
  'ARNs of groups': GROUPS,
  'ARNs of clusters': CLUSTERS,
  'ARNs of Cloud Map services': CLOUD_MAP_SERVICES,
  'lines of the parameter': LINES,
  'tags of a group': TAGS,
  hints: HINTS,
  'targets of a call': TARGETS,
  'tasks of a call': TASKS,
  'messages of a batch': MESSAGES,
};
