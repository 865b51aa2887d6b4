/** `sample`: ECS task state change events as AWS would send them, on standard output. */
import { parseArgs } from 'node:util';
import { badSyntax, IN_STEP } from '../exit.ts';
import { numberOf, parseOptions } from '../options.ts';
import { STATUSES } from './life.ts';
import { isStatus, sampleEvents } from './sample.ts';
import { isWrap, WRAPS } from './wraps.ts';

const SAMPLE_HELP = `alb-target-sync sample [options]

Makes ECS task state change events, the same ones for the same seed, and writes them to standard output.

  --status STATUS   one event of each task, in this state: ${STATUSES.slice(0, 5).join(', ')},
                    ${STATUSES.slice(5).join(', ')}; or life: every event of each task. Default: RUNNING
  --count N         tasks, 1 to 100000. Default: 1
  --seed N          which tasks. Default: 1
  --service NAME    the ECS service of the tasks. Default: app
  --cluster NAME    the cluster, by name or ARN. Default: prod
  --wrap WRAP       what is around the events: ${WRAPS.slice(0, 4).join(', ')},
                    ${WRAPS.slice(4).join(', ')}. Default: eventbridge, one event a line

Exit codes: 0 done, 252 bad options.`;

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const CLUSTER = /^(?:arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/;

export async function sampleCommand(args: readonly string[]): Promise<number> {
  const values = valuesFrom(args);
  if (values.help) {
    console.log(SAMPLE_HELP);
    return IN_STEP;
  }
  const status = values.status === 'life' ? values.status : values.status.toUpperCase();
  if (!isStatus(status)) throw badSyntax(`--status is "${values.status}"; expected life, ${STATUSES.join(', ')}.`);
  if (!isWrap(values.wrap)) throw badSyntax(`--wrap is "${values.wrap}"; expected ${WRAPS.join(', ')}.`);
  if (!NAME.test(values.service)) throw badSyntax(`--service is "${values.service}"; expected the name of an ECS service.`);
  if (!CLUSTER.test(values.cluster)) throw badSyntax(`--cluster is "${values.cluster}"; expected a cluster's name or ARN.`);
  const count = numberOf({ option: '--count', text: values.count, fallback: 1, from: 1, to: 100_000, isWhole: true });
  const seed = numberOf({ option: '--seed', text: values.seed, fallback: 1, from: 0, to: 4_294_967_295, isWhole: true });
  const { service, cluster, wrap } = values;
  process.stdout.write(sampleEvents({ status, count, seed, service, cluster, wrap }));
  return IN_STEP;
}

function valuesFrom(args: readonly string[]) {
  return parseOptions('sample', () =>
    parseArgs({
      args: [...args],
      options: {
        status: { type: 'string', default: 'RUNNING' },
        count: { type: 'string' },
        seed: { type: 'string' },
        service: { type: 'string', default: 'app' },
        cluster: { type: 'string', default: 'prod' },
        wrap: { type: 'string', default: 'eventbridge' },
        help: { type: 'boolean', short: 'h' },
      },
    }),
  ).values;
}
