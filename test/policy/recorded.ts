/** Keeps what IAM would have been asked for the calls of the function, each kind of question once per set of settings. */
import { onFunctionCall } from '../simulator/calls.ts';
import type { SettingsText } from '../simulator/stage.ts';
import { type IamRequest, requestsOf } from './requests.ts';
import { ask, roleOf } from './role.ts';

export interface Recorded {
  readonly settings: SettingsText;
  readonly request: IamRequest;
}

export class Recorder {
  readonly #kept = new Map<string, Recorded>();
  #calls = 0;
  readonly stop: () => void;

  constructor() {
    this.stop = onFunctionCall((call) => {
      this.#calls += 1;
      for (const request of requestsOf(call)) {
        const key = JSON.stringify([call.settings, { ...request, resource: kindOf(request.resource) }]);
        if (!this.#kept.has(key)) this.#kept.set(key, { settings: call.settings, request });
      }
    });
  }

  /** Calls that left the function. */
  get calls(): number {
    return this.#calls;
  }

  get recorded(): readonly Recorded[] {
    return [...this.#kept.values()];
  }
}

/** What the role of the stack that called does not allow, in words. */
export async function deniedOf(recorded: readonly Recorded[]): Promise<string[]> {
  const told: string[] = [];
  for (const { settings, request } of recorded) {
    const { allowed } = await ask(roleOf(settings), request);
    if (!allowed) told.push(`${request.action} on ${request.resource} with ${JSON.stringify(request.context)}`);
  }
  return told;
}

/** Tasks of one cluster are one kind: thousands of them would ask the same question. */
function kindOf(resource: string): string {
  return resource.replace(/(:task\/(?:[^/]+\/)?)[^/]+$/, '$1');
}
