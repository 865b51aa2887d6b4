/** AWS's Runtime Interface Emulator, as the SAM CLI brings it, with AWS's runtime client for Node and the built bundle inside. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { familyOf } from '../../../scripts/tools/emulators/family.ts';
import { listeningPorts } from '../../../scripts/tools/emulators/listening.ts';
import { freePort, type Server, startServer } from '../../../scripts/tools/emulators/server.ts';
import { environmentOf, NODE_TOOLS, ROOT } from '../../../scripts/tools/emulators/tools.ts';
import { waitUntil } from '../../../scripts/tools/emulators/wait.ts';

export interface EmulatorOptions {
  /** The folder of the built function. */
  readonly function: string;
  /** The folder of AWS's runtime client. */
  readonly client: string;
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Emulator {
  /** Invokes the function. A failure comes back as an answer too, with the type of the error in it. */
  invoke(event: unknown): Promise<unknown>;
  log(): string;
  /** Lets the environment stand still in the middle of what it does. */
  freeze(): void;
  /** The ports on which it listens, all of them on loopback; undefined where that cannot be seen. */
  ports(): readonly number[] | undefined;
  end(): Promise<void>;
}

const EMULATOR = '.venv/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-*';
const START_TIME_MS = 60_000;
const INVOKE_TIME_MS = 60_000;

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const [door, api] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const register = import.meta.resolve('./register.ts');
  const runtime = [join(NODE_TOOLS, 'node'), '--import', register, join(options.client, 'aws-lambda-ric', 'index.mjs')];
  // Without the two addresses it listens on every interface.
  const addresses = ['--runtime-interface-emulator-address', door, '--runtime-api-address', api];
  const server = startServer(program(), [...addresses, ...runtime, 'handler.handler'], options.function, variablesOf(options));
  try {
    await waitUntil('the Runtime Interface Emulator answers', START_TIME_MS, () => isUp(server, door));
  } catch (error) {
    await server.end();
    throw error;
  }
  return {
    invoke: (event) => invoke(door, event),
    log: server.log,
    freeze: () => {
      const [, ...environment] = familyOf(server.pid);
      if (environment.length === 0) throw new Error('The function is not running: there is nothing to freeze.');
      for (const pid of environment) process.kill(pid, 'SIGSTOP');
    },
    ports: () => listeningPorts(server.pid),
    end: server.end,
  };
}

function variablesOf({ function: folder, timeoutSeconds, variables }: EmulatorOptions): NodeJS.ProcessEnv {
  return environmentOf([], {
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: 'handler.handler',
    AWS_LAMBDA_FUNCTION_NAME: 'sync',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_FUNCTION_TIMEOUT: String(timeoutSeconds),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    ...variables,
  });
}

function program(): string {
  if (process.platform !== 'linux') throw new Error("AWS's Runtime Interface Emulator is a program for Linux: verify there.");
  const name = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const found = globSync(EMULATOR, { cwd: ROOT }).find((path) => path.endsWith(name));
  if (found === undefined) {
    throw new Error(
      `There is no ${EMULATOR.replace('*', name)}: does this SAM CLI still bring the Runtime Interface Emulator?`,
    );
  }
  return join(ROOT, found);
}

async function isUp(server: Server, door: string): Promise<boolean> {
  if (!server.isRunning()) throw new Error(`The Runtime Interface Emulator has ended:\n${server.log()}`);
  return await fetch(`http://${door}/`).then(
    () => true,
    () => false,
  );
}

async function invoke(door: string, event: unknown): Promise<unknown> {
  const url = `http://${door}/2015-03-31/functions/function/invocations`;
  const signal = AbortSignal.timeout(INVOKE_TIME_MS);
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(event), signal });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    // That the function was cut off is told in plain words.
    return text;
  }
}
