/** Whose a target is that has the address of a task of ours, long after that task has ended: what the record of writes says. */
import { isObject, itemsOf } from './json.ts';
import { type Address, parseAddress, parseTaskArn, type TargetGroupArn, type TaskArn } from './values.ts';

/** `let go`: an environment of this stack removed it before. `unknown`: nothing says that it was this task's. */
export type Ownership = 'ours' | 'let go' | 'unknown';

/**
 * One line of the record: what an environment of this stack was about to register, what it has removed, or what it saw. A registration is
 * written down before the call leaves and a removal when it is done: an environment that is killed in between leaves a target that is
 * known for ours, and another one removes it.
 */
export interface RecordEntry extends RecordedTarget {
  readonly atMs: number;
  readonly kind: RecordKind;
  /** The log stream of the environment that wrote the line; undefined for what this environment has in memory. */
  readonly by?: string | undefined;
}

/**
 * `kept`: the target was registered while its task served. `refused`: a registration that ELB did not take. `left`: a target of ours whose
 * task nobody knows any more, recorded again so that it is not forgotten; it proves nothing. `shared`: a target that nothing of this stack
 * explains, which another writer must have registered. `gone`: a target of ours that an environment has seen go, and has not removed itself.
 */
export type RecordKind = (typeof RECORD_KINDS)[number];
const RECORD_KINDS = ['register', 'deregister', 'refused', 'kept', 'left', 'shared', 'gone'] as const;

export interface RecordedTarget {
  readonly address: Address;
  /** Of a target that nothing of ours explains, nobody knows. */
  readonly task: TaskArn | undefined;
}

/** A log line holds so many targets: an event of CloudWatch Logs has 256 kB at most (CloudWatch Logs quotas). */
export const RECORDED_MAX = 500;

/** What a line of the record says besides its message, `record`. */
export function recordFields(kind: RecordKind, group: TargetGroupArn, targets: readonly RecordedTarget[]) {
  return { kind, targetGroupArn: group, targets: targets.map(({ address, task = '' }) => `${address} ${task}`.trim()) };
}

/** The entries of a line of the record; none where it is no such line. */
export function parseRecord(line: unknown, atMs: number, by?: string): RecordEntry[] {
  if (!isObject(line)) return [];
  const kind = RECORD_KINDS.find((each) => each === line['kind']);
  return itemsOf(line['targets']).flatMap((text): RecordEntry[] => {
    const [address, arn] = String(text).split(' ');
    const task = parseTaskArn(arn);
    const endpoint = parseAddress(address);
    if (kind === undefined || !endpoint.ok || (!task.ok && kind !== 'shared')) return [];
    return [{ kind, atMs, address: endpoint.value, task: task.ok ? task.value : undefined, by }];
  });
}

/** A look at the targets takes its time, and so does a write beside it. */
const LOOK_MS = 5_000;

/**
 * The target is ours if the record has it registered for a task of ours, and no removal since. A removal without an answer is none: had
 * it been carried out all the same, the pass after it would have seen the target gone, and `absentAtMs` says so.
 */
export function ownershipOf(
  { address, task }: RecordedTarget,
  entries: readonly RecordEntry[],
  absentAtMs: number | undefined,
): Ownership {
  let ownership: Ownership = 'unknown';
  /** The last line by which each environment has registered the target, or seen it there. */
  let claims: readonly RecordEntry[] = [];
  let removed: TaskArn | undefined;
  for (const entry of entriesOn(address, entries)) {
    const { kind, task: of, by } = entry;
    // An environment that read the task before its stop, and the target before its removal, writes down afterwards that it kept both.
    if (kind === 'kept' && of === removed) continue;
    if (kind === 'register' || kind === 'kept') {
      // For another task of ours: the address has moved on within our own bindings, to a task that found its target there.
      ownership = 'ours';
      claims = [...claims.filter((each) => each.by !== by), entry];
      removed = undefined;
    } else if (kind === 'refused' && of === task) {
      claims = claims.filter((claim) => outlasts(claim, entry));
      if (claims.length === 0) ownership = 'unknown';
    } else if (kind === 'gone') {
      claims = claims.filter((claim) => heldSinceMs(claim) > entry.atMs - LOOK_MS);
      if (claims.length > 0 || ownership !== 'ours') continue;
      ownership = of === task ? 'let go' : 'unknown';
      removed = of;
    } else if (kind === 'deregister') {
      ownership = of === task ? 'let go' : ownership === 'ours' ? 'unknown' : ownership;
      claims = [];
      removed = of;
    }
  }
  const heldMs = Math.max(...claims.map(heldSinceMs));
  return ownership === 'ours' && (absentAtMs ?? Number.NEGATIVE_INFINITY) > heldMs ? 'let go' : ownership;
}

/** Of two environments that register the same target at once, ELB may take the call of one and refuse that of the other for its other targets. */
function outlasts(claim: RecordEntry, refused: RecordEntry): boolean {
  return claim.by !== refused.by && refused.atMs - claim.atMs <= LOOK_MS;
}

/** A registration is on record before the call leaves: whoever looks meanwhile still finds the address free. */
function heldSinceMs({ kind, atMs }: RecordEntry): number {
  return kind === 'register' ? atMs + LOOK_MS : atMs;
}

/** The task for which this stack last had the address registered, if it was the last to write there. */
export function originOf(address: Address, entries: readonly RecordEntry[]): TaskArn | undefined {
  const last = entriesOn(
    address,
    entries.filter(({ kind }) => kind !== 'shared'),
  ).at(-1);
  return last === undefined || endsClaim(last) ? undefined : last.task;
}

/**
 * Whether a target that was seen at the address then was this stack's. Its registration is on record before it can be seen. Where that lies
 * farther back than the record, its next line is no registration: that would mean that the address had been free, or somebody else's.
 */
export function wasOurs(address: Address, seenMs: number, entries: readonly RecordEntry[]): boolean {
  const own = entriesOn(address, entries).filter(({ kind }) => kind !== 'shared');
  const index = own.findLastIndex(({ atMs }) => atMs - seenMs <= LOOK_MS);
  const [last, next] = [own[index], own[index + 1]];
  // Another environment wrote there while this one looked: whatever it was, the target was ours before or after it.
  if (last !== undefined && (seenMs - last.atMs <= LOOK_MS || !endsClaim(last))) return true;
  return next !== undefined && next.kind !== 'register';
}

function endsClaim({ kind }: RecordEntry): boolean {
  return kind === 'deregister' || kind === 'refused' || kind === 'gone';
}

/** By time. Lines of one moment keep the order in which they were written: a write, what came of it, and the next try. */
function entriesOn(address: Address, entries: readonly RecordEntry[]): RecordEntry[] {
  return entries.filter((entry) => entry.address === address).toSorted((one, other) => one.atMs - other.atMs);
}
