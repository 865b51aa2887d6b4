/** The acts: each plays one thing that the churn of a scenario does not have. */
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import type { Violation } from './judge.ts';
import { type Act, addressOf, PROD, Stage, TWIN } from './stage.ts';
import type { TrueLine } from './truth.ts';

function service(name: string, port = 8080, more: Partial<TrueLine> = {}): TrueLine {
  return { cluster: PROD, kind: 'service', name, port, mode: 'enforce', ...more };
}

function bound(group: string, words = 'service=site port=8080'): string {
  return `target-group=${group} cluster=prod ${words}`;
}

const SITE = { binding: bound('site'), lines: { site: [service('site')] } };

/** Clusters, families, ports and zones side by side in one group, with namesakes that are not meant. */
const NAMESAKES: Act = {
  name: 'namesakes',
  seconds: 260,
  binding: [
    bound('mixed', 'service=app port=8080+9090 zone=all'),
    bound('mixed', 'family=job port=7070'),
    'target-group=mixed cluster=twin service=web port=8081 zone=task',
  ].join('; '),
  lines: {
    mixed: [
      service('app', 8080, { zone: 'all' }),
      service('app', 9090, { zone: 'all' }),
      { cluster: PROD, kind: 'family', name: 'job', port: 7070, mode: 'enforce' },
      { cluster: TWIN, kind: 'service', name: 'web', port: 8081, mode: 'enforce', zone: 'task' },
    ],
  },
  play(stage) {
    const mixed = stage.group('mixed', { vpcPrefixes: [''] });
    for (const name of ['app', 'app-admin', 'batch']) stage.service(name);
    for (const name of ['app', 'web']) stage.service(name, TWIN);
    stage.at(5, () => {
      const app = stage.start('service:app');
      const others = [
        stage.start('service:app-admin'),
        stage.start('service:batch', { definition: 'job:1' }),
        stage.start('family:job'),
        stage.start('service:app', { cluster: TWIN }),
        stage.start('service:web', { cluster: TWIN }),
        stage.start('service:web', { cluster: TWIN }),
        stage.start('family:job', { cluster: TWIN }),
      ];
      // Addresses that a person has put into the group: they look like ours, and are not.
      stage.at(41, () => {
        for (const task of others.slice(0, 1)) stage.register(mixed, addressOf(task));
      });
      stage.at(40, () => stage.register(mixed, `${present(app).ipv4}:9999`));
      stage.at(100, () => stage.account.ecs.stop(app));
      stage.at(110, () => {
        for (const task of others.slice(0, 5)) stage.account.ecs.stop(task);
      });
    });
    stage.at(70, () => attachLate(stage, stage.start('service:app')));
  },
};

/** An interface that is attached only after its task has been told as running. */
function attachLate(stage: Stage, task: TaskRecord): void {
  const attach = (status: string) => () => {
    if (present(task).desired === 'RUNNING') stage.account.ecs.change(task, { interface: status });
  };
  stage.clock.after(1_500, attach('ATTACHING'));
  stage.clock.after(20_000, attach('ATTACHED'));
}

/** One line waits for health, and the other one never removes. */
const CAREFUL: Act = {
  name: 'careful lines',
  seconds: 220,
  binding: [
    bound('site', 'service=slow port=8080 ready=healthy'),
    bound('site', 'service=keep port=8081 mode=register-only'),
  ].join('; '),
  lines: { site: [service('slow', 8080, { ready: true }), service('keep', 8081, { mode: 'register-only' })] },
  play(stage) {
    for (const name of ['slow', 'keep']) stage.service(name);
    const started: TaskRecord[] = [];
    stage.every(20, 5, 60, () => {
      const slow = stage.start('service:slow');
      stage.clock.after(25_000, () => stage.account.ecs.setHealth(slow, 'HEALTHY'));
      started.push(slow, stage.start('service:keep'));
    });
    stage.at(110, () => {
      for (const task of started.slice(0, 2)) stage.account.ecs.stop(task);
    });
  },
};

/** Tags of tasks put them on hold, one and then all; and a tag of the group drains it without a second word. */
const HOLDS: Act = {
  name: 'holds',
  seconds: 420,
  isAlone: true,
  lines: { site: [service('site')] },
  play(stage) {
    const site = stage.group('site');
    const bind = (more = '') => stage.account.changeTag(site, 'alb-target-sync', `cluster=prod service=site port=8080${more}`);
    bind();
    stage.service('site');
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2, 3].map(() => stage.start('service:site'))));
    const hold = (some: readonly TaskRecord[], value?: string): void => {
      for (const task of some) stage.account.changeTag(task, 'alb-target-sync', value);
    };
    stage.at(75, () => hold(tasks.slice(0, 1), 'hold'));
    stage.at(170, () => hold(tasks.slice(0, 1)));
    stage.at(260, () => hold(tasks, 'hold'));
    stage.at(290, () => hold(tasks));
    stage.at(310, () => bind(' mode=drain'));
    stage.at(390, () => bind());
  },
};

/** Somebody pauses the stack, and tasks go on coming and going. */
const PAUSE: Act = {
  ...SITE,
  name: 'a pause',
  seconds: 240,
  play(stage) {
    stage.service('site');
    stage.pause(60, 200);
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2, 3].map(() => stage.start('service:site'))));
    stage.at(140, () => stage.start('service:site'));
    stage.at(160, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
    });
  },
};

const CROWDED = Array.from({ length: 12 }, (_, index) => `crowd-${index}`);

/** A service of thirty tasks feeds a dozen groups, and all of them come and go at one moment. */
const CROWD: Act = {
  name: 'a crowd',
  seconds: 130,
  binding: CROWDED.map((group) => bound(group, 'service=crowd port=8080')).join('; '),
  lines: Object.fromEntries(CROWDED.map((group) => [group, [service('crowd')]])),
  play(stage) {
    stage.service('crowd');
    const timing = { stoppingMs: 30_000 };
    const tasks: TaskRecord[] = [];
    stage.every(0.5, 5, 20, () => tasks.push(stage.start('service:crowd', { timing })));
    stage.at(100, () => {
      for (const [index, task] of tasks.entries()) stage.clock.after(index * 30, () => stage.account.ecs.stop(task));
    });
  },
};

/** The same dozen groups, and for a while ELB throttles whoever asks for targets. */
const THROTTLED: Act = {
  name: 'a throttled crowd',
  seconds: 230,
  // For a minute nothing can be read.
  convergedWithinMs: 140_000,
  binding: CROWDED.map((group) => bound(group, 'service=crowd port=8080')).join('; '),
  lines: Object.fromEntries(CROWDED.map((group) => [group, [service('crowd')]])),
  play(stage) {
    const READS = ['DescribeTargetHealth', 'DescribeTargetGroups', 'DescribeTags', 'DescribeTargetGroupAttributes'];
    stage.service('crowd');
    stage.faults = (operation) =>
      READS.includes(operation) && isAfter(stage, 90) && !isAfter(stage, 150) ? { kind: 'throttled' } : undefined;
    stage.every(0.5, 5, 8, () => stage.start('service:crowd'));
    stage.every(3, 85, 140, () => stage.start('service:crowd'));
  },
};

/** Tasks inside and outside of the group's VPC by turns, and a line that leaves the zone to ELB. */
const BOTH_VPCS: Act = {
  ...SITE,
  name: 'two VPCs by turns',
  seconds: 160,
  play(stage) {
    stage.group('site');
    stage.service('site');
    for (let number = 0; number < 10; number += 1) {
      stage.at(5 + 8 * number, () => stage.start('service:site', number % 2 === 0 ? {} : { ipv4: `172.31.0.${10 + number}` }));
    }
  },
};

/** Another writer undoes each removal of a stopping task and each registration of a live one, while other tasks come and go. */
const RIVAL: Act = {
  ...SITE,
  name: 'a rival',
  seconds: 160,
  play(stage) {
    const site = stage.group('site');
    stage.service('site');
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site', { timing: { stoppingMs: 80_000 } }))));
    stage.at(75, () => {
      const [dead, live] = tasks.map(addressOf);
      if (dead === undefined || live === undefined) return;
      for (const key of [dead, live]) stage.excused.add(`site ${key}`);
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
      stage.every(0.5, 76, 140, () => {
        if (!site.targets.has(dead)) stage.register(site, dead);
        if (site.targets.has(live)) stage.deregister(site, live);
      });
    });
    stage.every(2, 75, 140, () => {
      const passerby = stage.start('service:site', { timing: { stoppingMs: 1_000 } });
      stage.clock.after(8_000, () => stage.account.ecs.stop(passerby));
    });
  },
};

interface Inheritance {
  readonly by: 'ECS' | 'another stack';
  /** When the neighbor has another task in the group. */
  readonly neighbor: 'from the beginning' | 'before the first schedule' | 'right after the outage' | 'never';
  readonly healthCheckIntervalSeconds: number;
  readonly outageSeconds: number;
  readonly isNew?: boolean;
  /** The neighbor's task never passes the group's checks. */
  readonly isSick?: boolean;
}

/** A task of ours dies in an outage, and a task that somebody else keeps in the same group gets its address. */
function inherited(name: string, how: Inheritance): Act {
  const from = 160;
  const to = from + how.outageSeconds;
  return {
    ...SITE,
    name,
    seconds: to + (how.isSick ? 200 : 90),
    play(stage) {
      stage.account.ecs.reuseAfterMs = 2_000;
      if (how.isSick) failChecksOf(stage, 'service:api');
      const site = stage.group('site', {
        healthCheckIntervalSeconds: how.healthCheckIntervalSeconds,
        healthCheckMs: how.isNew ? 60_000 : 5_000,
      });
      stage.service('site');
      stage.keep(site, 'api', how.by);
      stage.outage(from, to);
      const tasks: TaskRecord[] = [];
      stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
      if (how.neighbor === 'from the beginning') stage.at(8, () => stage.start('service:api'));
      if (how.neighbor === 'before the first schedule') stage.at(8, () => comeAndGo(stage));
      if (how.neighbor === 'right after the outage') stage.at(to - 5, () => stage.start('service:api'));
      stage.at(from + 1, () => {
        for (const task of tasks.slice(0, 1)) stage.account.ecs.crash(task);
      });
      stage.at(from + 3, () => stage.start('service:api', { timing: { provisioningMs: 3_000 } }));
      if (how.isNew !== true) return;
      const own = (): string[] => tasks.slice(0, 1).map(addressOf);
      stage.at(to - 12, () => {
        for (const key of own()) stage.deregister(site, key);
      });
      stage.at(to - 2, () => {
        for (const key of own()) stage.register(site, key);
      });
    },
  };
}

/** The group of the service `site`, in which another stack keeps the service `api`, where addresses are handed on soon. */
function besideAnotherStack(stage: Stage, healthCheckIntervalSeconds?: number): ReturnType<Stage['group']> {
  stage.account.ecs.reuseAfterMs = 2_000;
  const how = healthCheckIntervalSeconds === undefined ? {} : { healthCheckIntervalSeconds };
  const site = stage.group('site', { ...how, healthCheckMs: 1_000 });
  stage.service('site');
  stage.keep(site, 'api', 'another stack');
  return site;
}

/** Wherever a task of the service runs, health checks fail. */
function failChecksOf({ account: { ecs, elb } }: Stage, service: string): void {
  const { answers } = elb;
  elb.answers = (ip, port) => answers(ip, port) && !ecs.holdersOf(ip).some(({ group }) => group === service);
}

/** A neighbor's task that is there for half a minute, while events of ours ask for looks that search for nobody. */
function comeAndGo(stage: Stage): void {
  const task = stage.start('service:api');
  stage.every(2, 14, 38, () => stage.start('service:site'));
  stage.at(42, () => stage.account.ecs.stop(task));
  // The first address that is free is the next that is given: the neighbor's must not be free when ours is.
  stage.at(120, () => stage.start('service:site'));
}

/** Somebody takes our target out as its task dies, and another stack's task that fails its checks gets the address, for a new environment to see. */
const TAKEN: Act = {
  ...SITE,
  name: 'taken, and inherited by one that fails its checks',
  seconds: 300,
  play(stage) {
    failChecksOf(stage, 'service:api');
    const site = besideAnotherStack(stage);
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(80, () => {
      for (const task of tasks.slice(0, 1)) {
        stage.account.ecs.crash(task);
        stage.deregister(site, addressOf(task));
      }
    });
    stage.at(150, () => stage.stack.lambda.replaceEnvironments());
    stage.at(152, () => stage.start('service:api'));
  },
};

/** Our dead target fails its checks, cannot be removed yet, and is answered by another stack's task, which finds its target there. */
const ANSWERED: Act = {
  ...SITE,
  name: 'answered again by another',
  seconds: 260,
  play(stage) {
    besideAnotherStack(stage, 60);
    stage.faults = (operation) =>
      operation === 'FilterLogEvents' && !isAfter(stage, 170)
        ? { kind: 'error', code: 'InternalFailure', status: 500 }
        : undefined;
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(79, () => {
      stage.loses = true;
    });
    stage.at(80, () => {
      for (const task of tasks.slice(0, 1)) {
        stage.account.ecs.crash(task);
        stage.excused.add(`site ${addressOf(task)}`);
      }
    });
    stage.at(150, () => stage.start('service:api'));
  },
};

/** A task of ours lives and dies in an outage, and somebody else has registered it: the record does not have it. */
function unrecorded(name: string, how: { isUnreadable?: boolean; isCold?: boolean }): Act {
  return {
    ...SITE,
    name,
    seconds: 260,
    play(stage) {
      stage.account.ecs.reuseAfterMs = 2_000;
      const site = stage.group('site');
      stage.service('site');
      stage.outage(75, 120);
      if (how.isCold) stage.at(118, () => stage.stack.lambda.replaceEnvironments());
      if (how.isUnreadable) {
        stage.faults = (operation) =>
          operation === 'FilterLogEvents' ? { kind: 'error', code: 'InternalFailure', status: 500 } : undefined;
      }
      const first: TaskRecord[] = [];
      stage.at(5, () => first.push(stage.start('service:site')));
      stage.at(6, () => stage.start('service:site'));
      stage.at(60, () => {
        for (const task of first) stage.account.ecs.stop(task);
      });
      stage.at(76, () => {
        const task = stage.start('service:site');
        stage.clock.after(6_000, () => {
          stage.register(site, addressOf(task));
          stage.excused.add(`site ${addressOf(task)}`);
        });
        stage.clock.after(18_000, () => stage.account.ecs.crash(task));
      });
    },
  };
}

/** The stack has removed a target, another writer's task has got its address, and the environments that know of it are gone. */
const REMOVED: Act = {
  ...SITE,
  name: 'removed before',
  seconds: 220,
  play(stage) {
    besideAnotherStack(stage, 30);
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(100, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
    });
    stage.at(107, () => stage.start('service:api', { timing: { provisioningMs: 3_000, pendingMs: 4_000 } }));
    stage.at(118, () => stage.stack.lambda.replaceEnvironments());
  },
};

/** Removals do not get through for a while, and meanwhile a task that the group wants gets the address. */
function succeeded(name: string, how: { by: 'service:site' | 'family:job'; listLagMs: number }): Act {
  return {
    name,
    seconds: 260,
    isAlone: true,
    convergedWithinMs: 120_000,
    binding: [bound('site'), bound('site', 'family=job port=8080')].join('; '),
    lines: { site: [service('site'), { cluster: PROD, kind: 'family', name: 'job', port: 8080, mode: 'enforce' }] },
    play(stage) {
      stage.account.ecs.reuseAfterMs = 2_000;
      stage.account.ecs.listLagMs = () => (isAfter(stage, 150) ? how.listLagMs : 0);
      stage.group('site', { healthCheckIntervalSeconds: 60 });
      // The next task has the address before a check fails.
      stage.account.elb.answers = () => true;
      stage.service('site');
      stage.faults = (operation) =>
        operation === 'DeregisterTargets' && isAfter(stage, 90) && !isAfter(stage, 170)
          ? { kind: 'error', code: 'InternalFailure', status: 500 }
          : undefined;
      const tasks: TaskRecord[] = [];
      stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
      stage.at(100, () => {
        for (const task of tasks.slice(0, 1)) stage.account.ecs.crash(task);
      });
      stage.at(102, () => stage.start(how.by, { timing: { provisioningMs: 3_000 } }));
      stage.at(175, () => stage.start('service:site'));
    },
  };
}

function isAfter(stage: Stage, seconds: number): boolean {
  return stage.secondsNow >= seconds;
}

/** No event arrives. The service is deleted; its tasks take long to stop. */
const GONE: Act = {
  ...SITE,
  name: 'a service that is gone',
  seconds: 280,
  lossP: 1,
  play(stage) {
    stage.service('site');
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2, 3].map(() => stage.start('service:site'))));
    stage.at(100, () => {
      const record = stage.account.ecs.services.get(`${PROD} site`);
      if (record !== undefined) record.status = 'INACTIVE';
      for (const task of tasks) stage.account.ecs.stop(task);
    });
  },
};

/** No event arrives, and a task takes two minutes to stop. */
const LINGERING: Act = {
  ...SITE,
  name: 'a task that lingers',
  seconds: 260,
  lossP: 1,
  play(stage) {
    stage.service('site');
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site', { timing: { stoppingMs: 119_000 } }))));
    stage.at(100, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
    });
  },
};

/** An address is wanted again while it drains, for five minutes. */
const DRAINING: Act = {
  ...SITE,
  name: 'an address that drains',
  seconds: 260,
  play(stage) {
    stage.account.ecs.reuseAfterMs = 2_000;
    stage.group('site', { deregistrationDelaySeconds: 300 });
    stage.service('site');
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(100, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
    });
    stage.at(112, () => stage.start('service:site', { timing: { provisioningMs: 3_000 } }));
  },
};

/** One line of the group drains, and the other one serves. */
const MOVING: Act = {
  name: 'a line that drains',
  seconds: 220,
  binding: [bound('site'), bound('site', 'service=old port=8080 mode=drain')].join('; '),
  lines: { site: [service('site'), service('old', 8080, { mode: 'drain' })] },
  play(stage) {
    for (const name of ['site', 'old']) stage.service(name);
    const site = stage.group('site');
    stage.every(5, 5, 16, () => stage.start('service:site'));
    stage.at(6, () => {
      const old = stage.start('service:old');
      stage.at(30, () => stage.register(site, addressOf(old)));
    });
  },
};

/** Two groups have one service. While a write of the one is throttled, the pass of the other learns that its proof is over. */
const QUESTION: Act = {
  name: 'a write that waits',
  seconds: 130,
  isAlone: true,
  binding: [bound('one'), bound('two')].join('; '),
  lines: { one: [service('site')], two: [service('site')] },
  play(stage) {
    stage.service('site');
    let [reads, writes] = [0, 0];
    const begin = (): void => {
      [reads, writes] = [0, 0];
    };
    stage.faults = (operation) => {
      if (!isAfter(stage, 90)) return undefined;
      if (operation === 'DescribeTargetHealth') reads += 1;
      const isWrite = operation === 'RegisterTargets' || operation === 'DeregisterTargets';
      if (isWrite) writes += 1;
      const isRead = operation === 'DescribeTargetHealth' && reads >= 2 && reads <= 3;
      return isRead || (isWrite && writes <= 2) ? { kind: 'throttled' } : undefined;
    };
    const brief = { provisioningMs: 1_000, pendingMs: 1_000, stoppingMs: 700 };
    stage.at(5, () => stage.start('service:site'));
    stage.at(6, () => {
      const task = stage.start('service:site', { timing: brief });
      stage.at(100, begin);
      stage.at(100, () => stage.account.ecs.stop(task));
    });
    stage.at(108, () => {
      begin();
      const task = stage.start('service:site', { timing: { ...brief, stoppingMs: 20_000 } });
      stage.clock.after(2_700, () => stage.account.ecs.stop(task));
    });
  },
};

/** A task dies while no list can be read; another one gets its address, and dies as well before anybody has seen it. */
const UNSEEN: Act = {
  ...SITE,
  name: 'an owner that nobody has seen',
  seconds: 200,
  isAlone: true,
  play(stage) {
    stage.account.ecs.reuseAfterMs = 1_000;
    stage.service('site');
    stage.faults = (operation) =>
      operation === 'ListTasks' && isAfter(stage, 100) && !isAfter(stage, 127)
        ? { kind: 'error', code: 'InternalFailure', status: 500 }
        : undefined;
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(101, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.crash(task);
    });
    stage.at(103, () => {
      stage.loses = true;
      const next = stage.start('service:site', { timing: { provisioningMs: 2_000 } });
      stage.at(127, () => {
        stage.loses = false;
      });
      // Before the next pass: by then the first task's removal would be forgotten, since the second serves.
      stage.at(127.3, () => stage.account.ecs.crash(next));
    });
  },
};

/** A stop and a start come in one batch; where half of it cannot be read, the removal has to wait. */
function batch(name: string, how: { failsHalf: boolean }): Act {
  return {
    ...SITE,
    name,
    seconds: 125,
    isAlone: true,
    play(stage) {
      stage.service('site');
      let reads = 0;
      stage.faults = (operation) => {
        if (!how.failsHalf || operation !== 'DescribeTasks' || !isAfter(stage, 102)) return undefined;
        reads += 1;
        return reads > 1 && reads <= 5 ? { kind: 'error', code: 'InternalFailure', status: 500 } : undefined;
      };
      const timing = { provisioningMs: 1_000, pendingMs: 1_000, stoppingMs: 30_000 };
      const tasks: TaskRecord[] = [];
      stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site', { timing }))));
      // The passes for these keep the environment busy until both events are there.
      for (const seconds of [98, 98.6, 99]) stage.at(seconds, () => stage.start('service:site', { timing }));
      stage.at(101, () => {
        for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
      });
    },
  };
}

/** Reads go back to before the order to stop, and the task has had ten versions; or to before a task was made. */
function goingBack(name: string, toSeconds: number): Act {
  return {
    ...SITE,
    name,
    seconds: 190,
    play(stage) {
      stage.service('site');
      stage.at(91, () => stage.start('service:site'));
      stage.account.ecs.lagMs = () =>
        isAfter(stage, 105) && !isAfter(stage, 170) ? (stage.secondsNow - toSeconds) * 1_000 : 0;
      const tasks: TaskRecord[] = [];
      stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site', { timing: { stoppingMs: 90_000 } }))));
      stage.at(90, () => {
        for (const task of tasks) while (present(task).version < 9) stage.account.ecs.change(task, {});
      });
      stage.at(100, () => {
        for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
      });
    },
  };
}

/** A task that somebody has started by hand, with the group of the service, while lists are behind. */
const IMPOSTOR: Act = {
  ...SITE,
  name: 'an impostor',
  seconds: 150,
  play(stage) {
    stage.service('site');
    stage.account.ecs.listLagMs = () => (isAfter(stage, 80) ? (stage.secondsNow - 80) * 1_000 : 0);
    stage.at(5, () => stage.start('service:site'));
    stage.at(90, () => stage.start('service:site', { startedBy: 'somebody' }));
  },
};

/** No event arrives, and ELB does not take one of four addresses that are due at once. */
const BAD_ONE: Act = {
  ...SITE,
  name: 'one bad address',
  seconds: 170,
  lossP: 1,
  play(stage) {
    stage.service('site');
    stage.excused.add('site 8.8.8.8:8080');
    stage.at(1, () => {
      for (const ipv4 of [undefined, '8.8.8.8', undefined, undefined])
        stage.start('service:site', ipv4 === undefined ? {} : { ipv4 });
    });
  },
};

/** The group takes two targets, and there are three tasks until one of them stops. */
const FULL: Act = {
  ...SITE,
  name: 'a full group',
  seconds: 200,
  play(stage) {
    stage.service('site');
    stage.group('site', { quota: 2 });
    const tasks: TaskRecord[] = [];
    stage.every(3, 5, 12, () => tasks.push(stage.start('service:site')));
    stage.at(15, () => {
      for (const task of tasks) stage.excused.add(`site ${addressOf(task)}`);
    });
    stage.at(80, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
    });
    stage.at(81, () => stage.excused.clear());
  },
};

/** A task stops in an outage that no environment outlives. */
const OUTAGE: Act = {
  ...SITE,
  name: 'a stop in an outage',
  seconds: 230,
  play(stage) {
    stage.service('site');
    stage.outage(100, 130);
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(101, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.stop(task);
    });
    stage.at(125, () => stage.stack.lambda.replaceEnvironments());
  },
};

/** The tags of the group cannot be read any more. */
const UNREADABLE: Act = {
  name: 'tags that cannot be read',
  seconds: 250,
  lines: { site: [service('site')] },
  play(stage) {
    stage.service('site');
    stage.group('site').tags.set('alb-target-sync', 'cluster=prod service=site port=8080');
    stage.faults = (operation) =>
      operation === 'DescribeTags' && isAfter(stage, 100) ? { kind: 'error', code: 'AccessDenied', status: 403 } : undefined;
    stage.at(5, () => stage.start('service:site'));
    stage.at(180, () => stage.start('service:site'));
  },
};

/** The address of a dead task of ours has gone to a service that nobody binds. */
const STRANGER: Act = {
  ...SITE,
  name: 'a stranger at the address',
  seconds: 290,
  play(stage) {
    stage.account.ecs.reuseAfterMs = 2_000;
    stage.group('site', { healthCheckIntervalSeconds: 60 });
    for (const name of ['site', 'other']) stage.service(name);
    stage.outage(160, 180);
    const tasks: TaskRecord[] = [];
    stage.at(5, () => tasks.push(...[1, 2].map(() => stage.start('service:site'))));
    stage.at(161, () => {
      for (const task of tasks.slice(0, 1)) stage.account.ecs.crash(task);
    });
    stage.at(163, () => stage.start('service:other', { timing: { provisioningMs: 3_000 } }));
  },
};

export const ACTS: readonly Act[] = [
  batch('one batch', { failsHalf: false }),
  batch('one batch, half of it read', { failsHalf: true }),
  goingBack('reads that go back', 99),
  goingBack('reads that go back further', 88),
  IMPOSTOR,
  BAD_ONE,
  FULL,
  OUTAGE,
  UNREADABLE,
  STRANGER,
  MOVING,
  QUESTION,
  UNSEEN,
  NAMESAKES,
  CAREFUL,
  HOLDS,
  PAUSE,
  CROWD,
  THROTTLED,
  BOTH_VPCS,
  RIVAL,
  inherited('inherited beside a neighbor', {
    by: 'another stack',
    neighbor: 'from the beginning',
    healthCheckIntervalSeconds: 30,
    outageSeconds: 20,
  }),
  inherited('inherited by the first neighbor', {
    by: 'another stack',
    neighbor: 'never',
    healthCheckIntervalSeconds: 10,
    outageSeconds: 60,
  }),
  inherited('inherited a moment ago', {
    by: 'another stack',
    neighbor: 'never',
    healthCheckIntervalSeconds: 30,
    outageSeconds: 60,
    isNew: true,
  }),
  inherited('inherited a moment ago by one that fails its checks', {
    by: 'another stack',
    neighbor: 'never',
    healthCheckIntervalSeconds: 10,
    outageSeconds: 60,
    isNew: true,
    isSick: true,
  }),
  inherited('inherited by a service that ECS attaches', {
    by: 'ECS',
    neighbor: 'never',
    healthCheckIntervalSeconds: 30,
    outageSeconds: 20,
  }),
  inherited('inherited as another neighbor comes', {
    by: 'another stack',
    neighbor: 'right after the outage',
    healthCheckIntervalSeconds: 30,
    outageSeconds: 20,
  }),
  inherited('inherited after a neighbor has gone', {
    by: 'another stack',
    neighbor: 'before the first schedule',
    healthCheckIntervalSeconds: 30,
    outageSeconds: 20,
  }),
  TAKEN,
  ANSWERED,
  unrecorded('unrecorded', {}),
  unrecorded('unrecorded, by a new environment', { isCold: true }),
  unrecorded('unrecorded, and the record unreadable', { isUnreadable: true }),
  REMOVED,
  succeeded('succeeded by a task of its service', { by: 'service:site', listLagMs: 120_000 }),
  succeeded('succeeded by a task of another line', { by: 'family:job', listLagMs: 0 }),
  GONE,
  LINGERING,
  DRAINING,
];

/** Plays one act, told a little differently by each seed. */
export function playAct(act: Act, seed: number): Promise<readonly Violation[]> {
  return new Stage(act, seed).run();
}
