/** What the built bundle does in Lambda's own runtime: batch, schedule, failure and time-out, against the simulated account. */
import assert from 'node:assert/strict';
import type { StateChangeEvent } from '../../../scripts/simulator/events.ts';
import { NO_FAULTS } from '../../../scripts/simulator/faults.ts';
import { BINDINGS, CLUSTER, GROUP, LiveAccount } from '../../../scripts/tools/emulators/account.ts';
import { nodePackages } from '../../../scripts/tools/emulators/tools.ts';
import { waitUntil } from '../../../scripts/tools/emulators/wait.ts';
import { type Emulator, startEmulator } from './emulator.ts';

interface Scene {
  readonly account: LiveAccount;
  readonly emulator: Emulator;
}

const CUT_OFF_SECONDS = 10;
const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

/** Needs the folder of the built function; answers with what was seen. */
export async function rehearseRuntime(folder: string): Promise<string> {
  const client = await nodePackages('runtime-client', import.meta.dirname);
  const account = await new LiveAccount().open();
  const start = (timeoutSeconds: number, more: Readonly<Record<string, string>> = {}) =>
    startEmulator({ function: folder, client, timeoutSeconds, variables: { ...settingsOf(account), ...more } });
  try {
    const usual = await using(await start(15), async (emulator) => {
      const scene = { account, emulator };
      await checkBatch(scene);
      await checkSchedule(scene);
      await checkFailure(scene);
      await checkHangingCalls(scene);
      return `${initOf(emulator)}, ports ${emulator.ports()?.join(', ')} of loopback`;
    });
    await using(await start(CUT_OFF_SECONDS), (emulator) => checkCutOff({ account, emulator }));
    await using(await start(10, { MODE: 'never' }), (emulator) => checkWrongSettings({ account, emulator }));
    return `batch, schedule, failure, time-out; ${usual}`;
  } finally {
    await account.close();
  }
}

function settingsOf({ endpoint }: LiveAccount): Readonly<Record<string, string>> {
  return {
    CLUSTER_ARNS: CLUSTER,
    TARGET_GROUP_ARNS: GROUP,
    BINDINGS,
    MODE: 'enforce',
    AWS_ENDPOINT_URL: endpoint,
    POWERTOOLS_SERVICE_NAME: 'rehearsal',
  };
}

/** What breaks is told together with what the runtime has written. */
async function using<Answer>(emulator: Emulator, run: (emulator: Emulator) => Promise<Answer>): Promise<Answer> {
  try {
    return await run(emulator);
  } catch (error) {
    throw new Error(`In Lambda's runtime: ${String(error)}\n${emulator.log()}`, { cause: error });
  } finally {
    await emulator.end();
  }
}

async function checkBatch({ account, emulator }: Scene): Promise<void> {
  const events = await account.start(3);
  const broken = { messageId: 'broken', body: '{' };
  const answer = await emulator.invoke({ Records: [...events.map(messageOf), broken] });
  assert.deepEqual(answer, { batchItemFailures: [] }, 'a batch is acknowledged, a message that nobody can read too');
  assert.deepEqual(account.registered, events.map((event) => account.addressOf(event)).sort());
}

async function checkSchedule({ account, emulator }: Scene): Promise<void> {
  const before = account.registered;
  const [lost] = await account.start(1);
  assert(lost !== undefined);
  assert.equal(await emulator.invoke(SCHEDULE), null, 'the schedule gets no answer');
  assert.deepEqual(account.registered, [...before, account.addressOf(lost)].sort(), 'the schedule makes up for a lost event');
}

/** What is not one of the four inputs fails, and the environment lives on. */
async function checkFailure({ emulator }: Scene): Promise<void> {
  const answer = await emulator.invoke({ something: 'else' });
  assert.match(JSON.stringify(answer), /"errorType":"Error".*It takes four inputs/);
  assert.match(JSON.stringify(await emulator.invoke({ check: true })), /"summary"|"groups"/);
}

/** Where AWS does not answer, the function gives up in time, and hands back what it could not do. */
async function checkHangingCalls({ account, emulator }: Scene): Promise<void> {
  const [event] = await account.start(1);
  assert(event !== undefined);
  account.faults = (operation) => (operation === 'DescribeTargetHealth' ? { kind: 'hang' } : undefined);
  const answer = await emulator.invoke({ Records: [messageOf(event, 0)] });
  account.faults = NO_FAULTS;
  assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: 'message-0' }] }, 'the message comes again');
  assert.deepEqual(await emulator.invoke({ Records: [messageOf(event, 0)] }), { batchItemFailures: [] });
  assert(account.registered.includes(account.addressOf(event)), 'and then it is done');
}

/** The function keeps its time by itself, so only a machine that stands still makes Lambda cut it off. The next environment is new. */
async function checkCutOff({ account, emulator }: Scene): Promise<void> {
  const [event] = await account.start(1);
  assert(event !== undefined);
  // The time of the start counts too: with little left, the function would not begin.
  await emulator.invoke({ check: true });
  const before = account.calls;
  account.faults = () => ({ kind: 'hang' });
  const invoked = emulator.invoke({ Records: [messageOf(event, 0)] });
  await waitUntil('the function makes its first call', CUT_OFF_SECONDS * 1_000, () => account.calls > before);
  emulator.freeze();
  assert.match(JSON.stringify(await invoked), /timed out after 10\.00 seconds/i);
  account.faults = NO_FAULTS;
  assert(!account.registered.includes(account.addressOf(event)));
  assert.deepEqual(await emulator.invoke({ Records: [messageOf(event, 0)] }), { batchItemFailures: [] });
  assert(account.registered.includes(account.addressOf(event)), 'the next environment does what the first could not');
}

/** Wrong settings are told at every invocation, and nothing is called. */
async function checkWrongSettings({ account, emulator }: Scene): Promise<void> {
  const before = account.calls;
  const answers = [await emulator.invoke(SCHEDULE), await emulator.invoke(SCHEDULE)];
  for (const answer of answers) assert.match(JSON.stringify(answer), /MODE is \\"never\\"; expected enforce or observe/);
  assert.equal(account.calls, before);
}

function messageOf(event: StateChangeEvent, index: number) {
  return { messageId: `message-${index}`, body: JSON.stringify(event), eventSource: 'aws:sqs' };
}

/** How long the first start took. The emulator's own line REPORT counts it wrongly; INIT REPORT does not. */
function initOf(emulator: Emulator): string {
  const duration = /INIT REPORT\(durationMs: ([\d.]+)\)/.exec(emulator.log())?.[1];
  return duration === undefined ? 'no report of the start' : `start ${Math.round(Number(duration))} ms`;
}
