/**
 * More groups than one call of ELB describes, and one ARN that is of no use beside three that are: on the built bundle, over HTTP. In
 * process, every kind of ARN is played in test/faults/isolation and test/app.
 */
import { describe, expect, it } from 'vitest';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { CLUSTER, type Deployment, QUICK } from '../../scripts/simulator/deployment.ts';
import { present } from '../../scripts/simulator/ecs.ts';
import { keyOf } from '../../scripts/simulator/elb.ts';
import { type BundledDeployment, useBundle } from '../support/bundled.ts';
import { shareOf } from '../support/share.ts';

const BAD = targetGroupArn('bad');
const NOT_HERE = 'it has to be of the region and account of this stack';
const NO_GROUP = 'expected a target group ARN such as arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/';
const LOAD_BALANCER = BAD.replace(/targetgroup.*/, 'loadbalancer/app/bad/0123456789abcdef');

/** Each way in which an ARN can be bad, and what is said of it. */
const BAD_ARNS: readonly {
  readonly kind: string;
  readonly arn: string;
  readonly message: string;
  readonly targetType?: string;
}[] = [
  { kind: 'of another region', arn: BAD.replace('eu-west-1', 'eu-central-1'), message: NOT_HERE },
  { kind: 'of another account', arn: BAD.replace('111122223333', '444455556666'), message: NOT_HERE },
  { kind: 'of another partition', arn: BAD.replace('arn:aws:', 'arn:aws-cn:'), message: NOT_HERE },
  { kind: 'of a deleted group', arn: BAD, message: 'does not exist. Create it, or take it out' },
  { kind: 'that is malformed', arn: BAD.replace(/\/[0-9a-f]+$/, ''), message: NO_GROUP },
  { kind: 'of a load balancer', arn: LOAD_BALANCER, message: NO_GROUP },
  {
    kind: 'of a listener',
    arn: LOAD_BALANCER.replace('loadbalancer', 'listener').concat('/0123456789abcdef'),
    message: NO_GROUP,
  },
  {
    kind: 'of a group of type instance',
    arn: BAD,
    message: 'has target type "instance"; expected "ip"',
    targetType: 'instance',
  },
  { kind: 'of a group of type lambda', arn: BAD, message: 'has target type "lambda"; expected "ip"', targetType: 'lambda' },
];

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `g${index}`);
}

function linesOf(names: readonly string[]): string {
  return names.map((name) => `target-group=${name} service=${name} port=8080`).join('; ');
}

/** Groups and services of these names. */
function addGroups({ account }: Deployment, names: readonly string[]): void {
  for (const name of names) {
    account.elb.addGroup({ arn: targetGroupArn(name) });
    account.ecs.addService(CLUSTER, name);
  }
}

/** Tasks start in each group and one stops, first with their events, then without: every group is in step each time. */
async function expectInStep({ deployment }: BundledDeployment, names: readonly string[]): Promise<void> {
  const { ecs } = deployment.account;
  const change = (): void => {
    for (const name of names) {
      const spec = { clusterArn: CLUSTER, group: `service:${name}`, definition: `${name}:1`, timing: QUICK };
      const [oldest] = runningOf(deployment, name);
      for (let count = 2; count > 0; count -= 1) ecs.start(spec);
      if (oldest !== undefined) ecs.stop(oldest);
    }
  };
  // Its run before the last change has ended by then, and the next begins 45 s after it.
  deployment.lambda.startSchedule(45_000);
  change();
  await deployment.pass(60_000);
  expectGroups(deployment, names, 2);
  change();
  await deployment.pass(60_000);
  expectGroups(deployment, names, 3);
  deployment.deliver = () => undefined;
  change();
  await deployment.pass(75_000);
  expectGroups(deployment, names, 4);
}

function runningOf({ account }: Deployment, name: string) {
  const tasks = [...account.ecs.tasks.values()].filter(({ group }) => group === `service:${name}`);
  return tasks.filter((task) => present(task).last === 'RUNNING');
}

function expectGroups(deployment: Deployment, names: readonly string[], count: number): void {
  const { elb } = deployment.account;
  const registered = names.map((name) => elb.registered(elb.group(targetGroupArn(name))));
  const running = names.map((name) =>
    runningOf(deployment, name)
      .map((task) => keyOf({ id: present(task).ipv4 ?? '', port: 8080 }))
      .sort(),
  );
  expect(registered).toEqual(running);
  expect(new Set(registered.map(({ length }) => length))).toEqual(new Set([count]));
}

describe('the built bundle', () => {
  const bundled = useBundle();

  it.each(shareOf([30, 21], 2))('keeps %i groups in step that it finds by their tag', async (count) => {
    const names = namesOf(count);
    const played = await bundled({ settings: { clusters: [], targetGroups: [], binding: '' } });
    addGroups(played.deployment, names);
    for (const name of names) {
      played.deployment.account.elb.group(targetGroupArn(name)).tags.set('alb-target-sync', `service=${name} port=8080`);
    }
    await expectInStep(played, names);
  });

  it('keeps 21 groups in step that its parameters name', async () => {
    const names = namesOf(21);
    const played = await bundled({
      settings: { targetGroups: names.map((name) => targetGroupArn(name)), binding: linesOf(names) },
    });
    addGroups(played.deployment, names);
    await expectInStep(played, names);
  });

  it.each(shareOf(BAD_ARNS, 3))(
    'keeps three groups in step beside an ARN $kind, and quotes it',
    async ({ arn, message, targetType }) => {
      const names = namesOf(3);
      const targetGroups = [targetGroupArn('g0'), arn, targetGroupArn('g1'), targetGroupArn('g2')];
      const played = await bundled({ settings: { targetGroups, binding: linesOf(names) } });
      addGroups(played.deployment, names);
      if (targetType !== undefined) played.deployment.account.elb.addGroup({ arn, targetType });
      await expectInStep(played, names);
      const told = played.backend.runtimes.flatMap((runtime) => runtime.log).map((record) => JSON.stringify(record));
      const ofArn = told.filter((line) => line.includes(`${arn}`) && line.includes(JSON.stringify(message).slice(1, -1)));
      expect(ofArn.length).toBeGreaterThan(0);
    },
  );
});
