/** Which kinds of findings are told, from when and until when: by the function's log, by what stands after its scheduled runs, by `drift`. */
import { listOf, lookUp } from '../../../scripts/tools/template/template.ts';
import type { World } from './world.ts';

/** From when it was first told, until a look no longer had it; undefined while each look has it. */
export interface Span {
  readonly kind: string;
  readonly fromMs: number;
  readonly untilMs: number | undefined;
}

interface Look {
  readonly atMs: number;
  readonly kinds: ReadonlySet<string>;
}

export class Told {
  readonly #world: World;
  readonly #lines: Look[] = [];
  readonly #scheduled: Look[] = [];
  readonly #drift: Look[] = [];
  #isDeaf = false;

  constructor(world: World) {
    this.#world = world;
    world.watched.logged = (line) => {
      if (line.includes('"findings":[{')) this.#note(this.#lines, kindsOf(line));
    };
    world.watched.ended = ({ trigger, standing }) => {
      if (trigger === 'schedule' && standing !== undefined) {
        this.#note(
          this.#scheduled,
          standing.findings.map(({ kind }) => kind),
        );
      }
    };
  }

  /** Lets somebody run `drift`. */
  async runDrift(): Promise<void> {
    this.#note(this.#drift, await this.#world.driftKinds());
  }

  /** A look of our own, which tells nobody. */
  async without<Value>(look: () => Promise<Value>): Promise<Value> {
    this.#isDeaf = true;
    const value = await look();
    this.#isDeaf = false;
    return value;
  }

  get spans(): Span[] {
    const byFunction = spansOf([...this.#lines, ...this.#scheduled], this.#scheduled);
    const known = new Set(byFunction.map(({ kind }) => kind));
    return [...byFunction, ...spansOf(this.#drift, this.#drift).filter(({ kind }) => !known.has(kind))];
  }

  #note(looks: Look[], kinds: readonly string[]): void {
    if (!this.#isDeaf) looks.push({ atMs: this.#world.nowMs, kinds: new Set(kinds) });
  }
}

/** A line tells that something stands. That it no longer does, only a look at everything can tell. */
function spansOf(telling: readonly Look[], whole: readonly Look[]): Span[] {
  const kinds = [...new Set(telling.flatMap((look) => [...look.kinds]))].sort();
  return kinds.map((kind) => {
    const toldMs = telling.filter((look) => look.kinds.has(kind)).map(({ atMs }) => atMs);
    const lastMs = Math.max(...toldMs);
    return { kind, fromMs: Math.min(...toldMs), untilMs: whole.find(({ atMs }) => atMs > lastMs)?.atMs };
  });
}

function kindsOf(line: string): string[] {
  return listOf(lookUp(JSON.parse(line), 'findings') ?? []).map((finding) => String(lookUp(finding, 'kind')));
}
