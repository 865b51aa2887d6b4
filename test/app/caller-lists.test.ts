import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPages } from '../../functions/app/caller.ts';
import { err, ok } from '../../functions/core/result.ts';
import { holdsInTime } from '../support/arbitraries.ts';

describe('a list', () => {
  /** Reads a list that comes in these pages; a failure is one that cannot be read. */
  function list(pages: readonly (readonly number[] | 'denied')[]) {
    return allPages('app', 'ListTasks', (nextToken) => {
      const index = Number(nextToken ?? 0);
      const items = pages[index];
      if (items === undefined || items === 'denied') return Promise.resolve(err(DENIED));
      return Promise.resolve(ok({ items, nextToken: index + 1 < pages.length ? `${index + 1}` : undefined }));
    });
  }
  const DENIED = { kind: 'denied', operation: 'ListTasks', resource: 'app', message: 'no' } as const;
  const somePages = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 5 });

  it('is whole, in its order, however it is cut into pages', async () => {
    await holdsInTime(
      fc.asyncProperty(somePages, async (pages) => {
        expect(await list(pages)).toEqual({ ok: true, value: pages.flat() });
      }),
    );
  });

  it('has failed where any of its pages has', async () => {
    await holdsInTime(
      fc.asyncProperty(somePages, somePages, async (before, after) => {
        expect(await list([...before, 'denied', ...after])).toEqual({ ok: false, problem: DENIED });
      }),
    );
  });

  it('has failed where it does not end after 200 pages', async () => {
    const pagesOf = (count: number) => Array.from({ length: count }, (_, index) => [index]);
    expect(await list(pagesOf(200))).toEqual({ ok: true, value: pagesOf(200).flat() });
    const message = 'the list did not end after 200 pages';
    expect(await list(pagesOf(201))).toEqual({ ok: false, problem: { ...DENIED, kind: 'unexpected', message } });
  });
});
