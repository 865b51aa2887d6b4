/** Calls by botocore, in a process of its own: the second reader of what the simulated account answers. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { answerOf, type Call, Refused } from './scene.ts';

export interface Botocore {
  /** Calls an endpoint, by one process as long as it stays the same. */
  readonly connect: (endpoint: string) => Call;
  readonly close: () => void;
  /** Calls that were made. */
  readonly calls: () => number;
}

/** The program and its arguments are a Python with botocore and test/verify/botocore_client.py; the endpoint comes last. */
export function createBotocore(program: string, args: readonly string[]): Botocore {
  let child: ChildProcessWithoutNullStreams | undefined;
  let connected: { readonly endpoint: string; readonly call: Call } | undefined;
  let calls = 0;
  const close = (): void => {
    child?.kill();
    child = undefined;
    connected = undefined;
  };
  return {
    close,
    calls: () => calls,
    connect: (endpoint) => {
      if (connected?.endpoint === endpoint) return connected.call;
      close();
      const env = { ...process.env, PYTHONWARNINGS: 'error' };
      child = spawn(program, [...args, endpoint], { env });
      const exchange = exchangeWith(child);
      const call: Call = async (operation, input) => {
        calls += 1;
        const reply: unknown = JSON.parse(await exchange(JSON.stringify({ operation, input })), revive);
        return answerFrom(reply, operation);
      };
      connected = { endpoint, call };
      return call;
    },
  };
}

/** Lines out, lines in; replies come in the order of the questions. A process that ends fails everything that waits. */
function exchangeWith(child: ChildProcessWithoutNullStreams): (line: string) => Promise<string> {
  const waiting: PromiseWithResolvers<string>[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const fail = (why: string): void => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`botocore does not answer: ${why} ${errors.join('')}`));
  };
  child.on('error', (error) => fail(error.message));
  child.on('close', () => fail('its process has ended.'));
  return (line) => {
    const answer = Promise.withResolvers<string>();
    waiting.push(answer);
    child.stdin.write(`${line}\n`);
    return answer.promise;
  };
}

function answerFrom(reply: unknown, operation: string): JsonObject {
  const { answer, refused, message, unreadable } = answerOf(reply, operation);
  if (unreadable !== undefined) throw new Error(`botocore cannot read the answer: ${JSON.stringify(unreadable)}`);
  if (refused !== undefined) throw new Refused(String(refused), String(message));
  return answerOf(answer, operation);
}

function revive(_key: string, value: unknown): unknown {
  return isObject(value) && typeof value['$date'] === 'string' ? new Date(value['$date']) : value;
}
