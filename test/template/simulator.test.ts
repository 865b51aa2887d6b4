import { describe, expect, it } from 'vitest';
import { LAMBDA_SETTINGS } from '../../scripts/simulator/lambda.ts';
import { QUEUE_SETTINGS } from '../../scripts/simulator/queue.ts';
import { lookUp, propertiesOf } from '../../scripts/tools/template/template.ts';

describe('the simulated queue and function', () => {
  it('are set as in the template: what holds of the one would otherwise say nothing of the other', () => {
    const queue = propertiesOf('HintQueue');
    expect(QUEUE_SETTINGS).toEqual({
      visibilityMs: Number(queue['VisibilityTimeout']) * 1_000,
      receivesMax: lookUp(queue, 'RedrivePolicy', 'maxReceiveCount'),
    });
    const syncFunction = propertiesOf('SyncFunction');
    const mapping = lookUp(syncFunction, 'Events', 'Hints', 'Properties');
    expect(lookUp(syncFunction, 'Events', 'EveryMinute', 'Properties', 'Schedule')).toBe('rate(1 minute)');
    expect(LAMBDA_SETTINGS).toEqual({
      timeoutMs: Number(syncFunction['Timeout']) * 1_000,
      batchSize: lookUp(mapping, 'BatchSize'),
      windowMs: Number(lookUp(mapping, 'MaximumBatchingWindowInSeconds')) * 1_000,
      concurrencyMax: lookUp(mapping, 'ScalingConfig', 'MaximumConcurrency'),
      scheduleMs: 60_000,
    });
  });
});
