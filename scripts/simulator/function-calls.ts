/** What the function under test sends to the simulated account: told to whoever compares it with what the role grants. */

import type { ApiName } from './api.ts';
import type { Input } from './api-input.ts';
import type { SettingsText } from './deployment.ts';
import { HOME, type Home } from './home.ts';

export interface FunctionCall {
  /** Under which the function that calls was set up. */
  readonly settings: SettingsText;
  /** Where the call goes; in another account than the function's it is made by the role of that account. */
  readonly home: Home;
  readonly operation: ApiName;
  readonly input: Input;
}

const listeners = new Set<(call: FunctionCall) => void>();

/** Calls back with every call that leaves a function from now on, whatever becomes of it. Returns how to end that. */
export function onFunctionCall(listener: (call: FunctionCall) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function functionCalled(settings: SettingsText, operation: ApiName, input: Input, home = HOME): void {
  for (const listener of listeners) listener({ settings, home, operation, input });
}
