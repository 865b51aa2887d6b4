/**
 * What the SDK's clients do between attempts, for a bundle in which a call has exactly one.
 *
 * template.yaml aliases `@smithy/core/retry` to this file. That package brings two retry strategies, a rate limiter and a token
 * bucket; with `maxAttempts: 1` none of them ever runs, since what is tried again, and when, is decided where the proof of a
 * change is known. Tools that people run on their own machine are not bundled and keep the package, with the same one attempt.
 *
 * The names are those that the three clients import. A client that comes to need another one stops the build.
 */

interface RetryConfig {
  readonly maxAttempts?: unknown;
}

interface Stack {
  add(middleware: (next: Next) => Next, options: object): void;
}

type Next = (input: unknown) => Promise<unknown>;

export const RETRY_MODES = { STANDARD: 'standard', ADAPTIVE: 'adaptive' } as const;
export const DEFAULT_RETRY_MODE = RETRY_MODES.STANDARD;

/** How the SDK would look for settings of the environment. Here there are none: AWS_MAX_ATTEMPTS must not bring retries back. */
const nowhere = { environmentVariableSelector: () => undefined, configFileSelector: () => undefined };
export const NODE_MAX_ATTEMPT_CONFIG_OPTIONS = { ...nowhere, default: 1 };
export const NODE_RETRY_MODE_CONFIG_OPTIONS = { ...nowhere, default: DEFAULT_RETRY_MODE };

/** Takes a client's configuration as it is. One that asks for several attempts would get one without a word, so it is refused. */
export function resolveRetryConfig<Config extends RetryConfig>(config: Config): Config {
  if (config.maxAttempts !== 1) {
    throw new Error(`A client was made with maxAttempts ${String(config.maxAttempts)}; this bundle knows only maxAttempts: 1.`);
  }
  return config;
}

/** A step that only hands on. It has to be there, by this name: the step that signs requests asks to be put after it. */
export function getRetryPlugin(): { applyToStack(stack: Stack): void } {
  return {
    applyToStack(stack) {
      stack.add((next) => next, { name: 'retryMiddleware', step: 'finalizeRequest', priority: 'high', override: true });
    },
  };
}
