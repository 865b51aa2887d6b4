/** What AWS refuses of a stack as a whole, on both sides of each border. */
import { describe, expect, it } from 'vitest';
import { clusterArn } from '../../scripts/simulator/account.ts';
import { Deployment, parseSettings, type SettingsText, variablesOf } from '../../scripts/simulator/deployment.ts';

const SETTINGS: SettingsText = {
  clusters: [clusterArn('prod')],
  targetGroups: [],
  cloudMapServices: [],
  binding: '',
  mode: 'enforce',
};

/** Settings whose environment is so many bytes of JSON. */
function withEnvironment(bytes: number): SettingsText {
  const rest = JSON.stringify(variablesOf(SETTINGS)).length;
  return { ...SETTINGS, binding: 'x'.repeat(bytes - rest) };
}

/** Settings whose rule has a pattern of so many characters: the last cluster's name makes up for what is missing. */
function withPattern(characters: number): SettingsText {
  const count = 25;
  const names = Array.from({ length: count }, (_, index) => `cluster-${index}`.padEnd(20, 'x'));
  const clusters = names.map((name) => clusterArn(name));
  const fixed = JSON.stringify({
    account: ['111122223333'],
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { clusterArn: clusters, $or: [{ lastStatus: ['RUNNING'] }, { desiredStatus: ['STOPPED'] }] },
  }).length;
  return { ...SETTINGS, clusters: [...clusters.slice(0, -1), `${clusters.at(-1)}${'y'.repeat(characters - fixed)}`] };
}

describe('a stack', () => {
  it('may have 4,096 bytes of environment, and no byte more (Lambda quotas)', () => {
    expect(() => parseSettings(withEnvironment(4_096))).not.toThrow();
    expect(() => parseSettings(withEnvironment(4_097))).toThrow(
      expect.objectContaining({
        name: 'InvalidParameterValueException',
        message: expect.stringContaining('exceeded the 4KB limit. String measured: {'),
      }),
    );
  });

  it('has its environment measured in bytes, not in characters', () => {
    const settings = withEnvironment(4_096);
    expect(() => parseSettings({ ...settings, binding: `ü${settings.binding.slice(1)}` })).toThrow('4KB limit');
  });

  it('may have an event pattern of 2,048 characters, and no character more (EventBridge quotas)', () => {
    expect(() => parseSettings(withPattern(2_048))).not.toThrow();
    expect(() => parseSettings(withPattern(2_049))).toThrow(expect.objectContaining({ name: 'LimitExceededException' }));
  });

  it('may have 10,240 characters of inline policies together, white space left out (IAM quotas)', () => {
    const policies = (characters: number) => [`{ "a": "${'x'.repeat(4_993)}" }`, `{"a":"${'x'.repeat(characters - 5_009)}"}`];
    expect(() => new Deployment({ rolePolicies: policies(10_240) })).not.toThrow();
    expect(() => new Deployment({ rolePolicies: policies(10_241) })).toThrow(
      expect.objectContaining({ name: 'LimitExceeded', message: 'Maximum policy size of 10240 bytes exceeded for role sync' }),
    );
  });

  it('is refused before anything of it is there', () => {
    expect(() => new Deployment({ settings: withEnvironment(4_097) })).toThrow('4KB limit');
  });
});
