/** Where tasks and targets differ in the simulated account, judged by its own state and not by what the function has read. */

import { linesOfParameter, type Settings } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import type { Account } from '../../simulator/account.ts';
import { present, type TaskRecord } from '../../simulator/ecs.ts';

export interface Difference {
  readonly targetGroup: string;
  readonly address: string;
  readonly what: 'missing' | 'left behind';
}

/** Addresses of serving tasks that their group lacks, and others that it still has. */
export function differencesIn(account: Account, settings: Settings): Difference[] {
  const tasks = [...account.ecs.tasks.values()];
  const { bindings } = linesOfParameter(scopeOf(settings, NO_COPIES));
  return [...account.elb.groups.values()].flatMap((group) => {
    const lines = bindings.filter((line) => line.group === group.arn).map(({ binding }) => binding);
    const wanted = new Set(
      lines.flatMap(({ selector, port }) => {
        const meant = tasks.filter((task) => task.clusterArn === selector.cluster && isMeant(task, selector));
        return meant.flatMap((task) => servingAddress(task)).map((ip) => `${ip}:${port}`);
      }),
    );
    const registered = new Set(account.elb.registered(group));
    const missing = [...wanted].filter((address) => !registered.has(address));
    const extra = [...registered].filter((address) => !wanted.has(address));
    return [
      ...missing.map((address) => ({ targetGroup: group.name, address, what: 'missing' as const })),
      ...extra.map((address) => ({ targetGroup: group.name, address, what: 'left behind' as const })),
    ];
  });
}

function isMeant(task: TaskRecord, { kind, name }: { readonly kind: 'service' | 'family'; readonly name: string }): boolean {
  if (kind === 'service') return task.group === `service:${name}`;
  return !task.group.startsWith('service:') && task.definition.split(':')[0] === name;
}

/** The address of a running task, where it can be read: captures often mask it. */
function servingAddress(task: TaskRecord): string[] {
  const { last, desired, ipv4 } = present(task);
  const isServing = last === 'RUNNING' && desired === 'RUNNING';
  return isServing && ipv4 !== undefined && /^\d{1,3}(\.\d{1,3}){3}$/.test(ipv4) ? [ipv4] : [];
}
