/** A share of what `npm run fuzz` drives through the door. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../scripts/simulator/random.ts';
import { builtFunction } from '../support/built.ts';
import { fuzz, RECORD_MAX } from './campaign.ts';
import { canaryOf, leaksIn, plantCanaries } from './canary.ts';
import { Mutator } from './mutator.ts';
import { readShapes } from './shapes.ts';

const SHAPES = readShapes();

describe('mutated messages', () => {
  it('break nothing, give nothing away and hold up no good message, 4,000 of them', async () => {
    const { file } = await builtFunction();
    const report = await fuzz({ file, messages: 4_000, seed: 7, shapes: SHAPES, batchSize: 100 });
    expect(report.faults).toEqual([]);
    expect(report.mutated).toBeGreaterThanOrEqual(4_000);
    expect(report.served).toBe(report.good);
    expect(report.longestRecord).toBeLessThan(RECORD_MAX);
    expect(report.heapGrowth).toBeLessThan(32 * 1_024 * 1_024);
    // Neither is all of it set aside at the door, nor does all of it come through.
    expect(report.setAside).toBeGreaterThan(report.mutated / 4);
    expect(report.setAside).toBeLessThan(report.mutated * 0.95);
  });

  it('are the same for the same seed', () => {
    const bodies = (seed: number): unknown[] => {
      const mutator = new Mutator(new Random(seed), SHAPES);
      return Array.from({ length: 200 }, () => mutator.body());
    };
    expect(bodies(1)).toEqual(bodies(1));
    expect(bodies(1)).not.toEqual(bodies(2));
  });
});

describe('canaries', () => {
  const event = { source: 'aws.ecs', detail: { overrides: [{ value: 'secret' }], cpu: '256' }, version: 4 };

  it('stand in every field that is not kept, and name it', () => {
    expect(plantCanaries(event, (path) => path === 'detail.cpu')).toEqual({
      source: canaryOf('source'),
      detail: { overrides: [{ value: canaryOf('detail.overrides.0.value') }], cpu: '256' },
      version: 4,
    });
  });

  it('are found wherever they stand, but for the places where a reason may quote', () => {
    const because = `its source is "${canaryOf('source')}", not "aws.ecs"`;
    expect(leaksIn({ message: 'message ignored', because })).toEqual([]);
    expect(leaksIn({ message: canaryOf('detail.cpu'), because })).toEqual([canaryOf('detail.cpu')]);
    expect(leaksIn({ because: `its group is "${canaryOf('detail.group')}"` })).toEqual([canaryOf('detail.group')]);
    expect(leaksIn({ because: `its source is "${'x'.repeat(60)}${canaryOf('source')}"` })).toEqual([canaryOf('source')]);
    expect(leaksIn({ findings: [{ message: canaryOf('detail.group') }] })).toEqual([canaryOf('detail.group')]);
  });
});
