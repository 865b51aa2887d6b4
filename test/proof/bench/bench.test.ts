/** `npm run bench` at a small size: every row, and that each figure can tell the contenders from one another. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { burst, COLUMNS, type Column } from './columns.ts';
import { type Contender, FOREIGN_UNSET, foreignContender, ownContenders } from './contenders.ts';
import { CURVES } from './curves.ts';
import { LOSSES } from './losses.ts';
import { contenderTable, lossTable, measureColumns, measureCurve, measureLosses } from './report.ts';

const PAGE = readFileSync(new URL('../../../docs/performance.md', import.meta.url), 'utf8');
const DOCS = new URL('../../../docs/', import.meta.url);
/** Of each kind the cheapest. */
const SMALL: readonly Column[] = [
  ...COLUMNS.filter(({ short }) => ['rolling 40 by 40, batches of 10', 'events three times: more'].includes(short)),
  { what: '40 tasks start at once', short: '40 starts', fewest: 0, play: (stand) => burst(stand, 40) },
];
const quiet = (): void => undefined;

describe('the bench', () => {
  let contenders: readonly Contender[] = [];
  beforeAll(async () => {
    contenders = await ownContenders();
  });

  it('counts what each contender asks AWS for, and whether its targets are right', async () => {
    const cells = await measureColumns(contenders, SMALL, quiet);
    const counted = cells.map(({ results }) => results.map(({ calls, wrong }) => [calls, wrong]));
    const [rolling = [], again = [], starts = []] = counted;
    // One call for each of forty starts and forty stops, against what is read once for many.
    expect(rolling).toEqual([
      [34, 0],
      [80, 0],
      [19, 0],
    ]);
    expect(again).toEqual([[0, 0], expect.any(Array), [0, 0]]);
    expect(again[1]?.[0]).toBeGreaterThanOrEqual(40);
    // Half of the forty find no token in the bucket of ELB and try again.
    expect(starts[1]?.[0]).toBeGreaterThan(40);
    expect(starts.map(([, wrong]) => wrong)).toEqual([0, 0, 0]);
    const table = contenderTable(contenders, cells, [], [await leftOut()]);
    const names = [...contenders.map(({ name }) => name), "anybody's handler", 'fewest that keep the rules'];
    expect(rowNames(table)).toEqual(names);
    expect(rowNames(sectionOf('bench'))).toEqual(names);
    expect(table).toContain(FOREIGN_UNSET);
  });

  it('tells what each loses: ours nothing, the others what their kind cannot know', async () => {
    const [late, foreign] = ['STOPPED comes', 'somebody else'].map((begin) =>
      LOSSES.filter(({ what }) => what.startsWith(begin)),
    );
    const cells = await measureLosses(contenders, [...(late ?? []), ...(foreign ?? [])], quiet);
    expect(cells.map(({ results }) => results.map(({ wrong, liveRemovals }) => `${wrong}/${liveRemovals}`))).toEqual([
      ['0/0', '1/1', '0/0'],
      ['0/0', '0/0', '1/0'],
    ]);
    expect(lossTable(contenders, cells)).toContain('1 / 1 / for good');
  });

  it('counts the same twice, where ELB throttles and the SDK draws how long it waits', async () => {
    const starts = SMALL.slice(-1);
    const others = contenders.slice(1, 2);
    expect(await measureColumns(others, starts, quiet)).toEqual(await measureColumns(others, starts, quiet));
  });

  it('draws a curve with a line for each', async () => {
    const [curve] = CURVES;
    if (curve === undefined) throw new Error('There is no curve.');
    const { svg, table } = await measureCurve(contenders, { ...curve, points: curve.points.slice(0, 2) }, quiet);
    for (const { name } of contenders) expect(svg).toContain(`>${name}</text>`);
    expect(svg.match(/<path class="l\d" stroke-dasharray="[^"]+" d="M[^"]*L[^"]*"\/>/g)).toHaveLength(2 * contenders.length);
    // As the page has it: where this fails, `npm run bench` writes it anew.
    expect(sectionOf(`curve ${curve.name}`)).toContain(table);
  });

  it('has written every picture that the page shows', () => {
    for (const { name, title, points } of CURVES) {
      expect(sectionOf(`curve ${name}`)).toContain(`![${title}](calls-${name}.svg)`);
      const svg = readFileSync(new URL(`calls-${name}.svg`, DOCS), 'utf8');
      for (const { at } of points) expect(svg).toContain(`>${at.toLocaleString('en-US')}</text>`);
    }
  });

  it("runs anybody's handler, with the SDK and its variables, beside the others", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anybody-'));
    mkdirSync(join(folder, 'source'));
    const register = `
      const { ElasticLoadBalancingV2Client, RegisterTargetsCommand } = require('@aws-sdk/client-elastic-load-balancing-v2');
      const client = new ElasticLoadBalancingV2Client({});
      exports.handler = async ({ detail }) => {
        if (detail.lastStatus !== 'RUNNING') return;
        const Id = detail.containers[0].networkInterfaces[0].privateIpv4Address;
        await client.send(new RegisterTargetsCommand({ TargetGroupArn: process.env.GROUP, Targets: [{ Id, Port: 8080 }] }));
      };`;
    writeFileSync(join(folder, 'source', 'index.js'), register);
    const environment = {
      BENCH_HANDLER_FOLDER: folder,
      BENCH_HANDLER_ENTRY: 'source/index.js',
      BENCH_HANDLER_VARIABLES: '{"GROUP":"{targetGroup}"}',
    };
    const contender = await foreignContender(environment);
    if ('why' in contender) throw new Error(contender.why);
    const column: Column = { what: '3 start', short: '3 starts', fewest: 0, play: (stand) => burst(stand, 3) };
    const [cell] = await measureColumns([contender], [column], quiet);
    expect(cell?.results).toEqual([{ calls: 3, wrong: 0, liveRemovals: 0, inStepS: 1 }]);
    await expect(foreignContender({ ...environment, BENCH_HANDLER_TRIGGER: 'cron' })).rejects.toThrow(
      'queue, events, schedule',
    );
  });
});

function sectionOf(name: string): string {
  return PAGE.split(`<!-- begin: ${name} -->`)[1]?.split('<!-- end: ')[0]?.trim() ?? '';
}

/** The first cells of a table's rows. */
function rowNames(table: string): (string | undefined)[] {
  const rows = table.split('\n').slice(2);
  return rows.map((row) => row.split('|')[1]?.trim());
}

async function leftOut(): Promise<{ readonly name: string; readonly why: string }> {
  const foreign = await foreignContender({});
  if (!('why' in foreign)) throw new Error('A handler was found though none is named.');
  return foreign;
}
