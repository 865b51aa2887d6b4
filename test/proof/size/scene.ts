/** One stack at a chosen size: groups of tasks in step, then one change, and how long until the group is in step again. */
import { targetGroupArn } from '../../../scripts/simulator/account.ts';
import { inProcess } from '../../../scripts/simulator/backends.ts';
import { CLUSTER, Deployment } from '../../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../../scripts/simulator/ecs.ts';
import type { GroupRecord } from '../../../scripts/simulator/elb.ts';

export interface SizeOptions {
  readonly groups: number;
  readonly tasks: number;
  readonly events: 'delivered' | 'lost';
  /** Tasks of each group that start, all at one moment, and as many that stop. */
  readonly replaced: number;
  /** From the start of the new tasks to the order to stop of the old ones. */
  readonly stopsAfterMs?: number;
  /** Between the change and the next scheduled pass. */
  readonly scheduleAfterMs?: number;
  /** The share of AWS's rates that others use. */
  readonly othersUse?: number;
  readonly limitMs?: number;
}

export interface SizeResult {
  /** From RUNNING to registered, one per started task; Infinity if it never was. */
  readonly registerMs: readonly number[];
  /** From the order to stop to deregistered. */
  readonly deregisterMs: readonly number[];
  readonly calls: ReadonlyMap<string, number>;
  readonly deadLetters: number;
  readonly failedInvocations: number;
}

/** As seen in captured events of Fargate tasks. */
const TIMING = { provisioningMs: 9_000, pendingMs: 26_000, stoppingMs: 12_000, deprovisioningMs: 23_000 } as const;

const STARTED_MS = TIMING.provisioningMs + TIMING.pendingMs + 1_000;

export async function runSize(options: SizeOptions): Promise<SizeResult> {
  const { groups, tasks, replaced, limitMs = 480_000, stopsAfterMs = 0, scheduleAfterMs = 59_000, othersUse = 0.5 } = options;
  const names = Array.from({ length: groups }, (_, index) => `g${String(index).padStart(2, '0')}`);
  const deployment = new Deployment({
    // As deployed without a parameter: groups are found by their tag. Named one by one, so many do not fit into the environment.
    settings: { clusters: [], targetGroups: [], binding: '' },
  });
  const { account, clock } = deployment;
  account.buckets.othersUse = othersUse;
  const records = names.map((name) => account.elb.addGroup({ arn: targetGroupArn(name), quota: 5_000 }));
  for (const record of records) record.tags.set('alb-target-sync', `service=${record.name} port=8080`);
  for (const name of names) account.ecs.addService(CLUSTER, name);
  const start = (name: string): TaskRecord =>
    account.ecs.start({ clusterArn: CLUSTER, group: `service:${name}`, definition: `${name}:1`, timing: TIMING });
  for (const name of names) for (let count = 0; count < tasks; count += 1) start(name);
  deployment.use(inProcess());
  let isLost = true;
  const { deliver } = deployment;
  deployment.deliver = (event) => {
    if (!isLost) clock.after(300, () => deliver(event));
  };
  await deployment.pass(STARTED_MS);
  for (const record of records) {
    const ips = [...account.ecs.tasks.values()]
      .filter(({ group }) => group === `service:${record.name}`)
      .flatMap((task) => present(task).ipv4 ?? []);
    account.elb.register(
      record,
      ips.map((id) => ({ id, port: 8080, zone: undefined })),
    );
  }
  // Seven scheduled runs over groups in step warm the environment; the next is the first after the change.
  deployment.lambda.startSchedule(60_000);
  await deployment.pass(8 * 60_000 - scheduleAfterMs - STARTED_MS + 1_000);
  const fresh = names.flatMap((name) => Array.from({ length: replaced }, () => start(name)));
  await deployment.pass(STARTED_MS - 1_001);
  isLost = options.events === 'lost';
  account.calls.clear();
  const runningMs = clock.now() + 1;
  const settledMs = new Map<string, number>();
  const of = (all: readonly TaskRecord[], { name }: GroupRecord): readonly TaskRecord[] =>
    all.filter(({ group }) => group === `service:${name}`);
  const watch = (tasks: readonly TaskRecord[], isRegistered: boolean, sinceMs: number): void => {
    for (const record of records) {
      const targets = new Set(account.elb.registered(record));
      for (const task of of(tasks, record)) {
        if (targets.has(`${present(task).ipv4}:8080`) !== isRegistered || settledMs.has(task.arn)) continue;
        settledMs.set(task.arn, clock.now() - sinceMs);
      }
    }
  };
  let stopped: readonly TaskRecord[] = [];
  let stoppedMs = runningMs;
  deployment.service.performed = (name) => {
    if (name === 'RegisterTargets') clock.after(0, () => watch(fresh, true, runningMs));
    if (name === 'DeregisterTargets') clock.after(0, () => watch(stopped, false, stoppedMs));
  };
  await deployment.pass(stopsAfterMs);
  stoppedMs = clock.now() + 1;
  const old = [...account.ecs.tasks.values()].filter((task) => !fresh.includes(task) && present(task).last === 'RUNNING');
  stopped = records.flatMap((record) => of(old, record).slice(0, replaced));
  for (const task of stopped) account.ecs.stop(task);
  const all = fresh.length + stopped.length;
  for (let passed = 0; passed < limitMs && settledMs.size < all; passed += 1_000) await deployment.pass(1_000);
  const settled = ({ arn }: TaskRecord): number => settledMs.get(arn) ?? Number.POSITIVE_INFINITY;
  return {
    registerMs: fresh.map(settled),
    deregisterMs: stopped.map(settled),
    calls: new Map(account.calls),
    deadLetters: deployment.queue.deadLetters.length,
    failedInvocations: deployment.lambda.invocations.filter(({ outcome }) => outcome !== 'done' && outcome !== 'running')
      .length,
  };
}
