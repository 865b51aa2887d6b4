/** The one document that a replay answers with. */
import { isObject } from '../../functions/core/json.ts';
import type { FindingMark } from '../report/timeline.ts';
import type { Item, Place } from './item.ts';
import type { HeardEvent, Played } from './player.ts';

interface AnsweredEvent {
  readonly file: string;
  readonly position: string;
  readonly id: string | null;
  readonly reading: 'hint' | 'ignored' | 'unreadable';
  readonly because: string;
  readonly taskArn: string | null;
  readonly version: number | null;
}

interface AnsweredChange {
  readonly kind: 'register' | 'deregister';
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly because: string;
  readonly taskArn: string;
}

interface AnsweredTarget {
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly state: string;
}

export interface ReplayAnswer {
  readonly events: readonly AnsweredEvent[];
  readonly changes: readonly AnsweredChange[];
  readonly targets: readonly AnsweredTarget[];
  readonly findings: readonly FindingMark[];
  readonly calls: Readonly<Record<string, number>>;
}

export function answerOf(items: readonly Item[], played: Played): ReplayAnswer {
  const { account, recorder } = played;
  const unreadable = items.filter((item) => item.kind === 'unreadable');
  return {
    events: [
      ...played.events.map(eventOf),
      ...unreadable.map(({ place, because }) => ({ ...unread(place), reading: 'unreadable' as const, because })),
    ],
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

function eventOf({ item, reading, atMs }: HeardEvent): AnsweredEvent {
  const event = isObject(item.event) ? item.event : {};
  const detail = isObject(event['detail']) ? event['detail'] : {};
  const lost = atMs === undefined ? ' (lost on purpose: the schedule has to find out)' : '';
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
