/** What we rely on of targets: their identity, their states, how they leave. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, each, objectsIn, only, refused, sameMembers, upTo } from './check.ts';
import type { Scene } from './scene.ts';

const REGISTER = 'ELB API reference, RegisterTargets';
const DEREGISTER = 'ELB API reference, DeregisterTargets';
const HEALTH = 'ELB API reference, TargetHealth';
const TARGET = 'ELB API reference, TargetDescription';

function target(scene: Scene, index: number, port = 8080): JsonObject {
  return { ...withoutPort(scene, index), Port: port };
}

function withoutPort({ network }: Scene, index: number): JsonObject {
  return { Id: network.inside(index) };
}

function key({ network }: Scene, index: number, port = 8080): string {
  return `${network.inside(index)}:${port}`;
}

async function register({ call }: Scene, group: string, ...targets: readonly JsonObject[]): Promise<void> {
  await call('RegisterTargets', { TargetGroupArn: group, Targets: targets });
}

async function deregister({ call }: Scene, group: string, ...targets: readonly JsonObject[]): Promise<void> {
  await call('DeregisterTargets', { TargetGroupArn: group, Targets: targets });
}

async function healths({ call }: Scene, group: string, Targets?: readonly JsonObject[]): Promise<readonly JsonObject[]> {
  const input = { TargetGroupArn: group, ...(Targets === undefined ? {} : { Targets }) };
  return objectsIn(await call('DescribeTargetHealth', input), 'TargetHealthDescriptions');
}

/** Once the first health checks are over, or a minute has passed. */
async function checkedHealths(scene: Scene, group: string): Promise<readonly JsonObject[]> {
  for (const _ of upTo(60)) {
    const all = await healths(scene, group);
    if (!each(all, 'TargetHealth', 'State').includes('initial')) return all;
    await scene.pass(1);
  }
  return healths(scene, group);
}

function keysOf(descriptions: readonly JsonObject[]): readonly string[] {
  const ids = each(descriptions, 'Target', 'Id');
  return each(descriptions, 'Target', 'Port').map((port, index) => `${ids[index]}:${port}`);
}

/** Those that take traffic: not the draining ones. */
async function registered(scene: Scene, group: string): Promise<readonly string[]> {
  const all = await healths(scene, group);
  const states = each(all, 'TargetHealth', 'State');
  return keysOf(all.filter((_, index) => states[index] !== 'draining'));
}

const IDENTITY: readonly Check[] = [
  {
    name: 'RegisterTargets: one address on two ports is two targets',
    source: `${TARGET}: registered several times with different ports`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1, 8080), target(scene, 1, 8081));
      sameMembers(await registered(scene, group), [key(scene, 1), key(scene, 1, 8081)]);
    },
  },
  {
    name: 'RegisterTargets: without a port, the port of the group is taken',
    source: `${TARGET}, Port`,
    run: async (scene) => {
      const group = await scene.addGroup({ port: 9090 });
      await register(scene, group, withoutPort(scene, 1));
      assert.deepEqual(await registered(scene, group), [key(scene, 1, 9090)]);
    },
  },
  {
    name: 'RegisterTargets: registering once more changes nothing',
    source: REGISTER,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1));
      await register(scene, group, target(scene, 1), target(scene, 2));
      sameMembers(await registered(scene, group), [key(scene, 1), key(scene, 2)]);
    },
  },
  {
    name: 'RegisterTargets: takes the first and the last port',
    source: `${TARGET}, Port: 1-65535`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1, 1), target(scene, 2, 65_535));
      sameMembers(await registered(scene, group), [key(scene, 1, 1), key(scene, 2, 65535)]);
    },
  },
  {
    name: 'RegisterTargets: the zone "all" is taken, and comes back',
    source: `${TARGET}, AvailabilityZone`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, { Id: scene.network.outside(1), Port: 8080, AvailabilityZone: 'all' });
      assert.deepEqual(each(await healths(scene, group), 'Target', 'AvailabilityZone'), ['all']);
    },
  },
  {
    name: 'DeregisterTargets: a target that nobody registered is no error',
    source: `${DEREGISTER}: the action completes successfully`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1));
      await deregister(scene, group, target(scene, 2));
      assert.deepEqual(await registered(scene, group), [key(scene, 1)]);
    },
  },
  {
    name: 'DeregisterTargets: takes the one with the port and leaves its neighbour',
    source: `${DEREGISTER}: a port override must be named`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1, 8080), target(scene, 1, 8081));
      await deregister(scene, group, target(scene, 1, 8081));
      assert.deepEqual(await registered(scene, group), [key(scene, 1)]);
    },
  },
  {
    name: 'DeregisterTargets: without a port, a target on another port than the group stays',
    source: 'observed: chaostoolkit-incubator/chaostoolkit-aws#60, aws/aws-sdk-js#1964',
    run: async (scene) => {
      const group = await scene.addGroup({ port: 80 });
      await register(scene, group, target(scene, 1, 8080));
      await deregister(scene, group, withoutPort(scene, 1));
      assert.deepEqual(await registered(scene, group), [key(scene, 1)]);
    },
  },
  {
    name: 'DeregisterTargets: without a port, the one on the port of the group leaves',
    source: DEREGISTER,
    run: async (scene) => {
      const group = await scene.addGroup({ port: 80 });
      await register(scene, group, target(scene, 1, 80));
      await deregister(scene, group, withoutPort(scene, 1));
      assert.deepEqual(await registered(scene, group), []);
    },
  },
];

const STATES: readonly Check[] = [
  {
    name: 'DescribeTargetHealth: before its first health check, a target is initial',
    source: `${HEALTH}: Elb.RegistrationInProgress or Elb.InitialHealthChecking`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1));
      const [state] = each(await healths(scene, group), 'TargetHealth');
      assert.equal(each([{ state }], 'state', 'State')[0], 'initial');
      assert.match(String(each([{ state }], 'state', 'Reason')[0]), /^Elb\.(RegistrationInProgress|InitialHealthChecking)$/);
    },
  },
  {
    name: 'DescribeTargetHealth: a target of a group that no listener uses is unused, Target.NotInUse',
    source: `${HEALTH}, Target.NotInUse`,
    run: async (scene) => {
      const group = await scene.addGroup({ used: false });
      await register(scene, group, target(scene, 1));
      const all = await healths(scene, group);
      assert.deepEqual(each(all, 'TargetHealth', 'State'), ['unused']);
      assert.deepEqual(each(all, 'TargetHealth', 'Reason'), ['Target.NotInUse']);
    },
  },
  {
    name: 'DescribeTargetHealth: a target that answers becomes healthy, and then has no reason',
    source: `${HEALTH}: if the state is healthy, no reason is given`,
    run: async (scene) => {
      const group = await scene.addGroup();
      const [arn] = await scene.run(1);
      const answer = await scene.call('DescribeTasks', { cluster: scene.cluster, tasks: [arn] });
      const details = objectsIn(only(only(answer, 'tasks'), 'attachments'), 'details');
      const Id = details.find(({ name }) => name === 'privateIPv4Address')?.['value'];
      await register(scene, group, { Id, Port: 8080 });
      const all = await checkedHealths(scene, group);
      assert.deepEqual(each(all, 'TargetHealth', 'State'), ['healthy']);
      assert.equal(each(all, 'TargetHealth', 'Reason')[0], undefined);
    },
  },
  {
    name: 'DescribeTargetHealth: a target that does not answer becomes unhealthy, and stays registered',
    source: `${HEALTH}, Target.Timeout, Target.FailedHealthChecks`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 201));
      const all = await checkedHealths(scene, group);
      assert.deepEqual(each(all, 'TargetHealth', 'State'), ['unhealthy']);
      assert.match(String(each(all, 'TargetHealth', 'Reason')[0]), /^Target\./);
    },
  },
  {
    name: 'DescribeTargetHealth: a deregistered target is draining, Target.DeregistrationInProgress',
    source: `${HEALTH}, Target.DeregistrationInProgress`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1), target(scene, 2));
      await deregister(scene, group, target(scene, 1));
      const all = await healths(scene, group);
      const draining = all.filter((_, index) => each(all, 'TargetHealth', 'State')[index] === 'draining');
      assert.deepEqual(keysOf(draining), [key(scene, 1)]);
      assert.deepEqual(each(draining, 'TargetHealth', 'Reason'), ['Target.DeregistrationInProgress']);
    },
  },
  {
    name: 'DescribeTargetHealth: once the delay is over, a deregistered target is gone',
    source: 'ELB guide, Deregistration delay',
    run: async (scene) => {
      const group = await scene.addGroup({ delaySeconds: 1 });
      await register(scene, group, target(scene, 1), target(scene, 2));
      await deregister(scene, group, target(scene, 1));
      await scene.pass(2);
      assert.deepEqual(keysOf(await healths(scene, group)), [key(scene, 2)]);
    },
  },
  {
    name: 'DescribeTargetHealth: without targets named, an empty group has an empty list',
    source: 'ELB API reference, DescribeTargetHealth',
    run: async (scene) => assert.deepEqual(await healths(scene, await scene.addGroup()), []),
  },
  {
    name: 'DescribeTargetHealth: named targets come alone',
    source: 'ELB API reference, DescribeTargetHealth, Targets',
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1), target(scene, 2));
      assert.deepEqual(keysOf(await healths(scene, group, [target(scene, 2)])), [key(scene, 2)]);
    },
  },
  {
    name: 'DescribeTargetHealth: a named target that is not registered is unused, Target.NotRegistered',
    source: `${HEALTH}, Target.NotRegistered`,
    run: async (scene) => {
      const all = await healths(scene, await scene.addGroup(), [target(scene, 2)]);
      assert.deepEqual(each(all, 'TargetHealth', 'State'), ['unused']);
      assert.deepEqual(each(all, 'TargetHealth', 'Reason'), ['Target.NotRegistered']);
    },
  },
  {
    name: 'DescribeTargetHealth: tells the zone of a target for which none was given',
    source: `${TARGET}, AvailabilityZone: detected inside the VPC`,
    run: async (scene) => {
      const group = await scene.addGroup();
      const [arn] = await scene.run(1);
      const answer = await scene.call('DescribeTasks', { cluster: scene.cluster, tasks: [arn] });
      const details = objectsIn(only(only(answer, 'tasks'), 'attachments'), 'details');
      await register(scene, group, { Id: details.find(({ name }) => name === 'privateIPv4Address')?.['value'], Port: 8080 });
      assert.match(String(each(await healths(scene, group), 'Target', 'AvailabilityZone')[0]), /^[a-z]{2}-[a-z]+-\d[a-z]$/);
    },
  },
  {
    name: 'DescribeTargetHealth: HealthCheckPort is the port, not the word traffic-port',
    source: 'ELB API reference, TargetHealthDescription, HealthCheckPort',
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, target(scene, 1));
      assert.deepEqual(each(await healths(scene, group), 'HealthCheckPort'), ['8080']);
    },
  },
];

const SIZES: readonly Check[] = [
  {
    name: 'DescribeTargetHealth: a whole group comes in one answer, however large',
    source: 'ELB API reference, DescribeTargetHealth: no marker, no page size',
    run: async (scene) => {
      const group = await scene.addGroup();
      await register(scene, group, ...upTo(200).map((index) => target(scene, index)));
      await register(scene, group, ...upTo(50).map((index) => target(scene, 200 + index)));
      assert.equal((await healths(scene, group)).length, 250);
    },
  },
  {
    name: 'RegisterTargets: the 1,001st target is TooManyTargets, and none of its call is registered',
    source: 'ELB guide, Quotas: 1,000 targets per target group',
    run: async (scene) => {
      const group = await scene.addGroup();
      for (const hundred of upTo(5)) {
        await register(scene, group, ...upTo(200).map((index) => target(scene, (hundred - 1) * 200 + index)));
      }
      await refused(
        scene,
        'RegisterTargets',
        { TargetGroupArn: group, Targets: [target(scene, 1_001), target(scene, 1_002)] },
        'TooManyTargets',
      );
      assert.equal((await healths(scene, group)).length, 1_000);
    },
  },
  {
    name: 'RegisterTargets: of more writes at once than the bucket holds, some are throttled',
    source: 'ELB guide, Request throttling for the ELB API: 20 at once, 4 a second',
    run: async (scene) => {
      const group = await scene.addGroup();
      const writes = upTo(40).map(() => register(scene, group, target(scene, 1)));
      const results = await Promise.allSettled(writes);
      const refusals = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
      assert.ok(refusals.length > 0 && refusals.length < 40, `${refusals.length} of 40 were refused`);
      for (const refusal of refusals) assert.match(refusal, /Throttling/);
    },
  },
];

export const TARGET_CHECKS: readonly Check[] = [...IDENTITY, ...STATES, ...SIZES];
