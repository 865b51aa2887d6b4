/**
 * Where the SDK and Powertools look for what belongs to one of several invocations, for a bundle whose environments have one
 * at a time.
 *
 * template.yaml aliases `@aws/lambda-invoke-store` to this file. The package keeps values apart that concurrent invocations of
 * one environment would mix up, which only functions on Lambda Managed Instances have. Everybody else's trace stands in the
 * environment, where the SDK looks next.
 */

if (process.env['AWS_LAMBDA_MAX_CONCURRENCY'] !== undefined) {
  throw new Error(
    'AWS_LAMBDA_MAX_CONCURRENCY is set: this environment would handle several invocations at once, and this bundle knows only ' +
      'one. Deploy the function as template.yaml has it, not on Lambda Managed Instances.',
  );
}

export const InvokeStore = {
  /** Never a store: there is nothing to keep apart. */
  getInstanceAsync: (): Promise<undefined> => Promise.resolve(undefined),
};
