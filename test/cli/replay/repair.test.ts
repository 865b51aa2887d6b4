/** Chunks, letters and words that are left out make no difference to what is read of a capture. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvent } from '../../../functions/core/event.ts';
import { isObject } from '../../../functions/core/json.ts';
import { Slimmer } from '../../../scripts/cli/replay/slim.ts';
import { Account } from '../../../scripts/simulator/account.ts';
import { adoptDetail } from '../../../scripts/simulator/adopt.ts';
import { VirtualClock } from '../../../scripts/simulator/clock.ts';
import { cellOf, csv, LIFE, ndjson, PLAIN, utf16le } from '../brought/capture.ts';
import { inChunks, read } from './reading.ts';

async function eventsIn(bytes: Uint8Array, sizes: readonly number[]): Promise<unknown[]> {
  const { items } = await read({ file: inChunks(bytes, sizes) });
  return items.map((item) => (item.kind === 'event' ? item.event : item));
}

describe('a capture in chunks of any size', () => {
  const half = Math.floor(LIFE.length / 2);
  const [before, after] = [ndjson(LIFE.slice(0, half)), ndjson(LIFE.slice(half))];
  it.each([
    ['in UTF-8, then in UTF-16', Buffer.concat([Buffer.from(before), utf16le(after)])],
    ['in UTF-16, then in UTF-8', Buffer.concat([utf16le(`\uFEFF${before}`), Buffer.from(after)])],
    ['in UTF-16 of the other byte order', utf16le(`\uFEFF${PLAIN}`).swap16()],
    ['in a table', Buffer.from(csv(['@timestamp', '@message'], cellOf))],
    ['in a table with line ends in its cells', Buffer.from(csv(['@message'], (event) => JSON.stringify(event, null, 1)))],
  ])('has the same events %s', async (_, bytes) => {
    const sizes = fc.array(fc.integer({ min: 3, max: 900 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, async (each) => {
        expect(await eventsIn(bytes, each)).toEqual(LIFE);
      }),
      { numRuns: 6 },
    );
  });
});

describe('what is left out of an event', () => {
  it('is nothing that the function or ECS looks at', () => {
    const slimmer = new Slimmer();
    for (const event of LIFE) {
      const slim = slimmer.event(event);
      expect(readEvent(slim)).toEqual(readEvent(event));
      expect(described(slim)).toEqual(described(event));
      expect(JSON.stringify(slim).length).toBeLessThan(JSON.stringify(event).length * 0.75);
    }
  });

  it('is nothing where an event is about no task, or has no detail to speak of', () => {
    const slimmer = new Slimmer();
    const others = [
      { source: 'aws.tag', detail: { a: 1 } },
      { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail: { a: 1 } },
      { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail: 'x' },
    ];
    for (const other of others) expect(slimmer.event(other)).toBe(other);
  });
});

/** What DescribeTasks answers of the task that the event tells of. */
function described(event: unknown): unknown {
  const account = new Account(new VirtualClock());
  const task = adoptDetail(account, isObject(event) ? event['detail'] : undefined);
  const told = task?.history.at(-1)?.told;
  return { ...task, history: undefined, tags: undefined, health: told?.['healthStatus'], attachments: addressesIn(told) };
}

function addressesIn(told: unknown): string[] {
  return [...JSON.stringify(told).matchAll(/"(?:name":"[^"]*Address","value|privateIpv4Address)":"([^"]*)"/g)].map(
    ([, address]) => address ?? '',
  );
}

describe('a task that nobody can ask for any more', () => {
  it('is let go of, and the others stay in their order', () => {
    const clock = new VirtualClock();
    const { ecs } = new Account(clock);
    const clusterArn = 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod';
    const tasks = [1, 2, 3].map(() => ecs.start({ clusterArn, group: 'service:app', definition: 'app:1' }));
    const [first] = tasks;
    if (first !== undefined) ecs.stop(first);
    while (clock.step(Number.MAX_SAFE_INTEGER));
    clock.jump(clock.now() + 100_000);
    expect(ecs.forgetStoppedBy(clock.now() - 150_000)).toEqual([]);
    expect(ecs.forgetStoppedBy(clock.now())).toEqual([first]);
    const wanted = { clusterArn, group: 'service:app' };
    expect(ecs.listed(wanted, 'RUNNING', 0)).toEqual(tasks.slice(1));
    expect(ecs.listed(wanted, 'STOPPED', 0)).toEqual([]);
    ecs.start({ clusterArn, group: 'service:app', definition: 'app:1' });
    expect(ecs.listed(wanted, 'RUNNING', 0).slice(0, 2)).toEqual(tasks.slice(1));
  });
});
