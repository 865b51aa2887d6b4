/** The emulator that hosts the stack: CloudFormation, Lambda, SQS, EventBridge and IAM on loopback, with policies enforced. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from '../local/account.ts';
import { listeningPorts } from '../local/listening.ts';
import { startServer } from '../local/server.ts';
import { environmentOf, NODE_TOOLS, pythonEnvironment, ROOT } from '../local/tools.ts';
import { waitUntil } from '../local/wait.ts';

export interface Host {
  readonly endpoint: string;
  log(): string;
  ports(): readonly number[] | undefined;
  end(): Promise<void>;
}

const START_TIME_MS = 120_000;

/** What every client of the host needs. A key of twelve digits is taken for the root user of that account. */
export const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: ACCOUNT_ID,
  AWS_SECRET_ACCESS_KEY: 'simulated',
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
};

/** Functions that run on the host inherit `variables`, so that their calls can be led elsewhere without touching the template. */
export async function startHost(port: number, variables: Readonly<Record<string, string>>): Promise<Host> {
  const programs = await pythonEnvironment('ministack', join(import.meta.dirname, 'requirements.txt'));
  const folder = mkdtempSync(join(tmpdir(), 'rehearsal-host-'));
  const env = environmentOf([NODE_TOOLS, programs], {
    // By default it listens on every interface, and on more ports than this one.
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    AUTH: 'true',
    // It leaves the code of functions behind there.
    TMPDIR: folder,
    ...variables,
  });
  const server = startServer(join(programs, 'python'), [join(import.meta.dirname, 'host.py')], ROOT, env);
  const end = async (): Promise<void> => {
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await waitUntil('the emulator answers', START_TIME_MS, () => {
      if (!server.isRunning()) throw new Error(`The emulator has ended:\n${server.log()}`);
      return answers(`${endpoint}/_ministack/health`);
    });
  } catch (error) {
    await end();
    throw error;
  }
  return { endpoint, log: server.log, ports: () => listeningPorts(server.pid), end };
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
