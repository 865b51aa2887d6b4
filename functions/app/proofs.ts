/** Whether the writes that a pass has planned may leave now, and what proves them by then: asked right before each call. */
import { areStillMeant, changeKey, mayBeRenewed, mayStillLeave } from '../core/guard.ts';
import { type Change, type Proof, planChanges } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { GroupInvocation } from './invocation.ts';
import type { TaskReader } from './read-snapshot.ts';

export class Proofs {
  readonly #group: Pick<GroupInvocation, 'bound' | 'clock' | 'reads'>;
  readonly #tasks: TaskReader;
  readonly #snapshot: Snapshot;
  #hasFailedRead = false;

  constructor(group: Pick<GroupInvocation, 'bound' | 'clock' | 'reads'>, tasks: TaskReader, snapshot: Snapshot) {
    this.#group = group;
    this.#tasks = tasks;
    this.#snapshot = snapshot;
  }

  /** Whether the guard still lets the changes through, after all that the environment has learned since it planned them. */
  mayLeave(changes: readonly Change[]): boolean {
    const { bound, clock } = this.#group;
    // What could not be read while registrations waited for their turn may name a live task at the address of a removal.
    if (this.#hasFailedRead && changes.some(({ kind }) => kind === 'deregister')) return false;
    return mayStillLeave(changes, this.#tasks.upToDate(this.#snapshot), { ...bound, nowMs: clock.now() });
  }

  /** The proofs of the changes, described anew; undefined where more than age keeps one of them back, or it is no longer planned for its reason. */
  async renew(changes: readonly Change[]): Promise<ReadonlyMap<string, Proof> | undefined> {
    const snapshot = this.#snapshot;
    if (!changes.every(mayBeRenewed) || !areStillMeant(changes, this.#tasks.upToDate(snapshot))) return undefined;
    const tasks = changes.map(({ because, binding }) => ({ arn: because.task, cluster: binding.selector.cluster }));
    const { described, failures } = await this.#group.reads.describe(tasks);
    this.#hasFailedRead ||= failures.length > 0;
    const describedAtMs = new Map([...snapshot.describedAtMs, ...described.map(({ task, atMs }) => [task.arn, atMs] as const)]);
    const planned = planChanges({ ...this.#tasks.upToDate(snapshot), describedAtMs });
    const proofs = new Map(planned.map((change) => [changeKey(change), change.because]));
    const isStillSo = (change: Change): boolean => proofs.get(changeKey(change))?.rule === change.because.rule;
    return changes.every(isStillSo) ? proofs : undefined;
  }
}
