import { NETWORK_RULES } from './network.ts';
import { OPTION_RULES } from './options.ts';
import { PIPE_RULES } from './pipe.ts';
import type { Rule } from './rule.ts';
import { SECRET_RULES } from './secrets.ts';
import { SERVICE_RULES } from './services.ts';
import { WATCH_RULES } from './watch.ts';

/** All that has to hold of template.yaml and infra/. */
export const RULES: readonly Rule[] = [
  ...PIPE_RULES,
  ...WATCH_RULES,
  ...OPTION_RULES,
  ...NETWORK_RULES,
  ...SERVICE_RULES,
  ...SECRET_RULES,
];
