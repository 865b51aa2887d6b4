/** What an environment has read of tasks, kept by the oracle on its own: no code is shared with what it judges. */
import { isObject } from '../../functions/core/json.ts';

/** A task as some DescribeTasks answers told it, each field at its latest. */
export interface KnownTask {
  readonly arn: string;
  readonly group: string;
  readonly family: string;
  readonly stopped: boolean;
  readonly last: string;
  readonly ip: string | undefined;
  readonly ipv6: string | undefined;
  readonly attached: boolean;
  readonly describedAtMs: number;
  readonly startedBy: string;
  /** When its containers ended, as ECS says. */
  readonly endedAtMs: number;
  /** When an answer first showed it past STOPPING. */
  readonly releasedAtMs: number;
}

const LIFE = ['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'];

export class Knowledge {
  readonly #tasks = new Map<string, KnownTask>();
  /** By every address that a task ever had: each write asks for one, and few tasks share it. */
  readonly #byAddress = new Map<string, Set<string>>();

  /** Takes up one task of a DescribeTasks answer. */
  learn(description: unknown, atMs: number): KnownTask | undefined {
    const read = readTask(description, atMs);
    if (read === undefined) return undefined;
    const known = this.#tasks.get(read.arn);
    const joined = known === undefined ? read : join(known, read);
    this.#tasks.set(read.arn, joined);
    for (const ip of [joined.ip, joined.ipv6]) if (ip !== undefined) this.#note(ip, joined.arn);
    return joined;
  }

  get(arn: string): KnownTask | undefined {
    return this.#tasks.get(arn);
  }

  at(ip: string): KnownTask[] {
    return [...(this.#byAddress.get(ip) ?? [])].flatMap((arn) => this.#tasks.get(arn) ?? []);
  }

  #note(ip: string, arn: string): void {
    const known = this.#byAddress.get(ip);
    if (known === undefined) this.#byAddress.set(ip, new Set([arn]));
    else known.add(arn);
  }
}

/**
 * Whether the task still holds its interface, by its own words: ordered to stop, and not past STOPPING. An answer that
 * arrives in the very instant of the write cannot have been read by who writes.
 */
export function isStopping(task: KnownTask, nowMs: number): boolean {
  return task.stopped && task.releasedAtMs >= nowMs;
}

function join(one: KnownTask, other: KnownTask): KnownTask {
  const later = LIFE.indexOf(one.last) >= LIFE.indexOf(other.last) ? one : other;
  return {
    ...later,
    stopped: one.stopped || other.stopped,
    ip: one.ip ?? other.ip,
    ipv6: one.ipv6 ?? other.ipv6,
    attached: one.attached || other.attached,
    describedAtMs: Math.max(one.describedAtMs, other.describedAtMs),
    endedAtMs: Math.min(one.endedAtMs, other.endedAtMs),
    releasedAtMs: Math.min(one.releasedAtMs, other.releasedAtMs),
  };
}

function readTask(description: unknown, describedAtMs: number): KnownTask | undefined {
  if (!isObject(description)) return undefined;
  const { taskArn, group, taskDefinitionArn, lastStatus, desiredStatus, attachments } = description;
  if (typeof taskArn !== 'string' || typeof lastStatus !== 'string') return undefined;
  const attachment = Array.isArray(attachments) ? attachments.filter(isObject).find(isInterface) : undefined;
  const details = isObject(attachment) && Array.isArray(attachment['details']) ? attachment['details'].filter(isObject) : [];
  const address = details.find((detail) => detail['name'] === 'privateIPv4Address')?.['value'];
  const ipv6 = details.find((detail) => detail['name'] === 'privateIPv6Address')?.['value'];
  return {
    arn: taskArn,
    group: String(group),
    family: String(taskDefinitionArn).replace(/^.*\//, '').replace(/:.*$/, ''),
    stopped: desiredStatus === 'STOPPED',
    last: lastStatus,
    ip: typeof address === 'string' ? address : undefined,
    ipv6: typeof ipv6 === 'string' ? ipv6 : undefined,
    attached: isObject(attachment) && attachment['status'] === 'ATTACHED',
    describedAtMs,
    startedBy: String(description['startedBy'] ?? ''),
    endedAtMs: timeOf(description['executionStoppedAt'] ?? description['stoppedAt']),
    releasedAtMs: LIFE.indexOf(lastStatus) > LIFE.indexOf('STOPPING') ? describedAtMs : Number.POSITIVE_INFINITY,
  };
}

function timeOf(value: unknown): number {
  return value instanceof Date ? value.getTime() : Number.POSITIVE_INFINITY;
}

/** A task may have other attachments, of Service Connect for example, before or after its interface. */
function isInterface({ type }: Readonly<Record<string, unknown>>): boolean {
  return type === 'ElasticNetworkInterface' || type === 'eni';
}
