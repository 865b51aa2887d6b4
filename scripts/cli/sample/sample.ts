/** Makes ECS task state change events as AWS would send them, the same ones for the same seed. */
import { Random } from '../../simulator/random.ts';
import { eventOf, hex, type SampleEvent, type SampleTask, uuid } from './event.ts';
import { type Life, rollOver, type State, type Status, statesOf } from './life.ts';
import { type Wrap, wrappedEvents } from './wraps.ts';

export interface SampleOptions {
  /** One event of each task, in this state; or `life`: every event of each task, in the order in which they happen. */
  readonly status: Status | 'life';
  /** The number of tasks. */
  readonly count: number;
  readonly seed: number;
  readonly service: string;
  /** The cluster's name, or its ARN. */
  readonly cluster: string;
  readonly wrap: Wrap;
}

const FROM_MS = Date.parse('2026-03-02T10:15:00Z');
const REGISTRY = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';

/** The events in their wrap, as text. */
export function sampleEvents(options: SampleOptions): string {
  return [...samplePieces(options)].join('');
}

/** The same piece by piece: a hundred thousand tasks make more text than a string can hold. */
export function samplePieces(options: SampleOptions): Iterable<string> {
  const random = new Random(options.seed);
  return wrappedEvents(options.wrap, makeEvents(options, random), random);
}

function* makeEvents({ status, count, service, cluster }: SampleOptions, random: Random): Generator<SampleEvent, void> {
  const clusterArn = cluster.startsWith('arn:') ? cluster : `arn:aws:ecs:eu-west-1:111122223333:cluster/${cluster}`;
  const lives = rollOver(count, FROM_MS, random, status === 'life');
  const deployment = `ecs-svc/${random.whole(10 ** 15, 10 ** 16 - 1)}`;
  const moments = lives.flatMap((life, index) => {
    const task = makeTask({ life, index, service, clusterArn, deployment }, random);
    const states = statesOf(life, random).filter((state) => status === 'life' || state.status === status);
    return states.map((state): { task: SampleTask; state: State } => ({ task, state }));
  });
  moments.sort((one, other) => one.state.atMs - other.state.atMs);
  for (const { task, state } of moments) yield eventOf(task, state, random);
}

interface Beginning {
  readonly life: Life;
  readonly index: number;
  readonly service: string;
  readonly clusterArn: string;
  readonly deployment: string;
}

function makeTask({ life, index, service, clusterArn, deployment }: Beginning, random: Random): SampleTask {
  const id = hex(random, 32);
  const [, , , region = ''] = clusterArn.split(':');
  const names = [service, 'envoy', ...(random.chance(0.5) ? ['log-router'] : [])];
  const containers = names.map((name) => ({
    id: uuid(random),
    name,
    image: `${REGISTRY}/${name}:1`,
    digest: `sha256:${hex(random, 64)}`,
  }));
  // GuardDuty adds a container of its own to a task, of which events do not tell the image.
  const guard = { id: uuid(random), name: 'aws-guardduty-agent-k2Xw7', image: undefined, digest: '' };
  return {
    id,
    arn: `${clusterArn.replace(':cluster/', ':task/')}/${id}`,
    clusterArn,
    service,
    revision: 41 + Math.floor(index / 4),
    startedBy: deployment,
    zone: `${region}${random.pick(['a', 'b', 'c'])}`,
    ip: `10.20.${Math.floor(index / 240) % 256}.${(index % 240) + 10}`,
    life,
    isSpot: random.chance(0.2),
    containers: random.chance(0.3) ? [...containers, guard] : containers,
    interfaceAttachment: uuid(random),
    instanceAttachment: uuid(random),
    interfaceId: `eni-0${hex(random, 16)}`,
    mac: `0a:${Array.from({ length: 5 }, () => hex(random, 2)).join(':')}`,
  };
}
