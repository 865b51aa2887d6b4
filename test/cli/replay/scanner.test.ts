/** Where a JSON text ends: the same verdict as JSON.parse, however the bytes come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWhole } from '../../../scripts/cli/replay/documents.ts';
import { type Outcome, Scanner } from '../../../scripts/cli/replay/scanner.ts';
import { Window } from '../../../scripts/cli/replay/window.ts';

/** What the scanner makes of a text that comes in chunks of the given size, and how far it read. */
function scan(text: string, size = text.length + 1): { readonly outcome: Outcome; readonly position: number } {
  const bytes = Buffer.from(text);
  const window = new Window();
  const scanner = new Scanner(0);
  for (let at = 0; ; at += size) {
    window.append(bytes.subarray(at, at + size));
    window.isComplete = at + size >= bytes.length;
    let outcome = scanner.scan(window);
    while (outcome === 'part') {
      scanner.takePart();
      outcome = scanner.scan(window);
    }
    if (outcome !== 'more') return { outcome, position: scanner.position };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON as programs write it, and the same with a character changed, lost or doubled. */
const NEARLY_JSON = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom(...'{}[]",:\\ue0.-+1tn \n\t\u0001'), fc.nat({ max: 3 }))
  .map(([text, at, character, how]) => {
    const index = at % (text.length + 1);
    const after = how === 1 ? index + 1 : index;
    return how === 0
      ? text
      : `${text.slice(0, index)}${how === 3 ? '' : character}${text.slice(how === 3 ? index + 1 : after)}`;
  });

describe('the scanner', () => {
  it('takes for whole exactly what JSON.parse takes', () => {
    const property = fc.property(NEARLY_JSON, (text) => {
      // A text of white space only is no value, and what follows a value is not the scanner's affair.
      fc.pre(text.trim() !== '');
      const { outcome, position } = scan(text);
      const isWhole = outcome === 'done' && /^[ \t\r\n]*$/.test(Buffer.from(text).subarray(position).toString());
      expect(isWhole).toBe(isJson(text));
      if (isWhole) expect(parseWhole(text)).toEqual(JSON.parse(text));
      if (!isWhole) expect(parseWhole(text)).toBeUndefined();
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  it('comes to the same end wherever the chunks end', () => {
    const property = fc.property(NEARLY_JSON, fc.integer({ min: 1, max: 7 }), (text, size) => {
      expect(scan(text, size)).toEqual(scan(text));
    });
    fc.assert(property, { numRuns: 1_500 });
  });

  it.each([
    ['{"a":1', 'ended'],
    ['"a', 'ended'],
    ['{"a":1]', 'invalid'],
    ['[1,]', 'invalid'],
    ['01', 'invalid'],
    ['"\\x"', 'invalid'],
    ['"\\u00e9"', 'done'],
    ['"\\u00g9"', 'invalid'],
    ['"\t"', 'invalid'],
    ['[tru]', 'invalid'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'done'],
    [`${'['.repeat(201)}${']'.repeat(201)}`, 'deep'],
  ])('says of %s why not', (text, outcome) => {
    expect(scan(text).outcome).toBe(outcome);
  });

  it('knows the byte at which a text cannot be JSON any more, so that the next value is not taken into it', () => {
    expect(scan('{"a":12{"b":1}').position).toBe(7);
    expect(scan('{"a":"x"}{"b":1}')).toEqual({ outcome: 'done', position: 9 });
  });
});
