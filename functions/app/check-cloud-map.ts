/** Checks the bound Cloud Map services: their instances against the tasks that ECS has now. Reads only. */
import { selects } from '../core/binding.ts';
import {
  checkInstances,
  type InstanceSnapshot,
  NO_OBSERVATIONS,
  OBSERVE_AGAIN_AFTER_MS,
  tasksBehindInstances,
} from '../core/cloud-map/check.ts';
import type { Instance, InstanceService } from '../core/cloud-map/instance.ts';
import { goneService } from '../core/configuration.ts';
import type { Failure } from '../core/failure.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Snapshot, TaskReference } from '../core/snapshot.ts';
import type { Task } from '../core/task.ts';
import type { TaskArn } from '../core/values.ts';
import { type Check, type Invocation, isFull } from './invocation.ts';
import { CALL_TIME_MS } from './ports.ts';

/** The third one is for what turns into something else between the first two, as a stopping task does when it has stopped. */
const OBSERVATIONS_MAX = 3;

/**
 * Checks the services side by side. A difference that this environment has not observed before is observed once more in the same
 * invocation if there is time; behind an event it waits for the schedule, since other events must not wait for it.
 */
export async function checkServices(
  invocation: Invocation,
  services: readonly InstanceService[],
  passes: readonly Snapshot[],
): Promise<readonly Check[]> {
  const { clock, deadlineMs, reporter } = invocation;
  const targets = new Map(
    passes.flatMap((pass) => pass.targets.map(({ descriptor, state }) => [descriptor.id, state] as const)),
  );
  return Promise.all(
    services.map(async (checked) => {
      let check = await observe(invocation, { checked, targets, notBeforeMs: 0 });
      for (let times = 1; check.read.isOpen && isFull(invocation) && times < OBSERVATIONS_MAX; times += 1) {
        if (clock.now() + OBSERVE_AGAIN_AFTER_MS + 2 * CALL_TIME_MS > deadlineMs) break;
        await clock.sleep(OBSERVE_AGAIN_AFTER_MS);
        check = await observe(invocation, { checked, targets, notBeforeMs: clock.now() });
      }
      reporter.checked(check);
      return check;
    }),
  );
}

/** Services to check behind an event: not again within the time that two observations of one difference have to lie apart. */
export function isCheckDue({ cache, clock }: Invocation, { service }: InstanceService): boolean {
  return clock.now() - (cache.instances.get(service)?.lookedAtMs ?? 0) >= OBSERVE_AGAIN_AFTER_MS;
}

/** One look at a service. */
interface Look extends Pick<InstanceSnapshot, 'targets'> {
  readonly checked: InstanceService;
  /** Lists that are older are read again. */
  readonly notBeforeMs: number;
}

async function observe(invocation: Invocation, look: Look): Promise<Required<Check>> {
  const { reads, clock, cache, environment } = invocation;
  const { checked, targets } = look;
  const { service } = checked;
  const nothing = { subject: service, findings: [], failures: [], read: { instances: [], tasks: [], isOpen: false } };
  const answer = await reads.instances(service);
  if (!answer.ok) {
    if (answer.problem.kind !== 'gone') return { ...nothing, failures: [answer.problem] };
    // It was checked: not every event that comes while it is gone has to report it.
    cache.instances.set(service, { lookedAtMs: clock.now(), seen: new Map() });
    return { ...nothing, findings: [goneService(environment.settings, service)] };
  }
  const instances = answer.value;
  const read = await readTasks(invocation, look, instances);
  if (!read.ok) return { ...nothing, failures: read.problem };
  const snapshot = { ...checked, ...read.value, instances, targets, nowMs: clock.now() };
  const { findings, observations, isOpen } = checkInstances(snapshot, cache.instances.get(service) ?? NO_OBSERVATIONS);
  cache.instances.set(service, observations);
  return { ...nothing, findings, read: { instances, tasks: read.value.tasks, isOpen } };
}

/** What ECS says now of every task that a binding selects or an instance names. */
async function readTasks(
  invocation: Invocation,
  { checked, notBeforeMs }: Look,
  instances: readonly Instance[],
): Promise<Result<Pick<InstanceSnapshot, 'asked' | 'tasks'>, readonly Failure[]>> {
  const { reads, clock, cache } = invocation;
  const selectors = checked.bindings.map(({ selector }) => selector);
  const isSelected = (task: Task): boolean => selectors.some((selector) => selects(selector, task));
  const known = (isOfUse: (task: Task) => boolean): Task[] => [...cache.tasks.values()].map(({ task }) => task).filter(isOfUse);
  const asked = new Map<TaskArn, TaskReference>();
  for (const selector of selectors) {
    // A list that a pass of this invocation has read is as good as a new one.
    const { answer } = await reads.running(selector, notBeforeMs);
    // That a service does not exist is an answer: none of its tasks runs, and every instance that it has left is stale.
    if (!answer.ok && answer.problem.kind !== 'gone') return err([answer.problem]);
    const listed = new Set(answer.ok ? answer.value : []);
    cache.noteListed(listed, clock.now());
    for (const each of tasksBehindInstances(selector, instances, { listed, described: known(isSelected) })) {
      asked.set(each.arn, each);
    }
  }
  const { failures } = await reads.describe([...asked.values()], { dropRefused: true });
  if (failures.length > 0) return err(failures);
  return ok({ asked: [...asked.values()], tasks: known((task) => asked.has(task.arn) || isSelected(task)) });
}
