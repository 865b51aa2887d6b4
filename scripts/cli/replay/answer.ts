/** The one document that a replay answers with. */

import { selects } from '../../../functions/core/binding.ts';
import { linesOfParameter, type Settings } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import { isObject } from '../../../functions/core/json.ts';
import { arnParts, parseClusterArn } from '../../../functions/core/values.ts';
import type { TaskRecord } from '../../simulator/ecs.ts';
import {
  type Answer,
  type AnsweredFailure,
  answeredFinding,
  type Change,
  type Resource,
  SCHEMA_VERSION,
  timeOf,
  unreadOf,
  type Verdict,
  verdictOf,
} from '../answer.ts';
import { DIFFERS, IN_STEP, UNKNOWN } from '../exit.ts';
import { count, unreadText } from '../render.ts';
import type { ChangeMark, EventMark } from '../report/timeline.ts';
import { inWordsOfOptions } from '../settings.ts';
import type { Difference } from './differences.ts';
import type { Item, Place } from './item.ts';
import type { HeardEvent, Played } from './player.ts';

export interface AnsweredEvent {
  readonly at: string | null;
  readonly file: string;
  readonly position: string;
  readonly id: string | null;
  readonly reading: 'hint' | 'ignored' | 'unreadable';
  readonly because: string;
  readonly taskArn: string | null;
  readonly version: number | null;
}

export interface ReplayAnswer extends Answer {
  readonly events: readonly AnsweredEvent[];
  /** Where tasks and targets differ in the end. */
  readonly differences: readonly Difference[];
  /** What was given and could not be used, in words. */
  readonly notes: readonly string[];
}

/** What the command knows besides the items. */
interface Given {
  /** Named files that cannot be opened. */
  readonly failures?: readonly AnsweredFailure[];
  readonly isStrict?: boolean;
  readonly notes?: readonly string[];
}

export function answerOf(
  items: readonly Item[],
  played: Played,
  { failures = [], isStrict = false, notes = [] }: Given = {},
): ReplayAnswer {
  const { account, recorder, differences } = played;
  const events = answeredEvents(items, played.events);
  const changes = [...recorder.changes.map(madeChange), ...played.observed.map(observedChange)];
  const targets = [...account.elb.groups.values()].flatMap((group) =>
    account.elb.view(account.elb.group(group.arn)).map(({ target, state }) => ({
      targetGroup: group.name,
      ip: target.id,
      port: target.port,
      state,
    })),
  );
  const resources = [...boundResources(played), ...givenResources(events, failures), ...played.notes.map(unused)];
  const isPlayed = resources.some(({ type, isRead }) => type === 'target group' && isRead);
  const verdict = verdictOf({ differences: differences.length, resources: isPlayed ? resources : [] });
  const { exitCode, exitCodeMeans } = exitOf(verdict, { resources, failures, isPlayed, isStrict });
  // Without a cluster no line can be read, and the lines are not what is wrong.
  const found = played.settings.clusters.length === 0 ? [] : recorder.findings;
  const findings = found.map((each) =>
    answeredFinding({ ...each, subject: inWordsOfOptions(each.subject), message: inWordsOfOptions(each.message) }),
  );
  const times = played.events.map(({ atMs }) => atMs);
  return {
    schemaVersion: SCHEMA_VERSION,
    command: 'replay',
    verdict,
    headline: headlineOf(verdict, { resources, isPlayed, events, changes, targets, differences, findings }, played.settings),
    exitCode,
    exitCodeMeans,
    startedAt: times.length === 0 ? null : timeOf(times.reduce((one, other) => Math.min(one, other))),
    endedAt: times.length === 0 ? null : timeOf(times.reduce((one, other) => Math.max(one, other))),
    resources,
    events,
    changes,
    targets,
    differences,
    findings,
    failures,
    calls: Object.fromEntries([...account.calls].sort()),
    notes: [...notes, ...played.remarks, ...played.notes],
  };
}

/** Each line of binding with its target group: it was played if it selects a task of the capture. */
function boundResources({ settings, tasks }: Played): Resource[] {
  return linesOfParameter(scopeOf(settings, NO_COPIES)).bindings.map(({ group, binding }): Resource => {
    const isSelected = tasks.some((task) => isMeant(task, binding.selector));
    if (isSelected) return { type: 'target group', name: arnParts(group).name, isRead: true, why: null };
    const { kind, name } = binding.selector;
    const line = `target-group=${arnParts(group).name} ${kind}=${name} port=${binding.port}`;
    return { type: 'line', name: line, isRead: false, why: `it selects no task of the capture, which has ${feedersOf(tasks)}` };
  });
}

function isMeant({ clusterArn, group, definition }: TaskRecord, selector: Parameters<typeof selects>[0]): boolean {
  const cluster = parseClusterArn(clusterArn);
  return cluster.ok && selects(selector, { cluster: cluster.value, group, definition });
}

/** `service=app, family=nightly`: what lines could select. */
function feedersOf(tasks: readonly TaskRecord[]): string {
  const names = tasks.map(({ group, definition }) =>
    group.startsWith('service:') ? `service=${group.slice('service:'.length)}` : `family=${definition.split(':')[0]}`,
  );
  return [...new Set(names)].sort().join(', ') || 'none';
}

/** The files and events that could not be read. */
export function givenResources(events: readonly AnsweredEvent[], failures: readonly AnsweredFailure[]): Resource[] {
  const unreadable = events.filter(({ reading }) => reading === 'unreadable').length;
  const files = failures.map(
    ({ resource, message }): Resource => ({ type: 'file', name: resource, isRead: false, why: message }),
  );
  if (unreadable === 0) return files;
  const name = `${unreadable} of ${count(events.length, 'event')}`;
  return [...files, { type: 'capture', name, isRead: false, why: 'each is listed with its reason' }];
}

function unused(note: string): Resource {
  return { type: 'capture', name: 'a part of what was given (see the end)', isRead: false, why: note };
}

interface Outcome {
  readonly resources: readonly Resource[];
  readonly failures: readonly AnsweredFailure[];
  readonly isPlayed: boolean;
  readonly isStrict: boolean;
}

function exitOf(
  verdict: Verdict,
  { resources, failures, isPlayed, isStrict }: Outcome,
): Pick<Answer, 'exitCode' | 'exitCodeMeans'> {
  const isAllRead = unreadOf(resources).length === 0;
  if (failures.length > 0) return { exitCode: UNKNOWN, exitCodeMeans: 'a named file cannot be read' };
  if (resources.some(({ type }) => type === 'line'))
    return { exitCode: DIFFERS, exitCodeMeans: 'a --bind line selects no task of the capture' };
  if (!isPlayed) return { exitCode: UNKNOWN, exitCodeMeans: 'nothing could be played' };
  if (isStrict && !isAllRead) return { exitCode: UNKNOWN, exitCodeMeans: 'something could not be read, and --strict is given' };
  if (verdict === 'differs') return { exitCode: DIFFERS, exitCodeMeans: 'tasks and targets differ' };
  return isAllRead
    ? { exitCode: IN_STEP, exitCodeMeans: 'everything was read and played, and tasks and targets agree' }
    : { exitCode: IN_STEP, exitCodeMeans: 'what could be read agrees; with --strict, the rest would count' };
}

const WHERE = 'in the simulated account';

function headlineOf(
  verdict: Verdict,
  {
    resources,
    isPlayed,
    events,
    changes,
    targets,
    differences,
    findings,
  }: Pick<ReplayAnswer, 'resources' | 'events' | 'changes' | 'targets' | 'differences' | 'findings'> & {
    readonly isPlayed: boolean;
  },
  settings: Settings,
): string {
  const [line] = resources.filter(({ type }) => type === 'line');
  if (!isPlayed && line === undefined) return `NOT PLAYED: ${whyNot(resources, events, settings)}. Nothing can be said.`;
  if (line !== undefined && differences.length === 0) return `NOTHING MATCHED: --bind "${line.name}": ${line.why}.`;
  const registered = targets.filter(({ state }) => state !== 'draining').length;
  const made = changes.filter(({ outcome }) => outcome === 'made').length;
  const read = (reading: AnsweredEvent['reading']): number => events.filter((event) => event.reading === reading).length;
  const figures =
    `${count(registered, 'target')} in ${count(settings.targetGroups.length, 'target group')} after ${count(events.length, 'event')} ` +
    `(${count(read('hint'), 'hint')}, ${read('ignored')} ignored, ${read('unreadable')} unreadable), ${count(made, 'change')}` +
    `${findings.length === 0 ? '' : `, ${count(findings.length, 'finding')}`}.`;
  const unread = unreadOf(resources).length === 0 ? undefined : unreadText(resources);
  // Nothing was asked of AWS: whatever agrees, agrees in the simulated account.
  if (verdict === 'in step') return `In step ${WHERE}: ${figures}`;
  const differ = `${count(differences.length, 'difference')} between tasks and targets`;
  if (verdict === 'unknown') return `NOT READ: ${unread}. The rest agrees ${WHERE}: ${figures}`;
  return unread === undefined
    ? `NOT in step ${WHERE} (${count(differences.length, 'difference')}): ${figures}`
    : `NOT READ: ${unread}. In the rest, ${differ} ${WHERE}: ${figures}`;
}

function whyNot(resources: readonly Resource[], events: readonly AnsweredEvent[], settings: Settings): string {
  const unreadable = events.filter(({ reading }) => reading === 'unreadable').length;
  if (events.length === 0 && resources.some(({ type }) => type === 'file')) return `${unreadText(resources)} could not be read`;
  if (events.length > 0 && unreadable === events.length) {
    return unreadable === 1 ? 'what was given could not be read' : `none of ${count(unreadable, 'event')} could be read`;
  }
  if (settings.clusters.length === 0 && unreadable > 0) {
    return `${unreadable} of ${count(events.length, 'event')} could not be read, and the others name no task`;
  }
  if (settings.clusters.length === 0) {
    return 'nothing that was given names a cluster. Add events of ECS tasks, or the output of aws ecs describe-tasks';
  }
  return linesOfParameter(scopeOf(settings, NO_COPIES)).bindings.length === 0
    ? 'no line of binding can be used (see below)'
    : `none of ${count(events.length, 'event')} is about a task that a line selects`;
}

function madeChange({ atMs, kind, targetGroup, ip, port, because, taskArn }: ChangeMark): Change {
  return { at: timeOf(atMs), kind, outcome: 'made', held: null, targetGroup, ip, port, because, taskArn };
}

function observedChange(change: ChangeMark): Change {
  return { ...madeChange(change), outcome: 'observed' };
}

/** What each event was taken for, and after them what could not be read at all. */
export function answeredEvents(items: readonly Item[], heard: readonly HeardEvent[]): AnsweredEvent[] {
  const unreadable = items.filter((item) => item.kind === 'unreadable');
  return [
    ...heard.map(eventOf),
    ...unreadable.map(({ place, because }) => ({ ...unread(place), at: null, reading: 'unreadable' as const, because })),
  ];
}

/** The events as the report page draws them. */
export function markEvents(heard: readonly HeardEvent[]): EventMark[] {
  return heard.map((each) => {
    const { id, reading, because, taskArn, file, position } = eventOf(each);
    return {
      atMs: each.atMs,
      id: id ?? '',
      reading,
      because,
      taskArn: taskArn ?? undefined,
      file: position === '' ? file : `${file} ${position}`,
    };
  });
}

function eventOf({ item, reading, atMs, isLost }: HeardEvent): AnsweredEvent {
  const event = isObject(item.event) ? item.event : {};
  const detail = isObject(event['detail']) ? event['detail'] : {};
  const lost = isLost ? ' (lost on purpose: the schedule has to find out)' : '';
  return {
    ...unread(item.place),
    at: atMs === 0 ? null : timeOf(atMs),
    id: textOf(event['id']),
    reading: reading.kind === 'tags' ? 'hint' : reading.kind,
    because: ('because' in reading ? reading.because : becauseOfHint(detail)) + lost,
    taskArn: reading.kind === 'hint' ? reading.hint.task : textOf(detail['taskArn']),
    version: typeof detail['version'] === 'number' ? detail['version'] : null,
  };
}

function becauseOfHint(detail: Readonly<Record<string, unknown>>): string {
  const version = typeof detail['version'] === 'number' ? ` at version ${detail['version']}` : '';
  return `a place to look: the task is said to be ${detail['lastStatus']}, wanted ${detail['desiredStatus']}${version}`;
}

function unread({ file, position }: Place) {
  return { file, position, id: null, taskArn: null, version: null };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
