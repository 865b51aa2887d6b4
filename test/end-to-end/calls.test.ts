/**
 * What the function costs in calls, on the built bundle, cold starts included. The figures are exact, since time is virtual;
 * those in the README are these. What was promised stands beside each.
 */
import { describe, expect, it } from 'vitest';
import { useBundle } from '../support/bundled.ts';
import { rollingReplacement } from './checks.ts';

/** A batch waits until it is full: the world goes on between batches, as it does when events come one by one. */
const FULL_BATCHES = { windowMs: 20_000 };

describe('calls of the built bundle', () => {
  const bundled = useBundle();

  it('makes 34 for a rolling replacement of 40 by 40 in batches of 10 (promised: 45)', async () => {
    const { deployment } = await bundled({ unfiltered: true, lambda: FULL_BATCHES });
    await rollingReplacement(deployment);
    expect(deployment.calls).toBe(34);
  });

  it('makes 29 for the same in batches of 50 (promised: 30)', async () => {
    const { deployment } = await bundled({ unfiltered: true, lambda: { ...FULL_BATCHES, batchSize: 50 } });
    await rollingReplacement(deployment);
    expect(deployment.calls).toBe(29);
  });

  it('makes 45 for 1,000 tasks that start at once, and loses none (promised: 45)', async () => {
    const { deployment } = await bundled();
    deployment.start(1_000);
    await deployment.pass(30_000);
    expect(deployment.registered).toEqual(deployment.serving);
    expect(deployment.registered).toHaveLength(1_000);
    expect(deployment.calls).toBe(45);
  });

  it('makes none when every event comes again, and one full pass after a cold start', async () => {
    const { deployment } = await bundled();
    const bodies: string[] = [];
    const { deliver } = deployment;
    deployment.deliver = (event) => {
      bodies.push(JSON.stringify(event));
      deliver(event);
    };
    deployment.start(20);
    await deployment.pass(5_000);
    const before = deployment.calls;
    for (const body of bodies) deployment.queue.send(body);
    await deployment.pass(5_000);
    expect(deployment.calls).toBe(before);
    deployment.lambda.coolDown();
    const records = bodies.slice(0, 10).map((body, index) => ({ messageId: `again-${index}`, body }));
    await deployment.invoke({ Records: records });
    // Groups, pause, services and targets: they are as the events would have them.
    expect(deployment.calls).toBe(before + 4);
  });

  it('makes none for events of other services, clusters and sources', async () => {
    const { deployment } = await bundled();
    deployment.start(3, { group: 'service:other' });
    deployment.start(3, { clusterArn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/staging' });
    deployment.queue.send(JSON.stringify({ source: 'aws.ec2', 'detail-type': 'ECS Task State Change', detail: {} }));
    await deployment.pass(5_000);
    expect(deployment.lambda.invocations.length).toBeGreaterThan(0);
    expect(deployment.calls).toBe(0);
  });

  it('makes two a minute for a group in which nothing happens, and three more for what all groups rest on', async () => {
    const { deployment } = await bundled();
    deployment.start(20);
    await deployment.pass(5_000);
    await deployment.schedule();
    const before = deployment.calls;
    await deployment.pass(60_001);
    await deployment.schedule();
    // Targets and list; pause, services and tasks on hold.
    expect(deployment.calls - before).toBe(5);
  });
});
