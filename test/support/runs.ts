/** Whole invocations at the ports: an account small enough for a test, and an reporter that keeps what it is told. */
import {
  type Check,
  createEnvironment,
  type Environment,
  type Reporter,
  type Request,
} from '../../functions/app/invocation.ts';
import { selects } from '../../functions/core/binding.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import type { Pass } from '../../functions/core/report.ts';
import type { Target } from '../../functions/core/target.ts';
import type { Task } from '../../functions/core/task.ts';
import type { TargetGroupArn } from '../../functions/core/values.ts';
import { FakeAws, ok, page, START_MS } from './ports.ts';
import { aGroup, clusterArn, groupArn } from './values.ts';

export class Runs {
  readonly targets = new Map<TargetGroupArn, Target[]>();
  readonly tasks: Task[] = [];
  readonly passes: Pass[] = [];
  readonly checks: Check[] = [];
  calls: ReadonlyMap<string, number> = new Map();
  configured = 0;
  readonly fake: FakeAws;
  readonly environment: Environment;
  readonly reporter: Reporter;

  constructor(settings: Partial<Settings> = {}) {
    this.fake = this.#createAwsApi();
    const usual: Settings = {
      clusters: [clusterArn()],
      targetGroups: [groupArn()],
      cloudMapServices: [],
      binding: 'target-group=web service=app port=8080',
      mode: 'enforce',
    };
    this.environment = createEnvironment({ ...usual, ...settings }, this.fake.world, this.fake.clock);
    this.reporter = {
      configured: () => {
        this.configured += 1;
      },
      passed: (pass) => void this.passes.push(pass),
      checked: (check) => void this.checks.push(check),
      called: (calls) => {
        this.calls = calls;
      },
    };
  }

  request(words: Partial<Request> = {}): Request {
    return { trigger: 'messages', hints: [], deadlineMs: this.fake.clock.now() + 28_500, ...words };
  }

  /** When each pass began, in milliseconds since the start. */
  get times(): number[] {
    return this.passes.map(({ startedAtMs }) => startedAtMs - START_MS);
  }

  #createAwsApi(): FakeAws {
    return new FakeAws({
      DescribeTargetGroups: ({ groups }) =>
        ok(groups.map((arn) => ({ group: aGroup({ arn, name: arn.split('/')[1] ?? '' }), targetType: 'ip' }))),
      DescribeServices: ({ names }) => ok(names.map((name) => ({ name, targetGroups: [] }))),
      DescribeTargetHealth: ({ group }) => ok(this.targets.get(group) ?? []),
      ListTasks: ({ selector, desired }) =>
        page(
          this.tasks.filter(
            (task) => selects(selector, task) && (task.desired === 'STOPPED' ? 'STOPPED' : 'RUNNING') === desired,
          ),
        ),
      DescribeTasks: ({ tasks }) => ok(this.tasks.filter(({ arn }) => tasks.includes(arn))),
      RegisterTargets: () => ok(null),
      DeregisterTargets: () => ok(null),
      DescribeTargetGroupAttributes: () => ok({ deregistrationDelaySeconds: 30 }),
      DescribeTaskDefinition: () => ok({ stopTimeoutSeconds: 10 }),
    });
  }
}
