/**
 * Text from outside becomes a branded value here, or is refused with what was expected.
 * This is the only file that casts: a value of these types has been looked at once, and nobody has to look again.
 */

import { err, ok, type Result } from './result.ts';

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

export type ClusterArn = Branded<string, 'ClusterArn'>;
export type TaskArn = Branded<string, 'TaskArn'>;
export type TargetGroupArn = Branded<string, 'TargetGroupArn'>;
export type CloudMapServiceArn = Branded<string, 'CloudMapServiceArn'>;
/** An IPv4 or IPv6 address in its one canonical spelling (RFC 5952), so that equal addresses are equal strings. */
export type IpAddress = Branded<string, 'IpAddress'>;
export type Port = Branded<number, 'Port'>;
/** `ip:port` in canonical form: what ELB calls a target's identity, and the key of every comparison here. */
export type Address = Branded<string, 'Address'>;

export type IpFamily = 'ipv4' | 'ipv6';

/** The value, or what was expected instead. */
export type Parsed<Value> = Result<Value, string>;

const CLUSTER = /^arn:aws[\w-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/[\w-]{1,255}$/;
const TASK = /^arn:aws[\w-]*:ecs:[a-z0-9-]+:\d{12}:task\/(?:[\w-]{1,255}\/)?[A-Za-z0-9-]{1,64}$/;
const TARGET_GROUP = /^arn:aws[\w-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/[A-Za-z0-9-]{1,32}\/[a-f0-9]{1,32}$/;
const CLOUD_MAP_SERVICE = /^arn:aws[\w-]*:servicediscovery:[a-z0-9-]+:\d{12}:service\/[A-Za-z0-9_-]{1,64}$/;
const STACK = /^arn:aws[\w-]*:cloudformation:[a-z0-9-]+:\d{12}:stack\//;

export function parseClusterArn(text: unknown): Parsed<ClusterArn> {
  return typeof text === 'string' && CLUSTER.test(text)
    ? ok(text as ClusterArn)
    : err('a cluster ARN such as arn:aws:ecs:eu-west-1:111122223333:cluster/prod');
}

/** Takes the long form (`task/cluster/id`) and the short one of 2016 to 2019 (`task/id`). */
export function parseTaskArn(text: unknown): Parsed<TaskArn> {
  return typeof text === 'string' && TASK.test(text)
    ? ok(text as TaskArn)
    : err('a task ARN such as arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef');
}

export function parseTargetGroupArn(text: unknown): Parsed<TargetGroupArn> {
  return typeof text === 'string' && TARGET_GROUP.test(text)
    ? ok(text as TargetGroupArn)
    : err('a target group ARN such as arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef');
}

export function parseCloudMapServiceArn(text: unknown): Parsed<CloudMapServiceArn> {
  return typeof text === 'string' && CLOUD_MAP_SERVICE.test(text)
    ? ok(text as CloudMapServiceArn)
    : err('a Cloud Map service ARN such as arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-0123456789abcdef');
}

/** A port of TargetDescription: 1 to 65535 (ELB API reference, TargetDescription). */
export function parsePort(value: unknown): Parsed<Port> {
  const expected = 'a port from 1 to 65535';
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return isWholeNumber(port) && port >= 1 && port <= 65_535 ? ok(port as Port) : err(expected);
}

/** A whole number that JSON carries exactly. */
export function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Any unicast address that a task's interface can have. A private address need not be in RFC 1918: VPCs may use other ranges. */
export function parseIpAddress(text: unknown): Parsed<IpAddress> {
  const expected = 'an IPv4 or IPv6 address of a network interface';
  if (typeof text !== 'string') return err(expected);
  const canonical = text.includes(':') ? canonicalIpv6(text) : canonicalIpv4(text);
  return canonical === undefined ? err(expected) : ok(canonical as IpAddress);
}

export function familyOf(ip: IpAddress): IpFamily {
  return ip.includes(':') ? 'ipv6' : 'ipv4';
}

/** Milliseconds since 1970 of a time as AWS writes it into events: ISO 8601 in UTC. Anything else is no time. */
export function parseTime(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)Z$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(Number);
  return Math.round((((daysSince1970(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000);
}

/** By the Gregorian calendar, with a year that begins in March, so that the leap day is its last. */
function daysSince1970(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return years * 365 + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400) + dayOfYear - 719_468;
}

/** The key under which targets, tasks and changes are compared. IPv6 is bracketed so that the port cannot be misread. */
export function addressOf(ip: string, port: number): Address {
  return (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`) as Address;
}

/** An address as `addressOf` writes it. */
export function parseAddress(text: string | undefined): Parsed<Address> {
  const match = text?.match(/^\[?([0-9a-f.:]+?)\]?:(\d{1,5})$/);
  const ip = parseIpAddress(match?.[1]);
  const port = parsePort(match?.[2]);
  return ip.ok && port.ok ? ok(addressOf(ip.value, port.value)) : err('ip:port, such as 10.0.0.1:8080');
}

/** An account in a region: what an API endpoint, its credentials and its rate limits belong to. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

interface ArnParts extends Place {
  /** The part after the resource type, such as the cluster's name. */
  readonly name: string;
}

/** Place and name of an ARN that was parsed above. */
export function arnParts(arn: ClusterArn | TaskArn | TargetGroupArn | CloudMapServiceArn): ArnParts {
  const parts = arn.split(':');
  return { ...placeIn(parts), name: partOf(partOf(parts, 5).split('/'), 1) };
}

function placeIn(parts: readonly string[]): Place {
  return { partition: partOf(parts, 1), region: partOf(parts, 3), account: partOf(parts, 4) };
}

/** The key of a place: what AWS counts and names by account and region. */
export function placeKey({ region, account }: Omit<Place, 'partition'>): string {
  return `${region} ${account}`;
}

export function isSamePlace(one: Place, other: Place): boolean {
  return one.partition === other.partition && placeKey(one) === placeKey(other);
}

/** The place of a CloudFormation stack, by its ARN. */
export function parseStackPlace(text: unknown): Parsed<Place> {
  return typeof text === 'string' && STACK.test(text)
    ? ok(placeIn(text.split(':')))
    : err('a stack ARN such as arn:aws:cloudformation:eu-west-1:111122223333:stack/alb-target-sync/0123');
}

/** The ARN of the cluster of that name in the place. */
export function clusterArnNamed({ partition, region, account }: Place, name: string): Parsed<ClusterArn> {
  return parseClusterArn(`arn:${partition}:ecs:${region}:${account}:cluster/${name}`);
}

function partOf(parts: readonly string[], index: number): string {
  // Stryker disable next-line StringLiteral: the compiler asks; an ARN that was parsed has all its parts.
  return parts[index] ?? '';
}

/** The last part of a task's ARN: what the console calls the task ID, and the instance id that ECS writes into Cloud Map. */
export function taskIdOf(arn: TaskArn): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The ARN that a task of the cluster has under this id, or undefined where the id is not one that ECS makes. */
export function taskArnOf(cluster: ClusterArn, id: string): TaskArn | undefined {
  return okOrNothing(parseTaskArn(cluster.replace(':cluster/', ':task/').concat('/', id)));
}

/** The cluster that a task's ARN of the long form names. */
export function clusterOf(task: TaskArn): ClusterArn | undefined {
  return okOrNothing(parseClusterArn(task.slice(0, task.lastIndexOf('/')).replace(':task/', ':cluster/')));
}

function okOrNothing<Value>(parsed: Parsed<Value>): Value | undefined {
  return parsed.ok ? parsed.value : undefined;
}

/** The id (`srv-...`) by which Cloud Map's API names a service. */
export function cloudMapServiceIdOf(arn: CloudMapServiceArn): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** Whether a task's ARN can belong to the cluster. The short form does not name its cluster: it is let through by region and account. */
export function belongsTo(task: TaskArn, cluster: ClusterArn): boolean {
  const prefix = cluster.slice(0, cluster.indexOf(':cluster/'));
  if (!task.startsWith(`${prefix}:task/`)) return false;
  const rest = task.slice(prefix.length + ':task/'.length);
  return !rest.includes('/') || rest.startsWith(`${arnParts(cluster).name}/`);
}

function canonicalIpv4(text: string): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1).map(Number);
  const [first = 0, second = 0] = octets;
  // Unspecified, loopback, link-local, multicast and reserved ranges never sit on a task's interface. Everything else is
  // for RegisterTargets to judge: a captured task had 172.32.0.220, which a list of "private" ranges would have refused.
  if (first === 0 || first === 127 || first >= 224 || (first === 169 && second === 254)) return undefined;
  return octets.some((octet) => octet > 255) ? undefined : octets.join('.');
}

function canonicalIpv6(text: string): string | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const parts = halves.map((half) => (half === '' ? [] : half.split(':')));
  // Stryker disable next-line ArrayDeclaration: the compiler asks; whatever is split has a first part.
  const head = parts[0] ?? [];
  const tail = parts[1] ?? [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  return isUnicastIpv6(numbers) ? shortenIpv6(numbers) : undefined;
}

function isUnicastIpv6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  const unspecifiedOrLoopback = groups.slice(0, 7).every((group) => group === 0) && (groups[7] ?? 0) <= 1;
  return !unspecifiedOrLoopback && first < 0xff00 && (first & 0xffc0) !== 0xfe80;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function shortenIpv6(groups: readonly number[]): string {
  let start = 0;
  let length = 0;
  for (const from of groups.keys()) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
