/** A call of the function as IAM sees it: action, resource, condition context (Service Authorization Reference). */

import type { ApiName } from '../../scripts/simulator/api.ts';
import { text, texts } from '../../scripts/simulator/api-input.ts';
import type { FunctionCall } from '../../scripts/simulator/function-calls.ts';

export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

/** The log group of the stack, as `roleOf` names it. */
const OWN_LOG_GROUP = 'arn:aws:logs:eu-west-1:111122223333:log-group:SyncLogs';

type Reader = (call: FunctionCall) => readonly IamRequest[];

/** One entry per call of functions/app/ports.ts; a call that is missing here is an error of the run that made it. */
const READERS: Readonly<Partial<Record<ApiName, Reader>>> = {
  ListTasks: ({ input }) => [ofCluster('ecs:ListTasks', '*', text(input, 'cluster'))],
  DescribeTasks: ({ input }) => {
    const cluster = text(input, 'cluster') ?? '';
    return texts(input, 'tasks').map((task) => ofCluster('ecs:DescribeTasks', inLongForm(task, cluster), cluster));
  },
  DescribeServices: ({ input }) => {
    const cluster = text(input, 'cluster') ?? '';
    return texts(input, 'services').map((name) =>
      ofCluster('ecs:DescribeServices', `${cluster.replace(':cluster/', ':service/')}/${name}`, cluster),
    );
  },
  DescribeTaskDefinition: () => [anywhere('ecs:DescribeTaskDefinition')],
  DescribeTargetGroups: () => [anywhere('elasticloadbalancing:DescribeTargetGroups')],
  DescribeTags: () => [anywhere('elasticloadbalancing:DescribeTags')],
  DescribeTargetGroupAttributes: () => [anywhere('elasticloadbalancing:DescribeTargetGroupAttributes')],
  DescribeTargetHealth: () => [anywhere('elasticloadbalancing:DescribeTargetHealth')],
  RegisterTargets: (call) => [onGroup('elasticloadbalancing:RegisterTargets', call)],
  DeregisterTargets: (call) => [onGroup('elasticloadbalancing:DeregisterTargets', call)],
  ListClusters: () => [anywhere('ecs:ListClusters')],
  'ecs.ListServices': ({ input }) => [ofCluster('ecs:ListServices', '*', text(input, 'cluster'))],
  GetResources: () => [anywhere('tag:GetResources')],
  FilterLogEvents: () => [{ action: 'logs:FilterLogEvents', resource: `${OWN_LOG_GROUP}:*`, context: {} }],
  'logs.ListTagsForResource': () => [{ action: 'logs:ListTagsForResource', resource: OWN_LOG_GROUP, context: {} }],
  ListTagsForResource: () => [anywhere('servicediscovery:ListTagsForResource')],
  ListInstances: ({ input, settings }) => {
    const id = text(input, 'ServiceId') ?? '';
    const service = settings.cloudMapServices.find((arn) => arn.endsWith(`/${id}`)) ?? id;
    const context = { 'servicediscovery:ServiceArn': service };
    return [{ action: 'servicediscovery:ListInstances', resource: service, context }];
  },
};

/** What IAM is asked for the call: one question per resource that it names. */
export function requestsOf(call: FunctionCall): readonly IamRequest[] {
  const reader = READERS[call.operation];
  if (reader === undefined)
    throw new Error(`The function sent ${call.operation}: say in test/policy/requests.ts what IAM is asked.`);
  return reader(call);
}

/** Tasks of an account that has not opted in are `task/ID`; IAM's tables know `task/CLUSTER/ID` alone. */
function inLongForm(task: string, cluster: string): string {
  return task.replace(/:task\/([^/]+)$/, `:task/${cluster.slice(cluster.indexOf('/') + 1)}/$1`);
}

function anywhere(action: string): IamRequest {
  return { action, resource: '*', context: {} };
}

function ofCluster(action: string, resource: string, cluster = ''): IamRequest {
  return { action, resource, context: { 'ecs:cluster': cluster } };
}

/** Where groups are found by their tag, IAM knows the tag of the group: the function writes to no other. */
function onGroup(action: string, { input, settings }: FunctionCall): IamRequest {
  const isFound = settings.targetGroups.length + settings.cloudMapServices.length === 0;
  const context: IamRequest['context'] = isFound ? { 'aws:ResourceTag/alb-target-sync': 'service=app port=8080' } : {};
  return { action, resource: text(input, 'TargetGroupArn') ?? '', context };
}
