/** Everything in the picture that can be pointed at, in words: what it is, when, and why. */
import { durationOf, type Stamp } from './clock.ts';
import type { Lane } from './lanes.ts';
import { type Bounds, type Bucket, sumOf } from './load.ts';
import type { Stretch, StretchKind } from './stretches.ts';
import type { ChangeMark, EventMark } from './timeline.ts';

/** Something that can be pointed at, and its time. */
export type Item =
  | { readonly is: 'stretch'; readonly fromMs: number; readonly toMs: number; readonly stretch: Stretch }
  | { readonly is: 'change'; readonly fromMs: number; readonly toMs: number; readonly change: ChangeMark }
  | { readonly is: 'event'; readonly fromMs: number; readonly toMs: number; readonly event: EventMark }
  | { readonly is: 'bucket'; readonly fromMs: number; readonly toMs: number; readonly bucket: Bucket };

export interface Telling {
  readonly title: string;
  readonly facts: readonly Fact[];
}

type Fact = readonly [label: string, value: string];

/** How the page writes times, and where time ends on it. */
export interface Scene {
  readonly stamp: Stamp;
  readonly endMs: number;
}

export const STRETCH_LABELS: Readonly<Record<StretchKind, string>> = {
  pending: 'Pending',
  running: 'Running',
  stopping: 'Stopping',
  registered: 'Registered',
  waiting: 'Not yet registered',
  draining: 'Draining',
  missing: 'Not registered',
  stale: 'Registered after its end',
};

/** In the order in which one walks through them with the arrow keys. */
export function itemsOf(lane: Lane): Item[] {
  const items: Item[] = [
    ...[...lane.life, ...lane.target].map((stretch) => ({ is: 'stretch' as const, ...timesOf(stretch), stretch })),
    ...lane.changes.map((change) => ({ is: 'change' as const, fromMs: change.atMs, toMs: change.atMs, change })),
    ...lane.events.map((event) => ({ is: 'event' as const, fromMs: event.atMs, toMs: event.atMs, event })),
  ];
  return items.sort((one, other) => one.fromMs - other.fromMs);
}

export function bucketItems(buckets: readonly Bucket[]): Item[] {
  return buckets.map((bucket) => ({ is: 'bucket', ...timesOf(bucket), bucket }));
}

/** What a screen reader says where the eye sees the bars of a lane. */
export function summariseLane({ life, target, endMs, events }: Lane, { stamp, endMs: lastMs }: Scene): string {
  const stretches = [...life, ...target].toSorted((one, other) => one.fromMs - other.fromMs);
  const parts = stretches.map((stretch) => `${titleOf(stretch).toLowerCase()} ${stamp(stretch.fromMs)}`);
  if (endMs <= lastMs) parts.push(`ended ${stamp(endMs)}`);
  return parts.length === 0 ? `${events.length} events` : parts.join(', ');
}

export function tellItem(item: Item, lane: Lane | undefined, scene: Scene): Telling {
  switch (item.is) {
    case 'stretch':
      return { title: titleOf(item.stretch), facts: [...factsOf(item.stretch, lane, scene), ...taskFacts(lane)] };
    case 'change':
      return tellChange(item.change, scene);
    case 'event':
      return tellEvent(item.event, scene);
    case 'bucket':
      return tellBucket(item.bucket, scene);
  }
}

function titleOf({ kind, targetGroup }: Stretch): string {
  if (targetGroup === undefined) return STRETCH_LABELS[kind];
  return kind === 'stale' ? `Still registered in ${targetGroup}` : `${STRETCH_LABELS[kind]} in ${targetGroup}`;
}

function factsOf({ kind, fromMs, toMs, told }: Stretch, lane: Lane | undefined, { stamp, endMs }: Scene): Fact[] {
  const until = toMs > endMs ? 'still so at the end' : stamp(toMs);
  const time: Fact = ['Time', `${stamp(fromMs)} – ${until} (${durationOf(Math.min(toMs, endMs) - fromMs)})`];
  const states = lane?.task?.states.filter(({ atMs }) => atMs >= fromMs && atMs < toMs) ?? [];
  if (told === undefined) {
    const seen = states.map(({ atMs, last, desired }) => `${last} (desired ${desired}) ${stamp(atMs)}`).join(', ');
    return kind === 'waiting' || kind === 'missing' || seen === '' ? [time] : [time, ['States', seen]];
  }
  const { span, registered, deregistered } = told;
  const because = kind === 'draining' ? deregistered : registered;
  return [
    time,
    ['Address', `${span.ip}:${span.port}`],
    ...(kind === 'stale' ? [wrongBecause(lane, registered, stamp)] : []),
    ['Because', because?.because ?? 'No change of this record explains it.'],
    ...(deregistered === undefined || kind === 'draining' ? [] : [['Deregistered because', deregistered.because] as const]),
  ];
}

function wrongBecause(lane: Lane | undefined, registered: ChangeMark | undefined, stamp: Stamp): Fact {
  const isItsOwn = registered === undefined || registered.taskArn === lane?.task?.arn;
  if (isItsOwn) return ['Wrong', `The task ended at ${stamp(lane?.endMs ?? 0)}.`];
  return ['Wrong', `Registered for ${registered.taskArn}, which held the address before.`];
}

function taskFacts(lane: Lane | undefined): Fact[] {
  if (lane?.task === undefined) return [['Task', 'None that is known held this address.']];
  return [
    ['Task', lane.task.arn],
    ['ECS group', lane.task.group],
  ];
}

function tellChange({ kind, atMs, ip, port, targetGroup, because, taskArn }: ChangeMark, { stamp }: Scene): Telling {
  const title = kind === 'register' ? `Register in ${targetGroup}` : `Deregister from ${targetGroup}`;
  return {
    title,
    facts: [
      ['Time', stamp(atMs)],
      ['Address', `${ip}:${port}`],
      ['Because', because],
      ['Task', taskArn],
    ],
  };
}

function tellEvent({ reading, atMs, because, id, file, taskArn }: EventMark, { stamp }: Scene): Telling {
  const facts: Fact[] = [
    ['Time', stamp(atMs)],
    ['Because', because],
    ['Event', id],
    ['File', file],
  ];
  const title = reading === 'lost' ? 'Event lost on its way' : `Event read as ${reading}`;
  return { title, facts: taskArn === undefined ? facts : [...facts, ['Task', taskArn]] };
}

function tellBucket({ fromMs, toMs, running, registered, absent, wrong, calls }: Bucket, { stamp }: Scene): Telling {
  const byOperation = [...calls].map(([operation, count]) => [operation, count.toLocaleString('en')] as const);
  return {
    title: `${stamp(fromMs)} – ${stamp(toMs)}`,
    facts: [
      ['Running tasks', between(running)],
      ['Registered targets', between(registered)],
      ['Running, not in a group', between(absent)],
      ['Of these too long, or in a group after the end', between(wrong)],
      ['Calls', sumOf(calls).toLocaleString('en')],
      ...byOperation,
    ],
  };
}

function between({ least, most }: Bounds): string {
  return least === most ? `${most}` : `${least} to ${most}`;
}

function timesOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): { fromMs: number; toMs: number } {
  return { fromMs, toMs };
}
