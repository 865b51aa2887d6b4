/** Turns what an SDK client throws into an outcome, once: after this, failures are data. */
import { CALL_TIME_MS, type Outcome } from '../app/ports.ts';
import type { FailureKind } from '../core/failure.ts';
import { isObject } from '../core/json.ts';
import { err, ok } from '../core/result.ts';

/**
 * Names of errors as the services give them (their API references), with what they mean for us. ECS and Cloud Map end many of
 * them in "Exception", Elastic Load Balancing does so only in its SDK: the ending is left out.
 */
const NAMES: readonly (readonly [FailureKind, string])[] = [
  ['throttled', 'RequestLimitExceeded RequestThrottled SlowDown Throttled Throttling TooManyRequests'],
  [
    'denied',
    'AccessDenied AuthFailure CredentialsProviderError ExpiredToken IncompleteSignature InvalidClientTokenId ' +
      'InvalidSignature MissingAuthenticationToken NotAuthorized OptInRequired RequestExpired RequestInTheFuture ' +
      'RequestTimeTooSkewed SignatureDoesNotMatch UnauthorizedOperation UnrecognizedClient',
  ],
  ['gone', 'ClusterNotFound NamespaceNotFound ResourceNotFound ServiceNotActive ServiceNotFound TargetGroupNotFound'],
  [
    'refused',
    'Client InvalidInput InvalidParameter InvalidTarget TooManyRegistrationsForTargetId UnsupportedFeature Validation ' +
      'ValidationError',
  ],
  ['quota', 'TooManyTargets'],
  [
    'unavailable',
    'AbortError HealthUnavailable InternalFailure InternalServerError InternalService PaginationTokenExpired RequestAborted ' +
      'RequestTimeout Server ServiceUnavailable TimeoutError',
  ],
];
const KIND_OF_ERROR: ReadonlyMap<string, FailureKind> = new Map(
  NAMES.flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind] as const)),
);

/** Makes one call. It is cut off after three seconds, however slowly the answer drips in. */
export async function outcomeOf<Value>(call: (abortSignal: AbortSignal) => Promise<Value>): Promise<Outcome<Value>> {
  const abort = new AbortController();
  const timer = setTimeout((why: string) => abort.abort(why), CALL_TIME_MS, 'no answer in time');
  // The SDK hears the signal only once its request is on the way. Before that it may wait for credentials without end.
  const cutOff = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true });
  });
  try {
    return ok(await Promise.race([call(abort.signal), cutOff]));
  } catch (error) {
    if (error instanceof UnreadableAnswer) return err({ kind: 'unexpected', message: error.message });
    const message = abort.signal.aborted ? `no answer within ${CALL_TIME_MS} ms` : describeError(error);
    return err({ kind: abort.signal.aborted ? 'unavailable' : kindOf(error), message });
  } finally {
    clearTimeout(timer);
  }
}

/** An answer without a field that it always has. To read on would be to guess. */
export class UnreadableAnswer extends Error {}

/** The value of a field that an answer must have. */
export function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new UnreadableAnswer(`the answer has no ${what}`);
  return value;
}

/** What an error means for us, by its name and status. */
export function kindOf(error: unknown): FailureKind {
  if (!isObject(error)) return 'unexpected';
  const known = typeof error['name'] === 'string' ? KIND_OF_ERROR.get(error['name'].replace(/Exception$/, '')) : undefined;
  if (known !== undefined) return known;
  const status = httpStatusOf(error);
  if (status === undefined) return isNetwork(error) ? 'unavailable' : 'unexpected';
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'denied';
  if (status >= 500) return 'unavailable';
  // With a status of success the answer was cut off or garbled on the way.
  if (status < 300) return isBug(error) ? 'unexpected' : 'unavailable';
  return 'unexpected';
}

/** Whether Node's network layer threw it: its errors have a code, such as ECONNRESET, ENOTFOUND or CERT_HAS_EXPIRED. */
function isNetwork(error: Readonly<Record<string, unknown>>): boolean {
  return typeof error['code'] === 'string' && error['code'] !== 'ERR_ASSERTION' && !isBug(error);
}

/** Our own mistakes, such as a TypeError, must not be taken for a network that will be back in a moment. */
function isBug(error: object): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

function httpStatusOf(error: Readonly<Record<string, unknown>>): number | undefined {
  const metadata = error['$metadata'];
  const status = isObject(metadata) ? metadata['httpStatusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : 'something that is not an Error was thrown';
}
