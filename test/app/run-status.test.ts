import { describe, expect, it } from 'vitest';
import type { Request } from '../../functions/app/invocation.ts';
import { run } from '../../functions/app/run.ts';
import { fails, ok, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aHint, cloudMapArn, clusterArn, groupArn, runningTask, target, taskArn } from '../support/values.ts';

const WEB = groupArn();
const TWO = {
  targetGroups: [WEB, groupArn('api')],
  bindings: 'target-group=web service=app port=8080; target-group=api service=api port=9090',
};
const OF_APP = aHint(taskArn('t1'), 3);
const OF_NONE = aHint(taskArn('t3'), 3, { group: 'service:other', definition: 'other:1' });

function go(runs: Runs, request: Partial<Request> = {}) {
  return run(runs.environment, runs.request(request), runs.reporter);
}

describe('the status at the end', () => {
  const standingOf = ({ statuses }: Runs) => statuses.at(-1)?.standing;
  const kinds = (runs: Runs) => standingOf(runs)?.findings.map(({ kind }) => kind);

  it('tells how many groups are in step, how long it took, and what it cost', async () => {
    const runs = new Runs(TWO);
    runs.fake.callMs = () => 5;
    runs.tasks.push(runningTask('t2', '10.0.0.2', { group: 'service:api' }));
    runs.fake.answers.RegisterTargets = () => fails('denied');
    await go(runs, { trigger: 'schedule' });
    expect(runs.statuses).toMatchObject([{ trigger: 'schedule', groups: 2, reconciled: 2, inStep: 1 }]);
    expect(runs.statuses[0]?.tookMs).toBe(runs.fake.clock.now() - START_MS);
    expect(runs.calls).toMatchObject({ DescribeTargetHealth: runs.fake.times('DescribeTargetHealth').length });
    await go(runs, { hints: [OF_APP] });
    expect(runs.statuses[1]).toMatchObject({ trigger: 'messages', groups: 2, reconciled: 1, inStep: 1 });
  });

  it('counts no group as in step whose targets could not be read', async () => {
    const runs = new Runs(TWO);
    runs.fake.answers.DescribeTargetHealth = ({ group }) => (group === WEB ? fails('denied') : ok([]));
    await go(runs, { trigger: 'schedule' });
    expect(runs.statuses).toMatchObject([{ groups: 2, reconciled: 2, inStep: 1 }]);
  });

  it.each([
    ['schedule', true],
    ['check', true],
    ['messages', false],
    ['event', false],
  ] as const)('says how the stack stands after a full run only: %s', async (trigger, isTold) => {
    const runs = new Runs();
    await go(runs, { trigger, hints: [OF_APP] });
    expect(standingOf(runs) !== undefined).toBe(isTold);
  });

  it('is not told where a batch cost no call', async () => {
    const runs = new Runs();
    await go(runs, { hints: [OF_NONE] });
    expect(runs.statuses).toEqual([]);
  });

  it('gathers what is found of the configuration, the brake, the groups and the Cloud Map services', async () => {
    const runs = new Runs({ bindings: 'target-group=web service=app port=8080; nonsense' });
    runs.fake.answers.ListLogGroupTags = () => ok([{ key: 'alb-target-sync', value: 'paused' }]);
    runs.targets.set(WEB, [target('10.0.0.9')]);
    runs.fake.answers.ListServices = () => ok({ items: [], nextToken: undefined });
    await go(runs, { trigger: 'schedule' });
    const { findings = [] } = standingOf(runs) ?? {};
    const { configuration, cache } = runs.environment;
    expect(kinds(runs)).toEqual(expect.arrayContaining(['wrong-line', 'paused']));
    const known = cache.group(WEB);
    expect(known.findings).not.toEqual([]);
    expect(findings).toEqual(
      expect.arrayContaining([...(configuration?.configuration.findings ?? []), ...known.findings, ...known.settingsFindings]),
    );
  });

  it('tells of a Cloud Map service as long as there is something to tell', async () => {
    const runs = new Runs({ cloudMapServices: [cloudMapArn()] });
    runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=app' }]);
    runs.fake.answers.ListInstances = () => fails('gone');
    await go(runs, { trigger: 'schedule' });
    expect(kinds(runs)).toContain('unusable');
    runs.fake.answers.ListInstances = () => ok({ items: [], nextToken: undefined });
    await go(runs, { trigger: 'schedule' });
    expect(kinds(runs)).not.toContain('unusable');
  });

  it.each(['DescribeTargetHealth', 'DescribeTargetGroups'] as const)(
    'counts a group that cannot be read whole as out of step since the first full run that could not: %s',
    async (name) => {
      const runs = new Runs();
      runs.fake.callMs = () => 10;
      if (name === 'DescribeTargetHealth') await go(runs, { trigger: 'schedule' });
      runs.fake.answers[name] = () => fails('denied');
      for (const minutes of [60, 61, 62]) {
        runs.fake.clock.nowMs = START_MS + minutes * 60_000;
        await go(runs, { trigger: 'schedule' });
        expect(standingOf(runs)?.driftAgeMs).toBe(runs.fake.clock.now() - (START_MS + 60 * 60_000));
      }
    },
  );

  it.each([
    [300_000, true],
    [300_001, false],
  ])('still counts what it knew %i ms ago, where another environment may have had the schedule: %s', async (ms, counts) => {
    const runs = new Runs();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS }));
    runs.fake.answers.RegisterTargets = () => fails('denied');
    await go(runs, { trigger: 'schedule' });
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    runs.fake.clock.nowMs += 1;
    const failedAtMs = runs.fake.clock.now();
    await go(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs = failedAtMs + ms;
    await go(runs, { trigger: 'schedule' });
    expect(standingOf(runs)?.driftAgeMs).toBe(counts ? failedAtMs + ms - START_MS : 0);
  });

  it('keeps the age of a difference while its group cannot be read, and forgets that it could not once it can', async () => {
    const runs = new Runs();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 40_000 }));
    runs.fake.answers.RegisterTargets = () => fails('denied');
    await go(runs, { trigger: 'schedule' });
    const { DescribeTargetHealth } = runs.fake.answers;
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    for (const minutes of [1, 2]) {
      runs.fake.clock.nowMs = START_MS + minutes * 60_000;
      await go(runs, { trigger: 'schedule' });
      expect(standingOf(runs)?.driftAgeMs).toBe(minutes * 60_000 + 40_000);
    }
    Object.assign(runs.fake.answers, { DescribeTargetHealth, RegisterTargets: () => ok(null) });
    runs.fake.clock.nowMs += 60_000;
    await go(runs, { trigger: 'schedule' });
    expect(standingOf(runs)?.driftAgeMs).toBe(0);
  });

  it('is as old as the oldest difference that was left', async () => {
    const runs = new Runs();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 40_000 }));
    runs.fake.answers.RegisterTargets = () => fails('denied');
    await go(runs, { trigger: 'schedule' });
    expect(standingOf(runs)?.driftAgeMs).toBe(runs.fake.clock.now() - (START_MS - 40_000));
  });
});

describe('tasks on hold', () => {
  const HELD = taskArn('t1');

  function searched(...pages: readonly (readonly string[])[]): Runs {
    const runs = new Runs();
    runs.fake.answers.GetResources = ({ nextToken }) => {
      const index = Number(nextToken ?? 0);
      return ok({ items: pages[index] ?? [], nextToken: index + 1 < pages.length ? String(index + 1) : undefined });
    };
    return runs;
  }

  /** The first run of a cold environment does not know yet where to search. */
  async function twice(runs: Runs): Promise<void> {
    for (let count = 0; count < 2; count += 1) await go(runs, { trigger: 'schedule' });
  }

  it('are found by their tag, page by page, whatever else carries it', async () => {
    const runs = searched([HELD], ['arn:aws:s3:::a-bucket', taskArn('t2')]);
    await twice(runs);
    expect(runs.environment.cache.holds).toEqual(new Set([HELD, taskArn('t2')]));
    const input = { types: ['ecs:task'], tagValue: 'hold', cluster: clusterArn() };
    expect(runs.fake.inputs('GetResources').slice(-2)).toEqual([
      { ...input, nextToken: undefined },
      { ...input, nextToken: '1' },
    ]);
  });

  it('are searched once in each place that has a bound cluster', async () => {
    const bindings = 'target-group=web cluster=prod service=app port=80; target-group=web cluster=test service=app port=81';
    const runs = new Runs({ clusters: [clusterArn(), clusterArn('test')], bindings });
    await go(runs, { trigger: 'schedule' });
    const before = runs.fake.inputs('GetResources').length;
    await go(runs, { trigger: 'schedule' });
    expect(runs.fake.inputs('GetResources').length - before).toBe(1);
  });

  it('are not searched for messages, whose hints tell of changed tags', async () => {
    const runs = searched([HELD]);
    await go(runs, { trigger: 'schedule' });
    const before = runs.fake.inputs('GetResources').length;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.inputs('GetResources')).toHaveLength(before);
  });

  it('stay what they were where the search fails, and that is told', async () => {
    const runs = searched([HELD]);
    await twice(runs);
    runs.fake.answers.GetResources = () => fails('denied', 'no');
    await go(runs, { trigger: 'schedule' });
    expect(runs.environment.cache.holds).toEqual(new Set([HELD]));
    expect(runs.checks.filter(({ subject }) => subject !== 'web')).toMatchObject([
      {
        subject: 'tasks on hold',
        findings: [],
        failures: [{ operation: 'GetResources', resource: 'tasks with the tag alb-target-sync=hold', message: 'no' }],
      },
    ]);
  });

  it('stay what they were where the index has no end, and that is told', async () => {
    const runs = searched([HELD]);
    await twice(runs);
    runs.fake.answers.GetResources = () => ok({ items: [taskArn('t2')], nextToken: 'again' });
    await go(runs, { trigger: 'schedule', deadlineMs: Number.POSITIVE_INFINITY });
    expect(runs.environment.cache.holds).toEqual(new Set([HELD]));
    expect(runs.checks.filter(({ subject }) => subject !== 'web')).toMatchObject([
      { subject: 'tasks on hold', failures: [{ kind: 'unexpected', operation: 'GetResources' }] },
    ]);
  });

  it('are none any more where the index names none', async () => {
    const runs = searched([HELD]);
    await twice(runs);
    runs.fake.answers.GetResources = () => ok({ items: [], nextToken: undefined });
    await go(runs, { trigger: 'schedule' });
    expect(runs.environment.cache.holds).toEqual(new Set());
  });
});
