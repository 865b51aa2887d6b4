/**
 * Account numbers and regions that somebody has masked before giving a capture away. The deployed function refuses such an ARN; a replay
 * needs no account, only one name for it, so that tasks and clusters that belong together stay together.
 */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';

/** What an account is called whose number nobody tells. No account has it. */
export const MADE_UP_ACCOUNT = '000000000000';
const MADE_UP_REGION = 'us-east-1';
const ACCOUNT = /^\d{12}$/;
const REGION = /^[a-z]{2,3}(?:-[a-z]+)+-\d{1,2}$/;
/** The mask may be anything that has no colon, and nothing at all. */
const ARN = /^arn:(aws[\w-]*):ecs:([^:]*):([^:]*):/;
/** Fields whose ARNs say where a task is. */
const TELLING = ['clusterArn', 'taskArn', 'taskDefinitionArn'] as const;

interface Place {
  readonly account: string;
  readonly region: string;
}

/** The event with all its ARNs in one account and region; the very same where none is masked. */
export function unmaskedEvent(event: JsonObject): JsonObject {
  const detail = isObject(event['detail']) ? event['detail'] : {};
  const isMasked =
    isTask(detail) && (isWrong(event['account'], ACCOUNT) || isWrong(event['region'], REGION) || isMaskedTask(detail));
  if (!isMasked) return event;
  const place = placeIn([event['account']], [event['region']], detail);
  const entries = Object.entries(event).map(([key, each]) => {
    if (key === 'account') return [key, isWrong(each, ACCOUNT) ? place.account : each];
    if (key === 'region') return [key, isWrong(each, REGION) ? place.region : each];
    return [key, unmasked(each, place)];
  });
  return Object.fromEntries(entries);
}

/** The same for a described task. */
export function unmaskedTask(task: unknown): unknown {
  if (!isObject(task) || !isTask(task) || !isMaskedTask(task)) return task;
  return unmasked(task, placeIn([], [], task));
}

function isTask(detail: JsonObject): boolean {
  return typeof detail['taskArn'] === 'string' || typeof detail['clusterArn'] === 'string';
}

function isMaskedTask(task: JsonObject): boolean {
  return arnsOf(task).some(({ account, region }) => !ACCOUNT.test(account) || !REGION.test(region));
}

function isWrong(text: unknown, pattern: RegExp): boolean {
  return text !== undefined && !pattern.test(String(text));
}

/** Where the task is, as far as anything in it says so: often only some of its ARNs are masked. */
function placeIn(accounts: readonly unknown[], regions: readonly unknown[], task: JsonObject): Place {
  const arns = arnsOf(task);
  const first = (texts: readonly unknown[], pattern: RegExp): string | undefined =>
    texts.map(String).find((text) => pattern.test(text));
  return {
    account: first([...arns.map(({ account }) => account), ...accounts], ACCOUNT) ?? MADE_UP_ACCOUNT,
    region: first([...arns.map(({ region }) => region), ...regions], REGION) ?? MADE_UP_REGION,
  };
}

function arnsOf(task: JsonObject): Place[] {
  return TELLING.flatMap((key) => {
    const [, , region, account] = ARN.exec(String(task[key])) ?? [];
    return region === undefined || account === undefined ? [] : [{ region, account }];
  });
}

function unmasked(value: unknown, place: Place): unknown {
  if (typeof value === 'string') {
    return value.replace(ARN, (_, partition: string, region: string, account: string) => {
      const where = REGION.test(region) ? region : place.region;
      return `arn:${partition}:ecs:${where}:${ACCOUNT.test(account) ? account : place.account}:`;
    });
  }
  if (Array.isArray(value)) return value.map((each) => unmasked(each, place));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unmasked(each, place)]));
}
