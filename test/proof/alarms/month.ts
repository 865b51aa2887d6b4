/** A month by the seed: the ordinary life of a service, and an incident each week, in which deployments go on. */
import { Random } from '../../../scripts/simulator/random.ts';
import { type Difference, Differences } from './differences.ts';
import { Life } from './life.ts';
import { driftAges, GOOD_BELOW_SECONDS } from './minutes.ts';
import { MINUTE_MS, World } from './world.ts';

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const MONTH_MINUTES = 30 * DAY_MINUTES;
/** By then the group is bound: what lies before belongs to no month. */
const BEFORE_MINUTES = 180;
const SLICE_MINUTES = 10;
/** Every call that a pass makes of ECS. */
const OF_ECS = /^(ecs\.|ListTasks|ListClusters|DescribeTasks|DescribeServices|DescribeTaskDefinition)/;

interface Incident {
  readonly name: string;
  readonly minutes: number;
  readonly begin: (world: World, life: Life, random: Random) => void;
  readonly end: (world: World, life: Life) => void;
}

export const INCIDENTS = [
  {
    name: 'ECS answers no call for 20 minutes',
    minutes: 20,
    begin: (world) => world.failing(OF_ECS, 'ServiceUnavailable', 503),
    end: (world) => world.answering(),
  },
  {
    name: 'every event is lost for an hour',
    minutes: 60,
    begin: (_, life) => {
      life.lostOfEvents = 1;
    },
    end: (_, life) => life.deliverAsUsual(),
  },
  {
    name: 'half of all calls are throttled for an hour',
    minutes: 60,
    begin: ({ deployment }, _, random) => {
      deployment.service.faults = () => (random.chance(0.5) ? { kind: 'throttled' } : undefined);
    },
    end: (world) => world.answering(),
  },
  {
    name: 'the schedule is disabled for an hour',
    minutes: 60,
    begin: ({ watched }) => {
      watched.schedule = 'disabled';
    },
    end: ({ watched }) => {
      watched.schedule = 'enabled';
    },
  },
] as const satisfies readonly Incident[];

export interface Minute {
  /** The metric in seconds; undefined where no scheduled pass told it. */
  readonly driftAge: number | undefined;
  /** Whether the account had a difference of 60 s or more at some time in it. */
  readonly isBehind: boolean;
  readonly incident: string | undefined;
}

export interface Month {
  readonly minutes: readonly Minute[];
  readonly differences: readonly (Difference & { readonly incident: string | undefined })[];
  readonly deployments: number;
}

interface Span {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export async function playMonth(seed: number, length = MONTH_MINUTES): Promise<Month> {
  const world = new World({}, true);
  const random = new Random(seed);
  const life = new Life(world, random.fork());
  const differences = new Differences(world);
  await world.watched.pass(BEFORE_MINUTES * MINUTE_MS);
  const fromMs = world.nowMs;
  const spans = plan(world, life, random, length);
  const ages: (number | undefined)[] = [];
  for (let minute = 0; minute < length; minute += SLICE_MINUTES) {
    await world.watched.pass(SLICE_MINUTES * MINUTE_MS);
    ages.push(...driftAges(world, SLICE_MINUTES));
  }
  const incidentAt = (atMs: number) => spans.find((span) => atMs >= span.fromMs && atMs < span.toMs)?.name;
  const counted = differences.all.filter(({ sinceMs }) => sinceMs >= fromMs);
  const behind = minutesBehind(counted);
  const minuteAt = (index: number): Minute => ({
    driftAge: ages[index],
    isBehind: behind.has(fromMs / MINUTE_MS + index),
    incident: incidentAt(fromMs + index * MINUTE_MS),
  });
  return {
    minutes: ages.map((_, index) => minuteAt(index)),
    differences: counted.map((each) => ({ ...each, incident: incidentAt(each.sinceMs) })),
    deployments: life.counts.deployments,
  };
}

/** One incident a week, in an order of its own, at some hour of the week's first six days. Deployments begin in it and half way through. */
function plan(world: World, life: Life, random: Random, length: number): Span[] {
  const order = random.shuffle<Incident>(INCIDENTS);
  const { clock } = world.deployment;
  const chance = random.fork();
  return order
    .map((incident, week) => ({ incident, atMinute: week * WEEK_MINUTES + random.whole(0, 6 * DAY_MINUTES) }))
    .filter(({ incident, atMinute }) => atMinute + incident.minutes <= length)
    .map(({ incident, atMinute }) => {
      const fromMs = world.nowMs + atMinute * MINUTE_MS;
      const toMs = fromMs + incident.minutes * MINUTE_MS;
      clock.at(fromMs, () => incident.begin(world, life, chance));
      for (const half of [0, 1]) {
        clock.at(fromMs + random.whole(1, MINUTE_MS) + half * ((toMs - fromMs) / 2), () => life.deploy());
      }
      clock.at(toMs, () => incident.end(world, life));
      return { name: incident.name, fromMs, toMs };
    });
}

/** The minutes in which some difference was as old as a good minute's must not be. */
function minutesBehind(differences: readonly Difference[]): Set<number> {
  return new Set(
    differences.flatMap(({ sinceMs, untilMs }) => {
      const oldMs = sinceMs + GOOD_BELOW_SECONDS * 1_000;
      if (untilMs <= oldMs) return [];
      const first = Math.floor(oldMs / MINUTE_MS);
      return Array.from({ length: Math.floor((untilMs - 1) / MINUTE_MS) - first + 1 }, (_, index) => first + index);
    }),
  );
}
