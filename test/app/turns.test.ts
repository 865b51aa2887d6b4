import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../functions/app/turns.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeClock } from '../support/ports.ts';

describe('passes that list', () => {
  it('run six at a time at most, in the order in which they came, and none waits while there is room', async () => {
    const work = fc.record({ afterMs: fc.nat(50), takesMs: fc.nat(90), fails: fc.boolean() });
    await holdsInTime(
      fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (works) => {
        const clock = new FakeClock();
        const turns = new Turns();
        const [came, began]: [number[], number[]] = [[], []];
        let running = 0;
        const ended = await Promise.allSettled(
          works.map(async ({ afterMs, takesMs, fails }, index) => {
            await clock.pass(afterMs);
            came.push(index);
            const mayBegin = running < 6;
            const turn = turns.take(true, async () => {
              began.push(index);
              running += 1;
              expect(running).toBeLessThanOrEqual(6);
              await clock.pass(takesMs);
              running -= 1;
              if (fails) throw new Error(`${index}`);
              return index;
            });
            expect(began.includes(index)).toBe(mayBegin);
            return turn;
          }),
        );
        expect(began).toEqual(came);
        expect(ended.map(({ status }) => status)).toEqual(works.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')));
      }),
    );
  });
});

it('passes that follow hints wait for nobody', async () => {
  const turns = new Turns();
  const hanging = Array.from({ length: 7 }, () => turns.take(true, () => new Promise<void>(() => undefined)));
  expect(await turns.take(false, () => Promise.resolve('done'))).toBe('done');
  expect(hanging).toHaveLength(7);
});
