/** Gzip by its first bytes: several members, gzip in gzip, headers with names, and what can be had of damaged ones. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inChunks, read, readBytes, tellAll } from './reading.ts';

const [ONE, TWO, THREE] = [1, 2, 3].map((number) => `{"detail-type":"x","id":"e-${number}"}\n`);
const FOUND = ['line 1: event 1', 'line 2: event 2', 'line 3: event 3'];
const DAMAGED = 'its gzip data is damaged or ends too early';

/** A member whose header has every optional field: extra data, name, comment and checksum. */
function memberWithAllFields(text: string): Buffer {
  const header = Buffer.from([
    0x1f,
    0x8b,
    8,
    2 + 4 + 8 + 16,
    0,
    0,
    0,
    0,
    0,
    255,
    3,
    0,
    65,
    66,
    67,
    ...Buffer.from('a\0b\0'),
    9,
    9,
  ]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(text), 0);
  trailer.writeUInt32LE(text.length, 4);
  return Buffer.concat([header, deflateRawSync(text), trailer]);
}

async function found(bytes: Uint8Array, sizes: readonly number[] = [bytes.length]): Promise<string[]> {
  return tellAll((await read({ file: inChunks(bytes, sizes) })).items);
}

describe('gzip', () => {
  const members = Buffer.concat([gzipSync(ONE ?? ''), memberWithAllFields(TWO ?? ''), gzipSync(THREE ?? '')]);

  it('is read member after member, however the bytes come', async () => {
    for (const sizes of [[1], [2, 3], [17], [members.length]]) expect(await found(members, sizes)).toEqual(FOUND);
  });

  it('may be padded with zeros, and be followed by what is no gzip', async () => {
    expect(await found(Buffer.concat([members, Buffer.alloc(100)]))).toEqual(FOUND);
    const followed = Buffer.concat([gzipSync(ONE ?? ''), Buffer.from(`${TWO}${THREE}`)]);
    expect(await found(followed)).toEqual(FOUND);
  });

  it('gives what was before the damage, and says how far it was read', async () => {
    const cut = members.subarray(0, members.length - 5);
    const [one, two, three, told] = await found(cut, [10]);
    expect([one, two, three]).toEqual(FOUND);
    expect(told).toBe(`: ${DAMAGED}; ${cut.length} bytes were read before`);
  });

  it('is not believed where its checksum or its length is wrong', async () => {
    for (const at of [members.length - 8, members.length - 4]) {
      const changed = Buffer.from(members);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await found(changed)).at(-1)).toContain(DAMAGED);
    }
  });

  it('keeps the other files from nothing when one is damaged', async () => {
    const { items } = await read({ bad: [members.subarray(0, 12)], good: [members] });
    expect(tellAll(items)).toEqual([expect.stringContaining(DAMAGED), ...FOUND]);
  });

  it('in base64 is opened where a subscription puts it, and told where it is damaged', async () => {
    const data = gzipSync(
      JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', timestamp: 1, message: ONE }] }),
    );
    const wrap = (base64: string): string => JSON.stringify({ awslogs: { data: base64 } });
    expect(tellAll(await readBytes(wrap(data.toString('base64'))))).toEqual(['awslogs.data.logEvents[0].message: event 1']);
    const changed = Buffer.from(data);
    changed.fill(0xff, 20, 40);
    const [item] = tellAll(await readBytes(wrap(changed.toString('base64'))));
    expect(item).toBe('awslogs.data: its gzip data is damaged');
  });

  it('is opened as Firehose stores a subscription: the same bytes, packed once more', async () => {
    const payload = gzipSync(
      JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', timestamp: 1, message: ONE }] }),
    );
    expect(await found(gzipSync(payload))).toEqual(['logEvents[0].message: event 1']);
  });

  it('of a value that is larger than memory allows is refused by its size, not by the machine', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1_048_576, 0x20));
    const [item] = await readBytes(JSON.stringify({ awslogs: { data: bomb.toString('base64') } }));
    expect(item).toMatchObject({ kind: 'unreadable', because: 'its gzip data is damaged' });
  });
});
