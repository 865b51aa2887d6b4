import type { View } from '../../scripts/tools/template/templates.ts';
import { RULES } from '../template/rules/rules.ts';

/** The names of the rules that do not hold, of all or of those whose name begins so. */
export function brokenRules(view: View, beginning = ''): string[] {
  const asked = RULES.filter(({ name }) => name.startsWith(beginning));
  return asked.filter(({ check }) => !holds(() => check(view))).map(({ name }) => name);
}

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
