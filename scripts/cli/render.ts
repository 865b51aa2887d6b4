/** The parts that the text of every command has: the answer first, then why. */
import type { Answer, AnsweredFinding, Change, Resource } from './answer.ts';
import { unreadOf } from './answer.ts';
import { GLUE, indented, table, terminalWidth, wrap } from './layout.ts';
import { shortIds } from './report/ids.ts';

/** Longer lists are cut; `--json` has all of them. */
const ROWS_MAX = 40;
/** So many names stand in a headline. */
const NAMES_MAX = 3;

/** The parts that have something to say, an empty line between them. */
export function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Sentences that fit the terminal. */
export function sentences(text: string): string {
  return wrap(text, terminalWidth()).join('\n');
}

/** A title with rows below it, cut where there are too many. */
export function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const more = rows.length > ROWS_MAX ? `\n  ... and ${rows.length - ROWS_MAX} more (--json has all)` : '';
  return `${title}\n${table({ ...(head.length === 0 ? {} : { head }), rows: rows.slice(0, ROWS_MAX) }, terminalWidth())}${more}`;
}

/** Changes in one table. Those that were made have their time in front. */
export function changesTable(title: string, changes: readonly Change[]): string {
  const isMade = changes.some(({ at }) => at !== null);
  const rows = changes.map(({ at, kind, targetGroup, ip, port, because, held, taskArn }) => [
    ...(isMade ? [shortTime(at)] : []),
    kind === 'register' ? '+' : '-',
    addressText(ip, port),
    targetGroup,
    held === null ? because : `${because}; held: ${held}`,
    shortIds(taskArn),
  ]);
  return section(title, [...(isMade ? ['UTC'] : []), '', 'address', 'group', 'because', 'task'], rows);
}

function addressText(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function shortTime(at: string | null): string {
  return at === null ? '' : at.slice(5, 19).replace('T', ' ');
}

/** Findings with their commands; with their age if the times are given between which somebody looked. */
export function findingsPart(findings: readonly AnsweredFinding[], looked?: Pick<Answer, 'startedAt' | 'endedAt'>): string {
  const width = terminalWidth();
  const told = findings.slice(0, ROWS_MAX).map(({ kind, subject, message, command, since }) => {
    const age = since === null || looked === undefined ? '' : `  ${ageText(since, looked)}`;
    const settle = command === null ? [] : [`    ${command}`];
    return [
      indented(`${kind}  ${shortIds(subject)}${age}`, '', width),
      indented(shortIds(message), '    ', width),
      ...settle,
    ].join('\n');
  });
  const more = findings.length > ROWS_MAX ? [`... and ${findings.length - ROWS_MAX} more findings (--json has all)`] : [];
  return [...told, ...more].join('\n\n');
}

/** Who has only just begun to look cannot say how old a difference is that nothing dates. */
function ageText(since: string, { startedAt, endedAt }: Pick<Answer, 'startedAt' | 'endedAt'>): string {
  const isKnown = startedAt !== null && since < startedAt;
  return `${isKnown ? 'for' : 'seen for'} ${durationText((Date.parse(endedAt ?? since) - Date.parse(since)) / 1_000)}`;
}

/** What was left out for a reason that stands nowhere else: reads and files that failed are explained on standard error, findings below. */
export function unreadPart(resources: readonly Resource[]): string {
  const rows = unreadOf(resources)
    .filter(({ type, why }) => type === 'line' && why !== null && !why.startsWith('see the finding'))
    .map(({ name, why }) => [shortIds(name), why ?? '']);
  return section('Not compared', [], rows);
}

/** `2 of 3 target groups (web, api)`, each type of what was not read. */
export function unreadText(resources: readonly Resource[]): string {
  const types = Map.groupBy(unreadOf(resources), ({ type }) => type);
  return [...types]
    .map(([type, members]) => {
      const all = resources.filter((each) => each.type === type).length;
      const names = members.slice(0, NAMES_MAX).map(({ name }) => shortIds(name));
      const more = members.length > NAMES_MAX ? ', ...' : '';
      const list = `${names.join(', ')}${more}`;
      if (type === 'account' || type === 'capture' || type === 'stack') return list;
      if (type === 'settings') return `settings of ${list}`;
      if (type === 'line' || type === 'file' || type === 'task') return `${count(members.length, type)} (${list})`;
      return `${members.length} of ${count(all, type)} (${list})`;
    })
    .join(', ');
}

/** The headline where nothing, or not everything, could be compared; `rest` is what was found of the rest. */
export function unknownHeadline({ resources, failures }: Pick<Answer, 'resources' | 'failures'>, rest: string): string {
  const nothing = resources.find(({ type }) => type === 'account');
  if (nothing !== undefined && failures.length === 0) return `NOTHING TO COMPARE: ${nothing.why}.`;
  const isAnyRead = resources.some(({ isRead }) => isRead);
  return `${unreadLabel(failures)}: ${unreadText(resources) || 'nothing'}. ${isAnyRead ? `In the rest, ${rest}.` : 'Nothing can be said.'}`;
}

/** What a headline of differences adds where not everything was compared. */
export function unreadRemark({ resources, failures }: Pick<Answer, 'resources' | 'failures'>): string {
  if (unreadOf(resources).length === 0) return '';
  return ` ${unreadLabel(failures)}: ${unreadText(resources)}.`;
}

/** Only what AWS or a file kept back was not read; a line that selects nothing was, and could not be compared. */
function unreadLabel(failures: Answer['failures']): string {
  return failures.length > 0 ? 'NOT READ' : 'NOT COMPARED';
}

/** `2 target groups and 1 Cloud Map service`. */
export function resourcesText(resources: readonly Resource[]): string {
  return [...Map.groupBy(resources, ({ type }) => type)].map(([type, members]) => count(members.length, type)).join(' and ');
}

export function callsText(calls: Answer['calls']): string {
  const sum = Object.values(calls).reduce((total, each) => total + each, 0);
  return `Nothing was written: ${count(sum, 'read call')}, 0 write calls.`;
}

/** `1 target`, `2,000 targets`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)}${GLUE}s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)}${GLUE}min` : `${Math.round(seconds / 3_600)}${GLUE}h`;
}

/** `2026-03-01 12:00:05 UTC`. */
export function timeText(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}
