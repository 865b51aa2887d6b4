/** The emulator that hosts the stack: CloudFormation, Lambda, SQS, EventBridge and IAM on loopback, with policies enforced. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from '../../../scripts/tools/emulators/account.ts';
import { ministackVariables, startAnswering } from '../../../scripts/tools/emulators/answering.ts';
import { listeningPorts } from '../../../scripts/tools/emulators/listening.ts';
import { environmentOf, ministackPrograms, NODE_TOOLS } from '../../../scripts/tools/emulators/tools.ts';

export interface Host {
  readonly endpoint: string;
  log(): string;
  ports(): readonly number[] | undefined;
  end(): Promise<void>;
}

/** What every client of the host needs. A key of twelve digits is taken for the root user of that account. */
export const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: ACCOUNT_ID,
  AWS_SECRET_ACCESS_KEY: 'simulated',
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
};

/** Functions that run on the host inherit `variables`, so that their calls can be led elsewhere without touching the template. */
export async function startHost(port: number, variables: Readonly<Record<string, string>>): Promise<Host> {
  const programs = await ministackPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'rehearsal-host-'));
  const forget = (): void => rmSync(folder, { recursive: true, force: true });
  // It leaves the code of functions behind in its folder for temporary files.
  const own = { ...ministackVariables(port), AUTH: 'true', TMPDIR: folder, ...variables };
  const endpoint = `http://127.0.0.1:${port}`;
  const args = [join(import.meta.dirname, 'host.py')];
  try {
    const ready = `${endpoint}/_ministack/health`;
    const server = await startAnswering(join(programs, 'python'), args, environmentOf([NODE_TOOLS, programs], own), ready);
    const end = (): Promise<void> => server.end().finally(forget);
    return { endpoint, log: server.log, ports: () => listeningPorts(server.pid), end };
  } catch (error) {
    forget();
    throw error;
  }
}
