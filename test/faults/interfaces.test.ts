/** Tasks whose interface is missing, late, of another family, among other attachments, or in another network. */
import { expect } from 'vitest';
import type { JsonObject } from '../../functions/core/json.ts';
import { clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { adoptDetail } from '../../scripts/simulator/adopt.ts';
import { QUICK } from '../../scripts/simulator/deployment.ts';
import { fault } from '../support/faults.ts';
import { ordersOf, Play } from '../support/simulations.ts';

const OUTSIDE = '172.31.7.7';

/** A running task of the service app as ECS tells it, with these attachments. */
function toldTask(index: number, attachments: readonly JsonObject[]): JsonObject {
  const id = index.toString(16).padStart(32, '0');
  return {
    taskArn: `${clusterArn('prod').replace(':cluster/', ':task/')}/${id}`,
    clusterArn: clusterArn('prod'),
    group: 'service:app',
    taskDefinitionArn: clusterArn('prod').replace(/:cluster\/.*/, ':task-definition/app:1'),
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    version: 3,
    startedAt: '2026-01-01T00:00:00Z',
    containers: [],
    attachments,
  };
}

fault('F10', async (play) => {
  const { deployment } = play;
  const { ecs } = deployment.account;
  deployment.lambda.startSchedule(60_000);
  deployment.start(1, { withoutInterface: true });
  const [attaching, addressless] = deployment.start(2);
  await deployment.pass(15);
  for (const task of [attaching, addressless]) if (task !== undefined) ecs.change(task, { interface: 'ATTACHING' });
  if (addressless !== undefined) ecs.change(addressless, { interface: 'ATTACHED', ipv4: undefined });
  await deployment.pass(10_000);
  expect(deployment.registered).toEqual([]);
  // The one is told of again when its interface is there, the other is found by the schedule.
  if (attaching !== undefined) ecs.change(attaching, { interface: 'ATTACHED' });
  const hintMs = await play.until(() => deployment.registered.length === 1, 75_000);
  deployment.deliver = () => undefined;
  if (addressless !== undefined) ecs.change(addressless, { ipv4: '10.0.5.5' });
  const scheduleMs = await play.until(() => deployment.registered.length === 2, 75_000);
  await deployment.pass(70_000);
  expect(deployment.registered).toHaveLength(2);
  expect(play.findings).toContain('no-address');
  return `by hint ${(hintMs / 1_000).toFixed(1)} s, by schedule ${(scheduleMs / 1_000).toFixed(1)} s`;
});

fault('F11', async (ipv4) => {
  const ipv6 = new Play();
  ipv6.deployment.account.elb.addGroup({ arn: targetGroupArn('web'), family: 'ipv6' });
  const counts: string[] = [];
  for (const play of [ipv4, ipv6]) {
    const { deployment } = play;
    deployment.start(1, { ipv6: 'fd00::5' });
    deployment.start(1, { ipv4: '10.0.7.7', ipv6: 'fd00::6' });
    deployment.start(1);
    await deployment.pass(5_000);
    await deployment.schedule();
    const group = deployment.account.elb.group(targetGroupArn('web'));
    counts.push(deployment.account.elb.registered(group).join(' and '));
    expect(play.findings).toContain('no-address');
    expect(play.violations).toEqual([]);
  }
  return counts.join('; ');
});

fault('F12', async (play) => {
  const { deployment } = play;
  const others: readonly JsonObject[] = [
    { id: 'sdi', type: 'ServiceDiscovery', status: 'ATTACHED', details: [{ name: 'privateIPv4Address', value: '10.0.66.1' }] },
    {
      id: 'elb',
      type: 'ElasticLoadBalancing',
      status: 'ATTACHED',
      details: [{ name: 'privateIPv4Address', value: '10.0.66.2' }],
    },
    {
      id: 'sc',
      type: 'Service Connect',
      status: 'ATTACHED',
      details: [{ name: 'ContainerName', value: 'ecs-service-connect-x' }],
    },
  ];
  const eni = (index: number): JsonObject => ({
    id: 'eni',
    type: 'eni',
    status: 'ATTACHED',
    details: [{ name: 'privateIPv4Address', value: `10.0.8.${index}` }],
  });
  const orders = ordersOf([0, 1, 2, 3]);
  for (const [index, order] of orders.entries()) {
    const attachments = [...others, eni(index + 4)];
    adoptDetail(
      deployment.account,
      toldTask(
        index,
        order.flatMap((each) => attachments.slice(each, each + 1)),
      ),
    );
  }
  await deployment.schedule();
  expect(deployment.registered).toEqual(orders.map((_, index) => `10.0.8.${index + 4}:8080`).sort());
  return `${deployment.registered.length} orders`;
});

fault('F26', async (without) => {
  const withZone = new Play({ settings: { binding: 'target-group=web service=app port=8080 zone=all' } });
  for (const play of [without, withZone]) {
    play.deployment.start(1, { ipv4: OUTSIDE, timing: QUICK });
    await play.deployment.pass(10_000);
    expect(play.violations).toEqual([]);
  }
  for (const { deployment } of [without, withZone]) {
    expect(deployment.registered).toEqual([`${OUTSIDE}:8080`]);
    expect([...deployment.group.targets.values()]).toEqual([expect.objectContaining({ zone: 'all' })]);
  }
  expect(without.findings).toEqual([]);
  return `without zone=all ${without.registers} calls, with it ${withZone.registers}`;
});

fault('F27', async (play) => {
  const { deployment } = play;
  deployment.lambda.startSchedule(60_000);
  deployment.start(1, { ipv4: '8.8.8.8' });
  deployment.start(2);
  await deployment.pass(5_000);
  expect(deployment.registered).toHaveLength(2);
  expect(play.findings).toContain('refused');
  const early = play.registers;
  await deployment.pass(600_000);
  // It is tried again, ever more seldom, since a person may have changed the group.
  return `the rest is in; ${play.registers - early} more tries in ten minutes`;
});
