import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../scripts/cli/report/recorder.ts';
import type { TargetSpan } from '../../../scripts/cli/report/timeline.ts';
import { inProcess } from '../../../scripts/simulator/backends.ts';
import { Deployment } from '../../../scripts/simulator/deployment.ts';

const addressOf = ({ ip, port }: TargetSpan): string => `${ip}:${port}`;

/** A deployment with the function on it, and what a recorder has heard. */
function recorded() {
  const deployment = new Deployment();
  deployment.group.deregistrationDelaySeconds = 5;
  deployment.account.ecs.reuseAfterMs = 1_000;
  const recorder = new Recorder(deployment.service);
  deployment.use(inProcess());
  return { deployment, recorder };
}

describe('the recorder', () => {
  it('knows at every moment the targets that the group had, registered and draining', async () => {
    const { deployment, recorder } = recorded();
    const seen: { atMs: number; registered: readonly string[]; draining: number }[] = [];
    for (let second = 0; second < 40; second += 1) {
      if (second % 8 === 0) deployment.start(3);
      if (second % 8 === 5)
        for (const task of [...deployment.account.ecs.tasks.values()].slice(-2)) deployment.account.ecs.stop(task);
      await deployment.pass(1_000);
      const { registered } = deployment;
      seen.push({ atMs: deployment.clock.now(), registered, draining: deployment.group.targets.size - registered.length });
    }
    const { targets } = recorder.timeline();
    const at = (atMs: number) =>
      targets.filter(({ fromMs, goneMs = Number.POSITIVE_INFINITY }) => fromMs <= atMs && atMs < goneMs);
    for (const { atMs, registered, draining } of seen) {
      const [present, leaving] = [
        at(atMs),
        at(atMs).filter(({ deregisteredMs = Number.POSITIVE_INFINITY }) => deregisteredMs <= atMs),
      ];
      expect(
        present
          .filter((span) => !leaving.includes(span))
          .map(addressOf)
          .sort(),
      ).toEqual(registered);
      expect(leaving).toHaveLength(draining);
    }
    expect(seen.some(({ draining }) => draining > 0)).toBe(true);
    expect(targets.length).toBeGreaterThan(new Set(targets.map(addressOf)).size);
  });

  it('does not know the end of what drains on', async () => {
    const { deployment, recorder } = recorded();
    const [task] = deployment.start(1);
    await deployment.pass(3_000);
    if (task !== undefined) deployment.account.ecs.stop(task);
    await deployment.pass(2_000);
    const [span] = recorder.timeline().targets;
    expect(span?.deregisteredMs).toBeGreaterThan(span?.fromMs ?? 0);
    expect(span?.goneMs).toBeUndefined();
  });

  it('hears of what somebody else has registered when it is told to look', () => {
    const { deployment, recorder } = recorded();
    deployment.account.elb.register(deployment.group, [{ id: '10.0.99.9', port: 80, zone: undefined }]);
    expect(recorder.timeline().targets).toEqual([]);
    recorder.noteTargets();
    recorder.noteTargets();
    expect(recorder.timeline().targets.map(addressOf)).toEqual(['10.0.99.9:80']);
  });

  it('keeps tasks with all of their states, and every call', async () => {
    const { deployment, recorder } = recorded();
    deployment.start(2);
    await deployment.pass(3_000);
    const { tasks, calls, fromMs, toMs } = recorder.timeline();
    expect(tasks.map(({ group, states }) => [group, states.map(({ last }) => last)])).toEqual([
      ['service:app', ['PROVISIONING', 'PENDING', 'RUNNING']],
      ['service:app', ['PROVISIONING', 'PENDING', 'RUNNING']],
    ]);
    expect(calls).toHaveLength(deployment.calls);
    expect(toMs - fromMs).toBe(3_000);
  });

  it('keeps the last word of a finding, and one of each', () => {
    const { recorder } = recorded();
    const finding = { kind: 'foreign', subject: 'a', message: 'old', command: undefined };
    recorder.found(finding);
    recorder.found({ ...finding, subject: 'A' });
    recorder.found({ ...finding, message: 'new' });
    expect(recorder.findings.map(({ subject, message }) => [subject, message])).toEqual([
      ['A', 'old'],
      ['a', 'new'],
    ]);
  });
});
