/** `npm test` is to end within minutes: of what is long it plays a share. `npm run verify` plays all of it. */
import assert from 'node:assert/strict';

/**
 * Everything where PLAY_ALL is set, and otherwise one in so many: not the first ones alone, which are alike. `featuresOf` names what
 * matters about an item: a share that lacks a feature which all of them together have is no share, and an error.
 */
export function shareOf<Item>(
  all: readonly Item[],
  oneIn: number,
  featuresOf: (item: Item) => Iterable<string> = () => [],
): readonly Item[] {
  if (process.env['PLAY_ALL'] !== undefined) return all;
  const share = all.filter((_, index) => index % oneIn === oneIn - 1);
  const covered = new Set(share.flatMap((item) => [...featuresOf(item)]));
  const missed = all.flatMap((item) => [...featuresOf(item)]).filter((feature) => !covered.has(feature));
  assert.deepEqual(missed, [], `one in ${oneIn} leaves something out`);
  return share;
}
