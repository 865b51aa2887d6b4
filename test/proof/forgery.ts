/** Messages that nobody should believe: invented hints, and texts that are not even events. */
import type { Account } from '../../scripts/simulator/account.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { type StateChangeEvent, stateChangeEvent } from '../../scripts/simulator/events.ts';
import type { Random } from '../../scripts/simulator/random.ts';

/** An address that no task ever had: where it is written to, the bytes of an event have come through. */
export const FORGED_ADDRESS = '10.0.66.66';

/** An event that says of a task what is not so: stopped though it lives, running though it is dead, and by a version to come. */
export function forgedMessage(account: Account, random: Random): string {
  const task = random.pick([...account.ecs.tasks.values()]);
  if (task === undefined) return mangledMessage(random);
  const isLive = present(task).desired === 'RUNNING';
  const lie = isLive
    ? { desired: 'STOPPED' as const, last: random.pick(['RUNNING', 'STOPPING', 'STOPPED']) }
    : { desired: 'RUNNING' as const, last: 'RUNNING' };
  const version = random.pick([9e15, present(task).version + random.whole(0, 5), 1]);
  const event = stateChangeEvent(task, { ...present(task), ...lie, version }, random.whole(1, 1_000_000));
  return JSON.stringify(random.chance(0.3) ? withOtherAddress(event, task) : event);
}

/** An event that says of a live task that it has come to a version which it will never reach. */
export function forgedVersion(task: TaskRecord, random: Random): string {
  const lie = { desired: random.pick(['RUNNING' as const, 'STOPPED' as const]), version: 9e15 };
  return JSON.stringify(stateChangeEvent(task, { ...present(task), ...lie }, random.whole(1, 1_000_000)));
}

function withOtherAddress(event: StateChangeEvent, task: TaskRecord): unknown {
  const text = JSON.stringify(event).replaceAll(present(task).ipv4 ?? 'none', FORGED_ADDRESS);
  return JSON.parse(text);
}

export function mangledMessage(random: Random): string {
  return random.pick([
    '',
    'null',
    '[]',
    '{"detail":',
    '\uFEFF{}',
    '{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"__proto__":{"lastStatus":"RUNNING"}}}',
    '{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"lastStatus":"RUNNING","taskArn":17}}',
    '['.repeat(10_000),
    `{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"lastStatus":"RUNNING","taskArn":"${'x'.repeat(5_000)}"}}`,
  ]);
}
