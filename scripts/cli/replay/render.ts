/** A replay as text: the answer first, then why. Readable without colour and when piped. */

import { linesOfParameter } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import { arnParts } from '../../../functions/core/values.ts';
import { table, terminalWidth } from '../layout.ts';
import { changesTable, count, findingsPart, joined, section, sentences, unreadPart } from '../render.ts';
import { inWordsOfOptions } from '../settings.ts';
import type { AnsweredEvent, ReplayAnswer } from './answer.ts';
import type { Played } from './player.ts';

export function renderReplay(answer: ReplayAnswer, played: Played): string {
  const { headline, changes, events, findings, differences, resources, notes } = answer;
  const made = changes.filter(({ outcome }) => outcome === 'made');
  return joined([
    sentences(headline),
    bindingPart(played),
    made.length === 0 ? noChanges(answer) : changesTable('Changes', made),
    changesTable(
      'Would change (observe)',
      changes.filter(({ outcome }) => outcome === 'observed'),
    ),
    renderEvents(events),
    unreadPart(resources),
    findingsPart(findings),
    section(
      'Differences between tasks and targets',
      ['', 'address', 'group'],
      differences.map(({ what, address, targetGroup }) => [what, address, targetGroup]),
    ),
    callsPart(answer),
    sentences(notes.join('\n')),
  ]);
}

/** That nothing changed says something only where something was played. */
function noChanges({ resources }: ReplayAnswer): string {
  return resources.some(({ type, isRead }) => type === 'target group' && isRead) ? 'Changes: none.' : '';
}

function bindingPart({ settings }: Played): string {
  // Without a cluster no line can be read, and the lines are not what is wrong.
  if (settings.clusters.length === 0) return '';
  const { bindings, mistakes } = linesOfParameter(scopeOf(settings, NO_COPIES));
  const rows = bindings.map(({ group, binding }) => [
    arnParts(group).name,
    '<-',
    binding.selector.kind,
    binding.selector.name,
    `:${binding.port}`,
  ]);
  return joined([
    table({ rows }, terminalWidth()),
    sentences(mistakes.map(({ message }) => inWordsOfOptions(message)).join('\n')),
  ]);
}

/** Reasons with their number, since most events share a few; then the place of everything that could not be read. */
export function renderEvents(events: readonly AnsweredEvent[]): string {
  const readable = events.filter(({ reading }) => reading !== 'unreadable');
  const reasons = Map.groupBy(readable, ({ reading, because }) => `${reading}\n${because.replace(/ at version \d+$/, '')}`);
  const rows = [...reasons]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([reason, members]) => {
      const [reading = '', because = ''] = reason.split('\n');
      return [String(members.length), reading, because, members.length === 1 ? placeOf(members[0]) : ''];
    });
  const unreadable = events.filter(({ reading }) => reading === 'unreadable');
  if (events.length === 0) return 'Events: none.';
  return joined([
    rows.length === 0 ? 'Events: none that can be read.' : section('Events', ['', 'taken for', 'because', ''], rows),
    section(
      'Could not be read',
      ['where', 'why'],
      unreadable.map((event) => [placeOf(event), event.because]),
    ),
  ]);
}

function placeOf(event: AnsweredEvent | undefined): string {
  return event === undefined ? '' : [event.file, event.position].filter((part) => part !== '').join(' ');
}

function callsPart({ calls }: ReplayAnswer): string {
  const sum = Object.values(calls).reduce((total, each) => total + each, 0);
  const each = Object.entries(calls).map(([operation, number]) => `${operation} ${number}`);
  const told = each.length === 0 ? '' : ` of the simulated account, a full pass a minute included: ${each.join(', ')}`;
  return sentences(`${count(sum, 'call')}${told}.`);
}
