import { describe, expect, it } from 'vitest';
import { checkServices, isCheckDue } from '../../functions/app/check-cloud-map.ts';
import { beginInvocation, type Check, type Request } from '../../functions/app/invocation.ts';
import { OBSERVE_AGAIN_AFTER_MS } from '../../functions/core/cloud-map/check.ts';
import type { Instance, InstanceService } from '../../functions/core/cloud-map/instance.ts';
import { goneService } from '../../functions/core/configuration.ts';
import type { TriggerName } from '../../functions/core/report.ts';
import type { Snapshot } from '../../functions/core/snapshot.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { APP, instance, MYSQL } from '../support/looks.ts';
import { fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aSnapshot, cloudMapArn, clusterArn, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

const LONG_AGO = { startedAtMs: START_MS - 600_000 };
const CHECKED = { service: MYSQL, bindings: [{ selector: APP, port: undefined, source: 'the tag' }], isManaged: false };
const STRANGER = { group: 'service:other' };
/** Descriptions wait so long for others to share their call. */
const GATHER_MS = 10;

/** One Cloud Map service with what it lists, and what ECS knows. */
class Looks extends Runs {
  checked: InstanceService = CHECKED;

  constructor(instances: readonly Instance[], ...tasks: readonly DescribedTask[]) {
    super();
    this.tasks.push(...tasks);
    this.fake.answers.ListInstances = () => ok({ items: instances, nextToken: undefined });
  }

  async check(trigger: TriggerName, passes: readonly Snapshot[] = [], request: Partial<Request> = {}): Promise<Check> {
    await checkServices(this.begin(trigger, request), [this.checked], passes);
    const check = this.checks.at(-1);
    if (check === undefined) throw new Error('The check was not reported.');
    return check;
  }

  begin(trigger: TriggerName, request: Partial<Request> = {}) {
    return beginInvocation(this.environment, this.request({ trigger, ...request }), this.reporter);
  }

  get isDue(): boolean {
    return isCheckDue(this.begin('messages'), CHECKED);
  }
}

describe('a look at a Cloud Map service', () => {
  it('compares instances with what ECS lists and describes, and reports what it read', async () => {
    const task = runningTask('t1', '10.0.0.1', LONG_AGO);
    const listed = [instance('t1', '10.0.0.1')];
    const looks = new Looks(listed, task);
    expect(await looks.check('schedule')).toEqual({
      subject: MYSQL,
      findings: [],
      failures: [],
      read: { instances: listed, tasks: [task], isOpen: false },
    });
    expect(looks.checks).toHaveLength(1);
    expect(looks.fake.asked.map(({ name, input }) => [name, input])).toEqual([
      ['ListInstances', { service: MYSQL, nextToken: undefined }],
      ['ListTasks', { selector: APP, desired: 'RUNNING', nextToken: undefined }],
      ['DescribeTasks', { cluster: clusterArn(), tasks: [task.arn] }],
    ]);
  });

  it('asks about a stranger that an instance names, and judges by what is said of it', async () => {
    const stranger = stoppedTask('t9', '10.0.0.9', STRANGER);
    const looks = new Looks([instance('t9', '10.0.0.9')], stranger);
    const { findings } = await looks.check('schedule');
    expect(findings).toEqual([expect.objectContaining({ kind: 'stale', subject: 't9' })]);
    expect(looks.fake.inputs('DescribeTasks')[0]).toEqual({ cluster: clusterArn(), tasks: [stranger.arn] });
  });

  it('judges by no task of another service that nobody asked about', async () => {
    const looks = new Looks([]);
    looks.environment.cache.learn(runningTask('t7', '10.0.0.7', { ...LONG_AGO, ...STRANGER }), START_MS);
    expect(await looks.check('schedule')).toMatchObject({ findings: [], read: { tasks: [] } });
    expect(looks.fake.names).not.toContain('DescribeTasks');
  });

  it('does not ask again about tasks that are known to serve', async () => {
    const looks = new Looks([instance('t1', '10.0.0.1')], runningTask('t1', '10.0.0.1', LONG_AGO));
    await looks.check('schedule');
    looks.fake.asked.length = 0;
    await looks.check('schedule');
    expect(looks.fake.names).toEqual(['ListInstances', 'ListTasks']);
  });

  it('uses the list that a pass of the same invocation has read', async () => {
    const looks = new Looks([instance('t1', '10.0.0.1')], runningTask('t1', '10.0.0.1', LONG_AGO));
    const invocation = looks.begin('messages');
    await invocation.reads.running(APP, 0);
    await checkServices(invocation, [CHECKED], []);
    expect(looks.fake.names).toEqual(['ListTasks', 'ListInstances', 'DescribeTasks']);
  });

  it('takes for an answer that ECS does not know the service: what it has left is stale', async () => {
    const looks = new Looks([instance('t1', '10.0.0.1')], stoppedTask('t1', '10.0.0.1'));
    looks.fake.answers.ListTasks = () => fails('gone');
    expect(await looks.check('schedule')).toMatchObject({ findings: [{ kind: 'stale', subject: 't1' }], failures: [] });
    expect(looks.fake.inputs('DescribeTasks')[0]).toEqual({ cluster: clusterArn(), tasks: [taskArn('t1')] });
  });

  it('finds that the Cloud Map service itself is gone', async () => {
    const looks = new Looks([]);
    const { ListInstances } = looks.fake.answers;
    looks.fake.answers.ListInstances = () => fails('gone');
    const findings = [goneService(looks.environment.settings, MYSQL)];
    const read = { instances: [], tasks: [], isOpen: false };
    expect(await looks.check('schedule')).toEqual({ subject: MYSQL, findings, failures: [], read });
    expect(looks.fake.names).toEqual(['ListInstances']);
    // That was a look: not every event until it is back has to say so.
    expect(looks.isDue).toBe(false);
    Object.assign(looks.fake.answers, { ListInstances });
    expect(await looks.check('schedule')).toMatchObject({ findings: [], failures: [] });
  });

  it('means the tasks of each of its lines', async () => {
    const [app, api] = [
      runningTask('t1', '10.0.0.1', LONG_AGO),
      runningTask('t2', '10.0.0.2', { ...LONG_AGO, group: 'service:api' }),
    ];
    const looks = new Looks([], app, api);
    const lines = [APP, { ...APP, name: 'api' }];
    looks.checked = { ...CHECKED, bindings: lines.map((selector) => ({ selector, port: undefined, source: 'the tag' })) };
    const { findings } = await looks.check('schedule');
    expect(findings.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['missing', app.arn],
      ['missing', api.arn],
    ]);
    // Both are known to serve by now: the looks after the first one ask about neither.
    expect(looks.fake.times('DescribeTasks')).toEqual([GATHER_MS]);
  });

  it('keeps what is known of the tasks that it lists, though it asks nothing about them', async () => {
    const looks = new Looks([instance('t1', '10.0.0.1')], runningTask('t1', '10.0.0.1', LONG_AGO));
    await looks.check('schedule');
    looks.fake.clock.nowMs += 3_600_000;
    await looks.check('schedule');
    looks.environment.cache.forgetOldTasks(looks.fake.clock.nowMs + 1);
    expect([...looks.environment.cache.tasks.keys()]).toEqual([taskArn('t1')]);
  });

  it('is made of each service, and its result told and handed on for the status', async () => {
    const looks = new Looks([]);
    const services = [MYSQL, cloudMapArn('srv-other')].map((service) => ({ ...CHECKED, service }));
    const checks = await checkServices(looks.begin('schedule'), services, []);
    expect(checks.map(({ subject }) => subject)).toEqual(services.map(({ service }) => service));
    expect(looks.checks).toEqual(checks);
  });

  it('says which target has the address of an instance', async () => {
    const pass = aSnapshot({ targets: [target('10.0.0.9', 'unhealthy')] });
    const looks = new Looks([instance('t9', '10.0.0.9')], stoppedTask('t9', '10.0.0.9'));
    const { findings } = await looks.check('schedule', [pass]);
    expect(findings).toEqual([expect.objectContaining({ kind: 'stale' })]);
    expect(JSON.stringify(findings)).toContain('unhealthy');
  });
});

describe('a difference', () => {
  it('is looked at again ten seconds later within a scheduled invocation, and is then a finding with its age', async () => {
    const looks = new Looks([], runningTask('t1', '10.0.0.1', LONG_AGO));
    const { findings } = await looks.check('schedule');
    expect(findings).toEqual([
      expect.objectContaining({ kind: 'missing', subject: taskArn('t1'), sinceMs: START_MS + GATHER_MS }),
    ]);
    expect(looks.fake.times('ListInstances')).toEqual([0, GATHER_MS + OBSERVE_AGAIN_AFTER_MS]);
    // The second look reads the list anew: a list of before could only repeat what the first look saw.
    expect(looks.fake.times('ListTasks')).toEqual([0, GATHER_MS + OBSERVE_AGAIN_AFTER_MS]);
  });

  it('waits for the schedule behind an event, since other events must not wait for it', async () => {
    const looks = new Looks([], runningTask('t1', '10.0.0.1', LONG_AGO));
    expect(await looks.check('messages')).toMatchObject({ findings: [], read: { isOpen: true } });
    expect(looks.fake.times('ListInstances')).toEqual([0]);
    looks.fake.clock.nowMs += 40_000;
    expect((await looks.check('schedule')).findings).toMatchObject([{ kind: 'missing', sinceMs: START_MS + GATHER_MS }]);
    expect(looks.fake.times('ListInstances')).toEqual([0, GATHER_MS + 40_000]);
  });

  it('is looked at once where there is no time for another look', async () => {
    const looks = new Looks([], runningTask('t1', '10.0.0.1', LONG_AGO));
    const enoughMs = GATHER_MS + OBSERVE_AGAIN_AFTER_MS + 6_000;
    await looks.check('schedule', [], { deadlineMs: START_MS + enoughMs - 1 });
    expect(looks.fake.times('ListInstances')).toEqual([0]);
    const others = new Looks([], runningTask('t1', '10.0.0.1', LONG_AGO));
    await others.check('schedule', [], { deadlineMs: START_MS + enoughMs });
    expect(others.fake.times('ListInstances')).toEqual([0, GATHER_MS + OBSERVE_AGAIN_AFTER_MS]);
  });

  it('that goes away is none, and what keeps changing is looked at three times at most', async () => {
    const task = runningTask('t1', '10.0.0.1', LONG_AGO);
    const mended = new Looks([], task);
    mended.fake.answers.ListInstances = inTurn(
      ok({ items: [], nextToken: undefined }),
      ok({ items: [instance('t1', '10.0.0.1')], nextToken: undefined }),
    );
    expect(await mended.check('schedule')).toMatchObject({ findings: [], read: { isOpen: false } });
    const restless = new Looks([], task);
    let turn = 0;
    restless.fake.answers.ListInstances = () => {
      turn += 1;
      return ok({ items: [instance('t1', '10.0.0.1'), instance(`x${turn}`, '10.0.0.7')], nextToken: undefined });
    };
    await restless.check('schedule', [], { deadlineMs: START_MS + 600_000 });
    expect(restless.fake.times('ListInstances')).toEqual(
      [0, 1, 2].map((times) => times * (GATHER_MS + OBSERVE_AGAIN_AFTER_MS)),
    );
  });

  it('is not asked about behind each of many events', async () => {
    const looks = new Looks([], runningTask('t1', '10.0.0.1', LONG_AGO));
    expect(looks.isDue).toBe(true);
    await looks.check('messages');
    looks.fake.clock.nowMs = START_MS + GATHER_MS + OBSERVE_AGAIN_AFTER_MS - 1;
    expect(looks.isDue).toBe(false);
    looks.fake.clock.nowMs += 1;
    expect(looks.isDue).toBe(true);
  });
});

describe('a look that cannot be completed', () => {
  it.each(['ListInstances', 'ListTasks', 'DescribeTasks'] as const)('tells that %s failed, and finds nothing', async (name) => {
    const looks = new Looks([], runningTask('t1', '10.0.0.1', LONG_AGO));
    looks.fake.answers[name] = () => fails('denied', 'no');
    const report = await looks.check('schedule');
    expect(report).toMatchObject({
      findings: [],
      read: { instances: [], isOpen: false },
      failures: [{ kind: 'denied', operation: name }],
    });
    expect(report.failures).toHaveLength(1);
    expect(looks.environment.cache.instances.size).toBe(0);
  });

  it('says so too where only one description of many failed', async () => {
    const tasks = Array.from({ length: 150 }, (_, index) => runningTask(`t${index}`, `10.0.1.${index + 1}`, LONG_AGO));
    const looks = new Looks([], ...tasks);
    looks.fake.answers.ListTasks = () => page(tasks);
    looks.fake.answers.DescribeTasks = ({ tasks: asked }) => (asked.length < 100 ? fails('denied') : ok([]));
    expect(await looks.check('schedule')).toMatchObject({
      findings: [],
      failures: [{ resource: `tasks of ${clusterArn()}` }],
    });
  });

  it('drops an id of an instance that ECS does not take', async () => {
    const looks = new Looks([instance('t1', '10.0.0.1')]);
    looks.fake.answers.DescribeTasks = () => fails('refused');
    expect(await looks.check('schedule')).toMatchObject({ read: { instances: [{ id: 't1' }] }, failures: [] });
  });
});
