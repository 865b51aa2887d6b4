/** What a line, a tag or a parameter can ask for: each told once, and run against the sources and the built bundle. */
import { expect } from 'vitest';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { CLUSTER, type Deployment } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import type { GroupRecord } from '../../scripts/simulator/elb.ts';
import type { Check } from './checks.ts';

const BY_TAG = { settings: { clusters: [], targetGroups: [], binding: '' } } as const;

export const FEATURES: readonly Check[] = [
  {
    name: 'without a parameter, a tagged group is found and fed at once',
    options: BY_TAG,
    run: async (deployment) => {
      bind(deployment, 'service=app port=8080');
      deployment.start(3);
      await deployment.pass(3_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(3);
    },
  },
  {
    name: 'without a parameter, five groups tagged afterwards are in step within two minutes although no event tells of a tag',
    options: BY_TAG,
    run: async (deployment) => {
      deployment.deliverTag = () => undefined;
      deployment.account.tagging.lagMs = () => 30_000;
      deployment.lambda.startSchedule(60_000);
      deployment.start(3);
      await deployment.pass(120_000);
      const groups = ['one', 'two', 'three', 'four', 'five'].map((name) =>
        deployment.account.elb.addGroup({ arn: targetGroupArn(name) }),
      );
      for (const group of groups) deployment.account.changeTag(group, 'alb-target-sync', 'service=app port=8080');
      await deployment.pass(120_000);
      for (const group of groups) expect(deployment.account.elb.registered(group).sort()).toEqual(deployment.serving);
      expect(deployment.registered).toEqual([]);
    },
  },
  {
    name: 'the event of a tag binds a group at once',
    options: BY_TAG,
    run: async (deployment) => {
      deployment.start(3);
      await deployment.schedule();
      await deployment.pass(30_000);
      bind(deployment, 'service=app port=8080');
      await deployment.pass(3_000);
      expect(deployment.registered).toEqual(deployment.serving);
    },
  },
  {
    name: 'a group whose tag goes away keeps its targets, and nobody writes to it',
    options: BY_TAG,
    run: async (deployment) => {
      const tasks = await fed(deployment, 3, 'service=app port=8080');
      deployment.account.changeTag(deployment.group, 'alb-target-sync');
      await deployment.schedule();
      stop(deployment, tasks[0]);
      deployment.start(1);
      await deployment.pass(70_000);
      await deployment.schedule();
      expect(deployment.registered).toHaveLength(3);
    },
  },
  ...([true, false] as const).map(
    (isTold): Check => ({
      name: `a group whose tag goes away is told once, within a pass, with what it has left; the event arrives: ${isTold}`,
      options: BY_TAG,
      run: async (deployment) => {
        deployment.lambda.startSchedule(60_000);
        await fed(deployment, 3, 'service=app port=8080');
        await deployment.pass(120_000);
        if (!isTold) deployment.deliverTag = () => undefined;
        deployment.account.changeTag(deployment.group, 'alb-target-sync');
        await deployment.pass(isTold ? 3_000 : 62_000);
        expect(toldIn(deployment)).toContain('targets that it has left (3) stay');
        await deployment.pass(180_000);
        expect(toldIn(deployment).split('targets that it has left (3) stay')).toHaveLength(2);
        expect(deployment.registered).toHaveLength(3);
      },
    }),
  ),
  {
    name: 'what is denied is asked for once a minute, however many events come',
    options: BY_TAG,
    run: async (deployment) => {
      deployment.lambda.startSchedule(60_000);
      const tasks = await fed(deployment, 3, 'service=app port=8080');
      deployment.service.allows = ({ action }) => action !== 'elasticloadbalancing:DescribeTags';
      await deployment.pass(120_000);
      const asked = (): number => deployment.account.calls.get('DescribeTags') ?? 0;
      const before = asked();
      for (let batch = 0; batch < 60; batch += 1) {
        deployment.start(1);
        await deployment.pass(2_000);
      }
      // Two minutes, in which the schedule comes twice, and one more environment for the batches beside it.
      expect(asked() - before).toBeLessThanOrEqual(6);
      deployment.service.allows = () => true;
      stop(deployment, tasks[0]);
      await deployment.pass(75_000);
      expect(deployment.registered).toEqual(deployment.serving);
    },
  },
  {
    name: 'a line without a cluster means the one that has the service',
    options: BY_TAG,
    run: async (deployment) => {
      const { ecs } = deployment.account;
      ecs.clusters.add(CLUSTER.replace('prod', 'other'));
      await fed(deployment, 2, 'service=app port=8080');
      ecs.addService(CLUSTER.replace('prod', 'other'), 'app');
      bind(deployment, 'cluster=prod service=app port=8080');
      deployment.start(1);
      await deployment.pass(5_000);
      expect(deployment.registered).toHaveLength(3);
    },
  },
  {
    name: 'a line without a cluster is a mistake where two have the service, and stops nothing else',
    options: BY_TAG,
    run: async (deployment) => {
      const other = CLUSTER.replace('prod', 'other');
      deployment.account.ecs.clusters.add(other);
      deployment.account.ecs.addService(other, 'app');
      const clear = deployment.account.elb.addGroup({ arn: targetGroupArn('clear') });
      deployment.account.changeTag(clear, 'alb-target-sync', 'cluster=prod service=app port=8080');
      bind(deployment, 'service=app port=8080');
      deployment.start(2);
      await deployment.pass(5_000);
      expect(deployment.registered).toEqual([]);
      expect(deployment.account.elb.registered(clear)).toHaveLength(2);
      expect(await messagesOf(deployment)).toContain('expected cluster=other or cluster=prod');
    },
  },
  {
    name: 'two ports in one line are two targets for each task, and both leave',
    run: async (deployment) => {
      const tasks = await fed(deployment, 2, 'service=app port=8080+9090');
      expect(deployment.registered).toHaveLength(4);
      stop(deployment, tasks[0]);
      await deployment.pass(12_000);
      expect(deployment.registered).toHaveLength(2);
    },
    options: { settings: { binding: '' } },
  },
  {
    name: 'a port by its name follows the task definition, revision by revision',
    options: { settings: { binding: '' } },
    run: async (deployment) => {
      const { ecs } = deployment.account;
      ecs.define('app:1', [{ name: 'app', portMappings: [{ name: 'http', containerPort: 8080, protocol: 'tcp' }] }]);
      ecs.define('app:2', [{ name: 'app', portMappings: [{ name: 'http', containerPort: 9090, protocol: 'tcp' }] }]);
      const [first] = await fed(deployment, 1, 'service=app port=http');
      const [second] = deployment.start(1, { definition: 'app:2' });
      await deployment.pass(3_000);
      expect(deployment.registered.sort()).toEqual([`${ipOf(first)}:8080`, `${ipOf(second)}:9090`].sort());
      stop(deployment, first);
      await deployment.pass(12_000);
      expect(deployment.registered).toEqual([`${ipOf(second)}:9090`]);
    },
  },
  {
    name: 'a port that the task definition does not map is told before a health check fails',
    options: { settings: { binding: '' } },
    run: async (deployment) => {
      deployment.account.ecs.define('app:1', [
        { name: 'app', portMappings: [{ name: 'http', containerPort: 9090, protocol: 'tcp' }] },
      ]);
      await fed(deployment, 1, 'service=app port=web');
      await deployment.schedule();
      expect(deployment.registered).toEqual([]);
      expect(await messagesOf(deployment)).toContain('names port web, and task definition app:1 maps 9090 (http)');
    },
  },
  {
    name: 'ready=healthy registers when ECS calls the containers healthy, at the latest with the stop of a task that it replaces',
    options: { settings: { binding: '' } },
    run: async (deployment) => {
      const { ecs } = deployment.account;
      const old = await fed(deployment, 2, 'service=app port=8080 ready=healthy');
      expect(deployment.registered).toEqual([]);
      for (const task of old) ecs.setHealth(task, 'HEALTHY');
      await deployment.schedule();
      expect(deployment.registered).toHaveLength(2);
      const [young] = deployment.start(1);
      await deployment.pass(40_000);
      expect(deployment.registered).toHaveLength(2);
      // ECS stops an old task when the new one is healthy. Its event is the first that anybody hears of it.
      if (young !== undefined) ecs.setHealth(young, 'HEALTHY');
      stop(deployment, old[0]);
      await deployment.pass(5_000);
      expect(deployment.registered.sort()).toEqual([`${ipOf(old[1])}:8080`, `${ipOf(young)}:8080`].sort());
    },
  },
  {
    name: 'a task that its tag holds is out within 12 s, and back within 12 s of the tag',
    run: async (deployment) => {
      const tasks = await fed(deployment, 3);
      const [held] = tasks;
      if (held === undefined) return;
      deployment.account.changeTag(held, 'alb-target-sync', 'hold');
      await deployment.pass(12_000);
      expect(deployment.registered).not.toContain(`${ipOf(held)}:8080`);
      expect(deployment.registered).toHaveLength(2);
      await deployment.schedule();
      expect(deployment.registered).toHaveLength(2);
      deployment.account.changeTag(held, 'alb-target-sync');
      await deployment.pass(12_000);
      expect(deployment.registered).toHaveLength(3);
    },
  },
  {
    name: 'a hold takes effect within two minutes where its event is lost, also behind a lagging index of tags',
    run: async (deployment) => {
      deployment.deliverTag = () => undefined;
      deployment.account.tagging.lagMs = () => 20_000;
      deployment.lambda.startSchedule(60_000);
      const tasks = await fed(deployment, 3);
      await deployment.pass(60_000);
      const [held] = tasks;
      if (held === undefined) return;
      deployment.account.changeTag(held, 'alb-target-sync', 'hold');
      await deployment.pass(120_000);
      expect(deployment.registered).not.toContain(`${ipOf(held)}:8080`);
      deployment.account.changeTag(held, 'alb-target-sync');
      await deployment.pass(120_000);
      expect(deployment.registered).toHaveLength(3);
    },
  },
  {
    name: 'the last serving task is not held, and that is told',
    run: async (deployment) => {
      const [only] = await fed(deployment, 1);
      if (only !== undefined) deployment.account.changeTag(only, 'alb-target-sync', 'hold');
      await deployment.pass(12_000);
      await deployment.schedule();
      expect(deployment.registered).toHaveLength(1);
      expect(await messagesOf(deployment)).toContain('is the last one that serves this group');
    },
  },
  {
    name: 'a paused stack writes nothing after a minute, loses no event, and is in step 75 s after it is resumed',
    run: async (deployment) => {
      deployment.lambda.startSchedule(60_000);
      const tasks = await fed(deployment, 3);
      const tags = logGroupTags(deployment);
      tags.set('alb-target-sync', 'paused');
      await deployment.pass(60_000);
      const before = writesOf(deployment);
      stop(deployment, tasks[0]);
      deployment.start(2);
      await deployment.pass(120_000);
      expect(writesOf(deployment)).toBe(before);
      expect(deployment.queue.length + deployment.queue.deadLetters.length).toBe(0);
      expect(await messagesOf(deployment)).toContain('The stack is paused');
      tags.delete('alb-target-sync');
      await deployment.pass(75_000);
      expect(deployment.registered).toEqual(deployment.serving);
    },
  },
  ...(['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP'] as const).map(
    (protocol): Check => ({
      name: `a group for ${protocol} is served`,
      options: BY_TAG,
      run: async (deployment) => {
        const group = deployment.account.elb.addGroup({ arn: targetGroupArn('other'), protocol });
        deployment.account.changeTag(group, 'alb-target-sync', 'service=app port=8080');
        const [task] = deployment.start(1);
        await deployment.pass(3_000);
        expect(deployment.account.elb.registered(group)).toEqual([`${ipOf(task)}:8080`]);
        stop(deployment, task);
        await deployment.pass(12_000);
        expect(deployment.account.elb.registered(group)).toEqual([]);
      },
    }),
  ),
  ...(['QUIC', 'TCP_QUIC', 'GENEVE'] as const).map(
    (protocol): Check => ({
      name: `a group for ${protocol} is refused in words, and costs no write`,
      options: BY_TAG,
      run: async (deployment) => {
        const group = deployment.account.elb.addGroup({ arn: targetGroupArn('other'), protocol });
        deployment.account.changeTag(group, 'alb-target-sync', 'service=app port=8080');
        deployment.start(1);
        await deployment.pass(3_000);
        expect(writesOf(deployment)).toBe(0);
        expect(await messagesOf(deployment)).toContain(`has protocol ${protocol}; expected HTTP`);
      },
    }),
  ),
  ...(['instance', 'lambda', 'alb'] as const).map(
    (targetType): Check => ({
      name: `a group of type ${targetType} is refused in words, and costs no write`,
      options: BY_TAG,
      run: async (deployment) => {
        const group = deployment.account.elb.addGroup({ arn: targetGroupArn('other'), targetType });
        deployment.account.changeTag(group, 'alb-target-sync', 'service=app port=8080');
        deployment.start(1);
        await deployment.pass(3_000);
        expect(writesOf(deployment)).toBe(0);
        expect(await messagesOf(deployment)).toContain(`has target type "${targetType}"; expected "ip"`);
      },
    }),
  ),
];

/** A service whose tasks lie in both VPCs, with every word for the zone, and cross-zone load balancing on and off. */
export const ZONES: readonly Check[] = zoneCells().map(({ where, word, crossZone, registers, says }) => ({
  name: `zone: tasks ${where}, ${word === '' ? 'no word' : `zone=${word}`}, cross-zone ${crossZone}: ${registers}`,
  options: { settings: { binding: '' } },
  run: async (deployment) => {
    const subnets = [
      { prefix: '10.0.0.', zone: 'eu-west-1a' },
      { prefix: '10.0.1.', zone: 'eu-west-1b' },
    ];
    const group = deployment.account.elb.addGroup({ arn: deployment.group.arn, crossZone, subnets });
    deployment.account.changeTag(group, 'alb-target-sync', `service=app port=8080${word === '' ? '' : ` zone=${word}`}`);
    const ips = { inside: ['10.0.0.51'], outside: ['10.9.0.51'], both: ['10.0.0.51', '10.9.0.51'] }[where];
    for (const ipv4 of ips) deployment.start(1, { ipv4, zone: 'eu-west-1a' });
    await deployment.pass(4_000);
    await deployment.schedule();
    const registered = deployment.account.elb.registered(group).sort();
    const expected = ips.filter((ip) => registers === 'all' || registers === (ip.startsWith('10.0.') ? 'inside' : 'outside'));
    expect(registered).toEqual(expected.map((ip) => `${ip}:8080`).sort());
    if (says !== undefined) expect(toldIn(deployment)).toContain(says);
  },
}));

interface ZoneCell {
  readonly where: 'inside' | 'outside' | 'both';
  readonly word: '' | 'all' | 'task' | 'eu-west-1a';
  readonly crossZone: 'true' | 'false';
  /** Which of the tasks come in. */
  readonly registers: 'all' | 'inside' | 'outside' | 'none';
  /** What is told of those that do not. */
  readonly says?: string;
}

function zoneCells(): ZoneCell[] {
  const cells: ZoneCell[] = [];
  for (const crossZone of ['true', 'false'] as const) {
    for (const where of ['inside', 'outside', 'both'] as const) {
      for (const word of ['', 'all', 'task', 'eu-west-1a'] as const)
        cells.push({ where, word, crossZone, ...outcomeOf(where, word, crossZone) });
    }
  }
  return cells;
}

/** What ELB takes: of an address inside no word or its own zone, of one outside `all`, or a zone where cross-zone is off. */
function outcomeOf(
  where: ZoneCell['where'],
  word: ZoneCell['word'],
  crossZone: ZoneCell['crossZone'],
): Pick<ZoneCell, 'registers' | 'says'> {
  if (word !== 'all') return { registers: 'all' };
  const outside = crossZone === 'true';
  const inWords = 'is within the VPC';
  if (where === 'inside') return { registers: 'none', says: inWords };
  if (!outside) return { registers: 'none', says: where === 'both' ? inWords : 'cross-zone load balancing is disabled' };
  return where === 'both' ? { registers: 'outside', says: inWords } : { registers: 'all' };
}

/** Binds the deployment's group by its tag, in whatever way the stack takes it. */
function bind({ account, group }: Deployment, line: string): void {
  account.changeTag(group, 'alb-target-sync', line);
}

/** Running tasks, registered by the function. */
async function fed(deployment: Deployment, count: number, line?: string): Promise<TaskRecord[]> {
  if (line !== undefined) bind(deployment, line);
  const tasks = deployment.start(count);
  await deployment.pass(5_000);
  return tasks;
}

function stop({ account }: Deployment, task: TaskRecord | undefined): void {
  if (task !== undefined) account.ecs.stop(task);
}

function ipOf(task: TaskRecord | undefined): string {
  return (task && present(task).ipv4) ?? '';
}

function writesOf({ account }: Deployment): number {
  return (account.calls.get('RegisterTargets') ?? 0) + (account.calls.get('DeregisterTargets') ?? 0);
}

/** What a check finds, in words. */
async function messagesOf(deployment: Deployment): Promise<string> {
  return plain(await deployment.invoke({ check: true }));
}

/** What the function has told so far, in its log or to whom it reports. */
function toldIn({ backend }: Deployment): string {
  const runtimes = 'runtimes' in backend && Array.isArray(backend.runtimes) ? backend.runtimes : [];
  return plain(runtimes.map((runtime) => runtime.log ?? runtime.reports.findings));
}

function plain(told: unknown): string {
  return JSON.stringify(told).replaceAll('\\"', '"');
}

function logGroupTags({ account: { logs } }: Deployment): GroupRecord['tags'] {
  const [name = ''] = logs.groups.keys();
  return logs.tagsOf(name);
}
