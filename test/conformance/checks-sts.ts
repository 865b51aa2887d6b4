/** What we rely on of AWS STS. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, object, refused, refusedSaying } from './check.ts';
import type { Scene } from './scene.ts';

const ASSUME_ROLE = 'STS API reference, AssumeRole';

async function assume({ call }: Scene, RoleArn: string, more: JsonObject = {}): Promise<JsonObject> {
  return call('AssumeRole', { RoleArn, RoleSessionName: 'alb-target-sync', ...more });
}

function expirationOf(answer: JsonObject): number {
  const { Expiration } = object(answer, 'Credentials');
  assert.ok(Expiration instanceof Date, `Expiration is ${JSON.stringify(Expiration)}`);
  return Expiration.getTime();
}

export const STS_CHECKS: readonly Check[] = [
  {
    name: 'AssumeRole: gives a temporary key with secret and token, and the ARN of the session',
    source: `${ASSUME_ROLE}, response`,
    run: async (scene) => {
      const role = await scene.addRole();
      const answer = await assume(scene, role);
      const { AccessKeyId, SecretAccessKey, SessionToken } = object(answer, 'Credentials');
      assert.match(String(AccessKeyId), /^ASIA[A-Z0-9]{16}$/);
      for (const text of [SecretAccessKey, SessionToken]) assert.ok(typeof text === 'string' && text.length > 0);
      const [, , , , account = '', name = ''] = role.split(':');
      const session = `arn:aws:sts::${account}:assumed-${name}/alb-target-sync`;
      assert.equal(object(answer, 'AssumedRoleUser')['Arn'], session);
    },
  },
  {
    name: 'AssumeRole: credentials expire after an hour unless told otherwise',
    source: `${ASSUME_ROLE}, DurationSeconds: by default, 3600 seconds`,
    run: async (scene) => {
      const fromMs = scene.now();
      const lifeMs = expirationOf(await assume(scene, await scene.addRole())) - fromMs;
      assert.ok(Math.abs(lifeMs - 3_600_000) < 60_000, `they live for ${lifeMs} ms`);
    },
  },
  {
    name: 'AssumeRole: credentials expire after DurationSeconds',
    source: `${ASSUME_ROLE}, DurationSeconds`,
    run: async (scene) => {
      const fromMs = scene.now();
      const lifeMs = expirationOf(await assume(scene, await scene.addRole(), { DurationSeconds: 900 })) - fromMs;
      assert.ok(Math.abs(lifeMs - 900_000) < 60_000, `they live for ${lifeMs} ms`);
    },
  },
  ...([899, 43_201] as const).map(
    (DurationSeconds): Check => ({
      name: `AssumeRole: refuses a duration of ${DurationSeconds} seconds`,
      source: `${ASSUME_ROLE}, DurationSeconds: 900 to 43200`,
      run: async (scene) => {
        const input = { RoleArn: await scene.addRole(), RoleSessionName: 'sync', DurationSeconds };
        await refused(scene, 'AssumeRole', input, 'ValidationError');
      },
    }),
  ),
  {
    name: 'AssumeRole: refuses more than an hour where the role allows no more',
    source: `${ASSUME_ROLE}, DurationSeconds: if you specify a value higher than this setting, the operation fails`,
    run: async (scene) => {
      const input = { RoleArn: await scene.addRole(), RoleSessionName: 'sync', DurationSeconds: 3_601 };
      await refused(scene, 'AssumeRole', input, 'ValidationError');
    },
  },
  {
    name: 'AssumeRole: refuses a session name with a space',
    source: `${ASSUME_ROLE}, RoleSessionName: characters with no spaces`,
    run: async (scene) => {
      const input = { RoleArn: await scene.addRole(), RoleSessionName: 'alb target sync' };
      await refused(scene, 'AssumeRole', input, 'ValidationError');
    },
  },
  {
    name: 'AssumeRole: takes the external ID that the role asks for',
    source: 'IAM guide, Access to AWS accounts owned by third parties',
    run: async (scene) => {
      const role = await scene.addRole({ externalId: 'hub-4711' });
      expirationOf(await assume(scene, role, { ExternalId: 'hub-4711' }));
    },
  },
  ...(
    [
      ['without the external ID that the role asks for', { externalId: 'hub-4711' }, {}],
      ['with another external ID', { externalId: 'hub-4711' }, { ExternalId: 'hub-4712' }],
      ['by somebody whom the role does not trust', { isTrusted: false }, {}],
    ] as const
  ).map(
    ([what, options, more]): Check => ({
      name: `AssumeRole: ${what} is AccessDenied`,
      source: 'IAM guide, Troubleshoot IAM roles: not authorized to perform: sts:AssumeRole on resource',
      run: async (scene) => {
        const RoleArn = await scene.addRole(options);
        const input = { RoleArn, RoleSessionName: 'sync', ...more };
        const words = `is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
        await refusedSaying(scene, 'AssumeRole', input, 'AccessDenied', words);
      },
    }),
  ),
  {
    name: 'AssumeRole: a role that does not exist is AccessDenied',
    source: 'IAM guide, Troubleshoot IAM roles',
    run: async (scene) => {
      const RoleArn = (await scene.addRole()).replace(/[^/]*$/, 'nobody-made-it');
      await refused(scene, 'AssumeRole', { RoleArn, RoleSessionName: 'sync' }, 'AccessDenied');
    },
  },
];
