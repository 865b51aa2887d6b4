/** What happens all the time, and must call nobody. */
import { LOG_GROUP } from '../../../scripts/simulator/aws-api.ts';
import { GROUP } from '../../../scripts/simulator/deployment.ts';
import type { Fault } from './play.ts';
import { addService, LINE, MINUTE_MS, NOTHING, rollOver, withoutEvents } from './world.ts';

export const HEALTHY: readonly Fault[] = [
  {
    name: 'a fresh stack, and nothing is tagged for an hour',
    kinds: [],
    alarms: [],
    prepare: (world) => world.tag(undefined),
    begin: NOTHING,
    lastsMs: 60 * MINUTE_MS,
    end: (world) => world.tag(LINE),
  },
  {
    name: 'a fresh stack that names its group, and nothing is tagged for an hour',
    kinds: [],
    alarms: [],
    settings: { targetGroups: [GROUP] },
    prepare: (world) => world.tag(undefined),
    begin: NOTHING,
    lastsMs: 60 * MINUTE_MS,
    end: (world) => world.tag(LINE),
  },
  {
    name: 'a rolling deployment that goes well',
    kinds: [],
    alarms: [],
    begin: rollOver,
    end: NOTHING,
  },
  {
    name: 'the event of one start is lost',
    kinds: [],
    alarms: [],
    begin: (world) => withoutEvents(world, () => void world.start(1)),
    end: NOTHING,
  },
  {
    name: 'the event of one stop is lost',
    kinds: [],
    alarms: [],
    begin: (world) => withoutEvents(world, () => void world.stopOldest()),
    end: NOTHING,
  },
  {
    name: 'one scheduled pass fails',
    kinds: [],
    alarms: [],
    begin: (world) => {
      world.failing(/./, 'ServiceUnavailable', 503);
      world.deployment.clock.after(MINUTE_MS, () => world.answering());
    },
    end: NOTHING,
  },
  {
    name: 'Lambda starts new environments',
    kinds: [],
    alarms: [],
    begin: ({ deployment }) => deployment.lambda.replaceEnvironments(),
    end: NOTHING,
  },
  {
    name: 'the service is scaled to 0 and back',
    kinds: [],
    alarms: [],
    begin: (world) => {
      while (world.tasks.length > 0) world.stopOldest();
    },
    end: (world) => void world.start(4),
  },
  {
    name: 'a task is held for a heap dump',
    kinds: ['held'],
    alarms: [],
    begin: (world) => world.hold(world.tasks.slice(0, 1), true),
    end: (world) => world.hold(world.tasks, false),
  },
  {
    name: 'a target registered by hand is alive',
    kinds: ['foreign'],
    alarms: [],
    prepare: (world) => void world.deployment.start(1, { ...addService(world, 'other'), ipv4: '10.0.9.9' }),
    begin: (world) => world.registerByHand('10.0.9.9'),
    end: (world) => world.deregisterByHand('10.0.9.9'),
  },
  {
    name: 'the stack is paused for ten minutes',
    kinds: ['paused'],
    alarms: [],
    begin: ({ account }) => void account.logs.tagsOf(LOG_GROUP).set('alb-target-sync', 'paused'),
    lastsMs: 10 * MINUTE_MS,
    end: ({ account }) => void account.logs.tagsOf(LOG_GROUP).delete('alb-target-sync'),
  },
];
