/** The simulated CloudWatch Logs: what a function writes comes in a moment later, and can be searched. */
import type { VirtualClock } from './clock.ts';
import type { Home } from './home.ts';
import { Tags } from './tags.ts';

export interface LogLine {
  readonly id: string;
  readonly stream: string;
  readonly atMs: number;
  readonly ingestedAtMs: number;
  readonly message: string;
}

export class Logs {
  readonly groups = new Map<string, LogLine[]>();
  /** How long the next line takes from the function to where a search finds it. */
  lagMs: () => number = () => 0;
  /** How many lines one search looks at before it gives a token instead of going on. AWS names no number. */
  scanMax = Number.POSITIVE_INFINITY;
  readonly #clock: VirtualClock;
  readonly #home: Home;
  readonly #tags = new Map<string, Tags>();
  #lines = 0;

  constructor(clock: VirtualClock, home: Home) {
    this.#clock = clock;
    this.#home = home;
  }

  arnOf(group: string): string {
    return `arn:aws:logs:${this.#home.region}:${this.#home.id}:log-group:${group}`;
  }

  /** The tags of a group that exists. */
  tagsOf(group: string): Tags {
    const known = this.#tags.get(group) ?? new Tags(this.#clock);
    this.#tags.set(group, known);
    return known;
  }

  addGroup(name: string): void {
    if (!this.groups.has(name)) this.groups.set(name, []);
  }

  /** Where a function's environment writes its lines: one stream of the group. */
  sink(group: string, stream: string): (message: string) => void {
    this.addGroup(group);
    return (message) => {
      this.#lines += 1;
      const atMs = this.#clock.now();
      const id = `3${String(this.#lines).padStart(55, '0')}`;
      this.groups.get(group)?.push({ id, stream, atMs, ingestedAtMs: atMs + this.lagMs(), message });
    };
  }

  /** Lines from that time on that have come in by now, in the order of their times. */
  found(group: string, fromMs: number): readonly LogLine[] | undefined {
    const nowMs = this.#clock.now();
    const lines = this.groups.get(group);
    // They are written in the order of their times: a search of the last hour does not look at those of days.
    const from = (lines?.findLastIndex(({ atMs }) => atMs < fromMs) ?? -1) + 1;
    return lines
      ?.slice(from)
      .filter(({ ingestedAtMs }) => ingestedAtMs <= nowMs)
      .sort((one, other) => one.atMs - other.atMs || one.ingestedAtMs - other.ingestedAtMs || (one.id < other.id ? -1 : 1));
  }
}
