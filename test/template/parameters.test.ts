import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBinding, splitLines } from '../../functions/core/binding.ts';
import { parseCloudMapServiceArn, parseClusterArn, parseTargetGroupArn } from '../../functions/core/values.ts';
import {
  accepts,
  CLOUD_MAP_SERVICE,
  CLUSTER,
  listOf,
  lookUp,
  objectOf,
  parameters,
  render,
  TARGET_GROUP,
  TOPIC,
} from '../../scripts/tools/template/template.ts';

const OTHER_PARTITIONS = ['aws-cn', 'aws-us-gov', 'aws-iso-b'];

describe('the parameters', () => {
  it('all have a default: a stack that is told nothing keeps what is tagged', () => {
    for (const [name, value] of Object.entries(parameters()))
      expect([name, objectOf(value)['Default']]).not.toContain(undefined);
  });

  it.each(Object.keys(parameters()))('%s says what it is, what it takes, and refuses something', (name) => {
    const { Description, ConstraintDescription, Default } = objectOf(parameters()[name]);
    expect(Description).toMatch(/^[A-Z].*\.$/s);
    // It ends CloudFormation's sentence "Parameter ClusterArns failed to satisfy constraint: must be ...".
    expect(ConstraintDescription).toMatch(/^must (be|begin) .*\.$/s);
    expect(accepts(name, '?\n')).toBe(false);
    if (Default !== undefined) expect(accepts(name, String(Default))).toBe(true);
  });

  it('have no value that YAML 1.1 reads as a boolean', () => {
    for (const declared of Object.values(parameters())) {
      const { AllowedValues = [] } = objectOf(declared);
      expect(JSON.stringify(AllowedValues)).not.toMatch(/true|false|null/);
    }
  });
});

describe('lists of ARNs', () => {
  const given = [
    ['ClusterArns', CLUSTER],
    ['TargetGroupArns', TARGET_GROUP],
    ['CloudMapServiceArns', CLOUD_MAP_SERVICE],
  ] as const;

  it.each(given)('%s takes one, or several with or without spaces, of any partition', (name, arn) => {
    expect(accepts(name, arn)).toBe(true);
    expect(accepts(name, `${arn},${arn}`)).toBe(true);
    expect(accepts(name, `${arn}, ${arn}`)).toBe(true);
    for (const partition of OTHER_PARTITIONS) expect(accepts(name, arn.replace('arn:aws:', `arn:${partition}:`))).toBe(true);
  });

  it.each(given)('%s refuses what is nearly one', (name, arn) => {
    const wrong = [
      `${arn} ${arn}`,
      `${arn};${arn}`,
      `x${arn}`,
      `${arn}/*`,
      '*',
      arn.toUpperCase(),
      arn.replace('arn:aws:', 'arn:gcp:'),
      arn.replace('111122223333', '11112222333'),
      arn.replace('111122223333', '1111222233334'),
      arn.replace('111122223333', '*'),
      arn.slice(0, arn.indexOf('/') + 1),
      arn.slice(arn.lastIndexOf(':') + 1),
    ];
    for (const text of wrong) expect(`${text} ${accepts(name, text)}`).toBe(`${text} false`);
  });

  it('mistake no kind of ARN for another', () => {
    for (const [name] of given) {
      expect(given.filter(([, arn]) => accepts(name, arn)).map(([taker]) => taker)).toEqual([name]);
    }
  });

  it('may be empty', () => {
    for (const [name] of given) expect(accepts(name, '')).toBe(true);
  });
});

describe('borders of names', () => {
  it.each([
    ['ClusterArns', (length: number) => CLUSTER.replace('prod', 'a'.repeat(length)), 1, 255],
    ['TargetGroupArns', (length: number) => TARGET_GROUP.replace('/web/', `/${'a'.repeat(length)}/`), 1, 32],
    ['CloudMapServiceArns', (length: number) => `${CLOUD_MAP_SERVICE.split('/')[0]}/${'a'.repeat(length)}`, 1, 64],
    ['AlarmTopicArn', (length: number) => TOPIC.replace('alarms', 'a'.repeat(length)), 1, 256],
  ] as const)('%s keeps to the lengths that AWS allows', (name, arnOf, min, max) => {
    const lengths = [min - 1, min, min + 1, max - 1, max, max + 1];
    expect(lengths.map((length) => accepts(name, arnOf(length)))).toEqual([false, true, true, true, true, false]);
  });
});

describe('what a pattern lets through', () => {
  // Were a pattern wider than the function's own, a stack would deploy and then refuse every invocation.
  it.each([
    ['ClusterArns', parseClusterArn],
    ['TargetGroupArns', parseTargetGroupArn],
    ['CloudMapServiceArns', parseCloudMapServiceArn],
  ] as const)('%s is read by the function', (name, parse) => {
    const pattern = String(objectOf(parameters()[name])['AllowedPattern']);
    const texts = fc.stringMatching(new RegExp(pattern)).filter((text) => text !== '');
    fc.assert(
      fc.property(texts, (text) => parse(text).ok),
      { seed: 4711, numRuns: 300 },
    );
  });
});

describe('Bindings', () => {
  const clusters = [parseClusterArn(CLUSTER)].flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
  const context = {
    source: 'the parameter Bindings',
    stackMode: 'enforce' as const,
    home: undefined,
    clusters,
    anyCluster: clusters,
    clustersOf: new Map<string, typeof clusters>(),
    readsAccounts: false,
  };

  it.each([
    'service=app port=8080',
    'target-group=web cluster=prod service=app port=8080 zone=all mode=observe',
    'family=nightly-report port=8080 mode=drain',
    'target-group=web service=app port=8080; target-group=api service=app port=8081',
    'service=app port=8080 ready=healthy',
    'service=app port=8080+9090 mode=drain confirm=empty',
    'service=app port=8080;family=app port=8080;',
    ' ; service=app   port=8080 ;; ',
    'service=app port=8080\nservice=app port=8081',
    '\n  port=8080 service=app\r\n\n  family=nightly port=1\r\n',
  ])('takes %j, as the function does', (text) => {
    expect(accepts('Bindings', text)).toBe(true);
    expect(splitLines(text).map((line) => parseBinding(line.text, context, 'parameter').ok)).not.toContain(false);
  });

  it.each([
    'service',
    'service=',
    'service=app,port=8080',
    'service=app:port=8080',
    'service = app port = 8080',
    'services=app port=8080',
    'service=app port=8080 health=off',
    'service="app" port=8080',
    'service=app port=8080service=api',
    'service=app port=8080 # the app',
    'app:8080',
    'service=app',
    'port=8080',
    'target-group=web mode=drain',
    'service=app; port=8080',
    'service=app port=8080; target-group=api',
    'service=app\nport=8080',
  ])('refuses %j', (text) => {
    expect(accepts('Bindings', text)).toBe(false);
  });

  it('answers at once, whatever it is given', () => {
    const startedAtMs = performance.now();
    expect(accepts('Bindings', `${'service=app '.repeat(300)}${'; '.repeat(300)}!`)).toBe(false);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});

describe('the rest', () => {
  it('is given in a group of the console, each parameter once', () => {
    const groups = listOf(lookUp(render(), 'Metadata', 'AWS::CloudFormation::Interface', 'ParameterGroups'));
    const grouped = groups.flatMap((group) => listOf(lookUp(group, 'Parameters')).map(String));
    expect(grouped.sort()).toEqual(Object.keys(parameters()).sort());
  });

  it.each([
    ['Mode', 'enforce', true],
    ['Mode', 'observe', true],
    ['Mode', 'Enforce', false],
    ['Mode', 'drain', false],
    ['Mode', '', false],
    ['BatchingWindowSeconds', '-1', false],
    ['BatchingWindowSeconds', '0', true],
    ['BatchingWindowSeconds', '1', true],
    ['BatchingWindowSeconds', '20', true],
    ['BatchingWindowSeconds', '21', false],
    ['BatchingWindowSeconds', '', false],
    ['BatchingWindowSeconds', 'none', false],
    ['AlarmTopicArn', '', true],
    ['AlarmTopicArn', TOPIC, true],
    ['AlarmTopicArn', TOPIC.replace('aws', 'aws-cn'), true],
    ['AlarmTopicArn', `${TOPIC}.fifo`, false],
    ['AlarmTopicArn', `${TOPIC},${TOPIC}`, false],
    ['AlarmTopicArn', 'alarms', false],
    ['PageTopicArn', '', true],
    ['PageTopicArn', TOPIC, true],
    ['PageTopicArn', `${TOPIC}.fifo`, false],
    ['TagBindings', 'allowed', true],
    ['TagBindings', 'ignored', true],
    ['TagBindings', 'true', false],
    ['TagBindings', '', false],
    ['RemovalBudgetPercent', '0', false],
    ['RemovalBudgetPercent', '1', true],
    ['RemovalBudgetPercent', '100', true],
    ['RemovalBudgetPercent', '101', false],
    ['EventBusName', '', true],
    ['EventBusName', 'default', true],
    ['EventBusName', 'aws.partner/example.com/1', true],
    ['EventBusName', 'e'.repeat(256), true],
    ['EventBusName', 'e'.repeat(257), false],
    ['EventBusName', 'arn:aws:events:eu-west-1:111122223333:event-bus/ops', false],
    ['SpokeAccountIds', '', true],
    ['SpokeAccountIds', '444455556666', true],
    ['SpokeAccountIds', '444455556666, 777788889999', true],
    ['SpokeAccountIds', '44445555666', false],
    ['SpokeAccountIds', '4444555566667', false],
    ['SpokeAccountIds', '444455556666 777788889999', false],
    ['SpokeRoleName', '', true],
    ['SpokeRoleName', 'alb-target-sync-spoke', true],
    ['SpokeRoleName', 'team/alb-target-sync-spoke', true],
    ['SpokeRoleName', 'arn:aws:iam::444455556666:role/reader', false],
    ['SpokeRoleName', 'a/b/c', true],
    ['SpokeRoleName', '/team/alb-target-sync-spoke', false],
    ['SpokeRoleName', '/alb-target-sync-spoke', false],
    ['SpokeRoleName', 'team/', false],
    ['SpokeRoleName', 'team//reader', false],
    ['SpokeRoleName', 'r'.repeat(64), true],
    ['SpokeRoleName', 'r'.repeat(65), false],
    ['SpokeRoleName', '*', false],
    ['SpokeExternalId', '', true],
    ['SpokeExternalId', 'i'.repeat(1_224), true],
    ['SpokeExternalId', 'i'.repeat(1_225), false],
    ['SpokeExternalId', 'two words', false],
    ['Architecture', 'arm64', true],
    ['Architecture', 'x86_64', true],
    ['Architecture', 'amd64', false],
    ['PermissionsBoundaryArn', '', true],
    ['PermissionsBoundaryArn', 'arn:aws:iam::111122223333:policy/team/boundary', true],
    ['PermissionsBoundaryArn', 'arn:aws-cn:iam::aws:policy/PowerUserAccess', true],
    ['PermissionsBoundaryArn', 'arn:aws:iam::111122223333:role/boundary', false],
    ['PermissionsBoundaryArn', 'boundary', false],
    ['RolePath', '/', true],
    ['RolePath', '/service/team/', true],
    ['RolePath', '/service', false],
    ['RolePath', 'service/', false],
    ['RolePath', '', false],
    ['SubnetIds', '', true],
    ['SubnetIds', 'subnet-01234567,subnet-0123456789abcdef0', true],
    ['SubnetIds', 'subnet-0123456', false],
    ['SubnetIds', 'sg-01234567', false],
    ['SecurityGroupIds', '', true],
    ['SecurityGroupIds', 'sg-01234567, sg-0123456789abcdef0', true],
    ['SecurityGroupIds', 'subnet-01234567', false],
    ['KmsKeyArn', '', true],
    ['KmsKeyArn', 'arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef', true],
    ['KmsKeyArn', 'arn:aws:kms:eu-west-1:111122223333:alias/mine', false],
    ['KmsKeyArn', '01234567-89ab-cdef-0123-456789abcdef', false],
    ['LogRetentionDays', '0', false],
    ['LogRetentionDays', '1', true],
    ['LogRetentionDays', '2', false],
    ['LogRetentionDays', '30', true],
    ['LogRetentionDays', '31', false],
    ['LogRetentionDays', '3653', true],
    ['LogRetentionDays', '3654', false],
  ])('%s: %j is accepted: %s', (name, text, expected) => {
    expect(accepts(name, text)).toBe(expected);
  });
});
