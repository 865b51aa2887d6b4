/** Calls that are throttled, fail, hang, lose their answer or are refused; functions that end in the middle; too little time and room. */
import { expect } from 'vitest';
import { QUICK } from '../../scripts/simulator/deployment.ts';
import { present } from '../../scripts/simulator/ecs.ts';
import type { FaultPlan } from '../../scripts/simulator/faults.ts';
import { Random } from '../../scripts/simulator/random.ts';
import { fault } from '../support/faults.ts';
import { keyOfTask, Play } from '../support/simulations.ts';

const MINUTE_MS = 60_000;
/** Whether the stack is paused: where it is not known, the stack goes on as it was. */
const BRAKE = 'logs.ListTagsForResource';
const CALLS = [
  'DescribeTargetGroups',
  'DescribeServices',
  'DescribeTargetHealth',
  'ListTasks',
  'DescribeTasks',
  'FilterLogEvents',
  BRAKE,
];
const WRITES = ['RegisterTargets', 'DeregisterTargets'];
/** An address is listed for longer than a proof may be old before its task runs: a quicker start is not known of AWS (docs/model.md). */
const STARTING = { ...QUICK, pendingMs: 5_000 };

/** A service that gets a task every ten seconds, and loses another one when that has come up. */
async function churn(play: Play, forMs: number): Promise<void> {
  const { deployment } = play;
  const tasks = deployment.start(3);
  for (let ms = 0; ms < forMs; ms += 10_000) {
    tasks.push(...deployment.start(1, { timing: STARTING }));
    await deployment.pass(10_000);
    play.stop(tasks.shift());
  }
}

/** The fault for this share of the calls, always the same ones. */
function share(probability: number, operation: string | undefined, fault: ReturnType<FaultPlan>): FaultPlan {
  const random = new Random(4_711);
  return (name) => (random.chance(probability) && (operation === undefined || operation === name) ? fault : undefined);
}

fault('F13', async (mixed) => {
  let slowestMs = 0;
  for (const operation of [...CALLS, ...WRITES]) {
    for (const probability of [0.1, 0.5, 1]) {
      const play = new Play();
      play.deployment.lambda.startSchedule(MINUTE_MS);
      play.deployment.service.faults = share(probability, operation, { kind: 'throttled' });
      await churn(play, 40_000);
      play.deployment.service.faults = () => undefined;
      slowestMs = Math.max(slowestMs, await play.until(() => play.isInStep, 200_000));
      expect(play.violations).toEqual([]);
    }
  }
  mixed.deployment.lambda.startSchedule(MINUTE_MS);
  mixed.deployment.service.faults = share(0.3, undefined, { kind: 'throttled' });
  await churn(mixed, 600_000);
  mixed.deployment.service.faults = () => undefined;
  slowestMs = Math.max(slowestMs, await mixed.until(() => mixed.isInStep, 200_000));
  await mixed.deployment.pass(1_200_000);
  expect(mixed.deployment.queue.deadLetters).toEqual([]);
  expect(mixed.isInStep).toBe(true);
  expect(slowestMs).toBeLessThanOrEqual(60_000);
  return `0 dead letters, recovered within ${(slowestMs / 1_000).toFixed(1)} s`;
});

fault('F14', async (plain) => {
  await plain.inStep(1);
  let longestMs = 0;
  let returned = 0;
  for (const operation of [...CALLS, ...WRITES]) {
    for (const trouble of [{ kind: 'error', code: 'InternalFailure', status: 500 }, { kind: 'hang' }] as const) {
      const play = new Play();
      const { deployment } = play;
      const [old, gone] = await play.inStep(2, { stoppingMs: 60_000 });
      deployment.service.faults = share(1, operation, trouble);
      // Its events come so late that the removal of its target asks for the lists and the record.
      deployment.deliver = (event) => deployment.clock.after(10_000, () => play.send(event));
      if (gone !== undefined) deployment.account.ecs.crash(gone);
      deployment.start(1);
      play.stop(old);
      await deployment.pass(100_000);
      const { invocations } = play.deployment.lambda;
      expect(invocations.map(({ outcome }) => outcome)).not.toContain('timed out');
      longestMs = Math.max(longestMs, ...invocations.map(({ startedAtMs, endedAtMs = 0 }) => endedAtMs - startedAtMs));
      const isNeeded = operation !== BRAKE;
      expect(play.deployment.queue.length > 0, `${operation} ${trouble.kind} returns messages`).toBe(isNeeded);
      expect(play.isInStep, `${operation} ${trouble.kind} holds something up`).toBe(!isNeeded);
      returned += play.deployment.queue.length;
      play.deployment.service.faults = () => undefined;
      await play.deployment.pass(200_000);
      expect(play.isInStep).toBe(true);
      expect(play.deployment.queue.length).toBe(0);
      expect(play.violations).toEqual([]);
    }
  }
  expect(longestMs).toBeLessThan(30_000);
  return `the longest invocation ${(longestMs / 1_000).toFixed(1)} s; ${returned} messages returned, all done in the end`;
});

fault('F15', async (play) => {
  const { deployment } = play;
  deployment.start(120);
  deployment.start(1, { ipv4: '203.0.113.7' });
  deployment.start(79);
  await deployment.pass(15_000);
  expect(deployment.registered).toHaveLength(199);
  const refused = play.reporters.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'refused'));
  expect(new Set(refused.map(({ subject }) => subject))).toEqual(new Set(['203.0.113.7:8080']));
  return `${deployment.registered.length} of 200 registered by ${play.registers} calls`;
});

fault('F16', async (play) => {
  const { deployment } = play;
  const [old] = await play.inStep(1);
  const lost = new Set(WRITES);
  deployment.service.faults = (operation) => (lost.delete(operation) ? { kind: 'answer lost' } : undefined);
  deployment.start(1);
  play.stop(old);
  await deployment.pass(20_000);
  expect(lost.size).toBe(0);
  expect(play.isInStep).toBe(true);
  expect(deployment.queue.length).toBe(0);
  return `${play.registers} RegisterTargets, ${play.deregisters} DeregisterTargets, no message left`;
});

fault('F17', async (whole) => {
  const tell = async (play: Play, callsLeft: number): Promise<number> => {
    let left = callsLeft;
    let killed = 0;
    play.mayCall = (environment) => {
      left -= 1;
      if (left !== 0) return true;
      killed += 1;
      const { invocations, kill } = { invocations: play.deployment.lambda.invocations, kill: play.deployment.lambda };
      const running = invocations.filter(({ outcome }) => outcome === 'running');
      for (const { runtime } of running.slice(environment, environment + 1)) kill.kill(runtime);
      return false;
    };
    const [old] = await play.inStep(1);
    play.deployment.start(1);
    play.stop(old);
    // One redelivery, and the removal's confirmation after it.
    await play.deployment.pass(400_000);
    expect(play.isInStep, `killed before call ${callsLeft}`).toBe(true);
    expect(play.deployment.queue.length + play.deployment.queue.deadLetters.length).toBe(0);
    expect(play.violations).toEqual([]);
    return killed;
  };
  await tell(whole, Number.POSITIVE_INFINITY);
  const { calls } = whole.deployment;
  let kills = 0;
  for (let call = 1; call <= calls; call += 1) kills += await tell(new Play(), call);
  expect(kills).toBe(calls);
  return `killed before each of ${kills} calls`;
});

fault(
  'F18',
  async (play) => {
    const { deployment } = play;
    deployment.group.quota = 6_000;
    deployment.deliver = () => undefined;
    deployment.start(5_000);
    await deployment.pass(1_000);
    const sizes: number[] = [];
    const register = deployment.account.elb.register.bind(deployment.account.elb);
    deployment.account.elb.register = (group, requests) => {
      sizes.push(requests.length);
      register(group, requests);
    };
    await deployment.schedule();
    const first = deployment.registered.length;
    // That the next run has to go on is no failure, and is told: as a group that is not in step.
    expect(play.reporters.flatMap(({ runs }) => runs)).toMatchObject([{ groups: 1, inStep: 0 }]);
    expect(play.reporters[0]?.runs[0]?.standing?.driftAgeMs).toBeGreaterThan(0);
    expect(new Set(sizes)).toEqual(new Set([200]));
    expect(first % 200).toBe(0);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(5_000);
    let passes = 1;
    for (; deployment.registered.length < 5_000 && passes < 30; passes += 1) await deployment.schedule();
    expect(play.isInStep).toBe(true);
    return `${first} in the first invocation, all in ${passes}`;
  },
  { lambda: { timeoutMs: 15_000 } },
);

fault('F28', async (stopping) => {
  const crashed = new Play();
  const took: string[] = [];
  for (const play of [stopping, crashed]) {
    const { deployment } = play;
    deployment.group.quota = 3;
    deployment.group.deregistrationDelaySeconds = 0;
    const [dead, ...others] = await play.inStep(3, { stoppingMs: 60_000, deprovisioningMs: 60_000 });
    const writes: string[] = [];
    deployment.service.performed = (name) => {
      if (WRITES.includes(name)) writes.push(name);
    };
    if (play === crashed && dead !== undefined) deployment.account.ecs.crash(dead);
    else play.stop(dead);
    const [young] = deployment.start(1);
    const [younger] = deployment.start(1, { timing: { ...QUICK, pendingMs: 100 } });
    const tookMs = await play.until(
      () => deployment.registered.includes(keyOfTask(young)) && young !== undefined && present(young).last === 'RUNNING',
      60_000,
    );
    await deployment.pass(1_000);
    expect(deployment.registered).toEqual([...others, young].map(keyOfTask).sort());
    // The newest task waits, and somebody is told.
    const full = play.reporters.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'full'));
    expect(full.map(({ subject }) => subject)).toContain(keyOfTask(younger));
    expect(writes[0]).toBe('DeregisterTargets');
    expect(play.violations).toEqual([]);
    took.push((tookMs / 1_000).toFixed(1));
  }
  return `room made and filled after ${took[0]} s, where a crash needs the confirmation after ${took[1]} s`;
});
