/** Carries out a guarded plan: register first, in chunks, each with its proof still fresh when it leaves. */
import { chunks, halves, WRITE_TARGETS_MAX } from '../core/batches.ts';
import type { Answer, Failure } from '../core/failure.ts';
import { PROOF_AGE_MAX_MS, WIRING_AGE_MAX_MS } from '../core/guard.ts';
import type { Change, Deregistration, Registration } from '../core/plan.ts';
import type { TargetGroup } from '../core/target.ts';
import type { Address } from '../core/values.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './ports.ts';

/** A throttled registration is sent again after these pauses, while its proof is fresh. A deregistration never is. */
const REGISTER_PAUSES_MS = [400, 800] as const;

export interface WriteResult {
  readonly done: readonly Change[];
  /** What ELB will not take, each with what it said. Sending it again at once would be refused again. */
  readonly refused: readonly { readonly change: Change; readonly failure: Failure }[];
  readonly failures: readonly Failure[];
  /** Changes whose proof or wiring grew too old before their turn: they have to be planned again. */
  readonly aged: readonly Change[];
}

export interface Writer {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly group: TargetGroup;
  readonly wiringReadAtMs: number | undefined;
  /** Whether anything learned since the plan speaks against one of the changes. */
  readonly isContradicted: (changes: readonly Change[]) => boolean;
  /** Addresses whose registration ELB has refused in an earlier pass, and not accepted since. */
  readonly refusedBefore: Pick<ReadonlySet<Address>, 'has'>;
}

interface FillUp {
  readonly fillUp: true;
}

const NOTHING: WriteResult = { done: [], refused: [], failures: [], aged: [] };

/**
 * Registers, then deregisters: clients keep a target at every moment. What the group's quota refuses comes once more after the
 * proven removals, because then the old targets are what keeps the new ones out. What ELB has refused in an earlier pass comes
 * last at once: in front, the tries of a full group, a call a second, would hold up each removal, and with it what makes room.
 */
export async function writeChanges(writer: Writer, changes: readonly Change[]): Promise<WriteResult> {
  const registrations = changes.filter((change) => change.kind === 'register').sort(byAge);
  const deregistrations = changes.filter((change) => change.kind === 'deregister');
  const isLast = ({ address }: Change): boolean => writer.refusedBefore.has(address);
  const added = await registerAll(
    writer,
    registrations.filter((each) => !isLast(each)),
  );
  const removed = await deregisterAll(writer, deregistrations);
  const keptOut = new Set(added.refused.filter(isOverQuota).map(({ change }) => change.address));
  const others = { ...added, refused: added.refused.filter((each) => !isOverQuota(each)) };
  const last = registrations.filter((each) => isLast(each) || keptOut.has(each.address));
  return join(join(others, removed), await registerAll(writer, last, { fillUp: true }));
}

/** Targets that still drain travel apart, after the others: AWS may refuse them, and with them everything in their chunk. */
async function registerAll(writer: Writer, changes: readonly Registration[], how?: FillUp): Promise<WriteResult> {
  const free = changes.filter((each) => !each.draining);
  const draining = changes.filter((each) => each.draining);
  return join(await registerChunks(writer, free, how), await registerChunks(writer, draining, how));
}

/**
 * Chunk by chunk. One refused target is found by halving its chunk, and the rest of the chunk goes in. A group that is full ends
 * it, unless as much is to go in as there is room for.
 */
async function registerChunks(writer: Writer, changes: readonly Registration[], how?: FillUp): Promise<WriteResult> {
  let result = NOTHING;
  const queue: (readonly Registration[])[] = chunks(changes, WRITE_TARGETS_MAX);
  for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
    const failure = await sendRegistration(writer, chunk);
    if (failure === undefined) result = join(result, { ...NOTHING, done: chunk });
    else if (failure === 'not due') result = join(result, { ...NOTHING, aged: chunk });
    else if (failure.kind === 'quota' && (how?.fillUp !== true || chunk.length === 1)) {
      // The group is full: whatever still waits would only be refused as well.
      return join(result, refusal([...chunk, ...queue.flat()], failure));
    } else if ((failure.kind === 'quota' || failure.kind === 'refused') && chunk.length > 1) queue.unshift(...halves(chunk));
    else if (failure.kind === 'refused') result = join(result, refusal(chunk, failure));
    else result = join(result, { ...NOTHING, failures: [failure] });
  }
  return result;
}

async function sendRegistration(writer: Writer, changes: readonly Registration[]): Promise<Failure | 'not due' | undefined> {
  for (const pauseMs of [...REGISTER_PAUSES_MS, undefined]) {
    const answer = await send(writer, 'RegisterTargets', changes);
    if (answer === 'not due') return answer;
    if (answer.ok) return undefined;
    if (answer.failure.kind !== 'throttled' || pauseMs === undefined) return answer.failure;
    await writer.clock.sleep(pauseMs);
  }
  return undefined;
}

/**
 * Chunk by chunk, each once. Whatever fails is not sent again: the address may have a new owner by then, and only fresh
 * reads can tell. A refusal is different: it says that nothing was done, and that one of the targets is the reason.
 */
async function deregisterAll(writer: Writer, changes: readonly Deregistration[]): Promise<WriteResult> {
  let result = NOTHING;
  const queue: (readonly Deregistration[])[] = chunks(changes, WRITE_TARGETS_MAX);
  for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
    const answer = await send(writer, 'DeregisterTargets', chunk);
    if (answer === 'not due') result = join(result, { ...NOTHING, aged: chunk });
    else if (answer.ok) result = join(result, { ...NOTHING, done: chunk });
    else if (answer.failure.kind !== 'refused') result = join(result, { ...NOTHING, failures: [answer.failure] });
    else if (chunk.length > 1) queue.unshift(...halves(chunk));
    else result = join(result, refusal(chunk, answer.failure));
  }
  return result;
}

function send(
  writer: Writer,
  operation: 'RegisterTargets' | 'DeregisterTargets',
  changes: readonly Change[],
): Promise<Answer<null> | 'not due'> {
  const { caller, clock, group, wiringReadAtMs, isContradicted } = writer;
  const [first] = changes.map((change) => change.address);
  const others = changes.length === 1 ? '' : ` and ${changes.length - 1} more`;
  const input = { group: group.arn, targets: changes.map((change) => change.descriptor) };
  const isDue = (): boolean => {
    const nowMs = clock.now();
    const isWiringFresh = wiringReadAtMs === undefined || nowMs - wiringReadAtMs <= WIRING_AGE_MAX_MS;
    const areProofsFresh = changes.every((change) => nowMs - change.because.describedAtMs <= PROOF_AGE_MAX_MS);
    return isWiringFresh && areProofsFresh && !isContradicted(changes);
  };
  return caller.write(operation, `${first}${others} in ${group.name}`, input, isDue);
}

function isOverQuota({ failure }: { readonly failure: Failure }): boolean {
  return failure.kind === 'quota';
}

function refusal(changes: readonly Change[], failure: Failure): WriteResult {
  return { ...NOTHING, refused: changes.map((change) => ({ change, failure })) };
}

function join(one: WriteResult, other: WriteResult): WriteResult {
  return {
    done: [...one.done, ...other.done],
    refused: [...one.refused, ...other.refused],
    failures: [...one.failures, ...other.failures],
    aged: [...one.aged, ...other.aged],
  };
}

/** The longest-running task first, so that of those under a quota the newest wait, whoever looks. */
function byAge(one: Registration, other: Registration): number {
  // Stryker disable next-line EqualityOperator: a plan changes each address once, so no two of them are equal.
  return one.startedAtMs - other.startedAtMs || (one.address < other.address ? -1 : 1);
}
