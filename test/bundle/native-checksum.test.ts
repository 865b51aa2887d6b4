import { Sha256 as SdkSha256 } from '@smithy/core/checksum';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sha256 } from '../../functions/bundle/native-checksum.ts';
import { anyCharacter } from '../support/any-character.ts';

const data = fc.oneof(fc.string({ unit: anyCharacter }), fc.uint8Array({ maxLength: 200 }));
const secret = fc.option(
  data.filter(({ length }) => length > 0),
  { nil: undefined },
);

/** FIPS 180-4 gives the first; RFC 4231, test case 2, the second. */
const KNOWN = [
  { parts: ['abc'], secret: undefined, hex: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    parts: ['what do ya want ', 'for nothing?'],
    secret: 'Jefe',
    hex: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
];

/** Either of the two. */
interface Hasher {
  update(data: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

async function digestBy(hash: Hasher, parts: readonly (string | Uint8Array)[]): Promise<string> {
  for (const part of parts) hash.update(Buffer.from(part));
  return Buffer.from(await hash.digest()).toString('hex');
}

describe('the checksum of the bundle', () => {
  it.each(KNOWN)('gives the published value for $parts', async ({ parts, secret: key, hex }) => {
    expect(await digestBy(new Sha256(key), parts)).toBe(hex);
  });

  it('is the one of the SDK, for any data in any parts, with and without a secret', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(data), secret, async (parts, key) => {
        expect(await digestBy(new Sha256(key), parts)).toBe(await digestBy(new SdkSha256(key), parts));
      }),
    );
  });

  it('takes a part of a larger buffer for that part only', async () => {
    const whole = Buffer.from('xabcx');
    expect(await digestBy(new Sha256(), [whole.subarray(1, 4)])).toBe(KNOWN[0]?.hex);
    const hash = new Sha256();
    hash.update(new TextEncoder().encode('abc').buffer);
    expect(await digestBy(hash, [])).toBe(KNOWN[0]?.hex);
  });

  it('begins anew after a reset', async () => {
    for (const key of [undefined, 'key']) {
      const hash = new Sha256(key);
      hash.update('something else');
      hash.reset();
      expect(await digestBy(hash, ['abc'])).toBe(await digestBy(new Sha256(key), ['abc']));
    }
  });
});
