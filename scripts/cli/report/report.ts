/**
 * What a page shows: the answer that `--json` prints, and beside it what happened over time (`npm start`, `replay --html`) or the
 * tables of a look at one moment (`plan --html`, `drift --html`).
 */
import type { Answer, Verdict } from '../answer.ts';
import type { PlainTable } from './plain-table.ts';
import type { FindingMark, Timeline } from './timeline.ts';

type Answered = Pick<Answer, 'verdict' | 'headline' | 'startedAt' | 'endedAt' | 'resources' | 'changes' | 'failures' | 'calls'>;

export interface Report extends Answered {
  /** Where it comes from: `npm start`, `plan`, `churn.json, 5,000 events`. */
  readonly source: string;
  readonly findings: readonly FindingMark[];
  /** What one command has besides, such as the addresses of drift. */
  readonly tables: readonly PlainTable[];
  /** Undefined for a look at one moment. */
  readonly timeline: Timeline | undefined;
}

/**
 * The verdict as far as the report itself supports it. A page on which everything is green although nothing was read sends the
 * person away who was to act on it.
 */
export function supportedVerdict({ verdict, resources, failures, timeline }: Report): Verdict {
  const isAllRead = resources.length > 0 && failures.length === 0 && resources.every(({ isRead }) => isRead);
  const hasSeen = timeline === undefined || timeline.tasks.length + timeline.targets.length > 0;
  return verdict === 'in step' && !(isAllRead && hasSeen) ? 'unknown' : verdict;
}
