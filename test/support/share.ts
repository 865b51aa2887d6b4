/** `npm test` is to end within minutes: of what is long it plays a share. `npm run verify` plays all of it. */

/** Everything where PLAY_ALL is set, and otherwise one in so many: not the first ones alone, which are alike. */
export function shareOf<Item>(all: readonly Item[], oneIn: number): readonly Item[] {
  return process.env['PLAY_ALL'] === undefined ? all.filter((_, index) => index % oneIn === oneIn - 1) : all;
}
