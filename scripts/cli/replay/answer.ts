/** The one document that a replay answers with. */
import { isObject } from '../../../functions/core/json.ts';
import type { EventMark, FindingMark, ToldChange } from '../report/timeline.ts';
import type { Item, Place } from './item.ts';
import type { HeardEvent, Played } from './player.ts';

export interface AnsweredEvent {
  readonly file: string;
  readonly position: string;
  readonly id: string | null;
  readonly reading: 'hint' | 'ignored' | 'unreadable';
  readonly because: string;
  readonly taskArn: string | null;
  readonly version: number | null;
}

interface AnsweredTarget {
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly state: string;
}

export interface ReplayAnswer {
  readonly events: readonly AnsweredEvent[];
  readonly changes: readonly ToldChange[];
  readonly targets: readonly AnsweredTarget[];
  readonly findings: readonly FindingMark[];
  readonly calls: Readonly<Record<string, number>>;
}

export function answerOf(items: readonly Item[], played: Played): ReplayAnswer {
  const { account, recorder } = played;
  return {
    events: answeredEvents(items, played.events),
    changes: recorder.changes.map(({ kind, targetGroup, ip, port, because, taskArn }) => ({
      kind,
      targetGroup,
      ip,
      port,
      because,
      taskArn,
    })),
    targets: [...account.elb.groups.values()].flatMap((group) =>
      account.elb.view(account.elb.group(group.arn)).map(({ target, state }) => ({
        targetGroup: group.name,
        ip: target.id,
        port: target.port,
        state,
      })),
    ),
    findings: recorder.findings,
    calls: Object.fromEntries([...account.calls].sort()),
  };
}

/** What each event was taken for, and after them what could not be read at all. */
export function answeredEvents(items: readonly Item[], heard: readonly HeardEvent[]): AnsweredEvent[] {
  const unreadable = items.filter((item) => item.kind === 'unreadable');
  return [
    ...heard.map(eventOf),
    ...unreadable.map(({ place, because }) => ({ ...unread(place), reading: 'unreadable' as const, because })),
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

function eventOf({ item, reading, isLost }: HeardEvent): AnsweredEvent {
  const event = isObject(item.event) ? item.event : {};
  const detail = isObject(event['detail']) ? event['detail'] : {};
  const lost = isLost ? ' (lost on purpose: the schedule has to find out)' : '';
  return {
    ...unread(item.place),
    id: textOf(event['id']),
    reading: reading.kind,
    because: (reading.kind === 'hint' ? becauseOfHint(detail) : reading.because) + lost,
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
