/** `sample`: ECS task state change events as AWS would send them, on standard output. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { errors, typed } from '../errors.ts';
import { IN_STEP } from '../exit.ts';
import { type CommandSpec, HELP_OPTION, numberOf, parseOptions, toldHelp, wordOf } from '../options.ts';
import { STATUSES } from './life.ts';
import { samplePieces } from './sample.ts';
import { WRAPS } from './wraps.ts';

const SAMPLE = {
  name: 'sample',
  examples: [
    `${typed('sample', '--status life --count 20')} > churn.json`,
    `${typed('sample', '--count 3 --wrap sqs')} | ${typed('replay')}`,
  ],
  about: 'Makes ECS task state change events, the same ones for the same seed, and writes them to standard output.',
  options: {
    status: {
      type: 'string',
      default: 'RUNNING',
      value: 'STATUS',
      about: `one event of each task, in this state: ${STATUSES.join(', ')}; or life: every event of each task. Default: RUNNING`,
    },
    count: { type: 'string', value: 'N', about: 'tasks, 1 to 100000. Default: 1' },
    seed: { type: 'string', value: 'N', about: 'which tasks. Default: 1' },
    service: { type: 'string', default: 'app', value: 'NAME', about: 'the ECS service of the tasks. Default: app' },
    cluster: { type: 'string', default: 'prod', value: 'NAME', about: 'the cluster, by name or ARN. Default: prod' },
    wrap: {
      type: 'string',
      default: 'eventbridge',
      value: 'WRAP',
      about: `what is around the events: ${WRAPS.join(', ')}. Default: eventbridge, one event a line`,
    },
    ...HELP_OPTION,
  },
  exits: [
    [0, 'done'],
    [252, 'an option is wrong'],
  ],
} as const satisfies CommandSpec;

/** So many pieces are written at once. */
const BATCH = 64;
const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const CLUSTER = /^(?:arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/;

export async function sampleCommand(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(SAMPLE, () => parseArgs({ args: [...args], options: SAMPLE.options }));
  if (toldHelp(SAMPLE, values)) return IN_STEP;
  const { service, cluster } = values;
  const status = wordOf('--status', values.status === 'life' ? values.status : values.status.toUpperCase(), [
    'life',
    ...STATUSES,
  ]);
  const wrap = wordOf('--wrap', values.wrap, WRAPS);
  if (!NAME.test(service)) throw errors.badValue('--service', service, 'the name of an ECS service');
  if (!CLUSTER.test(cluster)) throw errors.badValue('--cluster', cluster, "a cluster's name or ARN");
  const count = numberOf({ option: '--count', text: values.count, fallback: 1, from: 1, to: 100_000, isWhole: true });
  const seed = numberOf({ option: '--seed', text: values.seed, fallback: 1, from: 0, to: 4_294_967_295, isWhole: true });
  await print(samplePieces({ status, count, seed, service, cluster, wrap }));
  return IN_STEP;
}

/** Writes no faster than it is read: what waits would wait in memory. */
async function print(pieces: Iterable<string>): Promise<void> {
  let batch: string[] = [];
  const write = async (): Promise<void> => {
    if (!process.stdout.write(batch.join(''))) await once(process.stdout, 'drain');
    batch = [];
  };
  for (const piece of pieces) {
    batch.push(piece);
    if (batch.length === BATCH) await write();
  }
  await write();
}
