/** What a stack writes to its log while it lives: every line can be read by a program, and a quiet minute costs next to nothing. */
import { expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { leaksIn, plantCanaries } from '../fuzz/canary.ts';
import { LINE, MINUTE_MS, rollOver, World } from '../proof/alarms/world.ts';

/** docs/cost.md counts a kilobyte for a scheduled pass. */
const LINE_BYTES_MAX = 1_000;
/** What the function reads of an event. All other text is of no use to it, and may be a secret. */
const READ =
  /^(source|detail-type|account|region|detail\.(taskArn|clusterArn|group|taskDefinitionArn|lastStatus|desiredStatus|startedBy))$/;

function linesOf(world: World): { readonly atMs: number; readonly message: string }[] {
  return world.account.logs.groups.get(LOG_GROUP)?.slice() ?? [];
}

function recordOf({ message }: { readonly message: string }): JsonObject {
  const record: unknown = JSON.parse(message);
  if (!isObject(record)) throw new Error(`The line is no record: ${message}`);
  return record;
}

it('costs one short line in a quiet minute, and one more in an hour for the record', async () => {
  const world = new World();
  world.tag(LINE);
  world.start(4);
  await world.watched.pass(10 * MINUTE_MS);
  const before = linesOf(world).length;
  await world.watched.pass(120 * MINUTE_MS);
  const lines = linesOf(world).slice(before);
  const records = lines.map(recordOf);
  expect(records.filter(({ message }) => message === 'run')).toHaveLength(120);
  expect(records.filter(({ message }) => message === 'record')).toHaveLength(2);
  expect(lines).toHaveLength(122);
  for (const { message } of lines) expect(Buffer.byteLength(message)).toBeLessThan(LINE_BYTES_MAX);
});

it('is one record a line with its request, and has nothing of an event but what the function reads', async () => {
  const world = new World();
  world.deployment.deliver = (event) => {
    const planted = plantCanaries(event, (path) => READ.test(path));
    expect(JSON.stringify(planted)).toContain('canary<detail.containers.0.name>');
    world.deployment.queue.send(JSON.stringify(planted));
  };
  world.tag(LINE);
  world.start(3);
  await world.watched.pass(5 * MINUTE_MS);
  rollOver(world);
  world.start(1, { withoutInterface: true });
  world.deployment.queue.send('PASSWORD=canary');
  await world.watched.pass(10 * MINUTE_MS);
  const records = linesOf(world).map(recordOf);
  expect(new Set(records.map(({ message }) => message))).toEqual(
    new Set(['configuration', 'pass', 'change', 'record', 'check', 'run', 'message unreadable']),
  );
  for (const record of records) {
    expect(leaksIn(record)).toEqual([]);
    expect(record['requestId']).toMatch(/^request-\d+$/);
  }
});
