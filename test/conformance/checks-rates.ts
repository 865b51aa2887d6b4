/** How many calls at once AWS lets through: of more than a bucket holds, some are throttled. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, upTo } from './check.ts';
import type { Operation, Scene } from './scene.ts';

const ECS = 'ECS API reference, Request throttling for the Amazon ECS API';

interface Rate {
  readonly operation: Operation;
  /** What the bucket holds. */
  readonly capacity: number;
  readonly source: string;
  readonly input: (scene: Scene) => Promise<JsonObject>;
}

const RATES: readonly Rate[] = [
  {
    operation: 'ListTasks',
    capacity: 100,
    source: `${ECS}: cluster resource read actions, 100 at once, 20 a second`,
    input: async ({ cluster }) => ({ cluster }),
  },
  {
    operation: 'DescribeServices',
    capacity: 100,
    source: `${ECS}: service read actions, 100 at once, 20 a second`,
    input: async ({ cluster }) => ({ cluster, services: ['app'] }),
  },
  {
    operation: 'ListClusters',
    capacity: 50,
    source: `${ECS}: cluster read actions, 50 at once, 20 a second`,
    input: async () => ({}),
  },
  {
    operation: 'DescribeTaskDefinition',
    capacity: 50,
    source: `${ECS}: task definition read actions, 50 at once, 20 a second`,
    input: async (scene) => {
      await scene.run(1);
      return { taskDefinition: `${scene.family}:1` };
    },
  },
  {
    operation: 'DescribeTargetHealth',
    // The guide's table says 200 at once and 50 a second, its text 40 and 10: we keep to the text, and AWS may let more through.
    capacity: 200,
    source: 'ELB guide, Request throttling for the ELB API: non-mutating actions, 40 or 200 at once',
    input: async (scene) => ({ TargetGroupArn: await scene.addGroup({ used: false }) }),
  },
  {
    operation: 'FilterLogEvents',
    capacity: 10,
    source: 'CloudWatch Logs guide, Quotas: FilterLogEvents, 10 a second in eu-west-1',
    input: async (scene) => ({ logGroupName: await scene.log(scene.now(), ['line']) }),
  },
];

export const RATE_CHECKS: readonly Check[] = RATES.map(({ operation, capacity, source, input }) => ({
  name: `${operation}: of more calls at once than the bucket holds, some are throttled`,
  source,
  run: async (scene) => {
    const asked = await input(scene);
    const calls = upTo(capacity * 2).map(() => scene.call(operation, asked));
    const results = await Promise.allSettled(calls);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
    assert.ok(refusals.length > 0 && refusals.length < calls.length, `${refusals.length} of ${calls.length} were refused`);
    for (const refusal of refusals) assert.match(refusal, /Throttling|Rate exceeded/);
  },
}));
