/** Registrations that two environments make possible, and no rule of one can prevent. */
import type { Ecs } from '../../scripts/simulator/ecs.ts';
import { type GroupRecord, keyOf } from '../../scripts/simulator/elb.ts';
import { PROOF_AGE_MS } from './oracle.ts';

/**
 * Whether the target, named at the end of the text, was registered just after its task had been told to stop: one environment has
 * dealt with the order by then, and the other one writes on a description from before. The next event or the schedule finds it.
 */
export function cameLate(ecs: Ecs, group: GroupRecord, text: string): boolean {
  const target = [...group.targets.values()].find((each) => text.endsWith(` ${keyOf(each)}`));
  if (target === undefined) return false;
  return [...ecs.tasks.values()].some(({ history }) => {
    const order = history.find(({ desired, ipv4 }) => desired === 'STOPPED' && ipv4 === target.id);
    const agoMs = target.registeredAtMs - (order?.atMs ?? Number.POSITIVE_INFINITY);
    return agoMs >= 0 && agoMs <= PROOF_AGE_MS;
  });
}
