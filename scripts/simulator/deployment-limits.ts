/** What AWS refuses of a stack when it is deployed: an environment, an event pattern or a policy that is too large. */
import { ApiError } from './api-error.ts';

/** Lambda quotas: 4 KB for all environment variables of a function. */
const ENVIRONMENT_BYTES_MAX = 4_096;
/** EventBridge quotas: 2,048 characters. */
const PATTERN_MAX = 2_048;
/** IAM and STS quotas: 10,240 characters for all inline policies of a role together, white space left out. */
const ROLE_POLICY_MAX = 10_240;

/** The environment as Lambda measures it: the JSON text of names and values. */
export function refuseEnvironment(variables: Readonly<Record<string, string>>): void {
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) <= ENVIRONMENT_BYTES_MAX) return;
  throw new ApiError(
    'InvalidParameterValueException',
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${measured}`,
  );
}

export function refuseEventPattern(pattern: string): void {
  if (pattern.length <= PATTERN_MAX) return;
  throw new ApiError(
    'LimitExceededException',
    `The event pattern has ${pattern.length} characters, and the quota is ${PATTERN_MAX}.`,
  );
}

export function refuseRolePolicies(role: string, documents: readonly string[]): void {
  const size = documents.reduce((sum, document) => sum + document.replace(/\s/g, '').length, 0);
  if (size <= ROLE_POLICY_MAX) return;
  throw new ApiError('LimitExceeded', `Maximum policy size of ${ROLE_POLICY_MAX} bytes exceeded for role ${role}`, 409);
}
