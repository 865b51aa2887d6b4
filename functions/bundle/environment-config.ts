/**
 * How the SDK's clients find their settings, for a bundle that only ever runs where they stand in the environment.
 *
 * template.yaml aliases `@smithy/core/config` to this file. That package also reads the files in ~/.aws and asks the instance
 * metadata service for a region; Lambda has neither, and every cold start would read, parse and compile the code for it. Tools
 * that people run on their own machine are not bundled and keep the package, profiles and all.
 *
 * The names are those that the three clients import. A client that comes to need another one stops the build.
 */

type Variables = Readonly<Record<string, string | undefined>>;

interface Setting<Value> {
  /** Reads the setting from the environment. */
  environmentVariableSelector(variables: Variables): Value | undefined;
  readonly default?: Value | (() => Promise<Value>) | undefined;
}

type Provider<Value> = () => Promise<Value>;

export const REGION_ENV_NAME = 'AWS_REGION';
export const REGION_INI_NAME = 'region';
export const CONFIG_PREFIX_SEPARATOR = '.';
export const DEFAULT_USE_DUALSTACK_ENDPOINT = false;
export const DEFAULT_USE_FIPS_ENDPOINT = false;
export const SelectorType = { ENV: 'env', CONFIG: 'shared config entry' } as const;
export const NODE_REGION_CONFIG_FILE_OPTIONS = {};

export const NODE_REGION_CONFIG_OPTIONS: Setting<string> = {
  environmentVariableSelector: (variables) => variables[REGION_ENV_NAME],
  default: () => Promise.reject(new Error('AWS_REGION is not set. Lambda sets it; this bundle looks for it nowhere else.')),
};

export const NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS: Setting<boolean> = {
  environmentVariableSelector: (variables) => booleanSelector(variables, 'AWS_USE_DUALSTACK_ENDPOINT', SelectorType.ENV),
  default: false,
};

export const NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS: Setting<boolean> = {
  environmentVariableSelector: (variables) => booleanSelector(variables, 'AWS_USE_FIPS_ENDPOINT', SelectorType.ENV),
  default: false,
};

/** The setting from the environment, or its default. */
export function loadConfig<Value>(setting: Setting<Value>): Provider<Value | undefined> {
  return async () => {
    const value = setting.environmentVariableSelector(process.env);
    if (value !== undefined) return value;
    return setting.default instanceof Function ? setting.default() : setting.default;
  };
}

/** What stands in the variable has to be "true" or "false": a FIPS endpoint must not be missed for a spelling. */
export function booleanSelector(variables: Variables, name: string, type: string): boolean | undefined {
  const value = variables[name];
  if (value === undefined || value === 'true' || value === 'false') return value === undefined ? undefined : value === 'true';
  throw new Error(`${name} (${type}) is "${value}"; expected "true" or "false".`);
}

/** The time-outs and retries that the mode decides on are set by us, so it is always the one that adds nothing. */
export function resolveDefaultsModeConfig(): Provider<string> {
  return () => Promise.resolve('legacy');
}

export function resolveRegionConfig<Config extends { readonly region?: unknown }>(config: Config): Config {
  if (!config.region) throw new Error('A client was made without a region provider.');
  return config;
}

/** An error after which the SDK would ask the next place. Here there is none. */
export class ProviderError extends Error {
  readonly tryNextLink = false;
}
