/**
 * The deployment, rehearsed: the unmodified template is built and deployed onto an emulator, the deployed function works on the
 * simulated account, and everything that a stack lives through happens once. Then the same for the release.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveAccount } from '../../../scripts/tools/emulators/account.ts';
import { freePort } from '../../../scripts/tools/emulators/server.ts';
import { makeRelease, writeRelease } from '../../../scripts/tools/package/release.ts';
import { Gate } from './gate.ts';
import { type Host, startHost } from './host.ts';
import { Pipe } from './pipe.ts';
import { Scenes } from './scenes.ts';
import { awsPrograms, NAMED, Stack } from './stack.ts';
import { TaggedScenes } from './tagged.ts';

type Tell = (line: string) => void;

interface Stage {
  readonly account: LiveAccount;
  readonly gate: Gate;
  readonly host: Host;
  /** For what is built. */
  readonly folder: string;
}

/** So much of the host's log is told where something breaks. */
const LOG_LINES = 30;
const LINE_LENGTH = 600;

/** Tells of each scene what was seen and how long it took. */
export function rehearseDeployment(tell: Tell): Promise<void> {
  return rehearse(async ({ account, gate, host, folder }) => {
    const stack = new Stack(host.endpoint, folder, NAMED);
    await stack.build();
    assert.equal(await stack.deploy(), true, 'the stack is new');
    const pipe = await quietPipe(host, stack);
    const scenes = new Scenes({ account, gate, pipe, stack });
    tell(await scenes.playEvents());
    tell(await scenes.playHundred());
    tell(await scenes.playQueue());
    tell(await scenes.playCheck());
    tell(await scenes.playSecondDeployment());
    tell(await scenes.playPause());
    tell(await scenes.playDashboard());
    tell(await scenes.playDeadLetters());
    tell(await scenes.playMutants());
    tell(await scenes.playSchedule());
    tell(`the emulator listens on port ${host.ports()?.join(', ') ?? '(unknown)'}, of loopback only`);
    tell(await scenes.playDeletion());
  });
}

/** The same template with no parameter typed: groups are found by the tag that they get afterwards. */
export function rehearseDefaults(tell: Tell): Promise<void> {
  return rehearse(async ({ account, gate, host, folder }) => {
    const stack = new Stack(host.endpoint, folder, []);
    await stack.build();
    assert.equal(await stack.deploy(), true, 'the stack is new');
    const scenes = new TaggedScenes({ account, gate, pipe: await quietPipe(host, stack), host: host.endpoint });
    tell(await scenes.playTags());
    tell(await scenes.playUntagged());
    tell(await scenes.playLostEvent());
    tell(await scenes.playTagTakenOff());
    await stack.delete();
  });
}

/** The release, deployed by its own two lines. */
export function rehearseRelease(): Promise<string> {
  return rehearse(async ({ account, gate, host, folder }) => {
    const release = await makeRelease();
    writeRelease(folder, release);
    const stack = new Stack(host.endpoint, folder, NAMED);
    await awsPrograms();
    await stack.makeBucket();
    const startedAtMs = performance.now();
    assert.equal(await stack.deployRelease(), true, 'the stack is new');
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
    assert.equal(await stack.deployRelease(), false, 'nothing has changed, and yet there was something to deploy');
    const scenes = new Scenes({ account, gate, pipe: await quietPipe(host, stack), stack });
    await scenes.playOne();
    await scenes.playDeletion();
    const bytes = [...release.values()].reduce((sum, content) => sum + content.length, 0);
    return `${bytes} bytes, deployed in ${seconds} s without Node and SAM; an event becomes a target`;
  });
}

/** Plays on a host of its own, and ends everything. */
async function rehearse<Told>(play: (stage: Stage) => Promise<Told>): Promise<Told> {
  const folder = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  const account = await new LiveAccount().open();
  const port = await freePort();
  const gate = new Gate(port, account.endpoint);
  let host: Host | undefined;
  try {
    // The function's calls go to the simulated account; SAM's and the stack's own stay on the host.
    host = await startHost(port, {
      AWS_ENDPOINT_URL_ECS: account.endpoint,
      AWS_ENDPOINT_URL_SERVICEDISCOVERY: account.endpoint,
      AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API: account.endpoint,
      AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: await gate.open(),
    });
    const told = await play({ account, gate, host, folder });
    assert.deepEqual(gate.unclear, [], 'the host has said of each call whether the policy allows it');
    return told;
  } catch (error) {
    const what = error instanceof Error ? error.stack : String(error);
    throw new Error(`${what}\nThe end of the emulator's log:\n${endOf(host?.log() ?? '')}`, { cause: error });
  } finally {
    await host?.end();
    await gate.close();
    await account.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What follows shall be the events' doing, not the schedule's. */
async function quietPipe(host: Host, stack: Stack): Promise<Pipe> {
  const pipe = new Pipe(host.endpoint, await stack.outputs());
  await pipe.switchSchedule(false);
  return pipe;
}

function endOf(log: string): string {
  const lines = log.trimEnd().split('\n').slice(-LOG_LINES);
  return lines.map((line) => line.slice(0, LINE_LENGTH)).join('\n');
}
