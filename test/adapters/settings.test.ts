/** The environment as template.yaml fills it: read once, every mistake in one message. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReadSettings, readSettings, TARGET_GROUPS_MAX } from '../../functions/adapters/settings.ts';
import { SEED } from '../support/arbitraries.ts';
import { CLOUD_MAP_SERVICE, CLUSTER, count, GROUP, OTHER_GROUP } from '../support/sdk.ts';
import { HOME } from '../support/values.ts';

const SMALLEST = { CLUSTER_ARNS: CLUSTER, TARGET_GROUP_ARNS: GROUP };
/** What a stack has that was told nothing: it finds what is tagged, in every cluster of its own account. */
const DEFAULTS = {
  home: undefined,
  clusters: [],
  targetGroups: [],
  cloudMapServices: [],
  bindings: '',
  tagBindings: true,
  mode: 'enforce',
  removalBudgetPercent: 75,
  leftOut: [],
  spokeRole: undefined,
};
const READ = { ...DEFAULTS, clusters: [CLUSTER], targetGroups: [GROUP] };
const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/alb-target-sync/5ca1ab1e';

const VARIABLES = [
  'BINDINGS',
  'CLOUD_MAP_SERVICE_ARNS',
  'CLUSTER_ARNS',
  'MODE',
  'REMOVAL_BUDGET_PERCENT',
  'SPOKE_EXTERNAL_ID',
  'SPOKE_ROLE_NAME',
  'STACK_ARN',
  'TAG_BINDINGS',
  'TARGET_GROUP_ARNS',
];

/** The ARNs of so many groups. */
function groups(number: number): string {
  return count(number)
    .map((each) => GROUP.replace('/web/', `/web-${each}/`))
    .join(',');
}

function messageOf(read: ReadSettings): string {
  return read.ok ? '' : read.problem;
}

describe('settings', () => {
  it('have a default for everything', () => {
    expect(readSettings({})).toEqual({ ok: true, value: DEFAULTS });
    expect(readSettings(SMALLEST)).toEqual({ ok: true, value: READ });
  });

  it('are the defaults as well where every variable is empty, as those of empty parameters are', () => {
    expect(readSettings(Object.fromEntries(VARIABLES.map((name) => [name, ''])))).toEqual({ ok: true, value: DEFAULTS });
  });

  it('are what every variable says', () => {
    const environment = {
      STACK_ARN: STACK,
      CLUSTER_ARNS: CLUSTER,
      TARGET_GROUP_ARNS: `${GROUP},${OTHER_GROUP}`,
      CLOUD_MAP_SERVICE_ARNS: CLOUD_MAP_SERVICE,
      BINDINGS: 'target-group=web service=app port=8080',
      TAG_BINDINGS: 'ignored',
      MODE: 'observe',
      REMOVAL_BUDGET_PERCENT: '40',
      SPOKE_ROLE_NAME: 'reader',
      SPOKE_EXTERNAL_ID: 'secret',
    };
    expect(Object.keys(environment).sort()).toEqual(VARIABLES);
    expect(readSettings(environment)).toEqual({
      ok: true,
      value: {
        home: HOME,
        clusters: [CLUSTER],
        targetGroups: [GROUP, OTHER_GROUP],
        cloudMapServices: [CLOUD_MAP_SERVICE],
        leftOut: [],
        bindings: 'target-group=web service=app port=8080',
        tagBindings: false,
        mode: 'observe',
        removalBudgetPercent: 40,
        spokeRole: { name: 'reader', externalId: 'secret' },
      },
    });
  });

  it.each([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
  ])('know the place of their stack in partition %s', (partition, region) => {
    const read = readSettings({ STACK_ARN: `arn:${partition}:cloudformation:${region}:444455556666:stack/sync/5ca1ab1e` });
    expect(read).toMatchObject({ ok: true, value: { home: { partition, region, account: '444455556666' } } });
  });

  it.each([undefined, ''])('have a role of other accounts without external ID where that is %j', (externalId) => {
    const read = readSettings({ SPOKE_ROLE_NAME: 'reader', SPOKE_EXTERNAL_ID: externalId });
    expect(read).toEqual({ ok: true, value: { ...DEFAULTS, spokeRole: { name: 'reader', externalId: undefined } } });
  });

  it('have no role of other accounts where only its external ID is given', () => {
    expect(readSettings({ SPOKE_EXTERNAL_ID: 'secret' })).toEqual({ ok: true, value: DEFAULTS });
  });

  it.each([
    ['allowed', true],
    ['ignored', false],
  ])('let tags bind where TAG_BINDINGS is %s: %s', (text, tagBindings) => {
    expect(readSettings({ ...SMALLEST, TAG_BINDINGS: text })).toMatchObject({ ok: true, value: { tagBindings } });
  });

  it('may ignore tags where a Cloud Map service alone is named', () => {
    const read = readSettings({ CLOUD_MAP_SERVICE_ARNS: CLOUD_MAP_SERVICE, TAG_BINDINGS: 'ignored' });
    expect(read).toMatchObject({ ok: true, value: { tagBindings: false } });
  });

  it.each([TARGET_GROUPS_MAX - 1, TARGET_GROUPS_MAX])('take %i groups', (number) => {
    expect(readSettings({ TARGET_GROUP_ARNS: groups(number) })).toMatchObject({ ok: true });
  });

  it('count a group once that is named twice', () => {
    const text = `${groups(TARGET_GROUPS_MAX)},${groups(TARGET_GROUPS_MAX)}`;
    expect(readSettings({ TARGET_GROUP_ARNS: text }).ok).toBe(true);
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

const NOTHING_BOUND = 'TAG_BINDINGS is "ignored", and TARGET_GROUP_ARNS is empty: nothing could be bound';

const MISTAKES = [
  { told: 'nothing to keep or check', environment: { TAG_BINDINGS: 'ignored' }, mistakes: [NOTHING_BOUND] },
  {
    told: 'a group too many',
    environment: { TARGET_GROUP_ARNS: groups(TARGET_GROUPS_MAX + 1) },
    mistakes: ['TARGET_GROUP_ARNS has 101 groups; expected at most 100: use another stack for the rest'],
  },
  {
    told: 'a word about tags that does not exist',
    environment: { TAG_BINDINGS: 'yes' },
    mistakes: ['TAG_BINDINGS is "yes"; expected allowed or ignored'],
  },
  {
    told: 'the name of the stack in place of its ARN',
    environment: { STACK_ARN: 'alb-target-sync' },
    mistakes: ['STACK_ARN is "alb-target-sync"; expected a stack ARN such as arn:aws:cloudformation:'],
  },
  {
    told: 'a mode that does not exist',
    environment: { ...SMALLEST, MODE: 'Observe' },
    mistakes: ['MODE is "Observe"; expected enforce or observe'],
  },
  {
    told: 'the name of a cluster in place of its ARN',
    environment: { ...SMALLEST, CLUSTER_ARNS: 'prod' },
    mistakes: ['CLUSTER_ARNS has "prod"; expected a cluster ARN such as arn:aws:ecs:eu-west-1:111122223333:cluster/prod'],
  },
  {
    told: "the ARN of a group in place of a cluster's",
    environment: { ...SMALLEST, CLUSTER_ARNS: GROUP },
    mistakes: [`CLUSTER_ARNS has "${GROUP}"; expected a cluster ARN such as`],
  },
  {
    told: 'one mistake in every variable',
    environment: {
      STACK_ARN: 'sync',
      CLUSTER_ARNS: 'prod',
      TARGET_GROUP_ARNS: 'web',
      CLOUD_MAP_SERVICE_ARNS: 'srv-1',
      TAG_BINDINGS: 'none',
      MODE: 'on',
      REMOVAL_BUDGET_PERCENT: '0',
    },
    mistakes: [
      'CLUSTER_ARNS has "prod"; expected a cluster ARN',
      'TARGET_GROUP_ARNS has "web"; expected a target group ARN',
      'CLOUD_MAP_SERVICE_ARNS has "srv-1"; expected a Cloud Map service ARN',
      'STACK_ARN is "sync"; expected a stack ARN',
      'MODE is "on"; expected enforce or observe',
      'TAG_BINDINGS is "none"; expected allowed or ignored',
      'REMOVAL_BUDGET_PERCENT is "0"; expected a whole number from 1 to 100',
    ],
  },
];

describe('wrong words beside right ones in a list', () => {
  it.each([
    ['CLUSTER_ARNS', 'ClusterArns', CLUSTER, 'a cluster ARN', 'clusters'],
    ['TARGET_GROUP_ARNS', 'TargetGroupArns', GROUP, 'a target group ARN', 'targetGroups'],
    ['CLOUD_MAP_SERVICE_ARNS', 'CloudMapServiceArns', CLOUD_MAP_SERVICE, 'a Cloud Map service ARN', 'cloudMapServices'],
  ])('of %s are left out and told as findings', (variable, parameter, good, expected, list) => {
    const read = readSettings({ ...SMALLEST, [variable]: `web,${good},api,${'x'.repeat(130)}` });
    const told = ['web', 'api', 'x'.repeat(120)].map((word) => ({
      kind: 'unusable',
      subject: word,
      message: expect.stringMatching(
        new RegExp(
          `^The stack's parameter ${parameter} has "${word}"; expected ${expected} such as .* left out, and nothing else is`,
        ),
      ),
    }));
    expect(read).toMatchObject({ ok: true, value: { [list]: [good], leftOut: told } });
  });
});

describe('settings with mistakes', () => {
  it.each(MISTAKES)('are refused, and every mistake is told in one message: $told', ({ environment, mistakes }) => {
    const message = messageOf(readSettings(environment));
    expect(message).toMatch(/^The function's settings cannot be used: .*\. Correct the stack's parameters\.$/s);
    expect(mistakes.filter((mistake) => !message.includes(mistake))).toEqual([]);
    expect(message.split(/; expected |: nothing could be bound/)).toHaveLength(mistakes.length + 1);
  });

  it('count no wrong word for something to bind', () => {
    const message = messageOf(readSettings({ TAG_BINDINGS: 'ignored', TARGET_GROUP_ARNS: 'web' }));
    expect(message).toContain(NOTHING_BOUND);
  });

  it('tell every word of a list that has no other', () => {
    const message = messageOf(readSettings({ ...SMALLEST, TARGET_GROUP_ARNS: 'web,api' }));
    expect(message).toContain('TARGET_GROUP_ARNS has "web"; ');
    expect(message).toContain('TARGET_GROUP_ARNS has "api"; ');
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

describe('a wrong word', () => {
  it.each([
    { variable: 'STACK_ARN', longest: 120 },
    { variable: 'MODE', longest: 40 },
    { variable: 'TAG_BINDINGS', longest: 40 },
    { variable: 'REMOVAL_BUDGET_PERCENT', longest: 20 },
  ])('of $variable is told up to $longest characters', ({ variable, longest }) => {
    for (const length of [longest, longest + 1]) {
      const message = messageOf(readSettings({ [variable]: 'x'.repeat(length) }));
      expect(message).toContain(`${variable} is "${'x'.repeat(longest)}"; expected`);
    }
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
    const names = fc.constantFrom(...VARIABLES);
    fc.assert(
      fc.property(fc.dictionary(names, fc.string()), (environment) => {
        const read = readSettings(environment);
        expect(read.ok || read.problem.length > 0).toBe(true);
      }),
      { seed: SEED },
    );
  });
});
