/** Looks at a Cloud Map service, as tests write them. */

import { parseInstanceBinding, type Selector } from '../../functions/core/binding.ts';
import type { InstanceSnapshot } from '../../functions/core/cloud-map/check.ts';
import type { Instance } from '../../functions/core/cloud-map/instance.ts';
import type { Task } from '../../functions/core/task.ts';
import { aContext, cloudMapArn, clusterArn, ip, lineOf } from './values.ts';

export const NOW_MS = 1_000_000;
export const MYSQL = cloudMapArn();
export const APP: Selector = { kind: 'service', cluster: clusterArn(), name: 'app' };

export function instance(id: string, address?: string, words: Partial<Instance> = {}): Instance {
  const known = address === undefined ? undefined : ip(address);
  const isIpv6 = known?.includes(':') === true;
  return { id, ipv4: isIpv6 ? undefined : known, ipv6: isIpv6 ? known : undefined, port: undefined, ofEcs: true, ...words };
}

export interface LookWords {
  readonly lines?: readonly string[];
  readonly tasks?: readonly Task[];
  readonly instances?: readonly Instance[];
  readonly asked?: readonly Task[];
  readonly targets?: Readonly<Record<string, string>>;
  readonly isManaged?: boolean;
  readonly nowMs?: number;
}

/** What a look at the service of `service=app` has read. */
export function look(words: LookWords): InstanceSnapshot {
  const { lines = ['service=app'], tasks = [], instances = [], asked = [], targets = {} } = words;
  return {
    service: MYSQL,
    bindings: lines.map((line) => lineOf(parseInstanceBinding(line, aContext()))),
    isManaged: words.isManaged ?? false,
    instances,
    tasks,
    asked: asked.map(({ arn, cluster }) => ({ arn, cluster })),
    targets: new Map(Object.entries(targets)),
    nowMs: words.nowMs ?? NOW_MS,
  };
}
