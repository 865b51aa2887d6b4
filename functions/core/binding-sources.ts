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
  wordIn,
} from './binding.ts';
import type { Finding } from './finding.ts';
import { sortedBy } from './order.ts';
import { err, ok, type Result, valuesOf } from './result.ts';
import {
  arnParts,
  type CloudMapServiceArn,
  type ClusterArn,
  cloudMapServiceIdOf,
  type Place,
  type TargetGroupArn,
} from './values.ts';

/** The stack's parameters: the authority over what may be read and written. */
export interface Settings {
  /** The stack's own account and region; undefined for a tool that does not know it. */
  readonly home: Place | undefined;
  /** Empty: every cluster that the role may read. */
  readonly clusters: readonly ClusterArn[];
  /** Where this and the next one are empty, both are found by their tag. */
  readonly targetGroups: readonly TargetGroupArn[];
  readonly cloudMapServices: readonly CloudMapServiceArn[];
  /** Words of these lists that are no ARN of their kind: they are named, and the others go on. */
  readonly leftOut: readonly Finding[];
  readonly bindings: string;
  /** False: only the parameter binds. */
  readonly tagBindings: boolean;
  readonly mode: StackMode;
  /** The share of a group's targets that may leave within a minute, in percent. */
  readonly removalBudgetPercent: number;
  /** The role that other accounts give to this stack; undefined where it reads only its own. */
  readonly spokeRole: SpokeRole | undefined;
}

export interface SpokeRole {
  readonly name: string;
  readonly externalId: string | undefined;
}

/** What lines are read against: the parameters, and what was found where they leave something open. */
export interface Scope extends Settings {
  readonly anyCluster: LineContext['anyCluster'];
  readonly clustersOf: LineContext['clustersOf'];
}

/** Three quarters: a rolling deployment never comes near it, and a group in use is not emptied at once. */
export const REMOVAL_BUDGET_PERCENT = 75;

/** What a set of lines came to. */
export interface Lines {
  readonly bindings: readonly { readonly group: TargetGroupArn; readonly binding: Binding }[];
  readonly mistakes: readonly Finding[];
  /** Groups that at least one line names, be it a wrong one: somebody has thought of them. */
  readonly named: ReadonlySet<TargetGroupArn>;
  /** Groups with a line that cannot be read yet. */
  readonly unread: ReadonlySet<TargetGroupArn>;
}

/** The tag that binds a group or a Cloud Map service; more lines on one resource stand in `alb-target-sync:anything`. */
export const TAG = 'alb-target-sync';

/** On a task, this value of the tag takes it out of rotation. */
export const HOLD = 'hold';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Whether groups and Cloud Map services are found by their tag. */
export function isDiscovering({ targetGroups, cloudMapServices }: Settings): boolean {
  return targetGroups.length + cloudMapServices.length === 0;
}

/** The lines of the parameter Bindings. A group that one of them names is not bound by its tags. */
export function linesOfParameter(scope: Scope): Lines {
  return collect(
    splitLines(scope.bindings).map((line) => placeLine(scope, line.text, `the parameter Bindings, line ${line.number}`)),
  );
}

/** The lines in the tags of one group. */
export function linesOfTags(scope: Scope, group: TargetGroupArn, tags: readonly Tag[]): Lines {
  return collect(
    bindingTags(tags).map(({ key, value }) => {
      const context = contextOf(scope, `tag ${key} of target group ${arnParts(group).name}`);
      return ok({ group, read: parseBinding(value, context, 'tag') });
    }),
  );
}

/** The lines in the tags of one Cloud Map service. */
export function linesOfService(
  scope: Scope,
  service: CloudMapServiceArn,
  tags: readonly Tag[],
): {
  readonly bindings: readonly InstanceBinding[];
  readonly mistakes: readonly Finding[];
} {
  const id = cloudMapServiceIdOf(service);
  const lines = bindingTags(tags).map(({ key, value }) =>
    parseInstanceBinding(value, contextOf(scope, `tag ${key} of Cloud Map service ${id}`)),
  );
  const mistakes = lines.flatMap((line) => (line.ok || line.problem === 'unread' ? [] : [findingOf(line.problem)]));
  if (lines.length === 0) {
    const message = `No tag binds Cloud Map service ${service}. Tag it ${TAG}="service=NAME", the ECS service whose tasks it lists.`;
    mistakes.push({ kind: 'wrong-line', subject: id, message });
  }
  return { bindings: lines.flatMap((line) => (line.ok ? [line.value] : [])), mistakes };
}

/** The services that lines name without a cluster: which cluster has them decides what these lines mean. */
export function servicesWithoutCluster({ bindings }: Settings, tags: readonly (readonly Tag[])[]): string[] {
  const texts = [
    ...splitLines(bindings).map(({ text }) => text),
    ...tags.flatMap((each) => bindingTags(each).map(({ value }) => value)),
  ];
  const open = texts.filter((text) => wordIn(text, 'cluster') === undefined);
  return [...new Set(open.map((text) => wordIn(text, 'service') ?? ''))].sort();
}

/** A line that names no group of the stack's has no place. */
type PlacedLine = Result<{ readonly group: TargetGroupArn; readonly read: Line<readonly Binding[]> }, Mistake>;

function placeLine(scope: Scope, text: string, source: string): PlacedLine {
  const name = wordIn(text, 'target-group');
  const candidates = scope.targetGroups.filter((arn) => name === undefined || arnParts(arn).name === name);
  const [group, second] = candidates;
  if (group !== undefined && second === undefined)
    return ok({ group, read: parseBinding(text, contextOf(scope, source), 'parameter') });
  const names = scope.targetGroups.map((arn) => `target-group=${arnParts(arn).name}`).join(' or ');
  return err({
    resource: source,
    word: name === undefined ? '(no target-group=)' : `target-group=${name}`.slice(0, 100),
    expected: `${names || 'a target group'}, of the stack's parameter TargetGroupArns or with the tag ${TAG}`,
  });
}

function collect(placed: readonly PlacedLine[]): Lines {
  const bindings: { group: TargetGroupArn; binding: Binding }[] = [];
  const mistakes: Finding[] = [];
  const unread = new Set<TargetGroupArn>();
  const seen = new Map<string, string>();
  for (const line of placed) {
    if (!line.ok) {
      mistakes.push(findingOf(line.problem));
      continue;
    }
    const { group, read } = line.value;
    if (!read.ok) {
      if (read.problem === 'unread') unread.add(group);
      else mistakes.push(findingOf(read.problem));
      continue;
    }
    for (const binding of read.value) {
      const key = `${group} ${selectorKey(binding.selector)} ${binding.port}`;
      const first = seen.get(key);
      // Two lines on the same tasks and port could contradict each other, one keeping and one draining. The first one stands.
      if (first === undefined) bindings.push({ group, binding });
      else {
        const [resource, word] = [binding.source, `port=${binding.port}`];
        mistakes.push(findingOf({ resource, word, expected: `no second line for what ${first} binds` }));
      }
      seen.set(key, first ?? binding.source);
    }
  }
  const named = new Set(valuesOf(placed).map(({ group }) => group));
  return { bindings, mistakes, named, unread };
}

function findingOf({ resource, word, expected }: Mistake): Finding {
  return {
    kind: 'wrong-line',
    subject: resource,
    message: `In ${resource}, "${word}" cannot be used; expected ${expected}. This line is left out, and nothing else is.`,
  };
}

/** The tags that are lines, in the order of their keys. */
export function bindingTags(tags: readonly Tag[]): readonly Tag[] {
  const ours = tags.filter(({ key }) => key === TAG || key.startsWith(`${TAG}:`));
  return sortedBy(ours, ({ key }) => key);
}

function contextOf({ home, clusters, mode, anyCluster, clustersOf, spokeRole }: Scope, source: string): LineContext {
  return { source, home, clusters, stackMode: mode, anyCluster, clustersOf, readsAccounts: spokeRole !== undefined };
}
