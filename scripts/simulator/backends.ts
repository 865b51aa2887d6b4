/** The two ways in which the function meets the simulated account. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';
import { saltOf } from '../../functions/app/invocation.ts';
import { isObject } from '../../functions/core/json.ts';
import type { ApiName } from './api.ts';
import type { Input } from './api-input.ts';
import { createSimulatedAws, type Line, LOG_GROUP, USUAL_LINE } from './aws-api.ts';
import { type BundleRuntime, spawnBundle } from './bundle.ts';
import { settleOnce } from './clock.ts';
import { type Backend, type Deployment, parseSettings, type SettingsText, variablesOf } from './deployment.ts';
import { functionCalled } from './function-calls.ts';
import { HOME } from './home.ts';
import { HttpDoor } from './http.ts';
import { type InProcessRuntime, logTo, spawnInProcess } from './in-process.ts';

const FUNCTION_NAME = 'sync';
/** What a call takes over HTTP, in virtual milliseconds: as in `USUAL_LINE`. */
const CALL_MS = 40;
/** Where Node tells of every HTTP request that begins. */
const STARTED = 'http.client.request.start';

export interface InProcessBackend extends Backend {
  readonly runtimes: readonly InProcessRuntime[];
}

/** Hears of each environment's invocations and calls, as they happen. */
export interface Watcher {
  invoked?(environment: number, input: unknown): void;
  ended?(environment: number, input: unknown, answer: unknown): void;
  sent?(environment: number, name: ApiName, input: Input): void;
  effected?(environment: number, name: ApiName, input: Input): void;
  answered?(environment: number, name: ApiName, input: Input, output: unknown, code: string): void;
}

/** The sources in process, each call with its latency. */
export function inProcess(watchers: readonly Watcher[] = []): InProcessBackend {
  const runtimes: InProcessRuntime[] = [];
  return {
    name: 'the sources in process',
    runtimes,
    spawn: (deployment, settings) => {
      const number = runtimes.length;
      const line: Line = {
        ...USUAL_LINE,
        sent: (name, input) => {
          functionCalled(settings, name, input);
          for (const watcher of watchers) watcher.sent?.(number, name, input);
          return true;
        },
        effected: (name, input) => {
          for (const watcher of watchers) watcher.effected?.(number, name, input);
        },
        answered: (name, input, output, code) => {
          for (const watcher of watchers) watcher.answered?.(number, name, input, output, code);
        },
      };
      const world = createSimulatedAws(deployment.service, line);
      const runtime = spawnInProcess(parseSettings(settings), world, deployment.clock, {
        salt: saltOf(streamOf(number)),
        log: logTo(deployment.account.logs.sink(LOG_GROUP, streamOf(number))),
      });
      runtimes.push(runtime);
      return {
        invoke: async (input, remainingMs) => {
          for (const watcher of watchers) watcher.invoked?.(number, input);
          const answer = await runtime.invoke(input, remainingMs);
          for (const watcher of watchers) watcher.ended?.(number, input, answer);
          return answer;
        },
      };
    },
    settle: settleOnce,
    close: () => Promise.resolve(),
  };
}

export interface BundleBackend extends Backend {
  readonly runtimes: readonly BundleRuntime[];
  readonly door: HttpDoor;
}

/** The built bundle with real SDK clients over HTTP, on virtual time. */
export async function bundleOverHttp(file: string, deployment: Deployment): Promise<BundleBackend> {
  const door = new HttpDoor(deployment.accounts?.find ?? deployment.service);
  door.answerMs = () => CALL_MS;
  door.asked = (name, input, home) => functionCalled(deployment.settings, name, input, home);
  const endpoint = await door.open();
  const runtimes: BundleRuntime[] = [];
  const underWay = (): number => runtimes.reduce((sum, runtime) => sum + runtime.callsUnderWay(), 0);
  const sent = watchRequests(endpoint);
  return {
    name: 'the built bundle over HTTP',
    runtimes,
    door,
    spawn: (spawning, settings) => {
      const stream = streamOf(runtimes.length);
      const runtime = spawnBundle({
        file,
        environment: environmentOf(endpoint, settings, stream),
        clock: spawning.clock,
        logged: spawning.account.logs.sink(LOG_GROUP, stream),
      });
      runtimes.push(runtime);
      return runtime;
    },
    settle: async () => {
      for (let quietRounds = 0; quietRounds < 3; ) {
        await settleOnce();
        // A request that does not wait for virtual time is still on the wire, and a call without one is about to send it, however long
        // that takes on a busy machine: then the clock has to wait. Only for a session do several calls wait with one request.
        const isSent = underWay() <= door.waiting || door.isWaiting('AssumeRole');
        quietRounds = isSent && sent.open.size <= door.waiting ? quietRounds + 1 : 0;
      }
    },
    close: async () => {
      sent.stop();
      await door.close();
    },
  };
}

/** Requests to the address that have been sent and have no answer yet. */
export function watchRequests(endpoint: string): { readonly open: ReadonlySet<ClientRequest>; readonly stop: () => void } {
  const open = new Set<ClientRequest>();
  const started = (message: unknown): void => {
    const request = isObject(message) ? message['request'] : undefined;
    if (!(request instanceof ClientRequest) || request.getHeader('host') !== new URL(endpoint).host) return;
    open.add(request);
    request.once('close', () => open.delete(request));
  };
  subscribe(STARTED, started);
  return { open, stop: () => unsubscribe(STARTED, started) };
}

/** The log stream of an environment. */
function streamOf(index: number): string {
  return `[$LATEST]${index}`;
}

/** The environment variables of the deployed function, and those that lead its SDK clients to the simulated account. */
function environmentOf(endpoint: string, settings: SettingsText, stream: string): Record<string, string> {
  return {
    ...variablesOf(settings),
    AWS_REGION: settings.home?.region ?? HOME.region,
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_ENDPOINT_URL: endpoint,
    AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
    AWS_LAMBDA_LOG_GROUP_NAME: LOG_GROUP,
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
  };
}
