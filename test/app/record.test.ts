import { describe, expect, it } from 'vitest';
import { GroupRecord } from '../../functions/app/record.ts';
import { changeKey, isLate } from '../../functions/core/guard.ts';
import type { RecordEntry, RecordedTarget, RecordKind } from '../../functions/core/ownership.ts';
import { type Deregistration, planChanges } from '../../functions/core/plan.ts';
import type { Snapshot } from '../../functions/core/snapshot.ts';
import type { Address } from '../../functions/core/values.ts';
import { cacheOf, contextOf, type PassContext } from '../support/passes.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, aSnapshot, at, groupArn, stoppedTask, target, taskArn } from '../support/values.ts';

/** How far back a new environment reads: 70 minutes, more than ECS knows a stopped task. */
const WINDOW_MS = 4_200_000;
const OWNERS_INTERVAL_MS = 3_000_000;

const STOPPED = [stoppedTask('t1', '10.0.0.1'), stoppedTask('t2', '10.0.0.2')];
const LATE = lateOf(aSnapshot({ tasks: STOPPED, targets: [target('10.0.0.1'), target('10.0.0.2')] }));

/** Both targets, as this environment has seen them with their live tasks a moment ago. */
const OWNED = new Map(STOPPED.map(({ arn }, index) => [at(`10.0.0.${index + 1}`), { task: arn, atMs: START_MS - 9_000 }]));

/** The removals that the snapshot asks for, of tasks that ended long ago. */
function lateOf(snapshot: Snapshot): Deregistration[] {
  return planChanges(snapshot).filter((change) => isLate(change, START_MS));
}

function entry(kind: RecordKind, number: number, atMs = START_MS - 60_000): RecordEntry {
  return { kind, atMs, address: at(`10.0.0.${number}`), task: taskArn(`t${number}`) };
}

/** An environment whose record holds these lines. */
function recorded(...items: readonly RecordEntry[]) {
  const fake = new FakeAws({ FilterLogEvents: () => ok({ items, nextToken: undefined }) });
  const context = contextOf(fake);
  const ownershipOf = async (late: readonly Deregistration[] = LATE): Promise<(string | undefined)[]> => {
    const { ownership, failures } = await new GroupRecord(context).ownershipOf(late);
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
    // What others have seen of strangers, it has to read once.
    known.recordReadAtMs = START_MS;
    expect(await ownershipOf()).toEqual(['ours', 'ours']);
    known.recordReadAtMs = START_MS + 30_000;
    expect(await ownershipOf()).toEqual(['ours', 'ours']);
    expect(fake.inputs('FilterLogEvents')).toMatchObject([
      { sinceMs: START_MS - 60_000 },
      { sinceMs: START_MS - 30_000 - 5_000 },
    ]);
  });

  it('has been let go where another environment removed it, also if this one had read it before and noted it afterwards', async () => {
    const { known, ownershipOf } = recorded(
      entry('deregister', 1, START_MS - 4_000),
      entry('deregister', 2, START_MS - 31_000),
    );
    known.owners = new Map([
      [at('10.0.0.1'), { task: taskArn('t1'), atMs: START_MS - 9_000 }],
      [at('10.0.0.2'), { task: taskArn('t2'), atMs: START_MS - 30_000 }],
    ]);
    expect(await ownershipOf()).toEqual(['let go', 'let go']);
  });

  it('is not known by what was seen of another task at the address', async () => {
    const { fake, known, ownershipOf } = recorded();
    known.owners = new Map([[at('10.0.0.1'), { task: taskArn('other'), atMs: START_MS - 9_000 }]]);
    expect(await ownershipOf()).toEqual(['unknown', 'unknown']);
    known.owners = new Map([[at('10.0.0.2'), { task: taskArn('t2'), atMs: START_MS - 9_000 }]]);
    expect(await ownershipOf()).toEqual(['unknown', 'ours']);
    // What was read for others does not say whose these are.
    const wholeWindow = { sinceMs: START_MS - WINDOW_MS };
    expect(fake.inputs('FilterLogEvents')).toMatchObject([wholeWindow, wholeWindow]);
  });

  it('has been let go where a pass has seen the address unregistered since', async () => {
    const { known, ownershipOf } = recorded(entry('register', 1), entry('register', 2));
    known.absentAtMs = new Map([[at('10.0.0.1'), START_MS - 54_999]]);
    expect(await ownershipOf()).toEqual(['let go', 'ours']);
    known.absentAtMs = new Map([[at('10.0.0.1'), START_MS - 55_000]]);
    expect(await ownershipOf()).toEqual(['ours', 'ours']);
  });

  it('is unknown where the record cannot be read, and that is a failure', async () => {
    const context = contextOf(new FakeAws({ FilterLogEvents: () => fails('denied', 'no') }));
    expect(await new GroupRecord(context).ownershipOf(LATE)).toEqual({
      ownership: new Map(),
      isShared: false,
      failures: [{ kind: 'denied', operation: 'FilterLogEvents', resource: 'the record of web', message: 'no' }],
    });
  });
});

describe('a group that others write to as well', () => {
  const SHARED: RecordEntry = { kind: 'shared', atMs: START_MS - 60_000, address: at('10.0.0.9'), task: undefined };
  const isSharedOf = async ({ context }: ReturnType<typeof recorded>, late: readonly Deregistration[] = []) =>
    (await new GroupRecord(context).ownershipOf(late)).isShared;

  it.each([
    [undefined, false],
    [WINDOW_MS, true],
    [WINDOW_MS + 1, false],
  ])('is one where this environment saw a target of theirs %s ms ago: %s', async (agoMs, isShared) => {
    const environment = recorded();
    if (agoMs !== undefined) environment.known.strangers.set(at('10.0.0.9'), START_MS - agoMs);
    expect([await isSharedOf(environment), await isSharedOf(environment, LATE)]).toEqual([isShared, isShared]);
  });

  it('is one where another environment saw such a target, as far as the record was read', async () => {
    const environment = recorded(SHARED);
    expect([await isSharedOf(environment), await isSharedOf(environment, LATE)]).toEqual([false, true]);
    expect(environment.known.strangers).toEqual(new Map([[SHARED.address, SHARED.atMs]]));
    expect(await isSharedOf(recorded(entry('left', 1), entry('kept', 2)), LATE)).toBe(false);
  });

  it('remains one until the last line that says so is out of reach, in whatever order the lines come', async () => {
    const ages = [WINDOW_MS - 2, 60_000, WINDOW_MS - 1];
    const environment = recorded(...ages.map((agoMs) => ({ ...SHARED, atMs: START_MS - agoMs })));
    await isSharedOf(environment, LATE);
    environment.fake.clock.nowMs += WINDOW_MS - 60_000;
    expect(await isSharedOf(environment)).toBe(true);
    environment.fake.clock.nowMs += 1;
    expect(await isSharedOf(environment)).toBe(false);
  });

  it('is one also where this environment has seen the owners itself since, and reads the record for them only', async () => {
    const environment = recorded({ ...SHARED, atMs: START_MS - WINDOW_MS });
    const { fake, known } = environment;
    known.owners = OWNED;
    expect(await isSharedOf(environment, LATE)).toBe(true);
    expect(await isSharedOf(environment)).toBe(true);
    expect(await isSharedOf(environment, LATE)).toBe(true);
    fake.clock.nowMs += 1;
    fake.answers.FilterLogEvents = () => ok({ items: [], nextToken: undefined });
    expect(await isSharedOf(environment, LATE)).toBe(false);
    expect(fake.inputs('FilterLogEvents')).toMatchObject([
      { sinceMs: START_MS - WINDOW_MS },
      { sinceMs: START_MS - 14_000 },
      { sinceMs: START_MS - 60_000 },
    ]);
  });

  describe('is one where a pass could not explain a target', () => {
    const SEEN_MS = START_MS - 60_000;
    const ADDRESS = at('10.0.0.9');

    /** The group, and the record of it, after a pass that saw an unexplained target so long ago; another writer's unless an entry says no. */
    async function unexplained(agoMs: number, ...entries: readonly RecordEntry[]) {
      const { known, context } = recorded(...entries);
      const written = writer(context);
      known.noteUnexplained([ADDRESS], START_MS - agoMs);
      const { isShared } = await new GroupRecord(written.context).ownershipOf(LATE);
      return { known, isShared, lines: written.lines };
    }

    it.each([
      // Another environment may have registered it, and its line come in late.
      [59_999, false],
      [60_000, true],
      // What the record had of it before may be too old to be found.
      [WINDOW_MS - OWNERS_INTERVAL_MS, true],
      [WINDOW_MS - OWNERS_INTERVAL_MS + 1, false],
    ])('%i ms ago that the record does not have for ours: %s', async (agoMs, isShared) => {
      const { known, lines, ...seen } = await unexplained(agoMs);
      expect(seen.isShared).toBe(isShared);
      expect(known.strangers.has(ADDRESS)).toBe(isShared);
      expect(lines).toEqual(isShared ? [`shared ${groupArn()} ${ADDRESS} undefined`] : []);
      // One that is too young is asked about again.
      expect(known.unexplained.has(ADDRESS)).toBe(agoMs < 60_000);
    });

    it('but not where it is still registered: then it is searched for', async () => {
      const environment = recorded();
      environment.known.noteUnexplained([ADDRESS], SEEN_MS);
      environment.known.firstSeenMs = new Map([[ADDRESS, SEEN_MS]]);
      expect(await isSharedOf(environment, LATE)).toBe(false);
      expect(environment.known.unexplained.has(ADDRESS)).toBe(true);
    });

    it('but not where the record has it for ours', async () => {
      expect((await unexplained(60_000, { ...entry('register', 9), atMs: SEEN_MS })).isShared).toBe(false);
    });

    it('is asked from the first time that it was seen so, and of the whole record', async () => {
      const environment = recorded();
      // Of its own targets it knows enough.
      environment.known.owners = OWNED;
      environment.known.recordReadAtMs = START_MS - 1_000;
      environment.known.noteUnexplained([ADDRESS], SEEN_MS);
      environment.known.noteUnexplained([ADDRESS], START_MS);
      expect(await isSharedOf(environment, LATE)).toBe(true);
      expect(environment.fake.inputs('FilterLogEvents')).toMatchObject([{ sinceMs: START_MS - WINDOW_MS }]);
    });

    it('and is not settled while others are known to write here: then only the end of the record is read', async () => {
      const environment = recorded();
      environment.known.owners = OWNED;
      environment.known.strangers.set(at('10.0.0.8'), START_MS);
      environment.known.noteUnexplained([ADDRESS], SEEN_MS);
      expect(await isSharedOf(environment, LATE)).toBe(true);
      expect([...environment.known.unexplained.keys()]).toEqual([ADDRESS]);
      expect([...environment.known.strangers.keys()]).toEqual([at('10.0.0.8')]);
    });

    it('and is not settled as long as the record cannot be read', async () => {
      const environment = recorded();
      environment.known.noteUnexplained([ADDRESS], SEEN_MS);
      environment.fake.answers.FilterLogEvents = () => fails('denied');
      await new GroupRecord(environment.context).ownershipOf(LATE);
      expect(environment.known.unexplained).toEqual(new Map([[ADDRESS, SEEN_MS]]));
    });
  });

  describe('is one where ELB still makes its first checks of a target whose task ended long ago', () => {
    /** The group after a look that saw the target in this state, so long after the end of its task. */
    async function looked(state: string, endedAgoMs: number, ...entries: readonly RecordEntry[]) {
      const { known, context } = recorded(...entries);
      const written = writer(context);
      const tasks = [stoppedTask('t1', '10.0.0.1', { stoppedAtMs: START_MS - endedAgoMs })];
      const late = lateOf(aSnapshot({ tasks, targets: [target('10.0.0.1', state)] }));
      expect(late).toHaveLength(1);
      const { isShared } = await new GroupRecord(written.context).ownershipOf(late);
      expect(known.strangers.has(at('10.0.0.1'))).toBe(isShared);
      expect(written.lines).toEqual(isShared ? [`shared ${groupArn()} ${at('10.0.0.1')} undefined`] : []);
      return isShared;
    }
    const LONG_MS = aGroup().unhealthyAfterMs + 1;

    it.each([
      ['initial', LONG_MS, true],
      // One that we had registered right before the end would still be checked.
      ['initial', LONG_MS - 1, false],
      ['unhealthy', LONG_MS, false],
      ['healthy', LONG_MS, false],
    ] as const)('%s, %i ms after the end: %s', async (state, agoMs, isShared) => {
      expect(await looked(state, agoMs)).toBe(isShared);
    });

    it('but not where this stack has registered it since the end, for another task', async () => {
      const since = (kind: RecordKind, agoMs: number) => looked('initial', LONG_MS, entry(kind, 1, START_MS - agoMs));
      expect(await since('register', LONG_MS - 1)).toBe(false);
      expect(await since('register', LONG_MS)).toBe(true);
      expect(await since('deregister', LONG_MS - 1)).toBe(true);
      expect(await looked('initial', LONG_MS, entry('register', 2, START_MS))).toBe(true);
    });
  });

  it('stays one where the record cannot be read', async () => {
    const environment = recorded();
    environment.known.strangers.set(at('10.0.0.9'), START_MS);
    environment.fake.answers.FilterLogEvents = () => fails('denied');
    expect(await new GroupRecord(environment.context).ownershipOf(LATE)).toMatchObject({ isShared: true, failures: [{}] });
  });
});

/** A reporter that makes text of what it is told, a line for each target; what it is told of none shows too. */
function writer(context: PassContext) {
  const lines: string[] = [];
  const recorded = (kind: RecordKind, group: string, targets: readonly RecordedTarget[]): void =>
    void lines.push(
      ...(targets.length === 0 ? [`${kind} of none`] : []),
      ...targets.map(({ address, task }) => `${kind} ${group} ${address} ${task}`),
    );
  return { lines, context: { ...context, reporter: { ...context.reporter, recorded } } };
}

describe('targets of ours that have gone', () => {
  const [ours, ended] = [
    { address: at('10.0.0.1'), task: taskArn('t1') },
    { address: at('10.0.0.2'), task: taskArn('t2') },
  ];
  const lineOf = ({ address, task }: typeof ours): string => `gone ${groupArn()} ${address} ${task}`;

  /** An environment that has seen the target of a live task, and that of one that has ended; the lines of a pass over these targets. */
  function linesOver(registered: readonly Address[], removed?: typeof ours): string[] {
    const context = contextOf(new FakeAws());
    const known = cacheOf(context);
    known.owners = new Map([[ours.address, { task: ours.task, atMs: START_MS - 1 }]]);
    known.ended = new Map([[ended.address, { task: ended.task }]]);
    if (removed !== undefined) known.writtenAtMs.set(`deregister ${removed.address} ${removed.task}`, START_MS - 1);
    const written = writer(context);
    new GroupRecord(written.context).noteGone(new Set(registered));
    return written.lines;
  }

  it('are recorded, whether their tasks lived or had ended', () => {
    expect(linesOver([])).toEqual([lineOf(ours), lineOf(ended)]);
    expect(linesOver([ours.address])).toEqual([lineOf(ended)]);
    expect(linesOver([ended.address, at('10.0.0.9')])).toEqual([lineOf(ours)]);
    expect(linesOver([ours.address, ended.address])).toEqual([]);
  });

  it('are not recorded once more by the environment that has removed them', () => {
    expect(linesOver([], ended)).toEqual([lineOf(ours)]);
    expect(linesOver([], { ...ended, task: taskArn('before') })).toEqual([lineOf(ours), lineOf(ended)]);
  });
});

describe('owners', () => {
  /** An environment that has seen an owner so long ago; `record` gives the lines of a pass at that time. */
  function seen(...agoMs: readonly number[]) {
    const fake = new FakeAws();
    const context = contextOf(fake);
    const known = cacheOf(context);
    known.owners = new Map(
      agoMs.map((ms, index) => [at(`10.0.0.${index}`), { task: taskArn(`t${index}`), atMs: START_MS - ms }]),
    );
    const record = (): string[] => {
      const written = writer(context);
      new GroupRecord(written.context).noteOwners();
      return written.lines;
    };
    return { fake, known, record };
  }

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

  it('are recorded one by one: the others of a group whose tasks could not all be read, and a task that finds the target there', () => {
    const { known, record } = seen(0);
    record();
    const owner = (id: string) => ({ task: taskArn(id), atMs: START_MS });
    known.owners = new Map([...known.owners, [at('10.0.0.1'), owner('t1')]]);
    expect(record()).toEqual([`kept ${groupArn()} 10.0.0.1:8080 ${taskArn('t1')}`]);
    known.owners = new Map([...known.owners, [at('10.0.0.0'), owner('heir')]]);
    expect(record()).toEqual([`kept ${groupArn()} 10.0.0.0:8080 ${taskArn('heir')}`]);
    expect(record()).toEqual([]);
  });

  it('are forgotten with their targets, and recorded anew if they come again', () => {
    const { known, record } = seen(0);
    const { owners } = known;
    expect(record()).toHaveLength(1);
    known.owners = new Map();
    expect(record()).toEqual([]);
    expect(known.recorded.size).toBe(0);
    known.owners = owners;
    expect(record()).toHaveLength(1);
  });

  it('are recorded as far as this pass has seen them, and no line is written for none', () => {
    expect(seen(4_999, 5_000).record()).toEqual([`kept ${groupArn()} 10.0.0.0:8080 ${taskArn('t0')}`]);
    expect(seen().record()).toEqual([]);
  });

  it('of targets that no task explains any more are recorded beside them, as long as these are registered', () => {
    const { known, record } = seen(0);
    known.origins = new Map([
      [at('10.0.0.7'), taskArn('t7')],
      [at('10.0.0.8'), taskArn('t8')],
    ]);
    known.firstSeenMs = new Map([[at('10.0.0.7'), START_MS - 60_000]]);
    expect(record()).toEqual([
      `kept ${groupArn()} 10.0.0.0:8080 ${taskArn('t0')}`,
      `left ${groupArn()} 10.0.0.7:8080 ${taskArn('t7')}`,
    ]);
    expect(record()).toEqual([]);
  });
});

describe('strangers', () => {
  const [ONE, TWO] = [at('10.0.0.1'), at('10.0.0.2')];
  const line = (address: string): string => `shared ${groupArn()} ${address} undefined`;

  it('are recorded when they are first seen, and again so often that no search of the record misses them', () => {
    const fake = new FakeAws();
    const context = contextOf(fake);
    const linesAfter = (ms: number, ...addresses: readonly Address[]): string[] => {
      fake.clock.nowMs += ms;
      const written = writer(context);
      new GroupRecord(written.context).noteStrangers(addresses);
      return written.lines;
    };
    expect(linesAfter(0)).toEqual([]);
    expect(linesAfter(0, ONE)).toEqual([line(ONE)]);
    expect(linesAfter(OWNERS_INTERVAL_MS - 1, ONE, TWO)).toEqual([line(TWO)]);
    expect(linesAfter(1, ONE, TWO)).toEqual([line(ONE)]);
    expect([...cacheOf(context).strangers]).toEqual([
      [ONE, START_MS + OWNERS_INTERVAL_MS],
      [TWO, START_MS + OWNERS_INTERVAL_MS - 1],
    ]);
  });
});
