/** The simulated CloudWatch Logs: what functions write into their log groups, which readers see some time later. */
import type { VirtualClock } from './clock.ts';

export interface LogLine {
  readonly atMs: number;
  readonly visibleAtMs: number;
  readonly message: string;
}

export class Logs {
  readonly #clock: VirtualClock;
  readonly #groups = new Map<string, LogLine[]>();
  /** How long a line takes until a reader sees it. AWS names no bound; seconds are usual. */
  lagMs: () => number = () => 1_000;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  write(group: string, fields: Readonly<Record<string, unknown>>): void {
    const atMs = this.#clock.now();
    const lines = this.#groups.get(group) ?? [];
    lines.push({ atMs, visibleAtMs: atMs + this.lagMs(), message: JSON.stringify(fields) });
    this.#groups.set(group, lines);
  }

  /** The lines that a reader sees now, from `fromMs` on. */
  read(group: string, fromMs: number): LogLine[] {
    const nowMs = this.#clock.now();
    return (this.#groups.get(group) ?? []).filter(({ atMs, visibleAtMs }) => atMs >= fromMs && visibleAtMs <= nowMs);
  }
}
