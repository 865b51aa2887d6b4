/** Drives mutated messages through the built function, with good ones among them, and looks at what it wrote and kept. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { type BundleBackend, bundleOverHttp } from '../../scripts/simulator/backends.ts';
import { Deployment, QUICK } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { Random } from '../../scripts/simulator/random.ts';
import { leaksIn } from './canary.ts';
import { Mutator } from './mutator.ts';

export interface FuzzOptions {
  /** The built handler. */
  readonly file: string;
  readonly messages: number;
  readonly seed: number;
  readonly shapes: readonly JsonObject[];
  readonly batchSize: number;
  readonly progress?: (done: FuzzReport) => void;
}

export interface FuzzReport {
  mutated: number;
  batches: number;
  /** Good messages, and those of them that were dealt with within their invocation. */
  good: number;
  served: number;
  setAside: number;
  calls: number;
  /** What went wrong, in words; empty at the end of a good run. */
  readonly faults: string[];
  longestRecord: number;
  /** Bytes by which the heap has grown since the first tenth of the run. */
  heapGrowth: number;
}

/** After so many faults the rest would tell nothing new. */
const FAULTS_MAX = 10;
/** Tasks that ended so many batches ago are forgotten by the simulated ECS. */
const KEPT_TASKS = 50;
/** A record of the log: with fifty findings, each with its message and command, it is no longer than this. */
export const RECORD_MAX = 64_000;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  // Every second one task replaces another: more removals than the usual budget has for a group as small as that.
  const deployment = new Deployment({ settings: { removalBudgetPercent: 100 } });
  const backend = await bundleOverHttp(options.file, deployment);
  deployment.use(backend);
  deployment.deliver = () => undefined;
  try {
    return await new Campaign(options, deployment, backend).run();
  } finally {
    await backend.close();
  }
}

class Campaign {
  readonly #options: FuzzOptions;
  readonly #deployment: Deployment;
  readonly #backend: BundleBackend;
  readonly #random: Random;
  readonly #mutator: Mutator;
  readonly #tasks: TaskRecord[] = [];
  readonly #report: FuzzReport = {
    ...{ mutated: 0, batches: 0, good: 0, served: 0, setAside: 0, calls: 0 },
    ...{ faults: [], longestRecord: 0, heapGrowth: 0 },
  };

  constructor(options: FuzzOptions, deployment: Deployment, backend: BundleBackend) {
    this.#options = options;
    this.#deployment = deployment;
    this.#backend = backend;
    this.#random = new Random(options.seed);
    this.#mutator = new Mutator(this.#random.fork(), options.shapes);
  }

  async run(): Promise<FuzzReport> {
    const { messages, progress } = this.#options;
    let settledHeap: number | undefined;
    while (this.#report.mutated < messages && this.#report.faults.length < FAULTS_MAX) {
      await this.#playBatch();
      if (settledHeap === undefined && this.#report.mutated >= messages / 10) settledHeap = usedHeap();
      progress?.(this.#report);
    }
    this.#report.heapGrowth = usedHeap() - (settledHeap ?? usedHeap());
    this.#report.calls = this.#deployment.calls;
    return this.#report;
  }

  /** One batch: a task starts and the one before it stops, and both are told of in the midst of mutated messages. */
  async #playBatch(): Promise<void> {
    const deployment = this.#deployment;
    const report = this.#report;
    const events: unknown[] = [];
    deployment.deliver = (event) => events.push(event);
    const old = this.#tasks.at(-1);
    if (old !== undefined) deployment.account.ecs.stop(old);
    const [young] = deployment.start(1, { timing: { ...QUICK, stoppingMs: 3_600_000 } });
    await deployment.pass(1_100);
    if (young !== undefined) this.#tasks.push(young);
    this.#forgetOldTasks();
    const good = events.length;
    const mutated = Array.from({ length: this.#options.batchSize - good }, () => this.#mutator.body());
    const bodies = this.#random.shuffle([...mutated, ...events.map((event) => JSON.stringify(event))]);
    const Records = bodies.map((body, index) => ({ messageId: `${report.batches}-${index}`, body }));
    report.batches += 1;
    report.mutated += mutated.length;
    report.good += good;
    await this.#invoke({ Records });
    const expected = young === undefined ? '' : `${present(young).ipv4}:8080`;
    if (deployment.registered.join() === expected) report.served += good;
    else
      this.#fault(
        `batch ${report.batches} left ${deployment.registered.join() || 'nothing'} registered instead of ${expected}`,
      );
    this.#readLog();
  }

  async #invoke(input: JsonObject): Promise<void> {
    try {
      const answer = await this.#deployment.invoke(input);
      const failures = isObject(answer) ? answer['batchItemFailures'] : undefined;
      if (!Array.isArray(failures) || failures.length > 0)
        this.#fault(`the answer was ${JSON.stringify(answer)?.slice(0, 300)}`);
    } catch (error) {
      this.#fault(`the function threw ${String(error).slice(0, 300)}`);
    }
  }

  #readLog(): void {
    for (const { log } of this.#backend.runtimes) {
      for (const record of log.splice(0)) {
        const text = JSON.stringify(record);
        this.#report.longestRecord = Math.max(this.#report.longestRecord, text.length);
        if (String(record['message']).startsWith('message ')) this.#report.setAside += 1;
        for (const leak of leaksIn(record)) this.#fault(`the log gives away ${leak}: ${text.slice(0, 300)}`);
        if (text.length > RECORD_MAX) this.#fault(`a record of ${text.length} characters: ${text.slice(0, 300)}`);
      }
    }
    if (Object.keys(Object.prototype).length > 0) this.#fault('Object.prototype was polluted');
  }

  #forgetOldTasks(): void {
    for (const task of this.#tasks.splice(0, Math.max(0, this.#tasks.length - KEPT_TASKS))) {
      this.#deployment.account.ecs.tasks.delete(task.arn);
    }
    this.#deployment.lambda.invocations.length = 0;
  }

  #fault(words: string): void {
    this.#report.faults.push(words);
  }
}

/** Bytes in use after everything that can be thrown away has been. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}
