/**
 * What is true of tasks and instances, worked out anew after every change, and when it began. It reads the account's own records
 * and shares no code with the check that it judges.
 */
import type { Account } from '../../../scripts/simulator/account.ts';
import type { CloudMapServiceRecord, InstanceRecord } from '../../../scripts/simulator/cloud-map.ts';
import { present, type TaskRecord } from '../../../scripts/simulator/ecs.ts';

export interface Stretch {
  readonly key: string;
  readonly kind: string;
  readonly fromMs: number;
  /** When it took this shape; a stale instance is wrong since its task ended, and turns into a mismatched one later. */
  readonly shapedMs: number;
  /** Infinity while it lasts. */
  toMs: number;
}

interface TrueDifference {
  readonly kind: string;
  readonly subject: string;
  /** When it began, where that is not now. */
  readonly sinceMs?: number | undefined;
}

export class DriftTruth {
  readonly stretches: Stretch[] = [];
  readonly #account: Account;
  readonly #group: string;
  readonly #port: number | undefined;
  readonly #open = new Map<string, Stretch>();
  service: CloudMapServiceRecord;

  constructor(account: Account, service: CloudMapServiceRecord, group: string, port: number | undefined) {
    this.#account = account;
    this.service = service;
    this.#group = group;
    this.#port = port;
    account.onEvent(() => this.note());
    account.cloudMap.onChange(() => this.note());
  }

  /** Takes up the world as it is now. */
  note(): void {
    const nowMs = this.#account.clock.now();
    const present = new Map(this.#differences().map((each) => [`${each.kind} ${each.subject}`, each]));
    for (const [key, stretch] of this.#open) {
      if (present.has(key)) continue;
      stretch.toMs = nowMs;
      this.#open.delete(key);
    }
    for (const [key, { kind, sinceMs }] of present) {
      if (this.#open.has(key)) continue;
      const stretch = { key, kind, fromMs: sinceMs ?? nowMs, shapedMs: nowMs, toMs: Number.POSITIVE_INFINITY };
      this.#open.set(key, stretch);
      this.stretches.push(stretch);
    }
  }

  #differences(): TrueDifference[] {
    const tasks = [...this.#account.ecs.tasks.values()].filter((task) => task.group === this.#group);
    const missing = tasks.filter((task) => {
      const { last, desired, interface: attached } = present(task);
      return last === 'RUNNING' && desired === 'RUNNING' && attached === 'ATTACHED' && !this.service.instances.has(task.id);
    });
    const wrong = [...this.service.instances.values()].flatMap((instance) => this.#wrong(instance, tasks) ?? []);
    return [...missing.map(({ arn }) => ({ kind: 'missing', subject: arn })), ...wrong];
  }

  #wrong(instance: InstanceRecord, tasks: readonly TaskRecord[]): TrueDifference | undefined {
    const subject = instance.id;
    const { AWS_INSTANCE_IPV4: ipv4, AWS_INSTANCE_IPV6: ipv6, AWS_INSTANCE_PORT: port } = instance.attributes;
    const owner = tasks.find((task) => task.id === instance.id);
    if (owner === undefined) {
      const isOfEcs = 'ECS_SERVICE_NAME' in instance.attributes || 'DeploymentId' in instance.attributes;
      return { kind: isOfEcs ? 'stale' : 'foreign', subject };
    }
    const state = present(owner);
    if (state.last === 'DEPROVISIONING' || state.last === 'STOPPED') {
      const sinceMs = owner.history.find(({ last }) => last === 'DEPROVISIONING')?.atMs;
      const isTaken = tasks.some((task) => {
        const other = present(task);
        return (
          other.desired === 'RUNNING' && (ipv4 === undefined ? ipv6 !== undefined && other.ipv6 === ipv6 : other.ipv4 === ipv4)
        );
      });
      // Wrong since its task ended, whoever has the address by now.
      return { kind: isTaken ? 'mismatched' : 'stale', subject, sinceMs };
    }
    if (state.desired === 'STOPPED') return { kind: 'draining', subject };
    const isElsewhere = (ipv4 !== undefined && ipv4 !== state.ipv4) || (ipv6 !== undefined && ipv6 !== state.ipv6);
    const isAtOtherPort = port !== undefined && this.#port !== undefined && Number(port) !== this.#port;
    return isElsewhere || isAtOtherPort ? { kind: 'mismatched', subject } : undefined;
  }
}
