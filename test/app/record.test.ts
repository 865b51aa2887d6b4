/** Whose targets are, by what this stack's environments recorded. */
import { describe, expect, it } from 'vitest';
import { GroupRecord } from '../../functions/app/record.ts';
import { changeKey } from '../../functions/core/guard.ts';
import type { RecordEntry, RecordKind } from '../../functions/core/ownership.ts';
import type { Deregistration } from '../../functions/core/plan.ts';
import { lateOf, recording } from '../support/pass-parts.ts';
import { cacheOf, contextOf } from '../support/passes.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, aSnapshot, at, groupArn, stoppedTask, target, taskArn } from '../support/values.ts';

/** How far back a new environment reads: 70 minutes, more than ECS knows a stopped task. */
const WINDOW_MS = 4_200_000;
const OWNERS_INTERVAL_MS = 3_000_000;

const STOPPED = [stoppedTask('t1', '10.0.0.1'), stoppedTask('t2', '10.0.0.2')];
const LATE = lateOf(aSnapshot({ tasks: STOPPED, targets: [target('10.0.0.1'), target('10.0.0.2')] }));

/** Both targets, as this environment has seen them with their live tasks a moment ago. */
const OWNED = new Map(STOPPED.map(({ arn }, index) => [at(`10.0.0.${index + 1}`), { task: arn, atMs: START_MS - 9_000 }]));

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
      const written = recording(context);
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
      const written = recording(context);
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
