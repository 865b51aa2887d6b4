import { describe, expect, it } from 'vitest';
import type { Reporter } from '../../functions/app/invocation.ts';
import { run } from '../../functions/app/run.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { arnParts } from '../../functions/core/values.ts';
import { createCheck } from '../../functions/sync/check.ts';
import { instance } from '../support/looks.ts';
import { fails, ok, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { cloudMapArn, groupArn, runningTask, target } from '../support/values.ts';

/** A check of a stack with a group and a Cloud Map service, and what was passed on meanwhile. */
function deployment(settings: Partial<Settings> = {}) {
  const runs = new Runs({
    cloudMapServices: [cloudMapArn()],
    bindings: 'target-group=web service=app port=8080; target-group=web service=app prot=1',
    ...settings,
  });
  runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=app' }]);
  runs.fake.answers.ListInstances = () => fails('denied', 'no');
  runs.fake.answers.ListServices = () => ok({ items: [], nextToken: undefined });
  const passedOn: string[] = [];
  const told: Reporter = {
    configured: () => passedOn.push('configured'),
    passed: ({ group }) => passedOn.push(`passed ${group.name}`),
    checked: ({ subject }) => passedOn.push(`checked ${subject}`),
    recorded: (kind, group, { length }) => passedOn.push(`recorded ${kind} of ${length} in ${arnParts(group).name}`),
    ended: ({ calls, standing }) => passedOn.push(`ended ${calls.size} ${standing?.findings.length}`),
  };
  const check = createCheck(told, () => runs.fake.clock.now());
  const runCheck = async () => {
    await run(runs.environment, runs.request({ trigger: 'check' }), check.reporter);
    return check.answer();
  };
  return { runs, passedOn, check, runCheck };
}

describe('the answer to a check', () => {
  it('is empty before anything is told', () => {
    expect(deployment().check.answer()).toEqual({
      schemaVersion: 1,
      mode: 'check',
      at: new Date(START_MS).toISOString(),
      verdict: 'unknown',
      groups: [],
      checks: [],
      configuration: {},
      standing: {},
      calls: {},
    });
  });

  it('says in observe mode what would change as well', async () => {
    const { runs, runCheck } = deployment({ mode: 'observe' });
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    const { groups } = await runCheck();
    expect(groups).toMatchObject([{ wouldChange: [{ kind: 'register', ip: '10.0.0.1' }], held: [{ held: 'observe' }] }]);
  });

  it('holds groups, checks and configuration, and everything is passed on as well', async () => {
    const { runs, passedOn, runCheck } = deployment();
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    const answer = await runCheck();
    expect(answer.groups).toEqual([
      expect.objectContaining({
        targetGroup: 'web',
        trigger: 'check',
        wouldChange: [expect.objectContaining({ kind: 'register', ip: '10.0.0.1', because: 'task is running', proofAgeMs: 0 })],
      }),
    ]);
    expect(answer.checks).toEqual([
      {
        subject: cloudMapArn(),
        findingCount: 0,
        findings: [],
        failures: [expect.stringContaining('ListInstances on srv-mysql failed (no).')],
      },
    ]);
    expect(answer.configuration).toEqual({
      unread: [],
      findingCount: 1,
      findings: [expect.objectContaining({ kind: 'wrong-line', subject: 'the parameter Bindings, line 2' })],
      failures: [],
    });
    // Everything that is the case, once, wherever it was found.
    expect(answer.standing).toEqual({ findingCount: 1, findings: answer.configuration['findings'] });
    expect(answer.calls).toMatchObject({ DescribeTargetHealth: 1, ListTasks: 1 });
    expect(passedOn).toEqual(['configured', 'passed web', `checked ${cloudMapArn()}`, 'ended 8 1']);
  });

  describe('has a verdict', () => {
    /** Everything is read, and the one task is registered, unless the test says otherwise. */
    async function verdictOf(change: (runs: ReturnType<typeof deployment>['runs']) => void): Promise<string> {
      const { runs, runCheck } = deployment();
      runs.tasks.push(runningTask('t1', '10.0.0.1'));
      runs.targets.set(groupArn(), [target('10.0.0.1')]);
      runs.fake.answers.ListInstances = () => ok({ items: [instance('t1', '10.0.0.1')], nextToken: undefined });
      change(runs);
      return (await runCheck()).verdict;
    }

    it('in step where nothing differs and all was read', async () => {
      expect(await verdictOf(() => undefined)).toBe('in step');
    });

    it.each([
      'DescribeTargetHealth',
      'ListTasks',
      'DescribeTasks',
      'DescribeServices',
      'DescribeTargetGroups',
      'ListInstances',
      'ListTagsForResource',
    ] as const)('unknown where %s is denied', async (name) => {
      expect(await verdictOf(({ fake }) => void Object.assign(fake.answers, { [name]: () => fails('denied', 'no') }))).toBe(
        'unknown',
      );
    });

    it('differs where a change is due, or held, also if another read failed', async () => {
      const due = await verdictOf(({ targets }) => void targets.set(groupArn(), []));
      const partly = await verdictOf(({ targets, fake }) => {
        targets.set(groupArn(), []);
        fake.answers.ListInstances = () => fails('denied', 'no');
      });
      expect([due, partly]).toEqual(['differs', 'differs']);
    });
  });

  it('records whose the targets are, as every full pass does', async () => {
    const { runs, passedOn, runCheck } = deployment();
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    runs.targets.set(groupArn(), [target('10.0.0.1')]);
    await runCheck();
    expect(passedOn).toContain('recorded kept of 1 in web');
  });

  it('tells findings with their age, and reads that failed', async () => {
    const { runs, runCheck } = deployment();
    runs.targets.set(groupArn(), [target('10.0.0.99')]);
    await runCheck();
    runs.fake.clock.nowMs = START_MS + 61_000;
    runs.fake.answers.DescribeServices = () => fails('denied', 'not now');
    runs.fake.answers.ListInstances = () => ok({ items: [], nextToken: undefined });
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 100_000 }));
    await runCheck();
    runs.fake.clock.nowMs += 20_000;
    const answer = await runCheck();
    expect(answer.groups.at(-1)).toMatchObject({ findings: [{ kind: 'foreign', subject: '10.0.0.99:8080', ageSeconds: 91 }] });
    expect(answer.configuration['failures']).toEqual([expect.stringContaining('(not now)')]);
    expect(answer.checks.at(-1)).toMatchObject({ findings: [{ kind: 'missing', ageSeconds: 30 }] });
    expect(answer.standing).toMatchObject({
      findingCount: 3,
      findings: [{ kind: 'foreign' }, { kind: 'missing', ageSeconds: 30 }, { kind: 'wrong-line' }],
    });
  });
});
