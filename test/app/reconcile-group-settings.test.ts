/** What the settings of a group and of its tasks' definitions do to the targets. */
import { describe, expect, it } from 'vitest';
import { readSettingsFindings } from '../../functions/app/reconcile-group.ts';
import { PASS_TIME_MS } from '../../functions/core/next-pass.ts';
import type { Task } from '../../functions/core/task.ts';
import { contextOf } from '../support/passes.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { Runs, reconcile } from '../support/runs.ts';
import { aDefinition, clusterArn, groupArn, runningTask, stoppedTask, target } from '../support/values.ts';

const WEB = groupArn();
const RUNNING = runningTask('t1', '10.0.0.1');
const QUARTER_HOUR_MS = 900_000;

describe('the audit of settings', () => {
  const audits = ({ fake }: Runs): number => fake.inputs('DescribeTargetGroupAttributes').length;

  it('is made by the schedule, of the definitions that serve', async () => {
    const runs = new Runs();
    const old = stoppedTask('t3', '10.0.0.3', { definition: 'old:1' });
    runs.tasks.push(RUNNING, old);
    runs.targets.set(WEB, [target('10.0.0.1'), target('10.0.0.3', 'draining')]);
    runs.environment.cache.learn(old, START_MS);
    await reconcile(runs, { trigger: 'schedule' });
    expect(runs.checks).toEqual([
      { subject: 'web', findings: [expect.objectContaining({ kind: 'drain-time' })], failures: [] },
    ]);
    expect(runs.fake.inputs('DescribeTaskDefinition')).toEqual([{ cluster: clusterArn(), definition: 'app:7' }]);
    const known = runs.environment.cache.group(WEB);
    expect(known.deregistrationDelayMs).toBe(30_000);
    expect(known.settingsFindings).toEqual(runs.checks[0]?.findings);
  });

  it.each([
    [QUARTER_HOUR_MS - 1, 1],
    [QUARTER_HOUR_MS, 2],
  ])('has been made %i ms after the first: in all %i times', async (afterMs, times) => {
    const runs = new Runs();
    await reconcile(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs = START_MS + afterMs;
    await reconcile(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(times);
  });

  it('is made each time where one of the lines depends on a setting', async () => {
    const lines = ['service=other port=8080', 'service=app port=8080 zone=all'];
    const runs = new Runs({ bindings: lines.map((line) => `target-group=web ${line}`).join(';') });
    let crossZone = 'true';
    runs.fake.answers.DescribeTargetGroupAttributes = () => ok({ deregistrationDelaySeconds: 30, crossZone });
    const found = async (): Promise<unknown> => {
      await reconcile(runs, { trigger: 'schedule' });
      runs.fake.clock.nowMs += 60_000;
      return runs.environment.cache.group(WEB).settingsFindings.map(({ kind }) => kind);
    };
    expect(await found()).toEqual([]);
    crossZone = 'false';
    expect(await found()).toEqual(['cross-zone']);
    crossZone = 'true';
    expect(await found()).toEqual([]);
  });

  it('is made again where it could not read, reports nothing then, and still stands by what it has found', async () => {
    const runs = new Runs();
    const known = runs.environment.cache.group(WEB);
    known.settingsFindings = [{ kind: 'drain-time', subject: 'web', message: 'of an earlier audit' }];
    runs.fake.answers.DescribeTargetGroupAttributes = () => fails('denied');
    await reconcile(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs += 60_000;
    await reconcile(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(2);
    expect(runs.checks.map(({ findings }) => findings)).toEqual([[], []]);
    expect(known.settingsFindings).toHaveLength(1);
    runs.fake.answers.DescribeTargetGroupAttributes = () => ok({ deregistrationDelaySeconds: 30, crossZone: undefined });
    await reconcile(runs, { trigger: 'schedule' });
    expect(known.settingsFindings).toEqual([]);
  });

  it('is not made by messages, by a check, or after a pass that failed', async () => {
    const runs = new Runs();
    await reconcile(runs);
    await reconcile(runs, { trigger: 'check' });
    runs.fake.answers.ListTasks = () => fails('unexpected');
    await reconcile(runs, { trigger: 'schedule' });
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    await reconcile(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(0);
  });

  it.each([
    [PASS_TIME_MS, 0],
    [PASS_TIME_MS + 1, 1],
  ])('with %i ms left after the pass is made %i times', async (leftMs, times) => {
    const runs = new Runs();
    runs.fake.callMs = (name) => (name === 'ListTasks' ? 2_000 : 0);
    await reconcile(runs, { trigger: 'schedule', deadlineMs: START_MS + 2_000 + leftMs });
    expect(audits(runs)).toBe(times);
  });
});

describe('the settings that an audit reads', () => {
  const tasksOf = (...definitions: readonly string[]) =>
    definitions.map((definition, index) => runningTask(`t${index}`, '10.0.0.1', { definition }));
  const read = (fake: FakeAws, tasks: readonly Task[], line = 'service=app port=8080') => {
    const context = contextOf(fake, {}, line);
    return readSettingsFindings(context, tasks);
  };
  const slow = (crossZone?: string) =>
    new FakeAws({
      DescribeTargetGroupAttributes: () => ok({ deregistrationDelaySeconds: 30, crossZone }),
      DescribeTaskDefinition: ({ definition }) => ok(aDefinition({ stopTimeoutSeconds: definition === 'app:1' ? 29 : 30 })),
    });

  it('are a finding where a container is killed before its target has drained', async () => {
    const fake = slow();
    const findings = await read(fake, tasksOf('app:2', 'app:1'));
    expect(findings).toEqual([expect.objectContaining({ kind: 'drain-time', subject: 'web' })]);
    expect(findings?.[0]?.message).toContain('Targets drain for 30 s, but a container of app:1 is killed 29 s');
    expect(fake.inputs('DescribeTargetGroupAttributes')).toEqual([{ group: WEB }]);
    expect(await read(slow(), [])).toEqual([]);
  });

  it.each([
    ['false', 'all', ['cross-zone']],
    ['false', 'task', []],
    ['true', 'all', []],
    [undefined, 'all', []],
  ])('are a finding where cross-zone load balancing is %s, and a line says zone=%s: %j', async (crossZone, zone, kinds) => {
    const findings = await read(slow(crossZone), [], `service=app port=8080 zone=${zone}`);
    expect(findings?.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('are asked for each definition once, in order, five of them at most, and no nameless one', async () => {
    const fake = slow();
    await read(fake, tasksOf('f:1', 'b:1', 'a:1', '', 'b:1', 'd:1', 'c:1', 'e:1'));
    const asked = ['a:1', 'b:1', 'c:1', 'd:1', 'e:1'].map((definition) => ({ cluster: clusterArn(), definition }));
    expect(fake.inputs('DescribeTaskDefinition')).toEqual(asked);
  });

  it('are read once where two clusters of one account run the definition: one drain-time, and not two', async () => {
    const fake = slow();
    const elsewhere = runningTask('t9', '10.0.0.9', { definition: 'app:1', cluster: clusterArn('test') });
    expect(await read(fake, [...tasksOf('app:1'), elsewhere])).toHaveLength(1);
    expect(fake.inputs('DescribeTaskDefinition')).toHaveLength(1);
  });

  it('are those of each account: a definition of one name may be another one there', async () => {
    const fake = slow();
    const cluster = clusterArn('test', { account: '444455556666' });
    await read(fake, [...tasksOf('a:1'), runningTask('t9', '10.0.0.9', { definition: 'a:1', cluster })]);
    const clusters = [clusterArn(), cluster];
    expect(fake.inputs('DescribeTaskDefinition')).toEqual(clusters.map((each) => ({ cluster: each, definition: 'a:1' })));
  });

  it('are not asked for again where the environment knows the definition', async () => {
    const fake = slow();
    const context = contextOf(fake);
    const tasks = tasksOf('a:1');
    for (let times = 0; times < 2; times += 1) await readSettingsFindings(context, tasks);
    expect(fake.inputs('DescribeTaskDefinition')).toHaveLength(1);
  });

  it('are unknown when the group or a definition cannot be read, and then nothing else is asked', async () => {
    const fake = new FakeAws({ DescribeTargetGroupAttributes: () => fails('denied') });
    expect(await read(fake, tasksOf('app:1'))).toBeUndefined();
    expect(fake.asked).toHaveLength(1);
    const other = slow();
    other.answers.DescribeTaskDefinition = () => fails('refused');
    expect(await read(other, tasksOf('app:1', 'app:2'))).toBeUndefined();
    expect(other.inputs('DescribeTaskDefinition')).toHaveLength(1);
  });
});
