/** Months with incidents: what is counted in them. `npm run alarms -- --months 4` has the tables. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Differences } from './alarms/differences.ts';
import { INCIDENTS, playMonth } from './alarms/month.ts';
import { LINE, MINUTE_MS, NOTHING, World } from './alarms/world.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

function longest(differences: readonly { readonly sinceMs: number; readonly untilMs: number }[]): number {
  return Math.max(...differences.map(({ sinceMs, untilMs }) => untilMs - sinceMs));
}

describe('the differences of the account', () => {
  it('last from the start of a task to its registration, and from the order to stop to its deregistration', async () => {
    const world = new World();
    const differences = new Differences(world);
    world.tag(LINE);
    world.start(2);
    await world.watched.pass(2 * MINUTE_MS);
    expect(differences.all).toHaveLength(2);
    expect(differences.all.every(({ kind, isMadeUpFor }) => kind === 'register' && isMadeUpFor)).toBe(true);
    world.stopOldest();
    await world.watched.pass(2 * MINUTE_MS);
    expect(differences.all[2]).toMatchObject({ kind: 'deregister', isMadeUpFor: true });
    expect(longest(differences.all)).toBeLessThan(5_000);
  });

  it('last until now where nobody makes up for them, and to the end of a task that never got in', async () => {
    const world = new World();
    const differences = new Differences(world);
    world.watched.schedule = 'disabled';
    world.deployment.deliver = NOTHING;
    world.tag(LINE);
    const [first] = world.start(2);
    await world.watched.pass(5 * MINUTE_MS);
    expect(differences.all.map(({ isMadeUpFor }) => isMadeUpFor)).toEqual([false, false]);
    expect(longest(differences.all)).toBe(5 * MINUTE_MS - 35_000);
    if (first !== undefined) world.account.ecs.stop(first);
    await world.watched.pass(5 * MINUTE_MS);
    const lengths = differences.all.map(({ sinceMs, untilMs }) => untilMs - sinceMs).sort((one, other) => one - other);
    expect(lengths).toEqual([5 * MINUTE_MS - 35_000, 10 * MINUTE_MS - 35_000]);
  });
});

describe('a month', () => {
  it('is good in each minute without an incident', async () => {
    const { minutes, differences, deployments } = await playMonth(2, 300);
    expect(minutes).toHaveLength(300);
    expect(deployments).toBeGreaterThan(0);
    expect(differences.length).toBeGreaterThan(10);
    expect(minutes.filter(({ driftAge, isBehind }) => driftAge !== 0 || isBehind)).toEqual([]);
  });

  it('has each kind of incident in the tables of the page, and the objective is met', () => {
    const section = PAGE.slice(PAGE.indexOf('<!-- begin: months -->'), PAGE.indexOf('<!-- end: months -->'));
    for (const { name } of INCIDENTS) expect(section.split(`| ${name} |`)).toHaveLength(3);
    const [, share] = /^\| all \| [\d,]+ \| [\d,]+ \| ([\d.]+) % \|/m.exec(section) ?? [];
    expect(Number(share)).toBeGreaterThan(99.95);
  });

  it('says beside its share which minutes have no DriftAge, and what the share would be with them', () => {
    const row = /^\| all \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) % \| ([\d.]+) % \|/m.exec(PAGE)?.slice(1) ?? [];
    const [all = 0, told = 0, share = 0] = row.map((cell) => Number(cell.replaceAll(',', '')));
    const good = Math.round((told * share) / 100);
    const [text = ''] = /^Months of 30 days: .*$/m.exec(PAGE) ?? [];
    expect(text).toContain(`was below 60 s in ${share} % of the ${row[1]} minutes that have one.`);
    expect(text).toContain(`${all - told} of ${row[0]} minutes have none (the schedule is disabled for an hour)`);
    expect(text).toContain(`it would be ${((100 * good) / all).toFixed(3)} %.`);
    expect(text).toContain(`in all minutes for ${row[3]} %.`);
  });
});
