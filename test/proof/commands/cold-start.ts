/**
 * What the STS client costs a cold start: the bundle with it and without it, each loaded by a process of its own, in turn. Writes the table
 * into docs/performance.md. `--rounds N` says how often each is started.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { isObject } from '../../../functions/core/json.ts';
import { variablesOf } from '../../../scripts/simulator/deployment.ts';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { GROUP, LiveAccount, REGION } from '../../../scripts/tools/emulators/account.ts';
import { buildFunction } from '../../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../../scripts/tools/template/template.ts';
import { percentile } from '../exposure-measure.ts';

const PAGE = new URL('../../../docs/performance.md', import.meta.url);
/** What Lambda does in a new environment: it loads the file, and hands it the first event. */
const CHILD = `
  const processorMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
  const beganMs = processorMs();
  const { handler } = require(process.argv[1]);
  const load = processorMs() - beganMs;
  const context = { getRemainingTimeInMillis: () => 28000, awsRequestId: 'first' };
  handler(JSON.parse(process.argv[2]), context).then(() => {
    process.stderr.write(JSON.stringify({ load, first: processorMs() - beganMs }));
    process.exit(0);
  });
`;
/** Whoever has no spokes never makes one of these. */
const NO_STS = 'exports.STSClient = class {}; exports.AssumeRoleCommand = class {};';

interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly starts: Start[];
}

/** Milliseconds of the processor: by the clock, whoever else works on the machine would be measured as well. */
interface Start {
  readonly load: number;
  readonly first: number;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '21' } } });
const folder = mkdtempSync(join(tmpdir(), 'cold-start-'));
const account = await new LiveAccount().open();
try {
  writeFileSync(join(folder, 'no-sts.cjs'), NO_STS);
  const options = bundleOptions();
  const without = { ...options, alias: { ...options.alias, '@aws-sdk/client-sts': join(folder, 'no-sts.cjs') } };
  const bundles: readonly [Bundle, Bundle] = [
    { name: 'without the STS client', file: (await buildFunction(without)).file, starts: [] },
    { name: 'with it, as deployed', file: (await buildFunction(options)).file, starts: [] },
  ];
  account.tag(GROUP, 'service=app port=8080');
  const [event] = await account.start(1);
  // The first start of each reads the file from the disk.
  for (const bundle of bundles) await startOnce(bundle.file, JSON.stringify(event));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { file, starts } of bundles) starts.push(await startOnce(file, JSON.stringify(event)));
  }
  const rows = [...bundles.map(rowOf), ratioOf(...bundles)];
  for (const row of rows) console.log(row.join(' | '));
  const header = ['bundle', 'bytes', 'gzipped', 'load, ms', 'load and first event, ms'];
  writeSection(PAGE, 'cold start', markdownTable(header, rows));
} finally {
  await account.close();
  rmSync(folder, { recursive: true });
}

async function startOnce(file: string, event: string): Promise<Start> {
  const settings = { clusters: [], targetGroups: [], cloudMapServices: [], binding: '', mode: 'enforce' } as const;
  const env = {
    ...variablesOf(settings),
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_ENDPOINT_URL: account.endpoint,
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/sync',
  };
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', CHILD, file, event], { env });
  const told: unknown = JSON.parse(stderr.slice(stderr.indexOf('{"load"')));
  if (!isObject(told)) throw new Error(`The started bundle says ${stderr}`);
  return { load: Number(told['load']), first: Number(told['first']) };
}

function figuresOf({ file, starts }: Bundle): readonly [number, number, number, number] {
  const content = readFileSync(file);
  const median = (of: (start: Start) => number): number => percentile(starts.map(of), 0.5);
  return [content.length, gzipSync(content).length, median(({ load }) => load), median(({ first }) => first)];
}

function rowOf(bundle: Bundle): string[] {
  const [bytes, zipped, ...ms] = figuresOf(bundle);
  return [bundle.name, ...[bytes, zipped].map((count) => count.toLocaleString('en-US')), ...ms.map((each) => each.toFixed(1))];
}

function ratioOf(one: Bundle, other: Bundle): string[] {
  const before = figuresOf(one);
  return ['ratio', ...figuresOf(other).map((figure, index) => (figure / (before[index] ?? Number.NaN)).toFixed(2))];
}
