/**
 * The deployment, rehearsed: the unmodified template is built and deployed onto an emulator, the deployed function works on the
 * simulated account, and everything that a stack lives through happens once.
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
import { Stack } from './stack.ts';

interface Deployment {
  readonly account: LiveAccount;
  readonly gate: Gate;
  readonly host: Host;
  /** For what the build makes. */
  readonly folder: string;
  readonly tell: (line: string) => void;
}

/** So much of the host's log is told where something breaks. */
const LOG_LINES = 30;
const LINE_LENGTH = 600;

/** Tells of each scene what was seen and how long it took. */
export async function rehearseDeployment(tell: (line: string) => void): Promise<void> {
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
      AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: await gate.open(),
    });
    await playAll({ account, gate, host, folder, tell });
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

async function playAll({ account, gate, host, folder, tell }: Deployment): Promise<void> {
  const stack = new Stack(host.endpoint, folder);
  await stack.build();
  assert.equal(await stack.deploy(), true, 'the stack is new');
  const pipe = new Pipe(host.endpoint, await stack.outputs());
  // What follows shall be the events' doing, not the schedule's.
  await pipe.switchSchedule(false);
  const scenes = new Scenes({ account, gate, pipe, stack });
  tell(await scenes.playEvents());
  tell(await scenes.playHundred());
  tell(await scenes.playQueue());
  tell(await scenes.playCheck());
  tell(await scenes.playSecondDeployment());
  tell(await scenes.playDeadLetters());
  tell(await scenes.playMutants());
  tell(await scenes.playSchedule());
  tell(`the emulator listens on port ${host.ports()?.join(', ') ?? '(unknown)'}, of loopback only`);
  tell(await scenes.playDeletion());
  tell(await playRelease({ account, gate, host, folder, tell }, stack));
  assert.deepEqual(gate.unclear, [], 'the host has said of each call whether the policy allows it');
}

/** The plain template and the archive of a release, deployed as a new stack. */
async function playRelease({ account, gate, host, folder }: Deployment, stack: Stack): Promise<string> {
  const template = writeRelease(join(folder, 'release'), await makeRelease());
  assert.equal(await stack.deploy(template), true, 'the stack is new');
  const pipe = new Pipe(host.endpoint, await stack.outputs());
  await pipe.switchSchedule(false);
  const scenes = new Scenes({ account, gate, pipe, stack });
  await scenes.playOne();
  return `the release deploys without SAM's transform and works; ${await scenes.playDeletion()}`;
}

function endOf(log: string): string {
  const lines = log.trimEnd().split('\n').slice(-LOG_LINES);
  return lines.map((line) => line.slice(0, LINE_LENGTH)).join('\n');
}
