/** Pause, resume and hold on the built bundle, begun at different moments of the schedule's minute: how long each takes at most. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { runClock } from '../../scripts/simulator/clock.ts';
import type { Deployment } from '../../scripts/simulator/deployment.ts';
import { present } from '../../scripts/simulator/ecs.ts';
import { useBundle } from '../support/bundled.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
const MINUTE_MS = 60_000;
const TAG = 'alb-target-sync';
/** So far into the schedule's minute each round begins. */
const BEGINNINGS_MS = [1_000, 11_000, 21_000, 31_000, 41_000, 51_000];
const bundled = useBundle();

function writesOf({ account }: Deployment): number {
  return (account.calls.get('RegisterTargets') ?? 0) + (account.calls.get('DeregisterTargets') ?? 0);
}

async function until(deployment: Deployment, isTrue: () => boolean, limitMs: number): Promise<number> {
  const fromMs = deployment.clock.now();
  await runClock(deployment.clock, () => deployment.backend.settle(deployment), fromMs + limitMs, isTrue);
  return deployment.clock.now() - fromMs;
}

/** Lets the minute come round, and then this much of it pass. */
async function beginAt(deployment: Deployment, startedMs: number, offsetMs: number): Promise<void> {
  const intoMs = (deployment.clock.now() - startedMs) % MINUTE_MS;
  await deployment.pass(MINUTE_MS - intoMs + offsetMs);
}

function seconds(...values: readonly number[]): number {
  return Math.ceil(Math.max(...values) / 1_000);
}

it('stops every write within a minute of a pause, and is in step within 75 s of the resume', async () => {
  const { deployment } = await bundled();
  const tags = deployment.account.logs.tagsOf(LOG_GROUP);
  deployment.account.logs.addGroup(LOG_GROUP);
  const startedMs = deployment.clock.now();
  deployment.lambda.startSchedule(MINUTE_MS);
  const paused: number[] = [];
  const resumed: number[] = [];
  for (const offsetMs of BEGINNINGS_MS) {
    await beginAt(deployment, startedMs, offsetMs);
    tags.set(TAG, 'paused');
    let lastMs = 0;
    let writes = writesOf(deployment);
    for (let passedMs = 0; passedMs < 2 * MINUTE_MS; passedMs += 1_000) {
      if (passedMs % 5_000 === 0) deployment.start(1);
      await deployment.pass(1_000);
      if (writesOf(deployment) > writes) lastMs = passedMs + 1_000;
      writes = writesOf(deployment);
    }
    paused.push(lastMs);
    expect(deployment.registered).not.toEqual(deployment.serving);
    tags.delete(TAG);
    resumed.push(await until(deployment, () => deployment.registered.join() === deployment.serving.join(), 2 * MINUTE_MS));
  }
  expect(Math.max(...paused)).toBeGreaterThan(0);
  expect(seconds(...paused)).toBeLessThanOrEqual(60);
  expect(seconds(...resumed)).toBeLessThanOrEqual(75);
  expect(PAGE).toContain(
    `the last write left ${seconds(...paused)} s after the pause, and all was in step ${seconds(...resumed)} s after`,
  );
});

it('takes a task on hold out within 12 s, and back within 12 s', async () => {
  const { deployment } = await bundled();
  const startedMs = deployment.clock.now();
  deployment.lambda.startSchedule(MINUTE_MS);
  const [held] = deployment.start(3);
  await deployment.pass(2 * MINUTE_MS);
  if (held === undefined) throw new Error('No task was started.');
  const key = `${present(held).ipv4}:8080`;
  const out: number[] = [];
  const back: number[] = [];
  for (const offsetMs of BEGINNINGS_MS) {
    await beginAt(deployment, startedMs, offsetMs);
    expect(deployment.registered).toContain(key);
    deployment.account.changeTag(held, TAG, 'hold');
    out.push(await until(deployment, () => !deployment.registered.includes(key), MINUTE_MS));
    await deployment.pass(offsetMs);
    deployment.account.changeTag(held, TAG);
    back.push(await until(deployment, () => deployment.registered.includes(key), MINUTE_MS));
  }
  expect(seconds(...out)).toBeLessThanOrEqual(12);
  expect(seconds(...back)).toBeLessThanOrEqual(12);
  expect(PAGE).toContain(`out within ${seconds(...out)} s and back within ${seconds(...back)} s`);
});
