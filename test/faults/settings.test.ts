/** Binding that is wrong, rights that are taken away, and an hour in which AWS answers nothing. */
import { expect } from 'vitest';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { GROUP } from '../../scripts/simulator/deployment.ts';
import { propertiesOf } from '../../scripts/tools/template/template.ts';
import { fault } from '../support/faults.ts';
import { APP_LINE } from '../support/simulations.ts';

const MINUTE_MS = 60_000;
const OTHER = targetGroupArn('other');

fault(
  'F46',
  async (play) => {
    const { deployment } = play;
    deployment.account.elb.addGroup({ arn: OTHER, port: 9090 });
    deployment.start(2);
    await deployment.pass(3_000);
    expect(play.isInStep).toBe(true);
    const mistakes = play.reporters.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'wrong-line'));
    const told = new Set(mistakes.map(({ message }) => message));
    for (const word of [
      'prot=8080',
      'service=api',
      'port=99999',
      'target-group=nowhere',
      'cluster=test',
      'zone=b',
      'port=8080',
    ]) {
      expect(
        [...told].filter((message) => message.includes(`"${word}"`) || message.includes(` ${word}`)),
        word,
      ).not.toEqual([]);
    }
    for (const message of told) expect(message).toMatch(/expected .*\. This line is left out, and nothing else is\.$/);
    expect(deployment.account.elb.registered(deployment.account.elb.group(OTHER))).toEqual([]);
    return `${told.size} lines named, the good one served`;
  },
  {
    settings: {
      targetGroups: [GROUP, OTHER],
      binding: [
        'target-group=web service=app port=8080',
        'target-group=web service=app port=8080 mode=drain',
        'target-group=other service=app prot=8080',
        'target-group=other service=app service=api port=9090',
        'target-group=other service=app port=99999',
        'target-group=nowhere service=app port=8080',
        'target-group=other cluster=test service=app port=9090',
        'target-group=other service=app port=9090 zone=b',
      ].join('; '),
    },
    moreLines: new Map([[OTHER, [{ ...APP_LINE, port: 9090 }]]]),
  },
);

fault('F47', async (play) => {
  const { deployment } = play;
  const [first] = await play.inStep(2);
  deployment.lambda.startSchedule(MINUTE_MS);
  deployment.service.faults = () => ({ kind: 'error', code: 'AccessDenied', status: 403 });
  const fromMs = deployment.clock.now();
  play.stop(first);
  deployment.start(1);
  await deployment.pass(10 * MINUTE_MS);
  expect(play.deregisters + play.registers).toBe(0);
  expect(play.errors[0]).toContain("that the stack's parameters or a tag cover this resource");
  const failed = deployment.lambda.invocations
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ endedAtMs = 0 }) => endedAtMs - fromMs);
  // The alarm on the function's errors sounds when two of three minutes have one.
  const { DatapointsToAlarm, Period, Threshold } = propertiesOf('FunctionErrorsAlarm');
  expect({ DatapointsToAlarm, Period, Threshold }).toEqual({ DatapointsToAlarm: 2, Period: 60, Threshold: 0 });
  const secondMs = failed[1] ?? Number.POSITIVE_INFINITY;
  expect(secondMs).toBeLessThanOrEqual(2 * MINUTE_MS + 1_000);
  return `0 writes, second failed minute after ${(secondMs / 1_000).toFixed(0)} s`;
});

fault('F48', async (play) => {
  const { deployment } = play;
  deployment.lambda.startSchedule(MINUTE_MS);
  deployment.account.ecs.reuseAfterMs = Number.POSITIVE_INFINITY;
  const tasks = deployment.start(5);
  await deployment.pass(10_000);
  deployment.service.faults = () => ({ kind: 'error', code: 'ServiceUnavailable', status: 503 });
  for (let minute = 0; minute < 60; minute += 1) {
    play.stop(tasks.shift());
    tasks.push(...deployment.start(1));
    await deployment.pass(MINUTE_MS);
  }
  deployment.service.faults = () => undefined;
  // The task that stopped first is just forgotten by ECS: without a proof its target is left to a person, and named.
  const left = (): string[] => deployment.registered.filter((key) => !deployment.serving.includes(key));
  const tookMs = await play.until(
    () => left().length <= 1 && deployment.serving.every((key) => deployment.registered.includes(key)),
    120_000,
  );
  await deployment.pass(MINUTE_MS);
  const named = play.reporters.flatMap(({ findings }) => findings.map(({ subject }) => subject));
  for (const key of left()) expect(named).toContain(key);
  expect(tookMs).toBeLessThanOrEqual(75_000);
  // What was returned to the queue all the while comes again, and finds nothing left to do.
  const writes = play.writes;
  await deployment.pass(30 * MINUTE_MS);
  return `in step ${(tookMs / 1_000).toFixed(1)} s after, ${left().length} forgotten one named, ${play.writes - writes} writes by what came again`;
});
