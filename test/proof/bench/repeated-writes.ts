/** How many targets are written that were already as the call would have them: ELB did not need these writes. */
import type { ApiName, Service } from '../../../scripts/simulator/api.ts';
import { type Input, objects, text, whole } from '../../../scripts/simulator/api-input.ts';
import { keyOf } from '../../../scripts/simulator/elb.ts';

export interface WriteCounts {
  targets: number;
  repeated: number;
}

/** Counts what the calls of the account change from now on; a call that is refused changes nothing. */
export function countWrites(service: Service): WriteCounts {
  const counts: WriteCounts = { targets: 0, repeated: 0 };
  const perform = service.perform.bind(service);
  service.perform = <Name extends ApiName>(name: Name, input: Input, accessKeyId?: string) => {
    if (name !== 'RegisterTargets' && name !== 'DeregisterTargets') return perform(name, input, accessKeyId);
    const group = service.account.elb.groups.get(text(input, 'TargetGroupArn') ?? '');
    const asked = objects(input, 'Targets').map((target) =>
      keyOf({ id: text(target, 'Id') ?? '', port: whole(target, 'Port') ?? group?.port ?? 0 }),
    );
    const registered = new Set(group === undefined ? [] : service.account.elb.registered(group));
    const output = perform(name, input, accessKeyId);
    counts.targets += asked.length;
    counts.repeated += asked.filter((key) => registered.has(key) === (name === 'RegisterTargets')).length;
    return output;
  };
  return counts;
}

export function shareOfRepeats({ targets, repeated }: WriteCounts): string {
  return `${repeated} of ${targets.toLocaleString('en-US')}, ${((repeated * 100) / Math.max(1, targets)).toFixed(1)} %`;
}
