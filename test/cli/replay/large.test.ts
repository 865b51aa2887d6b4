/** A long capture: every event played, with the time and the memory told. `npm run verify` plays a longer one. */
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { isObject } from '../../../functions/core/json.ts';
import { sampleEvents } from '../../../scripts/cli/sample/sample.ts';
import { runCommand } from '../command-line.ts';
import { playItems } from './playing.ts';
import { inChunks, read } from './reading.ts';

const COUNT = process.env['PLAY_ALL'] === undefined ? 1_500 : 5_000;
/** The capture of a day as the ECS console's event capture has it, by `aws logs filter-log-events`. */
const WHOLE = sampleEvents({ status: 'life', count: 700, seed: 11, service: 'app', cluster: 'prod', wrap: 'eventbridge' });
const EVENTS = WHOLE.split('\n').slice(0, COUNT);
const CAPTURE = JSON.stringify(
  { events: EVENTS.map((message, index) => ({ eventId: String(index), timestamp: 1, message })) },
  null,
  2,
);

/** At its end, the command tells what it used: seconds of the processor, which other programs do not lengthen, and memory. */
const TELL =
  "const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();process.stderr.write('used:'+(u+s)/1e6+':'+m/1024)";
const TELLS_USE = `--import=data:text/javascript,process.on('exit',()=>{${TELL}})`;

it(`of ${COUNT} events is played as a whole; the time and the memory that it takes are told`, { timeout: 180_000 }, async ({
  annotate,
}) => {
  expect(EVENTS).toHaveLength(COUNT);
  const startedAtMs = performance.now();
  const { code, stdout, stderr } = await runCommand(['replay', '--json'], {
    stdin: CAPTURE,
    env: { NODE_OPTIONS: TELLS_USE },
  });
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  const [, processorSeconds, megabytes] = /used:([\d.]+):([\d.]+)/.exec(stderr)?.map(Number) ?? [];
  const size = `${COUNT} events, ${(CAPTURE.length / 1e6).toFixed(0)} MB`;
  await annotate(
    `${size}: ${seconds} s, of which the processor ${processorSeconds?.toFixed(1)} s; ${megabytes?.toFixed(0)} MB of memory`,
  );
  expect(code).toBe(0);
  const document: unknown = JSON.parse(stdout);
  const { events, targets } = isObject(document) ? document : {};
  expect(events).toHaveLength(COUNT);
  expect(targets).not.toEqual([]);
  expect(megabytes).toBeGreaterThan(0);
});

it('keeps count of the lines, however long the file is', async () => {
  const list = Buffer.from(`[\n${EVENTS.join(',\n')}\n]\nlost words\n`);
  const { items } = await read({ capture: inChunks(list, [65_536]) });
  expect(items.map(({ place }) => place.position)).toEqual([
    ...Array.from({ length: COUNT }, (_, index) => `[${index}]`),
    `line ${COUNT + 3}`,
  ]);
});

it('tells how far it has come, in reading and in playing', async () => {
  const bytes = gzipSync(CAPTURE);
  const { items, progress } = await read({ capture: inChunks(bytes, [65_536]) });
  expect(progress.length).toBeGreaterThan(10);
  expect(progress.at(-1)).toEqual([bytes.length, COUNT]);
  for (const [index, [read, found]] of progress.entries()) {
    const [readBefore, foundBefore] = progress[index - 1] ?? [0, 0];
    expect([read >= readBefore, found >= foundBefore]).toEqual([true, true]);
  }
  const told: number[] = [];
  await playItems(items.slice(0, 300), {}, (done) => told.push(done));
  expect(told).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
});
