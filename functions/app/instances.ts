/** Checks the Cloud Map services that are wired: their instances against the tasks that ECS has now. Reads only. */
import type { CheckedService } from '../core/configuration.ts';
import { type Answer, answered, type Failure } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import { checkInstances, tasksBehindInstances } from '../core/instances.ts';
import type { TaskArn } from '../core/values.ts';
import { type Selector, selectorKey, selects } from '../core/wiring.ts';
import type { Caller } from './caller.ts';
import type { Memory } from './memory.ts';
import type { Clock } from './ports.ts';
import { describeTasks, listInstances, listTasks } from './reads.ts';

export interface InstanceContext {
  readonly checked: CheckedService;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly memory: Memory;
  /** Running lists that passes of this invocation have read, by `selectorKey`: what is known is not asked twice. */
  readonly lists: ReadonlyMap<string, ReadonlySet<TaskArn>>;
}

export interface InstanceReport {
  readonly checked: CheckedService;
  readonly instances: number;
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
}

/** One look at one Cloud Map service. A difference becomes a finding when an earlier look has seen it too. */
export async function checkService(context: InstanceContext): Promise<InstanceReport> {
  const { checked, caller, clock, memory } = context;
  const { selector } = checked.wiring;
  const failedWith = (failures: readonly Failure[]): InstanceReport => ({ checked, instances: 0, findings: [], failures });
  const instances = await listInstances(caller, checked.service);
  if (!instances.ok) return failedWith([instances.failure]);
  const listed = await listedTasks(context, selector);
  if (!listed.ok) return failedWith([listed.failure]);
  const facts = [...memory.facts.values()].map(({ task }) => task).filter((task) => selects(selector, task));
  const references = tasksBehindInstances(selector, instances.value, listed.value, facts);
  const { failures } = await describeTasks(context, references, { dropRefused: true });
  if (failures.length > 0) return failedWith(failures);
  const asked = new Set(references.map(({ arn }) => arn));
  const tasks = [...memory.facts.values()]
    .map(({ task }) => task)
    .filter((task) => asked.has(task.arn) || selects(selector, task));
  const snapshot = { ...checked, instances: instances.value, tasks, asked: references, nowMs: clock.now() };
  const { findings, firstSeenMs } = checkInstances(snapshot, memory.instances.get(checked.service) ?? new Map());
  memory.instances.set(checked.service, firstSeenMs);
  return { checked, instances: instances.value.length, findings, failures: [] };
}

async function listedTasks({ caller, lists }: InstanceContext, selector: Selector): Promise<Answer<ReadonlySet<TaskArn>>> {
  const known = lists.get(selectorKey(selector));
  if (known !== undefined) return answered(known);
  const answer = await listTasks(caller, selector, 'RUNNING');
  return answer.ok ? answered(new Set(answer.value)) : answer;
}
