/** What a generated history is made of: the kind of service, how well ECS keeps it, and what goes wrong. */
import type { ServiceSpec } from '../../../scripts/simulator/cloud-map.ts';
import type { Random } from '../../../scripts/simulator/random.ts';

/** The port that the tasks serve on. */
export const PORT = 8080;

export interface DriftScenario {
  readonly spec: Partial<ServiceSpec>;
  readonly shape: 'discovery' | 'connect';
  readonly addresses: 'ipv4' | 'ipv6' | 'both';
  /** The tag of the Cloud Map service, and the port that it names. */
  readonly line: string;
  readonly boundPort: number | undefined;
  /** Whether a target group is fed by the same service, so that one pass answers for both. */
  readonly withGroup: boolean;
  /** Nothing lags and nothing fails. */
  readonly isCalm: boolean;
  readonly tasks: number;
  readonly lastsMs: number;
  readonly lagMaxMs: number;
  readonly readLagMaxMs: number;
  readonly effectMaxMs: number;
  readonly delayMaxMs: number;
  readonly omitP: number;
  readonly faultP: number;
  readonly coldP: number;
  readonly eventP: number;
  readonly reuseAfterMs: number;
  readonly withPeople: boolean;
  readonly recreates: boolean;
}

const NAMESPACES = ['private DNS', 'public DNS', 'HTTP'] as const;

export function drawScenario(random: Random): DriftScenario {
  const shape = random.chance(0.25) ? 'connect' : 'discovery';
  const namespace = shape === 'connect' ? 'HTTP' : random.pick(NAMESPACES);
  const addresses = random.pick(['ipv4', 'ipv4', 'ipv6', 'both'] as const);
  const healthCheck = random.pick(['custom', 'custom', 'none', namespace === 'public DNS' ? 'route53' : 'custom'] as const);
  const isPortBound = random.chance(0.5);
  const isCalm = random.chance(0.3);
  return {
    spec: { namespaceId: `ns-${namespace}`, records: recordsOf(namespace, addresses, random), healthCheck },
    shape,
    addresses,
    line: isPortBound ? `service=app port=${PORT}` : 'service=app',
    boundPort: isPortBound ? PORT : undefined,
    withGroup: random.chance(0.25),
    isCalm,
    tasks: random.whole(1, 6),
    lastsMs: random.whole(420_000, 600_000),
    lagMaxMs: isCalm ? 0 : random.pick([0, 2_000, 8_000]),
    readLagMaxMs: isCalm ? 0 : random.pick([0, 0, 3_000]),
    effectMaxMs: isCalm ? 0 : random.pick([0, 2_000, 5_000]),
    delayMaxMs: random.pick([0, 2_000, 10_000]),
    omitP: random.pick([0, 0, 0.2, 0.5]),
    faultP: isCalm ? 0 : random.pick([0, 0, 0.1]),
    coldP: random.pick([0, 0, 0.05, 0.2]),
    eventP: random.pick([0, 0.5, 1]),
    reuseAfterMs: random.pick([500, 5_000, 60_000]),
    withPeople: random.chance(0.4),
    recreates: random.chance(0.1),
  };
}

function recordsOf(
  namespace: (typeof NAMESPACES)[number],
  addresses: DriftScenario['addresses'],
  random: Random,
): ServiceSpec['records'] {
  if (namespace === 'HTTP') return [];
  const TTL = random.pick([10, 60, 300]);
  const types = addresses === 'both' ? (['A', 'AAAA'] as const) : addresses === 'ipv4' ? (['A'] as const) : (['AAAA'] as const);
  const srv = random.chance(0.3) ? [{ Type: 'SRV' as const, TTL }] : [];
  return [...types.map((Type) => ({ Type, TTL })), ...srv];
}
