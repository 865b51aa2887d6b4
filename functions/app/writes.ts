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
  /** Changes whose proof or binding grew too old before their turn: they have to be planned again. */
  readonly aged: readonly Change[];
}

export interface Writer {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly group: TargetGroup;
  readonly bindingReadAtMs: number | undefined;
  /** Whether anything learned since the plan speaks against one of the changes. */
  readonly isContradicted: (changes: readonly Change[]) => boolean;
  /** Addresses whose registration ELB has refused in an earlier pass, and not accepted since. */
  readonly refusedBefore: Pick<ReadonlySet<Address>, 'has'>;
  /** How many may share a call with the address, where ELB has refused a larger one with it. What is learned is kept there. */
  readonly shares: Map<Address, number>;
}

/** Where removals wait behind registrations, what ELB has refused is not tried again before them after so many refused calls. */
const REFUSALS_BEFORE_REMOVALS = 2;

/** What came of it. `left` is what it did not come to try on its own. */
interface Tried {
  readonly result: WriteResult;
  readonly left: readonly Registration[];
}

const NOTHING: WriteResult = { done: [], refused: [], failures: [], aged: [] };

/**
 * Registers, then deregisters: clients keep a target at every moment. What ELB refuses keeps no removal waiting, though. To find the
 * bad target in a chunk, or what still fits into a full group, takes a call a second once the burst is used up, and all the time the
 * stopped tasks' targets would stay, and the room that they take. So what ELB has refused comes again after the removals, and what it
 * has refused in an earlier pass comes only then.
 */
export async function writeChanges(writer: Writer, changes: readonly Change[]): Promise<WriteResult> {
  const registrations = changes.filter((change) => change.kind === 'register').sort(byAge);
  const deregistrations = changes.filter((change) => change.kind === 'deregister');
  const isLast = ({ address }: Change): boolean => writer.refusedBefore.has(address);
  const first = await registerAll(
    writer,
    registrations.filter((each) => !isLast(each)),
    deregistrations.length > 0,
  );
  const removed = await deregisterAll(writer, deregistrations);
  const left = new Set(first.left);
  const last = await registerAll(
    writer,
    registrations.filter((each) => isLast(each) || left.has(each)),
    false,
  );
  return join(join(first.result, removed), last.result);
}

/**
 * Targets that still drain travel apart, after the others: AWS may refuse them, and with them everything in their chunk. Nothing is
 * learned from that for later passes: when they have drained, they may all go in together.
 */
async function registerAll(writer: Writer, changes: readonly Registration[], removalsWait: boolean): Promise<Tried> {
  const free = await registerChunks(
    writer,
    changes.filter((each) => !each.draining),
    removalsWait,
    writer.shares,
  );
  const draining = await registerChunks(
    writer,
    changes.filter((each) => each.draining),
    removalsWait,
    new Map(),
  );
  return { result: join(free.result, draining.result), left: [...free.left, ...draining.left] };
}

/**
 * Call by call. What was refused together is sent again in halves, now and in later passes, so that one bad target is found however
 * little each pass comes to.
 */
async function registerChunks(
  writer: Writer,
  changes: readonly Registration[],
  removalsWait: boolean,
  shares: Writer['shares'],
): Promise<Tried> {
  let result = NOTHING;
  // Stryker disable next-line ArrayDeclaration: registrations are looked up in it, and a text is none.
  const putOff: Registration[] = [];
  let left = changes;
  let refusals = 0;
  let sizeMax: number = WRITE_TARGETS_MAX;
  while (left.length > 0) {
    const chunk = left.slice(0, shareOf(left, shares, sizeMax));
    const rest = left.slice(chunk.length);
    const failure = await sendRegistration(writer, chunk);
    if (failure === undefined) result = join(result, { ...NOTHING, done: chunk });
    else if (failure === 'not due') result = join(result, { ...NOTHING, aged: chunk });
    else if (failure.kind === 'quota') {
      if (removalsWait) return { result, left: [...putOff, ...left] };
      if (chunk.length === 1) {
        // The group is full: whatever still waits would only be refused as well.
        result = join(result, refusal(left, failure));
        break;
      }
      sizeMax = Math.ceil(chunk.length / 2);
      continue;
    } else if (failure.kind === 'refused') {
      refusals += 1;
      for (const { address } of chunk) shares.set(address, Math.ceil(chunk.length / 2));
      const isFound = chunk.length === 1;
      if (isFound) {
        result = join(result, refusal(chunk, failure));
        left = rest;
      }
      if (removalsWait && refusals >= REFUSALS_BEFORE_REMOVALS) {
        // What no call has held yet still has its first try: it may be all that keeps clients served after the removals.
        putOff.push(...left.filter(({ address }) => shares.has(address)));
        left = left.filter(({ address }) => !shares.has(address));
      }
      continue;
    } else result = join(result, { ...NOTHING, failures: [failure] });
    left = rest;
  }
  return { result, left: putOff };
}

/** How many of the first may share a call. */
function shareOf(changes: readonly Registration[], shares: ReadonlyMap<Address, number>, sizeMax: number): number {
  let limit = sizeMax;
  const end = changes.findIndex(({ address }, index) => {
    limit = Math.min(limit, shares.get(address) ?? limit);
    return index >= limit;
  });
  return end === -1 ? changes.length : end;
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
  const { caller, clock, group, bindingReadAtMs, isContradicted } = writer;
  const [first] = changes.map((change) => change.address);
  const others = changes.length === 1 ? '' : ` and ${changes.length - 1} more`;
  const input = { group: group.arn, targets: changes.map((change) => change.descriptor) };
  const isDue = (): boolean => {
    const nowMs = clock.now();
    const isBindingFresh = bindingReadAtMs === undefined || nowMs - bindingReadAtMs <= WIRING_AGE_MAX_MS;
    const areProofsFresh = changes.every((change) => nowMs - change.because.describedAtMs <= PROOF_AGE_MAX_MS);
    return isBindingFresh && areProofsFresh && !isContradicted(changes);
  };
  return caller.write(operation, `${first}${others} in ${group.name}`, input, isDue);
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
