/** What an environment leaves in the record: targets of ours that have gone, owners, and strangers. */
import { describe, expect, it } from 'vitest';
import { GroupRecord } from '../../functions/app/record.ts';
import type { Address } from '../../functions/core/values.ts';
import { recording } from '../support/pass-parts.ts';
import { cacheOf, contextOf } from '../support/passes.ts';
import { FakeAws, START_MS } from '../support/ports.ts';
import { at, groupArn, taskArn } from '../support/values.ts';

/** How far back a new environment reads. */
const WINDOW_MS = 4_200_000;
const OWNERS_INTERVAL_MS = 3_000_000;

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
    const written = recording(context);
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
      const written = recording(context);
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
      const written = recording(context);
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
