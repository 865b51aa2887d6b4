/** The table of docs/operations.md: what was played, and when which alarm rang and cleared. */
import { SEVERITY } from '../../../functions/core/finding.ts';
import type { Found, Played, Ring } from './play.ts';
import { MINUTE_MS } from './world.ts';

const SEVERITIES = new Map<string, string>(Object.entries(SEVERITY));

export const HEADER = [
  'what is played; how it ends',
  'finding, seconds until it is told / until it is over',
  'alarm, minutes until it rings / until it clears',
  'page',
];

export function rowOf({ fault, rings, found }: Played): string[] {
  const inOrder = rings.toSorted((one, other) => one.afterMs - other.afterMs);
  return [
    fault.name,
    found.map(foundText).join('; '),
    inOrder.map(ringText).join('; ') || noneText(found),
    inOrder.some(({ pages }) => pages) ? 'yes' : '',
  ];
}

function noneText(found: readonly Found[]): string {
  const isNotice = ({ kind }: Found): boolean => SEVERITIES.get(kind) === 'notice';
  return found.length > 0 && found.every(isNotice) ? 'none (notice)' : 'none';
}

function foundText({ kind, afterMs, endedAfterMs }: Found): string {
  const name = `[${kind}](findings.md#${kind})`;
  const after = afterMs < 0 ? 'before' : String(Math.ceil(afterMs / 1_000));
  if (endedAfterMs === undefined) return `${name} ${after} / never`;
  return `${name} ${after} / ${endedAfterMs < 0 ? 'by itself' : Math.ceil(endedAfterMs / 1_000)}`;
}

function ringText({ alarm, afterMs, clearedAfterMs }: Ring): string {
  const name = alarm.replace(/Alarm$/, '');
  // What was so before the clock of the table began, or was over before the end.
  const after = afterMs < 0 ? 'before' : String(Math.ceil(afterMs / MINUTE_MS));
  if (clearedAfterMs === undefined) return `${name} ${after} / never`;
  return `${name} ${after} / ${clearedAfterMs < 0 ? 'by itself' : Math.ceil(clearedAfterMs / MINUTE_MS)}`;
}
