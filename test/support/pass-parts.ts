/** Parts of a pass, each for itself: its reads of tasks, its search for owners, and the record that it leaves. */
import { TaskReader } from '../../functions/app/read-snapshot.ts';
import { GroupRecord } from '../../functions/app/record.ts';
import { Strangers } from '../../functions/app/strangers.ts';
import { isLate } from '../../functions/core/guard.ts';
import type { RecordedTarget, RecordKind } from '../../functions/core/ownership.ts';
import { type Deregistration, planChanges } from '../../functions/core/plan.ts';
import type { Snapshot } from '../../functions/core/snapshot.ts';
import type { PassContext } from './passes.ts';
import { START_MS } from './ports.ts';
import { target } from './values.ts';

/** What the pass reads of tasks over these targets; that of a task at 10.0.0.1 unless the test says otherwise. */
export function readTasks(context: PassContext, targets = [target('10.0.0.1')]) {
  const { hints, listing } = context;
  return new TaskReader(context).read({ targets, hints, isListing: listing === 'full' });
}

/** What is found out of unexplained targets in a pass that lists; the one at 10.0.0.9 unless the test says otherwise. */
export async function searchOwners(context: PassContext, targets = [target('10.0.0.9')]) {
  const tasks = new TaskReader(context);
  const { snapshot } = await tasks.read({ targets, hints: context.hints, isListing: true });
  return new Strangers(context, tasks, new GroupRecord(context)).identify(snapshot);
}

/** The removals that the snapshot asks for, of tasks that ended long ago. */
export function lateOf(snapshot: Snapshot): Deregistration[] {
  return planChanges(snapshot).filter((change) => isLate(change, START_MS));
}

/** The group with a reporter that makes text of what is recorded, a line for each target; what is recorded of none shows too. */
export function recording(context: PassContext) {
  const lines: string[] = [];
  const recorded = (kind: RecordKind, group: string, targets: readonly RecordedTarget[]): void =>
    void lines.push(
      ...(targets.length === 0 ? [`${kind} of none`] : []),
      ...targets.map(({ address, task }) => `${kind} ${group} ${address} ${task}`),
    );
  return { lines, context: { ...context, reporter: { ...context.reporter, recorded } } };
}
