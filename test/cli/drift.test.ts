/** `npm run drift`: the rows, the limits, and the command itself on the simulated account. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { densityOf } from '../../scripts/cli/drift/density.ts';
import {
  findDenseInstances,
  findFullGroups,
  findFullServices,
  findSlowChecks,
  findUnchecked,
  findUnusedTargets,
  type GroupSettings,
  type ServiceSettings,
} from '../../scripts/cli/drift/limits.ts';
import { rowsOf, type Sides } from '../../scripts/cli/drift/rows.ts';
import { cloudMapArn, groupArn, runningTask, stoppedTask, target } from '../support/values.ts';
import { documentOf, listOf, runHere } from './command-line.ts';
import { closeAccounts, ENV, HERE, LINE, MYSQL, openAccountInStep } from './simulated-account.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'drift-'));

afterAll(() => rmSync(FOLDER, { recursive: true }));

function drift(...args: readonly string[]) {
  return runHere(['drift', ...args]);
}

describe('the command on the simulated account', () => {
  it('tells one row per address and every kind of difference, and writes nothing', async () => {
    const { code, stdout } = await drift('--simulated', '--json');
    expect(code).toBe(2);
    const { addresses, findings, failures, verdict, resources } = documentOf({ stdout });
    const found = listOf(findings).map(({ kind }) => kind);
    expect(new Set(found)).toEqual(
      new Set(['foreign', 'missing', 'mismatched', 'draining', 'unchecked', 'limit', 'drain-time']),
    );
    expect([verdict, failures]).toEqual(['differs', []]);
    expect(listOf(resources).map(({ isRead }) => isRead)).toEqual([true, true]);
    const all = listOf(addresses).map(({ address }) => address);
    expect(new Set(all).size).toBe(all.length);
    expect(listOf(addresses).filter(({ differs }) => differs === '')).toHaveLength(2);
    for (const { kind, command } of listOf(findings)) expect([kind, command]).toEqual([kind, expect.stringMatching(/^aws /)]);
  });

  it('tells people the same in a table, with the age where it is known', async () => {
    const { code, stdout } = await drift('--simulated');
    expect(code).toBe(2);
    expect(stdout).toMatch(/^6 of 8 addresses differ\.\n/);
    expect(stdout).toMatch(/10\.0\.0\.9 .*5 min +mismatched; resolvable for 6 min in all/);
    expect(stdout).toMatch(/10\.0\.0\.7 .*seen 10 s +missing/);
    expect(stdout).toContain('0 write calls');
    expect(stdout.split('\n').filter((line) => line.includes('arn:aws:') && !line.startsWith('    aws '))).toEqual([]);
  });

  it('shows one task on one screen: interface, address, targets and instances', async () => {
    const id = '00000000000000000000000000000001';
    const { stdout } = await drift('--simulated', '--task', id);
    expect(stdout).toContain('interface  eni-');
    expect(stdout).toContain('addresses  10.0.0.5');
    expect(stdout).toContain('targets    healthy web:8080');
    expect(stdout).toContain('instances  app: 10.0.0.5');
    expect(stdout).toContain('Task, target and instance agree.');
  });

  it('writes a page with every address', async () => {
    const page = join(FOLDER, 'drift.html');
    const { code, stdout } = await drift('--simulated', '--html', page);
    expect([code, stdout]).toEqual([2, expect.stringContaining(`\nPage: ${page}\n`)]);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h1 class="differs">NOT in step: target group web</h1>');
    expect(html).toContain('6 of 8 addresses differ.');
    expect(html.match(/<tr><td data-head="address">10\.0\.[\d.]+</g)).toHaveLength(8);
  });
});

describe('the command on an account', () => {
  afterEach(closeAccounts);

  it('says in step where everything was read and nothing was found', async () => {
    const { endpoint, service } = await openAccountInStep();
    const args = [...HERE, '--cloud-map-service', MYSQL, '--bind', LINE, '--endpoint-url', endpoint];
    const { code, stdout } = await runHere(['drift', ...args], { env: ENV });
    const headline = 'In step: 2 addresses in 1 target group and 1 Cloud Map service, no differences.';
    expect([code, stdout.split('\n')[0]]).toEqual([0, headline]);
    // An advice is not a difference, but somebody should see it.
    Object.assign(service, { healthCheck: 'none' });
    const advised = await runHere(['drift', ...args], { env: ENV });
    expect([advised.code, advised.stdout.split('\n')[0]]).toEqual([
      2,
      'In step: 2 addresses in 1 target group and 1 Cloud Map service, no differences; 1 finding below.',
    ]);
  });

  it('does not say that a task agrees of which not everything was read', async () => {
    const { endpoint, deployment } = await openAccountInStep();
    const [task] = deployment.account.ecs.tasks.values();
    deployment.service.faults = (name) =>
      name === 'DescribeTargetHealth' ? { kind: 'error', code: 'AccessDenied', status: 403 } : undefined;
    const args = [...HERE, '--cloud-map-service', MYSQL, '--bind', LINE, '--endpoint-url', endpoint, '--task', task?.id ?? ''];
    const { code, stdout } = await runHere(['drift', ...args], { env: ENV });
    expect([code, stdout]).toEqual([254, expect.stringContaining('NOT READ')]);
    expect(stdout).not.toContain('agree.');
  });
});

const NOTHING: Sides = { tasks: [], groups: [], services: [], findings: [], planned: [], beganMs: 90_000, nowMs: 100_000 };

describe('a row', () => {
  it('joins what the three say of one address, and agrees where nothing was found', () => {
    const sides: Sides = {
      ...NOTHING,
      tasks: [
        runningTask('t2', '10.0.0.10'),
        runningTask('t1', '10.0.0.9'),
        stoppedTask('t0', '10.0.0.9'),
        stoppedTask('t3', '10.0.0.3'),
      ],
      groups: [{ group: 'web', targets: [target('10.0.0.9'), target('10.0.0.9', 'initial', { port: 9090 })] }],
      services: [
        {
          service: 'app',
          instances: [{ id: 't1', ipv4: runningTask('t1', '10.0.0.9').ipv4, ipv6: undefined, port: 3306, ofEcs: true }],
          health: new Map([['t1', 'UNHEALTHY']]),
          ttlSeconds: 60,
        },
      ],
    };
    expect(rowsOf(sides)).toMatchObject([
      {
        address: '10.0.0.9',
        task: 't1 running',
        target: 'healthy web:8080, initial web:9090',
        instance: 't1:3306 app unhealthy',
        differs: '',
      },
      { address: '10.0.0.10', task: 't2 running', target: '-', instance: '-', differs: '' },
    ]);
  });

  it('is resolvable for as long as it has been wrong, and as long as clients keep it', () => {
    const stale = { kind: 'stale' as const, subject: 't1', message: '', address: '10.0.0.9', instance: 't1', sinceMs: 40_000 };
    const instances = [{ id: 't1', ipv4: runningTask('t1', '10.0.0.9').ipv4, ipv6: undefined, port: undefined, ofEcs: true }];
    const row = (ttlSeconds: number | undefined) =>
      rowsOf({ ...NOTHING, findings: [stale], services: [{ service: 'app', instances, health: new Map(), ttlSeconds }] })[0];
    expect(row(300)).toMatchObject({ differs: 'stale', sinceSeconds: 60, isSinceKnown: true, resolvableSeconds: 360 });
    expect(row(0)).toMatchObject({ resolvableSeconds: 60 });
    expect(row(undefined)).toMatchObject({ resolvableSeconds: undefined });
  });

  it('does not know how old a difference is that nobody had looked for before', () => {
    const finding = { kind: 'missing' as const, subject: 'x', message: '', address: '10.0.0.9' };
    const row = (sinceMs: number) => rowsOf({ ...NOTHING, findings: [{ ...finding, sinceMs }] })[0];
    expect(row(89_999)).toMatchObject({ isSinceKnown: true });
    expect(row(90_000)).toMatchObject({ isSinceKnown: false });
  });

  it('of a target or a planned change is found by its address, which must not be the beginning of another', () => {
    const finding = { kind: 'foreign' as const, subject: '10.0.0.10:8080', message: '' };
    const targets = [target('10.0.0.1'), target('10.0.0.10')];
    const rows = rowsOf({
      ...NOTHING,
      groups: [{ group: 'web', targets }],
      findings: [finding],
      planned: [{ ip: '10.0.0.1', what: 'no target' }],
    });
    expect(rows.map(({ address, differs }) => [address, differs])).toEqual([
      ['10.0.0.1', 'no target'],
      ['10.0.0.10', 'foreign'],
    ]);
  });
});

describe('the density of container instances', () => {
  it.each([
    ['c5.large', 2, 10],
    ['m5.8xlarge', 7, 60],
    ['m6i.8xlarge', 7, 90],
    ['m6i.12xlarge', 7, 120],
    ['c6g.medium', 1, 4],
    ['c6in.32xlarge', 13, 120],
    ['m6i.32xlarge', 14, 120],
    ['c5.metal', 14, undefined],
    ['t3.large', 2, undefined],
    ['t3a.small', 1, undefined],
    ['t4g.small', 2, undefined],
  ])('%s: %s without trunking, %s with it', (type, plain, trunked) => {
    expect(densityOf(type)).toEqual({ plain, trunked });
  });

  it('is not guessed', () => {
    expect(densityOf('x9.large')).toBeUndefined();
    expect(densityOf('c5.tiny')).toBeUndefined();
    expect(densityOf('')).toBeUndefined();
  });

  it('is told from four fifths on, with what would help', () => {
    const found = (type: string, hasTrunk: boolean, tasks: number) => findDenseInstances([{ arn: 'i', type, hasTrunk, tasks }]);
    expect(found('c5.large', true, 7)).toEqual([]);
    expect(found('c5.large', true, 8)).toMatchObject([
      { kind: 'limit', command: undefined, message: expect.stringContaining('takes 10') },
    ]);
    expect(found('c5.large', false, 1)).toEqual([]);
    expect(found('c5.large', false, 2)).toMatchObject([{ command: expect.stringContaining('awsvpcTrunking') }]);
    expect(found('t3.large', false, 2)).toMatchObject([
      { command: undefined, message: expect.stringContaining('larger type') },
    ]);
    expect(found('x9.large', false, 99)).toEqual([]);
  });
});

const GROUP: GroupSettings = {
  name: 'web',
  arn: groupArn(),
  loadBalancers: [{ arn: 'lb', zones: ['eu-west-1a'] }],
  healthIntervalSeconds: 10,
  healthTimeoutSeconds: 5,
  unhealthyThreshold: 2,
  targets: [],
  zones: new Map(),
};
const SERVICE: ServiceSettings = {
  service: cloudMapArn(),
  id: 'srv-mysql',
  name: 'mysql',
  namespaceId: 'ns-1',
  ttlSeconds: 60,
  records: [{ type: 'A', ttl: 60 }],
  hasHealthCheck: true,
  isManaged: false,
  createdAtMs: 5,
  instances: 0,
  inNamespace: 0,
};

describe('quotas', () => {
  it('are told from four fifths on', () => {
    const group = (count: number) =>
      findFullGroups([
        { ...GROUP, targets: Array.from({ length: count }, (_, each) => target(`10.0.${each >> 8}.${each & 255}`)) },
      ]);
    expect(group(799)).toEqual([]);
    expect(group(800)).toMatchObject([{ kind: 'limit', subject: 'web' }]);
    const service = (instances: number, inNamespace: number) =>
      findFullServices([{ ...SERVICE, instances, inNamespace }]).map(({ subject }) => subject);
    expect(service(799, 1_599)).toEqual([]);
    expect(service(800, 0)).toEqual([cloudMapArn()]);
    expect(service(0, 1_600)).toEqual(['ns-1']);
  });
});

describe('targets that get no traffic', () => {
  const unused = target('10.0.0.9', 'unused', { reason: 'Target.NotInUse' });
  const found = (words: Partial<GroupSettings>) => findUnusedTargets({ ...GROUP, targets: [unused], ...words })[0];

  it('lack a listener, a zone, or something that is not known', () => {
    expect(found({ loadBalancers: [] })).toMatchObject({
      command: expect.stringContaining('create-listener'),
      message: expect.stringContaining('no listener'),
    });
    expect(found({ zones: new Map([['10.0.0.9', 'eu-west-1c']]) })).toMatchObject({
      message: expect.stringContaining('not enabled in eu-west-1c'),
    });
    expect(found({ zones: new Map([['10.0.0.9', 'eu-west-1a']]) })).toMatchObject({ command: undefined });
    expect(found({})).toMatchObject({ command: undefined });
    expect(found({ targets: [target('10.0.0.9', 'unused', { reason: 'Target.NotInUse', zone: 'all' })] })).toMatchObject({
      command: undefined,
    });
    expect(found({ targets: [target('10.0.0.9')] })).toBeUndefined();
  });
});

describe('health checks', () => {
  const kinds = (words: Partial<GroupSettings>, stopTimeouts: readonly number[] = [30]) =>
    findSlowChecks({ ...GROUP, ...words }, stopTimeouts).map(({ message }) => message.split(' ')[0]);

  it('are too slow where the first one may come after ECS has stopped the old tasks', () => {
    expect(kinds({ healthIntervalSeconds: 34, unhealthyThreshold: 0 })).toEqual([]);
    expect(kinds({ healthIntervalSeconds: 35, unhealthyThreshold: 0 })).toEqual(['Health']);
  });

  it('are too slow where they notice a dead task only after it has been killed', () => {
    expect(kinds({ healthIntervalSeconds: 15 })).toEqual([]);
    expect(kinds({ healthIntervalSeconds: 16 })).toEqual(['A']);
    expect(kinds({ healthIntervalSeconds: 15 }, [120, 20])).toEqual(['A']);
    expect(kinds({ healthIntervalSeconds: 16 }, [])).toEqual([]);
  });
});

describe('a Cloud Map service without health check', () => {
  it('is told since it was made, with the command that makes another one', () => {
    const command =
      'aws servicediscovery create-service --name mysql-checked --namespace-id ns-1 ' +
      "--dns-config 'DnsRecords=[{Type=A,TTL=60}]' --health-check-custom-config FailureThreshold=1";
    expect(findUnchecked([{ ...SERVICE, hasHealthCheck: false }])).toMatchObject([{ kind: 'unchecked', sinceMs: 5, command }]);
    expect(findUnchecked([{ ...SERVICE, hasHealthCheck: false, records: [] }])[0]?.command).not.toContain('dns-config');
  });

  it('is no finding where Service Connect looks after it, or where it has one', () => {
    expect(findUnchecked([SERVICE, { ...SERVICE, hasHealthCheck: false, isManaged: true }])).toEqual([]);
  });
});
