import { describe, expect, it } from 'vitest';
import {
  auditSettings,
  auditTargets,
  deregisterCommand,
  type GroupSettings,
  NEVER_HEALTHY_AFTER_MS,
  type Origin,
  type TargetHistory,
} from '../../functions/core/audit.ts';
import type { Selector } from '../../functions/core/binding.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { ListedBinding, Snapshot } from '../../functions/core/snapshot.ts';
import { type DescribedTask, definitionKey } from '../../functions/core/task.ts';
import type { Address } from '../../functions/core/values.ts';
import {
  aDefinition,
  aGroup,
  aSnapshot,
  at,
  binding,
  groupArn,
  ip,
  parsedBinding,
  port,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
  taskArn,
} from '../support/values.ts';

const NOW_MS = 1_000_000;
const FIRST = at('10.0.0.1');

interface HistoryWords {
  readonly firstSeenMs?: number;
  readonly healthy?: readonly Address[];
  readonly searched?: readonly Address[];
  readonly watchedSinceMs?: number;
  /** Of the first target. */
  readonly origin?: Origin;
  readonly natives?: readonly Selector[];
}

function history(words: HistoryWords = {}): TargetHistory {
  const { firstSeenMs, healthy = [], watchedSinceMs = 0, searched = [], origin, natives = [] } = words;
  const firstSeen = firstSeenMs === undefined ? [] : [[FIRST, firstSeenMs] as const];
  return {
    firstSeenMs: new Map(firstSeen),
    seenHealthy: new Set(healthy),
    watchedSinceMs,
    searched: new Set(searched),
    origins: new Map(origin === undefined ? [] : [[FIRST, origin]]),
    natives,
  };
}

function audit(snapshot: Snapshot, words: HistoryWords = {}): Finding[] {
  return auditTargets(snapshot, history(words), NOW_MS);
}

const RUNNING = runningTask('t1', '10.0.0.1');
/** Feeds the group as well, so that a line that drains it is no slip. */
const OTHER = binding('service=other port=8080', { list: 'unread' });
const COMMAND = `aws elbv2 deregister-targets --target-group-arn ${groupArn()} --targets Id=10.0.0.1,Port=8080`;

function leftover({ arn }: Pick<DescribedTask, 'arn'>, state = 'healthy'): string {
  return (
    `The target is ${state}. This stack registered it for task ${arn}, which ECS no longer describes: there is no proof that ` +
    'the address has no new owner. Remove it if nothing else uses the address.'
  );
}

describe('a group in step with its tasks', () => {
  it('gives no finding', () => {
    const tasks = [RUNNING, runningTask('t2', '10.0.0.2', { last: 'PENDING', ipv4: undefined }), stoppedTask('t3', '10.0.0.3')];
    expect(audit(aSnapshot({ tasks, targets: [target('10.0.0.1')] }), { firstSeenMs: 0, searched: [FIRST] })).toEqual([]);
    expect(audit(aSnapshot({}))).toEqual([]);
  });
});

describe('a foreign target', () => {
  const foreign = (state: string): Snapshot =>
    aSnapshot({ targets: [target('10.0.0.1', state)], tasks: [runningTask('t2', '10.0.0.2')] });

  it('is reported with its age, its health and the command that would remove it', () => {
    const message =
      "The target is healthy, and no task of the group's bindings has this address and port, running or stopped within " +
      'the hour. It is left alone. If it is a leftover, remove it.';
    expect(audit(foreign('healthy'), { firstSeenMs: 77, searched: [FIRST] })).toEqual([
      { kind: 'foreign', subject: FIRST, message, sinceMs: 77, command: COMMAND },
    ]);
  });

  it('is worse where it has been unhealthy for so long that no start explains it', () => {
    const kind = (state: string, firstSeenMs?: number): unknown =>
      audit(foreign(state), { ...(firstSeenMs === undefined ? {} : { firstSeenMs }), searched: [FIRST] })[0]?.kind;
    expect(kind('unhealthy', NOW_MS - NEVER_HEALTHY_AFTER_MS)).toBe('foreign-unhealthy');
    expect(kind('unhealthy', NOW_MS - NEVER_HEALTHY_AFTER_MS + 1)).toBe('foreign');
    expect(kind('unhealthy')).toBe('foreign');
    for (const state of ['healthy', 'initial', 'unused', 'unhealthy.draining']) expect(kind(state, 0), state).toBe('foreign');
  });

  it("is likely a task of ECS's own where ECS itself registers a service in the group, healthy or not", () => {
    const natives = ['service=api port=80', 'service=shop port=80'].map((line) => parsedBinding(line).selector);
    const message =
      'The target is unhealthy. ECS itself registers tasks of cluster=prod service=api, cluster=prod service=shop in this ' +
      'group, so it is likely one of those. It is left alone.';
    expect(audit(foreign('unhealthy'), { firstSeenMs: 0, searched: [FIRST], natives })).toEqual([
      { kind: 'foreign', subject: FIRST, message, sinceMs: 0, command: COMMAND },
    ]);
  });

  it('is none before the stopped list was read for it', () => {
    expect(audit(foreign('healthy'), { firstSeenMs: 77, searched: [at('10.0.0.9')] })).toEqual([]);
  });

  it('is none while it drains', () => {
    expect(audit(foreign('draining'), { firstSeenMs: 77, searched: [FIRST] })).toEqual([]);
  });

  it('is removed by a command that repeats its descriptor to the letter', () => {
    const zoned = target('10.0.0.1', 'healthy', { port: 9090, zone: 'eu-west-1a' });
    expect(deregisterCommand(aGroup(), target('10.0.0.1'))).toBe(COMMAND);
    expect(deregisterCommand(aGroup(), zoned)).toBe(
      `aws elbv2 deregister-targets --target-group-arn ${groupArn()} ` +
        '--targets Id=10.0.0.1,Port=9090,AvailabilityZone=eu-west-1a',
    );
  });
});

describe('a target whose task is known to have stopped', () => {
  const dead = stoppedTask('dead', '10.0.0.1');
  const targets = [target('10.0.0.1')];

  it('is a leftover when ECS no longer describes the task', () => {
    expect(audit(aSnapshot({ tasks: [dead], targets, described: [] }), { firstSeenMs: 5 })).toEqual([
      { kind: 'leftover', subject: FIRST, message: leftover(dead), sinceMs: 5, command: COMMAND },
    ]);
  });

  it('is that of the task itself, whatever the record says of the address', () => {
    const origin = { task: taskArn('other'), isLive: true };
    expect(audit(aSnapshot({ tasks: [dead], targets, described: [] }), { origin })).toMatchObject([
      { kind: 'leftover', message: leftover(dead) },
    ]);
  });

  it('is no finding while ECS describes it: then it is removed', () => {
    expect(audit(aSnapshot({ tasks: [dead], targets }), { searched: [FIRST] })).toEqual([]);
  });

  it('is no finding where another stopped task of ours proves the removal', () => {
    const forgotten = stoppedTask('forgotten', '10.0.0.1');
    for (const tasks of [
      [dead, forgotten],
      [forgotten, dead],
    ]) {
      expect(audit(aSnapshot({ tasks, targets, described: [dead] }), { searched: [FIRST] })).toEqual([]);
    }
  });

  it('is no finding where a wanted task has the address', () => {
    const heir = runningTask('heir', '10.0.0.1');
    expect(audit(aSnapshot({ tasks: [heir, dead], targets, described: [] }), { searched: [FIRST] })).toEqual([]);
  });

  it('is no finding while it drains', () => {
    expect(audit(aSnapshot({ tasks: [dead], targets: [target('10.0.0.1', 'draining')], described: [] }))).toEqual([]);
  });

  it('is no finding while its task lives, described or not: a line may drain it', () => {
    for (const task of [RUNNING, runningTask('t1', '10.0.0.1', { last: 'PENDING' })]) {
      const bindings = [binding('service=app port=8080 mode=drain confirm=empty', { listed: [task] }), OTHER];
      expect(audit(aSnapshot({ tasks: [task], bindings, targets, described: [] }), { searched: [FIRST] })).toEqual([]);
    }
    // One that has been told to stop is not among the living.
    const stopping = stoppingTask('t1', '10.0.0.1');
    expect(audit(aSnapshot({ tasks: [stopping], targets, described: [] }))).toMatchObject([{ kind: 'leftover' }]);
  });
});

describe('a target that this stack has registered and nothing explains any more', () => {
  const orphan = aSnapshot({ targets: [target('10.0.0.1', 'unhealthy')], tasks: [runningTask('t2', '10.0.0.2')] });
  const task = taskArn('t1');

  it('is a leftover where its task does not live', () => {
    expect(audit(orphan, { firstSeenMs: 5, searched: [FIRST], origin: { task, isLive: false } })).toEqual([
      {
        kind: 'leftover',
        subject: FIRST,
        message: leftover({ arn: task }, 'unhealthy'),
        sinceMs: 5,
        command: COMMAND,
      },
    ]);
  });

  it('has lost its line where its task lives', () => {
    const message =
      `The target is unhealthy. This stack registered it for task ${task}, which still runs, and no line binds that task and ` +
      'port any more. It stays until somebody decides: correct the line or write it again; if nothing needs it, let mode=drain take it out, or remove it.';
    expect(audit(orphan, { firstSeenMs: 5, searched: [FIRST], origin: { task, isLive: true } })).toEqual([
      // No command: whoever pastes all of them would take out tasks that serve, and whose line is only misspelt.
      { kind: 'unbound', subject: FIRST, message, sinceMs: 5, command: undefined },
    ]);
  });

  it('is none before the stopped list was read for it: that may explain it', () => {
    for (const isLive of [true, false]) expect(audit(orphan, { origin: { task, isLive } })).toEqual([]);
  });

  it("is its own before it is one of ECS's", () => {
    const natives = [parsedBinding('service=api port=80').selector];
    expect(audit(orphan, { searched: [FIRST], origin: { task, isLive: true }, natives })).toMatchObject([{ kind: 'unbound' }]);
  });
});

describe('a target that was never healthy', () => {
  const since = NOW_MS - NEVER_HEALTHY_AFTER_MS;
  const waiting = (state: string, reason?: string): Snapshot =>
    aSnapshot({ tasks: [RUNNING], targets: [target('10.0.0.1', state, reason === undefined ? {} : { reason })] });
  const finding = (seconds: number, reason: string, cause: string): Finding => ({
    kind: 'never-healthy',
    subject: FIRST,
    message:
      `Task ${taskArn('t1')} has been registered for ${seconds} s and was never healthy. ` +
      `ELB says ${reason}. ${cause} It stays registered: health does not decide that.`,
    sinceMs: NOW_MS - seconds * 1_000,
  });

  it.each([
    [
      'Target.Timeout',
      "Likely the task's security group does not let the load balancer in on port 8080, or the answer is slow.",
    ],
    ['Target.FailedHealthChecks', 'Likely nothing listens on port 8080, or the connection is reset.'],
    ['Target.ResponseCodeMismatch', "Likely the health check's path or its expected codes do not fit the application."],
    ['Target.IpUnusable', 'The address is in use by a load balancer.'],
    ['Elb.InitialHealthChecking', 'The first checks still run: interval times threshold is longer than this.'],
    ['Elb.RegistrationInProgress', 'ELB has not finished the registration.'],
    ['Elb.InternalError', "The cause is on ELB's side."],
    ['Something.New', 'The reason code is described in the ELB guide under "Target health reason codes".'],
  ])('is told with the reason %s and its likely cause', (reason, cause) => {
    expect(audit(waiting('unhealthy', reason), { firstSeenMs: since })).toEqual([finding(180, reason, cause)]);
  });

  it('is told without a reason where ELB gives none', () => {
    const cause = 'The reason code is described in the ELB guide under "Target health reason codes".';
    expect(audit(waiting('initial'), { firstSeenMs: since })).toEqual([finding(180, 'no reason given', cause)]);
  });

  it('is a finding after three minutes, in whole seconds, and not before', () => {
    expect(NEVER_HEALTHY_AFTER_MS).toBe(180_000);
    const seconds = (agoMs: number): (string | undefined)[] =>
      audit(waiting('unhealthy'), { firstSeenMs: NOW_MS - agoMs }).map(({ message }) => / (\d+ s) /.exec(message)?.[1]);
    expect(seconds(179_999)).toEqual([]);
    expect(seconds(180_000)).toEqual(['180 s']);
    expect(seconds(180_999)).toEqual(['180 s']);
    expect(seconds(181_000)).toEqual(['181 s']);
  });

  it('counts from the start of its task, where that is younger', () => {
    const started = (startedAtMs: number | undefined): Finding[] =>
      audit(
        aSnapshot({ tasks: [runningTask('t1', '10.0.0.1', { startedAtMs })], targets: [target('10.0.0.1', 'unhealthy')] }),
        { firstSeenMs: 0 },
      );
    expect(started(NOW_MS - 179_999)).toEqual([]);
    expect(started(NOW_MS - 180_000)).toMatchObject([{ sinceMs: NOW_MS - 180_000 }]);
    expect(started(undefined)).toMatchObject([{ sinceMs: 0 }]);
  });

  it.each(['healthy', 'draining', 'unused', 'unavailable', 'unhealthy.draining'])('is no finding in state %s', (state) => {
    expect(audit(waiting(state, 'Target.Timeout'), { firstSeenMs: 0 })).toEqual([]);
  });

  it('is no finding once it was healthy, or while it is not known since when it is there', () => {
    expect(audit(waiting('unhealthy'), { firstSeenMs: 0, healthy: [FIRST] })).toEqual([]);
    expect(audit(waiting('unhealthy'), { firstSeenMs: 0, healthy: [at('10.0.0.2')] })).toHaveLength(1);
    expect(audit(waiting('unhealthy'), {})).toEqual([]);
  });

  it('counts from when somebody looks again, after minutes in which it may have been healthy', () => {
    const watched = (forMs: number) => audit(waiting('unhealthy'), { firstSeenMs: 0, watchedSinceMs: NOW_MS - forMs });
    expect(watched(179_999)).toEqual([]);
    expect(watched(180_000)).toMatchObject([{ kind: 'never-healthy', sinceMs: NOW_MS - 180_000 }]);
  });

  it('is no finding where its task does not serve', () => {
    const targets = [target('10.0.0.1', 'unhealthy')];
    expect(audit(aSnapshot({ tasks: [stoppingTask('t1', '10.0.0.1')], targets }), { firstSeenMs: 0 })).toEqual([]);
    expect(audit(aSnapshot({ tasks: [runningTask('t2', '10.0.0.2')], targets }), { firstSeenMs: 0 })).toEqual([]);
  });
});

describe('targets that no listener uses', () => {
  it('are told in one finding', () => {
    const targets = [
      target('10.0.0.1', 'unused', { reason: 'Target.NotInUse' }),
      target('10.0.0.2', 'unused', { reason: 'Target.NotInUse' }),
      target('10.0.0.3', 'healthy'),
    ];
    const tasks = [RUNNING, runningTask('t2', '10.0.0.2'), runningTask('t3', '10.0.0.3')];
    const message =
      '2 of 3 targets get no traffic (10.0.0.1:8080 and others: Target.NotInUse): no ' +
      "listener forwards to the group, or a target's zone is not enabled on the load balancer.";
    expect(audit(aSnapshot({ targets, tasks }))).toEqual([{ kind: 'unused', subject: 'web', message }]);
  });
});

describe('a running task without a usable address', () => {
  const noAddress = (has: string, family: string): Finding => ({
    kind: 'no-address',
    subject: taskArn('t1'),
    message:
      `Task ${taskArn('t1')} is running with ${has}, and the group takes ${family} addresses. Only tasks in network mode awsvpc ` +
      `with an ${family} address can be registered.`,
  });

  it('is told with what it has', () => {
    const none = runningTask('t1', '10.0.0.1', { ipv4: undefined, interface: 'NONE' });
    expect(audit(aSnapshot({ tasks: [none] }))).toEqual([noAddress('no readable address (its interface is NONE)', 'ipv4')]);
    expect(audit(aSnapshot({ tasks: [RUNNING], group: aGroup({ family: 'ipv6' }) }))).toEqual([
      noAddress('only 10.0.0.1', 'ipv6'),
    ]);
    const only6 = runningTask('t1', '2001:db8::1');
    expect(audit(aSnapshot({ tasks: [only6] }))).toEqual([noAddress('only 2001:db8::1', 'ipv4')]);
  });

  it.each([
    { what: 'before it runs', words: { last: 'ACTIVATING' as const } },
    { what: 'when it is to stop', words: { desired: 'STOPPED' as const } },
  ])('is none $what', ({ words }) => {
    const task = runningTask('t1', '10.0.0.1', { ipv4: undefined, ...words });
    expect(audit(aSnapshot({ tasks: [task], bindings: [binding('service=app port=8080', { listed: [task] })] }))).toEqual([]);
  });

  it('is none with an address of the right family, or where nothing is known of it', () => {
    const dual = runningTask('t1', '10.0.0.1', { ipv6: ip('2001:db8::1') });
    expect(audit(aSnapshot({ tasks: [dual], group: aGroup({ family: 'ipv6' }) }))).toEqual([]);
    expect(audit(aSnapshot({ bindings: [binding('service=app port=8080', { listed: [RUNNING] })] }))).toEqual([]);
  });

  it('is none where it is not listed', () => {
    const task = runningTask('t1', '10.0.0.1', { ipv4: undefined });
    expect(audit(aSnapshot({ tasks: [task], bindings: [binding('service=app port=8080')] }))).toEqual([]);
  });
});

describe('an empty task list', () => {
  const targets = [target('10.0.0.1'), target('10.0.0.2'), target('10.0.0.3', 'draining')];
  const empty = [binding('service=app port=8080'), binding('family=nightly port=8080', { list: 'gone' })];

  it('before a full group removes nothing, and somebody should look', () => {
    const tasks = [stoppedTask('t2', '10.0.0.2')];
    const [finding] = audit(aSnapshot({ bindings: empty, targets, tasks }));
    const message =
      'ECS lists no running task for cluster=prod service=app, cluster=prod family=nightly, and the group still has targets (1) ' +
      'whose tasks are not known to have stopped. Nothing is removed for being absent from a list. Check that the binding names ' +
      'the right service.';
    expect(finding).toEqual({ kind: 'empty-list', subject: 'web', message });
  });

  it('counts a task that still lives, known or not, as one that has not stopped', () => {
    const [finding] = audit(aSnapshot({ bindings: empty, targets, tasks: [RUNNING] }));
    expect(finding?.message).toContain('still has targets (2) whose');
  });

  it('is as it should be where the tasks have stopped, or nothing is registered', () => {
    const kinds = (snapshot: Snapshot): string[] => audit(snapshot).map(({ kind }) => kind);
    const bindings = empty.slice(0, 1);
    const tasks = [stoppedTask('t1', '10.0.0.1'), stoppingTask('t2', '10.0.0.2')];
    expect(kinds(aSnapshot({ bindings, targets, tasks }))).toEqual([]);
    expect(kinds(aSnapshot({ bindings, targets: targets.slice(2) }))).toEqual([]);
  });

  it('is none while another binding lists a task, was not read or could not be, or there is no binding', () => {
    const listing = binding('service=api port=8080', { listed: [RUNNING] });
    const failed = binding('service=api port=8080', { list: 'failed' });
    const unread = binding('service=api port=8080', { list: 'unread' });
    expect(audit(aSnapshot({ bindings: [unread], targets }))).toEqual([]);
    expect(audit(aSnapshot({ bindings: [binding('service=app port=8080'), unread], targets }))).toEqual([]);
    expect(audit(aSnapshot({ bindings: [binding('service=app port=8080'), listing], targets }))).toEqual([]);
    expect(audit(aSnapshot({ bindings: [binding('service=app port=8080'), failed], targets }))).toEqual([]);
    expect(audit(aSnapshot({ bindings: [], targets }))).toEqual([]);
  });
});

describe('a service that ECS does not know', () => {
  it('is told with the line that names it', () => {
    const bindings = [
      binding('service=app port=8080', { list: 'gone' }),
      binding('service=api port=8080', { listed: [RUNNING] }),
    ];
    const message =
      'ECS does not know cluster=prod service=app, which the tag names. Correct the line, or remove it; ' +
      'its targets stay until their tasks are proved stopped.';
    expect(audit(aSnapshot({ bindings }))).toEqual([{ kind: 'unusable', subject: 'cluster=prod service=app', message }]);
  });
});

describe('a port that the task definition does not map', () => {
  const NAMED = 'service=app port=http';
  const PORTS = [
    { name: 'web', port: port(80) },
    { name: undefined, port: port(9_000) },
  ];

  interface PortWords {
    readonly line?: string;
    readonly tasks?: readonly DescribedTask[];
    readonly ports?: readonly { readonly name: string | undefined; readonly port: ReturnType<typeof port> }[] | undefined;
    readonly state?: string;
  }

  /** A group that the line binds, where the definition of the task has these ports. */
  function portFindings({ line = NAMED, tasks = [RUNNING], state, ...words }: PortWords): Finding[] {
    const { ports } = { ports: PORTS, ...words };
    const definitions = ports && new Map([[definitionKey(RUNNING), aDefinition({ ports })]]);
    const targets = state === undefined ? [] : [target('10.0.0.1', state)];
    const bindings = [binding(line, { listed: tasks })];
    return audit(aSnapshot({ tasks, bindings, targets, definitions })).filter(({ kind }) => kind === 'port');
  }

  it('is told with the ports that there are', () => {
    const told = (what: string, ports: string): Finding => ({
      kind: 'port',
      subject: 'web',
      message:
        `the tag names port ${what}, and task definition app:7 maps ${ports}. Correct the line or the definition's ` +
        'portMappings.',
    });
    expect(portFindings({})).toEqual([told('http', '80 (web), 9000')]);
    expect(portFindings({ line: 'service=app port=8080' })).toEqual([told('8080', '80 (web), 9000')]);
    expect(portFindings({ ports: [] })).toEqual([told('http', 'no port')]);
  });

  it.each([
    { what: 'by its name', line: 'service=app port=web' },
    { what: 'by its number, named or not', line: 'service=app port=80' },
    { what: 'by its number, without a name', line: 'service=app port=9000' },
  ])('is none where the definition maps it $what', ({ line }) => {
    expect(portFindings({ line })).toEqual([]);
  });

  it('is none while the definition is not known, and none where no task of the line serves', () => {
    expect(portFindings({ ports: undefined })).toEqual([]);
    expect(portFindings({ tasks: [runningTask('t1', '10.0.0.1', { definition: 'app:8' })] })).toEqual([]);
    for (const words of [
      { last: 'PENDING' },
      { desired: 'STOPPED' },
      { interface: 'DETACHED' },
      { group: 'service:api' },
    ] as const) {
      expect(portFindings({ tasks: [runningTask('t1', '10.0.0.1', words)] }), JSON.stringify(words)).toEqual([]);
    }
  });

  it('is none where the targets of the line are healthy all the same: the container may listen on more than it maps', () => {
    const line = 'service=app port=8080';
    expect(portFindings({ line, state: 'healthy' })).toEqual([]);
    expect(portFindings({ line, state: 'unhealthy' })).toHaveLength(1);
    // A healthy target of another line says nothing about this one.
    expect(portFindings({ line: 'service=app port=8081', state: 'healthy' })).toHaveLength(1);
    const bindings = [8_080, 8_081].map((number) => binding(`service=app port=${number}`, { listed: [RUNNING] }));
    const definitions = new Map([[definitionKey(RUNNING), aDefinition({ ports: PORTS })]]);
    expect(audit(aSnapshot({ tasks: [RUNNING], bindings, definitions, targets: [target('10.0.0.1')] }))).toMatchObject([
      { kind: 'port', message: expect.stringContaining('names port 8081,') },
    ]);
  });

  it('names the definition that lacks it, where others have it', () => {
    const old = runningTask('t0', '10.0.0.9', { definition: 'app:6' });
    const definitions = new Map([
      [definitionKey(old), aDefinition({ ports: [{ name: 'http', port: port(8080) }] })],
      [definitionKey(RUNNING), aDefinition({ ports: PORTS })],
    ]);
    const bindings = [binding(NAMED, { listed: [old, RUNNING] })];
    const found = audit(aSnapshot({ tasks: [old, RUNNING], bindings, definitions }));
    expect(found.map(({ kind, message }) => [kind, / definition (\S+) maps (.*?)\./.exec(message)?.slice(1)])).toEqual([
      ['port', ['app:7', '80 (web), 9000']],
    ]);
  });
});

describe('a task that has to be healthy to be registered', () => {
  const LATE_MS = NOW_MS - NEVER_HEALTHY_AFTER_MS;
  const READY = 'service=app port=8080 ready=healthy';

  function notReady(words: Partial<DescribedTask>, line = READY, targets: Snapshot['targets'] = []): Finding[] {
    const task = runningTask('t1', '10.0.0.1', { startedAtMs: LATE_MS, ...words });
    return audit(aSnapshot({ tasks: [task], bindings: [binding(line, { listed: [task] })], targets }));
  }

  it.each([
    ['UNHEALTHY', 'Its health check fails: read its log.'],
    [
      'UNKNOWN',
      'Its task definition may have no health check, and then ECS never calls it healthy: add one, or leave out ready=healthy.',
    ],
  ] as const)('and is %s is told with the likely cause', (health, cause) => {
    expect(notReady({ health })).toEqual([
      {
        kind: 'not-ready',
        subject: taskArn('t1'),
        message: `Task ${taskArn('t1')} runs, and is not registered: ECS says ${health} of its containers. ${cause}`,
        sinceMs: LATE_MS,
      },
    ]);
  });

  it('is a finding after three minutes, and not before, nor where nobody knows when it started', () => {
    expect(notReady({ startedAtMs: LATE_MS + 1 })).toEqual([]);
    expect(notReady({ startedAtMs: undefined })).toEqual([]);
  });

  it('is none once it is healthy or registered, where it does not serve, or where no line asks for health', () => {
    expect(notReady({ health: 'HEALTHY' })).toEqual([]);
    expect(notReady({}, 'service=app port=8080')).toEqual([]);
    expect(notReady({ interface: 'ATTACHING' })).toEqual([]);
    expect(notReady({}, READY, [target('10.0.0.1')])).toEqual([]);
    // A draining target is as good as none, and the address of another task says nothing.
    for (const other of [target('10.0.0.1', 'draining'), target('10.0.0.1', 'healthy', { port: 81 })]) {
      expect(notReady({}, READY, [other])).toMatchObject([{ kind: 'not-ready' }]);
    }
  });
});

describe('a task on hold', () => {
  const held = runningTask('t1', '10.0.0.1', { isHeld: true });
  const finding = {
    kind: 'held',
    subject: held.arn,
    message: `Task ${held.arn} is on hold: its tag alb-target-sync=hold keeps it out of the group until the tag is removed.`,
    command: `aws ecs untag-resource --resource-arn ${held.arn} --tag-keys alb-target-sync`,
  };

  it('is told once, with the command that ends it, however many lines mean it', () => {
    const bindings = ['service=app port=8080', 'service=app port=9090'].map((line) => binding(line, { listed: [held] }));
    expect(audit(aSnapshot({ tasks: [held, runningTask('t2', '10.0.0.2')], bindings }))).toEqual([finding]);
  });

  it('is none when it is to stop, or where no line means it', () => {
    expect(audit(aSnapshot({ tasks: [stoppingTask('t1', '10.0.0.1', { isHeld: true })] }))).toEqual([]);
    expect(audit(aSnapshot({ tasks: [{ ...held, group: 'service:api' }], bindings: [] }))).toEqual([]);
  });
});

describe('a line that drains the group', () => {
  const DRAINING = 'service=app port=8080 mode=drain confirm=empty';
  const tasks = [RUNNING, runningTask('t2', '10.0.0.2'), runningTask('t3', '10.0.0.3', { last: 'PENDING' })];
  const drained = (...bindings: readonly ListedBinding[]): Finding[] => audit(aSnapshot({ tasks, bindings }));

  it('is told with the tasks that serve, where no other line feeds it', () => {
    const message =
      'the tag says mode=drain, and no other line feeds the group: its 2 running tasks leave it, and it serves nobody. ' +
      'Remove the line when the group is to be deleted, or write mode=enforce.';
    expect(drained(binding(DRAINING, { listed: tasks }))).toEqual([{ kind: 'drained', subject: 'web', message }]);
    // Each line counts its own tasks.
    const other = runningTask('t4', '10.0.0.4', { group: 'service:other' });
    const lines = [DRAINING, 'service=other port=8080 mode=drain'].map((line) => binding(line));
    const each = audit(aSnapshot({ tasks: [...tasks, other], bindings: lines })).filter(({ kind }) => kind === 'drained');
    expect(each.map((finding) => / its (\d) running/.exec(finding.message)?.[1])).toEqual(['2', '1']);
    // A line that only observes feeds nothing.
    const observing = binding('service=other port=8080 mode=observe', { list: 'unread' });
    expect(drained(binding(DRAINING, { listed: tasks }), observing)).toHaveLength(1);
  });

  it('is none beside a line that feeds it, unconfirmed, or where nothing serves', () => {
    expect(drained(binding(DRAINING, { listed: tasks }), OTHER)).toEqual([]);
    expect(drained(binding(DRAINING, { listed: tasks, lacksConfirmation: true }))).toEqual([]);
    expect(drained(binding('service=app port=8080', { listed: tasks }))).toEqual([]);
    const pending = tasks.slice(2);
    expect(audit(aSnapshot({ tasks: pending, bindings: [binding(DRAINING, { listed: pending })] }))).toEqual([]);
  });
});

describe('a group that is nearly full', () => {
  it.each([
    [899, false],
    [900, true],
    [1_000, true],
    // More than the default quota: it was raised, and nobody knows to what.
    [1_001, false],
  ])('with %i targets: %s', (count, isTold) => {
    const all = Array.from({ length: count }, (_, index) => target(`10.0.${index >> 8}.${index & 255}`, 'draining'));
    const message =
      `The group has ${count} targets, draining ones included, and takes 1000 unless the quota "Targets per Target Group per ` +
      'Region" was raised. In a deployment, old and new tasks are both in.';
    expect(audit(aSnapshot({ targets: all }))).toEqual(isTold ? [{ kind: 'limit', subject: 'web', message }] : []);
  });
});

describe('cross-zone load balancing that is off', () => {
  const settings = (crossZone: string | undefined): GroupSettings => ({
    deregistrationDelaySeconds: 60,
    crossZone,
    stopTimeouts: [],
  });

  it('cannot go with a line that asks for all zones: each such line is told', () => {
    const lines = [
      'service=app port=1 zone=all',
      'service=app port=2 zone=task',
      'service=app port=3',
      'service=app port=4 zone=all',
    ];
    const message =
      'Cross-zone load balancing is off for the group, and the tag asks for zone=all. Write zone=task, or no zone at all, or turn ' +
      'cross-zone load balancing on.';
    const finding = { kind: 'cross-zone', subject: 'web', message };
    const bindings = lines.map((line) => binding(line));
    expect(auditSettings(aGroup(), bindings, settings('false'))).toEqual([finding, finding]);
    expect(auditSettings(aGroup(), bindings.slice(1, 3), settings('false'))).toEqual([]);
  });

  it.each([
    ['HTTP', 1],
    ['HTTPS', 1],
    ['TCP', 0],
    ['TLS', 0],
    ['UDP', 0],
    ['TCP_UDP', 0],
  ])('is told of a group for %s: %i', (protocol, count) => {
    // A Network Load Balancer takes targets in all zones all the same.
    const lines = [binding('service=app port=1 zone=all')];
    expect(auditSettings(aGroup({ protocol }), lines, settings('false'))).toHaveLength(count);
  });

  it.each(['true', 'use_load_balancer_configuration', undefined])('is not what %s says', (crossZone) => {
    expect(auditSettings(aGroup(), [binding('service=app port=1 zone=all')], settings(crossZone))).toEqual([]);
  });
});

describe('a drain that outlasts the task', () => {
  const audited = (...stopTimeouts: GroupSettings['stopTimeouts']): Finding[] =>
    auditSettings(aGroup(), [binding('service=app port=8080')], {
      deregistrationDelaySeconds: 60,
      crossZone: undefined,
      stopTimeouts,
    });
  const settings = (seconds: number) => ({ definition: 'app:7', seconds });

  it('is told with both times and the command that shortens it', () => {
    const message =
      'Targets drain for 60 s, but a container of app:7 is killed 59 s ' +
      'after its SIGTERM: requests that take longer are cut. Lower deregistration_delay.timeout_seconds, or raise stopTimeout ' +
      '(at most 120 s on Fargate) and keep serving after SIGTERM.';
    const command =
      `aws elbv2 modify-target-group-attributes --target-group-arn ${groupArn()} ` +
      '--attributes Key=deregistration_delay.timeout_seconds,Value=59';
    expect(audited(settings(59))).toEqual([{ kind: 'drain-time', subject: 'web', message, command }]);
  });

  it('is none where the task lives at least as long as the drain', () => {
    expect(audited(settings(60))).toEqual([]);
    expect(audited(settings(61))).toEqual([]);
  });

  it('is told for each definition that has it', () => {
    const stopTimeouts = [30, 120, 2].map((seconds) => ({ definition: `app:${seconds}`, seconds }));
    const findings = audited(...stopTimeouts);
    expect(findings.map(({ command }) => command?.split('Value=')[1])).toEqual(['30', '2']);
  });

  it('is told once where definitions of two accounts have one name and one time, and twice where they have two times', () => {
    expect(audited(settings(30), settings(30))).toHaveLength(1);
    expect(audited(settings(30), settings(2))).toHaveLength(2);
  });
});
