/** Who is measured: the function as deployed, two that were written for the bench, and anybody's handler. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { isObject } from '../../../functions/core/json.ts';
import { CLUSTER } from '../../../scripts/simulator/deployment.ts';
import { builtFunction } from '../../support/built.ts';

/** One service and its target group. */
export interface Place {
  readonly service: string;
  readonly targetGroup: string;
}

export interface Contender {
  readonly name: string;
  /** The built handler. */
  readonly file: string;
  /** What invokes it: Lambda's own poller of a queue, EventBridge with each event, or a schedule alone. */
  readonly trigger: 'queue' | 'events' | 'schedule';
  /** Whether the schedule invokes it as well. */
  readonly isScheduled: boolean;
  /** Its variables for one service; undefined for ours, which is deployed once for all of them. */
  readonly variables: ((place: Place) => Readonly<Record<string, string>>) | undefined;
}

/** What a contender's row says in place of figures, and why. */
interface LeftOut {
  readonly name: string;
  readonly why: string;
}

const PORT = '8080';
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const TRIGGERS = ['queue', 'events', 'schedule'] as const;
export const FOREIGN_UNSET = 'BENCH_HANDLER_FOLDER and BENCH_HANDLER_ENTRY are not set';

/** Those that are always measured, ours first. */
export async function ownContenders(): Promise<readonly [Contender, ...Contender[]]> {
  const variables = ({ service, targetGroup }: Place) => ({ CLUSTER, SERVICE: service, TARGET_GROUP_ARN: targetGroup, PORT });
  const handlers = fileURLToPath(new URL('handlers/', import.meta.url));
  return [
    {
      name: 'ours',
      file: (await builtFunction()).file,
      trigger: 'queue',
      isScheduled: true,
      variables: undefined,
    },
    {
      name: 'a handler for each event',
      file: await buildHandler(join(handlers, 'per-event.ts')),
      trigger: 'events',
      isScheduled: false,
      variables,
    },
    {
      name: 'a full reconcile each minute',
      file: await buildHandler(join(handlers, 'periodic.ts')),
      trigger: 'schedule',
      isScheduled: true,
      variables,
    },
  ];
}

/**
 * Anybody's handler. `BENCH_HANDLER_FOLDER` and `BENCH_HANDLER_ENTRY` name a file that exports `handler`, `BENCH_HANDLER_TRIGGER` what invokes
 * it, and `BENCH_HANDLER_VARIABLES` is an object with its environment, in which {cluster}, {service}, {targetGroup} and {port} are filled in.
 */
export async function foreignContender(environment: NodeJS.ProcessEnv): Promise<Contender | LeftOut> {
  const { BENCH_HANDLER_FOLDER: folder, BENCH_HANDLER_ENTRY: entry, BENCH_HANDLER_TRIGGER = 'events' } = environment;
  const name = "anybody's handler";
  if (folder === undefined || entry === undefined) return { name, why: `left out: ${FOREIGN_UNSET}` };
  const trigger = TRIGGERS.find((each) => each === BENCH_HANDLER_TRIGGER);
  if (trigger === undefined) throw new Error(`BENCH_HANDLER_TRIGGER has to be one of ${TRIGGERS.join(', ')}.`);
  const given: unknown = JSON.parse(environment['BENCH_HANDLER_VARIABLES'] ?? '{}');
  if (!isObject(given)) throw new Error('BENCH_HANDLER_VARIABLES has to be an object of texts.');
  const fill = (text: string, { service, targetGroup }: Place): string =>
    text
      .replaceAll('{cluster}', CLUSTER)
      .replaceAll('{service}', service)
      .replaceAll('{targetGroup}', targetGroup)
      .replaceAll('{port}', PORT);
  return {
    name: `${name} (${entry})`,
    file: await buildHandler(resolve(folder, entry)),
    trigger,
    isScheduled: trigger === 'schedule',
    variables: (place) => Object.fromEntries(Object.entries(given).map(([key, text]) => [key, fill(String(text), place)])),
  };
}

/** As small as ours is built. What it does not bring along it finds here, as Lambda has the SDK for whoever brings none. */
async function buildHandler(entry: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'alb-target-sync-')), 'handler.cjs');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    nodePaths: [NODE_MODULES],
    logLevel: 'error',
  });
  return outfile;
}
