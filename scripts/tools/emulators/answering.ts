/** Somebody else's simulated AWS, on loopback: started, and waited for until it answers. */

import { type Server, startServer } from './server.ts';
import { ROOT } from './tools.ts';
import { waitUntil } from './wait.ts';

const START_TIME_MS = 120_000;

/** What keeps ministack to one port of the loopback interface: by default it listens on every interface, and on more ports. */
export function ministackVariables(port: number): Readonly<Record<string, string>> {
  return { BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0' };
}

/** Starts the program, and waits until the URL is answered. Rejects with what the program wrote where it ends before that. */
export async function startAnswering(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  readyUrl: string,
): Promise<Server> {
  const server = startServer(program, args, ROOT, env);
  try {
    await waitUntil(`${readyUrl} is answered`, START_TIME_MS, () => {
      if (!server.isRunning()) throw new Error(`${program} has ended before it answered:\n${server.log()}`);
      return answers(readyUrl);
    });
  } catch (error) {
    await server.end();
    throw error;
  }
  return server;
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
