/** What a minute costs as the stack grows, or as more of its tasks are replaced. */
import type { Invocation } from '../../../scripts/simulator/lambda.ts';
import type { Contender } from './contenders.ts';
import { Stand } from './stand.ts';

export interface Curve {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly points: readonly CurvePoint[];
}

interface CurvePoint {
  readonly at: number;
  readonly groups: number;
  readonly tasksOfGroup: number;
  readonly replacedAMinute: number;
}

export interface Measured {
  /** The mean of the minutes that are counted. */
  readonly calls: number;
  /** Once the last changes have had five minutes more. */
  readonly wrong: number;
  /** Invocations that failed or ran out of time while it was counted. */
  readonly failed: number;
}

const TASKS = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000];
const GROUPS = [1, 2, 5, 10, 20, 30];
const CHURN = [0, 1, 2, 5, 10, 20, 50, 100];
/** As many as the quota of a target group. */
const GROUP_MAX = 1_000;
/** Until caches are warm, and until a schedule that cannot get to all groups in one run has got to each. */
const WARM_MINUTES = 3;
const COUNTED_MINUTES = 3;
const REST_MINUTES = 5;

export const CURVES: readonly Curve[] = [
  {
    name: 'tasks',
    title: 'Calls a minute, one task replaced in it, in groups of up to 1,000',
    axis: 'tasks of the stack',
    points: TASKS.map((at) => {
      const groups = Math.ceil(at / GROUP_MAX);
      return { at, groups, tasksOfGroup: Math.ceil(at / groups), replacedAMinute: 1 };
    }),
  },
  {
    name: 'groups',
    title: 'Calls a minute, one task replaced in it, in groups of 20 tasks',
    axis: 'target groups',
    points: GROUPS.map((at) => ({ at, groups: at, tasksOfGroup: 20, replacedAMinute: 1 })),
  },
  {
    name: 'churn',
    title: 'Calls a minute in a group of 100 tasks',
    axis: 'tasks replaced in the minute',
    points: CHURN.map((at) => ({ at, groups: 1, tasksOfGroup: 100, replacedAMinute: at })),
  },
];

export async function measurePoint(
  contender: Contender,
  { groups, tasksOfGroup, replacedAMinute }: CurvePoint,
): Promise<Measured> {
  const stand = await Stand.open(contender, { groups });
  try {
    await stand.inStep(tasksOfGroup);
    for (let minute = 0; minute < WARM_MINUTES; minute += 1) await stand.minute();
    const before = stand.deployment.calls;
    const { lambda } = stand.deployment;
    const failedBefore = lambda.invocations.filter(hasFailed).length;
    for (let minute = 0; minute < COUNTED_MINUTES; minute += 1) {
      replaceWithin(stand, replacedAMinute);
      await stand.minute();
    }
    const calls = (stand.deployment.calls - before) / COUNTED_MINUTES;
    const failed = lambda.invocations.filter(hasFailed).length - failedBefore;
    for (let minute = 0; minute < REST_MINUTES && stand.wrong > 0; minute += 1) await stand.minute();
    return { calls, wrong: stand.wrong, failed };
  } finally {
    await stand.close();
  }
}

function hasFailed({ outcome }: Invocation): boolean {
  return outcome !== 'done' && outcome !== 'running';
}

/** Spread over the minute and over the groups, the last of them long enough before its end. */
function replaceWithin(stand: Stand, count: number): void {
  const { account, clock } = stand.deployment;
  for (let index = 0; index < count; index += 1) {
    const place = stand.places[index % stand.places.length];
    if (place === undefined) return;
    clock.after((index * 50_000) / count, () => {
      const old = stand.oldestOf(place);
      stand.start(place, 1);
      if (old !== undefined) account.ecs.stop(old);
    });
  }
}
