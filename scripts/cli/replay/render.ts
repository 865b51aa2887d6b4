/** A replay as text: the answer first, then why. Readable without colour and when piped. */

import { linesOfParameter } from '../../../functions/core/binding-sources.ts';
import { arnParts } from '../../../functions/core/values.ts';
import { countOf } from '../report/html.ts';
import { table } from '../report/table.ts';
import type { AnsweredEvent, ReplayAnswer } from './answer.ts';
import type { Played } from './player.ts';

/** Longer lists are cut; `--json` has all of them. */
const ROWS_MAX = 40;

export function renderReplay(answer: ReplayAnswer, played: Played): string {
  return [
    verdict(answer, played),
    bindingPart(played),
    changesPart(answer),
    renderEvents(answer.events),
    findingsPart(answer),
    differencesPart(played),
    callsPart(answer),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function verdict({ events, targets, changes }: ReplayAnswer, { differences, settings }: Played): string {
  const count = (reading: string): number => events.filter((event) => event.reading === reading).length;
  const registered = targets.filter(({ state }) => state !== 'draining').length;
  const state = differences.length === 0 ? 'In step' : `NOT in step (${countOf(differences.length, 'difference')})`;
  return (
    `${state}: ${countOf(registered, 'target')} in ${countOf(settings.targetGroups.length, 'target group')} after ` +
    `${countOf(events.length, 'event')} (${countOf(count('hint'), 'hint')}, ${count('ignored')} ignored, ` +
    `${count('unreadable')} unreadable), ${countOf(changes.length, 'change')}.`
  );
}

function bindingPart({ settings }: Played): string {
  const { bindings, mistakes } = linesOfParameter(settings);
  const lines = bindings.map(({ group, binding }) => [
    arnParts(group).name,
    '<-',
    binding.selector.kind,
    binding.selector.name,
    `:${binding.port}`,
  ]);
  return [table(lines), ...mistakes.map(({ message }) => message)].filter((part) => part !== '').join('\n');
}

function changesPart({ changes }: ReplayAnswer): string {
  if (changes.length === 0) return 'Changes: none.';
  const rows = changes
    .slice(0, ROWS_MAX)
    .map(({ kind, targetGroup, ip, port, because, taskArn }) => [
      kind === 'register' ? '+' : '-',
      `${ip}:${port}`,
      targetGroup,
      because,
      shortTask(taskArn),
    ]);
  return `Changes\n${table(rows)}${more(changes.length)}`;
}

/** Reasons with their number, since most events share a few; then the place of everything that could not be read. */
export function renderEvents(events: readonly AnsweredEvent[]): string {
  const reasons = Map.groupBy(
    events,
    ({ reading, because }) => `${reading.padEnd(10)}  ${because.replace(/ at version \d+$/, '')}`,
  );
  const rows = [...reasons]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, ROWS_MAX)
    .map(([reason, members]) => [String(members.length), reason, members.length === 1 ? placeOf(members[0]) : '']);
  const told = rows.length === 0 ? 'Events: none.' : `Events\n${table(rows)}${more(reasons.size)}`;
  return [told, unreadablePart(events)].filter((part) => part !== '').join('\n\n');
}

function unreadablePart(events: readonly AnsweredEvent[]): string {
  const unreadable = events.filter(({ reading }) => reading === 'unreadable');
  if (unreadable.length === 0) return '';
  const rows = unreadable.slice(0, ROWS_MAX).map((event) => [placeOf(event), event.because]);
  return `Could not be read\n${table(rows)}${more(unreadable.length)}`;
}

function placeOf(event: AnsweredEvent | undefined): string {
  return event === undefined ? '' : [event.file, event.position].filter((part) => part !== '').join(' ');
}

function findingsPart({ findings }: ReplayAnswer): string {
  if (findings.length === 0) return '';
  const told = findings.slice(0, ROWS_MAX).map(({ kind, subject, message, command }) => {
    const settle = command === undefined ? '' : `\n      ${command}`;
    return `  ${kind}  ${subject}\n      ${message}${settle}`;
  });
  return `Findings\n${told.join('\n')}${more(findings.length)}`;
}

function differencesPart({ differences }: Played): string {
  if (differences.length === 0) return '';
  const rows = differences.slice(0, ROWS_MAX).map(({ what, address, targetGroup }) => [what, address, targetGroup]);
  return `Differences between tasks and targets\n${table(rows)}${more(differences.length)}`;
}

function callsPart({ calls }: ReplayAnswer): string {
  const sum = Object.values(calls).reduce((total, count) => total + count, 0);
  const each = Object.entries(calls).map(([operation, count]) => `${operation} ${count}`);
  return `Calls: ${sum}${each.length === 0 ? '' : ` (${each.join(', ')})`}`;
}

function shortTask(arn: string): string {
  return arn.slice(arn.lastIndexOf(':task/') + ':task/'.length);
}

function more(count: number): string {
  return count > ROWS_MAX ? `\n  ... and ${count - ROWS_MAX} more (--json has all)` : '';
}
