import { describe, expect, it } from 'vitest';
import type { Invocation, Reporter } from '../../functions/app/invocation.ts';
import { readOwnership, recordOwners, recordStrangers } from '../../functions/app/record.ts';
import { changeKey } from '../../functions/core/guard.ts';
import type { RecordEntry, RecordKind } from '../../functions/core/ownership.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import { cacheOf, contextOf } from '../support/passes.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, aSnapshot, at, groupArn, stoppedTask, target, taskArn } from '../support/values.ts';

/** How far back a new environment reads: 70 minutes, more than ECS knows a stopped task. */
const WINDOW_MS = 4_200_000;
const OWNERS_INTERVAL_MS = 3_000_000;

const STOPPED = [stoppedTask('t1', '10.0.0.1'), stoppedTask('t2', '10.0.0.2')];
const LATE = planChanges(aSnapshot({ tasks: STOPPED, targets: [target('10.0.0.1'), target('10.0.0.2')] }));

function entry(kind: RecordKind, number: number, atMs = START_MS - 60_000): RecordEntry {
  return { kind, atMs, address: at(`10.0.0.${number}`), task: taskArn(`t${number}`) };
}

/** An environment whose record holds these lines. */
function recorded(...items: readonly RecordEntry[]) {
  const fake = new FakeAws({ FilterLogEvents: () => ok({ items, nextToken: undefined }) });
  const context = contextOf(fake);
  const ownershipOf = async (late: readonly Change[] = LATE): Promise<(string | undefined)[]> => {
    const { ownership, failures } = await readOwnership(context, aGroup(), late);
    expect(failures).toEqual([]);
    return LATE.map((change) => ownership.get(changeKey(change)));
  };
  return { fake, context, known: cacheOf(context), ownershipOf };
}

describe('whose the targets of late removals are', () => {
  it('is asked of the record once for all of them, and not at all where there is none', async () => {
    const { fake, ownershipOf } = recorded(entry('register', 1));
    expect(await ownershipOf([])).toEqual([undefined, undefined]);
    expect(fake.asked).toEqual([]);
    expect(await ownershipOf()).toEqual(['ours', 'unknown']);
    expect(fake.inputs('FilterLogEvents')).toEqual([
      { group: groupArn(), sinceMs: START_MS - WINDOW_MS, nextToken: undefined },
    ]);
  });

  it('is what this environment has seen itself, and then it reads only what came after that', async () => {
    const { fake, known, ownershipOf } = recorded();
    known.owners = new Map([
      [at('10.0.0.1'), { task: taskArn('t1'), atMs: START_MS - 9_000 }],
      [at('10.0.0.2'), { task: taskArn('t2'), atMs: START_MS - 30_000 }],
    ]);
    expect(await ownershipOf()).toEqual(['ours', 'ours']);
    expect(fake.inputs('FilterLogEvents')).toMatchObject([{ sinceMs: START_MS - 30_000 - 5_000 }]);
  });

  it('has been let go where another environment removed it since', async () => {
    const { known, ownershipOf } = recorded(
      entry('deregister', 1, START_MS - 4_000),
      entry('deregister', 2, START_MS - 31_000),
    );
    known.owners = new Map([
      [at('10.0.0.1'), { task: taskArn('t1'), atMs: START_MS - 9_000 }],
      [at('10.0.0.2'), { task: taskArn('t2'), atMs: START_MS - 30_000 }],
    ]);
    expect(await ownershipOf()).toEqual(['let go', 'ours']);
  });

  it('is not known by what was seen of another task at the address', async () => {
    const { fake, known, ownershipOf } = recorded();
    known.owners = new Map([[at('10.0.0.1'), { task: taskArn('other'), atMs: START_MS - 9_000 }]]);
    expect(await ownershipOf()).toEqual(['unknown', 'unknown']);
    expect(fake.inputs('FilterLogEvents')).toMatchObject([{ sinceMs: START_MS - WINDOW_MS }]);
  });

  it('has been let go where a pass has seen the address unregistered since', async () => {
    const { known, ownershipOf } = recorded(entry('register', 1), entry('register', 2));
    known.absentAtMs = new Map([[at('10.0.0.1'), START_MS - 59_999]]);
    expect(await ownershipOf()).toEqual(['let go', 'ours']);
  });

  it('is unknown where the record cannot be read, and that is a failure', async () => {
    const context = contextOf(new FakeAws({ FilterLogEvents: () => fails('denied', 'no') }));
    expect(await readOwnership(context, aGroup(), LATE)).toEqual({
      ownership: new Map(),
      isShared: false,
      failures: [{ kind: 'denied', operation: 'FilterLogEvents', resource: 'the record of web', message: 'no' }],
    });
  });
});

describe('whether others write to the group', () => {
  it.each([
    [WINDOW_MS, true],
    [WINDOW_MS + 1, false],
  ])('is known by a target of theirs that was recorded %i ms ago: %s', async (agoMs, isShared) => {
    const { context, known, fake } = recorded();
    known.strangers.set(at('10.0.0.9'), START_MS - agoMs);
    expect(await readOwnership(context, aGroup(), [])).toEqual({ ownership: new Map(), isShared, failures: [] });
    expect(await readOwnership(context, aGroup(), LATE)).toMatchObject({ isShared });
    fake.answers.FilterLogEvents = () => fails('denied');
    expect(await readOwnership(context, aGroup(), LATE)).toMatchObject({ isShared, failures: [{ kind: 'denied' }] });
  });

  it('is known by what another environment has recorded, of whatever address', async () => {
    const shared: RecordEntry = { kind: 'shared', atMs: START_MS, address: at('10.0.0.9'), task: undefined };
    expect(await readOwnership(recorded(shared).context, aGroup(), LATE)).toMatchObject({ isShared: true });
    expect(await readOwnership(recorded(entry('kept', 9)).context, aGroup(), LATE)).toMatchObject({ isShared: false });
  });
});

/** An environment that has seen an owner so long ago; `record` gives the lines of a pass at that time. */
function seen(...agoMs: readonly number[]) {
  const fake = new FakeAws();
  const context = contextOf(fake);
  const known = cacheOf(context);
  known.owners = new Map(
    agoMs.map((ms, index) => [at(`10.0.0.${index}`), { task: taskArn(`t${index}`), atMs: START_MS - ms }]),
  );
  const linesOf = (run: (invocation: Invocation) => void): string[] => {
    const lines: string[] = [];
    const recorded: Reporter['recorded'] = (kind, group, targets) =>
      void lines.push(...targets.map(({ address, task }) => `${kind} ${group} ${address} ${task}`));
    run({ ...context, reporter: { ...context.reporter, recorded } });
    return lines;
  };
  const record = () => linesOf((invocation) => recordOwners(invocation, aGroup()));
  const strangers = (...numbers: readonly number[]): string[] =>
    linesOf((invocation) => {
      const addresses = numbers.map((number) => at(`10.0.0.${number}`));
      recordStrangers(invocation, aGroup(), addresses);
    });
  return { fake, known, record, strangers };
}

describe('owners', () => {
  it('are recorded by a new environment, and then at an interval that no search of the record exceeds', () => {
    const { fake, known, record } = seen(0);
    const line = `kept ${groupArn()} 10.0.0.0:8080 ${taskArn('t0')}`;
    expect(record()).toEqual([line]);
    fake.clock.nowMs += OWNERS_INTERVAL_MS - 1;
    known.owners = new Map([...known.owners].map(([address, owner]) => [address, { ...owner, atMs: fake.clock.now() }]));
    expect(record()).toEqual([]);
    fake.clock.nowMs += 1;
    expect(record()).toEqual([line]);
    expect(OWNERS_INTERVAL_MS).toBeLessThan(WINDOW_MS);
  });

  it('are recorded as far as this pass has seen them, and no line is written for none', () => {
    expect(seen(4_999, 5_000).record()).toEqual([`kept ${groupArn()} 10.0.0.0:8080 ${taskArn('t0')}`]);
    expect(seen().record()).toEqual([]);
  });

  it('are recorded with what is left of ours, as long as it is registered: no task of it is known any more', () => {
    const { known, record } = seen();
    known.origins = new Map([8, 9].map((number) => [at(`10.0.0.${number}`), taskArn(`t${number}`)]));
    known.firstSeenMs = new Map([[at('10.0.0.9'), START_MS - 1]]);
    expect(record()).toEqual([`left ${groupArn()} 10.0.0.9:8080 ${taskArn('t9')}`]);
  });
});

describe('targets of somebody else', () => {
  const line = (number: number) => `shared ${groupArn()} 10.0.0.${number}:8080 undefined`;

  it('are recorded when they are found, and then at the same interval, each for itself', () => {
    const { fake, known, strangers } = seen();
    expect(strangers(8)).toEqual([line(8)]);
    fake.clock.nowMs += 1;
    expect(strangers(8, 9)).toEqual([line(9)]);
    fake.clock.nowMs = START_MS + OWNERS_INTERVAL_MS - 1;
    expect(strangers(8, 9)).toEqual([]);
    fake.clock.nowMs += 1;
    expect(strangers(8, 9)).toEqual([line(8)]);
    expect(known.strangers).toEqual(
      new Map([
        [at('10.0.0.8'), START_MS + OWNERS_INTERVAL_MS],
        [at('10.0.0.9'), START_MS + 1],
      ]),
    );
  });

  it('take no line where there are none', () => {
    const { known, strangers } = seen();
    expect(strangers()).toEqual([]);
    expect(known.strangers.size).toBe(0);
  });
});
