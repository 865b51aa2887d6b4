/** What a pass could not read, need not read or has read whole. */
import { describe, expect, it } from 'vitest';
import type { Reporter } from '../../functions/app/invocation.ts';
import { isCurrent } from '../../functions/app/read-configuration.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { parseClusterArn } from '../../functions/core/values.ts';
import {
  aReading,
  boundGroup,
  cacheOf,
  contextOf,
  MIXED,
  passOver,
  RUNNING,
  reasons,
  STOPPING,
  worldOf,
} from '../support/passes.ts';
import { FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import { aHint, at, ip, runningTask, stoppedTask, target, taskArn, unwrap } from '../support/values.ts';

describe('a pass that cannot read', () => {
  it.each([
    ['unavailable', true],
    ['denied', false],
  ] as const)('the targets (%s) does nothing else, and is tried again: %s', async (kind, failed) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails(kind, 'no') });
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass).toEqual({
      group: context.bound.group,
      trigger: 'messages',
      startedAtMs: START_MS,
      endedAtMs: fake.clock.now(),
      hints: 0,
      snapshot: undefined,
      planned: [],
      written: { done: [], refused: [], failures: [], aged: [] },
      held: [],
      findings: [],
      failures: [{ kind, operation: 'DescribeTargetHealth', resource: 'web', message: 'no' }],
      behind: [],
      open: { ...NOTHING_OPEN, failed },
    });
    expect(new Set(fake.names)).toEqual(new Set(['DescribeTargetHealth']));
    expect(cacheOf(context)).toMatchObject({ lastPassAtMs: START_MS, firstSeenMs: new Map() });
  });

  it('a list removes nothing, and what it has proved is still registered', async () => {
    const fake = worldOf(MIXED);
    fake.answers.ListTasks = ({ selector }) => (selector.kind === 'family' ? fails('unexpected', 'no') : page([RUNNING]));
    const context = contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080');
    context.cache.learn(STOPPING, START_MS);
    const pass = await passOver(context);
    expect(pass.written.done.map(({ address }) => address)).toEqual([at('10.0.0.1')]);
    expect(pass.held.map(({ because, change }) => [because, change.address])).toEqual([['a read failed', at('10.0.0.2')]]);
    expect(pass.failures.map(({ operation }) => operation)).toEqual(['ListTasks']);
    expect(pass.open.failed).toBe(true);
    // Not everything was read: a hint at any of these tasks still makes another pass look.
    expect(cacheOf(context).covered.size).toBe(0);
  });

  it('for a reason that does not pass by waiting is not tried again', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.DescribeTasks = () => fails('denied');
    expect(await passOver(contextOf(fake))).toMatchObject({ open: { failed: false }, failures: [{ kind: 'denied' }] });
  });

  it.each(['unavailable', 'denied'] as const)(
    'the list of stopped tasks (%s) has a failure, and what it has dealt with all the same',
    async (kind) => {
      const fake = worldOf({ targets: [target('10.0.0.1'), target('10.0.0.9')], tasks: [RUNNING] });
      fake.answers.ListTasks = ({ desired }) => (desired === 'RUNNING' ? page([RUNNING]) : fails(kind));
      const context = contextOf(fake);
      // Nothing waits for the search, and the next pass makes it.
      expect(await passOver(context)).toMatchObject({ failures: [{ kind, operation: 'ListTasks' }], open: NOTHING_OPEN });
      expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(true);
    },
  );
});

describe('a pass that finds its group gone', () => {
  it.each([
    ['gone', true],
    ['denied', false],
  ] as const)('(%s) makes the bindings be read again before anything else: %s', async (kind, isOld) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails(kind) });
    const context = contextOf(fake);
    const { environment } = context;
    const read = aReading();
    environment.configuration = read;
    await passOver(context);
    expect(isCurrent(environment.configuration, START_MS, false)).toBe(!isOld);
    expect(environment.configuration.configuration).toBe(read.configuration);
  });

  it('has nothing to read again where nothing was read yet', async () => {
    const context = contextOf(new FakeAws({ DescribeTargetHealth: () => fails('gone') }));
    expect((await passOver(context)).failures).toMatchObject([{ kind: 'gone' }]);
    expect(context.environment.configuration).toBeUndefined();
  });
});

describe('what cannot be read of another account', () => {
  /** A group that is fed by tasks of two accounts, of which one does not answer, with a task that stops and one that has stopped. */
  async function passWith(account: string) {
    const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: START_MS - 6_000 });
    const fake = worldOf({ targets: [target('10.0.0.2'), target('10.0.0.3')], tasks: [STOPPING, gone] });
    const cluster = unwrap(parseClusterArn(`arn:aws:ecs:eu-west-1:${account}:cluster/far`));
    fake.answers.ListTasks = ({ selector }) => (selector.cluster === cluster ? fails('denied') : page([]));
    const { bindings, ...bound } = boundGroup('service=app port=8080');
    const far = bindings.map((each) => ({ ...each, selector: { ...each.selector, cluster } }));
    const context = contextOf(fake, { bound: { ...bound, bindings: [...bindings, ...far] } });
    for (const task of [STOPPING, gone]) context.cache.learn(task, START_MS);
    const { written, held } = await passOver(context);
    return [written.done.map(({ address }) => address), held.map(({ because, change }) => [because, change.address])];
  }

  it('holds up only removals of addresses that may have moved on', async () => {
    expect(await passWith('444455556666')).toEqual([[at('10.0.0.2')], [['a read failed', at('10.0.0.3')]]]);
    const both = [at('10.0.0.2'), at('10.0.0.3')].map((address) => ['a read failed', address]);
    expect(await passWith('111122223333')).toEqual([[], both]);
  });
});

it('a list that does not end says nothing of any cluster: no removal is made', async () => {
  const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [STOPPING] });
  fake.answers.ListTasks = () => ok({ items: [], nextToken: 'again' });
  const context = contextOf(fake);
  context.cache.learn(STOPPING, START_MS);
  const pass = await passOver(context);
  expect(pass.failures).toMatchObject([{ kind: 'unexpected', operation: 'ListTasks' }]);
  expect(reasons(pass)).toEqual(['a read failed']);
});

describe('a full reading', () => {
  it("is what findings on targets rest on: what half of one leaves unexplained may be a live task's", async () => {
    const fake = worldOf({ targets: [target('10.0.0.1'), target('10.0.0.9')], tasks: [RUNNING] });
    const context = contextOf(fake);
    const whole = await passOver(context);
    expect(cacheOf(context)).toMatchObject({ wholeAtMs: whole.endedAtMs, findings: whole.findings });
    fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.1'), target('10.0.0.8')]);
    fake.answers.ListTasks = () => fails('denied');
    fake.clock.nowMs += 1_000;
    const half = await passOver(context);
    expect(half.findings).toEqual(whole.findings);
    expect(cacheOf(context)).toMatchObject({ wholeAtMs: whole.endedAtMs, audited: whole.findings });
  });

  it('records the owners, and one that lists nothing does not', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const kinds: string[] = [];
    const recorded: Reporter['recorded'] = (kind) => void kinds.push(kind);
    const context = contextOf(fake, { listing: 'none', hints: [aHint(RUNNING.arn, 3)] });
    const told = { ...context, reporter: { ...context.reporter, recorded } };
    await passOver(told);
    expect([kinds, cacheOf(context).listedTasks]).toEqual([[], 0]);
    await passOver({ ...told, listing: 'full' });
    expect([kinds, cacheOf(context).listedTasks]).toEqual([['kept'], 1]);
  });
});

describe('a pass that lists nothing', () => {
  it('notes what nothing explains, and searches for nobody: nothing stays open', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')] });
    const context = contextOf(fake, { listing: 'none' });
    const pass = await passOver(context);
    expect(pass).toMatchObject({ failures: [], open: NOTHING_OPEN });
    expect(fake.names).toEqual(['DescribeTargetHealth']);
    // Whoever has to know later whether others write here asks the record for it.
    expect(cacheOf(context).unexplained).toEqual(new Map([[at('10.0.0.9'), pass.endedAtMs]]));
  });
});

it('a target that has gone, and that this environment has not removed, is recorded', async () => {
  const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
  const lines: string[] = [];
  const recorded: Reporter['recorded'] = (kind, _, targets) =>
    void lines.push(...targets.map(({ address, task }) => `${kind} ${address} ${task}`));
  const context = contextOf(fake, { listing: 'none' });
  const told = { ...context, reporter: { ...context.reporter, recorded } };
  await passOver({ ...told, listing: 'full' });
  lines.length = 0;
  fake.answers.DescribeTargetHealth = () => ok([]);
  await passOver(told);
  expect(lines).toContain(`gone ${at('10.0.0.1')} ${RUNNING.arn}`);
});

describe('what a hint claims', () => {
  const young = runningTask('t1', '10.0.0.1');
  const claiming = (atMs: number) => aHint(young.arn, 3, { claim: { addresses: [ip('10.0.0.1')], isStop: false, atMs } });

  it.each([
    ['at the read of the targets, and they have it', START_MS, ['10.0.0.1'], []],
    ['after it', START_MS + 1, ['10.0.0.1'], ['ListTasks', 'DescribeTasks']],
    ['at it, and they lack it', START_MS, ['10.0.0.2'], ['ListTasks', 'DescribeTasks']],
  ] as const)('%s: a burst reads no more than it has to', async (_, atMs, addresses, reads) => {
    const fake = worldOf({ targets: addresses.map((address) => target(address)), tasks: [young] });
    const pass = await passOver(contextOf(fake, { hints: [claiming(atMs)], listing: 'burst' }));
    expect(fake.names.slice(0, 3)).toEqual(['DescribeTargetHealth', ...reads]);
    // It had still to be settled when the pass began.
    expect(pass.hints).toBe(1);
  });
});

describe('hints', () => {
  it('that ECS is behind of are reported, and remain open', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const hint = aHint(RUNNING.arn, RUNNING.version + 1);
    const context = contextOf(fake, { hints: [hint, aHint(taskArn('unknown'), 3)] });
    const pass = await passOver(context);
    expect(pass).toMatchObject({ behind: [hint], open: { ...NOTHING_OPEN, behind: true } });
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
  });

  it('that are dealt with are no reason for a pass', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const context = contextOf(fake, { hints: [aHint(RUNNING.arn, 3)] });
    expect((await passOver(context)).hints).toBe(1);
    expect((await passOver(context)).hints).toBe(0);
  });
});
