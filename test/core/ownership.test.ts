import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Ownership,
  originOf,
  ownershipOf,
  parseRecord,
  RECORDED_MAX,
  type RecordEntry,
  type RecordKind,
  recordFields,
  wasOurs,
} from '../../functions/core/ownership.ts';
import { holds } from '../support/arbitraries.ts';
import { at, groupArn, taskArn } from '../support/values.ts';

const ADDRESS = at('10.0.0.1');
const OURS = taskArn('ours');
const OTHER = taskArn('other');
const TARGET = { address: ADDRESS, task: OURS };
const KINDS = ['register', 'deregister', 'refused', 'kept', 'left', 'shared', 'gone'] as const satisfies readonly RecordKind[];

const anyAddress = fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1').map((text) => at(text));
const anyTask = fc.constantFrom('ours', 'other').map((id) => taskArn(id));
const anyEntry: fc.Arbitrary<RecordEntry> = fc.record({
  atMs: fc.nat(9),
  kind: fc.constantFrom(...KINDS),
  address: anyAddress,
  task: anyTask,
  by: fc.constantFrom('one', 'other'),
});

describe('a line of the record', () => {
  it('is read as it was written', () => {
    const targets = fc.array(fc.record({ address: anyAddress, task: anyTask }), { maxLength: 5 });
    holds(
      fc.property(fc.constantFrom(...KINDS), targets, fc.nat(), (kind, recorded, atMs) => {
        const line: unknown = JSON.parse(JSON.stringify({ message: 'record', ...recordFields(kind, groupArn(), recorded) }));
        expect(parseRecord(line, atMs)).toEqual(recorded.map((each) => ({ kind, atMs, ...each })));
      }),
    );
  });

  it('says the group in full, by which it is found', () => {
    expect(recordFields('kept', groupArn(), [{ address: ADDRESS, task: OURS }])).toEqual({
      kind: 'kept',
      targetGroupArn: groupArn(),
      targets: [`10.0.0.1:8080 ${OURS}`],
    });
  });

  it.each([
    [null],
    ['record'],
    [{}],
    [{ kind: 'register', targets: 'all' }],
    [{ kind: 'lost', targets: [`10.0.0.1:8080 ${OURS}`] }],
    [{ targets: [`10.0.0.1:8080 ${OURS}`] }],
    [{ kind: 'register', targets: [] }],
    [{ kind: 'register', targets: [7, '', '10.0.0.1:8080', `10.0.0.1 ${OURS}`, '10.0.0.1:8080 task', OURS] }],
  ])('that says nothing is none: %j', (line) => {
    expect(parseRecord(line, 1)).toEqual([]);
  });

  it('names no task where the target is nobody of ours: only then', () => {
    expect(recordFields('shared', groupArn(), [{ address: ADDRESS, task: undefined }]).targets).toEqual(['10.0.0.1:8080']);
    const strange = { atMs: 1, address: ADDRESS, task: undefined };
    expect(parseRecord({ kind: 'shared', targets: ['10.0.0.1:8080'] }, 1)).toEqual([{ kind: 'shared', ...strange }]);
    expect(parseRecord({ kind: 'shared', targets: ['10.0.0.1', '', 7] }, 1)).toEqual([]);
    for (const kind of KINDS.filter((each) => each !== 'shared')) {
      expect(parseRecord({ kind, targets: ['10.0.0.1:8080'] }, 1), kind).toEqual([]);
    }
  });

  it('loses no target to a broken one beside it', () => {
    const targets = ['nonsense', `10.0.0.1:8080 ${OURS}`];
    expect(parseRecord({ kind: 'kept', targets }, 1)).toEqual([{ kind: 'kept', atMs: 1, address: ADDRESS, task: OURS }]);
  });

  it('stays within what CloudWatch Logs takes of one event', () => {
    const longest = {
      address: at('2001:db8:1111:2222:3333:4444:5555:6666', 65_535),
      task: taskArn('f'.repeat(64), 'c'.repeat(255)),
    };
    const line = recordFields(
      'deregister',
      groupArn('g'.repeat(32)),
      Array.from({ length: RECORDED_MAX }, () => longest),
    );
    expect(JSON.stringify(line).length).toBeLessThan(255_000);
  });
});

/** Small letters are lines about our task, capitals about another one at the address; one millisecond apart. */
const LETTERS: Readonly<Record<string, RecordKind>> = {
  r: 'register',
  d: 'deregister',
  n: 'refused',
  k: 'kept',
  l: 'left',
  s: 'shared',
  g: 'gone',
};
const entriesOf = (letters: string): RecordEntry[] =>
  [...letters].flatMap((letter, index) => {
    const kind = LETTERS[letter.toLowerCase()];
    const task = letter === letter.toLowerCase() ? OURS : OTHER;
    return kind === undefined ? [] : [{ kind, task, address: ADDRESS, atMs: index + 1 }];
  });

const HISTORIES: readonly (readonly [string, Ownership])[] = [
  ['', 'unknown'],
  ['r', 'ours'],
  ['k', 'ours'],
  ['rkk', 'ours'],
  ['d', 'let go'],
  ['rd', 'let go'],
  ['rkd', 'let go'],
  ['rdd', 'let go'],
  ['rdr', 'ours'],
  // Another environment had read both before, and wrote it down afterwards.
  ['rdk', 'let go'],
  ['rdkd', 'let go'],
  ['rdrk', 'ours'],
  ['rdK', 'ours'],
  ['rDk', 'ours'],
  // A registration that ELB did not take is none, whatever was there before.
  ['rn', 'unknown'],
  ['rnr', 'ours'],
  ['rN', 'ours'],
  // Somebody has remembered a target of ours: that proves nothing.
  ['l', 'unknown'],
  ['rl', 'ours'],
  ['rdl', 'let go'],
  // Somebody could not explain the target: that takes nothing away and proves nothing.
  ['s', 'unknown'],
  ['rs', 'ours'],
  ['rdsS', 'let go'],
  ['rS', 'ours'],
  // The address has moved on to another task of ours.
  ['rR', 'ours'],
  ['rK', 'ours'],
  ['rdR', 'ours'],
  ['rRr', 'ours'],
  ['rRd', 'let go'],
  // What was removed for another task says nothing of this one.
  ['D', 'unknown'],
  ['rD', 'unknown'],
  ['RDr', 'ours'],
  // Its own removal stands.
  ['rdD', 'let go'],
];

describe('whose a target is', () => {
  it.each(HISTORIES)('after "%s": %s', (letters, expected) => {
    expect(ownershipOf(TARGET, entriesOf(letters), undefined)).toBe(expected);
  });

  it.each([
    ['r', 0, 'ours'],
    ['r', 5_001, 'ours'],
    ['r', 5_002, 'let go'],
    ['rk', 2, 'ours'],
    ['rk', 3, 'let go'],
    ['rR', 5_002, 'ours'],
    ['rR', 5_003, 'let go'],
    ['', 9, 'unknown'],
  ] as const)('after "%s", and a pass at %i ms that saw the address unregistered: %s', (letters, absentAtMs, expected) => {
    expect(ownershipOf(TARGET, entriesOf(letters), absentAtMs)).toBe(expected);
  });

  const register = (by: string, atMs = 1): RecordEntry => ({ kind: 'register', by, atMs, address: ADDRESS, task: OURS });

  it('has been let go where a pass has seen it gone since the last registration, whichever environment made it', () => {
    const seenGone = (absentAtMs: number, ...entries: readonly RecordEntry[]): Ownership =>
      ownershipOf(TARGET, entries, absentAtMs);
    expect([5_001, 5_002].map((ms) => seenGone(ms, register('one')))).toEqual(['ours', 'let go']);
    const both = [register('one'), register('other', 9)];
    expect([5_009, 5_010].map((ms) => seenGone(ms, ...both))).toEqual(['ours', 'let go']);
    const again = [register('one'), { ...register('one', 2), kind: 'deregister' as const }, register('one', 9)];
    expect([5_009, 5_010].map((ms) => seenGone(ms, ...again))).toEqual(['ours', 'let go']);
  });

  describe('where ELB has refused a registration', () => {
    const refused = (by: string, atMs: number): RecordEntry => ({ ...register(by, atMs), kind: 'refused' });
    const whoseAfter = (...entries: readonly RecordEntry[]): Ownership => ownershipOf(TARGET, entries, undefined);

    it('is ours if another environment has registered it at the same time', () => {
      expect(whoseAfter(register('one'), register('other', 2), refused('other', 3))).toBe('ours');
      expect(whoseAfter(register('one'), register('other', 2), refused('one', 3))).toBe('ours');
      expect(whoseAfter(register('one'), register('other', 2), refused('one', 3), refused('other', 4))).toBe('unknown');
      expect(whoseAfter({ ...register('one'), kind: 'kept' }, refused('other', 3))).toBe('ours');
    });

    it('is unknown if the other one had registered it before: it was gone again', () => {
      expect(whoseAfter(register('one'), refused('other', 5_001))).toBe('ours');
      expect(whoseAfter(register('one'), refused('other', 5_002))).toBe('unknown');
    });

    it('has been let go where a pass has seen it gone since the registration that stands', () => {
      const entries = [register('one'), register('other', 9), refused('other', 10)];
      const seenGone = (absentAtMs: number): Ownership => ownershipOf(TARGET, entries, absentAtMs);
      expect([seenGone(5_001), seenGone(5_002)]).toEqual(['ours', 'let go']);
    });
  });

  describe('where an environment has seen it go', () => {
    const line = (kind: RecordKind, atMs: number, task = OURS): RecordEntry => ({ kind, atMs, address: ADDRESS, task });
    const whose = (...entries: readonly RecordEntry[]): Ownership => ownershipOf(TARGET, entries, undefined);

    it('has been let go by whoever removed it, unless it was registered at the time of the look', () => {
      // The look took its time, and so did the registration beside it.
      expect(whose(line('register', 1), line('gone', 10_000))).toBe('ours');
      expect(whose(line('register', 1), line('gone', 10_001))).toBe('let go');
      expect(whose(line('kept', 1), line('gone', 5_000))).toBe('ours');
      expect(whose(line('kept', 1), line('gone', 5_001))).toBe('let go');
    });

    it('is unknown where the target that went was that of another task', () => {
      expect(whose(line('register', 1), line('gone', 20_000, OTHER))).toBe('unknown');
    });

    it('is ours again when it is registered again, and not when a slower environment says that it kept it', () => {
      expect(whose(line('register', 1), line('gone', 20_000), line('register', 20_001))).toBe('ours');
      expect(whose(line('register', 1), line('gone', 20_000), line('kept', 20_001))).toBe('let go');
    });

    it('says nothing of a target that was not ours, or was removed before', () => {
      expect(whose(line('gone', 20_000))).toBe('unknown');
      expect(whose(line('register', 1), line('deregister', 9_000), line('gone', 20_000, OTHER))).toBe('let go');
    });
  });

  it('is settled by lines of one millisecond in the order in which they were written', () => {
    const atOnce = (letters: string): Ownership =>
      ownershipOf(
        TARGET,
        entriesOf(letters).map((entry) => ({ ...entry, atMs: 7 })),
        undefined,
      );
    expect([atOnce('dr'), atOnce('drd'), atOnce('rnr'), atOnce('rn')]).toEqual(['ours', 'let go', 'ours', 'unknown']);
  });

  it('does not depend on the order in which the lines of several environments arrive', () => {
    const entries = fc.uniqueArray(anyEntry, { selector: ({ atMs }) => atMs });
    const both = entries.chain((one) => fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length })));
    holds(
      fc.property(both, fc.option(fc.nat(9), { nil: undefined }), ([one, other], absentAtMs) => {
        expect(ownershipOf(TARGET, other, absentAtMs)).toBe(ownershipOf(TARGET, one, absentAtMs));
      }),
    );
  });

  it('rests on the lines about its address alone, and is unknown where there is no registration', () => {
    holds(
      fc.property(fc.array(anyEntry), (entries) => {
        const own = entries.filter(({ address }) => address === ADDRESS);
        const ownership = ownershipOf(TARGET, entries, undefined);
        expect(ownershipOf(TARGET, own, undefined)).toBe(ownership);
        if (!own.some(({ kind }) => kind === 'register' || kind === 'kept')) expect(ownership).not.toBe('ours');
      }),
    );
  });

  it('is ours for all tasks or for none: a target has one owner, and not one for each task that had its address', () => {
    holds(
      fc.property(fc.uniqueArray(anyEntry, { selector: ({ atMs }) => atMs }), (entries) => {
        const writes = entries.filter(({ kind }) => kind !== 'left' && kind !== 'shared');
        const refused = writes.some(({ kind }) => kind === 'refused');
        const owners = [OURS, OTHER].filter((task) => ownershipOf({ address: ADDRESS, task }, writes, undefined) === 'ours');
        if (!refused) expect([0, 2]).toContain(owners.length);
      }),
    );
  });
});

describe('for which task this stack has an address registered', () => {
  it.each([
    ['', undefined],
    ['r', OURS],
    ['rK', OTHER],
    ['rl', OURS],
    // What was removed or refused last, this stack has not registered.
    ['rd', undefined],
    ['rRD', undefined],
    ['rn', undefined],
    ['rg', undefined],
    ['rdr', OURS],
    // Who could not explain the target has not registered it.
    ['s', undefined],
    ['rs', OURS],
    ['rS', OURS],
    ['rds', undefined],
  ])('after "%s": %s', (letters, task) => {
    const elsewhere: RecordEntry = { kind: 'register', atMs: 99, address: at('10.0.0.2'), task: OTHER };
    expect(originOf(ADDRESS, [elsewhere, ...entriesOf(letters).toReversed()])).toBe(task);
  });
});

describe('a target that nothing explained was ours', () => {
  const SEEN_MS = 10_000;
  const lines = (...kinds: readonly (readonly [RecordKind, number])[]): RecordEntry[] =>
    kinds.map(([kind, agoMs]) => ({ kind, atMs: SEEN_MS - agoMs, address: ADDRESS, task: OURS }));

  it.each([
    { told: 'registered before', record: lines(['register', 9_000]), ours: true },
    { told: 'kept before', record: lines(['kept', 9_000]), ours: true },
    { told: 'left before', record: lines(['deregister', 9_000], ['left', 8_000]), ours: true },
    { told: 'removed afterwards', record: lines(['deregister', -9_000]), ours: true },
    { told: 'removed before, kept afterwards', record: lines(['deregister', 9_000], ['kept', -9_000]), ours: true },
    { told: 'removed just before', record: lines(['deregister', 5_000]), ours: true },
    { told: 'registered just afterwards', record: lines(['register', -5_000]), ours: true },
    { told: 'never', record: [], ours: false },
    { told: 'as a stranger alone', record: lines(['shared', 1], ['shared', -1]), ours: false },
    { told: 'removed before', record: lines(['register', 9_000], ['deregister', 5_001]), ours: false },
    { told: 'gone before', record: lines(['register', 9_000], ['gone', 8_000]), ours: false },
    { told: 'refused before', record: lines(['register', 9_000], ['refused', 8_000]), ours: false },
    { told: 'registered afterwards', record: lines(['register', -5_001], ['deregister', -9_000]), ours: false },
    { told: 'removed before, registered afterwards', record: lines(['deregister', 9_000], ['register', -9_000]), ours: false },
  ])('by the record: $told, $ours', ({ record, ours }) => {
    expect(wasOurs(ADDRESS, SEEN_MS, record)).toBe(ours);
    // The order in which the log tells it does not matter, nor what it has of other addresses.
    const others = record.map((entry) => ({ ...entry, address: at('10.0.0.2') }));
    expect(wasOurs(ADDRESS, SEEN_MS, [...others, ...record.toReversed()])).toBe(ours);
    expect(wasOurs(ADDRESS, SEEN_MS, others)).toBe(false);
  });
});
