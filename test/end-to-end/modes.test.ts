/** The modes and inputs beside the main job: observe, drain, check, wiring by tag, Cloud Map. */
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { cloudMapServiceArn } from '../../scripts/simulator/account.ts';
import type { Stage } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { useBundle } from '../support/bundled.ts';

const MYSQL = cloudMapServiceArn('mysql');
const WRITES = ['RegisterTargets', 'DeregisterTargets'];

function writesOf(stage: Stage): number {
  return WRITES.reduce((sum, name) => sum + (stage.account.calls.get(name) ?? 0), 0);
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
    const { stage, backend } = await bundled({ settings: { mode: 'observe' } });
    stage.start(2);
    await stage.pass(3_000);
    expect(writesOf(stage)).toBe(0);
    const passes = backend.runtimes.flatMap((runtime) => runtime.log).filter(({ message }) => message === 'pass');
    expect(passes[0]).toMatchObject({ heldCount: 2, held: [{ kind: 'register', held: 'observe' }, { held: 'observe' }] });
  });

  it('observes a group that the service itself names in its loadBalancers, and says so', async () => {
    const { stage, backend } = await bundled();
    const service = stage.account.ecs.services.get(`${stage.settings.clusters[0]} app`);
    if (service !== undefined) service.loadBalancers = [stage.group.arn];
    stage.start(2);
    await stage.pass(3_000);
    expect(writesOf(stage)).toBe(0);
    expect(JSON.stringify(backend.runtimes.map((runtime) => runtime.log))).toContain('ECS itself keeps');
  });

  it('is wired by a tag, drains when the tag says so, and leaves the targets when the tag goes away', async () => {
    const { stage } = await bundled({ settings: { wiring: '' } });
    stage.group.tags.set('alb-target-sync', 'service=app port=8080');
    stage.start(3);
    await stage.pass(3_000);
    expect(stage.registered).toHaveLength(3);
    stage.group.tags.clear();
    await stage.pass(61_000);
    await stage.schedule();
    expect(stage.registered).toHaveLength(3);
    stage.group.tags.set('alb-target-sync', 'service=app port=8080 mode=drain');
    await stage.pass(61_000);
    await stage.schedule();
    expect(stage.registered).toEqual([]);
    expect(stage.serving).toHaveLength(3);
  });

  it('moves a group from one port to another by two lines, the old one draining', async () => {
    const wiring = 'service=app port=8080 mode=drain; service=app port=9090';
    const { stage } = await bundled({ settings: { wiring } });
    const tasks = stage.start(2);
    await stage.pass(100);
    stage.account.elb.register(
      stage.group,
      tasks.map((task) => ({ id: present(task).ipv4 ?? '', port: 8080, zone: undefined })),
    );
    await stage.schedule();
    expect(stage.registered).toEqual(['10.0.0.5:9090', '10.0.0.6:9090']);
  });

  it('answers a check with what it would change and why, and writes nothing', async () => {
    const { stage } = await bundled();
    stage.deliver = () => undefined;
    const [first, second] = stage.start(2);
    await stage.pass(100);
    stage.account.elb.register(stage.group, [{ id: '10.0.0.5', port: 8080, zone: undefined }]);
    if (first !== undefined) stage.account.ecs.change(first, { desired: 'STOPPED', last: 'STOPPING' });
    const group = groupOf(await stage.invoke({ check: true }));
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
    expect(writesOf(stage)).toBe(0);
    expect(stage.registered).toEqual([addressOf(first)]);
  });

  it('registers tasks outside the VPC with zone=all, and the zone reaches the group', async () => {
    const { stage } = await bundled({ settings: { wiring: 'service=app port=8080 zone=all' } });
    stage.start(1, { ipv4: '172.31.7.7' });
    await stage.pass(3_000);
    expect([...stage.group.targets.values()]).toEqual([expect.objectContaining({ id: '172.31.7.7', port: 8080, zone: 'all' })]);
  });

  it('takes tasks of a family that no service started', async () => {
    const { stage } = await bundled({ settings: { wiring: 'family=report port=8080' } });
    stage.start(1, { group: 'family:report', definition: 'report:3' });
    stage.start(1, { group: 'service:app', definition: 'report:3' });
    stage.start(1, { group: 'family:other', definition: 'other:1' });
    await stage.pass(3_000);
    expect(stage.registered).toEqual(['10.0.0.5:8080']);
  });

  it('reports a foreign target with the command that would remove it, and leaves it', async () => {
    const { stage } = await bundled();
    stage.account.elb.register(stage.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
    const group = groupOf(await stage.invoke({ check: true }));
    const command =
      `aws elbv2 deregister-targets --target-group-arn ${stage.group.arn} ` +
      '--targets Id=10.0.99.99,Port=8080,AvailabilityZone=eu-west-1a';
    expect(group['findings']).toContainEqual(expect.objectContaining({ kind: 'foreign', subject: '10.0.99.99:8080', command }));
    expect(stage.registered).toEqual(['10.0.99.99:8080']);
  });

  it('says that targets drain for longer than their tasks live, once on the schedule', async () => {
    const { stage, backend } = await bundled();
    stage.start(1);
    await stage.pass(3_000);
    await stage.schedule();
    expect(JSON.stringify(backend.runtimes.map((runtime) => runtime.log))).toContain(
      'Targets drain for 300 s, but a container of app:1 is killed 30 s after its SIGTERM',
    );
  });

  it('finds missing, stale and mismatched instances, each of them seen twice before it is told', async () => {
    const { stage } = await bundled({ settings: { cloudMapServices: [MYSQL] } });
    const service = stage.account.cloudMap.addService(MYSQL, 'mysql');
    service.tags.set('alb-target-sync', 'service=app');
    stage.account.keepInstances('service:app', service);
    const [lost, moved, gone] = stage.start(4);
    await stage.pass(70_000);
    if (lost !== undefined) stage.account.cloudMap.deregister(service, lost.id);
    if (moved !== undefined) {
      stage.account.cloudMap.register(service, moved.id, { AWS_INSTANCE_IPV4: '10.0.0.250', ECS_SERVICE_NAME: 'app' });
    }
    const before = gone && service.instances.get(gone.id);
    if (gone !== undefined) stage.account.ecs.stop(gone);
    await stage.pass(5_000);
    if (before !== undefined) service.instances.set(before.id, before);
    const beganMs = stage.clock.now();
    const findings = findingsOf(await stage.invoke({ check: true }));
    expect(stage.clock.now() - beganMs).toBeGreaterThanOrEqual(10_000);
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
