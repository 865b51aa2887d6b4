/** Reads the environment, once, at cold start; every mistake in it is told in one message. */

import { REMOVAL_BUDGET_PERCENT, type Settings } from '../core/binding-sources.ts';
import { err, ok, type Result } from '../core/result.ts';
import {
  type CloudMapServiceArn,
  type ClusterArn,
  type Parsed,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseTargetGroupArn,
  type TargetGroupArn,
} from '../core/values.ts';

/** The settings, or every mistake in them in one message. */
export type ReadSettings = Result<Settings, string>;

/** So many groups fit into the environment (4 KB) and the role's policy (10 KB) of one stack, and into one minute's pass. */
const TARGET_GROUPS_MAX = 30;

/** The stack's parameters as template.yaml hands them on. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): ReadSettings {
  const mistakes: string[] = [];
  const clusters = readArns<ClusterArn>(environment, 'CLUSTER_ARNS', parseClusterArn, mistakes);
  const targetGroups = readArns<TargetGroupArn>(environment, 'TARGET_GROUP_ARNS', parseTargetGroupArn, mistakes);
  const cloudMapServices = readArns<CloudMapServiceArn>(
    environment,
    'CLOUD_MAP_SERVICE_ARNS',
    parseCloudMapServiceArn,
    mistakes,
  );
  const mode = environment['MODE'] ?? 'enforce';
  if (mode !== 'enforce' && mode !== 'observe') mistakes.push(`MODE is "${mode}"; expected enforce or observe`);
  if (clusters.length === 0) mistakes.push('CLUSTER_ARNS is empty; expected at least one cluster ARN');
  if (targetGroups.length + cloudMapServices.length === 0) {
    mistakes.push('TARGET_GROUP_ARNS and CLOUD_MAP_SERVICE_ARNS are empty; expected at least one ARN in one of them');
  }
  if (targetGroups.length > TARGET_GROUPS_MAX) {
    mistakes.push(
      `TARGET_GROUP_ARNS has ${targetGroups.length} groups; expected at most ${TARGET_GROUPS_MAX}: use another stack for the rest`,
    );
  }
  const removalBudgetPercent = readPercent(environment['REMOVAL_BUDGET_PERCENT'], mistakes);
  if (mistakes.length > 0) {
    return err(`The function's settings cannot be used: ${mistakes.join('; ')}. Correct the stack's parameters.`);
  }
  const settings = {
    clusters,
    targetGroups,
    cloudMapServices,
    binding: environment['BINDINGS'] ?? '',
    removalBudgetPercent,
    mode: mode === 'observe' ? ('observe' as const) : ('enforce' as const),
  };
  return ok(settings);
}

function readPercent(text: string | undefined, mistakes: string[]): number {
  if (text === undefined || text === '') return REMOVAL_BUDGET_PERCENT;
  const percent = Number(text);
  if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return percent;
  mistakes.push(`REMOVAL_BUDGET_PERCENT is "${text.slice(0, 20)}"; expected a whole number from 1 to 100`);
  return REMOVAL_BUDGET_PERCENT;
}

function readArns<Arn>(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  parse: (text: unknown) => Parsed<Arn>,
  mistakes: string[],
): Arn[] {
  const words = (environment[name] ?? '').split(',').map((word) => word.trim());
  const arns = words.filter((word) => word !== '').map((word) => ({ word, parsed: parse(word) }));
  for (const { word, parsed } of arns) {
    if (!parsed.ok) mistakes.push(`${name} has "${word.slice(0, 120)}"; expected ${parsed.problem}`);
  }
  return [...new Set(arns.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : [])))];
}
