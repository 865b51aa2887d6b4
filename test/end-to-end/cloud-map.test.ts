/** The check of Cloud Map services in the deployed function: what it finds and when, what it costs, and what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import type { BundleBackend } from '../../scripts/simulator/backends.ts';
import type { CloudMapServiceRecord } from '../../scripts/simulator/cloud-map.ts';
import type { Deployment } from '../../scripts/simulator/deployment.ts';
import { useBundle } from '../support/bundled.ts';

const APP = cloudMapServiceArn('app');
const API = cloudMapServiceArn('api');
const bundled = useBundle();

/** A deployment whose ECS keeps an instance for each task of the service `app`. */
async function withCloudMap(
  settings: { readonly targetGroups?: readonly string[]; readonly services?: readonly string[] } = {},
) {
  const { services = [APP], ...others } = settings;
  const { deployment, backend } = await bundled({ settings: { ...others, cloudMapServices: services } });
  const service = deployment.account.cloudMap.addService(APP, 'app');
  service.tags.set('alb-target-sync', 'service=app');
  deployment.account.keepInstances('service:app', service);
  return { deployment, backend, service };
}

/** What the function has told of Cloud Map services, newest last. An environment tells only what is new to it. */
function checksOf({ runtimes }: BundleBackend): JsonObject[] {
  const isOfCloudMap = ({ message, subject }: JsonObject): boolean =>
    message === 'check' && String(subject).includes(':servicediscovery:');
  const told = runtimes.flatMap(({ log }) => log.filter(isOfCloudMap));
  return told.sort((one, other) => Date.parse(String(one['timestamp'])) - Date.parse(String(other['timestamp'])));
}

function findingsOf(check: JsonObject | undefined): JsonObject[] {
  return Array.isArray(check?.['findings']) ? check['findings'].filter(isObject) : [];
}

function callsOf(deployment: Deployment, operation: string): number {
  return deployment.account.calls.get(operation) ?? 0;
}

/** The same service made anew under its id, with its tag; ECS is not told. */
function recreate(deployment: Deployment, service: CloudMapServiceRecord): CloudMapServiceRecord {
  deployment.account.cloudMap.removeService(service);
  const anew = deployment.account.cloudMap.addService(service.arn, service.name);
  for (const [key, value] of service.tags) anew.tags.set(key, value);
  return anew;
}

describe('a difference', () => {
  it('is found in one scheduled pass, which looks at it twice, 10 s apart', async () => {
    const { deployment, backend, service } = await withCloudMap();
    const [task] = deployment.start(2);
    await deployment.pass(70_000);
    await deployment.schedule();
    if (task !== undefined) deployment.account.cloudMap.deregister(service, task.id);
    const before = callsOf(deployment, 'ListInstances');
    const beganMs = deployment.clock.now();
    await deployment.schedule();
    expect(callsOf(deployment, 'ListInstances') - before).toBe(2);
    expect(deployment.clock.now() - beganMs).toBeGreaterThanOrEqual(10_000);
    expect(findingsOf(checksOf(backend).at(-1))).toMatchObject([
      { kind: 'missing', task: task?.arn, target: 'healthy', instance: 'none', address: expect.any(String) },
    ]);
    expect(JSON.stringify(backend.runtimes.map(({ log }) => log))).toContain('"Mistakes":1');
  });

  it('is looked at once where it is known already', async () => {
    const { deployment, service } = await withCloudMap();
    const [task] = deployment.start(1);
    await deployment.pass(70_000);
    if (task !== undefined) deployment.account.cloudMap.deregister(service, task.id);
    await deployment.schedule();
    const before = callsOf(deployment, 'ListInstances');
    await deployment.schedule();
    expect(callsOf(deployment, 'ListInstances') - before).toBe(1);
  });

  it('behind an event is not waited for: other events come first', async () => {
    const { deployment, backend, service } = await withCloudMap();
    const [task] = deployment.start(1);
    await deployment.pass(70_000);
    await deployment.schedule();
    if (task !== undefined) deployment.account.cloudMap.deregister(service, task.id);
    await deployment.pass(10_000);
    const before = callsOf(deployment, 'ListInstances');
    deployment.start(1);
    await deployment.pass(5_000);
    expect(callsOf(deployment, 'ListInstances') - before).toBe(1);
    expect(checksOf(backend).flatMap(findingsOf)).toEqual([]);
  });

  it('of an instance whose address another task has got is mismatched, not healthy', async () => {
    const { deployment, backend, service } = await withCloudMap();
    deployment.account.ecs.reuseAfterMs = 500;
    const [old] = deployment.start(1);
    await deployment.pass(5_000);
    const left = old && service.instances.get(old.id);
    if (old !== undefined) deployment.account.ecs.stop(old);
    await deployment.pass(5_000);
    const [next] = deployment.start(1);
    await deployment.pass(5_000);
    if (left !== undefined) service.instances.set(left.id, left);
    await deployment.schedule();
    expect(findingsOf(checksOf(backend).at(-1))).toMatchObject([
      { kind: 'mismatched', subject: old?.id, address: next?.history.at(-1)?.ipv4, expected: 'no instance' },
    ]);
  });
});

describe('F41: a Cloud Map service that is gone', () => {
  it('is a finding, and the target group goes on', async () => {
    const { deployment, backend, service } = await withCloudMap();
    deployment.start(2);
    await deployment.pass(5_000);
    await deployment.schedule();
    deployment.account.cloudMap.removeService(service);
    deployment.start(2);
    await deployment.pass(5_000);
    await deployment.pass(61_000);
    await deployment.schedule();
    expect(deployment.registered).toHaveLength(4);
    expect(deployment.registered).toEqual(deployment.serving);
    expect(findingsOf(checksOf(backend).at(-1))).toMatchObject([{ kind: 'unusable', subject: APP }]);
  });

  it('is a finding also for an environment that never knew it', async () => {
    const { deployment, backend } = await bundled({ settings: { cloudMapServices: [APP] } });
    deployment.start(1);
    await deployment.pass(5_000);
    await deployment.schedule();
    expect(deployment.registered).toEqual(deployment.serving);
    const configured = backend.runtimes.flatMap(({ log }) => log.filter(({ message }) => message === 'configuration'));
    expect(configured.flatMap(findingsOf)).toContainEqual(expect.objectContaining({ kind: 'unusable', subject: APP }));
  });
});

describe('F42: lists of Cloud Map that lag', () => {
  it('make no finding: the second look sees what the first one was too early for', async () => {
    const { deployment, backend, service } = await withCloudMap();
    deployment.account.cloudMap.lagMs = () => 8_000;
    const [task] = deployment.start(3);
    await deployment.pass(70_000);
    await deployment.schedule();
    if (task !== undefined) deployment.account.ecs.stop(task);
    await deployment.pass(1_500);
    expect(service.instances.size).toBe(2);
    const before = callsOf(deployment, 'ListInstances');
    await deployment.schedule();
    // In the first look the instance of the stopped task was still listed, which asks for another one.
    expect(callsOf(deployment, 'ListInstances') - before).toBeGreaterThanOrEqual(2);
    expect(checksOf(backend).flatMap(findingsOf)).toEqual([]);
  });
});

describe('F43: a Cloud Map service that is made anew', () => {
  it('misses every task, which is found within two minutes', async () => {
    const { deployment, backend, service } = await withCloudMap();
    const tasks = deployment.start(20);
    await deployment.pass(70_000);
    deployment.lambda.startSchedule(0);
    await deployment.pass(61_000);
    recreate(deployment, service);
    const beganMs = deployment.clock.now();
    while (findingsOf(checksOf(backend).at(-1)).length < 20 && deployment.clock.now() - beganMs < 120_000)
      await deployment.pass(1_000);
    const found = findingsOf(checksOf(backend).at(-1));
    expect(found.map(({ kind, task }) => [kind, task])).toEqual(tasks.map(({ arn }) => ['missing', arn]));
    expect(deployment.clock.now() - beganMs).toBeLessThanOrEqual(120_000);
  });
});

describe('what the check costs', () => {
  it('is one page for each hundred instances, and no task is listed or described for it', async () => {
    const { deployment } = await withCloudMap();
    deployment.start(1_000);
    await deployment.pass(30_000);
    await deployment.schedule();
    const before = new Map(deployment.account.calls);
    await deployment.schedule();
    const made = [...deployment.account.calls].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    const calls = Object.fromEntries(made.filter(([, count]) => count > 0));
    // The search for tasks on hold is made every minute, with or without Cloud Map.
    expect(calls).toEqual({ DescribeTargetHealth: 1, GetResources: 1, ListTasks: 10, ListInstances: 10 });
  });

  it('is the same for two lines on one service, whose tasks are not asked about for each other', async () => {
    const { deployment, service } = await withCloudMap();
    service.tags.set('alb-target-sync:2', 'service=api');
    deployment.account.ecs.addService(deployment.settings.clusters[0] ?? '', 'api');
    deployment.account.keepInstances('service:api', service);
    deployment.start(3);
    deployment.start(3, { group: 'service:api' });
    await deployment.pass(30_000);
    await deployment.schedule();
    const before = new Map(deployment.account.calls);
    await deployment.schedule();
    const made = [...deployment.account.calls].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    const calls = Object.fromEntries(made.filter(([, count]) => count > 0));
    expect(calls).toEqual({ DescribeTargetHealth: 1, GetResources: 1, ListTasks: 2, ListInstances: 1 });
  });

  it('is none for a service that no line binds', async () => {
    const { deployment, service } = await withCloudMap();
    service.tags.clear();
    deployment.start(5);
    await deployment.pass(30_000);
    await deployment.schedule();
    expect(callsOf(deployment, 'ListInstances')).toBe(0);
  });

  it('adds nothing to the calls of a group whose service has no Cloud Map', async () => {
    const callsWith = async (services: readonly string[]): Promise<Record<string, number>> => {
      const { deployment } = await bundled({ settings: { cloudMapServices: services } });
      const other = deployment.account.cloudMap.addService(API, 'api');
      other.tags.set('alb-target-sync', 'service=api');
      deployment.start(20);
      await deployment.pass(30_000);
      for (const task of [...deployment.account.ecs.tasks.values()].slice(0, 5)) deployment.account.ecs.stop(task);
      await deployment.pass(30_000);
      return Object.fromEntries([...deployment.account.calls].filter(([name]) => name !== 'ListTagsForResource').sort());
    };
    expect(await callsWith([API])).toEqual(await callsWith([]));
  });

  it('falls on the services that an event names, and on all of them by the schedule', async () => {
    const { deployment, backend } = await withCloudMap({ services: [APP, API] });
    const other = deployment.account.cloudMap.addService(API, 'api');
    other.tags.set('alb-target-sync', 'service=api');
    deployment.account.ecs.addService(deployment.settings.clusters[0] ?? '', 'api');
    deployment.start(2);
    await deployment.pass(20_000);
    expect(new Set(checksOf(backend).map(({ subject }) => subject))).toEqual(new Set([APP]));
    await deployment.schedule();
    expect(new Set(checksOf(backend).map(({ subject }) => subject))).toEqual(new Set([APP, API]));
  });

  it('is at most one look in ten seconds and environment, however many events come, and none for events told again', async () => {
    const { deployment } = await withCloudMap();
    const bodies: string[] = [];
    const { deliver } = deployment;
    deployment.deliver = (event) => {
      bodies.push(JSON.stringify(event));
      deliver(event);
    };
    deployment.start(50);
    await deployment.pass(9_000);
    // Two batches at a time are served by two environments.
    expect(callsOf(deployment, 'ListInstances')).toBeLessThanOrEqual(2);
    await deployment.pass(20_000);
    const before = deployment.calls;
    for (const body of bodies) deployment.queue.send(body);
    await deployment.pass(5_000);
    expect(deployment.calls).toBe(before);
  });

  it('falls also on a service whose tasks no target group takes', async () => {
    const { deployment, backend, service } = await withCloudMap({ targetGroups: [] });
    const [task] = deployment.start(2);
    await deployment.pass(70_000);
    expect(checksOf(backend).length).toBeGreaterThan(0);
    if (task !== undefined) deployment.account.cloudMap.deregister(service, task.id);
    await deployment.schedule();
    expect(findingsOf(checksOf(backend).at(-1))).toMatchObject([{ kind: 'missing', task: task?.arn }]);
  });
});

describe('S22: Cloud Map', () => {
  it('is only read, whatever is found', async () => {
    const { deployment, service } = await withCloudMap();
    const [task] = deployment.start(3);
    await deployment.pass(70_000);
    if (task !== undefined) deployment.account.cloudMap.deregister(service, task.id);
    deployment.account.cloudMap.register(service, 'by-hand', { AWS_INSTANCE_IPV4: '10.0.9.9' });
    await deployment.schedule();
    await deployment.schedule();
    const asked = [...deployment.account.calls.keys()].filter((name) => name.includes('Instance') || name.includes('Health'));
    expect(asked.sort()).toEqual(['DescribeTargetHealth', 'ListInstances']);
    expect([...service.instances.keys()]).toContain('by-hand');
  });
});
