/** A hub with two spokes in two regions: roles between them, events from one bus to the other, and a door for all. */
import * as ecs from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, it } from 'vitest';
import { clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { Accounts } from '../../scripts/simulator/accounts.ts';
import { VirtualClock } from '../../scripts/simulator/clock.ts';
import { Deployment, QUICK } from '../../scripts/simulator/deployment.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';
import { HttpDoor } from '../../scripts/simulator/http.ts';

const IRELAND: Home = { id: '222233334444', region: 'eu-west-1' };
const OHIO: Home = { id: '333344445555', region: 'us-east-2' };
const SPOKES = [IRELAND, OHIO] as const;

function roleArn({ id }: Home): string {
  return `arn:aws:iam::${id}:role/alb-target-sync-spoke`;
}

class Hub {
  readonly clock = new VirtualClock();
  readonly accounts = new Accounts(this.clock);
  readonly hub = this.accounts.in(HOME);
  readonly door = new HttpDoor(this.accounts.find);
  endpoint = '';

  async open(): Promise<this> {
    this.endpoint = await this.door.open();
    for (const spoke of SPOKES) {
      this.accounts.sts.addRole({
        arn: roleArn(spoke),
        externalId: 'hub-4711',
        trusts: ({ accountId }) => accountId === HOME.id,
      });
      const { account } = this.accounts.in(spoke);
      account.ecs.addService(clusterArn('prod', spoke), 'app');
      account.ecs.start({ clusterArn: clusterArn('prod', spoke), group: 'service:app', definition: 'app:1', timing: QUICK });
    }
    this.pass(1_000);
    return this;
  }

  pass(milliseconds: number): void {
    const untilMs = this.clock.now() + milliseconds;
    while (this.clock.step(untilMs));
    this.clock.jump(untilMs);
  }

  options(region: string, key = { accessKeyId: 'hub', secretAccessKey: 'hub' }) {
    return { endpoint: this.endpoint, region, credentials: key, maxAttempts: 1 };
  }

  async assume(spoke: Home, ExternalId = 'hub-4711') {
    const command = new AssumeRoleCommand({
      RoleArn: roleArn(spoke),
      RoleSessionName: 'sync',
      ExternalId,
      DurationSeconds: 900,
    });
    const { Credentials } = await new STSClient(this.options(HOME.region)).send(command);
    return {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
  }

  async tasksOf(spoke: Home, key: Awaited<ReturnType<Hub['assume']>>): Promise<readonly string[]> {
    const client = new ecs.ECSClient(this.options(spoke.region, key));
    return (await client.send(new ecs.ListTasksCommand({ cluster: 'prod' }))).taskArns ?? [];
  }
}

describe('a hub with spokes', () => {
  const hubs: Hub[] = [];
  const open = async (): Promise<Hub> => {
    const hub = await new Hub().open();
    hubs.push(hub);
    return hub;
  };
  afterEach(async () => {
    for (const { door } of hubs.splice(0)) await door.close();
  });

  it('reads the tasks of each spoke by its role, in its region, and of no other', async () => {
    const hub = await open();
    for (const spoke of SPOKES) {
      const arns = await hub.tasksOf(spoke, await hub.assume(spoke));
      expect(arns).toHaveLength(1);
      expect(arns[0]).toContain(`:${spoke.region}:${spoke.id}:task/prod/`);
    }
    const own = new ecs.ECSClient(hub.options(HOME.region)).send(new ecs.ListTasksCommand({ cluster: 'prod' }));
    await expect(own).rejects.toThrow(expect.objectContaining({ name: 'ClusterNotFoundException' }));
  });

  it('finds no account where a key has none in the region', async () => {
    const hub = await open();
    const key = await hub.assume(IRELAND);
    await expect(hub.tasksOf({ ...IRELAND, region: 'us-east-2' }, key)).rejects.toThrow('security token');
  });

  it('is denied by a wrong external ID, and by a role that does not trust it', async () => {
    const hub = await open();
    const denied = expect.objectContaining({ name: 'AccessDenied', message: expect.stringContaining(roleArn(OHIO)) });
    await expect(hub.assume(OHIO, 'hub-4712')).rejects.toThrow(denied);
    const role = hub.accounts.sts.roles.get(roleArn(OHIO));
    if (role !== undefined) role.trusts = () => false;
    await expect(hub.assume(OHIO)).rejects.toThrow(denied);
    await expect(hub.assume(IRELAND)).resolves.toBeDefined();
  });

  it('is refused once its credentials have expired, to the second', async () => {
    const hub = await open();
    const key = await hub.assume(IRELAND);
    hub.pass(899_999);
    expect(await hub.tasksOf(IRELAND, key)).toHaveLength(1);
    hub.pass(1);
    await expect(hub.tasksOf(IRELAND, key)).rejects.toThrow(expect.objectContaining({ name: 'ExpiredTokenException' }));
  });

  it('a function, being a role itself, gets an hour of another role at most', async () => {
    const hub = await open();
    const role = hub.accounts.sts.addRole({ arn: 'arn:aws:iam::222233334444:role/long', sessionSecondsMax: 43_200 });
    const assume = (DurationSeconds: number) =>
      hub.hub.perform('AssumeRole', { RoleArn: role.arn, RoleSessionName: 'sync', DurationSeconds });
    expect(() => assume(3_600)).not.toThrow();
    expect(() => assume(3_601)).toThrow('exceeds the 1 hour session limit for roles assumed by role chaining');
  });

  it('gives a user as long as the role allows, and no second more', async () => {
    const { accounts } = await open();
    const role = accounts.sts.addRole({ arn: 'arn:aws:iam::222233334444:role/long', sessionSecondsMax: 7_200 });
    const user = { arn: `arn:aws:iam::${HOME.id}:user/operator`, accountId: HOME.id };
    const assume = (seconds: number) =>
      accounts.sts.assume(user, { roleArn: role.arn, sessionName: 'look', externalId: undefined, seconds });
    expect(() => assume(7_200)).not.toThrow();
    expect(() => assume(7_201)).toThrow('exceeds the MaxSessionDuration set for this role');
  });

  it('loses one spoke when its role is deleted, and no other', async () => {
    const hub = await open();
    const [ireland, ohio] = [await hub.assume(IRELAND), await hub.assume(OHIO)];
    hub.accounts.sts.roles.delete(roleArn(OHIO));
    await expect(hub.tasksOf(OHIO, ohio)).rejects.toThrow(expect.objectContaining({ name: 'UnrecognizedClientException' }));
    expect(await hub.tasksOf(IRELAND, ireland)).toHaveLength(1);
  });

  it('has buckets of its own for each account and region', async () => {
    const hub = await open();
    for (let count = 0; count < 100; count += 1) hub.accounts.in(IRELAND).perform('ListTasks', { cluster: 'prod' });
    expect(() => hub.accounts.in(IRELAND).perform('ListTasks', { cluster: 'prod' })).toThrow('Rate exceeded');
    expect(() => hub.accounts.in(OHIO).perform('ListTasks', { cluster: 'prod' })).not.toThrow();
  });

  it('may be what a deployment runs in', () => {
    const accounts = new Accounts(new VirtualClock());
    const deployment = new Deployment({ accounts });
    deployment.start(1);
    expect(accounts.in(HOME).account.ecs.tasks.size).toBe(1);
    expect([...accounts.in(OHIO).account.ecs.tasks]).toEqual([]);
    expect(accounts.find({ accessKeyId: 'simulated', region: HOME.region })).toBe(deployment.service);
  });

  it('hears of tasks of a spoke through the rule that forwards them, and of those that the rule lets through alone', async () => {
    const hub = await open();
    const heard: string[] = [];
    hub.hub.account.bus.rules.push({ matches: () => true, target: (event) => heard.push(`${event.account} ${event.region}`) });
    for (const spoke of SPOKES) {
      hub.accounts.forward(
        spoke,
        HOME,
        ({ detail }) => detail['lastStatus'] === 'RUNNING',
        () => 200,
      );
      const { account } = hub.accounts.in(spoke);
      account.ecs.start({ clusterArn: clusterArn('prod', spoke), group: 'service:app', definition: 'app:1', timing: QUICK });
    }
    hub.pass(219);
    expect(heard).toEqual([]);
    hub.pass(1);
    expect(heard).toEqual(SPOKES.map(({ id, region }) => `${id} ${region}`));
  });

  it('takes no event of an account that its bus does not let in', async () => {
    const hub = await open();
    const heard: unknown[] = [];
    const { bus } = hub.hub.account;
    bus.rules.push({ matches: () => true, target: (event) => heard.push(event) });
    const spoke = hub.accounts.in(OHIO).account;
    spoke.bus.rules.push({ matches: () => true, target: bus });
    spoke.ecs.start({ clusterArn: clusterArn('prod', OHIO), group: 'service:app', definition: 'app:1', timing: QUICK });
    expect(heard).toEqual([]);
    expect(spoke.bus.refused).toHaveLength(1);
    bus.accepts = (accountId) => accountId === OHIO.id;
    hub.pass(1_000);
    expect(heard.length).toBeGreaterThan(0);
  });

  it('hands an event of one spoke on to no third account', async () => {
    const hub = await open();
    const heard: unknown[] = [];
    hub.accounts.forward(OHIO, HOME, () => true);
    hub.accounts.forward(HOME, IRELAND, () => true);
    hub.accounts.in(IRELAND).account.bus.rules.push({ matches: () => true, target: (event) => heard.push(event) });
    const { ecs: tasks } = hub.accounts.in(OHIO).account;
    tasks.start({ clusterArn: clusterArn('prod', OHIO), group: 'service:app', definition: 'app:1', timing: QUICK });
    hub.pass(1_000);
    expect(heard).toEqual([]);
    hub.hub.perform('PutEvents', { Entries: [{ Source: 'hub', DetailType: 'own', Detail: '{}' }] });
    expect(heard).toHaveLength(1);
  });

  it('is refused a write by its policies in the words of the service, with action, caller and group', async () => {
    const opened = await open();
    const { hub } = opened;
    const arn = targetGroupArn('web');
    const group = hub.account.elb.addGroup({ arn });
    const client = new ElasticLoadBalancingV2Client(opened.options(HOME.region));
    const command = new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id: '10.0.0.5', Port: 8080 }] });
    hub.allows = ({ action }) => action !== 'elasticloadbalancing:RegisterTargets';
    await expect(client.send(command)).rejects.toThrow(
      expect.objectContaining({
        name: 'AccessDenied',
        message: expect.stringContaining(
          `User: arn:aws:sts::${HOME.id}:assumed-role/sync/sync is not authorized to perform: elasticloadbalancing:RegisterTargets on resource: ${arn}`,
        ),
      }),
    );
    hub.allows = () => true;
    await client.send(command);
    expect(hub.account.elb.registered(group)).toEqual(['10.0.0.5:8080']);
  });
});
