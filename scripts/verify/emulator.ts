/** Somebody else's simulated AWS, from pinned requirements: on a free port of the loopback interface, ended by whoever started it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { command, VENV } from './command.ts';

export interface Emulator {
  readonly endpoint: string;
  close(): Promise<void>;
}

interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Answers once the emulator is ready. */
  readonly readyPath: string;
}

const LOOKS_MAX = 300;
const LOOK_EVERY_MS = 200;

export async function startMoto(): Promise<Emulator> {
  const port = await freePort();
  const args = ['-H', '127.0.0.1', '-p', String(port)];
  const moto = await start({ path: join(VENV, 'bin/moto_server'), args, env: {}, readyPath: '/moto-api/' }, port);
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
  // By default it listens on every interface, and on more ports than this one.
  const env = { BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0' };
  const path = join(await installMinistack(), 'bin/ministack');
  return start({ path, args: [], env, readyPath: '/_ministack/health' }, port);
}

/** The folder of its environment, which is made anew when the requirements have changed. */
async function installMinistack(): Promise<string> {
  const folder = join(VENV, 'ministack');
  const stamp = join(folder, 'requirements.txt');
  const requirements = join(import.meta.dirname, 'ministack.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  await command('python3', ['-m', 'venv', '--clear', folder]);
  await command(join(folder, 'bin/python'), pip);
  // Written last: an installation that broke off is begun anew.
  writeFileSync(stamp, wanted);
  return folder;
}

async function start({ path, args, env, readyPath }: Program, port: number): Promise<Emulator> {
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const ended = once(child, 'close').then(() => 'ended' as const);
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  try {
    const outcome = await Promise.race([untilAnswers(endpoint + readyPath), ended]);
    if (outcome === 'ended') throw new Error(`${path} has ended before it answered. Delete .venv to have it installed anew.`);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, close };
}

async function untilAnswers(url: string): Promise<'answers'> {
  for (let looks = 1; looks <= LOOKS_MAX; looks += 1) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) return 'answers';
    await setTimeout(LOOK_EVERY_MS);
  }
  throw new Error(`${url} is not answered after ${(LOOKS_MAX * LOOK_EVERY_MS) / 1_000} s.`);
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

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}
