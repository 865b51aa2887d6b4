/** Checks the Cloud Map services that are bound: their instances against the tasks that ECS has now. Reads only. */

import { selectorKey, selects } from '../core/binding.ts';
import { type CheckedService, goneService } from '../core/configuration.ts';
import type { Failure } from '../core/failure.ts';
import type { Instance } from '../core/instance.ts';
import { checkInstances, NO_OBSERVATIONS, SECOND_LOOK_AFTER_MS, tasksBehindInstances } from '../core/instances.ts';
import type { Snapshot, TaskReference } from '../core/snapshot.ts';
import type { Task } from '../core/task.ts';
import type { TaskArn } from '../core/values.ts';
import { noteListed } from './cache.ts';
import type { Caller } from './caller.ts';
import { type Environment, type InstanceReport, isFull, openCaller, type Reporter, type Request } from './environment.ts';
import { CALL_TIME_MS } from './ports.ts';
import { describeTasks, listInstances, listTasks } from './reads.ts';

/** The third one is for what turns into something else between the first two, as a stopping task does when it has stopped. */
const LOOKS_MAX = 3;

/**
 * Looks at the services, side by side. A difference that this environment has not seen before is looked at once more in the
 * same invocation, where there is time; behind an event it waits for the schedule, since other events must not wait for it.
 */
export async function checkServices(
  environment: Environment,
  request: Request,
  reporter: Reporter,
  services: readonly CheckedService[],
  passes: readonly Snapshot[],
): Promise<void> {
  const { clock } = environment;
  await Promise.all(
    services.map(async (checked) => {
      const caller = openCaller(environment, request);
      let report = await lookAt(environment, caller, checked, passes, listsOf(passes));
      for (let looks = 1; report.isOpen && isFull(request) && looks < LOOKS_MAX; looks += 1) {
        if (clock.now() + SECOND_LOOK_AFTER_MS + 2 * CALL_TIME_MS > request.deadlineMs) break;
        await clock.sleep(SECOND_LOOK_AFTER_MS);
        report = await lookAt(environment, caller, checked, passes, new Map());
      }
      reporter.found(checked.service, report.findings, report.failures, caller.calls, report);
    }),
  );
}

/** Services to look at behind an event: not again within the time that two looks of one difference have to lie apart. */
export function isLookDue({ cache, clock }: Environment, { service }: CheckedService): boolean {
  return clock.now() - (cache.instances.get(service)?.lookedAtMs ?? 0) >= SECOND_LOOK_AFTER_MS;
}

type Lists = ReadonlyMap<string, ReadonlySet<TaskArn>>;

async function lookAt(
  environment: Environment,
  caller: Caller,
  checked: CheckedService,
  passes: readonly Snapshot[],
  lists: Lists,
): Promise<InstanceReport> {
  const { clock, cache } = environment;
  const { service } = checked;
  const answer = await listInstances(caller, service);
  if (!answer.ok) {
    if (answer.failure.kind !== 'gone') return nothing({ failures: [answer.failure] });
    // It was looked at: not every event that comes while it is gone has to say so.
    cache.instances.set(service, { lookedAtMs: clock.now(), seen: new Map() });
    return nothing({ findings: [goneService(service)] });
  }
  const instances = answer.value;
  const read = await readTasks(environment, caller, checked, instances, lists);
  if (!read.ok) return nothing({ failures: read.failures });
  const { asked, tasks } = read;
  const targets = new Map(
    passes.flatMap((pass) => pass.targets.map(({ descriptor, state }) => [descriptor.id, state] as const)),
  );
  const snapshot = { ...checked, instances, tasks, asked, targets, nowMs: clock.now() };
  const { findings, observations, isOpen } = checkInstances(snapshot, cache.instances.get(service) ?? NO_OBSERVATIONS);
  cache.instances.set(service, observations);
  return { findings, failures: [], instances, tasks, isOpen };
}

function nothing(told: Partial<InstanceReport>): InstanceReport {
  return { findings: [], failures: [], instances: [], tasks: [], isOpen: false, ...told };
}

type ReadTasks =
  | { readonly ok: true; readonly asked: readonly TaskReference[]; readonly tasks: readonly Task[] }
  | { readonly ok: false; readonly failures: readonly Failure[] };

/** What ECS says now of every task that a binding means or an instance names. */
async function readTasks(
  { clock, cache }: Environment,
  caller: Caller,
  { bindings }: CheckedService,
  instances: readonly Instance[],
  lists: Lists,
): Promise<ReadTasks> {
  const selectors = bindings.map(({ selector }) => selector);
  const isMeant = (task: Task): boolean => selectors.some((selector) => selects(selector, task));
  const known = (isOfUse: (task: Task) => boolean): Task[] => [...cache.facts.values()].map(({ task }) => task).filter(isOfUse);
  const asked = new Map<TaskArn, TaskReference>();
  for (const selector of selectors) {
    const list = lists.get(selectorKey(selector)) ?? (await listTasks(caller, selector, 'RUNNING'));
    // That a service does not exist is an answer: none of its tasks runs, and every instance that it has left is stale.
    if ('ok' in list && !list.ok && list.failure.kind !== 'gone') return { ok: false, failures: [list.failure] };
    const listed = 'ok' in list ? new Set(list.ok ? list.value : []) : list;
    noteListed(cache, listed, clock.now());
    for (const each of tasksBehindInstances(selector, instances, listed, known(isMeant))) asked.set(each.arn, each);
  }
  const { failures } = await describeTasks({ caller, clock, cache }, [...asked.values()], { dropRefused: true });
  if (failures.length > 0) return { ok: false, failures };
  return { ok: true, asked: [...asked.values()], tasks: known((task) => asked.has(task.arn) || isMeant(task)) };
}

/** The running lists that passes of this invocation have read, by `selectorKey`: what is known is not asked twice. */
function listsOf(passes: readonly Snapshot[]): Lists {
  const read = passes.flatMap(({ feeds }) => feeds.filter((feed) => feed.list === 'read'));
  return new Map(read.map((feed) => [selectorKey(feed.binding.selector), feed.listed]));
}
