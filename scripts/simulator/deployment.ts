/** A deployment for one scenario: an account with a cluster, a service and a target group, and the function between queue and schedule. */

import { readSettings } from '../../functions/adapters/settings.ts';
import type { Settings, SpokeRole } from '../../functions/core/binding-sources.ts';
import { Account, clusterArn, targetGroupArn } from './account.ts';
import type { Accounts } from './accounts.ts';
import { Service } from './api.ts';
import { runClock, VirtualClock } from './clock.ts';
import { refuseEnvironment, refuseEventPattern, refuseRolePolicies } from './deployment-limits.ts';
import { present, type TaskRecord, type TaskSpec } from './ecs.ts';
import type { GroupRecord } from './elb.ts';
import { passesRule, type StateChangeEvent } from './events.ts';
import { HOME, type Home } from './home.ts';
import { LAMBDA_SETTINGS, Lambda, type LambdaSettings, type Runtime } from './lambda.ts';
import { Queue } from './queue.ts';

/** How the function under test is started; in process or as the built bundle over HTTP. */
export interface Backend {
  /** A cold environment. */
  spawn(deployment: Deployment, settings: SettingsText): Runtime;
  /** Waits until the code under test has nothing left to do without time passing. */
  settle(deployment: Deployment): Promise<void>;
  readonly name: string;
  close(): Promise<void>;
}

/** The settings as the environment variables hold them. */
export interface SettingsText {
  readonly clusters: readonly string[];
  readonly targetGroups: readonly string[];
  readonly cloudMapServices: readonly string[];
  readonly binding: string;
  readonly mode: 'enforce' | 'observe';
  readonly removalBudgetPercent?: number;
  readonly tagBindings?: 'allowed' | 'ignored';
  readonly spokeRole?: SpokeRole;
  readonly eventBusName?: string;
  /** Where the stack is; `HOME` unless it says so. */
  readonly home?: Home;
}

export interface DeploymentOptions {
  readonly settings?: Partial<SettingsText>;
  readonly lambda?: Partial<LambdaSettings>;
  /** The other accounts that the function may reach; its own is the one of its home. */
  readonly accounts?: Accounts;
  /** The documents of the role's inline policies, where they matter. */
  readonly rolePolicies?: readonly string[];
  /** Events that ECS does not send through the rule, such as those of starting tasks. */
  readonly unfiltered?: boolean;
}

export const CLUSTER = clusterArn('prod');
export const GROUP = targetGroupArn('web');

/** Tasks that are running a moment after they were started: for scenarios that are not about starting. */
export const QUICK = { provisioningMs: 10, pendingMs: 10, stoppingMs: 500, deprovisioningMs: 500 } as const;

export class Deployment {
  readonly clock: VirtualClock;
  readonly account: Account;
  readonly service: Service;
  readonly accounts: Accounts | undefined;
  readonly queue: Queue;
  readonly lambda: Lambda;
  readonly group: GroupRecord;
  readonly settings: SettingsText;
  #backend: Backend | undefined;
  /** Decides what becomes of an event; the default delivers it at once. */
  deliver: (event: StateChangeEvent) => void = (event) => this.queue.send(JSON.stringify(event));

  /** Decides what becomes of the event of a changed tag. */
  deliverTag: (body: string) => void = (body) => this.queue.send(body);

  constructor(options: DeploymentOptions = {}) {
    this.accounts = options.accounts;
    const { home = HOME } = options.settings ?? {};
    this.service = options.accounts?.in(home) ?? new Service(new Account(new VirtualClock(), home));
    this.account = this.service.account;
    this.clock = this.account.clock;
    this.queue = new Queue(this.clock);
    this.settings = {
      clusters: [CLUSTER],
      targetGroups: [GROUP],
      cloudMapServices: [],
      binding: 'target-group=web service=app port=8080',
      mode: 'enforce',
      ...options.settings,
    };
    parseSettings(this.settings);
    refuseRolePolicies('sync', options.rolePolicies ?? []);
    this.account.ecs.addService(CLUSTER, 'app');
    this.group = this.account.elb.addGroup({ arn: GROUP });
    this.account.onEvent((event) => {
      if (options.unfiltered || passesRule(event)) this.deliver(event);
    });
    this.account.onTagEvent((event) => this.deliverTag(JSON.stringify(event)));
    this.lambda = new Lambda(this.clock, () => this.backend.spawn(this, this.settings), {
      ...LAMBDA_SETTINGS,
      ...options.lambda,
    });
  }

  /** Puts the function on the deployment, behind the queue. */
  use(backend: Backend): this {
    this.#backend = backend;
    this.lambda.attach(this.queue);
    return this;
  }

  get backend(): Backend {
    if (this.#backend === undefined) throw new Error('No function is on the deployment: call use() first.');
    return this.#backend;
  }

  /** Starts tasks of the service `app`. */
  start(count: number, spec: Partial<TaskSpec> = {}): TaskRecord[] {
    const task = { clusterArn: CLUSTER, group: 'service:app', definition: 'app:1', timing: QUICK, ...spec };
    return Array.from({ length: count }, () => this.account.ecs.start(task));
  }

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    const untilMs = this.clock.now() + milliseconds;
    await runClock(this.clock, () => this.backend.settle(this), untilMs);
  }

  /** Lets time pass until queue and function are idle, and a moment for what was under way. */
  async quiesce(limitMs = 120_000): Promise<void> {
    const isIdle = (): boolean => this.queue.length === 0 && !this.lambda.isBusy;
    await runClock(this.clock, () => this.backend.settle(this), this.clock.now() + limitMs, isIdle);
  }

  /** Invokes the function and waits for its answer. */
  async invoke(input: unknown): Promise<unknown> {
    const invocation = this.lambda.invoke(input);
    const isDone = (): boolean => invocation.outcome !== 'running';
    await runClock(this.clock, () => this.backend.settle(this), this.clock.now() + 60_000, isDone);
    if (invocation.outcome === 'failed') throw invocation.error;
    return invocation.answer;
  }

  /** One scheduled pass. */
  async schedule(): Promise<void> {
    await this.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  }

  /** `ip:port` of what the group sends traffic to. */
  get registered(): string[] {
    return this.account.elb.registered(this.group);
  }

  /** `ip:port` of every task of the service that is running and wanted. */
  get serving(): string[] {
    return [...this.account.ecs.tasks.values()]
      .filter((task) => task.group === 'service:app')
      .map(present)
      .filter(({ last, desired }) => last === 'RUNNING' && desired === 'RUNNING')
      .flatMap(({ ipv4 }) => (ipv4 === undefined ? [] : [`${ipv4}:8080`]))
      .sort();
  }

  get calls(): number {
    return this.account.callCount;
  }
}

/** The function's environment variables, as template.yaml sets them. */
export function variablesOf(settings: SettingsText): Record<string, string> {
  const { home = HOME } = settings;
  return {
    CLUSTER_ARNS: settings.clusters.join(','),
    TARGET_GROUP_ARNS: settings.targetGroups.join(','),
    CLOUD_MAP_SERVICE_ARNS: settings.cloudMapServices.join(','),
    STACK_ARN: `arn:aws:cloudformation:${home.region}:${home.id}:stack/alb-target-sync/5ca1ab1e`,
    BINDINGS: settings.binding,
    TAG_BINDINGS: settings.tagBindings ?? 'allowed',
    MODE: settings.mode,
    REMOVAL_BUDGET_PERCENT: `${settings.removalBudgetPercent ?? ''}`,
    SPOKE_ROLE_NAME: settings.spokeRole?.name ?? '',
    SPOKE_EXTERNAL_ID: settings.spokeRole?.externalId ?? '',
    EVENT_BUS_NAME: settings.eventBusName ?? '',
    POWERTOOLS_SERVICE_NAME: 'alb-target-sync',
  };
}

/** The pattern of the rule, as template.yaml sets it. */
function patternOf({ clusters }: SettingsText): string {
  const [, , , , account = HOME.id] = clusters[0]?.split(':') ?? [];
  return JSON.stringify({
    account: [account],
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: {
      ...(clusters.length > 0 && { clusterArn: clusters }),
      $or: [{ lastStatus: ['RUNNING'] }, { desiredStatus: ['STOPPED'] }],
    },
  });
}

/** The settings as the function reads them. Throws what AWS says where a stack with them could not be deployed. */
export function parseSettings(text: SettingsText): Settings {
  refuseEnvironment(variablesOf(text));
  refuseEventPattern(patternOf(text));
  const read = readSettings(variablesOf(text));
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}
