/** Which account a command reads, and how its failures end the command. */

import type { Settings } from '../../functions/core/binding-sources.ts';
import { arnParts } from '../../functions/core/values.ts';
import { badEnvironment, serviceError } from './exit.ts';
import { type AccountOptions, type AccountPlan, explainFailures } from './plan/plan.ts';

export interface AccountValues {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly 'endpoint-url'?: string | undefined;
}

/** Options of parseArgs that `optionsOf` reads, named as in the AWS CLI. */
export const ACCOUNT_OPTIONS = {
  profile: { type: 'string' },
  region: { type: 'string' },
  'endpoint-url': { type: 'string' },
} as const;

/** Where the account is. A cluster's ARN names its region better than the caller's environment, which may be set for another. */
export function optionsOf({ clusters: [cluster] }: Settings, values: AccountValues): AccountOptions {
  const region = values.region ?? (cluster === undefined ? undefined : arnParts(cluster).region);
  return { region, profile: values.profile, endpointUrl: values['endpoint-url'] };
}

/** A failure of the caller's own environment is told apart from one of AWS. */
export function failureOf({ failures }: Pick<AccountPlan, 'failures'>): Error {
  const told = explainFailures(failures).join('\n');
  const isLocal = failures.every(({ message }) => /^(CredentialsProviderError|Error: Region is missing)/.test(message));
  return isLocal ? badEnvironment(told) : serviceError(told);
}
