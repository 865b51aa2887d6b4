/** The built bundle as a hub: its role in two other accounts, taken away and given back, and how often it is assumed. */
import { describe, expect, it } from 'vitest';
import { clusterArn } from '../../scripts/simulator/account.ts';
import { Accounts } from '../../scripts/simulator/accounts.ts';
import { VirtualClock } from '../../scripts/simulator/clock.ts';
import { CLUSTER, type Deployment, type DeploymentOptions, QUICK } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';
import { useBundle } from '../support/bundled.ts';

const NEAR: Home = { id: '222233334444', region: 'eu-west-1' };
const FAR: Home = { id: '333344445555', region: 'us-east-2' };
const ROLE = { name: 'alb-target-sync-spoke', externalId: 'hub-4711' };

function roleArn({ id }: Home): string {
  return `arn:aws:iam::${id}:role/${ROLE.name}`;
}

class Hub {
  readonly deployment: Deployment;
  readonly #accounts: Accounts;

  constructor(deployment: Deployment, accounts: Accounts) {
    this.deployment = deployment;
    this.#accounts = accounts;
    const { tags } = deployment.group;
    tags.set('alb-target-sync', `cluster=${CLUSTER} service=app port=8080`);
    for (const [index, spoke] of [NEAR, FAR].entries()) {
      const { ecs } = accounts.in(spoke).account;
      ecs.network = `10.${index + 1}`;
      ecs.addService(clusterArn('prod', spoke), 'app');
      tags.set(`alb-target-sync:${index}`, `cluster=${clusterArn('prod', spoke)} service=app port=8080`);
      accounts.in(spoke).account.onEvent((event) => this.deployment.deliver(event));
      this.giveRole(spoke);
    }
  }

  giveRole(spoke: Home): void {
    const trusts = ({ accountId }: { readonly accountId: string }): boolean => accountId === HOME.id;
    this.#accounts.sts.addRole({ arn: roleArn(spoke), externalId: ROLE.externalId, trusts });
  }

  revokeRole(spoke: Home): void {
    this.#accounts.sts.roles.delete(roleArn(spoke));
  }

  start(home: Home): TaskRecord {
    const { ecs } = this.#accounts.in(home).account;
    return ecs.start({ clusterArn: clusterArn('prod', home), group: 'service:app', definition: 'app:1', timing: QUICK });
  }

  stop(home: Home, task: TaskRecord): void {
    this.#accounts.in(home).account.ecs.stop(task);
  }

  has(task: TaskRecord): boolean {
    return this.deployment.registered.includes(`${present(task).ipv4}:8080`);
  }

  get sessions(): number {
    return this.deployment.account.calls.get('AssumeRole') ?? 0;
  }
}

describe('the built bundle as a hub of two spokes', () => {
  const bundled = useBundle();

  async function hub(lambda: DeploymentOptions['lambda'] = {}) {
    const accounts = new Accounts(new VirtualClock());
    const settings = { clusters: [], targetGroups: [], binding: '', spokeRole: ROLE };
    const { deployment, backend } = await bundled({ accounts, settings, lambda });
    return { hub: new Hub(deployment, accounts), deployment, backend };
  }

  it('goes on with everybody else where a spoke has taken its role back, says so, and is in step 75 s after it is given again', async () => {
    const { hub: stage, deployment, backend } = await hub();
    deployment.lambda.startSchedule(60_000);
    const first = [HOME, NEAR, FAR].map((home) => stage.start(home));
    await deployment.pass(70_000);
    expect(first.map((task) => stage.has(task))).toEqual([true, true, true]);

    stage.revokeRole(FAR);
    const [ours, near, far] = [HOME, NEAR, FAR].map((home) => stage.start(home));
    if (ours === undefined || near === undefined || far === undefined) return;
    await deployment.pass(5_000);
    expect([ours, near, far].map((task) => stage.has(task))).toEqual([true, true, false]);
    stage.stop(HOME, ours);
    stage.stop(NEAR, near);
    await deployment.pass(180_000);
    // Those of the spoke keep what they had: what is not known of them is no reason to remove anything.
    expect([ours, near, ...first].map((task) => stage.has(task))).toEqual([false, false, true, true, true]);
    const told = JSON.stringify(backend.runtimes.map(({ log }) => log));
    expect(told).toContain(
      `AccessDenied: User: arn:aws:sts::${HOME.id}:assumed-role/sync/sync is not authorized to perform: sts:AssumeRole on resource: ${roleArn(FAR)}`,
    );
    expect(told).toContain('In another account, the role is that of infra/spoke.yaml.');

    stage.giveRole(FAR);
    await deployment.pass(75_000);
    expect(stage.has(far)).toBe(true);
  });

  it('assumes the role of each account every 55 minutes, whatever it reads there', async () => {
    // Each environment has sessions of its own.
    const { hub: stage, deployment } = await hub({ concurrencyMax: 1 });
    deployment.lambda.startSchedule(60_000);
    for (const home of [HOME, NEAR, FAR]) stage.start(home);
    await deployment.pass(60_000);
    expect(stage.sessions).toBe(2);
    const hours = process.env['PLAY_ALL'] === undefined ? 1 : 6;
    await deployment.pass(hours * 3_600_000);
    // Seven in six hours, for two accounts: 27 a day for each of them.
    expect(stage.sessions).toBe(2 * Math.ceil((hours * 60 + 1) / 55));
  });
});
