/** Takes changes and findings out of the function's own log, as an operator would. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import type { Recorder } from '../report/recorder.ts';
import type { ChangeMark, FindingMark } from '../report/timeline.ts';

/** What has a log: one environment of the function. */
interface Logging {
  readonly log: readonly JsonObject[];
}

export class LogReader {
  readonly #recorder: Recorder;
  readonly #runtimes: readonly Logging[];
  readonly #read = new Map<Logging, number>();
  readonly #known = new Set<string>();

  /** Environments that are started later are read as well. */
  constructor(recorder: Recorder, runtimes: readonly Logging[]) {
    this.#recorder = recorder;
    this.#runtimes = runtimes;
  }

  /** Hands what is new to the recorder, and returns what has been found for the first time. */
  readOn(): FindingMark[] {
    const records = this.#runtimes.flatMap((runtime) => this.#newOf(runtime));
    const changes = records.filter((record) => record['message'] === 'change').map(changeOf);
    const findings = records.flatMap((record) => listIn(record, 'findings')).map(findingOf);
    this.#recorder.changes.push(...changes);
    this.#recorder.changes.sort((one, other) => one.atMs - other.atMs);
    return findings.filter((finding) => {
      this.#recorder.found(finding);
      const name = `${finding.kind} ${finding.subject}`;
      const isNew = !this.#known.has(name);
      this.#known.add(name);
      return isNew;
    });
  }

  #newOf(runtime: Logging): readonly JsonObject[] {
    const read = this.#read.get(runtime) ?? 0;
    this.#read.set(runtime, runtime.log.length);
    return runtime.log.slice(read);
  }
}

function changeOf(record: JsonObject): ChangeMark {
  const { because, version, lastStatus, desiredStatus } = record;
  return {
    atMs: Date.parse(String(record['timestamp'])),
    kind: record['kind'] === 'register' ? 'register' : 'deregister',
    targetGroup: String(record['targetGroup']),
    ip: String(record['ip']),
    port: Number(record['port']),
    because: `${because}: ECS described it as ${lastStatus} (desired ${desiredStatus}), version ${version}`,
    taskArn: String(record['taskArn']),
  };
}

function findingOf({ kind, subject, message, command }: JsonObject): FindingMark {
  return {
    kind: String(kind),
    subject: String(subject),
    message: String(message),
    command: typeof command === 'string' ? command : undefined,
  };
}

function listIn(record: JsonObject, key: string): JsonObject[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
