/**
 * Plays every fault before the alarms of template.yaml, and writes the table into docs/operations.md. With `--hours N` it plays so many
 * healthy hours instead, stacks of 100 hours from `--seed S` on, and writes how many alarms rang; with `--months N`, so many months with an
 * incident a week, and writes how many minutes the objective held.
 */
import { parseArgs } from 'node:util';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { FURTHER } from '../alarms/further.ts';
import { HEALTHY } from '../alarms/healthy.ts';
import { type HealthyHours, playHours } from '../alarms/hours.ts';
import { type Month, playMonth } from '../alarms/month.ts';
import { monthTables, objectiveText } from '../alarms/month-table.ts';
import { type Fault, play } from '../alarms/play.ts';
import { STATES } from '../alarms/states.ts';
import { HEADER, rowOf } from '../alarms/table.ts';

const PAGE = new URL('../../../docs/operations.md', import.meta.url);
/** Each stack begins fresh. */
const HOURS_OF_A_STACK = 100;

const { values } = parseArgs({
  options: { hours: { type: 'string' }, months: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
if (values.hours !== undefined) await countFalseAlarms(Number(values.hours), Number(values.seed));
else if (values.months !== undefined) await writeMonths(Number(values.months), Number(values.seed));
else await writeTable();

async function writeTable(): Promise<void> {
  const tables = [
    ['States that stay wrong', STATES],
    ['Further findings and faults', FURTHER],
    ['What must not ring', HEALTHY],
  ] as const;
  const parts: string[] = [];
  for (const [title, faults] of tables) parts.push(`### ${title}\n\n${markdownTable(HEADER, await rowsOf(faults))}`);
  writeSection(PAGE, 'alarms', parts.join('\n\n'));
}

async function rowsOf(faults: readonly Fault[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const fault of faults) {
    const row = rowOf(await play(fault));
    console.log(row.join(' | '));
    rows.push(row);
  }
  return rows;
}

async function countFalseAlarms(hours: number, seed: number): Promise<void> {
  const played: HealthyHours[] = [];
  for (let each = 0; each * HOURS_OF_A_STACK < hours; each += 1) {
    const one = await playHours(seed + each, Math.min(HOURS_OF_A_STACK, hours - each * HOURS_OF_A_STACK));
    played.push(one);
    console.log(
      `seed ${seed + each}: ${one.deployments} deployments, ${one.lostEvents} events lost, ${one.falseAlarms.length} alarms`,
    );
    for (const line of one.falseAlarms) console.log(line);
    writeSection(PAGE, 'false-alarms', falseAlarmsText(played, seed));
  }
}

/** Written after each stack: it takes a while, and whoever stops it keeps what it has found. */
function falseAlarmsText(played: readonly HealthyHours[], seed: number): string {
  const sum = (count: (one: HealthyHours) => number): number => played.reduce((total, one) => total + count(one), 0);
  const minutes = sum((one) => one.minutes);
  return (
    `In ${(minutes / 60).toLocaleString('en-US')} healthy simulated hours (${played.length} fresh stacks, seeds ${seed} to ` +
    `${seed + played.length - 1}) with ${sum((one) => one.deployments)} rolling deployments, ${sum((one) => one.crashes)} crashed tasks ` +
    `and ${sum((one) => one.lostEvents)} lost events, ${sum((one) => one.falseAlarms.length)} alarms rang. \`DriftAge\` was below 60 s in ` +
    `${((100 * sum((one) => one.goodMinutes)) / minutes).toFixed(3)} % of the minutes.`
  );
}

async function writeMonths(count: number, seed: number): Promise<void> {
  const months: Month[] = [];
  for (let each = 0; each < count; each += 1) {
    months.push(await playMonth(seed + each));
    console.log(monthTables(months.slice(-1)));
  }
  const deployments = months.reduce((total, month) => total + month.deployments, 0);
  const text = `Months of 30 days: ${count} (seeds ${seed} to ${seed + count - 1}), with ${deployments} rolling deployments.`;
  writeSection(PAGE, 'months', `${text} ${objectiveText(months)}\n\n${monthTables(months)}`);
}
