/** Captures of other people, each file as the replay reads it: a reading with a reason, and exactly the right targets. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { answerOf, type ReplayAnswer } from '../../../scripts/cli/replay/answer.ts';
import { openInput } from '../../../scripts/cli/replay/input.ts';
import { skipUnless } from '../../support/skip.ts';
import { playItems } from './playing.ts';
import { read } from './reading.ts';

/** Events that other people captured are not ours to publish. Where they lie beside the checkout, they are read there. */
const CAPTURED = fileURLToPath(new URL('../../../../shared/events/', import.meta.url));
const OWN = fileURLToPath(new URL('../../fixtures/events/', import.meta.url));
const MISSING = 'the captured events do not lie beside this checkout';

async function replay(folder: string, ...files: readonly string[]): Promise<ReplayAnswer> {
  const { items } = await read(Object.fromEntries(files.map((file) => [file, openInput(`${folder}${file}`)])));
  return answerOf(items, await playItems(items));
}

function addresses({ targets }: ReplayAnswer): string[] {
  return targets.map(({ ip }) => ip);
}

/** Answers of APIs: state to begin with, so that they have no event of their own. */
const SNAPSHOTS = ['api-describe-tasks-service-connect.json', 'api-run-task-external.json'];
const INSTANCES = ['api-cloudmap-list-instances-service-connect.json', 'api-cloudmap-list-instances-service-discovery.json'];

async function expectReasons(folder: string, file: string): Promise<void> {
  const { events } = await replay(folder, file);
  if (!SNAPSHOTS.includes(file) && !INSTANCES.includes(file)) expect(events).not.toEqual([]);
  for (const { reading, because } of events) {
    expect(['hint', 'ignored', 'unreadable']).toContain(reading);
    expect(because.length).toBeGreaterThan(10);
  }
}

describe('our own events', () => {
  it.each(readdirSync(OWN))('%s has a reading with a reason', (file) => expectReasons(OWN, file));
});

describe('captured events', () => {
  it('each have a reading with a reason', async (context) => {
    skipUnless(existsSync(CAPTURED), context, MISSING);
    const files = readdirSync(CAPTURED);
    expect(files.length).toBeGreaterThan(40);
    for (const file of files) await expectReasons(CAPTURED, file);
  });

  for (const [file, ip] of [
    ['task-defra-start-running.json', '10.249.114.126'],
    ['task-fargate-4containers-running-v5.json', '10.249.47.254'],
    ['wrap-replayed-running-v5.json', '10.249.47.254'],
  ] as const) {
    it(`${file} registers exactly ${ip}`, async (context) => {
      skipUnless(existsSync(CAPTURED), context, MISSING);
      const answer = await replay(CAPTURED, file);
      expect(addresses(answer)).toEqual([ip]);
      expect(answer.changes.map(({ kind, because }) => [kind, because])).toEqual([['register', 'task is running']]);
    });
  }

  it('of a task whose address the publisher masked register nothing and say why', async (context) => {
    skipUnless(existsSync(CAPTURED), context, MISSING);
    const files = readdirSync(CAPTURED).filter((file) => file.startsWith('task-cloudmap-start-'));
    expect(files).toHaveLength(4);
    for (const answer of [
      ...(await Promise.all(files.map((file) => replay(CAPTURED, file)))),
      await replay(CAPTURED, ...files),
    ]) {
      expect(addresses(answer)).toEqual([]);
      expect(answer.changes).toEqual([]);
    }
    const { events, findings } = await replay(CAPTURED, ...files);
    expect(events.map(({ reading, because }) => [reading, because])).toEqual([
      ['ignored', 'the task is "PROVISIONING" and is to run: there is nothing to do before it runs'],
      ['ignored', 'the task is "PENDING" and is to run: there is nothing to do before it runs'],
      ['ignored', 'the task is "ACTIVATING" and is to run: there is nothing to do before it runs'],
      ['hint', 'a place to look: the task is said to be RUNNING, wanted RUNNING at version 4'],
    ]);
    expect(findings.map(({ kind, message }) => [kind, message])).toEqual([
      ['no-address', expect.stringContaining('no readable address')],
    ]);
  });

  it('in the messages of a queue and of a Lambda batch are found one by one', async (context) => {
    skipUnless(existsSync(CAPTURED), context, MISSING);
    const { events } = await replay(CAPTURED, 'wrap-lambda-sqs-batch.json', 'wrap-sqs-receive-message.json');
    const places = events.map(({ file, position }) => `${file} ${position}`).sort();
    expect(places).toContain('wrap-lambda-sqs-batch.json Records[0].body');
    expect(places).toContain('wrap-sqs-receive-message.json Messages[0].Body');
  });

  it('all in one replay cost each other nothing', { timeout: 180_000 }, async (context) => {
    skipUnless(existsSync(CAPTURED), context, MISSING);
    const answer = await replay(CAPTURED, ...readdirSync(CAPTURED));
    for (const ip of ['10.249.114.126', '10.249.47.254', '10.0.0.139']) expect(addresses(answer)).toContain(ip);
  });
});
