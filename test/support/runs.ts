/** Whole invocations at the ports: an account small enough for a test, and a reporter that keeps what it is told. */
import {
  beginInvocation,
  type Check,
  createEnvironment,
  currentConfiguration,
  type Environment,
  forGroup,
  type Reporter,
  type Request,
  type RunStatus,
} from '../../functions/app/invocation.ts';
import type { TargetsOfGroup } from '../../functions/app/ports.ts';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import { reconcileGroup } from '../../functions/app/reconcile-group.ts';
import { selects } from '../../functions/core/binding.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import type { RecordEntry, RecordKind } from '../../functions/core/ownership.ts';
import type { Pass } from '../../functions/core/report.ts';
import { type Target, targetOf } from '../../functions/core/target.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { arnParts, type TargetGroupArn } from '../../functions/core/values.ts';
import { FakeAws, ok, page, START_MS } from './ports.ts';
import { aDefinition, aGroup, aService, aSettings } from './values.ts';

/** A line of the record, as the reporter got it. */
interface Line {
  readonly group: TargetGroupArn;
  readonly entry: RecordEntry;
}

export class Runs {
  readonly targets = new Map<TargetGroupArn, Target[]>();
  readonly tasks: DescribedTask[] = [];
  readonly passes: Pass[] = [];
  readonly checks: Check[] = [];
  readonly configurations: ReadConfiguration[] = [];
  readonly lines: Line[] = [];
  readonly statuses: RunStatus[] = [];
  readonly fake: FakeAws;
  readonly environment: Environment;
  readonly reporter: Reporter;

  constructor(settings: Partial<Settings> = {}, salt = 0) {
    this.fake = this.#createAws();
    const usual = aSettings({ bindings: 'target-group=web service=app port=8080', ...settings });
    const { world: api, clock } = this.fake;
    this.environment = createEnvironment({ settings: usual, api, clock }, salt);
    this.reporter = {
      configured: (read) => void this.configurations.push(read),
      passed: (pass) => void this.passes.push(pass),
      checked: (check) => void this.checks.push(check),
      recorded: (kind, group, targets) => {
        const atMs = this.fake.clock.now();
        this.lines.push(...targets.map((target) => ({ group, entry: { kind, atMs, ...target } })));
      },
      ended: (status) => void this.statuses.push(status),
    };
  }

  request(words: Partial<Request> = {}): Request {
    return { trigger: 'messages', hints: [], deadlineMs: this.fake.clock.now() + 28_500, ...words };
  }

  /** Calls made by the last invocation. */
  get calls(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.statuses.at(-1)?.calls ?? []);
  }

  /** When each pass began, in milliseconds since the start. */
  get times(): number[] {
    return this.passes.map(({ startedAtMs }) => startedAtMs - START_MS);
  }

  /** What was recorded, in order: the kind and the addresses of each group. */
  recorded(kind: RecordKind): string[] {
    return this.lines.flatMap(({ entry }) => (entry.kind === kind ? [entry.address] : []));
  }

  #createAws(): FakeAws {
    return new FakeAws({
      DescribeTargetGroups: ({ groups }) =>
        ok(groups.map((arn) => ({ group: aGroup({ arn, name: arnParts(arn).name }), targetType: 'ip' }))),
      DescribeServices: ({ names }) => ok(names.map((name) => aService(name))),
      ListServices: () => ok({ items: [], nextToken: undefined }),
      DescribeTargetHealth: ({ group }) => ok(this.targets.get(group) ?? []),
      ListTasks: ({ selector, desired }) =>
        page(
          this.tasks.filter(
            (task) => selects(selector, task) && (task.desired === 'STOPPED' ? 'STOPPED' : 'RUNNING') === desired,
          ),
        ),
      DescribeTasks: ({ tasks }) => ok(this.tasks.filter(({ arn }) => tasks.includes(arn))),
      RegisterTargets: (input) => {
        const added = input.targets.map((descriptor) => targetOf(descriptor, 'initial', undefined));
        this.targets.set(input.group, [...this.#without(input), ...added]);
        return ok(null);
      },
      DeregisterTargets: (input) => {
        this.targets.set(input.group, this.#without(input));
        return ok(null);
      },
      FilterLogEvents: ({ group, sinceMs }) => {
        const items = this.lines.flatMap((line) => (line.group === group && line.entry.atMs >= sinceMs ? [line.entry] : []));
        return ok({ items, nextToken: undefined });
      },
      DescribeTargetGroupAttributes: () => ok({ deregistrationDelaySeconds: 30, crossZone: undefined }),
      DescribeTaskDefinition: () => ok(aDefinition({ stopTimeoutSeconds: 10 })),
      ListLogGroupTags: () => ok([]),
      GetResources: () => ok({ items: [], nextToken: undefined }),
    });
  }

  #without({ group, targets }: TargetsOfGroup): Target[] {
    const named = new Set(targets.map(({ id, port }) => `${id} ${port}`));
    return (this.targets.get(group) ?? []).filter(({ descriptor }) => !named.has(`${descriptor.id} ${descriptor.port}`));
  }
}

/** Reconciles the first group that is bound, as an invocation of its own. */
export async function reconcile(runs: Runs, request: Partial<Request> = {}) {
  const begin = (words: Partial<Request>) => beginInvocation(runs.environment, runs.request(words), runs.reporter);
  // What feeds the group is known, however short the time of the request.
  const [bound] = (await currentConfiguration(begin({}))).configuration.groups;
  if (bound === undefined) throw new Error('The group is bound.');
  return reconcileGroup(forGroup(begin(request), bound));
}
