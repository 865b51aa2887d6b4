/**
 * The only credentials that the deployed bundle knows: those that Lambda puts into the environment.
 *
 * template.yaml aliases `@aws-sdk/credential-provider-node` to this file. That package finds profiles, SSO, instance roles and
 * more, a third of the bundle, and none of it exists in Lambda. Tools that people run on their own machine are not bundled and
 * keep the full chain.
 */

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Stands in for the package's export of the same name. Read at each call, since Lambda may renew what the environment holds. */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      throw new CredentialsMissing();
    }
    const keys = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    return AWS_SESSION_TOKEN ? { ...keys, sessionToken: AWS_SESSION_TOKEN } : keys;
  };
}

/** Named like an error of AWS, so that it is told as a refusal and not taken for a network that will be back. */
class CredentialsMissing extends Error {
  override readonly name = 'MissingAuthenticationToken';

  constructor() {
    super(
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set. This bundle is built for Lambda, which sets them, and knows no ' +
        'other credentials. Outside Lambda, set both, or run the sources with npm run plan.',
    );
  }
}
