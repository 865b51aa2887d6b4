/** What the scenario came to, in figures; the same in the terminal and at the head of the report page. */
import type { PostSums } from './post.ts';

export interface Outcome {
  readonly isInStep: boolean;
  readonly post: PostSums;
  readonly tasks: number;
  /** Tasks that got an address which another task had held before. */
  readonly reused: number;
  /** From RUNNING to registered, of the tasks of whose running an event came, and of the others. */
  readonly toldMs: readonly number[];
  readonly silentMs: readonly number[];
  /** From the order to stop until the target was taken out. */
  readonly leaveMs: readonly number[];
  /** How long addresses were targets that no task had any more. */
  readonly goneMs: number;
  readonly findings: Readonly<Record<string, number>>;
  readonly calls: ReadonlyMap<string, number>;
}

const WRITES: ReadonlySet<string> = new Set(['RegisterTargets', 'DeregisterTargets']);

export function summaryOf(outcome: Outcome): { label: string; value: string }[] {
  const { isInStep, post, tasks, reused, toldMs, silentMs, leaveMs, goneMs, findings, calls } = outcome;
  const [all, writes] = [sumOf([...calls]), sumOf([...calls].filter(([name]) => WRITES.has(name)))];
  const silent = silentMs.length === 0 ? '' : `; where the event was lost, at most ${seconds(Math.max(...silentMs))}`;
  return [
    { label: 'tasks and targets', value: isInStep ? 'in step' : 'NOT in step' },
    { label: 'events', value: `${post.delivered} delivered: ${post.late} late, ${post.doubled} twice; ${post.lost} lost` },
    { label: 'addresses used again', value: `by ${reused} of ${tasks} tasks` },
    { label: 'RUNNING to registered', value: `${spread(toldMs)}${silent}` },
    { label: 'order to stop to out', value: spread(leaveMs) },
    { label: 'gone but still in the group', value: `${seconds(goneMs)} in all` },
    { label: 'found, and left to people', value: findingWords(findings) },
    { label: 'calls made', value: `${all}: ${writes} writes, ${all - writes} reads, a full check every minute included` },
    {
      label: 'calls of a per-event handler',
      value: `${post.delivered * 2}: ${post.delivered} writes, ${post.delivered} reads to look up the task, no check`,
    },
  ];
}

/** `median 0.5 s, at most 2.2 s`. */
function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return `median ${seconds(at(0.5))}, at most ${seconds(at(1))}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function findingWords(findings: Readonly<Record<string, number>>): string {
  const words = Object.entries(findings).map(([kind, count]) => `${count} ${kind}`);
  return words.length === 0 ? 'nothing' : words.join(', ');
}

function sumOf(calls: readonly (readonly [string, number])[]): number {
  return calls.reduce((sum, [, count]) => sum + count, 0);
}
