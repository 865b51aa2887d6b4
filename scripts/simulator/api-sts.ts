/** AWS STS as an API (STS API reference, version 2011-06-15). */
import { ApiError } from './api-error.ts';
import { type Input, text, whole } from './api-input.ts';
import type { Caller, Sts } from './sts.ts';

const SECONDS_DEFAULT = 3_600;

/** Lengths and characters of the fields (STS API reference, AssumeRole). */
const PATTERNS = {
  RoleArn: /^arn:[\u0020-\u00ff]{16,2044}$/,
  RoleSessionName: /^[\w+=,.@-]{2,64}$/,
  ExternalId: /^[\w+=,.@:/-]{2,1224}$/,
} as const;

export function stsApi({ sts }: { readonly sts: Sts }) {
  return {
    AssumeRole: (input: Input, caller: Caller) => {
      for (const [name, pattern] of Object.entries(PATTERNS)) {
        const value = text(input, name);
        const isRight = value === undefined ? name === 'ExternalId' : pattern.test(value);
        if (isRight) continue;
        const field = name.charAt(0).toLowerCase() + name.slice(1);
        throw new ApiError(
          'ValidationError',
          `1 validation error detected: Value '${value ?? ''}' at '${field}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
        );
      }
      const session = sts.assume(caller, {
        roleArn: text(input, 'RoleArn') ?? '',
        sessionName: text(input, 'RoleSessionName') ?? '',
        externalId: text(input, 'ExternalId'),
        seconds: whole(input, 'DurationSeconds') ?? SECONDS_DEFAULT,
      });
      return {
        Credentials: {
          AccessKeyId: session.accessKeyId,
          SecretAccessKey: `secret of ${session.accessKeyId}`,
          SessionToken: `token of ${session.accessKeyId}`,
          Expiration: new Date(session.expiresAtMs),
        },
        AssumedRoleUser: {
          Arn: session.caller.arn,
          AssumedRoleId: `AROASIMULATED00000000:${text(input, 'RoleSessionName')}`,
        },
      };
    },
  };
}
