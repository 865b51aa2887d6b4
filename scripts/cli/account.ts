/** Which account a command reads, and with whose credentials. */
import type { ClientOptions } from '../../functions/adapters/aws.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { arnParts } from '../../functions/core/values.ts';

interface AccountValues {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly 'endpoint-url'?: string | undefined;
}

/** Options of parseArgs that `clientOptionsOf` reads, named as in the AWS CLI. */
export const ACCOUNT_OPTIONS = {
  profile: { type: 'string', value: 'NAME', about: 'profile of the AWS CLI whose credentials are used' },
  region: { type: 'string', value: 'REGION', about: 'region to read, if no ARN names one' },
  'endpoint-url': { type: 'string', value: 'URL', about: 'ask this address instead of AWS' },
} as const;

/** Where the account is. A stack says it; else an ARN names its region better than the caller's environment, which may be set for another. */
export function clientOptionsOf(
  values: AccountValues,
  named: Pick<Settings, 'home' | 'clusters' | 'targetGroups' | 'cloudMapServices'>,
): ClientOptions {
  const [arn] = [...named.clusters, ...named.targetGroups, ...named.cloudMapServices];
  const region = values.region ?? named.home?.region ?? (arn === undefined ? undefined : arnParts(arn).region);
  const { profile, 'endpoint-url': endpoint } = values;
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Whose credentials are used, as far as it can be known without asking AWS. */
export function callerOf({ profile, region }: ClientOptions): string {
  const named = profile ?? process.env['AWS_PROFILE'];
  const who =
    named !== undefined
      ? `profile ${named}`
      : process.env['AWS_ACCESS_KEY_ID']
        ? 'the keys in AWS_ACCESS_KEY_ID'
        : 'profile default';
  const where = region ?? process.env['AWS_REGION'];
  return where === undefined ? who : `${who}, region ${where}`;
}
