/** Collects the lines of binding from the stack's parameter and from tags, and says which group each belongs to. */

import {
  type Binding,
  type InstanceBinding,
  type Line,
  type LineContext,
  type Mistake,
  parseBinding,
  parseInstanceBinding,
  type StackMode,
  selectorKey,
  splitLines,
  targetGroupNamed,
} from './binding.ts';
import type { Finding } from './finding.ts';
import { err } from './result.ts';
import { arnParts, type CloudMapServiceArn, type ClusterArn, cloudMapServiceIdOf, type TargetGroupArn } from './values.ts';

/** The stack's parameters: the authority over what may be read and written. */
export interface Settings {
  readonly clusters: readonly ClusterArn[];
  readonly targetGroups: readonly TargetGroupArn[];
  readonly cloudMapServices: readonly CloudMapServiceArn[];
  readonly binding: string;
  readonly mode: StackMode;
  /** The share of a group's targets that may leave within a minute, in percent. */
  readonly removalBudgetPercent: number;
}

/** Three quarters: a rolling deployment never comes near it, and a group in use is not emptied at once. */
export const REMOVAL_BUDGET_PERCENT = 75;

/** What a set of lines came to. */
export interface Lines {
  readonly bindings: readonly { readonly group: TargetGroupArn; readonly binding: Binding }[];
  readonly mistakes: readonly Finding[];
  /** Groups that at least one line names, be it a wrong one: somebody has thought of them. */
  readonly named: ReadonlySet<TargetGroupArn>;
}

/** The tag that binds a group or a Cloud Map service; more lines on one resource stand in `alb-target-sync:anything`. */
export const TAG = 'alb-target-sync';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The lines of the parameter Bindings. A group that one of them names is not bound by its tags. */
export function linesOfParameter(settings: Settings): Lines {
  return collect(
    splitLines(settings.binding).map((line) => placeLine(settings, line.text, `the parameter Bindings, line ${line.number}`)),
  );
}

/** The lines in the tags of one group. */
export function linesOfTags(settings: Settings, group: TargetGroupArn, tags: readonly Tag[]): Lines {
  return collect(
    bindingTags(tags).map(({ key, value }) => {
      const context = contextOf(settings, `tag ${key} of target group ${arnParts(group).name}`);
      return { group, read: parseBinding(value, context, 'tag') };
    }),
  );
}

/** The lines in the tags of one Cloud Map service. */
export function linesOfService(
  settings: Settings,
  service: CloudMapServiceArn,
  tags: readonly Tag[],
): {
  readonly bindings: readonly InstanceBinding[];
  readonly mistakes: readonly Finding[];
} {
  const id = cloudMapServiceIdOf(service);
  const lines = bindingTags(tags).map(({ key, value }) =>
    parseInstanceBinding(value, contextOf(settings, `tag ${key} of Cloud Map service ${id}`)),
  );
  const mistakes = lines.flatMap((line) => (line.ok ? [] : [findingOf(line.problem)]));
  if (lines.length === 0) {
    const message =
      `Cloud Map service ${service} is in CloudMapServiceArns, and no tag binds it. Tag it ${TAG}="service=NAME", the ECS service ` +
      'whose tasks it lists.';
    mistakes.push({ kind: 'mistake', subject: id, message });
  }
  return { bindings: lines.flatMap((line) => (line.ok ? [line.value] : [])), mistakes };
}

interface PlacedLine {
  readonly group: TargetGroupArn | undefined;
  readonly read: Line<Binding>;
}

function placeLine(settings: Settings, text: string, source: string): PlacedLine {
  const name = targetGroupNamed(text);
  const candidates = settings.targetGroups.filter((arn) => name === undefined || arnParts(arn).name === name);
  const [group, second] = candidates;
  if (group !== undefined && second === undefined)
    return { group, read: parseBinding(text, contextOf(settings, source), 'parameter') };
  const names = settings.targetGroups.map((arn) => `target-group=${arnParts(arn).name}`).join(' or ');
  const mistake = {
    resource: source,
    word: name === undefined ? '(no target-group=)' : `target-group=${name}`.slice(0, 100),
    expected: `${names || 'a target group'}, of the stack's parameter TargetGroupArns`,
  };
  return { group: undefined, read: err(mistake) };
}

function collect(placed: readonly PlacedLine[]): Lines {
  const bindings: { group: TargetGroupArn; binding: Binding }[] = [];
  const mistakes: Finding[] = [];
  const seen = new Map<string, string>();
  for (const { group, read } of placed) {
    if (!read.ok) {
      mistakes.push(findingOf(read.problem));
      continue;
    }
    // Stryker disable next-line ConditionalExpression: the compiler asks; a line whose group is not known is not read.
    if (group === undefined) continue;
    const binding = read.value;
    const key = `${group} ${selectorKey(binding.selector)} ${binding.port}`;
    const first = seen.get(key);
    // Two lines on the same tasks and port could contradict each other, one keeping and one draining. The first one stands.
    if (first === undefined) bindings.push({ group, binding });
    else
      mistakes.push(
        findingOf({
          resource: binding.source,
          word: `port=${binding.port}`,
          expected: `no second line for what ${first} binds`,
        }),
      );
    seen.set(key, first ?? binding.source);
  }
  return { bindings, mistakes, named: new Set(placed.flatMap(({ group }) => (group === undefined ? [] : [group]))) };
}

function findingOf({ resource, word, expected }: Mistake): Finding {
  return {
    kind: 'mistake',
    subject: resource,
    message: `In ${resource}, "${word}" cannot be used; expected ${expected}. This line is left out, and nothing else is.`,
  };
}

function bindingTags(tags: readonly Tag[]): readonly Tag[] {
  const ours = tags.filter(({ key }) => key === TAG || key.startsWith(`${TAG}:`));
  // Stryker disable next-line EqualityOperator: a resource has one tag of each key, so no two of them are equal.
  return [...ours].sort((one, other) => (one.key < other.key ? -1 : 1));
}

function contextOf(settings: Settings, source: string): LineContext {
  return { source, clusters: settings.clusters, stackMode: settings.mode };
}
