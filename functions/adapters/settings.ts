/** Reads the environment, once, at cold start; every mistake in it is told in one message. */

import { REMOVAL_BUDGET_PERCENT, type Settings, type SpokeRole } from '../core/binding-sources.ts';
import type { Finding } from '../core/finding.ts';
import { err, ok, type Result } from '../core/result.ts';
import {
  type CloudMapServiceArn,
  type ClusterArn,
  type Parsed,
  type Place,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseStackPlace,
  parseTargetGroupArn,
  type TargetGroupArn,
} from '../core/values.ts';

/** The settings, or every mistake in them in one message. */
export type ReadSettings = Result<Settings, string>;

/** So many groups a minute's pass is proved for (docs/performance.md). */
export const TARGET_GROUPS_MAX = 100;

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment while it is read, with what is wrong in it. */
interface SettingsReading {
  readonly variables: Variables;
  readonly mistakes: string[];
  readonly leftOut: Finding[];
}

/** The stack's parameters as template.yaml hands them on. */
export function readSettings(variables: Variables): ReadSettings {
  const reading: SettingsReading = { variables, mistakes: [], leftOut: [] };
  const { mistakes, leftOut } = reading;
  const clusters = readArns<ClusterArn>(reading, 'CLUSTER_ARNS', parseClusterArn);
  const targetGroups = readArns<TargetGroupArn>(reading, 'TARGET_GROUP_ARNS', parseTargetGroupArn);
  const cloudMapServices = readArns<CloudMapServiceArn>(reading, 'CLOUD_MAP_SERVICE_ARNS', parseCloudMapServiceArn);
  const home = readHome(reading);
  const mode = readWord(reading, 'MODE', ['enforce', 'observe']);
  const tagBindings = readWord(reading, 'TAG_BINDINGS', ['allowed', 'ignored']) === 'allowed';
  const bindings = variables['BINDINGS'] ?? '';
  if (!tagBindings && targetGroups.length + cloudMapServices.length === 0) {
    mistakes.push('TAG_BINDINGS is "ignored", and TARGET_GROUP_ARNS is empty: nothing could be bound');
  }
  if (targetGroups.length > TARGET_GROUPS_MAX) {
    mistakes.push(
      `TARGET_GROUP_ARNS has ${targetGroups.length} groups; expected at most ${TARGET_GROUPS_MAX}: use another stack for the rest`,
    );
  }
  const removalBudgetPercent = readPercent(reading);
  const spokeRole = readRole(variables);
  if (mistakes.length > 0) {
    return err(`The function's settings cannot be used: ${mistakes.join('; ')}. Correct the stack's parameters.`);
  }
  const lists = { clusters, targetGroups, cloudMapServices, leftOut };
  return ok({ home, ...lists, bindings, tagBindings, mode, removalBudgetPercent, spokeRole });
}

/** Undefined outside of a stack. */
function readHome({ variables, mistakes }: SettingsReading): Place | undefined {
  const text = variables['STACK_ARN'];
  if (text === undefined || text === '') return undefined;
  const place = parseStackPlace(text);
  if (place.ok) return place.value;
  mistakes.push(`STACK_ARN is "${text.slice(0, 120)}"; expected ${place.problem}`);
  return undefined;
}

function readRole(variables: Variables): SpokeRole | undefined {
  const { SPOKE_ROLE_NAME: name, SPOKE_EXTERNAL_ID: externalId } = variables;
  return name === undefined || name === '' ? undefined : { name, externalId: externalId || undefined };
}

/** One of the words; the first where nothing is said. */
function readWord<Word extends string>(
  { variables, mistakes }: SettingsReading,
  name: string,
  words: readonly [Word, ...Word[]],
): Word {
  const text = variables[name] ?? '';
  const word = words.find((each) => each === text);
  if (word === undefined && text !== '') mistakes.push(`${name} is "${text.slice(0, 40)}"; expected ${words.join(' or ')}`);
  return word ?? words[0];
}

function readPercent({ variables, mistakes }: SettingsReading): number {
  const text = variables['REMOVAL_BUDGET_PERCENT'];
  if (text === undefined || text === '') return REMOVAL_BUDGET_PERCENT;
  const percent = Number(text);
  if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return percent;
  mistakes.push(`REMOVAL_BUDGET_PERCENT is "${text.slice(0, 20)}"; expected a whole number from 1 to 100`);
  return REMOVAL_BUDGET_PERCENT;
}

/** The parameters that the lists come from. */
const PARAMETERS = {
  CLUSTER_ARNS: 'ClusterArns',
  TARGET_GROUP_ARNS: 'TargetGroupArns',
  CLOUD_MAP_SERVICE_ARNS: 'CloudMapServiceArns',
} as const;

/**
 * One wrong word costs nobody else's ARN. If all of them are wrong, the settings are: an empty list means every cluster, or every group with
 * the tag, which is not what somebody meant who wrote one.
 */
function readArns<Arn>(
  { variables, mistakes, leftOut }: SettingsReading,
  name: keyof typeof PARAMETERS,
  parse: (text: unknown) => Parsed<Arn>,
): Arn[] {
  const words = (variables[name] ?? '').split(',').map((word) => word.trim());
  const arns = words.filter((word) => word !== '').map((word) => ({ word: word.slice(0, 120), parsed: parse(word) }));
  const good = [...new Set(arns.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : [])))];
  for (const { word, parsed } of arns) {
    if (parsed.ok) continue;
    const message = `has "${word}"; expected ${parsed.problem}`;
    if (good.length === 0) mistakes.push(`${name} ${message}`);
    else leftOut.push(leftOutFinding(PARAMETERS[name], word, message));
  }
  return good;
}

function leftOutFinding(parameter: string, word: string, message: string): Finding {
  const whole = `The stack's parameter ${parameter} ${message}. It is left out, and nothing else is. Correct it.`;
  return { kind: 'unusable', subject: word, message: whole };
}
