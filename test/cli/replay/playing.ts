/** Captures to play, and what has to come of them. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import type { Item } from '../../../scripts/cli/replay/item.ts';
import { type Played, type PlayOptions, play } from '../../../scripts/cli/replay/player.ts';
import { sampleEvents } from '../../../scripts/cli/sample/sample.ts';

const PLAIN: PlayOptions = {
  order: { kind: 'time' },
  duplicateP: 0,
  loseP: 0,
  delayMs: 0,
  lagMs: 0,
  seed: 1,
  binds: [],
  port: 8080,
};

/** Plays the events as if they had stood in one file, one a line. */
export function playEvents(events: readonly unknown[], options: Partial<PlayOptions> = {}): Promise<Played> {
  return playItems(events.map(itemOf), options);
}

export function playItems(
  items: readonly Item[],
  options: Partial<PlayOptions> = {},
  progress: (done: number) => void = () => undefined,
): Promise<Played> {
  return play(items, { ...PLAIN, ...options }, progress);
}

function itemOf(event: unknown, index: number): Item {
  return { kind: 'event', event, place: { file: 'capture', position: `line ${index + 1}` } };
}

export function detailOf(event: unknown): JsonObject {
  return isObject(event) && isObject(event['detail']) ? event['detail'] : {};
}

/**
 * A service that is deployed again and again, captured until somewhere in the middle of a deployment: some tasks run, some are on
 * their way in or out. Its subnet is small: an address goes to a new task soon after its last owner has stopped.
 */
export function captureOf(tasks: number, seed: number): unknown[] {
  const lines = sampleEvents({ status: 'life', count: tasks, seed, service: 'app', cluster: 'prod', wrap: 'eventbridge' });
  const small = lines.replaceAll(/10\.20\.0\.(\d+)/g, (_, last: string) => `10.20.0.${(Number(last) % 12) + 1}`);
  const events = small
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  return events.slice(0, Math.floor(events.length * 0.8));
}

/** The addresses of the tasks that run at the end of the capture: what a person would read from it. */
export function servingAtTheEnd(events: readonly unknown[]): string[] {
  const last = new Map<unknown, JsonObject>();
  for (const detail of events.map(detailOf)) {
    const known = last.get(detail['taskArn']);
    if (known === undefined || Number(known['version']) <= Number(detail['version'])) last.set(detail['taskArn'], detail);
  }
  return [...last.values()]
    .filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING')
    .map((detail) => `${/"privateIPv4Address","value":"([^"]+)"/.exec(JSON.stringify(detail))?.[1]}:8080`)
    .sort();
}

/** `ip:port` of everything that takes traffic in the end. */
export function registered({ account }: Played): string[] {
  return [...account.elb.groups.values()].flatMap((group) => account.elb.registered(group)).sort();
}
