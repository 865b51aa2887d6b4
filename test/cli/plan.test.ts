/** `plan` and `replay --against account`, talking HTTP to the simulated account: the check's answer, and no write. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { planCommand } from '../../scripts/cli/plan/command.ts';
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import { inProcess } from '../../scripts/simulator/backends.ts';
import { CLUSTER, Deployment, GROUP } from '../../scripts/simulator/deployment.ts';
import { present } from '../../scripts/simulator/ecs.ts';
import { HttpDoor } from '../../scripts/simulator/http.ts';
import { type Ended, runCommand, runHere } from './command-line.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'plan-'));
const MYSQL = cloudMapServiceArn('mysql');
const WIRE = 'service=app port=8080';
const HERE = ['--cluster', CLUSTER, '--target-group', GROUP];
const ENV = { AWS_ACCESS_KEY_ID: 'simulated', AWS_SECRET_ACCESS_KEY: 'simulated' };
const doors: HttpDoor[] = [];

afterEach(async () => {
  for (const door of doors.splice(0)) await door.close();
});
afterAll(() => rmSync(FOLDER, { recursive: true }));

/**
 * One task is registered, two are not, one that is told to stop still is, and there is a target that none of them explains; of
 * the Cloud Map service's two instances, one has another address than its task.
 */
async function account(): Promise<{ readonly deployment: Deployment; readonly endpoint: string }> {
  const deployment = new Deployment({ settings: { binding: WIRE, cloudMapServices: [MYSQL] } }).use(inProcess());
  deployment.deliver = () => undefined;
  const service = deployment.account.cloudMap.addService(MYSQL, 'mysql');
  service.tags.set('alb-target-sync', 'service=app');
  const [first, second, , leaving] = deployment.start(4);
  await deployment.pass(1_000);
  const registered = [first, leaving].map((task) => (task === undefined ? '' : (present(task).ipv4 ?? '')));
  deployment.account.elb.register(
    deployment.group,
    [...registered, '10.0.9.9'].map((id) => ({ id, port: 8080, zone: undefined })),
  );
  for (const [task, ip] of [
    [first, registered[0]],
    [second, '10.0.9.8'],
  ] as const) {
    deployment.account.cloudMap.register(service, task?.id ?? '', { AWS_INSTANCE_IPV4: ip ?? '', ECS_SERVICE_NAME: 'app' });
  }
  await deployment.pass(70_000);
  if (leaving !== undefined) deployment.account.ecs.change(leaving, { desired: 'STOPPED', last: 'STOPPING' });
  await deployment.pass(100);
  const door = new HttpDoor(deployment.service);
  doors.push(door);
  return { deployment, endpoint: await door.open() };
}

function writesOf({ account: { calls } }: Deployment): number {
  const writes = [...calls].filter(([operation]) => !/^(Describe|List|Get)/.test(operation));
  return writes.reduce((sum, [, count]) => sum + count, 0);
}

function documentOf({ stdout }: Ended): JsonObject {
  const document: unknown = JSON.parse(stdout);
  if (!isObject(document)) throw new Error(`expected an object: ${stdout.slice(0, 100)}`);
  return document;
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The fields that both answers have, in one order. */
function changesOf(records: readonly JsonObject[]): unknown[] {
  const told = records.map(({ kind, targetGroup, ip, port, because, taskArn }) => ({
    kind,
    targetGroup,
    ip,
    port,
    because,
    taskArn,
  }));
  return told.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function findingsOf(records: readonly JsonObject[]): unknown[] {
  const told = records.map(({ kind, subject, message, command }) => ({ kind, subject, message, command }));
  return told.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

describe('plan', () => {
  it('answers as the check of the function does, from the outside, and writes nothing', async () => {
    const { deployment, endpoint } = await account();
    const before = [...deployment.registered];
    const args = ['plan', '--json', ...HERE, '--cloud-map-service', MYSQL, '--bind', WIRE, '--endpoint-url', endpoint];
    const ended = await runHere(args, { env: ENV });
    expect([ended.code, ended.stderr]).toEqual([2, '']);
    const plan = documentOf(ended);
    const overHttp = new Map(deployment.account.calls);
    expect(plan['calls']).toEqual(Object.fromEntries([...overHttp].sort()));
    expect([writesOf(deployment), deployment.registered]).toEqual([0, before]);

    deployment.account.calls.clear();
    const check = await deployment.invoke({ check: true });
    const { groups, checks, configuration } = isObject(check) ? check : {};
    const wouldChange = listOf(groups).flatMap((group) => listOf(group['wouldChange']));
    expect(wouldChange).toHaveLength(3);
    expect(changesOf(listOf(plan['changes']).filter(({ held }) => held === undefined))).toEqual(changesOf(wouldChange));
    const found = [...listOf(groups), ...listOf(checks), ...listOf([configuration])].flatMap((each) =>
      listOf(each['findings']),
    );
    expect(found.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['foreign', 'mismatched']));
    expect(findingsOf(listOf(plan['findings']))).toEqual(findingsOf(found));
    expect(plan['failures']).toEqual([]);
    expect(deployment.account.calls).toEqual(overHttp);
    expect(
      listOf(plan['targets'])
        .map(({ ip, state }) => `${ip} ${state}`)
        .sort(),
    ).toEqual(
      deployment.account.elb
        .view(deployment.group)
        .map(({ target, state }) => `${target.id} ${state}`)
        .sort(),
    );
  });

  it('tells the same as a table, the answer first, and that nothing was written', async () => {
    const { deployment, endpoint } = await account();
    const { code, stdout } = await runHere(['plan', ...HERE, '--bind', WIRE, '--endpoint-url', endpoint], { env: ENV });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^3 changes would be made\n {2}[+-] {2}10\.0\.0\.\d:8080 {2}web {2}task is/);
    expect(stdout).toContain('aws elbv2 deregister-targets');
    expect(stdout).toMatch(/Nothing was written: \d+ read calls, 0 write calls\.\n$/);
    expect(writesOf(deployment)).toBe(0);
  });

  it('takes binding from the tags, and everything from the deployed function where its settings are given', async () => {
    const { deployment, endpoint } = await account();
    deployment.group.tags.set('alb-target-sync', WIRE);
    const tagged = await runHere(['plan', '--json', ...HERE, '--endpoint-url', endpoint], { env: ENV });
    const settings = join(FOLDER, 'settings.json');
    const Variables = { CLUSTER_ARNS: CLUSTER, TARGET_GROUP_ARNS: GROUP, BINDINGS: '', MODE: 'enforce', LOG_LEVEL: 'INFO' };
    writeFileSync(settings, JSON.stringify({ FunctionName: 'sync', Environment: { Variables } }));
    const deployed = await runHere(['plan', '--json', '--settings', settings, '--endpoint-url', endpoint], { env: ENV });
    expect(deployed).toEqual(tagged);
    expect(listOf(documentOf(tagged)['changes'])).toHaveLength(3);
  });

  it('ends with 0 where nothing would be changed', async () => {
    const { deployment, endpoint } = await account();
    await deployment.schedule();
    await deployment.pass(30_000);
    const { code, stdout } = await runCommand(['plan', ...HERE, '--bind', WIRE, '--endpoint-url', endpoint], { env: ENV });
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'In step: nothing would be changed.']);
  });

  it('tells a refusal of AWS, an endpoint that does not answer, and missing credentials apart', async () => {
    const { deployment, endpoint } = await account();
    deployment.service.faults = (name) =>
      name === 'DescribeTasks' ? { kind: 'error', code: 'AccessDeniedException', status: 403 } : undefined;
    const plan = ['plan', ...HERE, '--bind', WIRE, '--endpoint-url'];
    const refused = await runHere([...plan, endpoint], { env: ENV });
    expect([refused.code, refused.stderr]).toEqual([254, expect.stringMatching(/DescribeTasks.*AccessDenied/s)]);
    const silent = await runHere([...plan, 'http://127.0.0.1:9'], { env: ENV });
    expect([silent.code, silent.stderr]).toEqual([254, expect.stringContaining('ECONNREFUSED')]);
    const nobody = await runHere([...plan, endpoint]);
    expect([nobody.code, nobody.stderr]).toEqual([253, expect.stringContaining('redentials')]);
    for (const { stderr } of [refused, silent, nobody]) expect(stderr).not.toMatch(/^ {4}at /m);
    expect(writesOf(deployment)).toBe(0);
  });

  it('takes the credentials of a profile', async () => {
    const { endpoint } = await account();
    const credentials = join(FOLDER, 'credentials');
    writeFileSync(credentials, '[audit]\naws_access_key_id = simulated\naws_secret_access_key = simulated\n');
    const args = ['plan', ...HERE, '--bind', WIRE, '--endpoint-url', endpoint, '--profile'];
    const env = { AWS_SHARED_CREDENTIALS_FILE: credentials };
    expect((await runHere([...args, 'audit'], { env })).code).toBe(2);
    expect((await runCommand([...args, 'other'], { env })).code).toBe(253);
  });

  it.each([
    [[], 'CLUSTER_ARNS is empty; expected at least one cluster ARN'],
    [['--cluster', 'prod', '--target-group', GROUP], 'CLUSTER_ARNS has "prod"'],
    [[...HERE, '--bind', 'service=app'], 'In --bind, line 1, "(no port=)" cannot be used'],
    [
      [...HERE, '--settings', '/dev/null'],
      '/dev/null is not JSON; expected the output of aws lambda get-function-configuration',
    ],
    [[...HERE, '--output', 'json'], "Unknown option '--output'. What there is: alb-target-sync plan --help"],
  ])('refuses %j with 252', async (args, expected) => {
    await expect(planCommand(args)).rejects.toMatchObject({ code: 252, message: expect.stringContaining(expected) });
  });
});

describe('replay --against account', () => {
  /** What the event of the account's second task tells. */
  function capture(deployment: Deployment): string {
    const [, task] = deployment.account.ecs.tasks.values();
    const detail = {
      taskArn: task?.arn,
      clusterArn: CLUSTER,
      group: 'service:app',
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      version: 3,
    };
    return `${JSON.stringify({ id: '1', source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail })}\nlost words\n`;
  }

  it('tells what the events are taken for and what a pass would change now, in one document', async () => {
    const { deployment, endpoint } = await account();
    const args = ['--target-group', GROUP, '--bind', WIRE, '--endpoint-url', endpoint];
    const ended = await runHere(['replay', '--against', 'account', '--json', ...args], {
      stdin: capture(deployment),
      env: ENV,
    });
    expect([ended.code, ended.stderr]).toEqual([2, '']);
    const { events, changes, ...rest } = documentOf(ended);
    expect(listOf(events).map(({ reading, position }) => `${position}: ${reading}`)).toEqual([
      'line 1: hint',
      'line 2: unreadable',
    ]);
    const plan = documentOf(await runHere(['plan', '--json', '--cluster', CLUSTER, ...args], { env: ENV }));
    expect({ mode: 'plan', changes, ...rest }).toEqual(plan);
    expect(writesOf(deployment)).toBe(0);
  });

  it('tells it in words, and is strict where asked', async () => {
    const { deployment, endpoint } = await account();
    const args = ['replay', '--against', 'account', '--target-group', GROUP, '--bind', WIRE, '--endpoint-url', endpoint];
    const { code, stdout } = await runHere(args, { stdin: capture(deployment), env: ENV });
    expect(code).toBe(2);
    expect(stdout).toContain('a place to look: the task is said to be RUNNING, wanted RUNNING');
    expect(stdout).toContain('3 changes would be made');
    expect(stdout).toContain('line 2  it is text');
    expect((await runHere([...args, '--strict'], { stdin: capture(deployment), env: ENV })).code).toBe(1);
  });

  it('asks for the target groups where none are named', async () => {
    const { deployment } = await account();
    const { code, stderr } = await runHere(['replay', '--against', 'account'], { stdin: capture(deployment), env: ENV });
    expect([code, stderr]).toEqual([252, expect.stringContaining('TARGET_GROUP_ARNS')]);
    expect(stderr).not.toContain('CLUSTER_ARNS is empty');
  });
});
