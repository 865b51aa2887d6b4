/** The price list that docs/cloud-map.md quotes, and what a month of a service costs by it. */

export const DAYS = 30;

/** us-east-1, US dollars; the page of each is named in docs/cloud-map.md. */
const PRICES = {
  /** Cloud Map, per registered instance and month; instances that ECS registers are not charged. */
  instanceMonth: 0.1,
  /** Cloud Map, per call of DiscoverInstances. RegisterInstance, ListInstances and the other calls are not charged. */
  discovery: 1 / 1_000_000,
  /** Route 53, per hosted zone and month: a DNS namespace is one. */
  zoneMonth: 0.5,
  /** Route 53, per query. */
  query: 0.4 / 1_000_000,
  invocation: 0.2 / 1_000_000,
  gigabyteSecond: 0.0000133334,
} as const;

/** As in template.yaml. */
const GIGABYTES = 0.5;

export interface MonthCounts {
  readonly registrations: number;
  readonly instances: number;
  readonly reads: number;
  readonly otherCalls: number;
  readonly invocations: number;
  /** How long all of them took together, second looks included. */
  readonly seconds: number;
}

export interface Cost {
  readonly what: string;
  readonly count: number;
  readonly dollars: number;
  readonly price: string;
}

/** Line by line. What costs nothing is told too: the question is what churn costs. */
export function costsOf(
  { registrations, reads, otherCalls, invocations, seconds, instances }: MonthCounts,
  queriesPerSecond: number,
): Cost[] {
  const queries = queriesPerSecond * DAYS * 24 * 3_600;
  return [
    { what: 'instances registered and removed by ECS', count: registrations, dollars: 0, price: 'not charged' },
    { what: 'instances kept by ECS (by hand they would be charged)', count: instances, dollars: 0, price: 'not charged' },
    { what: 'reads of Cloud Map by the check', count: reads, dollars: 0, price: 'not charged' },
    { what: 'reads and writes of ECS and load balancing', count: otherCalls, dollars: 0, price: 'not charged' },
    { what: 'hosted zone of a DNS namespace', count: 1, dollars: PRICES.zoneMonth, price: '0.50 a month' },
    { what: 'DNS queries of clients', count: queries, dollars: queries * PRICES.query, price: '0.40 a million' },
    {
      what: 'invocations of the function',
      count: invocations,
      dollars: invocations * PRICES.invocation,
      price: '0.20 a million',
    },
    {
      what: 'seconds of them, at 512 MB',
      count: seconds,
      dollars: seconds * GIGABYTES * PRICES.gigabyteSecond,
      price: '0.0000133334 a GB-s',
    },
  ];
}
