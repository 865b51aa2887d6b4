import { describe, expect, it } from 'vitest';
import {
  auditDrainTime,
  auditTargets,
  deregisterCommand,
  NEVER_HEALTHY_AFTER_MS,
  type TargetHistory,
} from '../../functions/core/audit.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { Snapshot } from '../../functions/core/snapshot.ts';
import type { Address } from '../../functions/core/values.ts';
import {
  aGroup,
  aSnapshot,
  at,
  binding,
  groupArn,
  ip,
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
}

function history({ firstSeenMs, healthy = [], searched = [] }: HistoryWords = {}): TargetHistory {
  const firstSeen = firstSeenMs === undefined ? [] : [[FIRST, firstSeenMs] as const];
  return { firstSeenMs: new Map(firstSeen), seenHealthy: new Set(healthy), searched: new Set(searched) };
}

function audit(snapshot: Snapshot, words: HistoryWords = {}): Finding[] {
  return auditTargets(snapshot, history(words), NOW_MS);
}

const RUNNING = runningTask('t1', '10.0.0.1');
const COMMAND = `aws elbv2 deregister-targets --target-group-arn ${groupArn()} --targets Id=10.0.0.1,Port=8080`;

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
      "The target is unhealthy, and no task of the group's bindings has this address and port, running or stopped within " +
      'the hour. It is left alone. If it is a leftover, remove it.';
    expect(audit(foreign('unhealthy'), { firstSeenMs: 77, searched: [FIRST] })).toEqual([
      { kind: 'foreign', subject: FIRST, message, sinceMs: 77, command: COMMAND },
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

  it('is unproven when ECS no longer describes the task', () => {
    const message =
      `The target belongs to task ${dead.arn}, which was seen stopped, but ECS no longer describes that task. ` +
      'Nothing is removed without its description; remove the target by hand if nothing else uses the address.';
    expect(audit(aSnapshot({ tasks: [dead], targets, described: [] }), { firstSeenMs: 5, searched: [FIRST] })).toEqual([
      { kind: 'unproven', subject: FIRST, message, sinceMs: 5, command: COMMAND },
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

  it('is told apart from a task that a line drains', () => {
    const bindings = [binding('service=app port=8080 mode=drain', { listed: [RUNNING] })];
    expect(audit(aSnapshot({ tasks: [RUNNING], bindings, targets, described: [] }), { searched: [FIRST] })).toEqual([]);
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

describe('a drain that outlasts the task', () => {
  const settings = (seconds: number) => ({ deregistrationDelaySeconds: 60, stopTimeouts: [{ definition: 'app:7', seconds }] });

  it('is told with both times and the command that shortens it', () => {
    const message =
      'Targets drain for 60 s, but a container of app:7 is killed 59 s ' +
      'after its SIGTERM: requests that take longer are cut. Lower deregistration_delay.timeout_seconds, or raise stopTimeout ' +
      '(at most 120 s on Fargate) and keep serving after SIGTERM.';
    const command =
      `aws elbv2 modify-target-group-attributes --target-group-arn ${groupArn()} ` +
      '--attributes Key=deregistration_delay.timeout_seconds,Value=59';
    expect(auditDrainTime(aGroup(), settings(59))).toEqual([{ kind: 'drain-time', subject: 'web', message, command }]);
  });

  it('is none where the task lives at least as long as the drain', () => {
    expect(auditDrainTime(aGroup(), settings(60))).toEqual([]);
    expect(auditDrainTime(aGroup(), settings(61))).toEqual([]);
  });

  it('is told for each definition that has it', () => {
    const stopTimeouts = [30, 120, 2].map((seconds) => ({ definition: `app:${seconds}`, seconds }));
    const findings = auditDrainTime(aGroup(), { deregistrationDelaySeconds: 60, stopTimeouts });
    expect(findings.map(({ command }) => command?.split('Value=')[1])).toEqual(['30', '2']);
  });
});
