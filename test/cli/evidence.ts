/** Commands and ways in which nothing, or not everything, can be read: none of them may be called in step. */
import { gzipSync } from 'node:zlib';
import { sampleEvents } from '../../scripts/cli/sample/sample.ts';
import { clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { CLUSTER, GROUP } from '../../scripts/simulator/deployment.ts';
import type { Fault } from '../../scripts/simulator/faults.ts';
import { logRun, QUEUE_URL, stackText } from './deployed-stack.ts';
import { ENV, HERE, LINE, MYSQL, newAccount, openAccountInStep, type SimulatedAccount } from './simulated-account.ts';

/** What is typed. */
export interface Typed {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
}

export interface Cell {
  readonly way: string;
  readonly command: 'plan' | 'drift' | 'leftovers' | 'status' | 'replay' | 'replay --against account';
  readonly code: number;
  /** Brings it about. Files that are named lie in the folder, or do not. */
  open(): Promise<Typed>;
}

const EVENTS = sampleEvents({ status: 'RUNNING', count: 2, seed: 1, service: 'app', cluster: 'prod', wrap: 'eventbridge' });
const MANY = sampleEvents({ status: 'RUNNING', count: 40, seed: 1, service: 'app', cluster: 'prod', wrap: 'eventbridge' });
/** An event of the account's cluster: what `--against account` is asked beside. */
const CAPTURE = EVENTS.split('\n')[0] ?? '';

const BOUND = [...HERE, '--cloud-map-service', MYSQL, '--bind', LINE] as const;

interface Way {
  readonly way: string;
  readonly code: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly settle?: (account: SimulatedAccount) => void;
  /** Only drift looks there. */
  readonly only?: 'drift';
  /** Drift and leftovers see targets there that no task explains, which is evidence. */
  readonly isSeenByDrift?: boolean;
  readonly isWithoutRegion?: boolean;
  /** An endpoint of its own, where nobody answers. */
  readonly endpoint?: string;
}

function refusing(code: string, status: number, ...names: readonly string[]): (account: SimulatedAccount) => void {
  const fault: Fault = { kind: 'error', code, status };
  return ({ deployment }) => {
    deployment.service.faults = (name) => (names.length === 0 || names.includes(name) ? fault : undefined);
  };
}

/** Ways in which an account cannot be read. */
const WAYS: readonly Way[] = [
  { way: 'no credentials', code: 253, env: {} },
  { way: 'a profile that does not exist', code: 253, env: { AWS_PROFILE: 'nope' } },
  { way: 'no region', code: 253, args: [], isWithoutRegion: true },
  { way: 'access denied to everything', code: 254, settle: refusing('AccessDenied', 403) },
  { way: 'credentials that have expired', code: 254, settle: refusing('ExpiredToken', 403) },
  { way: 'access denied to targets', code: 254, settle: refusing('AccessDenied', 403, 'DescribeTargetHealth') },
  { way: 'access denied to tasks', code: 254, settle: refusing('AccessDeniedException', 403, 'DescribeTasks') },
  { way: 'access denied to lists of tasks', code: 254, settle: refusing('AccessDeniedException', 403, 'ListTasks') },
  {
    way: 'access denied to instances of Cloud Map',
    code: 254,
    settle: refusing('AccessDeniedException', 403, 'ListInstances'),
  },
  { way: 'everything throttled', code: 254, settle: refusing('Throttling', 400) },
  { way: 'nobody answers', code: 254, endpoint: 'http://127.0.0.1:9' },
  {
    way: 'access denied to settings of load balancers',
    code: 254,
    only: 'drift',
    settle: refusing('AccessDenied', 403, 'DescribeLoadBalancers'),
  },
  {
    way: 'access denied to settings of Cloud Map',
    code: 254,
    only: 'drift',
    settle: refusing('AccessDeniedException', 403, 'GetService'),
  },
  {
    way: 'a target group that does not exist',
    code: 1,
    args: ['--cluster', CLUSTER, '--target-group', targetGroupArn('gone'), '--bind', LINE],
  },
  { way: 'a group that no line binds', code: 1, args: [...HERE] },
  {
    way: 'a wrong line in a tag',
    code: 1,
    args: [...HERE],
    settle: ({ deployment }) => void deployment.group.tags.set('alb-target-sync', 'service=app prt=8080'),
  },
  {
    way: 'a wrong line beside a right one',
    code: 1,
    args: [...HERE],
    settle: ({ deployment }) => {
      deployment.group.tags.set('alb-target-sync', LINE);
      deployment.group.tags.set('alb-target-sync:job', 'service=app');
    },
  },
  {
    way: 'a cluster that does not exist',
    code: 1,
    isSeenByDrift: true,
    args: ['--cluster', clusterArn('gone'), '--target-group', GROUP, '--bind', LINE],
  },
  { way: 'a service that does not exist', code: 1, args: [...HERE, '--bind', 'service=typo port=8080'], isSeenByDrift: true },
  { way: 'a family that no task has', code: 1, args: [...HERE, '--bind', 'family=typo port=8080'], isSeenByDrift: true },
  {
    way: 'a Cloud Map service that does not exist',
    code: 1,
    args: [...BOUND, '--cloud-map-service', MYSQL.replace('mysql', 'gone')],
  },
  {
    way: 'a task without an address',
    code: 1,
    settle: ({ deployment }) => void deployment.start(1, { withoutInterface: true }),
  },
  {
    way: 'nothing that has the tag',
    code: 1,
    args: [],
    settle: ({ service }) => service.tags.clear(),
  },
  { way: 'no cluster in the region', code: 1, args: [], settle: ({ deployment }) => deployment.account.ecs.clusters.clear() },
  {
    way: 'access denied to the search for clusters',
    code: 254,
    args: [],
    settle: refusing('AccessDeniedException', 403, 'ListClusters'),
  },
  {
    way: 'access denied to the search for tags',
    code: 254,
    args: [],
    settle: refusing('AccessDeniedException', 403, 'GetResources'),
  },
];

const ACCOUNT_CELLS = WAYS.flatMap((each): Cell[] => {
  const commands = (['plan', 'drift', 'leftovers', 'replay --against account'] as const)
    .filter(
      (command) =>
        (each.only ?? command) === command && !(each.isSeenByDrift && (command === 'drift' || command === 'leftovers')),
    )
    // It is about targets alone.
    .filter((command) => command !== 'leftovers' || !each.way.includes('Cloud Map'));
  // The cluster that a capture names is taken from it, and is not searched for.
  const isOfCluster = each.isWithoutRegion || (each.args?.length === 0 && /cluster/.test(each.way));
  return commands
    .filter((command) => !(isOfCluster && command === 'replay --against account'))
    .map((command) => ({
      way: each.way,
      command,
      code: each.code,
      open: async () => {
        const account = await openAccountInStep();
        each.settle?.(account);
        if (each.settle !== undefined) await account.deployment.pass(1_000);
        const region = each.isWithoutRegion ? [] : ['--region', 'eu-west-1'];
        const endpoint = [...region, '--endpoint-url', each.endpoint ?? account.endpoint];
        return {
          args: [...command.split(' '), ...argsFor(command, each.args ?? BOUND), ...endpoint],
          env: each.env ?? ENV,
          stdin: command === 'replay --against account' ? CAPTURE : '',
        };
      },
    }));
});

/** What the command has no option for is left out. */
function argsFor(command: Cell['command'], args: readonly string[]): readonly string[] {
  if (command !== 'leftovers') return args;
  return args.filter((word, index) => ![word, args[index - 1]].includes('--cloud-map-service'));
}

/** A deployed stack that is well, but for what cannot be read. */
function statusCell(way: string, code: number, settle: (account: SimulatedAccount) => void, env: Typed['env'] = ENV): Cell {
  return {
    way,
    command: 'status',
    code,
    open: async () => {
      const account = await openAccountInStep();
      logRun(account.deployment);
      account.deployment.account.queues.set(QUEUE_URL, () => 0);
      settle(account);
      return { args: ['status', '--settings', 'stack.json', '--endpoint-url', account.endpoint], env };
    },
  };
}

const STATUS_CELLS: readonly Cell[] = [
  statusCell('no credentials', 253, () => undefined, {}),
  statusCell('access denied to everything', 254, refusing('AccessDenied', 403)),
  statusCell('everything throttled', 254, refusing('Throttling', 400)),
  statusCell('access denied to targets', 254, refusing('AccessDenied', 403, 'DescribeTargetHealth')),
  statusCell("access denied to the function's log", 254, refusing('AccessDeniedException', 400, 'FilterLogEvents')),
  statusCell('access denied to the tags of the log', 254, refusing('AccessDeniedException', 400, 'logs.ListTagsForResource')),
  statusCell('access denied to the dead-letter queue', 254, refusing('AccessDeniedException', 403, 'GetQueueAttributes')),
];

function replayCell(way: string, code: number, args: readonly string[], stdin: string | Uint8Array = ''): Cell {
  return { way, command: 'replay', code, open: async () => ({ args: ['replay', ...args], stdin }) };
}

const TARGETS = JSON.stringify({
  TargetHealthDescriptions: [{ Target: { Id: '10.20.0.9', Port: 8080 }, TargetHealth: { State: 'healthy' } }],
});

/** Ways in which a capture cannot be read or played. */
const REPLAY_CELLS: readonly Cell[] = [
  replayCell('nothing at all', 1, []),
  replayCell('only noise', 1, [], 'START RequestId: 1 Version: 1\nEND RequestId: 1\n'),
  replayCell('only text', 1, [], 'hello\n'),
  replayCell('an empty list', 1, [], '{"events":[]}'),
  replayCell(
    'events of others',
    1,
    [],
    '{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","detail":{}}',
  ),
  replayCell('no task whose ARN can be read', 1, [], EVENTS.replaceAll(/"taskArn":"[^"]*"/g, '"taskArn":"***"')),
  replayCell('a file that is missing', 1, ['none.json']),
  replayCell('a file that is missing beside a good one', 1, ['capture.json', 'none.json']),
  replayCell('a folder', 1, ['capture.json', '.']),
  replayCell('a line that is torn', 0, [], `${EVENTS}{"detail-type":`),
  replayCell('a line that is torn, with --strict', 1, ['--strict'], `${EVENTS}{"detail-type":`),
  replayCell('gzip that is torn', 0, [], gzipSync(MANY).subarray(0, -20)),
  replayCell('a --bind line that selects no task', 2, ['--bind', 'target-group=web service=other port=8080'], EVENTS),
  replayCell(
    'one --bind line of two that selects no task',
    2,
    ['--bind', 'target-group=web service=app port=8080', '--bind', 'target-group=job family=other port=8080'],
    EVENTS,
  ),
  replayCell('targets alone', 1, ['--bind', 'target-group=web service=app port=8080'], TARGETS),
];

export const CELLS: readonly Cell[] = [...ACCOUNT_CELLS, ...STATUS_CELLS, ...REPLAY_CELLS];

/** The files that cells name. */
export const FILES: Readonly<Record<string, string>> = {
  'capture.json': EVENTS,
  'stack.json': stackText(newAccount().deployment),
};
