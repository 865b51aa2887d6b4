/** Carries out a guarded plan: registers first, in chunks, each with its proof still fresh when it leaves. */
import { chunks, halves, WRITE_TARGETS_MAX } from '../core/batches.ts';
import type { Answer, Failure } from '../core/failure.ts';
import { changeKey, leaveByMs } from '../core/guard.ts';
import type { RecordKind } from '../core/ownership.ts';
import type { Change, Deregistration, Proof, Registration } from '../core/plan.ts';
import { NOTHING_WRITTEN, type Written } from '../core/report.ts';
import type { TargetGroup } from '../core/target.ts';
import type { Address } from '../core/values.ts';
import { afterLesson, lessonOf, rangeOf, type ZoneForm } from '../core/zone.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './ports.ts';

/** A throttled write did nothing: it is retried after these pauses, while its proof is fresh. */
const WRITE_PAUSES_MS = [400, 800, 1_600] as const;
/** While removals wait, bisecting stops after this many refused calls and goes on after the removals. */
const REFUSALS_BEFORE_REMOVALS = 2;

export interface Writer {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly group: TargetGroup;
  /** Asked right before a call leaves: whether the guard still lets these changes through. */
  readonly isDue: (changes: readonly Change[]) => boolean;
  /**
   * Asked where it does not: the same changes' proofs, described anew, by `changeKey`; undefined where one has none any more. The turn that a
   * call has waited for would be lost otherwise, to it and to all that wait behind it.
   */
  readonly renew: (changes: readonly Change[]) => Promise<ReadonlyMap<string, Proof> | undefined>;
  /**
   * Leaves a line in the record: of a registration before the call, of a removal after it. Whenever an environment is killed, its targets
   * are known for ours, and those that it could not remove any more are not taken for removed.
   */
  readonly record: (kind: RecordKind, changes: readonly Change[]) => void;
  /** Addresses whose registration ELB has refused in an earlier pass, and not accepted since. */
  readonly refusedBefore: Pick<ReadonlySet<Address>, 'has'>;
  /** How many targets may share a call with the address, where ELB refused a larger call with it. Kept across passes. */
  readonly shares: Map<Address, number>;
  /** What ELB has asked for as the zone of an address, by range. */
  readonly zoneForms: Map<string, ZoneForm>;
}

type WriteName = 'RegisterTargets' | 'DeregisterTargets';
type WriteAnswer = Answer<null> | 'not due';

/**
 * Registers, then deregisters: clients keep a target at every moment.
 *
 * Bisecting a refused chunk costs about one call per second. Meanwhile, targets of stopped tasks would keep taking traffic and
 * quota. So targets that ELB refused are retried after the removals, and those refused by an earlier pass are only tried then.
 */
export async function writeChanges(writer: Writer, changes: readonly Change[]): Promise<Written> {
  const registrations = changes.filter((change) => change.kind === 'register').sort(byAge);
  const deregistrations = changes.filter((change) => change.kind === 'deregister');
  const isLast = ({ address }: Change): boolean => writer.refusedBefore.has(address);
  const first = await registerAll(
    writer,
    registrations.filter((each) => !isLast(each)),
    deregistrations.length > 0,
  );
  const removed = await deregisterAll(writer, deregistrations);
  const last = await registerAll(
    writer,
    registrations.filter((each) => isLast(each) || first.deferred.has(each)),
    false,
  );
  return join(join(first.written, removed), last.written);
}

/** What came of some registrations. `deferred`: those not yet tried individually, left for after the removals. */
interface Registered {
  readonly written: Written;
  readonly deferred: ReadonlySet<Registration>;
}

/**
 * Draining targets go in a call of their own, last: AWS may refuse them, and with them everything in their chunk. Whether it does is
 * the same for all of them, so the first refusal settles it, and nothing is learned from it for later passes: once they have drained,
 * they may all go together.
 */
async function registerAll(writer: Writer, changes: readonly Registration[], removalsWait: boolean): Promise<Registered> {
  const queue = new RegisterQueue(
    changes.filter((each) => !each.draining),
    writer.shares,
    removalsWait,
  );
  for (let chunk = queue.next(); chunk.length > 0; chunk = queue.next()) {
    queue.afterAnswer(await register(writer, chunk, queue.isBisecting));
  }
  const draining = await registerDraining(
    writer,
    changes.filter((each) => each.draining),
  );
  return { written: join(queue.written, draining), deferred: queue.deferred };
}

async function registerDraining(writer: Writer, changes: readonly Registration[]): Promise<Written> {
  let written = NOTHING_WRITTEN;
  for (const [index, piece] of chunks(changes, WRITE_TARGETS_MAX).entries()) {
    const { chunk, answer } = await register(writer, piece, true);
    if (answer === 'not due') written = join(written, { ...NOTHING_WRITTEN, aged: chunk });
    else if (answer.ok) written = join(written, { ...NOTHING_WRITTEN, done: chunk });
    else if (answer.problem.kind === 'refused' || answer.problem.kind === 'quota') {
      return join(written, { ...NOTHING_WRITTEN, ...refused(changes.slice(index * WRITE_TARGETS_MAX), answer.problem) });
    } else written = join(written, { ...NOTHING_WRITTEN, failures: [answer.problem] });
  }
  return written;
}

/** Registrations that wait for their call. What ELB refuses together is sent again in halves, in this pass and in later ones. */
class RegisterQueue {
  written: Written = NOTHING_WRITTEN;
  readonly deferred = new Set<Registration>();
  readonly #shares: Map<Address, number>;
  readonly #removalsWait: boolean;
  #waiting: readonly Registration[];
  #refusals = 0;
  #sizeMax: number = WRITE_TARGETS_MAX;

  constructor(changes: readonly Registration[], shares: Map<Address, number>, removalsWait: boolean) {
    this.#waiting = changes;
    this.#shares = shares;
    this.#removalsWait = removalsWait;
  }

  /** The first ones that may share a call; none at the end. */
  next(): readonly Registration[] {
    let limit = this.#sizeMax;
    const end = this.#waiting.findIndex(({ address }, index) => {
      limit = Math.min(limit, this.#shares.get(address) ?? limit);
      return index >= limit;
    });
    return end === -1 ? this.#waiting : this.#waiting.slice(0, end);
  }

  /** Whether what is left is the search for what ELB refuses: it may wait for the calls of other groups. */
  get isBisecting(): boolean {
    return this.#refusals > 0;
  }

  afterAnswer({ chunk, answer }: Answered): void {
    if (answer === 'not due') this.#take(chunk, { aged: chunk });
    else if (answer.ok) this.#take(chunk, { done: chunk });
    else if (answer.problem.kind === 'quota') this.#afterQuota(chunk, answer.problem);
    else if (answer.problem.kind === 'refused') this.#afterRefusal(chunk, answer.problem);
    else this.#take(chunk, { failures: [answer.problem] });
  }

  #afterQuota(chunk: readonly Registration[], failure: Failure): void {
    if (this.#removalsWait) this.#defer(() => true);
    else if (chunk.length > 1) this.#sizeMax = Math.ceil(chunk.length / 2);
    // The group is full: everything that still waits would only be refused as well.
    else this.#take(this.#waiting, refused(this.#waiting, failure));
  }

  #afterRefusal(chunk: readonly Registration[], failure: Failure): void {
    this.#refusals += 1;
    for (const { address } of chunk) this.#shares.set(address, Math.ceil(chunk.length / 2));
    if (chunk.length === 1) this.#take(chunk, refused(chunk, failure));
    if (!this.#removalsWait || this.#refusals < REFUSALS_BEFORE_REMOVALS) return;
    // What no call has held yet still has its first try: it may be all that keeps clients served after the removals.
    this.#defer(({ address }) => this.#shares.has(address));
  }

  #defer(isLater: (change: Registration) => boolean): void {
    for (const each of this.#waiting.filter(isLater)) this.deferred.add(each);
    this.#waiting = this.#waiting.filter((each) => !this.deferred.has(each));
  }

  #take(chunk: readonly Registration[], outcome: Partial<Written>): void {
    this.written = join(this.written, { ...NOTHING_WRITTEN, ...outcome });
    this.#waiting = this.#waiting.slice(chunk.length);
  }
}

/** A call and its answer. The zones in it may be others than those asked for. */
interface Answered {
  readonly chunk: readonly Registration[];
  readonly answer: WriteAnswer;
}

/** Registers in one call. Where ELB refuses the zone of an address, it says which form it takes, and the call is made once more. */
async function register(writer: Writer, changes: readonly Registration[], mayWait: boolean): Promise<Answered> {
  const tried = new Set<string>();
  let chunk = changes;
  for (;;) {
    const { changes: sent, answer } = await sendPatiently(writer, { operation: 'RegisterTargets', changes: chunk, mayWait });
    chunk = sent;
    if (answer === 'not due' || answer.ok || answer.problem.kind !== 'refused') return { chunk, answer };
    const lesson = lessonOf(answer.problem.message);
    if (lesson === undefined) return { chunk, answer };
    const key = `${lesson.ip && rangeOf(lesson.ip)} ${lesson.form}`;
    const next = tried.has(key) ? undefined : afterLesson(chunk, lesson, writer.zoneForms);
    if (next === undefined) return { chunk, answer };
    tried.add(key);
    chunk = next;
  }
}

/** A call to make; one that may wait lets those of other groups go first. */
interface Order<Kind extends Change> {
  readonly operation: WriteName;
  readonly changes: readonly Kind[];
  readonly mayWait?: boolean;
}

/** A call as it left or would have, with the proofs of that moment, and its answer. */
interface Sent<Kind extends Change> {
  readonly changes: readonly Kind[];
  readonly answer: WriteAnswer;
}

async function sendPatiently<Kind extends Change>(writer: Writer, order: Order<Kind>): Promise<Sent<Kind>> {
  let { changes } = order;
  for (const pauseMs of WRITE_PAUSES_MS) {
    const sent = await send(writer, { ...order, changes });
    if (sent.answer === 'not due' || sent.answer.ok || sent.answer.problem.kind !== 'throttled') return sent;
    changes = sent.changes;
    await writer.clock.sleep(pauseMs);
  }
  return send(writer, { ...order, changes });
}

/**
 * Chunk by chunk. A call that failed without an answer is not repeated: the address may have a new owner by then, and only fresh
 * reads can tell. A refusal is different: it says that nothing was done, and that one of the targets is the reason.
 */
async function deregisterAll(writer: Writer, changes: readonly Deregistration[]): Promise<Written> {
  let written = NOTHING_WRITTEN;
  const queue: (readonly Deregistration[])[] = chunks(changes, WRITE_TARGETS_MAX);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { changes: chunk, answer } = await sendPatiently(writer, { operation: 'DeregisterTargets', changes: next });
    if (answer === 'not due') written = join(written, { ...NOTHING_WRITTEN, aged: chunk });
    else if (answer.ok) written = join(written, { ...NOTHING_WRITTEN, done: chunk });
    else if (answer.problem.kind !== 'refused') written = join(written, { ...NOTHING_WRITTEN, failures: [answer.problem] });
    else if (chunk.length > 1) queue.unshift(...halves(chunk));
    else written = join(written, { ...NOTHING_WRITTEN, ...refused(chunk, answer.problem) });
  }
  return written;
}

async function send<Kind extends Change>(
  { caller, group, isDue, renew, record }: Writer,
  { operation, changes: planned, mayWait = false }: Order<Kind>,
): Promise<Sent<Kind>> {
  let changes = planned;
  const [first] = changes.map((change) => change.address);
  const others = changes.length === 1 ? '' : ` and ${changes.length - 1} more`;
  const input = { group: group.arn, targets: changes.map((change) => change.descriptor) };
  const isDueNow = (): boolean => {
    const due = isDue(changes);
    if (due && operation === 'RegisterTargets') record('register', changes);
    return due;
  };
  const renewNow = async (): Promise<boolean> => {
    const proofs = await renew(changes);
    changes = changes.map((change) => ({ ...change, because: proofs?.get(changeKey(change)) ?? change.because }));
    return proofs !== undefined && isDueNow();
  };
  const leave = { isDue: isDueNow, renew: renewNow, mayWait, byMs: leaveByMs(changes) };
  const answer = await caller.write(operation, `${first}${others} in ${group.name}`, { input, ...leave });
  if (answer === 'not due') return { changes, answer };
  if (answer.ok && operation === 'DeregisterTargets') record('deregister', changes);
  const isRefused = !answer.ok && (answer.problem.kind === 'refused' || answer.problem.kind === 'quota');
  if (isRefused && operation === 'RegisterTargets') record('refused', changes);
  return { changes, answer };
}

function refused(changes: readonly Change[], failure: Failure): Pick<Written, 'refused'> {
  return { refused: changes.map((change) => ({ change, failure })) };
}

function join(one: Written, other: Written): Written {
  return {
    done: [...one.done, ...other.done],
    refused: [...one.refused, ...other.refused],
    failures: [...one.failures, ...other.failures],
    aged: [...one.aged, ...other.aged],
  };
}

/** The task that has been running longest first, so that the newest wait under a quota, whoever plans. */
function byAge(one: Registration, other: Registration): number {
  const since = (change: Registration): number => change.sinceMs ?? Number.MAX_SAFE_INTEGER;
  // Stryker disable next-line EqualityOperator: no two registrations of a pass have one address.
  return since(one) - since(other) || (one.address < other.address ? -1 : 1);
}
