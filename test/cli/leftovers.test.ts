/** `leftovers`, talking HTTP to the simulated account: both possible owners of each target, what it looks like, and no write. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../functions/core/json.ts';
import { clusterArn } from '../../scripts/simulator/account.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { CLUSTER, type Deployment, GROUP, type SettingsText } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import type { Fault } from '../../scripts/simulator/faults.ts';
import { documentOf, type Ended, listOf, runHere } from './command-line.ts';
import { stackText } from './deployed-stack.ts';
import { closeAccounts, ENV, HERE, LINE, newAccount, open, writesOf } from './simulated-account.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'leftovers-'));
const BATCH = clusterArn('batch');
const STRANGER = '10.0.9.9';

let deployment: Deployment;
let endpoint: string;

/** Two tasks that the function itself has registered, 190 s ago. */
beforeEach(async () => {
  const made = newAccount(280_000);
  deployment = made.deployment;
  deployment.account.logs.addGroup(LOG_GROUP);
  deployment.start(2);
  await deployment.pass(1_000);
  await deployment.schedule();
  await deployment.pass(89_000);
  ({ endpoint } = await open(made));
});
afterEach(closeAccounts);
afterAll(() => rmSync(FOLDER, { recursive: true }));

function leftovers(...args: readonly string[]): Promise<Ended> {
  return leftoversOf({}, ...args);
}

/** Of a stack whose settings have been changed since the function ran. */
function leftoversOf(settings: Partial<SettingsText>, ...args: readonly string[]): Promise<Ended> {
  const file = join(FOLDER, 'stack.json');
  writeFileSync(file, stackText({ settings: { ...deployment.settings, ...settings } }));
  return runHere(['leftovers', '--settings', file, '--endpoint-url', endpoint, ...args], { env: ENV });
}

async function listed(...args: readonly string[]): Promise<JsonObject[]> {
  return listOf(documentOf(await leftovers('--json', ...args))['leftovers']);
}

function first(): TaskRecord {
  const [task] = deployment.account.ecs.tasks.values();
  if (task === undefined) throw new Error('no task');
  return task;
}

function ipOf(task: TaskRecord): string {
  return task.history.findLast(({ ipv4 }) => ipv4 !== undefined)?.ipv4 ?? '';
}

/** Somebody registers an address for which nothing answers, and the function sees it. */
async function addStranger(): Promise<void> {
  deployment.account.elb.register(deployment.group, [{ id: STRANGER, port: 8080, zone: undefined }]);
  await deployment.schedule();
  await deployment.pass(30_000);
}

/** A task of ours stops while the function is down. */
async function lose(task: TaskRecord): Promise<void> {
  deployment.account.ecs.stop(task);
  await deployment.pass(60_000);
}

function remove(ip: string): string {
  return `aws elbv2 deregister-targets --target-group-arn ${GROUP} --targets Id=${ip},Port=8080,AvailabilityZone=eu-west-1a`;
}

/** The targets of a command come in the order in which ELB has them. */
function sorted(command: string): string[] {
  return command.split(' ').sort();
}

describe('leftovers', () => {
  it('has none where a task explains every target, and asks nobody about addresses', async () => {
    const { code, stdout } = await leftovers();
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'No leftovers: a task explains every target of 1 target group.']);
    expect([deployment.account.calls.get('ListClusters'), writesOf(deployment)]).toEqual([undefined, 1]);
  });

  it('leaves out what the function removes by itself: the target of a stopped task in a group of our own', async () => {
    await lose(first());
    expect(await listed()).toEqual([]);
  });

  it('tells a stranger that answers to nobody, since when the log knows it, and removes nothing', async () => {
    await addStranger();
    const before = [writesOf(deployment), deployment.registered];
    const ended = await leftovers();
    expect([ended.code, ended.stderr]).toEqual([2, '']);
    expect(ended.stdout).toMatch(
      /^1 target left to you: 1 left behind\.\n\n10\.0\.9\.9:8080 in web: left behind \(foreign, unhealthy /,
    );
    expect(ended.stdout).toContain('registered for: nothing says so');
    expect(ended.stdout).toContain('has the address now: no task of a cluster that was read');
    expect(ended.stdout).toContain(`\n    ${remove(STRANGER)}\n`);
    const [stranger] = await listed();
    expect(stranger).toMatchObject({ kind: 'foreign', state: 'unhealthy', ourTask: null, holders: [], looks: 'left behind' });
    // Seen by the function, and not by this look.
    const sinceMs = Date.parse(String(stranger?.['since']));
    expect(deployment.clock.now() - sinceMs).toBeGreaterThan(29_000);
    expect(deployment.clock.now() - sinceMs).toBeLessThan(32_000);
    expect([writesOf(deployment), deployment.registered]).toEqual(before);
  });

  it('names both possible owners of a target that is held as unproven in a shared group', async () => {
    await addStranger();
    const task = first();
    const ip = ipOf(task);
    await lose(task);
    const [unproven] = (await listed()).filter((each) => each['ip'] === ip);
    expect(unproven).toMatchObject({
      kind: 'unproven',
      targetGroup: 'web',
      port: 8080,
      state: 'unhealthy',
      ourTask: task.arn,
      holders: [],
      looks: 'left behind',
      command: remove(ip),
    });
    const both = `--targets Id=${STRANGER},Port=8080,AvailabilityZone=eu-west-1a Id=${ip},Port=8080,AvailabilityZone=eu-west-1a`;
    const [all, ...others] = [documentOf(await leftovers('--json'))['commands']].flat();
    expect([others, sorted(String(all))]).toEqual([
      [],
      sorted(`aws elbv2 deregister-targets --target-group-arn ${GROUP} ${both}`),
    ]);
    expect((await leftovers()).stdout).toContain(`\nAll that look left behind\n    ${String(all)}\n`);
    const { stoppingAtMs = 0, stoppedAtMs = 0 } = present(task);
    const sinceMs = Date.parse(String(unproven?.['since']));
    expect([sinceMs >= stoppingAtMs, sinceMs <= stoppedAtMs]).toEqual([true, true]);

    // Somebody of another cluster has the address by now.
    const { ecs } = deployment.account;
    ecs.clusters.add(BATCH);
    const [other] = deployment.start(1, { clusterArn: BATCH, group: 'family:report', definition: 'report:3', ipv4: ip });
    await deployment.pass(30_000);
    const [used] = (await listed()).filter((each) => each['ip'] === ip);
    expect(used).toMatchObject({ state: 'healthy', ourTask: task.arn, looks: 'in use' });
    expect(used?.['holders']).toEqual([{ taskArn: other?.arn, group: 'family:report', cluster: 'batch', status: 'RUNNING' }]);
    // It may be about to answer, or on another port.
    deployment.account.deafPorts.add(8080);
    await deployment.pass(1_000);
    expect((await listed()).filter((each) => each['ip'] === ip)).toMatchObject([{ state: 'unhealthy', looks: 'in use' }]);
    const { stdout } = await leftovers();
    expect(stdout).toMatch(/^2 targets left to you: 1 left behind, 1 in use\.\n/);
    expect(stdout).not.toContain('All that look left behind');
    expect(stdout).toMatch(/has the address now: \S+ \(family:report in batch, RUNNING\)/);
  });

  it('calls what answers in use, also where nobody can be named', async () => {
    deployment.account.elb.answers = () => true;
    await addStranger();
    expect(await listed()).toMatchObject([{ state: 'healthy', holders: [], looks: 'in use' }]);
  });

  it('does not say what a target looks like while a cluster cannot be read, and names the cluster', async () => {
    await addStranger();
    deployment.account.ecs.clusters.add(BATCH);
    const denied: Fault = { kind: 'error', code: 'AccessDeniedException', status: 400 };
    let lists = 0;
    // Of the two clusters, batch is the first to be listed.
    deployment.service.faults = (name) => {
      if (name === 'ListClusters') lists = 1;
      if (name !== 'ListTasks' || lists === 0) return undefined;
      lists += 1;
      return lists === 2 ? denied : undefined;
    };
    const { code, stdout, stderr } = await leftovers();
    expect([code, stdout.split('\n')[0]]).toEqual([
      254,
      '1 target left to you: 1 not known. NOT READ: 1 of 2 clusters (batch).',
    ]);
    expect(stderr).toContain('ListTasks  batch  AccessDeniedException');
  });

  it('does not say so either where clusters could not be looked for', async () => {
    await addStranger();
    deployment.service.faults = (name) =>
      name === 'ListClusters' ? { kind: 'error', code: 'AccessDeniedException', status: 400 } : undefined;
    const { code, stdout } = await leftovers();
    expect([code, stdout.split('\n')[0]]).toEqual([
      254,
      '1 target left to you: 1 not known. NOT READ: 1 of 2 clusters (clusters that no line names).',
    ]);
  });

  it.each(['ListInstances', 'ListTagsForResource'])('says the same while Cloud Map refuses %s', async (operation) => {
    expect(deployment.settings.cloudMapServices).toHaveLength(1);
    deployment.service.faults = (name) =>
      name === operation ? { kind: 'error', code: 'AccessDeniedException', status: 400 } : undefined;
    const { code, stdout } = await leftovers();
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'No leftovers: a task explains every target of 1 target group.']);
  });

  it('is of the groups of the stack alone, and of none where it has only services of Cloud Map', async () => {
    deployment.group.tags.set('alb-target-sync', 'service=other port=8080');
    const { code, stdout } = await leftoversOf({ targetGroups: [], binding: '' });
    expect([code, stdout.split('\n')[0]]).toEqual([1, 'NOT COMPARED: nothing. Nothing can be said.']);
  });

  it('takes a cluster that is gone for one without tasks', async () => {
    await addStranger();
    const { code, stdout } = await leftoversOf({ clusters: [CLUSTER, clusterArn('gone')] });
    expect([code, stdout.split('\n')[0]]).toEqual([2, '1 target left to you: 1 left behind.']);
  });

  it('works without a stack, and then knows no history', async () => {
    await addStranger();
    const args = ['leftovers', '--json', ...HERE, '--bind', LINE, '--endpoint-url', endpoint];
    const ended = await runHere(args, { env: ENV });
    expect(ended.code).toBe(2);
    const { leftovers: all, calls } = documentOf(ended);
    expect(listOf(all)).toMatchObject([{ ip: STRANGER, since: null, ourTask: null }]);
    expect(calls).not.toHaveProperty('FilterLogEvents');
  });

  it('tells a target whose line is gone by the task that it was registered for', async () => {
    deployment.account.ecs.addService(CLUSTER, 'next');
    const all = listOf(documentOf(await leftoversOf({ binding: 'service=next port=8080' }, '--json'))['leftovers']);
    expect(all).toHaveLength(2);
    const task = first();
    expect(all.find(({ ip }) => ip === ipOf(task))).toMatchObject({
      kind: 'unbound',
      ourTask: task.arn,
      looks: 'in use',
      holders: [{ taskArn: task.arn, group: 'service:app' }],
    });
  });
});
