/** Takes changes and findings out of the function's own log, as an operator would. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import type { Recorder } from '../report/recorder.ts';
import type { ChangeMark, FindingMark } from '../report/timeline.ts';

/** What has a log: one environment of the function. */
interface Logging {
  readonly log: readonly JsonObject[];
}

/** Who has seen a finding last, and in which kind of record. */
interface Sighting {
  readonly finding: FindingMark;
  readonly runtime: Logging;
  readonly about: string;
}

export class LogReader {
  readonly #recorder: Recorder;
  readonly #runtimes: readonly Logging[];
  readonly #read = new Map<Logging, number>();
  readonly #seen = new Map<string, Sighting>();

  /** Environments that are started later are read as well. */
  constructor(recorder: Recorder, runtimes: readonly Logging[]) {
    this.#recorder = recorder;
    this.#runtimes = runtimes;
  }

  /** Hands what is new to the recorder, and returns what has been found for the first time. */
  readOn(): FindingMark[] {
    const records = this.#runtimes.flatMap((runtime) => this.#newOf(runtime).map((record) => ({ runtime, record })));
    records.sort((one, other) => timeOf(one.record) - timeOf(other.record));
    this.#recorder.changes.push(
      ...records.filter(({ record }) => record['message'] === 'change').map(({ record }) => changeOf(record)),
    );
    this.#recorder.changes.sort((one, other) => one.atMs - other.atMs);
    return records.flatMap(({ runtime, record }) => this.#find(runtime, record));
  }

  #find(runtime: Logging, record: JsonObject): FindingMark[] {
    if (!Array.isArray(record['findings'])) return [];
    const about = [record['message'], record['targetGroup'], record['subject']].join(' ');
    const listed = new Map(listIn(record, 'findings').map((each) => [`${each['kind']} ${each['subject']}`, each]));
    const news = [...listed].flatMap(([name, each]) => {
      const known = this.#seen.get(name)?.finding;
      const finding = findingOf(each, known?.since ?? String(record['timestamp']));
      this.#seen.set(name, { finding, runtime, about });
      this.#recorder.found(finding);
      return known === undefined ? [finding] : [];
    });
    if (isWhole(record)) this.#end(listed, { runtime, about }, String(record['timestamp']));
    return news;
  }

  /** What the same environment found before, and in a like record without failures finds no more, is over. */
  #end(listed: ReadonlyMap<string, JsonObject>, { runtime, about }: Omit<Sighting, 'finding'>, until: string): void {
    for (const [name, { finding, ...last }] of this.#seen) {
      const isOver = last.runtime === runtime && last.about === about && !listed.has(name);
      if (!isOver || finding.until) continue;
      const ended = { ...finding, until };
      this.#seen.set(name, { ...last, finding: ended });
      this.#recorder.found(ended);
    }
  }

  #newOf(runtime: Logging): readonly JsonObject[] {
    const read = this.#read.get(runtime) ?? 0;
    this.#read.set(runtime, runtime.log.length);
    return runtime.log.slice(read);
  }
}

/** What could not be read, or was cut from a long list, may still be the case. */
function isWhole({ findings, findingCount, failures }: JsonObject): boolean {
  const isCut = Array.isArray(findings) && Number(findingCount) > findings.length;
  return !isCut && !(Array.isArray(failures) && failures.length > 0);
}

function timeOf(record: JsonObject): number {
  return Date.parse(String(record['timestamp']));
}

function changeOf(record: JsonObject): ChangeMark {
  const { because, version, lastStatus, desiredStatus } = record;
  return {
    atMs: timeOf(record),
    kind: record['kind'] === 'register' ? 'register' : 'deregister',
    targetGroup: String(record['targetGroup']),
    ip: String(record['ip']),
    port: Number(record['port']),
    because: `${because}: ECS described it as ${lastStatus} (desired ${desiredStatus}), version ${version}`,
    taskArn: String(record['taskArn']),
  };
}

function findingOf({ kind, subject, message, command }: JsonObject, since: string): FindingMark {
  return {
    kind: String(kind),
    subject: String(subject),
    message: String(message),
    command: typeof command === 'string' ? command : undefined,
    since,
  };
}

function listIn(record: JsonObject, key: string): JsonObject[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
