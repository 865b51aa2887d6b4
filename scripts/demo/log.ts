/** Takes changes and findings out of the function's own log, as an operator would. */
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { BundleRuntime } from '../../test/simulator/bundle.ts';
import type { Recorder } from '../report/recorder.ts';

export function collectFromLog(recorder: Recorder, runtimes: readonly BundleRuntime[]): void {
  for (const record of runtimes.flatMap(({ log }) => log)) {
    if (record['message'] === 'change') takeChange(recorder, record);
    for (const finding of listIn(record, 'findings')) takeFinding(recorder, finding);
  }
  recorder.changes.sort((one, other) => one.atMs - other.atMs);
}

function takeChange(recorder: Recorder, record: JsonObject): void {
  recorder.changes.push({
    atMs: Date.parse(String(record['timestamp'])),
    kind: record['kind'] === 'register' ? 'register' : 'deregister',
    targetGroup: String(record['targetGroup']),
    ip: String(record['ip']),
    port: Number(record['port']),
    because: String(record['because']),
    taskArn: String(record['taskArn']),
  });
}

function takeFinding(recorder: Recorder, { kind, subject, message, command }: JsonObject): void {
  recorder.found({
    kind: String(kind),
    subject: String(subject),
    message: String(message),
    command: typeof command === 'string' ? command : undefined,
  });
}

function listIn(record: JsonObject, key: string): JsonObject[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
