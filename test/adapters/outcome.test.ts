/** How a call becomes an outcome: in time or cut off, and by what a failure is told. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kindOf, outcomeOf, required, UnreadableAnswer } from '../../functions/adapters/outcome.ts';
import { CALL_TIME_MS } from '../../functions/app/ports.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { SEED } from '../support/arbitraries.ts';

/** As an SDK client does: it hears the signal and throws an AbortError. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
    signal.addEventListener('abort', abort, { once: true });
  });
}

describe('a call that takes its time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('may take 3,000 ms, which is what a caller reserves for it', () => {
    expect(CALL_TIME_MS).toBe(3_000);
  });

  it('is cut off at 3,000 ms and not a moment sooner', async () => {
    const settled = vi.fn();
    const outcome = outcomeOf(untilAborted).then(settled);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    expect(settled).toHaveBeenCalledWith({ ok: false, problem: { kind: 'unavailable', message: 'no answer within 3000 ms' } });
  });

  it('is told to stop by its signal, with the reason', async () => {
    const signals: AbortSignal[] = [];
    const outcome = outcomeOf((signal) => {
      signals.push(signal);
      return untilAborted(signal);
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await vi.advanceTimersByTimeAsync(3_000);
    await outcome;
    expect(signals.map(({ aborted, reason }) => ({ aborted, reason }))).toEqual([
      { aborted: true, reason: 'no answer in time' },
    ]);
  });

  it('is unavailable however the client words it, and told in our words', async () => {
    const outcome = outcomeOf(async (signal) => {
      await untilAborted(signal).catch(() => undefined);
      throw Object.assign(new Error('aborted'), { name: 'AccessDenied', $metadata: { httpStatusCode: 200 } });
    });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await outcome).toEqual({ ok: false, problem: { kind: 'unavailable', message: 'no answer within 3000 ms' } });
  });

  it('is answered where the answer comes in the last moment', async () => {
    const outcome = outcomeOf(() => new Promise((resolve) => setTimeout(resolve, 2_999, 'late')));
    await vi.advanceTimersByTimeAsync(2_999);
    expect(await outcome).toEqual({ ok: true, value: 'late' });
  });
});

describe('the timer of a call', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { ending: 'succeeds', call: () => Promise.resolve(1) },
    { ending: 'fails', call: () => Promise.reject(new Error('no')) },
    { ending: 'has an unreadable answer', call: () => Promise.reject(new UnreadableAnswer('no')) },
  ])('is cleared when the call $ending, so that nothing keeps the environment awake', async ({ call }) => {
    await outcomeOf(call);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not abort a call that has long been answered', async () => {
    const signals: AbortSignal[] = [];
    await outcomeOf((signal) => Promise.resolve(signals.push(signal)));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

describe('required', () => {
  it.each([0, '', false, null])('takes %j, which is a value', (value) => {
    expect(required(value, 'Port')).toBe(value);
  });

  it('names what is missing', () => {
    expect(() => required(undefined, 'Port')).toThrow(new UnreadableAnswer('the answer has no Port'));
  });
});

const STATUSES: readonly { readonly status: number; readonly kind: FailureKind }[] = [
  { status: 200, kind: 'unavailable' },
  { status: 299, kind: 'unavailable' },
  { status: 300, kind: 'unexpected' },
  { status: 400, kind: 'unexpected' },
  { status: 401, kind: 'denied' },
  { status: 402, kind: 'unexpected' },
  { status: 403, kind: 'denied' },
  { status: 404, kind: 'unexpected' },
  { status: 428, kind: 'unexpected' },
  { status: 429, kind: 'throttled' },
  { status: 430, kind: 'unexpected' },
  { status: 499, kind: 'unexpected' },
  { status: 500, kind: 'unavailable' },
  { status: 502, kind: 'unavailable' },
  { status: 503, kind: 'unavailable' },
  { status: 504, kind: 'unavailable' },
  { status: 599, kind: 'unavailable' },
];

describe('an error with a name that we do not know', () => {
  it.each(STATUSES)('is told by its status: $status is $kind', ({ status, kind }) => {
    const error = Object.assign(new Error('?'), { name: 'SomethingNew', $metadata: { httpStatusCode: status } });
    expect(kindOf(error)).toBe(kind);
  });

  it.each([{}, { httpStatusCode: '503' }, null, 'none'])('has no status in the metadata %j', (metadata) => {
    const error = Object.assign(new TypeError('?'), { name: 'SomethingNew', $metadata: metadata });
    expect(kindOf(error)).toBe('unexpected');
  });
});

const NETWORK = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'CERT_HAS_EXPIRED',
];

describe('an error without an answer', () => {
  it.each(NETWORK)('is a network that may be back in a moment: %s', (code) => {
    expect(kindOf(Object.assign(new Error(`connect ${code}`), { code, $metadata: { attempts: 1 } }))).toBe('unavailable');
  });

  it.each(['TimeoutError', 'AbortError'])('is a network that may be back in a moment: %s', (name) => {
    expect(kindOf(Object.assign(new Error('socket hang up'), { name }))).toBe('unavailable');
  });

  it.each([new TypeError('x is not a function'), new RangeError('too deep'), new ReferenceError('x is not defined')])(
    'is our own mistake where it is a %s',
    (error) => {
      expect(kindOf(error)).toBe('unexpected');
    },
  );

  it.each(['text', 5, undefined, null, true, ['text']])('is not to be understood where %j was thrown', async (thrown) => {
    const message = 'something that is not an Error was thrown';
    expect(await outcomeOf(() => Promise.reject(thrown))).toEqual({ ok: false, problem: { kind: 'unexpected', message } });
  });
});

describe('the message of a failure', () => {
  it('is the name of the error and its message', async () => {
    const error = Object.assign(new Error('Rate exceeded'), { name: 'Throttling' });
    expect(await outcomeOf(() => Promise.reject(error))).toMatchObject({ problem: { message: 'Throttling: Rate exceeded' } });
  });

  it.each([
    { length: 299, told: 299 },
    { length: 300, told: 300 },
    { length: 301, told: 300 },
  ])('of $length characters is told up to $told', async ({ length, told }) => {
    const error = new Error('x'.repeat(length - 'Error: '.length));
    const outcome = await outcomeOf(() => Promise.reject(error));
    expect(outcome.ok ? '' : outcome.problem.message).toHaveLength(told);
  });

  it('is that of the answer where a field is missing, without the name of a class', async () => {
    const outcome = await outcomeOf(() => Promise.resolve(required(undefined, 'taskArns')));
    expect(outcome).toEqual({ ok: false, problem: { kind: 'unexpected', message: 'the answer has no taskArns' } });
  });
});

describe('outcomeOf', () => {
  it('never throws, whatever is thrown in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (thrown) => {
        const outcome = await outcomeOf(() => Promise.reject(thrown));
        expect(outcome.ok).toBe(false);
      }),
      { seed: SEED },
    );
  });

  it('takes what throws at once like what rejects', async () => {
    const outcome = await outcomeOf(() => {
      throw new TypeError('at once');
    });
    expect(outcome).toEqual({ ok: false, problem: { kind: 'unexpected', message: 'TypeError: at once' } });
  });
});
