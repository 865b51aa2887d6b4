import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  doubtfulOwners,
  hintsBehind,
  isAhead,
  isMember,
  isReady,
  membersOf,
  registeredAddresses,
  type Snapshot,
  tasksToDescribe,
  unexplainedAddresses,
  wantedAddresses,
} from '../../functions/core/snapshot.ts';
import { definitionKey, parseHealthStatus, type Task } from '../../functions/core/task.ts';
import { holds, reordered, world } from '../support/arbitraries.ts';
import {
  aDefinition,
  aGroup,
  aHint,
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
  taskArn,
} from '../support/values.ts';

const RUNNING = runningTask('running', '10.0.0.1');
const STOPPING = stoppingTask('stopping', '10.0.0.2');
const STOPPED = stoppedTask('stopped', '10.0.0.3');
const PENDING = runningTask('pending', '10.0.0.4', { last: 'ACTIVATING' });

function addressesOf(snapshot: Snapshot): string[] {
  return membersOf(snapshot).map(({ task, address }) => `${task.arn.split('/')[2]} ${address}`);
}

describe('the members of a group', () => {
  it('are the tasks of its bindings, each with the address that it would have there', () => {
    const other = runningTask('other', '10.0.0.9', { group: 'service:api' });
    const elsewhere = runningTask('elsewhere', '10.0.0.8', { cluster: clusterArn('staging') });
    const snapshot = aSnapshot({ tasks: [RUNNING, STOPPED, other, elsewhere] });
    expect(addressesOf(snapshot)).toEqual(['running 10.0.0.1:8080', 'stopped 10.0.0.3:8080']);
    expect(membersOf(snapshot)[0]).toEqual({
      binding: snapshot.bindings[0],
      task: RUNNING,
      ip: ip('10.0.0.1'),
      port: 8080,
      address: at('10.0.0.1'),
      isHeld: false,
    });
  });

  it('leave out a task that this environment knew stopped eight seconds before a pass saw its address unregistered', () => {
    const MS = 1_000_000;
    const isKept = (absentAtMs?: number, knownMs?: number, words: Partial<Task> = {}): boolean => {
      const task = stoppedTask('stopped', '10.0.0.3', words);
      const absentAt = new Map(absentAtMs === undefined ? [] : [[at('10.0.0.3'), absentAtMs] as const]);
      const knownStoppedAt = new Map(knownMs === undefined ? [] : [[task.arn, knownMs] as const]);
      const times = { absentAtMs: absentAt, knownStoppedAtMs: knownStoppedAt };
      return addressesOf({ ...aSnapshot({ tasks: [task] }), ...times }).length === 1;
    };
    expect([isKept(undefined, MS), isKept(MS + 7_999, MS), isKept(MS + 8_000, MS)]).toEqual([true, true, false]);
    // What is not known to have stopped keeps the address, whatever time ECS gives, and so does what still holds its interface.
    expect(isKept(MS + 8_000, undefined, { stoppedAtMs: 0 })).toBe(true);
    expect(isKept(MS + 8_000, MS, { last: 'STOPPING' })).toBe(true);
    const absentAtMs = new Map([[at('10.0.0.3'), MS]]);
    expect(addressesOf({ ...aSnapshot({ tasks: [STOPPED] }), absentAtMs })).toHaveLength(1);
  });

  it('know which of them are on hold', () => {
    const isHeld = (tasks: readonly (typeof RUNNING)[]): boolean[] =>
      membersOf(aSnapshot({ tasks })).map((each) => each.isHeld);
    expect(isHeld([RUNNING, { ...STOPPED, isHeld: true }])).toEqual([false, true]);
    const { held: _, ...unread } = aSnapshot({ tasks: [{ ...RUNNING, isHeld: true }] });
    expect(membersOf(unread).map((each) => each.isHeld)).toEqual([false]);
  });

  it('are at the port that their definition gives the name of the line, and are none where it is not known', () => {
    const bindings = [binding('service=app port=http')];
    const definitions = (definition: string, cluster = clusterArn()): Snapshot['definitions'] =>
      new Map([[definitionKey({ cluster, definition }), aDefinition({ ports: [{ name: 'http', port: port(81) }] })]]);
    const at81 = ['running 10.0.0.1:81'];
    expect(addressesOf(aSnapshot({ tasks: [RUNNING], bindings, definitions: definitions('app:7') }))).toEqual(at81);
    expect(addressesOf(aSnapshot({ tasks: [RUNNING], bindings, definitions: definitions('app:8') }))).toEqual([]);
    // Another account has a definition of this name, too.
    const elsewhere = definitions('app:7', clusterArn('x', { account: '444455556666' }));
    expect(addressesOf(aSnapshot({ tasks: [RUNNING], bindings, definitions: elsewhere }))).toEqual([]);
    expect(addressesOf(aSnapshot({ tasks: [RUNNING], bindings }))).toEqual([]);
    const admin = [binding('service=app port=admin')];
    expect(addressesOf(aSnapshot({ tasks: [RUNNING], bindings: admin, definitions: definitions('app:7') }))).toEqual([]);
  });

  it('count once per binding that means them', () => {
    const bindings = [binding('service=app port=8080'), binding('service=app port=9090 mode=drain')];
    expect(addressesOf(aSnapshot({ tasks: [RUNNING], bindings }))).toEqual(['running 10.0.0.1:8080', 'running 10.0.0.1:9090']);
  });

  it('have an address of the family of the group, or are none', () => {
    const dual = runningTask('dual', '10.0.0.5', { ipv6: ip('2001:db8::5') });
    const only4 = runningTask('only4', '10.0.0.6');
    const only6 = runningTask('only6', '2001:db8::7');
    const tasks = [dual, only4, only6];
    expect(addressesOf(aSnapshot({ tasks }))).toEqual(['dual 10.0.0.5:8080', 'only4 10.0.0.6:8080']);
    expect(addressesOf(aSnapshot({ tasks, group: aGroup({ family: 'ipv6' }) }))).toEqual([
      'dual [2001:db8::5]:8080',
      'only6 [2001:db8::7]:8080',
    ]);
  });
});

describe('a task is proved to be one of a binding', () => {
  const STARTED = runningTask('started', '10.0.0.1', { startedBy: 'ecs-svc/2' });

  it('by its list, or by a deployment that the service has', () => {
    expect(isMember(binding('service=app port=80', { listed: [STARTED] }), STARTED)).toBe(true);
    expect(isMember(binding('service=app port=80', { deployments: ['ecs-svc/1', 'ecs-svc/2'] }), STARTED)).toBe(true);
  });

  it('not by its group, which whoever runs a task may write', () => {
    expect(isMember(binding('service=app port=80', { listed: [RUNNING], deployments: ['ecs-svc/1'] }), STARTED)).toBe(false);
  });

  it('by its definition where the binding is one of a family, which says itself what it selects', () => {
    expect(isMember(binding('family=app port=80'), STARTED)).toBe(true);
  });
});

describe('an address is wanted', () => {
  it.each([
    { of: 'a task that runs', task: RUNNING, isWanted: true },
    { of: 'a task that has not started', task: PENDING, isWanted: true },
    { of: 'a task whose orders are unknown', task: runningTask('u', '10.0.0.1', { desired: 'UNKNOWN' }), isWanted: true },
    { of: 'a task told to stop', task: STOPPING, isWanted: false },
    { of: 'a task that has stopped', task: STOPPED, isWanted: false },
  ])('by $of: $isWanted', ({ task, isWanted }) => {
    expect(wantedAddresses(membersOf(aSnapshot({ tasks: [task] }))).size).toBe(isWanted ? 1 : 0);
  });

  it('not by a task on hold', () => {
    expect(wantedAddresses(membersOf(aSnapshot({ tasks: [{ ...RUNNING, isHeld: true }] })))).toEqual(new Set());
  });

  it('not by a binding that drains', () => {
    const drain = binding('service=app port=8080 mode=drain');
    expect(wantedAddresses(membersOf(aSnapshot({ tasks: [RUNNING], bindings: [drain] })))).toEqual(new Set());
  });

  it('by an observing binding as well: what it wants is not removed for another one', () => {
    const observe = binding('service=app port=8080 mode=observe');
    const members = membersOf(aSnapshot({ tasks: [RUNNING], bindings: [observe] }));
    expect(wantedAddresses(members)).toEqual(new Set([at('10.0.0.1')]));
  });
});

describe('a member is ready', () => {
  const ready = (words: Partial<typeof RUNNING>, line = 'service=app port=8080'): boolean[] =>
    membersOf(aSnapshot({ tasks: [{ ...RUNNING, ...words }], bindings: [binding(line)] })).map(isReady);

  it('when it serves and is not on hold, whatever its health', () => {
    expect(['UNKNOWN', 'UNHEALTHY', 'HEALTHY'].map((health) => ready({ health: parseHealthStatus(health) }))).toEqual([
      [true],
      [true],
      [true],
    ]);
    expect([ready({ isHeld: true }), ready({ last: 'PENDING' }), ready({ interface: 'DETACHED' })]).toEqual([
      [false],
      [false],
      [false],
    ]);
  });

  it('with ready=healthy only when its containers are healthy, too', () => {
    const line = 'service=app port=8080 ready=healthy';
    expect([ready({ health: 'HEALTHY' }, line), ready({ health: 'UNHEALTHY' }, line), ready({}, line)]).toEqual([
      [true],
      [false],
      [false],
    ]);
    expect(ready({ health: 'HEALTHY', isHeld: true }, line)).toEqual([false]);
  });
});

describe('the registered addresses', () => {
  it('are all but those that drain', () => {
    const targets = [target('10.0.0.1'), target('10.0.0.2', 'draining'), target('10.0.0.3', 'unhealthy.draining')];
    expect(registeredAddresses(targets)).toEqual(new Set([at('10.0.0.1'), at('10.0.0.3')]));
  });
});

function known(snapshot: Snapshot): string[] {
  const { known, hinted } = tasksToDescribe(snapshot, []);
  expect(hinted).toEqual([]);
  return known.map(({ arn }) => arn.slice(arn.lastIndexOf('/') + 1));
}

describe('a listed task is asked about', () => {
  const ask = (task: Task, words: { readonly registered?: boolean } = {}): string[] =>
    known(
      aSnapshot({
        tasks: [task],
        bindings: [binding('service=app port=8080', { listed: [task] })],
        targets: words.registered === false ? [] : [target('10.0.0.1')],
      }),
    );

  it('while nobody knows it', () => {
    const bindings = [binding('service=app port=8080', { listed: [RUNNING] })];
    expect(known(aSnapshot({ bindings }))).toEqual(['running']);
  });

  it.each([
    { why: 'it may have started', words: { last: 'ACTIVATING' as const } },
    { why: 'its interface may be attached by now', words: { interface: 'ATTACHING' as const } },
    { why: 'its address may be known by now', words: { ipv4: undefined } },
    { why: 'it may have been told to stop, which the list does not show yet', words: { desired: 'STOPPED' as const } },
  ])('while $why', ({ words }) => {
    expect(ask(runningTask('t1', '10.0.0.1', words))).toEqual(['t1']);
  });

  it('when it is about to be registered', () => {
    expect(ask(runningTask('t1', '10.0.0.1'), { registered: false })).toEqual(['t1']);
  });

  it('when it is on hold and not registered: its tag may be gone', () => {
    expect(ask(runningTask('t1', '10.0.0.1', { isHeld: true }), { registered: false })).toEqual(['t1']);
  });

  it('when it is on hold and registered: it is to leave', () => {
    expect(ask(runningTask('t1', '10.0.0.1', { isHeld: true }))).toEqual(['t1']);
  });

  it('when it waits for its health', () => {
    const bindings = [binding('service=app port=8080 ready=healthy', { listed: [RUNNING] })];
    expect(known(aSnapshot({ tasks: [RUNNING], bindings }))).toEqual(['running']);
    expect(known(aSnapshot({ tasks: [RUNNING], bindings, targets: [target('10.0.0.1')] }))).toEqual([]);
  });

  it('no more, once it is known to serve and registered', () => {
    expect(ask(runningTask('t1', '10.0.0.1'))).toEqual([]);
  });

  it('no more, once it is known to serve with an address of the other family only', () => {
    expect(ask(runningTask('t1', '2001:db8::1'), { registered: false })).toEqual([]);
  });
});

describe('a known task is asked about', () => {
  const registered = (task: Task): readonly string[] =>
    known(aSnapshot({ tasks: [task], targets: [target(String(task.ipv4))] }));
  const unregistered = (task: Task): readonly string[] => known(aSnapshot({ tasks: [task] }));

  it('when it is to stop, and its address is registered', () => {
    expect(registered(STOPPING)).toEqual(['stopping']);
    expect(registered(STOPPED)).toEqual(['stopped']);
  });

  it('no more when its address has left the group', () => {
    expect(unregistered(STOPPING)).toEqual([]);
    expect(unregistered(STOPPED)).toEqual([]);
    expect(known(aSnapshot({ tasks: [STOPPED], targets: [target('10.0.0.3', 'draining')] }))).toEqual([]);
  });

  it('no more when a task that is wanted has its address', () => {
    const heir = runningTask('heir', '10.0.0.3');
    expect(known(aSnapshot({ tasks: [STOPPED, heir], targets: [target('10.0.0.3')] }))).toEqual([]);
  });

  it('when it is to leave the group, and its address is registered', () => {
    const bindings = [binding('service=app port=8080 mode=drain', { listed: [RUNNING] })];
    expect(known(aSnapshot({ tasks: [RUNNING], bindings, targets: [target('10.0.0.1')] }))).toEqual(['running']);
    expect(known(aSnapshot({ tasks: [RUNNING], bindings }))).toEqual([]);
  });

  it.each(['read', 'gone'] as const)('when it is live and no longer listed (%s)', (list) => {
    const bindings = [binding('service=app port=8080', { list })];
    expect(known(aSnapshot({ tasks: [RUNNING], bindings, targets: [target('10.0.0.1')] }))).toEqual(['running']);
    expect(known(aSnapshot({ tasks: [STOPPED], bindings }))).toEqual([]);
  });

  it('when the one list that means it lacks it, whatever the others say', () => {
    const bindings = [
      binding('service=api port=8080'),
      binding('service=app port=8080'),
      binding('family=x port=1', { list: 'failed' }),
    ];
    expect(known(aSnapshot({ tasks: [RUNNING], bindings }))).toEqual(['running']);
  });

  it('not for being absent from a list that could not be read', () => {
    const bindings = [binding('service=app port=8080', { list: 'failed' })];
    expect(known(aSnapshot({ tasks: [RUNNING], bindings, targets: [target('10.0.0.1')] }))).toEqual([]);
    expect(known(aSnapshot({ tasks: [RUNNING], bindings }))).toEqual([]);
  });

  it('not for being absent from the list of somebody else', () => {
    const other = runningTask('other', '10.0.0.9', { group: 'service:api' });
    expect(unregistered(other)).toEqual([]);
  });
});

describe('of the tasks that an earlier pass saw live, one is doubted', () => {
  const HEIR = runningTask('heir', '10.0.0.2');
  const PLACE = { tasks: [STOPPING, HEIR], described: [STOPPING], targets: [target('10.0.0.2')] };
  const doubted = (words: Parameters<typeof aSnapshot>[0]): string[] =>
    doubtfulOwners(aSnapshot({ ...PLACE, ...words })).map(({ arn }) => arn);

  it('whose registered address this pass has read to be that of one that stops: it is asked about', () => {
    expect(doubted({})).toEqual([HEIR.arn]);
    expect(known(aSnapshot(PLACE))).toEqual(['heir']);
  });

  it.each([
    ['this pass has read it as well', { described: [STOPPING, HEIR] }],
    ['this pass has not read the other one', { described: [] }],
    ['the other one does not stop', { tasks: [runningTask('stopping', '10.0.0.2'), HEIR] }],
    ['the other one stops elsewhere', { tasks: [stoppingTask('stopping', '10.0.0.3'), HEIR] }],
    ['the address is not registered', { targets: [] }],
    ['it is on hold, and keeps no target in the group', { tasks: [STOPPING, { ...HEIR, isHeld: true }] }],
  ])('not where %s', (_, words) => {
    expect(doubted(words)).toEqual([]);
  });
});

describe('the tasks to describe', () => {
  it('come with their clusters, each once, in the order of their ARNs', () => {
    const tasks = ['b', 'c', 'a'].map((id) => runningTask(id, '10.0.0.1', { last: 'PENDING' }));
    const cluster = clusterArn();
    expect(tasksToDescribe(aSnapshot({ tasks }), []).known).toEqual([
      { arn: taskArn('a'), cluster },
      { arn: taskArn('b'), cluster },
      { arn: taskArn('c'), cluster },
    ]);
  });

  it('are none in a quiet pass, which then costs two calls', () => {
    const tasks = [RUNNING, STOPPED];
    const quiet = aSnapshot({ tasks, targets: [target('10.0.0.1')] });
    expect(tasksToDescribe(quiet, [aHint(RUNNING.arn, RUNNING.version)])).toEqual({ known: [], hinted: [] });
  });

  it('include a hinted version that was not read yet, apart where nothing else is known of the task', () => {
    const quiet = aSnapshot({ tasks: [RUNNING, STOPPED], targets: [target('10.0.0.1')] });
    const hints = [aHint(RUNNING.arn, 4), aHint(STOPPED.arn, 99), aHint(taskArn('new'), 0), aHint(taskArn('new'), 1)];
    const cluster = clusterArn();
    expect(tasksToDescribe(quiet, hints)).toEqual({
      known: [{ arn: RUNNING.arn, cluster }],
      hinted: [{ arn: taskArn('new'), cluster }],
    });
  });

  it('include a task whose tags have changed, known or not, stopped or not, whatever its version', () => {
    const quiet = aSnapshot({ tasks: [RUNNING, STOPPED], targets: [target('10.0.0.1')] });
    const hints = [RUNNING.arn, STOPPED.arn, taskArn('new')].map((arn) => aHint(arn, 0, { isTagged: true }));
    const cluster = clusterArn();
    expect(tasksToDescribe(quiet, hints)).toEqual({
      known: [
        { arn: RUNNING.arn, cluster },
        { arn: STOPPED.arn, cluster },
      ],
      hinted: [{ arn: taskArn('new'), cluster }],
    });
  });

  it('name a hinted task once where it is asked about anyway', () => {
    const bindings = [binding('service=app port=8080', { listed: [RUNNING] })];
    expect(tasksToDescribe(aSnapshot({ bindings }), [aHint(RUNNING.arn, 9)])).toEqual({
      known: [{ arn: RUNNING.arn, cluster: clusterArn() }],
      hinted: [],
    });
  });

  it('do not depend on the order in which anything was read', () => {
    const both = world.chain((snapshot) => fc.tuple(fc.constant(snapshot), reordered(snapshot)));
    holds(
      fc.property(both, ([one, other]) => {
        expect(tasksToDescribe(other, [])).toEqual(tasksToDescribe(one, []));
      }),
    );
  });
});

describe('a hint is ahead', () => {
  it.each([
    { of: 'a task that was never read', task: undefined, version: 0, ahead: true },
    { of: 'an older reading', task: RUNNING, version: 4, ahead: true },
    { of: 'a reading of its version', task: RUNNING, version: 3, ahead: false },
    { of: 'a newer reading', task: RUNNING, version: 2, ahead: false },
    { of: 'a task read as stopped, at any version', task: STOPPED, version: 99, ahead: false },
  ])('of $of: $ahead', ({ task, version, ahead }) => {
    expect(isAhead(aHint(taskArn('t1'), version), task)).toBe(ahead);
  });
});

describe('reads are behind a hint', () => {
  const behind = (snapshot: Snapshot, task: Task, version: number): number =>
    hintsBehind(snapshot, [aHint(task.arn, version)]).length;

  it('whose version ECS did not tell', () => {
    const hints = [aHint(RUNNING.arn, 4), aHint(RUNNING.arn, 3)];
    expect(hintsBehind(aSnapshot({ tasks: [RUNNING] }), hints)).toEqual([hints[0]]);
  });

  it('not one whose task its service has the deployment of, listed or not', () => {
    const deployed = (deployment: string): number =>
      behind(
        aSnapshot({ tasks: [RUNNING], bindings: [binding('service=app port=8080', { deployments: [deployment] })] }),
        RUNNING,
        0,
      );
    expect([deployed(RUNNING.startedBy), deployed('ecs-svc/2')]).toEqual([0, 1]);
  });

  it('whose task serves and is not listed yet', () => {
    const bindings = [binding('service=app port=8080')];
    expect(behind(aSnapshot({ tasks: [RUNNING], bindings }), RUNNING, 0)).toBe(1);
    expect(behind(aSnapshot({ tasks: [PENDING], bindings }), PENDING, 0)).toBe(0);
    expect(behind(aSnapshot({ tasks: [RUNNING] }), RUNNING, 0)).toBe(0);
    const other = binding('service=api port=8080');
    expect(behind(aSnapshot({ tasks: [RUNNING], bindings: [other, ...bindings] }), RUNNING, 0)).toBe(1);
  });

  it('not one whose list could not be read: that is a failure, and not a delay', () => {
    const bindings = [binding('service=app port=8080', { list: 'failed' })];
    expect(behind(aSnapshot({ tasks: [RUNNING], bindings }), RUNNING, 0)).toBe(0);
  });

  it('not one whose task ECS does not know: old messages tell of tasks long forgotten', () => {
    expect(behind(aSnapshot({}), RUNNING, 9)).toBe(0);
  });

  it('not one whose task is known to have stopped', () => {
    expect(behind(aSnapshot({ tasks: [STOPPED], bindings: [binding('service=app port=8080')] }), STOPPED, 99)).toBe(0);
  });
});

describe('an address is unexplained', () => {
  it('when it is registered, and no known task has it, running or stopped', () => {
    const targets = [
      target('10.0.0.9'),
      target('10.0.0.8'),
      target('10.0.0.7', 'draining'),
      target('10.0.0.1'),
      target('10.0.0.3'),
      target('10.0.0.1', 'healthy', { port: 9090 }),
    ];
    expect(unexplainedAddresses(aSnapshot({ tasks: [RUNNING, STOPPED], targets }))).toEqual([
      at('10.0.0.1', 9090),
      at('10.0.0.8'),
      at('10.0.0.9'),
    ]);
  });
});
