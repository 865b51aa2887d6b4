/** The emulators of the steps: each on a free port of the loopback interface, ended by whoever started it. */
import { join } from 'node:path';
import { ministackVariables, startAnswering } from '../../scripts/tools/emulators/answering.ts';
import { freePort } from '../../scripts/tools/emulators/server.ts';
import { environmentOf, ministackPrograms } from '../../scripts/tools/emulators/tools.ts';
import { VENV } from './command.ts';

export interface Emulator {
  readonly endpoint: string;
  close(): Promise<void>;
}

export async function startMoto(): Promise<Emulator> {
  const port = await freePort();
  const args = ['-H', '127.0.0.1', '-p', String(port)];
  const moto = await start(port, join(VENV, 'bin/moto_server'), args, {}, '/moto-api/');
  try {
    await pinTasks(moto.endpoint);
  } catch (error) {
    await moto.close();
    throw error;
  }
  return moto;
}

export async function startMinistack(): Promise<Emulator> {
  const port = await freePort();
  const program = join(await ministackPrograms(), 'ministack');
  return start(port, program, [], ministackVariables(port), '/_ministack/health');
}

async function start(
  port: number,
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  readyPath: string,
): Promise<Emulator> {
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startAnswering(program, args, environmentOf([], variables), endpoint + readyPath);
  return { endpoint, close: () => server.end() };
}

/** Otherwise every description moves a task on towards STOPPED. */
async function pinTasks(endpoint: string): Promise<void> {
  const transition = { progression: 'manual', times: 1_000_000 };
  const response = await fetch(`${endpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model_name: 'ecs::task', transition }),
  });
  if (!response.ok) throw new Error(`moto does not keep tasks as they are (status ${response.status}).`);
}
