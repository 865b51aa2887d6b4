/** Makes of what was read of groups, tags and services which group is fed by what, and which cannot be served and why. */

import { type Binding, describeSelector, type GroupBinding, type Selector, selectorKey } from './binding.ts';
import { type Lines, linesOfParameter, linesOfService, linesOfTags, type Settings, type Tag } from './binding-sources.ts';
import type { InstanceService } from './cloud-map/instance.ts';
import { type Hint, mayMean } from './event.ts';
import type { Finding } from './finding.ts';
import type { TargetGroup } from './target.ts';
import { arnParts, type CloudMapServiceArn, type TargetGroupArn } from './values.ts';

/** A target group as ELB describes it, before it is known to be of use. */
export interface DescribedGroup {
  readonly group: TargetGroup;
  /** `ip`, `instance`, `lambda` or `alb`. */
  readonly targetType: string;
}

export interface DescribedService {
  readonly name: string;
  /** Target groups that ECS itself writes to for this service, those of its task sets and deployments included. */
  readonly targetGroups: readonly string[];
  /** Ids of its deployments and task sets. */
  readonly deployments: readonly string[];
}

/** The last good answer to each question. An old copy still says where to look; the guard decides what may rest on it. */
export interface Copies {
  /** `refused`: ELB does not accept the ARN, such as one of another region or account. */
  readonly groups: ReadonlyMap<TargetGroupArn, DescribedGroup | 'gone' | 'refused'>;
  readonly tags: ReadonlyMap<TargetGroupArn, { readonly tags: readonly Tag[]; readonly readAtMs: number }>;
  /** By `selectorKey`. */
  readonly services: ReadonlyMap<string, DescribedService | 'unknown'>;
  readonly cloudMapTags: ReadonlyMap<CloudMapServiceArn, readonly Tag[] | 'gone'>;
}

export const NO_COPIES: Copies = { groups: new Map(), tags: new Map(), services: new Map(), cloudMapTags: new Map() };

/** A group with everything that bindings it. */
export interface BoundGroup {
  readonly group: TargetGroup;
  readonly bindings: readonly GroupBinding[];
  /** When the binding was read from tags; undefined where it stands in the stack's parameter and cannot grow old. */
  readonly bindingsReadAtMs: number | undefined;
}

export interface Configuration {
  readonly groups: readonly BoundGroup[];
  /** Groups of which something has never been read yet, so that it is not known what bindings them. */
  readonly unread: readonly TargetGroupArn[];
  readonly cloudMapServices: readonly InstanceService[];
  readonly findings: readonly Finding[];
}

/** Whether one of the group's bindings may select the hinted task. */
export function isMeant({ bindings }: BoundGroup, hint: Hint): boolean {
  return bindings.some(({ selector }) => mayMean(selector, hint));
}

/** Groups whose binding stands in their tags: those that no line of the parameter names. */
export function tagBoundGroups(settings: Settings): TargetGroupArn[] {
  const { named } = linesOfParameter(settings);
  return settings.targetGroups.filter((arn) => !named.has(arn));
}

/** The services that have to be asked whether ECS itself writes to a group. */
export function boundServices(settings: Settings, tags: Copies['tags']): Selector[] {
  const bindings = allLines(settings, tags).flatMap((lines) => lines.bindings.map(({ binding }) => binding.selector));
  const services = bindings.filter(({ kind }) => kind === 'service');
  return [...new Map(services.map((selector) => [selectorKey(selector), selector])).values()];
}

/** Whether the parameter alone settles that the hint means nothing that is bound: then not even the configuration has to be read for it. */
export function isSurelyUnbound(settings: Settings, hint: Hint): boolean {
  if (tagBoundGroups(settings).length + settings.cloudMapServices.length > 0) return false;
  return !linesOfParameter(settings).bindings.some(({ binding }) => mayMean(binding.selector, hint));
}

export function resolveConfiguration(settings: Settings, copies: Copies): Configuration {
  const lines = allLines(settings, copies.tags);
  const states = settings.targetGroups.map((arn) => ({ arn, state: stateOf(settings, arn, lines, copies) }));
  const groups = states.flatMap(({ state }) => (state === undefined || state === 'unread' ? [] : [state]));
  const checked = [...copies.cloudMapTags].map(([service, tags]) => checkedService(settings, service, tags));
  return {
    groups,
    unread: states.filter(({ state }) => state === 'unread').map(({ arn }) => arn),
    cloudMapServices: checked.filter(({ bindings }) => bindings.length > 0),
    findings: [
      ...lines.flatMap(({ mistakes }) => mistakes),
      ...checked.flatMap(({ mistakes }) => mistakes),
      ...settings.targetGroups.flatMap((arn) => groupFindings(settings, arn, copies)),
      ...groups.flatMap(nativeFindings),
    ],
  };
}

function checkedService(settings: Settings, service: CloudMapServiceArn, answer: readonly Tag[] | 'gone') {
  const tags = answer === 'gone' ? [] : answer;
  const { bindings, mistakes } = linesOfService(settings, service, tags);
  // Service Connect tags what it makes (ECS guide, "Service Connect").
  const isManaged = tags.some(({ key }) => key === 'AmazonECSManaged');
  return { service, bindings, mistakes: answer === 'gone' ? [goneService(service)] : mistakes, isManaged };
}

export function goneService(service: CloudMapServiceArn): Finding {
  const message = `Cloud Map service ${service} does not exist. Create it, or take it out of the stack's parameter CloudMapServiceArns.`;
  return { kind: 'unusable', subject: service, message };
}

function allLines(settings: Settings, tags: Copies['tags']): Lines[] {
  const tagBound = tagBoundGroups(settings);
  const ofTags = tagBound.flatMap((arn) => {
    const copy = tags.get(arn);
    return copy === undefined ? [] : [linesOfTags(settings, arn, copy.tags)];
  });
  return [linesOfParameter(settings), ...ofTags];
}

/** The group with its bindings; undefined where it cannot be served, for which `groupFindings` has the reason. */
function stateOf(
  settings: Settings,
  arn: TargetGroupArn,
  lines: readonly Lines[],
  copies: Copies,
): BoundGroup | 'unread' | undefined {
  const described = copies.groups.get(arn);
  if (described === undefined) return 'unread';
  if (described === 'gone' || described === 'refused') return undefined;
  if (described.targetType !== 'ip') return undefined;
  const tagged = tagBoundGroups(settings).includes(arn) ? (copies.tags.get(arn) ?? 'unread') : undefined;
  if (tagged === 'unread') return 'unread';
  const parsed = lines.flatMap((each) => each.bindings.filter(({ group }) => group === arn).map(({ binding }) => binding));
  // Draining the last feeding line of a group takes a second word: the first may be a slip, in a tag that many may write.
  const isFed = parsed.some(({ drain, writes }) => !drain && writes);
  const bindings = parsed.flatMap((binding) =>
    groupBindingOf(binding, arn, copies.services, binding.drain && !isFed && !binding.confirmed),
  );
  // All of the group's bindings or none: the tasks of a binding that is left out could not veto a removal.
  if (bindings.length < parsed.length) return 'unread';
  return bindings.length === 0 ? undefined : { group: described.group, bindings, bindingsReadAtMs: tagged?.readAtMs };
}

/** The binding, or nothing while it is not known whether ECS itself serves the group from this service. */
function groupBindingOf(
  binding: Binding,
  group: TargetGroupArn,
  services: Copies['services'],
  lacksConfirmation: boolean,
): GroupBinding[] {
  const unmanaged = { ...binding, native: false, deployments: new Set<string>(), lacksConfirmation };
  if (binding.selector.kind === 'family') return [unmanaged];
  const service = services.get(selectorKey(binding.selector));
  if (service === undefined) return [];
  if (service === 'unknown') return [unmanaged];
  return [{ ...unmanaged, native: service.targetGroups.includes(group), deployments: new Set(service.deployments) }];
}

/** Why a group of the stack's parameter cannot be served, and what it would take. */
function groupFindings(settings: Settings, arn: TargetGroupArn, copies: Copies): Finding[] {
  const described = copies.groups.get(arn);
  const subject = arnParts(arn).name;
  if (described === 'gone') {
    const message = `Target group ${arn} does not exist. Create it, or take it out of the stack's parameter TargetGroupArns.`;
    return [{ kind: 'unusable', subject, message }];
  }
  if (described === 'refused') {
    const message =
      `ELB does not accept the target group ARN ${arn}. It has to be of the region and account of this stack. Correct it in ` +
      "the stack's parameter TargetGroupArns.";
    return [{ kind: 'unusable', subject, message }];
  }
  if (described !== undefined && described.targetType !== 'ip') {
    const message =
      `Target group ${arn} has target type "${described.targetType}"; expected "ip", since tasks are registered by address. ` +
      'The type of a group cannot be changed: create one with --target-type ip.';
    return [{ kind: 'unusable', subject, message }];
  }
  const tagged = copies.tags.get(arn);
  if (tagged === undefined || linesOfTags(settings, arn, tagged.tags).named.size > 0) return [];
  const message =
    `Target group ${arn} is in TargetGroupArns, and no line binds it. Tag it alb-target-sync="service=NAME port=8080", or add ` +
    `"target-group=${subject} service=NAME port=8080" to the parameter Bindings.`;
  return [{ kind: 'mistake', subject, message }];
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
