/** Every check, in the order in which docs/conformance.md shows them. */
import type { Check } from './check.ts';
import { CLOUD_MAP_CHECKS } from './checks-cloud-map.ts';
import { ECS_CHECKS } from './checks-ecs.ts';
import { ELB_CHECKS } from './checks-elb.ts';
import { TARGET_CHECKS } from './checks-targets.ts';

export const CHECKS: readonly Check[] = [...ECS_CHECKS, ...ELB_CHECKS, ...TARGET_CHECKS, ...CLOUD_MAP_CHECKS];
