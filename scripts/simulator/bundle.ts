/** The built bundle as Lambda loads it, once per environment, with virtual time in place of the machine's. */
import { AsyncLocalStorage } from 'node:async_hooks';
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
  /** Makes what each invocation has in place of chance: the SDK draws how long it waits before it tries again. */
  readonly chance?: () => () => number;
}

export interface BundleRuntime extends Runtime {
  /** Calls under way: each holds the timer that would cut it off. */
  readonly callsUnderWay: () => number;
  /**
   * Invocations that hold no timer: they are about to send something or to end, and need no time for it. The SDK's own client holds
   * one while a request is under way, and one while it waits to try again.
   */
  readonly atWork: () => number;
  /** The log, one parsed record per line. */
  readonly log: JsonObject[];
}

/** Names of globals that the bundle gets from us instead of from the machine. */
const GLOBALS = ['process', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'Math', 'console'] as const;

/** The timers that an invocation has set and that have not run out. */
type Held = Set<object>;

type Compiled = ReturnType<typeof compileFunction>;

/** The bundle that was compiled last: a stage starts dozens of environments of one. */
const compiled = new Map<string, Compiled>();

export function spawnBundle({ file, environment, clock, logged, chance = () => Math.random }: BundleOptions): BundleRuntime {
  const log: JsonObject[] = [];
  const timers = virtualTimers(clock, chance);
  const own = {
    ...timers,
    Date: virtualDate(clock),
    Math: Object.create(Math, { random: { value: timers.random } }),
    process: processWith(environment, log, logged),
    console: silent(),
  };
  const loaded: { exports: unknown } = { exports: {} };
  const globals = GLOBALS.map((name) => own[name]);
  Reflect.apply(compile(file), undefined, [loaded.exports, createRequire(file), loaded, file, '.', ...globals]);
  const handler = isObject(loaded.exports) ? loaded.exports['handler'] : undefined;
  if (typeof handler !== 'function') throw new Error(`${file} exports no handler.`);
  return {
    log,
    callsUnderWay: timers.callsUnderWay,
    atWork: timers.atWork,
    invoke: (input, remainingMs) =>
      timers.within(async () => Reflect.apply(handler, undefined, [input, { getRemainingTimeInMillis: remainingMs }])),
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
function virtualTimers(clock: VirtualClock, chance: () => () => number) {
  const calls = new Set<object>();
  const timersOf = new Map<object, Timer>();
  const holders = new WeakMap<object, Held>();
  const running = new Set<Held>();
  const atWork = new Set<Held>();
  const invocation = new AsyncLocalStorage<{ readonly held: Held; readonly random: () => number }>();
  const letGo = (handle: object): void => {
    const held = holders.get(handle);
    if (held?.delete(handle) && held.size === 0 && running.has(held)) atWork.add(held);
  };
  const setTimeout = (run: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): object => {
    const handle = { unref: () => handle, ref: () => handle, hasRef: () => false, refresh: () => handle };
    const held = invocation.getStore()?.held;
    if (held !== undefined) {
      holders.set(handle, held.add(handle));
      atWork.delete(held);
    }
    const end = (): void => {
      calls.delete(handle);
      timersOf.delete(handle);
      letGo(handle);
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
    letGo(handle);
  };
  const setInterval = (): never => {
    throw new Error('The bundle has no use for intervals: between invocations Lambda stops the clock.');
  };
  const within = async (run: () => Promise<unknown>): Promise<unknown> => {
    const held: Held = new Set();
    running.add(held);
    atWork.add(held);
    return invocation.run({ held, random: chance() }, run).finally(() => {
      running.delete(held);
      atWork.delete(held);
    });
  };
  return {
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval: clearTimeout,
    callsUnderWay: () => calls.size,
    within,
    random: () => (invocation.getStore()?.random ?? Math.random)(),
    atWork: () => atWork.size,
  };
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
