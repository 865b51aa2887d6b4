/** Tasks by what ListTasks can ask for, so that a list of one service does not look at the tasks of the others. */

/** What of a task's state says which lists it is in. */
export interface ListedState {
  readonly atMs: number;
  readonly last: string;
  readonly desired: 'RUNNING' | 'STOPPED';
  readonly stoppedAtMs: number | undefined;
}

interface ListedTask {
  readonly arn: string;
  readonly clusterArn: string;
  readonly group: string;
  readonly definition: string;
  readonly history: readonly ListedState[];
}

type Desired = ListedState['desired'];

/** ECS describes a stopped task for an hour at least (ECS API reference, DescribeTasks). */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** Tasks that one question may be about, by what is wanted of them. */
interface Shelf<Task> {
  /** Wanted to run now. */
  readonly wanted: Map<string, Task>;
  /** Every order to stop, in the order of time: what was wanted a while ago stands at the end. */
  orders: { readonly atMs: number; readonly task: Task }[];
  /** All of them, whatever has become of them. */
  members: Task[];
  changedAtMs: number;
  readonly lists: Map<Desired, List<Task>>;
}

interface List<Task> {
  /** The time that the list tells of. */
  readonly atMs: number;
  /** Until when it tells the same: the first of its tasks is forgotten then. */
  readonly untilMs: number;
  /** How many tasks had been taken out of the account by then. */
  readonly takenOut: number;
  readonly tasks: readonly Task[];
}

export interface Wanted {
  readonly clusterArn: string;
  readonly group?: string | undefined;
  readonly family?: string | undefined;
}

export class TaskIndex<Task extends ListedTask> {
  readonly #shelves = new Map<string, Shelf<Task>>();
  /** Where each task stands. Its place is the order in which tasks were made: lists keep to it. */
  readonly #entries = new Map<string, { readonly place: number; readonly shelves: readonly Shelf<Task>[] }>();
  #places = 0;

  /** Takes up a new state of the task; `held` is the one before. */
  note(task: Task, held: ListedState | undefined, state: ListedState): void {
    // What else may change of a task changes no list.
    if (state.desired === held?.desired && state.stoppedAtMs === held.stoppedAtMs) return;
    const known = this.#entries.get(task.arn);
    const entry = known ?? { place: this.#places, shelves: keysOf(task).map((key) => this.#shelfOf(key)) };
    if (known === undefined) {
      this.#entries.set(task.arn, entry);
      this.#places += 1;
    }
    for (const shelf of entry.shelves) {
      shelf.changedAtMs = state.atMs;
      shelf.lists.clear();
      if (known === undefined) shelf.members.push(task);
      if (state.desired === held?.desired) continue;
      if (state.desired === 'RUNNING') shelf.wanted.set(task.arn, task);
      else {
        shelf.wanted.delete(task.arn);
        shelf.orders.push({ atMs: state.atMs, task });
      }
    }
  }

  /** Tasks whose desired status was this at the given time, in the order in which they were made. `known` are those of the account. */
  list(wanted: Wanted, desired: Desired, atMs: number, known: ReadonlyMap<string, Task>): readonly Task[] {
    const shelf = this.#shelves.get(keyOf(wanted));
    if (shelf === undefined) return [];
    const takenOut = this.#entries.size - known.size;
    const last = shelf.lists.get(desired);
    // The pages of a list are asked for one by one, and most of the time nothing has changed in between.
    const isSame =
      last !== undefined &&
      last.takenOut === takenOut &&
      shelf.changedAtMs <= last.atMs &&
      last.atMs <= atMs &&
      atMs <= last.untilMs;
    if (isSame) return last.tasks;
    const tasks = candidatesOf(shelf, desired, atMs).filter(
      (task) => known.get(task.arn) === task && stateAt(task, atMs)?.desired === desired,
    );
    tasks.sort((one, other) => this.#placeOf(one) - this.#placeOf(other));
    const firstEndMs = tasks.reduce(
      (least, task) => Math.min(least, task.history.at(-1)?.stoppedAtMs ?? least),
      Number.POSITIVE_INFINITY,
    );
    shelf.lists.set(desired, { atMs, untilMs: firstEndMs + FORGOTTEN_AFTER_MS, takenOut, tasks });
    return tasks;
  }

  /** Lets go of tasks that nobody can ask for any more. */
  remove(tasks: ReadonlySet<Task>): void {
    if (tasks.size === 0) return;
    for (const { arn } of tasks) this.#entries.delete(arn);
    for (const shelf of this.#shelves.values()) {
      for (const { arn } of tasks) shelf.wanted.delete(arn);
      shelf.orders = shelf.orders.filter(({ task }) => !tasks.has(task));
      shelf.members = shelf.members.filter((task) => !tasks.has(task));
      shelf.lists.clear();
    }
  }

  /** Every task that these words have ever been about. */
  members(wanted: Wanted): readonly Task[] {
    return this.#shelves.get(keyOf(wanted))?.members ?? [];
  }

  #placeOf(task: Task): number {
    return this.#entries.get(task.arn)?.place ?? 0;
  }

  #shelfOf(key: string): Shelf<Task> {
    const known = this.#shelves.get(key);
    if (known !== undefined) return known;
    const shelf: Shelf<Task> = { wanted: new Map(), orders: [], members: [], changedAtMs: 0, lists: new Map() };
    this.#shelves.set(key, shelf);
    return shelf;
  }
}

function candidatesOf<Task extends ListedTask>(shelf: Shelf<Task>, desired: Desired, atMs: number): Task[] {
  if (desired === 'STOPPED') return [...new Set(shelf.orders.map(({ task }) => task))];
  const candidates = new Map(shelf.wanted);
  // Those that have been ordered to stop since then were wanted then.
  for (let index = shelf.orders.length - 1; index >= 0; index -= 1) {
    const order = shelf.orders[index];
    if (order === undefined || order.atMs <= atMs) break;
    candidates.set(order.task.arn, order.task);
  }
  return [...candidates.values()];
}

/** The task as it was at the given time; undefined before it existed and after ECS had forgotten it. */
export function stateAt<State extends ListedState>(
  { history }: { readonly history: readonly State[] },
  atMs: number,
): State | undefined {
  const state = history.findLast((each) => each.atMs <= atMs);
  const isForgotten = state?.stoppedAtMs !== undefined && atMs - state.stoppedAtMs > FORGOTTEN_AFTER_MS;
  return isForgotten ? undefined : state;
}

function keysOf({ clusterArn, group, definition }: ListedTask): readonly string[] {
  return [{ clusterArn }, { clusterArn, group }, { clusterArn, family: familyOf(definition) }].map(keyOf);
}

function keyOf({ clusterArn, group, family }: Wanted): string {
  if (group !== undefined) return `${clusterArn} group ${group}`;
  return family === undefined ? clusterArn : `${clusterArn} family ${family}`;
}

export function familyOf(definition: string): string {
  return definition.split(':')[0] ?? '';
}
