/** Every check, in the order in which docs/conformance.md shows them. */
import type { Check } from './check.ts';
import { CLOUD_MAP_CHECKS } from './checks-cloud-map.ts';
import { ECS_CHECKS } from './checks-ecs.ts';
import { ELB_CHECKS } from './checks-elb.ts';
import { EVENT_CHECKS } from './checks-events.ts';
import { LOG_CHECKS } from './checks-logs.ts';
import { RATE_CHECKS } from './checks-rates.ts';
import { SERVICE_CHECKS } from './checks-services.ts';
import { STS_CHECKS } from './checks-sts.ts';
import { TAGGING_CHECKS } from './checks-tagging.ts';
import { TARGET_CHECKS } from './checks-targets.ts';
import { ZONE_CHECKS } from './checks-zones.ts';

export const CHECKS: readonly Check[] = [
  ...ECS_CHECKS,
  ...SERVICE_CHECKS,
  ...ELB_CHECKS,
  ...TARGET_CHECKS,
  ...ZONE_CHECKS,
  ...CLOUD_MAP_CHECKS,
  ...TAGGING_CHECKS,
  ...STS_CHECKS,
  ...LOG_CHECKS,
  ...EVENT_CHECKS,
  ...RATE_CHECKS,
];
