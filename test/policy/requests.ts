/** A call of the function as IAM sees it: action, resource, condition context (Service Authorization Reference). */

import type { ApiName } from '../../scripts/simulator/api.ts';
import { objects, text, texts } from '../../scripts/simulator/api-input.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import type { FunctionCall } from '../../scripts/simulator/function-calls.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';

export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** The account and region of a stack with these settings: those of its first cluster. */
export function homeOf({ clusters }: SettingsText): Home {
  const [, , , region = HOME.region, id = HOME.id] = clusters[0]?.split(':') ?? [];
  return { id, region };
}

/** Whether the call is made by the role of a spoke, and not by the function's own. */
export function isBySpoke({ settings, home }: Pick<FunctionCall, 'settings' | 'home'>): boolean {
  return settings.spokeRole !== undefined && home.id !== homeOf(settings).id;
}

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
  FilterLogEvents: ({ settings }) => [{ action: 'logs:FilterLogEvents', resource: `${ownLogGroup(settings)}:*`, context: {} }],
  'logs.ListTagsForResource': ({ settings }) => [
    { action: 'logs:ListTagsForResource', resource: ownLogGroup(settings), context: {} },
  ],
  ListTagsForResource: () => [anywhere('servicediscovery:ListTagsForResource')],
  ListInstances: (call) => {
    const id = text(call.input, 'ServiceId') ?? '';
    const { id: account, region } = placeOf(call);
    const service = `arn:aws:servicediscovery:${region}:${account}:service/${id}`;
    const context = { 'servicediscovery:ServiceArn': service };
    return [{ action: 'servicediscovery:ListInstances', resource: service, context }];
  },
  AssumeRole: ({ input }) => {
    const role = text(input, 'RoleArn') ?? '';
    const externalId = text(input, 'ExternalId');
    const context = { 'aws:ResourceAccount': role.split(':')[4] ?? '' };
    const told = externalId === undefined ? context : { ...context, 'sts:ExternalId': externalId };
    return [{ action: 'sts:AssumeRole', resource: role, context: told }];
  },
  PutEvents: ({ input, settings }) =>
    objects(input, 'Entries').map((entry) => {
      const { id, region } = homeOf(settings);
      const resource = `arn:aws:events:${region}:${id}:event-bus/${text(entry, 'EventBusName') ?? 'default'}`;
      return { action: 'events:PutEvents', resource, context: { 'events:source': [text(entry, 'Source') ?? ''] } };
    }),
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

/** Where a call goes. Where the account is not simulated as the one that its settings name, those decide. */
function placeOf({ settings, home }: FunctionCall): Home {
  return home.id === HOME.id && home.region === HOME.region ? homeOf(settings) : home;
}

/** The log group of the stack, as `roleOf` names it. */
function ownLogGroup(settings: SettingsText): string {
  const { id, region } = homeOf(settings);
  return `arn:aws:logs:${region}:${id}:log-group:SyncLogs`;
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
