/** The account's front: every call, from either door, is counted, may meet a fault, pays for a token, and takes effect here. */
import type { Account } from './account.ts';
import { cloudMapApi } from './api-cloud-map.ts';
import { ecsApi } from './api-ecs.ts';
import { elbApi } from './api-elb.ts';
import { ApiError } from './api-error.ts';
import { eventsApi } from './api-events.ts';
import { type Input, text } from './api-input.ts';
import { logsApi } from './api-logs.ts';
import { sqsApi } from './api-sqs.ts';
import { stsApi } from './api-sts.ts';
import { taggingApi } from './api-tagging.ts';
import { throttled } from './buckets.ts';
import { type Fault, type FaultPlan, NO_FAULTS } from './faults.ts';
import type { Caller } from './sts.ts';

/** Every operation, under the name that IAM has for its service. */
function createApis(account: Account) {
  return {
    ecs: ecsApi(account),
    elasticloadbalancing: elbApi(account),
    servicediscovery: cloudMapApi(account),
    tag: taggingApi(account),
    sts: stsApi(account),
    logs: logsApi(account),
    events: eventsApi(account),
    sqs: sqsApi(account),
  };
}

type Apis = ReturnType<typeof createApis>;
type ServicePrefix = keyof Apis;
type Api = Apis['ecs'] &
  Apis['elasticloadbalancing'] &
  Apis['servicediscovery'] &
  Apis['tag'] &
  Apis['sts'] &
  Apis['logs'] &
  Apis['events'] &
  Apis['sqs'];

/** What ECS and Cloud Map both call ListServices is `ecs.ListServices` here where it is the one of ECS. */
export type ApiName = keyof Api;
export type ApiOutput<Name extends ApiName> = ReturnType<Api[Name]>;
type Handlers = { readonly [Name in ApiName]: (input: Input, caller: Caller) => ApiOutput<Name> };

/** What IAM is asked about a call. */
export interface Request {
  /** As policies name it, such as `elasticloadbalancing:RegisterTargets`. */
  readonly action: string;
  readonly input: Input;
  readonly caller: Caller;
}

const PREFIXES = ['ecs', 'elasticloadbalancing', 'servicediscovery', 'tag', 'sts', 'logs', 'events', 'sqs'] as const;

/** Services of the query protocol leave the ending off, and refuse with 403. */
const QUERY_SERVICES: ReadonlySet<ServicePrefix> = new Set(['elasticloadbalancing', 'sts']);

export class Service {
  readonly account: Account;
  faults: FaultPlan = NO_FAULTS;
  /** Told of every call that took effect, with what it asked for. */
  performed: (name: ApiName, input: Input) => void = () => undefined;
  /** Whether the caller's policies allow the call; nothing is forbidden unless somebody says so. */
  allows: (request: Request) => boolean = () => true;
  readonly #handlers: Handlers;
  readonly #prefixes = new Map<string, ServicePrefix>();

  constructor(account: Account) {
    this.account = account;
    const apis = createApis(account);
    const { ecs, elasticloadbalancing, servicediscovery, tag, sts, logs, events, sqs } = apis;
    this.#handlers = { ...ecs, ...elasticloadbalancing, ...servicediscovery, ...tag, ...sts, ...logs, ...events, ...sqs };
    for (const prefix of PREFIXES) for (const name of Object.keys(apis[prefix])) this.#prefixes.set(name, prefix);
  }

  /** Whether the account knows an operation of this name. */
  knows(name: string): name is ApiName {
    return Object.hasOwn(this.#handlers, name);
  }

  /** Counts the call and draws its fault. The door decides what a lost answer or a hanging call looks like. */
  admit(name: ApiName): Fault | undefined {
    const { calls } = this.account;
    calls.set(name, (calls.get(name) ?? 0) + 1);
    return this.faults(name);
  }

  /** Lets the call take effect. Throws what AWS answers where it refuses. */
  perform<Name extends ApiName>(name: Name, input: Input, accessKeyId?: string): ApiOutput<Name> {
    const caller = this.#callerOf(name, accessKeyId);
    const action = `${this.#prefixOf(name)}:${name.slice(name.indexOf('.') + 1)}`;
    if (!this.allows({ action, input, caller })) throw this.#denied(name, action, input, caller);
    this.account.buckets.take(name);
    const output = this.#handlers[name](input, caller);
    this.performed(name, input);
    return output;
  }

  #prefixOf(name: ApiName): ServicePrefix {
    return this.#prefixes.get(name) ?? 'ecs';
  }

  #callerOf(name: ApiName, accessKeyId: string | undefined): Caller {
    const { sts, caller } = this.account;
    const known = sts.callerOf(accessKeyId) ?? caller;
    if (known === 'expired') throw this.#refusal(name, 'ExpiredToken', 'The security token included in the request is expired');
    if (known === 'invalid') {
      const code = QUERY_SERVICES.has(this.#prefixOf(name)) ? 'InvalidClientTokenId' : 'UnrecognizedClient';
      throw this.#refusal(name, code, 'The security token included in the request is invalid.');
    }
    return known;
  }

  #denied(name: ApiName, action: string, input: Input, { arn }: Caller): ApiError {
    const named = ['TargetGroupArn', 'RoleArn', 'ResourceARN', 'cluster', 'logGroupName'].flatMap(
      (key) => text(input, key) ?? [],
    );
    const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${named[0] ?? '*'}`;
    return this.#refusal(name, 'AccessDenied', `${message} because no identity-based policy allows the ${action} action`);
  }

  #refusal(name: ApiName, code: string, message: string): ApiError {
    const isQuery = QUERY_SERVICES.has(this.#prefixOf(name));
    return isQuery ? new ApiError(code, message, 403) : new ApiError(`${code}Exception`, message);
  }
}

/** The error that a fault answers with; undefined for faults that answer nothing. */
export function errorOf(fault: Fault, name: string): ApiError | undefined {
  if (fault.kind === 'throttled') return throttled(name);
  return fault.kind === 'error' ? new ApiError(fault.code, 'simulated fault', fault.status) : undefined;
}
