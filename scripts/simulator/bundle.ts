/** The built bundle as Lambda loads it, once per environment, with virtual time in place of the machine's. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { compileFunction, constants } from 'node:vm';
import { CALL_TIME_MS } from '../../functions/app/ports.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { Timer, VirtualClock } from './clock.ts';
import type { Runtime } from './lambda.ts';

export interface BundleOptions {
  /** The built handler, a CommonJS file. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: VirtualClock;
  /** Told every line that the function writes. */
  readonly logged: (line: string) => void;
}

export interface BundleRuntime extends Runtime {
  /** Calls under way: each holds the timer that would cut it off. */
  readonly callsUnderWay: () => number;
  /** The log, one parsed record per line. */
  readonly log: JsonObject[];
}

/** Names of globals that the bundle gets from us instead of from the machine. */
const GLOBALS = ['process', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'console'] as const;

type Compiled = ReturnType<typeof compileFunction>;

/** The bundle that was compiled last: a stage starts dozens of environments of one. */
const compiled = new Map<string, Compiled>();

export function spawnBundle({ file, environment, clock, logged }: BundleOptions): BundleRuntime {
  const log: JsonObject[] = [];
  const timers = virtualTimers(clock);
  const own = { ...timers, Date: virtualDate(clock), process: processWith(environment, log, logged), console: silent() };
  const loaded: { exports: unknown } = { exports: {} };
  const globals = GLOBALS.map((name) => own[name]);
  Reflect.apply(compile(file), undefined, [loaded.exports, createRequire(file), loaded, file, '.', ...globals]);
  const handler = isObject(loaded.exports) ? loaded.exports['handler'] : undefined;
  if (typeof handler !== 'function') throw new Error(`${file} exports no handler.`);
  return {
    log,
    callsUnderWay: timers.callsUnderWay,
    invoke: async (input, remainingMs) => Reflect.apply(handler, undefined, [input, { getRemainingTimeInMillis: remainingMs }]),
  };
}

/** The file as a function of what Lambda gives it. All that it keeps is inside, so each environment calls the same one anew. */
function compile(file: string): Compiled {
  const code = readFileSync(file, 'utf8');
  const known = compiled.get(code);
  if (known !== undefined) return known;
  const names = ['exports', 'require', 'module', '__filename', '__dirname', ...GLOBALS];
  const load = compileFunction(code, names, {
    filename: file,
    // The SDK loads node:http by a dynamic import at its first call.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  compiled.clear();
  compiled.set(code, load);
  return load;
}

/** Timers on virtual time, and which of them cut off a call. */
function virtualTimers(clock: VirtualClock) {
  const calls = new Set<object>();
  const timersOf = new Map<object, Timer>();
  const setTimeout = (run: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): object => {
    const handle = { unref: () => handle, ref: () => handle, hasRef: () => false, refresh: () => handle };
    const end = (): void => {
      calls.delete(handle);
      timersOf.delete(handle);
    };
    // The timer that cuts off a call is the only one of this length that hands on a reason (functions/adapters/outcome.ts).
    if (delayMs === CALL_TIME_MS && values.length > 0) calls.add(handle);
    timersOf.set(
      handle,
      clock.after(delayMs, () => {
        end();
        run(...values);
      }),
    );
    return handle;
  };
  const clearTimeout = (handle: object | undefined): void => {
    if (handle === undefined) return;
    timersOf.get(handle)?.cancel();
    timersOf.delete(handle);
    calls.delete(handle);
  };
  const setInterval = (): never => {
    throw new Error('The bundle has no use for intervals: between invocations Lambda stops the clock.');
  };
  return { setTimeout, clearTimeout, setInterval, clearInterval: clearTimeout, callsUnderWay: () => calls.size };
}

function virtualDate(clock: VirtualClock): DateConstructor {
  return new Proxy(Date, {
    construct: (target, values) => Reflect.construct(target, values.length === 0 ? [clock.now()] : values),
    get: (target, key) => (key === 'now' ? () => clock.now() : Reflect.get(target, key)),
  });
}

function processWith(environment: Readonly<Record<string, string>>, log: JsonObject[], logged: (line: string) => void): object {
  const stdout = collectLines((line) => {
    logged(line);
    const record: unknown = JSON.parse(line);
    if (isObject(record)) log.push(record);
  });
  return Object.create(process, {
    env: { value: { ...environment } },
    stdout: { value: stdout },
    stderr: { value: stdout },
  });
}

function collectLines(take: (line: string) => void): Writable {
  let rest = '';
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      const lines = (rest + piece.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') take(line);
      done();
    },
  });
}

/** The SDK's own warnings go nowhere: the function's log is the logger's. */
function silent(): object {
  const nothing = (): void => undefined;
  return { log: nothing, info: nothing, warn: nothing, error: nothing, debug: nothing, trace: nothing };
}
