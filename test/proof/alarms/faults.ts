/** What is played before the alarms of template.yaml: states that stay wrong, faults of AWS and of operators, and what must not ring. */
import { cloudMapServiceArn } from '../../../scripts/simulator/account.ts';
import { LOG_GROUP } from '../../../scripts/simulator/aws-api.ts';
import type { CloudMapServiceRecord } from '../../../scripts/simulator/cloud-map.ts';
import { GROUP } from '../../../scripts/simulator/deployment.ts';
import { addressOf, addService, type Fault, LINE, MINUTE_MS, type World } from './play.ts';

const NOTHING = (): void => undefined;
const OUTAGE = ['DriftAgeAlarm', 'NotDoingItsJobAlarm', 'OutagesAlarm'];
const SERVICE = cloudMapServiceArn('app');
/** Longer than ECS describes a stopped task, and longer than a pause may last. */
const OVER_AN_HOUR_MS = 75 * MINUTE_MS;

/** The nine states of which nobody was told once (docs/operations.md, "The alarms, played"). */
export const STATES: readonly Fault[] = [
  {
    name: 'the group is full when a task starts; the quota is raised',
    kinds: ['full'],
    alarms: OUTAGE,
    begin: (world) => {
      world.group.quota = 4;
      world.start(1);
    },
    end: ({ group }) => {
      group.quota = 1_000;
    },
  },
  {
    name: '`zone=all` is forgotten for tasks outside the VPC',
    kinds: [],
    alarms: [],
    begin: (world) => void world.start(1, { ipv4: '172.31.7.7' }),
    end: NOTHING,
  },
  {
    name: 'the service is misspelt; the line is corrected',
    kinds: ['unusable'],
    alarms: ['MistakesAlarm'],
    begin: (world) => world.tag('service=ap port=8080'),
    end: (world) => world.tag(LINE),
  },
  {
    name: 'the function has stood still for over an hour, in which a task stopped; its target is removed by hand',
    kinds: ['leftover'],
    alarms: ['HeartbeatAlarm', 'NotDoingItsJobAlarm', 'OutagesAlarm', 'ScheduleAlarm'],
    begin: async (world) => {
      world.account.ecs.reuseAfterMs = Number.POSITIVE_INFINITY;
      world.watched.schedule = 'disabled';
      world.deployment.deliver = NOTHING;
      world.stopOldest();
      await world.watched.pass(OVER_AN_HOUR_MS);
      world.watched.schedule = 'enabled';
      world.deployment.deliver = (event) => world.deployment.queue.send(JSON.stringify(event));
    },
    end: (world) => world.deregisterByHand('10.0.0.5'),
  },
  {
    name: 'a task in network mode bridge; it is stopped',
    kinds: ['no-address'],
    alarms: ['NotDoingItsJobAlarm', 'OutagesAlarm'],
    begin: (world) => void world.tasks.unshift(...world.start(1, { withoutInterface: true })),
    end: (world) => void world.stopOldest(),
  },
  {
    name: 'the port is edited in place; the line is written back, and the new targets are removed by hand',
    kinds: ['unbound', 'port'],
    alarms: ['MistakesAlarm'],
    begin: (world) => {
      world.account.deafPorts.add(9090);
      world.tag('service=app port=9090');
    },
    end: (world) => {
      world.tag(LINE);
      for (const task of world.tasks) world.deregisterByHand(addressOf(task), 9090);
    },
  },
  {
    name: '`mode=drain` on a live service; the word is taken back',
    kinds: ['drain-unconfirmed'],
    alarms: ['MistakesAlarm'],
    begin: (world) => world.tag(`${LINE} mode=drain`),
    end: (world) => world.tag(LINE),
  },
  {
    name: 'one of two tags is removed; it is written again',
    kinds: ['unbound'],
    alarms: ['MistakesAlarm'],
    prepare: (world) => {
      const spec = addService(world, 'b');
      world.tag('service=b port=8080', 'alb-target-sync:b');
      world.deployment.start(2, spec);
    },
    begin: (world) => world.tag(undefined, 'alb-target-sync:b'),
    end: (world) => world.tag('service=b port=8080', 'alb-target-sync:b'),
  },
  {
    name: 'targets of new tasks never become healthy; the security group is corrected',
    kinds: ['never-healthy'],
    alarms: ['MistakesAlarm'],
    begin: (world) => {
      world.account.deafPorts.add(8080);
      world.start(2);
    },
    end: ({ account }) => void account.deafPorts.delete(8080),
  },
];

export const FURTHER: readonly Fault[] = [
  {
    name: 'somebody deregisters a target every 20 s; they stop',
    kinds: ['contested'],
    alarms: OUTAGE,
    ...untilItEnds((world) => world.every(20_000, () => world.deregisterByHand('10.0.0.5'))),
  },
  {
    name: 'a task has an address that ELB refuses; it is stopped',
    kinds: ['refused'],
    alarms: OUTAGE,
    begin: (world) => void world.tasks.unshift(...world.start(1, { ipv4: '8.8.8.8' })),
    end: (world) => void world.stopOldest(),
  },
  {
    name: '`mode=drain confirm=empty` on a live service; the words are taken back',
    kinds: ['drained'],
    alarms: ['MistakesAlarm'],
    begin: (world) => world.tag(`${LINE} mode=drain confirm=empty`),
    end: (world) => world.tag(LINE),
  },
  {
    name: 'the line names a service without tasks; it is corrected',
    kinds: ['empty-list', 'unbound'],
    alarms: ['MistakesAlarm'],
    begin: (world) => {
      addService(world, 'idle');
      world.tag('service=idle port=8080');
    },
    end: (world) => world.tag(LINE),
  },
  {
    name: 'a target registered by hand is dead; it is removed',
    kinds: ['foreign-unhealthy'],
    alarms: ['MistakesAlarm'],
    begin: (world) => world.registerByHand('10.0.9.9'),
    end: (world) => world.deregisterByHand('10.0.9.9'),
  },
  {
    name: 'the listener is deleted; it is made again',
    kinds: ['unused'],
    alarms: ['MistakesAlarm'],
    begin: ({ group }) => {
      group.isUsed = false;
    },
    end: ({ group }) => {
      group.isUsed = true;
    },
  },
  {
    name: '`ready=healthy` without a health check; the task becomes healthy',
    kinds: ['not-ready'],
    alarms: ['MistakesAlarm'],
    begin: (world) => {
      world.tag(`${LINE} ready=healthy`);
      world.start(1);
    },
    end: (world) => {
      for (const task of world.tasks) world.account.ecs.setHealth(task, 'HEALTHY');
    },
  },
  {
    name: 'cross-zone load balancing is off beside `zone=all`; it is turned on',
    kinds: ['cross-zone'],
    alarms: ['MistakesAlarm'],
    begin: (world) => {
      world.group.crossZone = 'false';
      world.tag(`${LINE} zone=all`);
    },
    end: ({ group }) => {
      group.crossZone = 'true';
    },
  },
  {
    name: 'every task is put on hold; the tags are removed',
    kinds: ['held', 'held-last'],
    alarms: ['MistakesAlarm'],
    begin: (world) => world.hold(world.tasks, true),
    end: (world) => world.hold(world.tasks, false),
  },
  {
    name: 'the stack is paused for over an hour; it is resumed',
    kinds: ['paused', 'paused-long'],
    alarms: ['MistakesAlarm'],
    begin: ({ account }) => void account.logs.tagsOf(LOG_GROUP).set('alb-target-sync', 'paused'),
    lastsMs: OVER_AN_HOUR_MS,
    end: ({ account }) => void account.logs.tagsOf(LOG_GROUP).delete('alb-target-sync'),
  },
  {
    name: 'a key of the line is misspelt; it is corrected',
    kinds: ['wrong-line'],
    alarms: ['MistakesAlarm'],
    begin: (world) => world.tag('service=app prot=8080'),
    end: (world) => world.tag(LINE),
  },
  {
    name: 'the record is lost and a task stops while the function stands still; its target is removed by hand',
    kinds: ['unproven'],
    alarms: ['HeartbeatAlarm', 'MistakesAlarm', 'ScheduleAlarm'],
    begin: async (world) => {
      world.account.ecs.reuseAfterMs = Number.POSITIVE_INFINITY;
      world.watched.schedule = 'disabled';
      world.deployment.deliver = NOTHING;
      world.stopOldest();
      await world.watched.pass(10 * MINUTE_MS);
      world.account.logs.groups.set(LOG_GROUP, []);
      world.deployment.lambda.replaceEnvironments();
      world.watched.schedule = 'enabled';
      world.deployment.deliver = (event) => world.deployment.queue.send(JSON.stringify(event));
    },
    end: (world) => world.deregisterByHand('10.0.0.5'),
  },
  {
    name: "a task's Cloud Map instance is removed; it is registered again",
    kinds: ['missing'],
    alarms: ['MistakesAlarm'],
    prepare: (world) => void withCloudMap(world),
    begin: (world) => world.account.cloudMap.deregister(cloudMapOf(world), world.tasks[0]?.id ?? '') && undefined,
    end: (world) => {
      const [task] = world.tasks;
      if (task !== undefined) {
        world.account.cloudMap.register(cloudMapOf(world), task.id, { AWS_INSTANCE_IPV4: addressOf(task) });
      }
    },
  },
  {
    name: 'a Cloud Map instance gets another address; ECS replaces the task',
    kinds: ['mismatched'],
    alarms: ['MistakesAlarm'],
    prepare: (world) => void withCloudMap(world),
    begin: (world) => {
      world.account.cloudMap.register(cloudMapOf(world), world.tasks[0]?.id ?? '', { AWS_INSTANCE_IPV4: '10.0.9.9' });
    },
    end: (world) => void world.stopOldest(),
  },
  {
    name: 'ECS leaves the Cloud Map instance of a stopped task; it is removed by hand',
    kinds: ['stale'],
    alarms: ['MistakesAlarm'],
    prepare: (world) => void withCloudMap(world, (what) => what === 'deregister'),
    begin: (world) => {
      world.account.ecs.reuseAfterMs = Number.POSITIVE_INFINITY;
      world.stopOldest();
    },
    end: (world) => {
      const service = cloudMapOf(world);
      const [first = ''] = service.instances.keys();
      world.account.cloudMap.deregister(service, first);
    },
  },
  {
    name: 'ELB answers no registration while a task starts; it answers again',
    kinds: [],
    alarms: ['DriftAgeAlarm', 'FunctionErrorsAlarm', 'NotDoingItsJobAlarm', 'PassErrorsAlarm'],
    begin: (world) => {
      world.failing(/^RegisterTargets$/, 'ServiceUnavailable', 503);
      world.start(1);
    },
    lastsMs: 10 * MINUTE_MS,
    end: (world) => world.answering(),
  },
  {
    name: 'the role may nothing any more; the policy is put back',
    kinds: [],
    alarms: ['DriftAgeAlarm', 'FunctionErrorsAlarm', 'NotDoingItsJobAlarm', 'PassErrorsAlarm'],
    begin: (world) => world.failing(/./, 'AccessDenied', 403),
    end: (world) => world.answering(),
  },
  {
    name: 'ECS answers nothing for 20 minutes while tasks come and go; the dead letters are moved back',
    kinds: [],
    alarms: [
      'DeadLettersAlarm',
      'DriftAgeAlarm',
      'FunctionErrorsAlarm',
      'NotDoingItsJobAlarm',
      'OldHintsAlarm',
      'PassErrorsAlarm',
    ],
    begin: (world) => {
      world.failing(/Task/, 'ServiceUnavailable', 503);
      world.start(1);
    },
    lastsMs: 20 * MINUTE_MS,
    end: (world) => {
      world.answering();
      for (const { body } of world.deployment.queue.deadLetters.splice(0)) world.deployment.queue.send(body);
    },
  },
  {
    name: "others use up the account's concurrency; they end",
    kinds: [],
    alarms: ['HeartbeatAlarm', 'NotDoingItsJobAlarm', 'ThrottlesAlarm'],
    begin: ({ watched }) => {
      watched.schedule = 'throttled';
    },
    end: enabled,
  },
  {
    name: 'the schedule is disabled on a quiet day; it is enabled',
    kinds: [],
    alarms: ['HeartbeatAlarm', 'ScheduleAlarm'],
    begin: ({ watched }) => {
      watched.schedule = 'disabled';
    },
    end: enabled,
  },
  {
    name: 'the schedule is disabled while events come; it is enabled',
    kinds: [],
    alarms: ['ScheduleAlarm'],
    ...untilItEnds((world) => {
      world.watched.schedule = 'disabled';
      const stop = world.every(40_000, () => {
        world.start(1);
        world.stopOldest();
      });
      return () => {
        stop();
        enabled(world);
      };
    }),
  },
  {
    name: 'the schedule may not call the function; the permission is put back',
    kinds: [],
    alarms: ['HeartbeatAlarm', 'ScheduleFailuresAlarm'],
    begin: ({ watched }) => {
      watched.schedule = 'denied';
    },
    end: enabled,
  },
  {
    name: "the queue's trigger is disabled while tasks come and go; it is enabled",
    kinds: [],
    alarms: ['OldHintsAlarm'],
    begin: (world) => {
      world.watched.disableTrigger();
      world.start(1);
    },
    end: ({ watched }) => watched.enableTrigger(),
  },
  {
    name: "the queue's policy refuses the rule; it is put back and the dead letters are purged",
    kinds: [],
    alarms: ['DeadLettersAlarm', 'RuleFailuresAlarm'],
    ...withoutQueue(false),
  },
  {
    name: "both queues' policies refuse the rule; they are put back",
    kinds: [],
    alarms: ['LostEventsAlarm', 'RuleFailuresAlarm'],
    ...withoutQueue(true),
  },
];

/** What happens all the time, and must call nobody. */
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

function enabled({ watched }: World): void {
  watched.schedule = 'enabled';
}

/** Something that goes on until it is ended. */
function untilItEnds(start: (world: World) => () => void): Pick<Fault, 'begin' | 'end'> {
  const ends = new WeakMap<World, () => void>();
  return {
    begin: (world) => void ends.set(world, start(world)),
    end: (world) => ends.get(world)?.(),
  };
}

function withoutQueue(isLost: boolean): Pick<Fault, 'begin' | 'end'> {
  return untilItEnds((world) => {
    const { deployment, watched } = world;
    const { deliver } = deployment;
    deployment.deliver = (event) => watched.eventFailed(JSON.stringify(event), isLost);
    const stop = world.every(30_000, () => {
      world.start(1);
      world.stopOldest();
    });
    return () => {
      stop();
      deployment.deliver = deliver;
      deployment.queue.deadLetters.length = 0;
    };
  });
}

/** All events of what follows from it within the next two minutes. */
function withoutEvents({ deployment }: World, act: () => void): void {
  const { deliver } = deployment;
  deployment.deliver = NOTHING;
  act();
  deployment.clock.after(2 * MINUTE_MS, () => {
    deployment.deliver = deliver;
  });
}

/** ECS starts the new tasks first, and stops the old ones when those have run for 40 s. */
export function rollOver(world: World): void {
  const old = world.tasks.length;
  world.start(old);
  world.deployment.clock.after(35_000 + 40_000, () => {
    for (let count = 0; count < old; count += 1) world.stopOldest();
  });
}

function withCloudMap(world: World, omits: (what: 'register' | 'deregister') => boolean = () => false): void {
  const service = world.account.cloudMap.addService(SERVICE, 'app');
  service.tags.set('alb-target-sync', 'service=app');
  world.account.keepInstances('service:app', service, { omits });
}

function cloudMapOf({ account }: World): CloudMapServiceRecord {
  const [service] = account.cloudMap.services.values();
  if (service === undefined) throw new Error('The world has no Cloud Map service.');
  return service;
}
