import { describe, expect, it } from 'vitest';
import { planChanges } from '../../functions/core/plan.ts';
import type { Snapshot } from '../../functions/core/snapshot.ts';
import { targetOf } from '../../functions/core/target.ts';
import { type DescribedTask, definitionKey, type Task } from '../../functions/core/task.ts';
import type { ZoneForms } from '../../functions/core/zone.ts';
import {
  aDefinition,
  aGroup,
  aSnapshot,
  at,
  binding,
  clusterArn,
  ip,
  port,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
} from '../support/values.ts';

/** The plan in a few words a change: `register 10.0.0.1:8080, task is running t1`. */
function brief(snapshot: Snapshot): string[] {
  return planChanges(snapshot).map(
    ({ kind, address, because }) => `${kind} ${address}, ${because.rule} ${because.task.split('/')[2]}`,
  );
}

describe('registers', () => {
  it('a task that is listed, described and serving, with the proof', () => {
    const task = runningTask('t1', '10.0.0.1');
    const snapshot = aSnapshot({ tasks: [task] });
    expect(planChanges(snapshot)).toStrictEqual([
      {
        kind: 'register',
        address: '10.0.0.1:8080',
        descriptor: { id: '10.0.0.1', port: 8080 },
        because: {
          rule: 'task is running',
          task: task.arn,
          version: 3,
          last: 'RUNNING',
          desired: 'RUNNING',
          describedAtMs: 10_000,
          binding: 'cluster=prod service=app port=8080',
        },
        binding: snapshot.bindings[0],
        draining: false,
        sinceMs: 1_000,
        taskZone: undefined,
      },
    ]);
  });

  it('with the zone of the line', () => {
    const task = runningTask('t1', '10.0.0.1');
    const bindings = [binding('service=app port=8080 zone=all', { listed: [task] })];
    expect(planChanges(aSnapshot({ tasks: [task], bindings }))).toMatchObject([
      { descriptor: { id: '10.0.0.1', port: 8080, zone: 'all' } },
    ]);
  });

  it('with the zone that ELB has asked for there, where the line leaves it open, and says which one the task is in', () => {
    const task = runningTask('t1', '10.0.0.1', { zone: 'eu-west-1a' });
    const zones = (line: string, zoneForms?: ZoneForms): unknown =>
      planChanges(aSnapshot({ tasks: [task], bindings: [binding(line, { listed: [task] })], zoneForms })).map((change) => [
        change.descriptor.zone,
        change.kind === 'register' && change.taskZone,
      ]);
    const asked = new Map([['10.0.0', 'all' as const]]);
    expect(zones('service=app port=8080')).toEqual([[undefined, 'eu-west-1a']]);
    expect(zones('service=app port=8080', asked)).toEqual([['all', 'eu-west-1a']]);
    expect(zones('service=app port=8080 zone=task', asked)).toEqual([['eu-west-1a', 'eu-west-1a']]);
  });

  it('on the port to which the definition of each task gives the name of the line', () => {
    const tasks = [
      runningTask('old', '10.0.0.1', { definition: 'app:6' }),
      runningTask('new', '10.0.0.2', { definition: 'app:7' }),
      runningTask('unread', '10.0.0.3', { definition: 'app:8' }),
      runningTask('nameless', '10.0.0.4', { definition: 'app:9' }),
    ];
    const definitions = new Map(
      [
        ['app:6', { name: 'http', port: port(8_080) }] as const,
        ['app:7', { name: 'http', port: port(9_090) }] as const,
        ['app:9', { name: undefined, port: port(8_080) }] as const,
      ].map(([definition, mapped]) => [
        definitionKey({ cluster: clusterArn(), definition }),
        aDefinition({ ports: [{ name: 'admin', port: port(1) }, mapped] }),
      ]),
    );
    const bindings = [binding('service=app port=http', { listed: tasks })];
    expect(brief(aSnapshot({ tasks, bindings, definitions }))).toEqual([
      'register 10.0.0.1:8080, task is running old',
      'register 10.0.0.2:9090, task is running new',
    ]);
  });

  it('a task of a line with ready=healthy when its containers are healthy', () => {
    const planned = (health: DescribedTask['health'], line = 'service=app port=8080 ready=healthy'): number => {
      const task = runningTask('t1', '10.0.0.1', { health });
      return planChanges(aSnapshot({ tasks: [task], bindings: [binding(line, { listed: [task] })] })).length;
    };
    expect([planned('HEALTHY'), planned('UNHEALTHY'), planned('UNKNOWN')]).toEqual([1, 0, 0]);
    expect(planned('UNHEALTHY', 'service=app port=8080')).toBe(1);
  });

  it('the address of the family of the group', () => {
    const task = runningTask('t1', '10.0.0.1', { ipv6: ip('2001:db8::1') });
    const snapshot = aSnapshot({ tasks: [task], group: aGroup({ family: 'ipv6' }) });
    expect(planChanges(snapshot)).toMatchObject([{ address: '[2001:db8::1]:8080', descriptor: { id: '2001:db8::1' } }]);
  });

  it('a task on every port that its lines name', () => {
    const task = runningTask('t1', '10.0.0.1');
    const bindings = [
      binding('service=app port=9090', { listed: [task] }),
      binding('service=app port=8080', { listed: [task] }),
    ];
    expect(brief(aSnapshot({ tasks: [task], bindings }))).toEqual([
      'register 10.0.0.1:8080, task is running t1',
      'register 10.0.0.1:9090, task is running t1',
    ]);
  });

  it('a wanted target that still drains, and says that AWS may refuse it', () => {
    const snapshot = aSnapshot({ tasks: [runningTask('t1', '10.0.0.1')], targets: [target('10.0.0.1', 'draining')] });
    expect(planChanges(snapshot)).toMatchObject([{ kind: 'register', draining: true }]);
  });

  it('a task that stands in no list, where its service has its deployment: lists may be minutes behind', () => {
    const task = runningTask('t1', '10.0.0.1');
    const registered = (deployment: string): number =>
      planChanges(aSnapshot({ tasks: [task], bindings: [binding('service=app port=8080', { deployments: [deployment] })] }))
        .length;
    expect([registered(task.startedBy), registered('ecs-svc/2')]).toEqual([1, 0]);
  });

  it('a task of the family, listed or not: a family says itself what it selects', () => {
    const task = runningTask('t1', '10.0.0.1', { group: 'family:nightly', definition: 'nightly:3' });
    expect(brief(aSnapshot({ tasks: [task], bindings: [binding('family=nightly port=8080')] }))).toEqual([
      'register 10.0.0.1:8080, task is running t1',
    ]);
  });

  it.each(['initial', 'healthy', 'unhealthy', 'unhealthy.draining', 'unused', 'unavailable'])(
    'nothing that is registered already, at any health: %s',
    (state) => {
      const snapshot = aSnapshot({ tasks: [runningTask('t1', '10.0.0.1')], targets: [target('10.0.0.1', state)] });
      expect(brief(snapshot)).toEqual([]);
    },
  );
});

describe('does not register', () => {
  const task = runningTask('t1', '10.0.0.1');

  it.each([
    { what: 'a task that starts', words: { last: 'ACTIVATING' as const } },
    { what: 'a task whose orders are unknown', words: { desired: 'UNKNOWN' as const } },
    { what: 'a task told to stop', words: { desired: 'STOPPED' as const } },
    { what: 'a task whose interface is not attached', words: { interface: 'ATTACHING' as const } },
    { what: 'a task without address', words: { ipv4: undefined } },
    { what: 'a task of somebody else', words: { group: 'service:api' } },
  ])('$what', ({ words }) => {
    const other = runningTask('t1', '10.0.0.1', words);
    const bindings = [binding('service=app port=8080', { listed: [other] })];
    expect(brief(aSnapshot({ tasks: [other], bindings }))).toEqual([]);
  });

  it('a task that only claims to be of the service: it is not in the list of its own', () => {
    expect(brief(aSnapshot({ tasks: [task], bindings: [binding('service=app port=8080')] }))).toEqual([]);
  });

  it('a task that stands in the list of another binding only', () => {
    const bindings = [binding('service=app port=8080'), binding('service=api port=8080', { listed: [task] })];
    expect(brief(aSnapshot({ tasks: [task], bindings }))).toEqual([]);
  });

  it('a task known from cache alone', () => {
    expect(brief(aSnapshot({ tasks: [task], described: [] }))).toEqual([]);
  });

  it('a task on hold', () => {
    expect(brief(aSnapshot({ tasks: [{ ...task, isHeld: true }] }))).toEqual([]);
  });

  it('a task that is to leave the group', () => {
    const bindings = [binding('service=app port=8080 mode=drain', { listed: [task] })];
    expect(brief(aSnapshot({ tasks: [task], bindings }))).toEqual([]);
  });
});

describe('deregisters', () => {
  it('a task told to stop, by exactly the id, port and zone under which ELB knows it', () => {
    const task = stoppingTask('t1', '2001:db8::1');
    const descriptor = { id: '2001:DB8:0::1', port: target('10.0.0.1').descriptor.port, zone: 'eu-west-1a' };
    const snapshot = aSnapshot({
      tasks: [task],
      group: aGroup({ family: 'ipv6' }),
      targets: [targetOf(descriptor, 'healthy', undefined)],
    });
    const [change] = planChanges(snapshot);
    expect(change).toStrictEqual({
      kind: 'deregister',
      address: '[2001:db8::1]:8080',
      descriptor,
      because: {
        rule: 'task is stopping',
        task: task.arn,
        version: 5,
        last: 'DEACTIVATING',
        desired: 'STOPPED',
        describedAtMs: 10_000,
        binding: 'cluster=prod service=app port=8080',
      },
      binding: snapshot.bindings[0],
      state: 'healthy',
      sinceMs: undefined,
      endedAtMs: undefined,
    });
    expect(change?.descriptor).toBe(descriptor);
  });

  it.each([
    { last: 'RUNNING' as const, rule: 'task is stopping' },
    { last: 'STOPPING' as const, rule: 'task is stopping' },
    { last: 'DEPROVISIONING' as const, rule: 'task has stopped' },
    { last: 'STOPPED' as const, rule: 'task has stopped' },
    { last: 'UNKNOWN' as const, rule: 'task has stopped' },
  ])('at $last, because the $rule', ({ last, rule }) => {
    const tasks = [stoppingTask('t1', '10.0.0.1', { last })];
    expect(planChanges(aSnapshot({ tasks, targets: [target('10.0.0.1')] }))).toMatchObject([{ because: { rule } }]);
  });

  it('and says since when it was to leave, and when its containers ended', () => {
    const times = (words: Partial<Task>): unknown =>
      planChanges(aSnapshot({ tasks: [stoppedTask('t1', '10.0.0.1', words)], targets: [target('10.0.0.1', 'unused')] }))[0];
    expect(times({ stoppingAtMs: 5, stoppedAtMs: 7 })).toMatchObject({ sinceMs: 5, endedAtMs: 7, state: 'unused' });
    expect(times({ stoppedAtMs: 7 })).toMatchObject({ sinceMs: 7, endedAtMs: 7 });
  });

  it('the tasks of a binding that drains, running or not', () => {
    const tasks = [
      runningTask('t1', '10.0.0.1'),
      runningTask('t2', '10.0.0.2', { last: 'PENDING' }),
      stoppedTask('t3', '10.0.0.3'),
    ];
    const bindings = [binding('service=app port=8080 mode=drain')];
    const targets = [target('10.0.0.1'), target('10.0.0.2'), target('10.0.0.3')];
    const snapshot = aSnapshot({ tasks, bindings, targets });
    expect(brief(snapshot)).toEqual([
      'deregister 10.0.0.1:8080, binding drains t1',
      'deregister 10.0.0.2:8080, binding drains t2',
      'deregister 10.0.0.3:8080, task has stopped t3',
    ]);
    expect(planChanges(snapshot)[0]?.because.binding).toBe('cluster=prod service=app port=8080 mode=drain');
  });

  it('a task on hold, running or not, unless another task of ours has its address', () => {
    const held = runningTask('held', '10.0.0.1', { isHeld: true });
    const targets = [target('10.0.0.1')];
    expect(brief(aSnapshot({ tasks: [held], targets }))).toEqual(['deregister 10.0.0.1:8080, task is on hold held']);
    expect(brief(aSnapshot({ tasks: [{ ...held, last: 'PENDING' }], targets }))).toEqual([
      'deregister 10.0.0.1:8080, task is on hold held',
    ]);
    expect(brief(aSnapshot({ tasks: [held, runningTask('heir', '10.0.0.1')], targets }))).toEqual([]);
    expect(brief(aSnapshot({ tasks: [held], targets, described: [] }))).toEqual([]);
  });

  it('a task on hold by its end where it stops, and by its line where that drains', () => {
    const targets = [target('10.0.0.1')];
    const stopping = stoppingTask('t1', '10.0.0.1', { isHeld: true });
    expect(brief(aSnapshot({ tasks: [stopping], targets }))).toEqual(['deregister 10.0.0.1:8080, task is stopping t1']);
    const held = runningTask('t1', '10.0.0.1', { isHeld: true });
    const bindings = [binding('service=app port=8080 mode=drain', { listed: [held] })];
    expect(brief(aSnapshot({ tasks: [held], bindings, targets }))).toEqual(['deregister 10.0.0.1:8080, binding drains t1']);
  });

  it('by the old port of a line that drains, and keeps the new one', () => {
    const task = runningTask('t1', '10.0.0.1');
    const bindings = [
      binding('service=app port=8080 mode=drain', { listed: [task] }),
      binding('service=app port=9090', { listed: [task] }),
    ];
    const targets = [target('10.0.0.1'), target('10.0.0.1', 'healthy', { port: 9090 })];
    expect(brief(aSnapshot({ tasks: [task], bindings, targets }))).toEqual(['deregister 10.0.0.1:8080, binding drains t1']);
  });

  it('the dead task of ours at an address where somebody else lives: that is the reason to hurry', () => {
    const tasks = [stoppedTask('dead', '10.0.0.1'), runningTask('other', '10.0.0.1', { group: 'service:api' })];
    expect(brief(aSnapshot({ tasks, targets: [target('10.0.0.1')] }))).toEqual([
      'deregister 10.0.0.1:8080, task has stopped dead',
    ]);
  });
});

describe('leaves a target alone', () => {
  it('that somebody else registered', () => {
    const snapshot = aSnapshot({ tasks: [stoppedTask('t1', '10.0.0.1')], targets: [target('10.0.0.9')] });
    expect(brief(snapshot)).toEqual([]);
  });

  it('that a task of ours has on a port that no line names', () => {
    const targets = [target('10.0.0.1', 'healthy', { port: 9090 })];
    expect(brief(aSnapshot({ tasks: [stoppedTask('t1', '10.0.0.1')], targets }))).toEqual([]);
  });

  it('whose task is only absent: not listed, not described, or not known', () => {
    const targets = [target('10.0.0.1')];
    const bindings = [binding('service=app port=8080')];
    expect(brief(aSnapshot({ tasks: [runningTask('t1', '10.0.0.1')], bindings, targets }))).toEqual([]);
    expect(brief(aSnapshot({ tasks: [runningTask('t1', '10.0.0.1')], bindings, targets, described: [] }))).toEqual([]);
    expect(brief(aSnapshot({ bindings, targets }))).toEqual([]);
  });

  it('whose task is known stopped from cache alone', () => {
    const snapshot = aSnapshot({ tasks: [stoppingTask('t1', '10.0.0.1')], targets: [target('10.0.0.1')], described: [] });
    expect(brief(snapshot)).toEqual([]);
  });

  it('whose draining line was written for a task that this pass has not described', () => {
    const bindings = [binding('service=app port=8080 mode=drain')];
    const tasks = [runningTask('t1', '10.0.0.1')];
    expect(brief(aSnapshot({ tasks, bindings, targets: [target('10.0.0.1')], described: [] }))).toEqual([]);
  });

  it('that drains already', () => {
    const snapshot = aSnapshot({ tasks: [stoppingTask('t1', '10.0.0.1')], targets: [target('10.0.0.1', 'draining')] });
    expect(brief(snapshot)).toEqual([]);
  });

  it.each(['unhealthy', 'unhealthy.draining', 'unused', 'unavailable', 'initial'])(
    'whatever its health, while its task is wanted: %s',
    (state) => {
      const tasks = [runningTask('t1', '10.0.0.1')];
      expect(brief(aSnapshot({ tasks, targets: [target('10.0.0.1', state)] }))).toEqual([]);
    },
  );

  it.each(['UNHEALTHY', 'UNKNOWN'] as const)('that ready=healthy would not let in any more: %s', (health) => {
    const task = runningTask('t1', '10.0.0.1', { health });
    const bindings = [binding('service=app port=8080 ready=healthy', { listed: [task] })];
    expect(brief(aSnapshot({ tasks: [task], bindings, targets: [target('10.0.0.1')] }))).toEqual([]);
  });

  it.each([
    { of: 'serves', heir: runningTask('heir', '10.0.0.1') },
    { of: 'only starts', heir: runningTask('heir', '10.0.0.1', { last: 'PENDING' }) },
    { of: 'has unknown orders', heir: runningTask('heir', '10.0.0.1', { desired: 'UNKNOWN' }) },
  ])('where a dead task was and a wanted one $of, in either order of reading', ({ heir }) => {
    for (const dead of [stoppedTask('dead', '10.0.0.1'), stoppingTask('dead', '10.0.0.1')]) {
      for (const tasks of [
        [dead, heir],
        [heir, dead],
      ]) {
        const snapshot = aSnapshot({ tasks, targets: [target('10.0.0.1')], described: [dead] });
        expect(brief(snapshot)).toEqual([]);
      }
    }
  });

  it('that one line wants and another one drains', () => {
    const task = runningTask('t1', '10.0.0.1');
    const dead = stoppedTask('t2', '10.0.0.1', { group: 'service:api' });
    const bindings = [binding('service=api port=8080 mode=drain'), binding('service=app port=8080', { listed: [task] })];
    expect(brief(aSnapshot({ tasks: [task, dead], bindings, targets: [target('10.0.0.1')] }))).toEqual([]);
  });
});

describe('of several owners of one address', () => {
  const targets = [target('10.0.0.1')];

  it.each([
    { started: 'has started later', startedAtMs: 2_000 },
    { started: 'has started first', startedAtMs: 500 },
    { started: 'is told to stop before it has started', startedAtMs: undefined },
  ])('the proof that needs the least care counts, where its task $started', ({ startedAtMs }) => {
    const old = stoppedTask('old', '10.0.0.1', { version: 99, startedAtMs: 1_000 });
    const tasks = [old, stoppingTask('new', '10.0.0.1', { version: 1, startedAtMs })];
    for (const each of [tasks, tasks.toReversed()]) {
      expect(brief(aSnapshot({ tasks: each, targets }))).toEqual(['deregister 10.0.0.1:8080, task is stopping new']);
    }
  });

  it('of two alike the one that started last counts: an earlier owner may have been dealt with a moment ago', () => {
    const early = stoppedTask('early', '10.0.0.1', { startedAtMs: 1_000, version: 9 });
    const last = stoppedTask('last', '10.0.0.1', { startedAtMs: 2_000, version: 7 });
    const unknown = stoppedTask('unknown', '10.0.0.1', { startedAtMs: undefined, version: 9 });
    for (const tasks of [
      [early, last, unknown],
      [last, unknown, early],
      [unknown, early, last],
    ]) {
      expect(brief(aSnapshot({ tasks, targets }))).toEqual(['deregister 10.0.0.1:8080, task has stopped last']);
    }
  });

  it('the one of a binding that may write counts before one that may not, though it needs more care', () => {
    const watched = stoppingTask('watched', '10.0.0.1', { group: 'service:api' });
    const ours = stoppedTask('ours', '10.0.0.1');
    const writing = binding('service=app port=8080');
    for (const silent of [binding('service=api port=8080 mode=observe'), binding('service=api port=8080', { native: true })]) {
      for (const bindings of [
        [silent, writing],
        [writing, silent],
      ]) {
        const snapshot = aSnapshot({ tasks: [watched, ours], bindings, targets });
        expect(brief(snapshot)).toEqual(['deregister 10.0.0.1:8080, task has stopped ours']);
        expect(planChanges(snapshot)[0]?.binding).toBe(writing);
      }
    }
  });

  it('one that this pass has described counts before one that it has not', () => {
    const tasks = [stoppingTask('seen', '10.0.0.1'), stoppingTask('unseen', '10.0.0.1', { version: 99 })];
    expect(brief(aSnapshot({ tasks, targets, described: tasks.slice(0, 1) }))).toEqual([
      'deregister 10.0.0.1:8080, task is stopping seen',
    ]);
  });
});

describe('of two tasks alike, which ECS never gives,', () => {
  it('the first by its ARN is registered', () => {
    const tasks = [runningTask('b', '10.0.0.1'), runningTask('a', '10.0.0.1')];
    expect(brief(aSnapshot({ tasks }))).toEqual(['register 10.0.0.1:8080, task is running a']);
    expect(brief(aSnapshot({ tasks: tasks.toReversed() }))).toEqual(['register 10.0.0.1:8080, task is running a']);
  });

  it('the first by its ARN proves the removal', () => {
    const tasks = [stoppedTask('b', '10.0.0.1'), stoppedTask('a', '10.0.0.1')];
    const targets = [target('10.0.0.1')];
    expect(brief(aSnapshot({ tasks, targets }))).toEqual(['deregister 10.0.0.1:8080, task has stopped a']);
    expect(brief(aSnapshot({ tasks: tasks.toReversed(), targets }))).toEqual(['deregister 10.0.0.1:8080, task has stopped a']);
  });
});

describe('of two lines that register one address', () => {
  const app = runningTask('app', '10.0.0.1');
  const api = runningTask('api', '10.0.0.1', { group: 'service:api' });

  function chosen(...lines: readonly string[]): (string | undefined)[] {
    const bindings = lines.map((line) => binding(line, { listed: [line.includes('api') ? api : app] }));
    return [bindings, bindings.toReversed()].map((each) => brief(aSnapshot({ tasks: [app, api], bindings: each })).join());
  }

  it('the first by its text counts, whatever the order', () => {
    const first = 'register 10.0.0.1:8080, task is running api';
    expect(chosen('service=app port=8080', 'service=api port=8080')).toEqual([first, first]);
  });

  it('the one that may write counts before one that may not', () => {
    const writing = 'register 10.0.0.1:8080, task is running app';
    expect(chosen('service=app port=8080', 'service=api port=8080 mode=observe')).toEqual([writing, writing]);
    const other = 'register 10.0.0.1:8080, task is running api';
    expect(chosen('service=app port=8080 mode=observe', 'service=api port=8080')).toEqual([other, other]);
  });

  it('the one that may write counts before one that ECS keeps', () => {
    const bindings = [
      binding('service=api port=8080', { listed: [api], native: true }),
      binding('service=app port=8080', { listed: [app] }),
    ];
    const expected = ['register 10.0.0.1:8080, task is running app'];
    expect(brief(aSnapshot({ tasks: [app, api], bindings }))).toEqual(expected);
    expect(brief(aSnapshot({ tasks: [app, api], bindings: bindings.toReversed() }))).toEqual(expected);
  });
});

describe('the plan', () => {
  it('is in the order of addresses, registrations and removals mixed', () => {
    const tasks = [runningTask('c', '10.0.0.3'), stoppingTask('b', '10.0.0.2'), runningTask('a', '10.0.0.1')];
    expect(planChanges(aSnapshot({ tasks, targets: [target('10.0.0.2')] })).map(({ address }) => address)).toEqual([
      at('10.0.0.1'),
      at('10.0.0.2'),
      at('10.0.0.3'),
    ]);
  });

  it('is empty for nothing', () => {
    expect(planChanges(aSnapshot({ bindings: [] }))).toEqual([]);
    expect(planChanges(aSnapshot({}))).toEqual([]);
  });
});
