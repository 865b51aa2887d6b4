import type { View } from '../../../scripts/tools/template/templates.ts';

/** One thing that has to hold of the templates, by a name that says it. Throws where it does not. */
export interface Rule {
  readonly name: string;
  check(view: View): void;
}
