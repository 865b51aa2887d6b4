/** Once in a while, reads how long targets drain and how long ECS waits before it kills, and tells where the two cannot work together. */
import { auditDrainTime } from '../core/audit.ts';
import type { Finding } from '../core/finding.ts';
import type { TargetGroup } from '../core/target.ts';
import type { Caller } from './caller.ts';

/** These settings change with deployments, not with tasks. */
export const DRAIN_AUDIT_INTERVAL_MS = 900_000;
/** More revisions than this at once are the middle of a deployment; the next reading sees the rest. */
const DEFINITIONS_MAX = 5;

/** The findings, or undefined when the settings could not be read: then the next pass asks again, and nothing else suffers. */
export async function readDrainFindings(
  caller: Caller,
  group: TargetGroup,
  definitions: readonly string[],
): Promise<readonly Finding[] | undefined> {
  const asked = [...new Set(definitions)]
    .filter((definition) => definition !== '')
    .sort()
    .slice(0, DEFINITIONS_MAX);
  const attributes = await caller.read('DescribeTargetGroupAttributes', group.name, { group: group.arn });
  if (!attributes.ok) return undefined;
  // Stryker disable next-line ArrayDeclaration: a text in it has no seconds, and so is no finding.
  const stopTimeouts = [];
  for (const definition of asked) {
    const answer = await caller.read('DescribeTaskDefinition', definition, { definition });
    if (!answer.ok) return undefined;
    stopTimeouts.push({ definition, seconds: answer.value.stopTimeoutSeconds });
  }
  return auditDrainTime(group, { ...attributes.value, stopTimeouts });
}
