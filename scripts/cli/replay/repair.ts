/**
 * What was found, as the simulated account can take it: tasks in one account, times that can be. The deployed function is as strict as
 * ever; here somebody has a capture that nobody can make anew. Whatever is mended is told once.
 */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { count } from '../render.ts';
import type { Item, Snapshot } from './item.ts';
import { MADE_UP_ACCOUNT, unmaskedEvent, unmaskedTask } from './masked.ts';
import { eventOfDetail } from './shapes.ts';
import { Slimmer } from './slim.ts';
import { isTask } from './state-shapes.ts';
import { withTime, withTimes } from './times.ts';

type EventItem = Extract<Item, { kind: 'event' }>;

export class Repair {
  readonly #slimmer = new Slimmer();
  #details = 0;
  #masked = 0;
  #impossible = 0;

  /** The item, mended, and without what nobody looks at. */
  item(item: Item): Item {
    if (item.kind === 'event') return this.#event(item);
    if (item.kind !== 'snapshot' || item.snapshot.kind !== 'tasks') return item;
    const { tasks, ...rest } = item.snapshot;
    return { ...item, snapshot: { ...rest, tasks: tasks.map((task) => this.#task(task)) } };
  }

  /** The items when all are known: single tasks of which one comes twice are details of events, not what describe-tasks said. */
  all(items: readonly Item[]): readonly Item[] {
    const arns = items.flatMap((item) => looseTasks(item).map(({ taskArn }) => taskArn));
    if (new Set(arns).size === arns.length) return items;
    return items.flatMap((item) => {
      const tasks = looseTasks(item);
      if (tasks.length === 0) return [item];
      this.#details += tasks.length;
      return tasks.map((task) => ({ ...eventOfDetail(task), place: item.place }));
    });
  }

  remarks(): readonly string[] {
    return [
      this.#masked === 0
        ? ''
        : `Account numbers or regions are masked in ${count(this.#masked, 'event')} or tasks: where nothing else in them says which, ` +
          `they are played as one made-up account, ${MADE_UP_ACCOUNT}.`,
      this.#details === 0
        ? ''
        : `${count(this.#details, 'detail')} came without the rest of the event, and ${this.#details === 1 ? 'is' : 'are'} taken for ECS Task State Change.`,
      this.#impossible === 0
        ? ''
        : `${count(this.#impossible, 'time')} cannot be (before ECS there were no tasks), and ${this.#impossible === 1 ? 'is' : 'are'} left out.`,
    ].filter((remark) => remark !== '');
  }

  #event(item: EventItem): Item {
    if (item.isDetail) this.#details += 1;
    const { event } = item;
    if (!isObject(event)) return item;
    const known = unmaskedEvent(event);
    if (known !== event) this.#masked += 1;
    return { ...item, event: this.#slimmer.event(this.#timed(known)) };
  }

  #timed(event: JsonObject): JsonObject {
    const outer = withTime(event);
    const { detail } = event;
    const inner = isObject(detail) ? withTimes(detail) : undefined;
    this.#impossible += outer.impossible + (inner?.impossible ?? 0);
    if (inner === undefined || inner.value === detail) return outer.value;
    return { ...outer.value, detail: inner.value };
  }

  #task(task: unknown): unknown {
    const known = unmaskedTask(task);
    if (known !== task) this.#masked += 1;
    if (!isObject(known)) return known;
    const { value, impossible } = withTimes(known);
    this.#impossible += impossible;
    return this.#slimmer.task(value);
  }
}

function looseTasks(item: Item): readonly JsonObject[] {
  return item.kind === 'snapshot' ? looseIn(item.snapshot) : [];
}

function looseIn(snapshot: Snapshot): readonly JsonObject[] {
  return snapshot.kind === 'tasks' && snapshot.isLoose ? snapshot.tasks.filter(isObject).filter(isTask) : [];
}
