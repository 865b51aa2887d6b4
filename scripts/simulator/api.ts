/** The account's front: every call, from either door, is counted, may meet a fault, pays for a token, and takes effect here. */
import type { Account } from './account.ts';
import { cloudMapApi } from './api-cloud-map.ts';
import { ecsApi } from './api-ecs.ts';
import { elbApi } from './api-elb.ts';
import { ApiError } from './api-error.ts';
import type { Input } from './api-input.ts';
import { logsApi } from './api-logs.ts';
import { throttled } from './buckets.ts';
import { type Fault, type FaultPlan, NO_FAULTS } from './faults.ts';

function createApi(account: Account) {
  return { ...ecsApi(account), ...elbApi(account), ...cloudMapApi(account), ...logsApi(account) };
}

type Api = ReturnType<typeof createApi>;
export type ApiName = keyof Api;
export type ApiOutput<Name extends ApiName> = ReturnType<Api[Name]>;
type Handlers = { readonly [Name in ApiName]: (input: Input) => ApiOutput<Name> };

export class Service {
  readonly account: Account;
  faults: FaultPlan = NO_FAULTS;
  /** Told of every call that took effect, with what it asked for. */
  performed: (name: ApiName, input: Input) => void = () => undefined;
  readonly #handlers: Handlers;

  constructor(account: Account) {
    this.account = account;
    this.#handlers = createApi(account);
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
  perform<Name extends ApiName>(name: Name, input: Input): ApiOutput<Name> {
    this.account.buckets.take(name);
    const output = this.#handlers[name](input);
    this.performed(name, input);
    return output;
  }
}

/** The error that a fault answers with; undefined for faults that answer nothing. */
export function errorOf(fault: Fault, name: string): ApiError | undefined {
  if (fault.kind === 'throttled') return throttled(name);
  return fault.kind === 'error' ? new ApiError(fault.code, 'simulated fault', fault.status) : undefined;
}
