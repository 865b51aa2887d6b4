/**
 * Which availability zone a registration names. ELB finds out the zone of an address in the group's VPC and wants none; outside of it,
 * it wants `all`, or a zone where cross-zone load balancing is off (ELB API reference, TargetDescription). Nobody but ELB knows where an
 * address lies: so where a line leaves it open, its refusals teach which form an address range takes.
 */
import type { Binding } from './binding.ts';
import { descriptorFor, type TargetDescriptor, type TargetGroup } from './target.ts';
import type { Task } from './task.ts';
import { arnParts, isSamePlace } from './values.ts';

/** `task`: the task's own zone. */
export type ZoneForm = 'none' | 'all' | 'task';

/** By range: what ELB has asked for there. */
export type ZoneForms = ReadonlyMap<string, ZoneForm>;

/** Addresses so near to each other that they lie in one subnet, as a rule: /24, and /64 of IPv6. */
export function rangeOf(ip: string): string {
  if (!ip.includes(':')) return ip.slice(0, ip.lastIndexOf('.'));
  const zeros = Math.max(0, 8 - groupsOf(ip).length);
  return groupsOf(ip.replace('::', `:${'0:'.repeat(zeros)}`))
    .slice(0, 4)
    .join(':');
}

function groupsOf(ip: string): string[] {
  return ip.split(':').filter((group) => group !== '');
}

/** Of a member of a group, what its zone depends on. */
interface Placed {
  readonly binding: Pick<Binding, 'zone'>;
  readonly task: Pick<Task, 'zone' | 'cluster'>;
  readonly ip: string;
}

/** The zone to register the task's address with; undefined for none. */
export function zoneFor(
  { binding: { zone }, task, ip }: Placed,
  { group, zoneForms }: { readonly group: Pick<TargetGroup, 'arn'>; readonly zoneForms?: ZoneForms | undefined },
): string | undefined {
  if (zone !== undefined && zone !== 'task') return zone;
  const form = zone ?? zoneForms?.get(rangeOf(ip));
  if (form !== undefined) return zoneIn(form, task.zone);
  // A task of another account or region is outside of the VPC, unless the VPC is shared: ELB says so then.
  return isSamePlace(arnParts(task.cluster), arnParts(group.arn)) ? undefined : 'all';
}

function zoneIn(form: ZoneForm, taskZone: string | undefined): string | undefined {
  if (form === 'task') return taskZone;
  return form === 'none' ? undefined : 'all';
}

/** Of a registration, what its zone depends on. */
interface Zoned {
  readonly descriptor: TargetDescriptor;
  readonly binding: Pick<Binding, 'zone'>;
  /** The availability zone that the task is in. */
  readonly taskZone: string | undefined;
}

/** The registrations as the lesson asks for them, where any of them changes: those of lines that leave the zone open. */
export function afterLesson<Change extends Zoned>(
  changes: readonly Change[],
  { form, ip }: ZoneLesson,
  learned: Map<string, ZoneForm>,
): readonly Change[] | undefined {
  if (ip !== undefined) learned.set(rangeOf(ip), form);
  // ELB names one address. What lies beside it in the same call is likely to be in the same VPC, until ELB says otherwise.
  const next = changes.map((change) => withForm(change, learned.get(rangeOf(change.descriptor.id)) ?? form));
  return next.some((change, index) => change !== changes[index]) ? next : undefined;
}

function withForm<Change extends Zoned>(change: Change, form: ZoneForm): Change {
  const { id, port } = change.descriptor;
  const zone = zoneIn(form, change.taskZone);
  if (change.binding.zone !== undefined || change.descriptor.zone === zone) return change;
  return { ...change, descriptor: descriptorFor(id, port, zone) };
}

/** What ELB asks for, where its refusal is about the zone of an address. */
export interface ZoneLesson {
  readonly form: ZoneForm;
  /** The address that the refusal names. */
  readonly ip: string | undefined;
}

/** Reads ELB's words, of which there are several for one thing; they stand in no reference (docs/model.md has where they were seen). */
export function lessonOf(message: string): ZoneLesson | undefined {
  const form = formAskedFor(message);
  return form && { form, ip: /IP (?:address|target) '([0-9a-f.:]+)'/i.exec(message)?.[1] };
}

function formAskedFor(message: string): ZoneForm | undefined {
  if (/cross-zone load balancing is disabled/i.test(message)) return 'task';
  if (/is within the VPC/i.test(message)) return 'none';
  return /outside (?:of )?the VPC|not in the VPC/i.test(message) ? 'all' : undefined;
}
