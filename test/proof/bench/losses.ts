/** What each contender loses on days on which something goes wrong: counts of calls say nothing of it. */
import { present, type TaskRecord } from '../../../scripts/simulator/ecs.ts';
import type { StateChangeEvent } from '../../../scripts/simulator/events.ts';
import type { Contender } from './contenders.ts';
import { type Outcome, Stand } from './stand.ts';

export interface Loss {
  readonly what: string;
  /** Lets it happen to a stack of twenty tasks in step; the schedule runs. */
  happen(stand: Stand, tasks: readonly TaskRecord[]): Promise<void>;
}

const TASKS = 20;
const WATCHED_MS = 480_000;
const LATE_MS = 120_000;
const FOREIGN = { id: '10.0.99.99', port: 8080, zone: undefined } as const;

export const LOSSES: readonly Loss[] = [
  {
    what: 'nothing: 5 start, 5 stop',
    happen: async (stand, tasks) => {
      stand.deployment.start(5);
      for (const task of tasks.slice(0, 5)) stand.deployment.account.ecs.stop(task);
    },
  },
  {
    what: 'the events of a start are lost',
    happen: async (stand) => {
      await withheld(stand, () => stand.deployment.start(1));
    },
  },
  {
    what: 'the events of a stop are lost',
    happen: async (stand, [task]) => {
      await withheld(stand, () => stop(stand, task));
    },
  },
  {
    what: 'RUNNING comes two minutes late, its task has stopped',
    happen: async (stand) => {
      let task: TaskRecord | undefined;
      const late = await withheld(stand, () => {
        [task] = stand.deployment.start(1);
      });
      stop(stand, task);
      await stand.deployment.pass(LATE_MS);
      deliver(stand, late);
    },
  },
  {
    what: 'STOPPED comes two minutes late, its address has a new task',
    happen: async (stand, [task]) => {
      stand.deployment.account.ecs.reuseAfterMs = 0;
      const late = await withheld(stand, () => stop(stand, task));
      const [next] = stand.deployment.start(1);
      await stand.deployment.pass(LATE_MS);
      if (next === undefined || task === undefined || present(next).ipv4 !== present(task).ipv4) {
        throw new Error('The new task has not got the address of the old one.');
      }
      deliver(stand, late);
    },
  },
  {
    what: 'ELB throttles every write for four minutes, one starts',
    happen: async (stand) => {
      const { clock, service } = stand.deployment;
      const untilMs = clock.now() + 240_000;
      service.faults = (name) => (name === 'RegisterTargets' && clock.now() < untilMs ? { kind: 'throttled' } : undefined);
      stand.deployment.start(1);
    },
  },
  {
    what: 'ECS lists tasks as three minutes ago, for 70 s',
    happen: async (stand) => {
      const { account, clock } = stand.deployment;
      // The twenty are older than that, and stay in the list.
      await stand.deployment.pass(200_000);
      stand.deployment.start(5);
      await stand.deployment.pass(100_000);
      account.ecs.listLagMs = () => 180_000;
      clock.after(70_000, () => {
        account.ecs.listLagMs = () => 0;
      });
    },
  },
  {
    what: 'somebody else registers a target, one starts',
    happen: async (stand) => {
      stand.deployment.account.elb.register(stand.deployment.group, [FOREIGN]);
      stand.others.add(`${FOREIGN.id}:${FOREIGN.port}`);
      stand.deployment.start(1);
    },
  },
];

/** In the outcome, `inStepS` is the sum of the seconds in which something was wrong. */
export async function playLoss(contender: Contender, { happen }: Loss): Promise<Outcome> {
  const stand = await Stand.open(contender);
  try {
    const tasks = await stand.inStep(TASKS);
    const before = stand.deployment.calls;
    if (contender.isScheduled) stand.deployment.lambda.startSchedule(50_000);
    stand.count();
    await happen(stand, tasks);
    await stand.deployment.pass(WATCHED_MS);
    return stand.outcome(before, stand.wrong > 0 ? Number.POSITIVE_INFINITY : stand.wrongS);
  } finally {
    await stand.close();
  }
}

/** Keeps the events that come of it, until the task has had the time to start or stop. */
async function withheld(stand: Stand, act: () => void): Promise<StateChangeEvent[]> {
  const { deployment } = stand;
  const { deliver: usual } = deployment;
  const kept: StateChangeEvent[] = [];
  deployment.deliver = (event) => {
    kept.push(event);
  };
  act();
  await deployment.pass(40_000);
  deployment.deliver = usual;
  return kept;
}

function deliver({ deployment }: Stand, events: readonly StateChangeEvent[]): void {
  for (const event of events) deployment.queue.send(JSON.stringify(event));
}

function stop({ deployment }: Stand, task: TaskRecord | undefined): void {
  if (task !== undefined) deployment.account.ecs.stop(task);
}
