/** Cloud Map services that are gone, lag, or were made anew: the group never suffers from them. */
import { expect } from 'vitest';
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import { QUICK } from '../../scripts/simulator/deployment.ts';
import { fault } from '../support/faults.ts';
import type { Play } from '../support/simulations.ts';

const MINUTE_MS = 60_000;
const MYSQL = cloudMapServiceArn('mysql');
const CHECKED = { settings: { cloudMapServices: [MYSQL] } } as const;

/** The bound Cloud Map service, in which ECS keeps the tasks of the service app. */
function keepService({ deployment }: Play) {
  const service = deployment.account.cloudMap.addService(MYSQL, 'mysql');
  service.tags.set('alb-target-sync', 'service=app');
  deployment.account.keepInstances('service:app', service);
  deployment.lambda.startSchedule(MINUTE_MS);
  return service;
}

fault(
  'F41',
  async (play) => {
    const { deployment } = play;
    const service = keepService(play);
    deployment.start(2);
    await deployment.pass(2 * MINUTE_MS);
    deployment.account.cloudMap.services.delete(service.id);
    const [task] = deployment.start(2);
    await deployment.pass(5_000);
    play.stop(task);
    await deployment.pass(3 * MINUTE_MS);
    expect(play.isInStep).toBe(true);
    expect(deployment.registered).toHaveLength(3);
    expect(play.errors).toEqual([]);
    const told = play.reporters.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'unusable'));
    expect(new Set(told.map(({ subject }) => subject))).toEqual(new Set([MYSQL]));
    expect(told[0]?.message).toContain("take it out of the stack's parameter CloudMapServiceArns");
    const perMinute = told.length / 3;
    expect(perMinute).toBeLessThanOrEqual(2);
    return `the group in step, told ${perMinute.toFixed(0)} times a minute`;
  },
  CHECKED,
);

fault(
  'F42',
  async (play) => {
    const { deployment } = play;
    const service = keepService(play);
    const [early, lost] = deployment.start(2);
    await deployment.pass(90_000);
    // The list lacks the one for some seconds only, the other for good.
    const kept = early && service.instances.get(early.id);
    for (const task of [early, lost]) if (task !== undefined) service.instances.delete(task.id);
    deployment.clock.after(6_000, () => {
      if (kept !== undefined) service.instances.set(kept.id, kept);
    });
    await deployment.schedule();
    const missing = play.reporters.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'missing'));
    expect(missing.map(({ subject }) => subject)).toEqual([lost?.arn]);
    return '2 missing in the first look, 1 of them in the second: 1 finding';
  },
  CHECKED,
);

fault(
  'F43',
  async (play) => {
    const { deployment } = play;
    const service = keepService(play);
    deployment.start(3, { timing: QUICK });
    await deployment.pass(130_000);
    expect(play.findings).not.toContain('missing');
    // Made anew under its old id: the tags are put back, and of the running tasks ECS writes none again.
    deployment.account.cloudMap.services.delete(service.id);
    deployment.account.cloudMap.addService(MYSQL, 'mysql').tags.set('alb-target-sync', 'service=app');
    const foundMs = await play.until(() => play.findings.includes('missing'), 180_000);
    await deployment.pass(5_000);
    const missing = play.reporters.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'missing'));
    expect(new Set(missing.map(({ subject }) => subject)).size).toBe(3);
    expect(foundMs).toBeLessThanOrEqual(120_000);
    return `3 of 3 found after ${(foundMs / 1_000).toFixed(1)} s`;
  },
  CHECKED,
);
