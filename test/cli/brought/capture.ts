/** A capture of two tasks that come and go, and the same in the shapes in which people bring it. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { sampleEvents } from '../../../scripts/cli/sample/sample.ts';

export const CLUSTER = 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod';
export const BIND = ['--bind', 'target-group=web service=app port=8080'] as const;

function sample(status: 'life' | 'RUNNING', cluster: string): JsonObject[] {
  const lines = sampleEvents({ status, count: 2, seed: 4, service: 'app', cluster, wrap: 'eventbridge' });
  return lines
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
    .filter(isObject);
}

/** Every event of two tasks, of a cluster by its ARN. */
export function lifeIn(cluster: string): JsonObject[] {
  return sample('life', cluster);
}

export const LIFE = lifeIn(CLUSTER);
export const PLAIN = ndjson(LIFE);
export const DETAILS = LIFE.map(({ detail }) => detail).filter(isObject);

/** The two tasks while they run, as DescribeTasks gives them. */
export const TASKS = sample('RUNNING', CLUSTER).map(({ detail }) => {
  const { updatedAt, ...task } = isObject(detail) ? detail : {};
  return task;
});
export const [FIRST = '', SECOND = ''] = TASKS.map(addressOf);

function addressOf(task: unknown): string {
  return /"privateIPv4Address","value":"([^"]+)"/.exec(JSON.stringify(task))?.[1] ?? '';
}

export function ndjson(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** A table in which each event is a cell. */
export function csv(
  columns: readonly string[],
  cell: (event: JsonObject, column: string) => string,
  delimiter = ',',
  end = '\n',
): string {
  const row = (cells: readonly string[]): string =>
    cells.map((text) => (/[",;\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(delimiter) + end;
  return row(columns) + LIFE.map((event) => row(columns.map((column) => cell(event, column)))).join('');
}

/** Keys by that rule, at every depth. */
export function keyed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => keyed(each, rename));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [rename(key), keyed(each, rename)]));
}

export function pascal(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}

export function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

export function utf16le(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

export function health(id: string, state = 'healthy', more: JsonObject = {}): JsonObject {
  return { Target: { Id: id, Port: 8080, ...more }, HealthCheckPort: '8080', TargetHealth: { State: state } };
}

/** An instance of Cloud Map for a task. */
export function instance(task: JsonObject, more: JsonObject = {}): JsonObject {
  const id = String(task['taskArn']).split('/').at(-1) ?? '';
  const Attributes = {
    AWS_INSTANCE_IPV4: addressOf(task),
    AVAILABILITY_ZONE: task['availabilityZone'],
    ECS_CLUSTER_NAME: 'prod',
    ECS_SERVICE_NAME: 'app',
    ECS_TASK_DEFINITION_FAMILY: 'app',
    REGION: 'eu-west-1',
    ...more,
  };
  return { Id: id, Attributes };
}

/** A cell of what Logs Insights exports. */
export function cellOf(event: JsonObject, column: string): string {
  return { '@message': JSON.stringify(event), '@timestamp': '2026-03-02 10:15:33.000', '@logStream': 'a,b' }[column] ?? 'x';
}

/** Both tasks, as `aws ecs describe-tasks` answers. */
export const RUNNING = JSON.stringify({ tasks: TASKS, failures: [] });
