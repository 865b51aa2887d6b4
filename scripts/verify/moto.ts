/** moto, somebody else's simulated AWS, from scripts/requirements.txt: on a free port of the loopback interface, ended by whoever started it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { VENV } from './command.ts';

export interface Moto {
  readonly endpoint: string;
  close(): Promise<void>;
}

const LOOKS_MAX = 300;

export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(join(VENV, 'bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const ended = once(child, 'close');
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  try {
    await Promise.race([answers(endpoint), ended.then(failed)]);
    await pinTasks(endpoint);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, close };
}

async function answers(endpoint: string): Promise<void> {
  for (let looks = 1; looks <= LOOKS_MAX; looks += 1) {
    const isUp = await fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await setTimeout(200);
  }
  throw new Error(`moto does not answer at ${endpoint} after ${LOOKS_MAX / 5} s.`);
}

function failed(): never {
  throw new Error('moto has ended before it answered: is it in .venv? Delete .venv to have it installed anew.');
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
