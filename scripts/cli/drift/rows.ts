/** Tasks, targets and instances side by side: one row per address. */

import type { Instance } from '../../../functions/core/cloud-map/instance.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import type { Target } from '../../../functions/core/target.ts';
import { isLive, isServing, phaseOf, type Task } from '../../../functions/core/task.ts';
import { taskIdOf } from '../../../functions/core/values.ts';

interface GroupTargets {
  readonly group: string;
  readonly targets: readonly Target[];
}

interface ServiceInstances {
  readonly service: string;
  readonly instances: readonly Instance[];
  /** By instance id, where it could be read. */
  readonly health: ReadonlyMap<string, string>;
  readonly ttlSeconds: number | undefined;
}

/** What the account has, as far as the bindings mean it. */
export interface Sides {
  readonly tasks: readonly Task[];
  readonly groups: readonly GroupTargets[];
  readonly services: readonly ServiceInstances[];
  readonly findings: readonly Finding[];
  /** Addresses that a pass would register or remove, with what it would do. */
  readonly planned: readonly { readonly ip: string; readonly what: string }[];
  /** When the looking began. */
  readonly beganMs: number;
  readonly nowMs: number;
}

export interface Row {
  readonly address: string;
  readonly task: string;
  readonly target: string;
  readonly instance: string;
  /** Empty where the three agree. */
  readonly differs: string;
  readonly sinceSeconds: number | undefined;
  /** False where the difference may be older: nobody had looked before. */
  readonly isSinceKnown: boolean;
  /** How long clients have been given a wrong answer, and will be after the instance has gone. */
  readonly resolvableSeconds: number | undefined;
}

/** One row per address that any of the three knows, in the order of the addresses; stopped tasks count only where something is left of them. */
export function rowsOf(sides: Sides): Row[] {
  const live = sides.tasks.filter(isLive).flatMap(addressesOf);
  const targets = sides.groups.flatMap((group) => group.targets.map(({ descriptor }) => descriptor.id));
  const instances = sides.services.flatMap((service) => service.instances.flatMap(addressesOf));
  const found = sides.findings.flatMap(({ address }) => address ?? []);
  return [...new Set([...live, ...targets, ...instances, ...found])].sort(byNumber).map((address) => rowOf(sides, address));
}

function rowOf(sides: Sides, address: string): Row {
  const { tasks, groups, services, planned, beganMs, nowMs } = sides;
  const findings = sides.findings.filter((finding) => isAbout(finding, address));
  const owners = tasks.filter((task) => addressesOf(task).includes(address));
  const shown = owners.some(isLive) ? owners.filter(isLive) : owners.slice(-1);
  const targets = groups.flatMap(({ group, targets: all }) =>
    all
      .filter(({ descriptor }) => descriptor.id === address)
      .map(({ state, descriptor }) => `${state} ${group}:${descriptor.port}`),
  );
  const instances = services.flatMap((service) =>
    service.instances.filter((each) => addressesOf(each).includes(address)).map((each) => instanceText(service, each)),
  );
  const sinces = findings.flatMap(({ sinceMs }) => sinceMs ?? []);
  const sinceSeconds = sinces.length === 0 ? undefined : Math.round((nowMs - Math.min(...sinces)) / 1_000);
  const ttls = findings
    .filter((finding) => finding.address === address && isWrongAnswer(finding))
    .flatMap((finding) => ttlOf(services, finding) ?? []);
  const changes = planned.filter(({ ip }) => ip === address).map(({ what }) => what);
  return {
    address,
    task: shown.map((task) => `${taskIdOf(task.arn)} ${taskText(task)}`).join(', ') || '-',
    target: targets.join(', ') || '-',
    instance: instances.join(', ') || '-',
    differs: [...new Set([...findings.map(({ kind }) => kind), ...changes])].join(', '),
    sinceSeconds,
    isSinceKnown: sinces.every((sinceMs) => sinceMs < beganMs),
    resolvableSeconds: ttls.length === 0 || sinceSeconds === undefined ? undefined : sinceSeconds + Math.max(...ttls),
  };
}

/** Findings on instances name their address and the one that they should have; those on targets have `ip:port` for a subject. */
function isAbout({ address, expected, subject }: Finding, ip: string): boolean {
  return address === ip || expected === ip || subject.startsWith(ip.includes(':') ? `[${ip}]:` : `${ip}:`);
}

function isWrongAnswer({ kind, instance }: Finding): boolean {
  return instance !== undefined && (kind === 'stale' || kind === 'mismatched');
}

/** How long clients keep an answer of the service that the finding's instance is in. */
function ttlOf(services: readonly ServiceInstances[], { instance }: Finding): number | undefined {
  return services.find(({ instances }) => instances.some(({ id }) => id === instance))?.ttlSeconds;
}

function taskText(task: Task): string {
  return isServing(task)
    ? 'running'
    : isLive(task)
      ? task.last.toLowerCase()
      : phaseOf(task) === 'stopping'
        ? 'stopping'
        : 'stopped';
}

function instanceText({ service, health }: ServiceInstances, { id, port }: Instance): string {
  const status = health.get(id);
  return `${id}${port === undefined ? '' : `:${port}`} ${service}${status === undefined ? '' : ` ${status.toLowerCase()}`}`;
}

function addressesOf({ ipv4, ipv6 }: { readonly ipv4?: string | undefined; readonly ipv6?: string | undefined }): string[] {
  return [ipv4, ipv6].filter((ip) => ip !== undefined);
}

/** 10.0.0.9 before 10.0.0.10. */
function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
