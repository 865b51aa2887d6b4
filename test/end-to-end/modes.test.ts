/** The modes and inputs beside the main job: observe, drain, check, binding by tag, Cloud Map. */
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import type { Deployment } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { useBundle } from '../support/bundled.ts';

const MYSQL = cloudMapServiceArn('mysql');
const WRITES = ['RegisterTargets', 'DeregisterTargets'];

function writesOf(deployment: Deployment): number {
  return WRITES.reduce((sum, name) => sum + (deployment.account.calls.get(name) ?? 0), 0);
}

function addressOf(task: TaskRecord | undefined): string {
  return task === undefined ? '' : `${present(task).ipv4}:8080`;
}

/** The entry of the answer to a check that speaks of the one group. */
function groupOf(answer: unknown): JsonObject {
  const groups = isObject(answer) && Array.isArray(answer['groups']) ? answer['groups'] : [];
  const [group] = groups.filter(isObject);
  if (group === undefined) throw new Error(`The answer has no group: ${JSON.stringify(answer)}`);
  return group;
}

describe('modes of the built bundle', () => {
  const bundled = useBundle();

  it('plans, logs and writes nothing where the stack observes', async () => {
    const { deployment, backend } = await bundled({ settings: { mode: 'observe' } });
    deployment.start(2);
    await deployment.pass(3_000);
    expect(writesOf(deployment)).toBe(0);
    const log = backend.runtimes.flatMap((runtime) => runtime.log);
    const held = log.filter(({ message }) => message === 'pass').flatMap((pass) => pass['held']);
    expect(held.filter(isObject).map(({ ip, kind, held: why }) => [ip, kind, why])).toEqual([
      ['10.0.0.5', 'register', 'observe'],
      ['10.0.0.6', 'register', 'observe'],
    ]);
  });

  it('observes a group that the service itself names in its loadBalancers, and says so', async () => {
    const { deployment, backend } = await bundled();
    const service = deployment.account.ecs.services.get(`${deployment.settings.clusters[0]} app`);
    if (service !== undefined) service.loadBalancers = [deployment.group.arn];
    deployment.start(2);
    await deployment.pass(3_000);
    expect(writesOf(deployment)).toBe(0);
    expect(JSON.stringify(backend.runtimes.map((runtime) => runtime.log))).toContain('ECS itself keeps');
  });

  it('is bound by a tag, drains when the tag says so twice, and leaves the targets when the tag goes away', async () => {
    const { deployment, backend } = await bundled({ settings: { binding: '' } });
    deployment.group.tags.set('alb-target-sync', 'service=app port=8080');
    deployment.start(3);
    await deployment.pass(3_000);
    expect(deployment.registered).toHaveLength(3);
    deployment.group.tags.clear();
    await deployment.pass(61_000);
    await deployment.schedule();
    expect(deployment.registered).toHaveLength(3);
    const drain = async (line: string): Promise<void> => {
      deployment.group.tags.set('alb-target-sync', line);
      await deployment.pass(61_000);
      await deployment.schedule();
    };
    // One word may be a slip of whoever may write tags.
    await drain('service=app port=8080 mode=drain');
    expect(deployment.registered).toHaveLength(3);
    expect(JSON.stringify(backend.runtimes.map(({ log }) => log))).toContain('"kind":"drain-unconfirmed"');
    await drain('service=app port=8080 mode=drain confirm=empty');
    expect(deployment.registered).toEqual([]);
    expect(deployment.serving).toHaveLength(3);
  });

  it('moves a group from one port to another by two lines, the old one draining', async () => {
    const binding = 'service=app port=8080 mode=drain; service=app port=9090';
    const { deployment } = await bundled({ settings: { binding } });
    const tasks = deployment.start(2);
    await deployment.pass(100);
    deployment.account.elb.register(
      deployment.group,
      tasks.map((task) => ({ id: present(task).ipv4 ?? '', port: 8080, zone: undefined })),
    );
    await deployment.schedule();
    expect(deployment.registered).toEqual(['10.0.0.5:9090', '10.0.0.6:9090']);
  });

  it('answers a check with what it would change and why, and writes nothing', async () => {
    const { deployment } = await bundled();
    deployment.deliver = () => undefined;
    const [first, second] = deployment.start(2);
    await deployment.pass(100);
    deployment.account.elb.register(deployment.group, [{ id: '10.0.0.5', port: 8080, zone: undefined }]);
    if (first !== undefined) deployment.account.ecs.change(first, { desired: 'STOPPED', last: 'STOPPING' });
    const group = groupOf(await deployment.invoke({ check: true }));
    expect(group['wouldChange']).toEqual([
      expect.objectContaining({
        kind: 'deregister',
        ip: '10.0.0.5',
        port: 8080,
        because: 'task is stopping',
        taskArn: first?.arn,
      }),
      expect.objectContaining({
        kind: 'register',
        ip: '10.0.0.6',
        port: 8080,
        because: 'task is running',
        taskArn: second?.arn,
      }),
    ]);
    expect(writesOf(deployment)).toBe(0);
    expect(deployment.registered).toEqual([addressOf(first)]);
  });

  it('registers tasks outside the VPC with zone=all, and the zone reaches the group', async () => {
    const { deployment } = await bundled({ settings: { binding: 'service=app port=8080 zone=all' } });
    deployment.start(1, { ipv4: '172.31.7.7' });
    await deployment.pass(3_000);
    expect([...deployment.group.targets.values()]).toEqual([
      expect.objectContaining({ id: '172.31.7.7', port: 8080, zone: 'all' }),
    ]);
  });

  it('takes tasks of a family that no service started', async () => {
    const { deployment } = await bundled({ settings: { binding: 'family=report port=8080' } });
    deployment.start(1, { group: 'family:report', definition: 'report:3' });
    deployment.start(1, { group: 'service:app', definition: 'report:3' });
    deployment.start(1, { group: 'family:other', definition: 'other:1' });
    await deployment.pass(3_000);
    expect(deployment.registered).toEqual(['10.0.0.5:8080']);
  });

  it('reports a foreign target with the command that would remove it, and leaves it', async () => {
    const { deployment } = await bundled();
    deployment.account.elb.register(deployment.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
    const group = groupOf(await deployment.invoke({ check: true }));
    const command =
      `aws elbv2 deregister-targets --target-group-arn ${deployment.group.arn} ` +
      '--targets Id=10.0.99.99,Port=8080,AvailabilityZone=eu-west-1a';
    expect(group['findings']).toContainEqual(expect.objectContaining({ kind: 'foreign', subject: '10.0.99.99:8080', command }));
    expect(deployment.registered).toEqual(['10.0.99.99:8080']);
  });

  it('says that targets drain for longer than their tasks live, once on the schedule', async () => {
    const { deployment, backend } = await bundled();
    deployment.start(1);
    await deployment.pass(3_000);
    await deployment.schedule();
    expect(JSON.stringify(backend.runtimes.map((runtime) => runtime.log))).toContain(
      'Targets drain for 300 s, but a container of app:1 is killed 30 s after its SIGTERM',
    );
  });

  it('finds missing, stale and mismatched instances, each of them seen twice before it is told', async () => {
    const { deployment } = await bundled({ settings: { cloudMapServices: [MYSQL] } });
    const service = deployment.account.cloudMap.addService(MYSQL, 'mysql');
    service.tags.set('alb-target-sync', 'service=app');
    deployment.account.keepInstances('service:app', service);
    const [lost, moved, gone] = deployment.start(4);
    await deployment.pass(70_000);
    if (lost !== undefined) deployment.account.cloudMap.deregister(service, lost.id);
    if (moved !== undefined) {
      deployment.account.cloudMap.register(service, moved.id, { AWS_INSTANCE_IPV4: '10.0.0.250', ECS_SERVICE_NAME: 'app' });
    }
    const before = gone && service.instances.get(gone.id);
    if (gone !== undefined) deployment.account.ecs.stop(gone);
    await deployment.pass(5_000);
    if (before !== undefined) service.instances.set(before.id, before);
    const beganMs = deployment.clock.now();
    const findings = findingsOf(await deployment.invoke({ check: true }));
    expect(deployment.clock.now() - beganMs).toBeGreaterThanOrEqual(10_000);
    expect(findings.map(({ kind, subject }) => [kind, subject]).sort()).toEqual([
      ['mismatched', moved?.id],
      ['missing', lost?.arn],
      ['stale', gone?.id],
    ]);
  });
});

function findingsOf(answer: unknown): JsonObject[] {
  const checks = isObject(answer) && Array.isArray(answer['checks']) ? answer['checks'].filter(isObject) : [];
  return checks.flatMap(({ findings }) => (Array.isArray(findings) ? findings.filter(isObject) : []));
}
