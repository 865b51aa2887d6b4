/** Lets the simulated ECS become what events tell: each task event moves its task to the state that it describes. */
import type { Account } from './account.ts';
import { text, whole } from './api-input.ts';
import type { TaskRecord } from './ecs.ts';
import { dateOf, isTaskDetail } from './task-description.ts';

/** The task as the detail of an event tells it; undefined where the detail names no task or no cluster. */
export function adoptDetail(account: Account, detail: unknown): TaskRecord | undefined {
  if (!isTaskDetail(detail)) return undefined;
  const { taskArn, clusterArn } = detail;
  const definitionArn = text(detail, 'taskDefinitionArn') ?? '';
  const group = text(detail, 'group') ?? '';
  if (group.startsWith('service:')) account.ecs.addService(clusterArn, group.slice('service:'.length));
  const record = {
    id: taskArn.slice(taskArn.lastIndexOf('/') + 1),
    arn: taskArn,
    clusterArn,
    group,
    definition: definitionArn.slice(definitionArn.lastIndexOf('/') + 1),
    createdAtMs: dateOf(detail['createdAt'])?.getTime() ?? account.clock.now(),
    startedBy: text(detail, 'startedBy'),
    zone: text(detail, 'availabilityZone') ?? '',
  };
  const last = text(detail, 'lastStatus') ?? 'UNKNOWN';
  return account.ecs.adopt(record, {
    version: whole(detail, 'version') ?? 0,
    last,
    desired: detail['desiredStatus'] === 'STOPPED' ? 'STOPPED' : 'RUNNING',
    interface: 'NONE',
    ipv4: addressOf(detail['attachments']),
    ipv6: undefined,
    startedAtMs: dateOf(detail['startedAt'])?.getTime(),
    stoppingAtMs: undefined,
    stoppedAtMs: last === 'STOPPED' ? account.clock.now() : undefined,
    told: detail,
  });
}

/** The private address in the attachments, for the simulated health checks. */
function addressOf(attachments: unknown): string | undefined {
  const found = /"name":"privateIPv4Address","value":"([^"]*)"/.exec(JSON.stringify(attachments ?? []));
  return found?.[1];
}
