/** What core decides in a pass, from the event to the plan. Bundled, and run where there is no time and no randomness. */

import { readEvent } from '../../functions/core/event.ts';
import { planChanges } from '../../functions/core/plan.ts';
import type { ListedBinding, Snapshot } from '../../functions/core/snapshot.ts';
import type { Task } from '../../functions/core/task.ts';
import {
  type Parsed,
  parseClusterArn,
  parseIpAddress,
  parsePort,
  parseTargetGroupArn,
  parseTaskArn,
} from '../../functions/core/values.ts';

const cluster = known(parseClusterArn('arn:aws:ecs:eu-west-1:111122223333:cluster/prod'));
const arn = known(parseTaskArn('arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef'));
const group = known(
  parseTargetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef'),
);

const task: Task = {
  arn,
  cluster,
  version: 3,
  desired: 'RUNNING',
  last: 'RUNNING',
  group: 'service:web',
  startedBy: 'ecs-svc/1',
  definition: 'web:12',
  interface: 'ATTACHED',
  health: 'UNKNOWN',
  ipv4: known(parseIpAddress('10.0.0.7')),
};

const binding: ListedBinding = {
  selector: { kind: 'service', cluster, name: 'web' },
  port: known(parsePort('8080')),
  zone: undefined,
  ready: false,
  drain: false,
  writes: true,
  removes: true,
  confirmed: false,
  source: 'tag',
  native: false,
  deployments: new Set(),
  lacksConfirmation: false,
  list: 'read',
  listed: new Set([arn]),
};

const snapshot: Snapshot = {
  group: { arn: group, name: 'web', family: 'ipv4', protocol: 'HTTP', unhealthyAfterMs: 95_000 },
  targets: [],
  bindings: [binding],
  tasks: new Map([[arn, task]]),
  describedAtMs: new Map([[arn, 1]]),
};

/** A reading and a plan, as plain data. */
export function decide(): object {
  const detail = { taskArn: arn, clusterArn: cluster, lastStatus: 'RUNNING', desiredStatus: 'RUNNING', version: 3 };
  const event = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail };
  const changes = planChanges(snapshot).map(({ kind, address, because }) => ({ kind, address, because }));
  return { reading: readEvent(event).kind, changes };
}

function known<Value>(parsed: Parsed<Value>): Value {
  if (!parsed.ok) throw new Error(`expected ${parsed.problem}`);
  return parsed.value;
}
