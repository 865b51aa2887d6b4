/** Keeps what IAM would have been asked for the calls of the function, each kind of question once per set of settings. */

import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { onFunctionCall } from '../../scripts/simulator/function-calls.ts';
import type { Home } from '../../scripts/simulator/home.ts';
import { type IamRequest, isBySpoke, requestsOf } from './requests.ts';
import type { Role } from './role.ts';

export interface Recorded {
  readonly settings: SettingsText;
  /** Where the call went. */
  readonly home: Home;
  readonly request: IamRequest;
}

export class Recorder {
  readonly #kept = new Map<SettingsText, Map<string, Recorded>>();
  #calls = 0;
  readonly stop: () => void;

  constructor() {
    this.stop = onFunctionCall((call) => {
      this.#calls += 1;
      const { settings, home } = call;
      for (const request of requestsOf(call)) {
        const context = Object.values(request.context).join();
        const key = `${home.id} ${home.region} ${request.action} ${kindOf(request.resource)} ${context}`;
        const kept = this.#kept.get(settings) ?? new Map<string, Recorded>();
        if (!kept.has(key)) this.#kept.set(settings, kept.set(key, { settings, home, request }));
      }
    });
  }

  /** Calls that left the function. */
  get calls(): number {
    return this.#calls;
  }

  get recorded(): readonly Recorded[] {
    const all = [...this.#kept.values()].flatMap((kept) => [...kept.values()]);
    const keyed = all.map((each) => [JSON.stringify([each.settings, each.home, questionOf(each.request)]), each] as const);
    return [...new Map(keyed).values()];
  }
}

/** What the role that called does not allow, in words. */
export async function deniedOf(recorded: readonly Recorded[]): Promise<string[]> {
  if (recorded.length === 0) return [];
  const told: string[] = [];
  for (const each of recorded) {
    const { action, resource, context } = each.request;
    const { allowed } = await askFor(each);
    if (!allowed) told.push(`${action} on ${resource} with ${JSON.stringify(context)}`);
  }
  return told;
}

/** What IAM answers to the call: the stack's role, that of the spoke it went to, and the trust policy of a role that it assumes. */
export async function askFor({ settings, home, request }: Recorded) {
  // Most files of tests send nothing, and IAM's tables and the template take longer to load than such a file to run.
  const { ask, roleOf, SPOKES, spokeRoleOf, trustOf } = await import('./role.ts');
  const role: Role = isBySpoke({ settings, home }) ? spokeRoleOf(settings, home) : roleOf(settings);
  const spoke = SPOKES.find(({ id }) => request.resource.split(':')[4] === id);
  const isAssuming = request.action === 'sts:AssumeRole' && spoke !== undefined;
  return ask(role, request, isAssuming ? trustOf(settings, spoke) : undefined);
}

/** What tells one question to IAM from another: tasks of one cluster are one. */
export function questionOf({ action, resource, context }: IamRequest): unknown {
  return [action, kindOf(resource), context];
}

function kindOf(resource: string): string {
  return resource.replace(/(:task\/(?:[^/]+\/)?)[^/]+$/, '$1');
}
