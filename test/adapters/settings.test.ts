/** The environment as template.yaml fills it: read once, every mistake in one message. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReadSettings, readSettings } from '../../functions/adapters/settings.ts';
import { SEED } from '../support/arbitraries.ts';
import { CLOUD_MAP_SERVICE, CLUSTER, GROUP, OTHER_GROUP } from '../support/sdk.ts';

const SMALLEST = { CLUSTER_ARNS: CLUSTER, TARGET_GROUP_ARNS: GROUP };
const READ = {
  clusters: [CLUSTER],
  targetGroups: [GROUP],
  cloudMapServices: [],
  binding: '',
  mode: 'enforce',
  removalBudgetPercent: 75,
};

function messageOf(read: ReadSettings): string {
  return read.ok ? '' : read.problem;
}

describe('settings', () => {
  it('need a cluster and a group, and have a default for everything else', () => {
    expect(readSettings(SMALLEST)).toEqual({ ok: true, value: READ });
  });

  it('are what every variable says', () => {
    const read = readSettings({
      CLUSTER_ARNS: CLUSTER,
      TARGET_GROUP_ARNS: `${GROUP},${OTHER_GROUP}`,
      CLOUD_MAP_SERVICE_ARNS: CLOUD_MAP_SERVICE,
      BINDINGS: 'target-group=web service=app port=8080',
      MODE: 'observe',
      REMOVAL_BUDGET_PERCENT: '40',
    });
    expect(read).toEqual({
      ok: true,
      value: {
        clusters: [CLUSTER],
        targetGroups: [GROUP, OTHER_GROUP],
        cloudMapServices: [CLOUD_MAP_SERVICE],
        binding: 'target-group=web service=app port=8080',
        mode: 'observe',
        removalBudgetPercent: 40,
      },
    });
  });

  it('may name a Cloud Map service and no group', () => {
    const read = readSettings({ CLUSTER_ARNS: CLUSTER, CLOUD_MAP_SERVICE_ARNS: CLOUD_MAP_SERVICE });
    expect(read).toMatchObject({ ok: true, value: { targetGroups: [], cloudMapServices: [CLOUD_MAP_SERVICE] } });
  });

  it.each(['enforce', 'observe'])('take the mode %s', (mode) => {
    expect(readSettings({ ...SMALLEST, MODE: mode })).toMatchObject({ ok: true, value: { mode } });
  });

  it.each([
    [undefined, 75],
    ['', 75],
    ['1', 1],
    ['100', 100],
  ])('take the removal budget %j for %i percent', (text, percent) => {
    expect(readSettings({ ...SMALLEST, REMOVAL_BUDGET_PERCENT: text })).toMatchObject({
      ok: true,
      value: { removalBudgetPercent: percent },
    });
  });

  it.each(['0', '101', '50.5', 'half', '-1'])('take no removal budget of %s', (text) => {
    expect(messageOf(readSettings({ ...SMALLEST, REMOVAL_BUDGET_PERCENT: text }))).toContain(
      `REMOVAL_BUDGET_PERCENT is "${text}"; expected a whole number from 1 to 100.`,
    );
  });

  it('are those of any partition', () => {
    const cluster = 'arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/prod';
    const group = 'arn:aws-cn:elasticloadbalancing:cn-north-1:111122223333:targetgroup/web/0123456789abcdef';
    const read = readSettings({ CLUSTER_ARNS: cluster, TARGET_GROUP_ARNS: group });
    expect(read).toMatchObject({ ok: true, value: { clusters: [cluster], targetGroups: [group] } });
  });
});

const LISTS = [
  { told: 'blanks around each', text: ` ${GROUP} ,\t${OTHER_GROUP}\n` },
  { told: 'a comma too many at the end', text: `${GROUP},${OTHER_GROUP},` },
  { told: 'a comma too many in the middle', text: `${GROUP},,${OTHER_GROUP}` },
  { told: 'one of them twice', text: `${GROUP},${OTHER_GROUP},${GROUP}` },
];

describe('a list of ARNs', () => {
  it.each(LISTS)('is read with $told', ({ text }) => {
    expect(readSettings({ ...SMALLEST, TARGET_GROUP_ARNS: text })).toMatchObject({
      ok: true,
      value: { targetGroups: [GROUP, OTHER_GROUP] },
    });
  });

  it.each(['', ' ', ',', undefined])('is empty as %j, which is what an empty CommaDelimitedList becomes', (text) => {
    expect(readSettings({ ...SMALLEST, CLOUD_MAP_SERVICE_ARNS: text })).toEqual({ ok: true, value: READ });
  });
});

const NO_CLUSTER = 'CLUSTER_ARNS is empty; expected at least one cluster ARN';
const NO_SUBJECT = 'TARGET_GROUP_ARNS and CLOUD_MAP_SERVICE_ARNS are empty; expected at least one ARN in one of them';

const MISTAKES = [
  { told: 'no cluster', environment: { ...SMALLEST, CLUSTER_ARNS: '' }, mistakes: [NO_CLUSTER] },
  { told: 'nothing to keep or check', environment: { CLUSTER_ARNS: CLUSTER }, mistakes: [NO_SUBJECT] },
  { told: 'nothing at all', environment: {}, mistakes: [NO_CLUSTER, NO_SUBJECT] },
  {
    told: 'a mode that does not exist',
    environment: { ...SMALLEST, MODE: 'Observe' },
    mistakes: ['MODE is "Observe"; expected enforce or observe'],
  },
  { told: 'an empty mode', environment: { ...SMALLEST, MODE: '' }, mistakes: ['MODE is ""; expected enforce or observe'] },
  {
    told: 'the name of a cluster in place of its ARN',
    environment: { ...SMALLEST, CLUSTER_ARNS: `prod,${CLUSTER}` },
    mistakes: ['CLUSTER_ARNS has "prod"; expected a cluster ARN such as arn:aws:ecs:eu-west-1:111122223333:cluster/prod'],
  },
  {
    told: 'the ARN of a group among the clusters',
    environment: { ...SMALLEST, CLUSTER_ARNS: `${CLUSTER},${GROUP}` },
    mistakes: [`CLUSTER_ARNS has "${GROUP}"; expected a cluster ARN such as`],
  },
  {
    told: 'one mistake in every variable',
    environment: { CLUSTER_ARNS: 'prod', TARGET_GROUP_ARNS: 'web', CLOUD_MAP_SERVICE_ARNS: 'srv-1', MODE: 'on' },
    mistakes: [
      'CLUSTER_ARNS has "prod"; expected a cluster ARN',
      'TARGET_GROUP_ARNS has "web"; expected a target group ARN',
      'CLOUD_MAP_SERVICE_ARNS has "srv-1"; expected a Cloud Map service ARN',
      'MODE is "on"; expected enforce or observe',
      NO_CLUSTER,
      NO_SUBJECT,
    ],
  },
];

describe('settings with mistakes', () => {
  it.each(MISTAKES)('are refused, and every mistake is told in one message: $told', ({ environment, mistakes }) => {
    const message = messageOf(readSettings(environment));
    expect(message).toMatch(/^The function's settings cannot be used: .*\. Correct the stack's parameters\.$/s);
    expect(mistakes.filter((mistake) => !message.includes(mistake))).toEqual([]);
    expect(message.split('; expected ')).toHaveLength(mistakes.length + 1);
  });

  it('tell two wrong words of one list, and not the right one between them', () => {
    const message = messageOf(readSettings({ ...SMALLEST, TARGET_GROUP_ARNS: `web,${GROUP},api` }));
    expect(message).toContain('TARGET_GROUP_ARNS has "web"; ');
    expect(message).toContain('TARGET_GROUP_ARNS has "api"; ');
    expect(message).not.toContain(`"${GROUP}"`);
  });

  it.each([
    { length: 119, told: 119 },
    { length: 120, told: 120 },
    { length: 121, told: 120 },
  ])('tell of a word of $length characters the first $told', ({ length, told }) => {
    const message = messageOf(readSettings({ ...SMALLEST, CLUSTER_ARNS: 'x'.repeat(length) }));
    expect(message).toContain(`CLUSTER_ARNS has "${'x'.repeat(told)}";`);
  });
});

interface Border {
  readonly what: string;
  readonly variable: string;
  readonly arnOf: (length: number) => string;
  readonly longest: number;
}

const BORDERS: readonly Border[] = [
  {
    what: 'the name of a cluster',
    variable: 'CLUSTER_ARNS',
    arnOf: (length) => `arn:aws:ecs:eu-west-1:111122223333:cluster/${'c'.repeat(length)}`,
    longest: 255,
  },
  {
    what: 'the name of a target group',
    variable: 'TARGET_GROUP_ARNS',
    arnOf: (length) => `arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/${'g'.repeat(length)}/0123456789abcdef`,
    longest: 32,
  },
  {
    what: 'the id of a target group',
    variable: 'TARGET_GROUP_ARNS',
    arnOf: (length) => `arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/${'f'.repeat(length)}`,
    longest: 32,
  },
  {
    what: 'the id of a Cloud Map service',
    variable: 'CLOUD_MAP_SERVICE_ARNS',
    arnOf: (length) => `arn:aws:servicediscovery:eu-west-1:111122223333:service/${'s'.repeat(length)}`,
    longest: 64,
  },
];

const LENGTHS = BORDERS.flatMap((border) =>
  [0, 1, border.longest, border.longest + 1].map((length) => ({
    ...border,
    length,
    ok: length > 0 && length <= border.longest,
  })),
);

describe('an ARN', () => {
  it.each(LENGTHS)('with $length characters in $what is taken: $ok', ({ variable, arnOf, length, ok }) => {
    expect(readSettings({ ...SMALLEST, [variable]: arnOf(length) }).ok).toBe(ok);
  });

  it.each([11, 12, 13])('with an account of %i digits is taken where there are 12', (digits) => {
    const cluster = `arn:aws:ecs:eu-west-1:${'1'.repeat(digits)}:cluster/prod`;
    expect(readSettings({ ...SMALLEST, CLUSTER_ARNS: cluster }).ok).toBe(digits === 12);
  });

  it('is taken whole: nothing may stand before or behind it', () => {
    for (const cluster of [`x${CLUSTER}`, `${CLUSTER}/x`, `${CLUSTER} x`, `${CLUSTER}*`]) {
      expect(readSettings({ ...SMALLEST, CLUSTER_ARNS: cluster }).ok, cluster).toBe(false);
    }
  });
});

describe('any environment', () => {
  it('is read or refused, and never thrown at', () => {
    const names = fc.constantFrom('CLUSTER_ARNS', 'TARGET_GROUP_ARNS', 'CLOUD_MAP_SERVICE_ARNS', 'MODE', 'BINDINGS');
    fc.assert(
      fc.property(fc.dictionary(names, fc.string()), (environment) => {
        const read = readSettings(environment);
        expect(read.ok || read.problem.length > 0).toBe(true);
      }),
      { seed: SEED },
    );
  });
});
