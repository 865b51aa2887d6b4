/** The alarms of template.yaml while faults are played: which ring, when, and that they clear by themselves. `npm run alarms` has the table. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SEVERITY } from '../../functions/core/finding.ts';
import { compositeAlarms, metricAlarms } from '../../scripts/tools/template/alarms.ts';
import { FURTHER } from './alarms/further.ts';
import { HEALTHY } from './alarms/healthy.ts';
import { type Played, play } from './alarms/play.ts';
import { STATES } from './alarms/states.ts';
import { rowOf } from './alarms/table.ts';
import { MINUTE_MS } from './alarms/world.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const ALL = [...STATES, ...FURTHER, ...HEALTHY];
const ALARMING = ALL.filter(({ alarms }) => alarms.length > 0);
/** Two of three minutes, the minute that they are late, and three minutes until a target counts as never healthy. */
const RINGS_WITHIN_MS = 8 * MINUTE_MS;
const CLEARS_WITHIN_MS = 6 * MINUTE_MS;
/** Settings of a group are read every 15 minutes. */
const FINDING_ENDS_WITHIN_MS = 16 * MINUTE_MS;
/** A pause is a mistake after an hour. */
const SLOW = new Map([['paused-long', 66 * MINUTE_MS]]);

/** Against the promises that hold for every alarm, and against the row that the page has. */
function expectPlayed(played: Played): void {
  const { fault, rings, found, kinds, falseAlarms } = played;
  expect(rings.map(({ alarm }) => alarm).sort()).toEqual(fault.alarms.toSorted());
  expect(falseAlarms).toEqual([]);
  const told = found.map(({ kind }) => kind);
  expect(told).toEqual(expect.arrayContaining([...fault.kinds]));
  expect(told, 'what CheckCommand lists was told').toEqual(expect.arrayContaining([...kinds]));
  for (const { kind, endedAfterMs } of found) {
    expect(endedAfterMs, `${kind} is over`).toBeLessThanOrEqual(FINDING_ENDS_WITHIN_MS);
  }
  const slowMs = Math.max(0, ...fault.kinds.map((kind) => SLOW.get(kind) ?? 0));
  for (const { alarm, afterMs, clearedAfterMs, times } of rings) {
    expect(times, `${alarm} rings once and does not flap`).toBe(1);
    const ownMs = alarm === 'DeadLettersAlarm' ? 20 * MINUTE_MS : RINGS_WITHIN_MS;
    expect(afterMs, `${alarm} rings in time`).toBeLessThanOrEqual(Math.max(ownMs, slowMs));
    expect(clearedAfterMs, `${alarm} clears`).toBeLessThanOrEqual(Math.max(CLEARS_WITHIN_MS, slowMs));
    if (fault.passes?.includes(alarm) !== true) {
      expect(clearedAfterMs, `${alarm} does not clear while its cause lasts`).toBeGreaterThanOrEqual(0);
    }
  }
  expect(PAGE, 'npm run alarms brings the page up to date').toContain(`| ${rowOf(played).join(' | ')} |`);
}

describe('an alarm', () => {
  it.each(STATES)('tells of it, or need not, once: $name', async (fault) => expectPlayed(await play(fault)));

  it.each(FURTHER)('rings, and clears once it is over: $name', async (fault) => expectPlayed(await play(fault)));

  it.each(HEALTHY)('does not ring: $name', async (fault) => expectPlayed(await play(fault)));

  it('is rung by some fault, each of them', () => {
    const names = [...metricAlarms(), ...compositeAlarms()].map(({ name }) => name);
    expect([...new Set(ALARMING.flatMap(({ alarms }) => alarms))].sort()).toEqual(names.sort());
  });

  it('is rung by every kind of finding that is an outage or a mistake', () => {
    const kinds = Object.entries(SEVERITY).flatMap(([kind, severity]) => (severity === 'notice' ? [] : [kind]));
    expect([...new Set(ALARMING.flatMap((fault) => fault.kinds))].filter((kind) => kinds.includes(kind)).sort()).toEqual(
      kinds.sort(),
    );
  });
});

describe('the table of the page', () => {
  const table = PAGE.slice(PAGE.indexOf('<!-- begin: alarms -->'), PAGE.indexOf('<!-- end: alarms -->'));

  it('has a row for every kind of finding, and for no other', () => {
    const kinds = [...table.matchAll(/\[[a-z-]+\]\(findings\.md#([a-z-]+)\)/g)].map(([, kind]) => kind);
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(SEVERITY).sort());
  });

  it('rests on a story for every kind: none stands in it by chance', () => {
    const kinds = ALL.flatMap((fault) => fault.kinds);
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(SEVERITY).sort());
  });

  it('has the rows of the stories that are played, and no other', () => {
    const names = [...table.matchAll(/^\| (.+?) \| .*\|$/gm)]
      .map(([, name]) => name)
      .filter((name) => !/^(---|what is played)/.test(name ?? ''));
    expect(names).toEqual(ALL.map(({ name }) => name));
  });
});
