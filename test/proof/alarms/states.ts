/** The nine states that stayed wrong once without an alarm. */
import type { Fault } from './play.ts';
import { addressOf, addService, LINE, MINUTE_MS, NOTHING } from './world.ts';

const OUTAGE = ['DriftAgeAlarm', 'NotDoingItsJobAlarm', 'OutagesAlarm'];
/** Longer than ECS describes a stopped task. */
const OVER_AN_HOUR_MS = 75 * MINUTE_MS;

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
    passes: ['HeartbeatAlarm', 'ScheduleAlarm'],
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
