/** Any character: the unit of strings that may have everything in them. */
import fc from 'fast-check';

/**
 * What `unit: 'binary'` of fast-check gives, without its table of all 1.1 million characters: making that takes two seconds and
 * 100 MB, in every worker that draws one string.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10_ffff })
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));
