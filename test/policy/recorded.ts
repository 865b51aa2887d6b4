/** Keeps what IAM would have been asked for the calls of the function, each kind of question once per set of settings. */

import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { onFunctionCall } from '../../scripts/simulator/function-calls.ts';
import { type IamRequest, requestsOf } from './requests.ts';

export interface Recorded {
  readonly settings: SettingsText;
  readonly request: IamRequest;
}

export class Recorder {
  readonly #kept = new Map<SettingsText, Map<string, IamRequest>>();
  #calls = 0;
  readonly stop: () => void;

  constructor() {
    this.stop = onFunctionCall((call) => {
      this.#calls += 1;
      for (const request of requestsOf(call)) {
        const key = `${request.action} ${kindOf(request.resource)} ${Object.values(request.context).join()}`;
        const kept = this.#kept.get(call.settings) ?? new Map<string, IamRequest>();
        if (!kept.has(key)) this.#kept.set(call.settings, kept.set(key, request));
      }
    });
  }

  /** Calls that left the function. */
  get calls(): number {
    return this.#calls;
  }

  get recorded(): readonly Recorded[] {
    const all = [...this.#kept].flatMap(([settings, kept]) => [...kept.values()].map((request) => ({ settings, request })));
    return [...new Map(all.map((each) => [JSON.stringify([each.settings, questionOf(each.request)]), each])).values()];
  }
}

/** What the role of the stack that called does not allow, in words. */
export async function deniedOf(recorded: readonly Recorded[]): Promise<string[]> {
  if (recorded.length === 0) return [];
  // Most files of tests send nothing, and IAM's tables and the template take longer to load than such a file to run.
  const { ask, roleOf } = await import('./role.ts');
  const told: string[] = [];
  for (const { settings, request } of recorded) {
    const { allowed } = await ask(roleOf(settings), request);
    if (!allowed) told.push(`${request.action} on ${request.resource} with ${JSON.stringify(request.context)}`);
  }
  return told;
}

/** What tells one question to IAM from another: tasks of one cluster are one. */
export function questionOf({ action, resource, context }: IamRequest): unknown {
  return [action, kindOf(resource), context];
}

function kindOf(resource: string): string {
  return resource.replace(/(:task\/(?:[^/]+\/)?)[^/]+$/, '$1');
}
