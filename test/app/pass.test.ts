import { describe, expect, it } from 'vitest';
import type { Reporter } from '../../functions/app/invocation.ts';
import { changeKey, PROOF_AGE_MAX_MS, refusalPauseMs } from '../../functions/core/guard.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { cacheOf, contextOf, MIXED, mixed, passOver, RUNNING, STOPPING, worldOf } from '../support/passes.ts';
import { describing, fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { aHint, at, groupArn, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

describe('a pass', () => {
  it('reads the targets before the tasks, and then writes: registers first', async () => {
    const { fake, context } = mixed();
    const pass = await passOver(context);
    expect(fake.names).toEqual(['DescribeTargetHealth', 'ListTasks', 'DescribeTasks', 'RegisterTargets', 'DeregisterTargets']);
    expect(pass.written.done.map(({ kind, address }) => [kind, address])).toEqual([
      ['register', at('10.0.0.1')],
      ['deregister', at('10.0.0.2')],
    ]);
    expect(pass).toMatchObject({ held: [], findings: [], failures: [], behind: [], open: NOTHING_OPEN });
    expect(pass.planned).toEqual(pass.written.done);
    expect(fake.inputs('DescribeTargetHealth')).toEqual([{ group: groupArn() }]);
  });

  it('says what it was and when, and caches what it has seen, dealt with and written', async () => {
    const { fake, context } = mixed();
    fake.callMs = () => 10;
    const hints = [aHint(RUNNING.arn, 3), aHint(taskArn('t9'), 1, { group: 'service:other' })];
    const pass = await passOver({ ...context, hints });
    const nowMs = fake.clock.now();
    const { group } = context.bound;
    expect(pass).toMatchObject({ group, trigger: 'messages', startedAtMs: START_MS, endedAtMs: nowMs, hints: 1 });
    expect(cacheOf(context)).toMatchObject({
      lastPassAtMs: START_MS,
      passesAtMs: [START_MS],
      binding: 'cluster=prod service=app port=8080',
      listedTasks: 1,
      budget: { removed: 1, peak: 1 },
      firstSeenMs: new Map([[at('10.0.0.2'), START_MS + 10]]),
      covered: new Map([
        [STOPPING.arn, Number.POSITIVE_INFINITY],
        [RUNNING.arn, RUNNING.version],
      ]),
      writtenAtMs: new Map(pass.written.done.map((change) => [changeKey(change), nowMs])),
    });
  });

  it('over an unchanged group is one read of targets and one list', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const context = contextOf(fake);
    await passOver(context);
    fake.asked.length = 0;
    expect((await passOver(context)).planned).toEqual([]);
    expect(fake.names).toEqual(['DescribeTargetHealth', 'ListTasks']);
    expect(cacheOf(context).owners).toEqual(new Map([[at('10.0.0.1'), { task: RUNNING.arn, atMs: fake.clock.now() }]]));
  });

  it('that follows its hints describes their tasks and lists nothing', async () => {
    const fake = worldOf(MIXED);
    const hints = [aHint(RUNNING.arn, 3), aHint(STOPPING.arn, 5)];
    const pass = await passOver(contextOf(fake, { hints, listing: 'none' }));
    expect(fake.names).toEqual([
      'DescribeTargetHealth',
      'DescribeTasks',
      'DescribeServices',
      'RegisterTargets',
      'DeregisterTargets',
    ]);
    expect(pass.written.done.map(({ because }) => because.task)).toEqual([RUNNING.arn, STOPPING.arn]);
  });

  it('caches the binding of all its lines together, and forgets what it concluded under another one', async () => {
    const context = contextOf(worldOf({}), {}, 'service=app port=8080', 'service=api port=9090');
    cacheOf(context).covered = new Map([[taskArn('t9'), 3]]);
    await passOver(context);
    expect(cacheOf(context).binding).toBe('cluster=prod service=app port=8080; cluster=prod service=api port=9090');
    expect(cacheOf(context).covered).toEqual(new Map());
  });

  it('records what it is about to register, before the call leaves, and what it has removed', async () => {
    const { fake, context } = mixed();
    const lines: string[] = [];
    const recorded: Reporter['recorded'] = (kind, group, targets) =>
      void lines.push(...targets.map(({ address, task }) => `${fake.names.at(-1)}: ${kind} ${group} ${address} ${task}`));
    await passOver({ ...context, reporter: { ...context.reporter, recorded } });
    const about = ({ arn }: { arn: string }, address: string) => `${groupArn()} ${address}:8080 ${arn}`;
    expect(lines).toEqual([
      `DescribeTasks: register ${about(RUNNING, '10.0.0.1')}`,
      `DeregisterTargets: deregister ${about(STOPPING, '10.0.0.2')}`,
    ]);
  });
});

describe('a write that fails', () => {
  it('is a failure of the pass, which then has dealt with nothing', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails('unavailable', 'no');
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass).toMatchObject({ open: { failed: true }, failures: [{ kind: 'unavailable', operation: 'RegisterTargets' }] });
    expect(cacheOf(context)).toMatchObject({ covered: new Map(), writtenAtMs: new Map() });
  });

  it.each([
    ['refused', 'initial', 'refused', 'refused'],
    ['quota', 'initial', 'quota', 'full'],
    ['refused', 'draining', 'draining', 'waiting'],
    ['quota', 'draining', 'quota', 'full'],
  ] as const)('as %s on a target that is %s is reported and left alone for a while', async (kind, state, why, finding) => {
    const targets = state === 'draining' ? [target('10.0.0.1', state)] : [];
    const fake = worldOf({ targets, tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails(kind, 'the reason');
    const context = contextOf(fake);
    const pass = await passOver(context);
    const endedAtMs = fake.clock.now();
    expect(pass).toMatchObject({ failures: [], open: NOTHING_OPEN });
    expect(pass.findings).toEqual([expect.objectContaining({ kind: finding, subject: at('10.0.0.1') })]);
    const untilMs = endedAtMs + refusalPauseMs(why, 1);
    expect(cacheOf(context).refused).toEqual(new Map([[at('10.0.0.1'), { times: 1, untilMs }]]));
    // It is not dealt with: a hint at its task makes another pass look.
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
    expect((await passOver(context)).held.map(({ because }) => because)).toEqual(['refused before']);
    fake.clock.nowMs = untilMs;
    fake.answers.RegisterTargets = () => ok(null);
    expect((await passOver(context)).written.done).toHaveLength(1);
    expect(cacheOf(context).refused.size).toBe(0);
  });

  it('as refused is forgotten when its task has gone, but not when the task could not be read', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails('refused', 'the reason');
    const context = contextOf(fake);
    await passOver(context);
    fake.answers.DescribeTasks = () => fails('unavailable');
    await passOver(context);
    expect([...cacheOf(context).refused.keys()]).toEqual([at('10.0.0.1')]);
    fake.answers.DescribeTasks = () => ok([STOPPING]);
    fake.answers.ListTasks = () => page([]);
    context.cache.learn(stoppingTask('t1', '10.0.0.1'), START_MS);
    await passOver(context);
    expect(cacheOf(context).refused.size).toBe(0);
  });

  it('as refused lets the removals pass at the next try, and its share of a call is kept', async () => {
    const { fake, context } = mixed();
    fake.answers.RegisterTargets = () => fails('refused', 'the reason');
    const known = cacheOf(context);
    known.refused.set(at('10.0.0.1'), { times: 1, untilMs: START_MS });
    known.binding = 'cluster=prod service=app port=8080';
    await passOver(context);
    expect(fake.names.slice(-2)).toEqual(['DeregisterTargets', 'RegisterTargets']);
    expect(known.shares).toEqual(new Map([[at('10.0.0.1'), 1]]));
  });

  it('as refused is the same of a removal, whatever the target does', async () => {
    const { fake, context } = mixed();
    fake.answers.DeregisterTargets = () => fails('refused', 'the reason');
    expect((await passOver(context)).findings).toEqual([expect.objectContaining({ kind: 'refused', subject: at('10.0.0.2') })]);
    expect(cacheOf(context).refused.get(at('10.0.0.2'))).toMatchObject({ times: 1 });
    expect(cacheOf(context).budget).toMatchObject({ removed: 0 });
  });
});

it('a registration whose proof grows old while ELB throttles it is described anew, and leaves', async () => {
  const fake = worldOf({ tasks: [RUNNING] });
  fake.answers.RegisterTargets = inTurn(fails('throttled'), ok(null));
  fake.callMs = (name) => (name === 'RegisterTargets' ? PROOF_AGE_MAX_MS : 0);
  const { written } = await passOver(contextOf(fake));
  expect(fake.names.slice(-3)).toEqual(['RegisterTargets', 'DescribeTasks', 'RegisterTargets']);
  expect([written.done.map(({ address }) => address), written.aged]).toEqual([[at('10.0.0.1')], []]);
});

describe('a zone that ELB asks for', () => {
  it('is given in the same pass, and by the next ones from the start', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const message = "The IP address '10.0.0.1' is outside the VPC";
    fake.answers.RegisterTargets = ({ targets }) =>
      targets.some(({ zone }) => zone !== 'all') ? fails('refused', message) : ok(null);
    const context = contextOf(fake);
    const { written } = await passOver(context);
    expect(written.done.map(({ descriptor }) => descriptor.zone)).toEqual(['all']);
    expect(cacheOf(context)).toMatchObject({ zoneForms: new Map([['10.0.0', 'all']]), open: new Map() });
    fake.asked.length = 0;
    fake.clock.nowMs += 120_000;
    await passOver(context);
    expect(fake.inputs('RegisterTargets')).toMatchObject([{ targets: [{ id: '10.0.0.1', zone: 'all' }] }]);
  });
});

it('a search that has found an owner opens another pass, which removes its target', async () => {
  const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: START_MS - 6_000 });
  const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [gone] });
  fake.answers.DescribeTasks = describing(gone);
  const context = contextOf(fake);
  expect(await passOver(context)).toMatchObject({ planned: [], open: { searching: true } });
  expect((await passOver(context)).written.done).toMatchObject([{ kind: 'deregister', address: at('10.0.0.3') }]);
});
