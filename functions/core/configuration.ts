/** Makes of what was read of groups, tags and services which group is bound to what, and which cannot be served and why. */

import { describeBinding, describeSelector, type GroupBinding, type Selector, selectorKey } from './binding.ts';
import {
  bindingTags,
  isDiscovering,
  type Lines,
  linesOfParameter,
  linesOfService,
  linesOfTags,
  type Scope,
  type Settings,
  TAG,
  type Tag,
} from './binding-sources.ts';
import type { InstanceService } from './cloud-map/instance.ts';
import { type Hint, mayMean } from './event.ts';
import type { Finding } from './finding.ts';
import { distinctBy } from './order.ts';
import type { TargetGroup } from './target.ts';
import {
  type Address,
  addressOf,
  arnParts,
  type CloudMapServiceArn,
  type ClusterArn,
  familyOf,
  isSamePlace,
  type TargetGroupArn,
} from './values.ts';

/** A target group as ELB describes it, before it is known to be of use. */
export interface DescribedGroup {
  readonly group: TargetGroup;
  /** `ip`, `instance`, `lambda` or `alb`. */
  readonly targetType: string;
}

export interface DescribedService {
  readonly name: string;
  /** ECS describes a service for a while after its deletion. */
  readonly isActive: boolean;
  /** Target groups that ECS itself writes to for this service, those of its task sets and deployments included. */
  readonly targetGroups: readonly string[];
  /** Ids of its deployments and task sets. */
  readonly deployments: readonly string[];
}

/** Resources that carry the tag. */
export interface Discovered {
  readonly targetGroups: readonly TargetGroupArn[];
  readonly cloudMapServices: readonly CloudMapServiceArn[];
}

/** The last good answer to each question. An old copy still says where to look; the guard decides what may rest on it. */
export interface Copies {
  /** Undefined while it is not known, or where the parameters name everything. */
  readonly discovered: Discovered | undefined;
  /** The clusters of the account and region, where a line leaves out which one it means. */
  readonly clusters: readonly ClusterArn[] | undefined;
  /** By service name: the clusters that have it, where there are several to choose from. */
  readonly clustersOf: ReadonlyMap<string, readonly ClusterArn[]>;
  /** `refused`: ELB does not accept the ARN, such as one of another region or account. */
  readonly groups: ReadonlyMap<TargetGroupArn, DescribedGroup | 'gone' | 'refused'>;
  readonly tags: ReadonlyMap<TargetGroupArn, { readonly tags: readonly Tag[]; readonly readAtMs: number }>;
  /** How many targets the groups have that nothing binds. */
  readonly unboundTargets: ReadonlyMap<TargetGroupArn, number>;
  /** Groups that have lost their tag since the reading before. The next one does not have them any more. */
  readonly released: readonly TargetGroupArn[];
  /** By `selectorKey`. `denied`: nobody has ever been allowed to ask for it, such as in an account that gives no role. */
  readonly services: ReadonlyMap<string, DescribedService | 'unknown' | 'denied'>;
  /** Since when the stack is known to be paused; undefined while it is not. */
  readonly pausedSinceMs: number | undefined;
  readonly cloudMapTags: ReadonlyMap<CloudMapServiceArn, readonly Tag[] | 'gone'>;
}

export const NO_COPIES: Copies = {
  discovered: undefined,
  clusters: undefined,
  clustersOf: new Map(),
  groups: new Map(),
  tags: new Map(),
  unboundTargets: new Map(),
  released: [],
  services: new Map(),
  pausedSinceMs: undefined,
  cloudMapTags: new Map(),
};

/** On the stack's log group, this value of the tag stops every write. */
export const PAUSED = 'paused';

/** A group with everything that binds it. */
export interface BoundGroup {
  readonly group: TargetGroup;
  readonly bindings: readonly GroupBinding[];
  /** When the bindings were read from tags; undefined where they stand in the stack's parameter and cannot grow old. */
  readonly bindingsReadAtMs: number | undefined;
}

export interface Configuration {
  readonly groups: readonly BoundGroup[];
  /** Groups of which something has never been read yet, so that it is not known what binds them. */
  readonly unread: readonly TargetGroupArn[];
  /** Nobody has found out yet which resources carry the tag: any task may be bound. */
  readonly isUndiscovered: boolean;
  readonly cloudMapServices: readonly InstanceService[];
  readonly findings: readonly Finding[];
}

/** What the lines are read against: the parameters, filled in with what was found. */
export function scopeOf(
  settings: Settings,
  { discovered, clusters, clustersOf }: Pick<Copies, 'discovered' | 'clusters' | 'clustersOf'>,
): Scope {
  const found = isDiscovering(settings) ? discovered : undefined;
  return { ...settings, ...found, anyCluster: settings.clusters.length > 0 ? settings.clusters : clusters, clustersOf };
}

/** Whether ELB and Cloud Map of the stack's own place are to be asked about the ARN. */
export function isReachable({ home, spokeRole }: Settings, arn: TargetGroupArn | CloudMapServiceArn): boolean {
  if (home === undefined || isSamePlace(arnParts(arn), home)) return true;
  const { partition, account } = arnParts(arn);
  const isCloudMap = arn.includes(':servicediscovery:') && partition === home.partition;
  return isCloudMap && (spokeRole !== undefined || account === home.account);
}

/** Registered addresses of a group, and when the read that saw them began. */
export interface TargetsRead {
  readonly beganAtMs: number;
  readonly registered: ReadonlySet<Address>;
}

/**
 * Whether the targets were already as the event would have them when they were last read: then a look would find nothing to do. Where the
 * event lies, the schedule finds out, as it does for one that is lost.
 */
export function isClaimMet({ group, bindings }: BoundGroup, hint: Hint, read: TargetsRead | undefined): boolean {
  const { claim } = hint;
  if (claim === undefined || read === undefined || read.beganAtMs < claim.atMs) return false;
  const ips = claim.addresses.filter((ip) => familyOf(ip) === group.family);
  const meant = bindings.filter(({ selector }) => mayMean(selector, hint));
  return meant.every(({ drain, port }) => {
    if (drain || typeof port !== 'number' || ips.length === 0) return false;
    return ips.every((ip) => read.registered.has(addressOf(ip, port)) !== claim.isStop);
  });
}

/** What binds the group, as one text. */
export function bindingText({ bindings }: BoundGroup): string {
  return bindings.map(describeBinding).join('; ');
}

/** Who has paused a stack may have gone home by then. */
const PAUSED_LONG_MS = 3_600_000;

export function pauseFindings(pausedSinceMs: number | undefined, nowMs: number): Finding[] {
  if (pausedSinceMs === undefined) return [];
  const isLong = nowMs - pausedSinceMs >= PAUSED_LONG_MS;
  const message =
    'The stack is paused: changes are planned and none is made. Tasks that start get no traffic, and targets of stopped ones stay. ' +
    "Run the stack's output ResumeCommand.";
  return [{ kind: isLong ? 'paused-long' : 'paused', subject: 'stack', message, sinceMs: pausedSinceMs }];
}

/** Whether one of the group's bindings may select the hinted task. */
export function isMeant({ bindings }: BoundGroup, hint: Hint): boolean {
  return bindings.some(({ selector }) => mayMean(selector, hint));
}

/** Groups whose bindings stand in their tags: those that no line of the parameter names. */
export function tagBoundGroups(scope: Scope): TargetGroupArn[] {
  return unnamedGroups(scope, linesOfParameter(scope));
}

function unnamedGroups({ tagBindings, targetGroups }: Scope, { named }: Lines): TargetGroupArn[] {
  return tagBindings ? targetGroups.filter((arn) => !named.has(arn)) : [];
}

/** Groups that somebody wrote into the parameter, and that no line binds. */
export function unboundGroups(scope: Scope, copies: Pick<Copies, 'groups' | 'tags'>): TargetGroupArn[] {
  const named = new Set(allLines(scope, copies.tags).flatMap((lines) => [...lines.named]));
  return scope.targetGroups.filter((arn) => {
    const isRead = !scope.tagBindings || copies.tags.has(arn);
    return isRead && !named.has(arn) && isOfUse(copies.groups.get(arn));
  });
}

/** Groups that were found by their tag, and do not have it any more. One whose tags could not be read keeps its last copy, and its tag. */
export function lostTheirTag(before: Copies['tags'], now: Copies['tags']): TargetGroupArn[] {
  return [...now].flatMap(([arn, { tags }]) => {
    const old = before.get(arn);
    return old !== undefined && isTagged(old.tags) && !isTagged(tags) ? [arn] : [];
  });
}

/** The services that have to be asked whether ECS itself writes to a group. */
export function boundServices(scope: Scope, tags: Copies['tags']): Selector[] {
  const bindings = allLines(scope, tags).flatMap((lines) => lines.bindings.map(({ binding }) => binding.selector));
  const services = bindings.filter(({ kind }) => kind === 'service');
  return distinctBy(services, selectorKey);
}

/** Whether the parameter alone settles that the hint means nothing that is bound: then not even the configuration has to be read for it. */
export function isSurelyUnbound(settings: Settings, hint: Hint): boolean {
  const scope = scopeOf(settings, NO_COPIES);
  if (isDiscovering(settings) || scope.cloudMapServices.length > 0) return false;
  // Asked of every message: to read the lines takes longer than all the rest, so it is done once.
  const lines = linesOfParameter(scope);
  const open = [...unnamedGroups(scope, lines), ...lines.unread];
  return open.length === 0 && !lines.bindings.some(({ binding }) => mayMean(binding.selector, hint));
}

export function resolveConfiguration(settings: Settings, copies: Copies): Configuration {
  const scope = scopeOf(settings, copies);
  const lines = allLines(scope, copies.tags);
  const states = scope.targetGroups.map((arn) => ({ arn, state: stateOf(arn, { scope, lines, copies }) }));
  const groups = states.flatMap(({ state }) => (state === undefined || state === 'unread' ? [] : [state]));
  // The index of tags may be behind: a service that it still has may be gone or have lost its tag, and that is nobody's mistake.
  const services = [...copies.cloudMapTags].filter(([, tags]) => !isDiscovering(settings) || isTagged(tags));
  const checked = services.map(([service, tags]) => checkedService(scope, service, tags));
  const unbound = new Set(unboundGroups(scope, copies));
  const isUndiscovered = isDiscovering(settings) && copies.discovered === undefined;
  return {
    groups,
    unread: states.filter(({ state }) => state === 'unread').map(({ arn }) => arn),
    isUndiscovered,
    cloudMapServices: checked.filter(({ bindings }) => bindings.length > 0),
    findings: [
      ...settings.leftOut,
      // Before it is known which groups there are, every line of the parameter names one that there is not.
      ...(isUndiscovered ? [] : lines.flatMap(({ mistakes }) => mistakes)),
      ...checked.flatMap(({ mistakes }) => mistakes),
      ...scope.targetGroups.flatMap((arn) => [
        ...unusableFindings(scope, arn, copies),
        ...(unbound.has(arn) ? [unboundFinding(arn, copies)] : []),
      ]),
      ...copies.released.filter((arn) => isOfUse(copies.groups.get(arn))).map((arn) => releasedFinding(arn, copies)),
      ...scope.cloudMapServices.filter((arn) => !isReachable(scope, arn)).map(unreachableService),
      ...groups.flatMap(nativeFindings),
    ],
  };
}

/** What could not be asked for its tags keeps its place among what was found. */
export function isTagged(answer: readonly Tag[] | 'gone' | undefined): boolean {
  return answer === undefined || (answer !== 'gone' && bindingTags(answer).length > 0);
}

function checkedService(scope: Scope, service: CloudMapServiceArn, answer: readonly Tag[] | 'gone') {
  const tags = answer === 'gone' ? [] : answer;
  const { bindings, mistakes } = linesOfService(scope, service, tags);
  // Service Connect tags what it makes (ECS guide, "Service Connect").
  const isManaged = tags.some(({ key }) => key === 'AmazonECSManaged');
  return { service, bindings, mistakes: answer === 'gone' ? [goneService(scope, service)] : mistakes, isManaged };
}

export function goneService(settings: Settings, service: CloudMapServiceArn): Finding {
  const instead = isDiscovering(settings)
    ? `wait until AWS no longer lists it with the tag ${TAG}`
    : "take it out of the stack's parameter CloudMapServiceArns";
  return {
    kind: 'unusable',
    subject: service,
    message: `Cloud Map service ${service} does not exist. Create it, or ${instead}.`,
  };
}

function unreachableService(service: CloudMapServiceArn): Finding {
  const message =
    `Cloud Map service ${service} is in another account or region than this stack. Take it out of the stack's parameter ` +
    'CloudMapServiceArns, or set SpokeRoleName.';
  return { kind: 'unusable', subject: service, message };
}

function allLines(scope: Scope, tags: Copies['tags']): Lines[] {
  const ofTags = tagBoundGroups(scope).flatMap((arn) => {
    const copy = tags.get(arn);
    return copy === undefined ? [] : [linesOfTags(scope, arn, copy.tags)];
  });
  return [linesOfParameter(scope), ...ofTags];
}

/** Protocols whose targets an address and a port do not suffice for (ELB API reference, TargetDescription). */
const UNUSABLE_PROTOCOLS: readonly (string | undefined)[] = ['QUIC', 'TCP_QUIC', 'GENEVE'];

function isOfUse(described: DescribedGroup | 'gone' | 'refused' | undefined): described is DescribedGroup {
  if (typeof described !== 'object') return false;
  return described.targetType === 'ip' && !UNUSABLE_PROTOCOLS.includes(described.group.protocol);
}

/** What a configuration is made of. */
interface Sources {
  readonly scope: Scope;
  readonly lines: readonly Lines[];
  readonly copies: Copies;
}

/** The group with its bindings; undefined where it cannot be served, for which `unusableFindings` has the reason. */
function stateOf(arn: TargetGroupArn, { scope, lines, copies }: Sources): BoundGroup | 'unread' | undefined {
  if (!isReachable(scope, arn)) return undefined;
  const described = copies.groups.get(arn);
  if (described === undefined) return 'unread';
  if (!isOfUse(described)) return undefined;
  const tagged = tagBoundGroups(scope).includes(arn) ? (copies.tags.get(arn) ?? 'unread') : undefined;
  if (tagged === 'unread' || lines.some(({ unread }) => unread.has(arn))) return 'unread';
  const parsed = lines.flatMap((each) => each.bindings.filter(({ group }) => group === arn).map(({ binding }) => binding));
  // Draining the last feeding line of a group takes a second word: the first may be a slip, in a tag that many may write.
  const isFed = parsed.some(({ drain, writes }) => !drain && writes);
  const confirmed = parsed.map((binding) => ({ ...binding, lacksConfirmation: binding.drain && !isFed && !binding.confirmed }));
  const bindings = confirmed.flatMap((binding) => groupBindingOf(binding, arn, copies.services));
  // All of the group's bindings or none: the tasks of a binding that is left out could not veto a removal.
  if (bindings.length < parsed.length) return 'unread';
  return bindings.length === 0 ? undefined : { group: described.group, bindings, bindingsReadAtMs: tagged?.readAtMs };
}

/** The binding, or nothing while it is not known whether ECS itself serves the group from this service. */
function groupBindingOf(
  binding: Omit<GroupBinding, 'native' | 'deployments'>,
  group: TargetGroupArn,
  services: Copies['services'],
): GroupBinding[] {
  const unmanaged = { ...binding, native: false, deployments: new Set<string>() };
  if (binding.selector.kind === 'family') return [unmanaged];
  const service = services.get(selectorKey(binding.selector));
  if (service === undefined) return [];
  if (service === 'unknown') return [unmanaged];
  // Its tasks cannot be read either, so that nothing is written for them. Left out, it would hold up the tasks of all other lines.
  if (service === 'denied') return [{ ...unmanaged, writes: false }];
  return [{ ...unmanaged, native: service.targetGroups.includes(group), deployments: new Set(service.deployments) }];
}

/** Why a group cannot be served, and what it would take. */
function unusableFindings(scope: Scope, arn: TargetGroupArn, { groups }: Copies): Finding[] {
  const described = groups.get(arn);
  const unusable = (message: string): Finding[] => [{ kind: 'unusable', subject: arnParts(arn).name, message }];
  if (!isReachable(scope, arn) || described === 'refused') {
    return unusable(
      `ELB does not accept the target group ARN ${arn}: it has to be of the region and account of this stack. Correct it in the ` +
        "stack's parameter TargetGroupArns.",
    );
  }
  if (described === 'gone') {
    return unusable(`Target group ${arn} does not exist. Create it, or take it out of the stack's parameter TargetGroupArns.`);
  }
  if (described === undefined) return [];
  if (described.targetType !== 'ip') {
    return unusable(
      `Target group ${arn} has target type "${described.targetType}"; expected "ip", since tasks are registered by address. ` +
        'The type of a group cannot be changed: create one with --target-type ip.',
    );
  }
  if (UNUSABLE_PROTOCOLS.includes(described.group.protocol)) {
    return unusable(
      `Target group ${arn} has protocol ${described.group.protocol}; expected HTTP, HTTPS, TCP, TLS, UDP or TCP_UDP. Targets of ` +
        'QUIC need a server ID, and those of GENEVE are appliances. Create a group with another protocol.',
    );
  }
  return [];
}

/** Nobody has bound the group yet, or the last line is gone while it has targets: then nobody keeps them. */
function unboundFinding(arn: TargetGroupArn, { unboundTargets }: Copies): Finding {
  const { name } = arnParts(arn);
  const targets = unboundTargets.get(arn) ?? 0;
  const has =
    targets === 0 ? '' : ` Its ${targets} targets are kept by nobody: tasks that stop stay in, and new ones stay out.`;
  const message =
    `No line binds target group ${arn}.${has} Tag it ${TAG}="service=NAME port=8080", or add ` +
    `"target-group=${name} service=NAME port=8080" to the parameter Bindings.`;
  return { kind: targets === 0 ? 'not-bound' : 'unbound', subject: name, message };
}

/** Told once: whoever takes the tag off ends the management, and may have meant another group. */
function releasedFinding(arn: TargetGroupArn, { unboundTargets }: Copies): Finding {
  const count = unboundTargets.get(arn);
  const counted = count === undefined ? '' : ` (${count})`;
  const message =
    `Target group ${arn} has lost its tag ${TAG}, so nobody keeps it any more. The targets that it has left${counted} stay: tasks that ` +
    `stop stay in, and new ones stay out. If that was not meant, tag it again: ${TAG}="service=NAME port=8080".`;
  return { kind: 'released', subject: arnParts(arn).name, message };
}

function nativeFindings({ group, bindings }: BoundGroup): Finding[] {
  return bindings
    .filter(({ native }) => native)
    .map((binding) => ({
      kind: 'ecs-managed',
      subject: group.name,
      message:
        `ECS itself keeps ${group.arn} for ${describeSelector(binding.selector)}: the service's loadBalancers name it. It is only ` +
        `observed. Write mode=observe into ${binding.source}, or take the group out of the service.`,
    }));
}
