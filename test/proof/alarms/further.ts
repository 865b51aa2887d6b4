/** Further findings that have to call somebody, and the faults behind the alarms on queue, schedule and function. */
import { LOG_GROUP } from '../../../scripts/simulator/aws-api.ts';
import type { Fault } from './play.ts';
import {
  addressOf,
  addService,
  cloudMapOf,
  enabled,
  LINE,
  MINUTE_MS,
  NOTHING,
  untilItEnds,
  withCloudMap,
  withoutQueue,
} from './world.ts';

const OUTAGE = ['DriftAgeAlarm', 'NotDoingItsJobAlarm', 'OutagesAlarm'];
/** Longer than a pause may last. */
const OVER_AN_HOUR_MS = 75 * MINUTE_MS;

export const FURTHER: readonly Fault[] = [
  {
    name: 'somebody deregisters a target every 20 s; they stop',
    kinds: ['contested'],
    alarms: ['NotDoingItsJobAlarm', 'OutagesAlarm'],
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
    kinds: ['paused-long'],
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
    passes: ['HeartbeatAlarm', 'ScheduleAlarm'],
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
    prepare: (world) => void withCloudMap(world, { omits: (what) => what === 'deregister' }),
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
    alarms: ['DriftAgeAlarm', 'FunctionErrorsAlarm', 'NotDoingItsJobAlarm', 'OldHintsAlarm', 'PassErrorsAlarm'],
    passes: ['OldHintsAlarm'],
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
    passes: ['OldHintsAlarm'],
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
