/** Others who write to the group, and groups, services and clusters that are not what the binding says. */
import { expect } from 'vitest';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { createSimulatedAws } from '../../scripts/simulator/aws-api.ts';
import { settleOnce } from '../../scripts/simulator/clock.ts';
import { CLUSTER, GROUP, parseSettings } from '../../scripts/simulator/deployment.ts';
import { logTo, spawnInProcess } from '../../scripts/simulator/in-process.ts';
import { fault } from '../support/faults.ts';
import { shareOf } from '../support/share.ts';
import { APP_LINE, keyOfTask, Play } from '../support/simulations.ts';

const MINUTE_MS = 60_000;
const MEETINGS_ONE_IN = 7;

interface Meeting {
  readonly apartMs: number;
  readonly slowMs: number;
  readonly isReused: boolean;
}

const OTHER = targetGroupArn('other');
const TWO_GROUPS = {
  settings: {
    targetGroups: [GROUP, OTHER],
    binding: 'target-group=web service=app port=8080; target-group=other service=app port=9090',
  },
  moreLines: new Map([[OTHER, [{ ...APP_LINE, port: 9090 }]]]),
} as const;

fault('F19', async (alone) => {
  await alone.inStep(1);
  // How far apart the two passes begin, and how slow the second one's calls are: every call of the one meets every call of the other.
  const meetings = Array.from({ length: 41 }, (_, step) => 10 * step).flatMap((apartMs) =>
    [5, 20, 45, 90, 200].flatMap((slowMs) => [false, true].map((isReused) => ({ apartMs, slowMs, isReused }))),
  );
  const featuresOf = ({ apartMs, slowMs, isReused }: Meeting) => [`${apartMs} ms apart`, `${slowMs} ms a call, ${isReused}`];
  for (const meeting of shareOf(meetings, MEETINGS_ONE_IN, featuresOf)) await meet(meeting);
  return `${meetings.length} meetings, of which \`npm test\` plays one in ${MEETINGS_ONE_IN}; 0 wrong removals`;
});

/** Two environments and the schedule pass over a group from which one task goes and to which one comes. */
async function meet({ apartMs, slowMs, isReused }: Meeting): Promise<void> {
  const play = new Play();
  const { deployment } = play;
  deployment.account.ecs.reuseAfterMs = isReused ? 0 : 5_000;
  play.latencyMs = (environment) => (environment === 1 ? slowMs : 20);
  const [first] = await play.inStep(2);
  const events = play.keepEvents();
  play.stop(first);
  await deployment.pass(isReused ? 1_050 : 10);
  deployment.start(1);
  await deployment.pass(15);
  deployment.lambda.startSchedule(apartMs);
  const message = (body: unknown) => ({ Records: [{ messageId: 'one', body: JSON.stringify(body) }] });
  deployment.lambda.invoke(message(events[0]));
  await deployment.pass(apartMs);
  deployment.lambda.invoke(message(events.at(-1)));
  await deployment.pass(75_000);
  expect(play.isInStep, `${apartMs} ms apart, ${slowMs} ms a call`).toBe(true);
  expect(play.violations).toEqual([]);
}

fault('F20', async (play) => {
  const { deployment } = play;
  deployment.account.ecs.addService(CLUSTER, 'api');
  const settings = parseSettings({ ...deployment.settings, binding: 'target-group=web service=api port=8080' });
  const { logs } = deployment.account;
  const world = createSimulatedAws(deployment.service, undefined, '/aws/lambda/second');
  const second = spawnInProcess(settings, world, deployment.clock, { log: logTo(logs.sink('/aws/lambda/second', 'one')) });
  const pass = async (): Promise<void> => {
    const done = second.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }, () => 30_000);
    await deployment.schedule();
    await deployment.pass(10_000);
    await done;
  };
  const [app] = deployment.start(2);
  const [api, kept] = deployment.start(2, { group: 'service:api', definition: 'api:1' });
  await deployment.pass(100);
  await pass();
  expect(deployment.registered).toHaveLength(4);
  play.stop(app);
  play.stop(api);
  await deployment.pass(3_000);
  await pass();
  await pass();
  expect(deployment.registered).toEqual([...deployment.serving, keyOfTask(kept)].sort());
  const changes = play.reporters.flatMap((reports) => reports.changes);
  expect(new Set(changes.map(({ because }) => because.binding))).toEqual(new Set(['cluster=prod service=app port=8080']));
  const ours = changes.length;
  return `${ours} changes of the one, ${second.reports.changes.length} of the other, each of its own tasks`;
});

fault('F21', async (play) => {
  const { deployment } = play;
  deployment.lambda.startSchedule(MINUTE_MS);
  deployment.account.elb.register(deployment.group, [
    { id: '10.0.99.99', port: 8080, zone: undefined },
    { id: '10.0.0.5', port: 9999, zone: undefined },
  ]);
  const [first] = await play.inStep(2);
  play.stop(first);
  await deployment.pass(3_600_000);
  expect(deployment.registered).toEqual([...deployment.serving, '10.0.0.5:9999', '10.0.99.99:8080'].sort());
  expect(play.findings).toContain('foreign');
  return `2 of 2 stay for an hour, ${play.deregisters} removal of our own`;
});

fault(
  'F22',
  async (play) => {
    const { deployment } = play;
    deployment.account.elb.addGroup({ arn: OTHER, port: 9090 });
    deployment.lambda.startSchedule(MINUTE_MS);
    const [first] = deployment.start(3);
    await deployment.pass(3_000);
    deployment.account.elb.groups.delete(OTHER);
    play.stop(first);
    await deployment.pass(MINUTE_MS);
    const calls = deployment.calls;
    await deployment.pass(10 * MINUTE_MS);
    expect(play.isInStep).toBe(true);
    const gone = play.reporters.flatMap(({ findings }) =>
      findings.filter(({ kind, subject }) => kind === 'unusable' && subject === 'other'),
    );
    expect(gone.length).toBeGreaterThan(0);
    const aMinute = (deployment.calls - calls) / 10;
    expect(aMinute).toBeLessThanOrEqual(12);
    return `one finding a reading, ${aMinute.toFixed(0)} calls a minute`;
  },
  TWO_GROUPS,
);

fault(
  'F23',
  async (play) => {
    const { deployment } = play;
    deployment.account.elb.addGroup({ arn: OTHER, targetType: 'instance' });
    const ipv6 = new Play(TWO_GROUPS);
    ipv6.deployment.account.elb.addGroup({ arn: OTHER, family: 'ipv6' });
    for (const each of [play, ipv6]) {
      each.deployment.start(2);
      await each.deployment.pass(5_000);
      // What a group cannot take is found when its tasks are listed.
      await each.deployment.schedule();
      expect(each.isInStep).toBe(true);
      expect(each.deployment.account.elb.registered(each.deployment.account.elb.group(OTHER))).toEqual([]);
      expect(each.violations).toEqual([]);
    }
    expect(play.findings).toContain('unusable');
    expect(ipv6.findings).toContain('no-address');
    return `${play.deployment.registered.length} targets in the good group, 0 in the other`;
  },
  TWO_GROUPS,
);

fault('F24', async (play) => {
  const { deployment } = play;
  deployment.group.isUsed = false;
  deployment.start(3);
  await deployment.pass(3_000);
  await deployment.schedule();
  expect(deployment.registered).toHaveLength(3);
  expect(play.told).toContain('Target.NotInUse');
  expect(play.findings).toContain('unused');
  return `${deployment.registered.length} registered, told as Target.NotInUse`;
});

fault('F25', async (cluster) => {
  // A cluster that is gone answers nothing about its tasks, and nothing of them is touched.
  await cluster.inStep(3);
  cluster.deployment.account.ecs.clusters.delete(CLUSTER);
  for (let minute = 0; minute < 5; minute += 1) await cluster.deployment.schedule().catch(settleOnce);
  expect(cluster.deployment.registered).toHaveLength(3);
  expect(cluster.writes).toBe(0);

  const service = new Play();
  const { deployment } = service;
  deployment.lambda.startSchedule(MINUTE_MS);
  const tasks = await service.inStep(3, { stoppingMs: 20_000 });
  const record = deployment.account.ecs.services.get(`${CLUSTER} app`);
  if (record !== undefined) record.status = 'INACTIVE';
  for (const task of tasks.slice(1)) service.stop(task);
  // The list is an answer: ECS does not know the service. What is proved to stop leaves, and what is not stays.
  const tookMs = await service.until(() => deployment.registered.length === 1, 30_000);
  await deployment.pass(5 * MINUTE_MS);
  expect(deployment.registered).toEqual([keyOfTask(tasks[0])]);
  expect(service.violations).toEqual([]);
  return `proved ones leave after ${tookMs} ms, 0 removed by absence`;
});
