/** What happens all the time, and must call nobody. */
import { LOG_GROUP } from '../../../scripts/simulator/aws-api.ts';
import { GROUP } from '../../../scripts/simulator/deployment.ts';
import type { Fault } from './play.ts';
import {
  addressOf,
  addService,
  cloudMapOf,
  LINE,
  MINUTE_MS,
  NOTHING,
  rollOver,
  type World,
  withCloudMap,
  withoutEvents,
} from './world.ts';

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
    kinds: ['not-bound'],
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
  {
    name: 'a task that has run for long comes back from a hold while its target drains for a minute',
    kinds: ['held', 'waiting'],
    alarms: [],
    prepare: ({ group }) => {
      group.deregistrationDelaySeconds = 60;
      group.whileDraining = 'refused';
    },
    begin: (world) => {
      const [task] = world.tasks;
      if (task === undefined) return;
      world.hold([task], true);
      world.deployment.clock.after(15_000, () => world.hold([task], false));
    },
    lastsMs: 40_000,
    end: ({ group }) => {
      group.deregistrationDelaySeconds = 25;
    },
  },
  {
    name: 'targets drain for longer than their containers live after SIGTERM',
    kinds: ['drain-time'],
    alarms: [],
    prepare: ({ group }) => {
      group.deregistrationDelaySeconds = 300;
    },
    begin: NOTHING,
    end: ({ group }) => {
      group.deregistrationDelaySeconds = 25;
    },
  },
  {
    name: 'nine of ten tasks of 200 are stopped at once',
    kinds: ['removal-budget'],
    alarms: [],
    prepare: (world) => void world.start(196),
    begin: (world) => {
      while (world.tasks.length > 20) world.stopOldest();
    },
    lastsMs: 30_000,
    end: NOTHING,
  },
  {
    name: 'the group has nine tenths of the targets that it may have; their tasks are all stopped at once',
    kinds: ['limit', 'removal-budget'],
    alarms: [],
    begin: (world) => void world.start(900),
    lastsMs: 5 * MINUTE_MS,
    end: (world) => {
      while (world.tasks.length > 4) world.stopOldest();
    },
  },
  {
    name: 'the service names the group in its own settings, and ECS keeps it',
    kinds: ['ecs-managed'],
    alarms: [],
    begin: ({ account, group }) => {
      for (const service of account.ecs.services.values()) service.loadBalancers = [group.arn];
    },
    end: ({ account }) => {
      for (const service of account.ecs.services.values()) service.loadBalancers = [];
    },
  },
  {
    name: 'the tag of the group is removed; it is written again',
    kinds: ['released'],
    alarms: [],
    begin: (world) => world.tag(undefined),
    end: (world) => world.tag(LINE),
  },
  {
    name: 'ECS keeps the Cloud Map instance of a task that takes two minutes to stop; it removes the instance before the task is gone',
    kinds: ['draining'],
    alarms: [],
    prepare: (world) => {
      withCloudMap(world, { omits: (what) => what === 'deregister' });
      world.start(1, { timing: { stoppingMs: 120_000 } });
    },
    begin: (world) => void world.stopOldest(),
    lastsMs: 110_000,
    end: (world) => {
      const service = cloudMapOf(world);
      const [first = ''] = service.instances.keys();
      world.account.cloudMap.deregister(service, first);
    },
  },
  {
    name: 'a Cloud Map service has no health check, and `drift` is run once a minute; another service takes over its tag',
    kinds: ['unchecked'],
    alarms: [],
    runsDrift: true,
    lastsMs: 5 * MINUTE_MS,
    prepare: (world) => void withCloudMap(world, { spec: { healthCheck: 'none' } }),
    begin: NOTHING,
    end: replaceCloudMap,
  },
];

/** What the finding's command and the next deployment of the ECS service come to. */
function replaceCloudMap(world: World): void {
  const old = cloudMapOf(world);
  const service = withCloudMap(world, { name: 'app-checked' });
  for (const task of world.tasks) world.account.cloudMap.register(service, task.id, { AWS_INSTANCE_IPV4: addressOf(task) });
  world.account.changeTag(old, 'alb-target-sync');
}
