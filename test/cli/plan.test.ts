/** `plan` and `replay --against account`, talking HTTP to the simulated account: the check's answer, and no write. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { CLUSTER, type Deployment, GROUP, variablesOf } from '../../scripts/simulator/deployment.ts';
import { documentOf, listOf, runCommand, runHere } from './command-line.ts';
import { closeAccounts, ENV, HERE, LINE, MYSQL, openAccount, openAccountInStep, writesOf } from './simulated-account.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'plan-'));

afterEach(closeAccounts);
afterAll(() => rmSync(FOLDER, { recursive: true }));

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
  const told = records.map(({ kind, subject, message, command = null }) => ({ kind, subject, message, command }));
  return told.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

describe('plan', () => {
  it('answers as the check of the function does, from the outside, and writes nothing', async () => {
    const { deployment, endpoint } = await openAccount();
    const before = [...deployment.registered];
    const args = ['plan', '--json', ...HERE, '--cloud-map-service', MYSQL, '--bind', LINE, '--endpoint-url', endpoint];
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
    expect(changesOf(listOf(plan['changes']).filter(({ outcome }) => outcome === 'due'))).toEqual(changesOf(wouldChange));
    const found = [...listOf(groups), ...listOf(checks), ...listOf([configuration])].flatMap((each) =>
      listOf(each['findings']),
    );
    expect(found.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['foreign', 'mismatched']));
    expect(findingsOf(listOf(plan['findings']))).toEqual(findingsOf(found));
    expect(plan['failures']).toEqual([]);
    // Whoever names no stack has no log of its function to read.
    const OF_LOG = ['FilterLogEvents', 'logs.ListTagsForResource'];
    const ofCheck = [...deployment.account.calls].filter(([operation]) => !OF_LOG.includes(operation));
    expect(new Map(ofCheck)).toEqual(overHttp);
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
    const { deployment, endpoint } = await openAccount();
    const { code, stdout } = await runHere(['plan', ...HERE, '--bind', LINE, '--endpoint-url', endpoint], { env: ENV });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^3 changes would be made\.\n\nDue now\n.*\n {2}[+-] {2}10\.0\.0\.\d:8080 {2}web +task is/);
    expect(stdout).toContain('aws elbv2 deregister-targets');
    expect(stdout).toMatch(
      /Nothing was written: \d+ read calls, 0 write calls\. Read at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.\n$/,
    );
    // In full, an ARN stands only in a command to paste.
    expect(stdout.split('\n').filter((line) => line.includes('arn:aws:') && !line.startsWith('    aws '))).toEqual([]);
    expect(writesOf(deployment)).toBe(0);
  });

  it('takes binding from the tags, and everything from the deployed function where its settings are given', async () => {
    const { deployment, endpoint } = await openAccount();
    deployment.group.tags.set('alb-target-sync', LINE);
    const tagged = await runHere(['plan', '--json', ...HERE, '--endpoint-url', endpoint], { env: ENV });
    const settings = join(FOLDER, 'settings.json');
    const Variables = { CLUSTER_ARNS: CLUSTER, TARGET_GROUP_ARNS: GROUP, BINDINGS: '', MODE: 'enforce', LOG_LEVEL: 'INFO' };
    writeFileSync(settings, JSON.stringify({ FunctionName: 'sync', Environment: { Variables } }));
    const deployed = await runHere(['plan', '--json', '--settings', settings, '--endpoint-url', endpoint], { env: ENV });
    const { startedAt, endedAt, ...plan } = documentOf(tagged);
    expect(documentOf(deployed)).toEqual({ startedAt: expect.any(String), endedAt: expect.any(String), ...plan });
    expect(listOf(plan['changes'])).toHaveLength(3);
    expect(new Set([typeof startedAt, typeof endedAt])).toEqual(new Set(['string']));
  });

  it('finds what a deployed function finds by tag, and knows when somebody has paused it', async () => {
    const { deployment, service, endpoint } = await openAccount();
    const { group, account } = deployment;
    group.tags.set('alb-target-sync', LINE);
    account.logs.addGroup(LOG_GROUP);
    const empty = { clusters: [], targetGroups: [], cloudMapServices: [], binding: '' };
    const settings = join(FOLDER, 'discovering.json');
    const Variables = variablesOf({ ...deployment.settings, ...empty });
    writeFileSync(settings, JSON.stringify({ Environment: { Variables }, LoggingConfig: { LogGroup: LOG_GROUP } }));
    const args = ['plan', '--json', '--settings', settings, '--endpoint-url', endpoint];
    const plan = documentOf(await runHere(args, { env: ENV }));
    expect(listOf(plan['resources'])).toEqual([
      { type: 'target group', name: 'web', isRead: true, why: null },
      { type: 'Cloud Map service', name: 'srv-mysql', isRead: true, why: null },
    ]);
    expect(listOf(plan['changes']).map(({ outcome }) => outcome)).toEqual(['due', 'due', 'due']);
    expect(plan['calls']).toMatchObject({ ListLogGroupTags: 1, FilterLogEvents: 1 });
    account.logs.tagsOf(LOG_GROUP).set('alb-target-sync', 'paused');
    const paused = documentOf(await runHere(args, { env: ENV }));
    expect(listOf(paused['changes']).map(({ outcome, held }) => [outcome, held])).toEqual([
      ['held', 'paused'],
      ['held', 'paused'],
      ['held', 'paused'],
    ]);
    group.tags.clear();
    service.tags.clear();
    const nothing = await runHere(args, { env: ENV });
    expect([nothing.code, documentOf(nothing)['headline']]).toEqual([1, expect.stringContaining('has the tag')]);
  });

  it('finds what the deployed function finds, and nothing else', async () => {
    const nothing = { clusters: [], targetGroups: [], cloudMapServices: [], binding: '' };
    const { deployment, service, endpoint } = await openAccount(nothing);
    const { account, group, settings } = deployment;
    group.tags.set('alb-target-sync', LINE);
    account.elb.addGroup({ arn: targetGroupArn('second-line-only') }).tags.set('alb-target-sync:job', LINE);
    account.elb.addGroup({ arn: targetGroupArn('unread') }).tags.set('alb-target-sync', 'nonsense');
    service.tags.set('alb-target-sync:more', 'nonsense');
    const check = await deployment.invoke({ check: true });
    const { groups, checks, configuration } = isObject(check) ? check : {};
    const file = join(FOLDER, 'same.json');
    writeFileSync(file, JSON.stringify({ Environment: { Variables: variablesOf(settings) } }));
    const plan = documentOf(await runHere(['plan', '--json', '--settings', file, '--endpoint-url', endpoint], { env: ENV }));
    const wouldChange = listOf(groups).flatMap((each) => listOf(each['wouldChange']));
    expect(wouldChange).toHaveLength(3);
    expect(changesOf(listOf(plan['changes']))).toEqual(changesOf(wouldChange));
    const found = [...listOf(groups), ...listOf(checks), ...listOf([configuration])].flatMap((each) =>
      listOf(each['findings']),
    );
    expect(found.filter(({ kind }) => kind === 'wrong-line')).toHaveLength(2);
    expect(findingsOf(listOf(plan['findings']))).toEqual(findingsOf(found));
    expect(listOf(plan['resources']).map(({ name }) => name)).not.toContain('second-line-only');
  });

  it('knows by the record in the log of the function which late removals are its own', async () => {
    const { deployment, endpoint } = await openAccount();
    const { account, group } = deployment;
    // Beside a target of somebody else, every late removal would be left to people.
    account.elb.deregister(group, [{ id: '10.0.9.9', port: 8080, zone: undefined }]);
    group.deregistrationDelaySeconds = 1;
    await deployment.schedule();
    await deployment.pass(5_000);
    const [task] = account.ecs.tasks.values();
    if (task !== undefined) account.ecs.stop(task);
    await deployment.pass(30_000);
    const outcomes = async (LoggingConfig: object): Promise<unknown[]> => {
      const file = join(FOLDER, 'record.json');
      writeFileSync(file, JSON.stringify({ Environment: { Variables: variablesOf(deployment.settings) }, ...LoggingConfig }));
      const plan = documentOf(await runHere(['plan', '--json', '--settings', file, '--endpoint-url', endpoint], { env: ENV }));
      return listOf(plan['changes']).map(({ kind, outcome, held }) => [kind, outcome, held]);
    };
    expect(await outcomes({ LoggingConfig: { LogGroup: LOG_GROUP } })).toEqual([['deregister', 'due', null]]);
    expect(await outcomes({})).toEqual([['deregister', 'held', 'ownership is unknown']]);
  });

  it('ends with 0 where nothing would be changed', async () => {
    const { deployment, endpoint } = await openAccount();
    await deployment.schedule();
    await deployment.pass(30_000);
    const { code, stdout } = await runCommand(['plan', ...HERE, '--bind', LINE, '--endpoint-url', endpoint], { env: ENV });
    const headline = 'In step: nothing would be changed in 1 target group with 4 targets. 1 finding below.';
    expect([code, stdout.split('\n')[0]]).toEqual([0, headline]);
  });

  it('does not call in step what is only held', async () => {
    const { deployment, endpoint } = await openAccountInStep();
    // ECS keeps the group itself: what is missing there is held.
    deployment.account.ecs.addService(CLUSTER, 'app', [GROUP]);
    deployment.start(1);
    await deployment.pass(1_000);
    const args = ['plan', ...HERE, '--bind', LINE, '--endpoint-url', endpoint];
    const { code, stdout } = await runHere(args, { env: ENV });
    expect([code, stdout.split('\n')[0]]).toEqual([2, 'Nothing is due now, but 1 change would be held.']);
    expect(stdout).toMatch(/\nHeld\n.*\n {2}\+ .*task is running; held: ECS manages this group/);
    expect(documentOf(await runHere([...args, '--json'], { env: ENV }))).toMatchObject({
      verdict: 'differs',
      changes: [{ outcome: 'held', held: 'ECS manages this group' }],
    });
  });

  it('shows what mode=observe keeps from being made', async () => {
    const { endpoint } = await openAccount();
    const args = ['plan', ...HERE, '--bind', `${LINE} mode=observe`, '--endpoint-url', endpoint];
    const { code, stdout } = await runHere(args, { env: ENV });
    expect([code, stdout.split('\n')[0]]).toEqual([2, '3 changes would be made if the mode were not observe.']);
    expect(stdout).toMatch(/\nWould change \(observe\)\n.*\n {2}\+ /);
    expect(stdout).not.toContain('Due now');
  });

  it('writes a page that needs nothing else, and says where it is', async () => {
    const { endpoint } = await openAccount();
    const page = join(FOLDER, 'new', 'plan.html');
    const args = ['plan', ...HERE, '--bind', LINE, '--endpoint-url', endpoint, '--html', page];
    const { code, stdout } = await runHere(args, { env: ENV });
    expect([code, stdout]).toEqual([2, expect.stringContaining(`\nPage: ${page}\n`)]);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h1 class="differs">NOT in step: target group web</h1>');
    expect(html).toContain('3 changes would be made.');
    expect(html.match(/<tr><td data-head="Outcome">due</g)).toHaveLength(3);
    expect(html).toContain('aws elbv2 deregister-targets');
    expect(html).not.toMatch(/<link(?! rel="icon" href="data:,")|<[^>]+\ssrc=/);
  });

  it('tells a refusal of AWS, an endpoint that does not answer, and missing credentials apart', async () => {
    const { deployment, endpoint } = await openAccount();
    deployment.service.faults = (name) =>
      name === 'DescribeTasks' ? { kind: 'error', code: 'AccessDeniedException', status: 403 } : undefined;
    const plan = ['plan', ...HERE, '--bind', LINE, '--endpoint-url'];
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
    const { endpoint } = await openAccount();
    const credentials = join(FOLDER, 'credentials');
    writeFileSync(credentials, '[audit]\naws_access_key_id = simulated\naws_secret_access_key = simulated\n');
    const args = ['plan', ...HERE, '--bind', LINE, '--endpoint-url', endpoint, '--profile'];
    const env = { AWS_SHARED_CREDENTIALS_FILE: credentials };
    expect((await runHere([...args, 'audit'], { env })).code).toBe(2);
    expect((await runCommand([...args, 'other'], { env })).code).toBe(253);
  });
});

describe('what no option names', () => {
  /** A second cluster and more groups than two pages of tags hold, of which two have our tag. The function finds none by a second line. */
  async function crowdedAccount() {
    const opened = await openAccount();
    const { account, group } = opened.deployment;
    group.tags.set('alb-target-sync', `cluster=prod ${LINE}`);
    account.ecs.addService(clusterArn('test'), 'app');
    for (let each = 1; each <= 45; each += 1) account.elb.addGroup({ arn: targetGroupArn(`other-${each}`) });
    account.elb.addGroup({ arn: targetGroupArn('zz') }).tags.set('alb-target-sync', 'cluster=test service=app port=9090');
    account.elb.addGroup({ arn: targetGroupArn('yy') }).tags.set('alb-target-sync:job', 'cluster=test service=app port=9090');
    account.cloudMap.addService('arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-other', 'other');
    return opened;
  }

  it('is found: clusters, and groups and Cloud Map services with the tag; nothing is written', async () => {
    const { deployment, service, endpoint } = await crowdedAccount();
    service.tags.set('alb-target-sync', 'cluster=prod service=app');
    const args = ['plan', '--json', '--region', 'eu-west-1', '--endpoint-url', endpoint];
    const found = documentOf(await runHere(args, { env: ENV }));
    expect(listOf(found['resources'])).toEqual([
      { type: 'target group', name: 'web', isRead: true, why: null },
      { type: 'target group', name: 'zz', isRead: true, why: null },
      { type: 'Cloud Map service', name: 'srv-mysql', isRead: true, why: null },
    ]);
    const named = ['--cluster', CLUSTER, '--target-group', GROUP, '--cloud-map-service', MYSQL, '--bind', LINE];
    const same = documentOf(await runHere(['plan', '--json', ...named, '--endpoint-url', endpoint], { env: ENV }));
    expect(found['changes']).toEqual(same['changes']);
    expect(found['calls']).toMatchObject({ ListClusters: 1, GetResources: 1, DescribeTags: 1 });
    expect(writesOf(deployment)).toBe(0);
  });

  it('is found page by page', async () => {
    const { deployment, service, endpoint } = await crowdedAccount();
    service.tags.set('alb-target-sync', 'cluster=prod service=app');
    for (let each = 1; each <= 400; each += 1) deployment.account.elb.addGroup({ arn: targetGroupArn(`more-${each}`) });
    for (let each = 1; each <= 120; each += 1) deployment.account.ecs.addService(clusterArn(`cluster-${each}`), 'app');
    const args = ['plan', '--json', '--region', 'eu-west-1', '--endpoint-url', endpoint];
    const { calls, resources } = documentOf(await runHere(args, { env: ENV }));
    expect(calls).toMatchObject({ ListClusters: 2 });
    expect(listOf(resources).map(({ name }) => name)).toEqual(['web', 'zz', 'srv-mysql']);
  });

  it('is the groups that lines name, where there are lines', async () => {
    const { endpoint } = await crowdedAccount();
    const at = ['--region', 'eu-west-1', '--endpoint-url', endpoint];
    const line = 'target-group=web cluster=prod service=app port=8080';
    const { resources, changes } = documentOf(await runHere(['plan', '--json', '--bind', line, ...at], { env: ENV }));
    expect(listOf(resources).map(({ name }) => name)).toEqual(['web']);
    expect(listOf(changes)).toHaveLength(3);
    // Two clusters, and a line that does not say which.
    const vague = await runHere(['plan', '--bind', `target-group=web ${LINE}`, ...at], { env: ENV });
    expect([vague.code, vague.stderr]).toEqual([
      252,
      expect.stringMatching(/--bind, line 1.*cluster=prod or cluster=test\.$/m),
    ]);
  });

  it('is found by drift as well', async () => {
    const { service, endpoint } = await crowdedAccount();
    service.tags.set('alb-target-sync', 'cluster=prod service=app');
    const { resources, addresses } = documentOf(
      await runHere(['drift', '--json', '--region', 'eu-west-1', '--endpoint-url', endpoint], { env: ENV }),
    );
    expect(listOf(resources).map(({ name }) => name)).toEqual(['web', 'zz', 'srv-mysql']);
    expect(listOf(addresses).length).toBeGreaterThan(3);
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
    const { deployment, endpoint } = await openAccount();
    const args = ['--target-group', GROUP, '--bind', LINE, '--endpoint-url', endpoint];
    const ended = await runHere(['replay', '--against', 'account', '--json', ...args], {
      stdin: capture(deployment),
      env: ENV,
    });
    expect([ended.code, ended.stderr]).toEqual([2, '']);
    const { events, ...rest } = documentOf(ended);
    expect(listOf(events).map(({ reading, position }) => `${position}: ${reading}`)).toEqual([
      'line 1: hint',
      'line 2: unreadable',
    ]);
    const plan = documentOf(await runHere(['plan', '--json', '--cluster', CLUSTER, ...args], { env: ENV }));
    expect(rest).toMatchObject({ command: 'replay --against account', changes: plan['changes'], findings: plan['findings'] });
    expect(Object.keys(rest)).toEqual(Object.keys(plan));
    expect(writesOf(deployment)).toBe(0);
  });

  it('tells it in words, and is strict where asked', async () => {
    const { deployment, endpoint } = await openAccount();
    const args = ['replay', '--against', 'account', '--target-group', GROUP, '--bind', LINE, '--endpoint-url', endpoint];
    const { code, stdout } = await runHere(args, { stdin: capture(deployment), env: ENV });
    expect(code).toBe(2);
    expect(stdout).toContain('a place to look: the task is said to be RUNNING, wanted RUNNING');
    expect(stdout).toContain('3 changes would be made');
    expect(stdout).toMatch(/- line 2 +it is text/);
    expect((await runHere([...args, '--strict'], { stdin: capture(deployment), env: ENV })).code).toBe(1);
  });

  it('finds the target groups where none are named', async () => {
    const { deployment, endpoint } = await openAccount();
    deployment.group.tags.set('alb-target-sync', LINE);
    const args = ['replay', '--against', 'account', '--endpoint-url', endpoint];
    const { code, stdout } = await runHere(args, { stdin: capture(deployment), env: ENV });
    expect([code, stdout]).toEqual([
      2,
      expect.stringMatching(
        /^3 changes would be made, 2 instances in Cloud Map differ\. NOT READ: 1 of 2 events of the capture\.\n/,
      ),
    ]);
  });
});
