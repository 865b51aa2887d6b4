/** Files as people bring them: each is read for what it is, or the answer says what it was taken for and why it was not read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import { documentOf, type Ended, listOf, runHere } from '../command-line.ts';
import { FIRST, PLAIN, SECOND } from './capture.ts';
import type { Input } from './input.ts';
import { STATES } from './state.ts';
import { VALUES } from './values.ts';
import { WRAPPED } from './wrapped.ts';

const INPUTS = [...WRAPPED, ...STATES, ...VALUES];

const FOLDER = mkdtempSync(join(tmpdir(), 'brought-'));

afterAll(() => rmSync(FOLDER, { recursive: true }));

async function replay(files: Input['files'], ...args: readonly string[]): Promise<Ended> {
  const paths = Object.entries(files).map(([name, content]) => {
    const path = join(FOLDER, name);
    writeFileSync(path, content);
    return path;
  });
  return runHere(['replay', ...paths, ...args]);
}

function changesIn(document: JsonObject): string[] {
  return listOf(document['changes']).map(({ kind, ip, port }) => `${kind} ${ip}:${port}`);
}

const LIFE = changesIn(documentOf(await replay({ plain: PLAIN }, '--json')));

/** The changes that an input has to give, in an order that does not depend on groups. */
function wanted({ changes, groups = 1, files, args }: Input): string[] {
  if (changes === 'none') return [];
  if (changes === 'life') return Array.from({ length: groups }, () => LIFE).flat();
  const isRegistered = (ip: string): boolean => args !== undefined && JSON.stringify(files).includes(`\\"Id\\":\\"${ip}\\"`);
  const ofJava = JSON.stringify(files).includes(`\\"id\\":\\"${SECOND}\\"`) ? [SECOND] : [];
  return [FIRST, SECOND].filter((ip) => !isRegistered(ip) && !ofJava.includes(ip)).map((ip) => `register ${ip}:8080`);
}

describe('a plain capture', () => {
  it('registers and deregisters each of its two tasks', () => {
    expect(LIFE.toSorted()).toEqual(
      [FIRST, SECOND].flatMap((ip) => [`register ${ip}:8080`, `deregister ${ip}:8080`]).toSorted(),
    );
  });
});

describe.each([...Map.groupBy(INPUTS, ({ kind }) => kind)])('%s', (_, inputs) => {
  it.each(inputs.map((input): [string, Input] => [input.name, input]))('%s', async (_name, input) => {
    const { files, args = [], code, says = [], never } = input;
    const told = await replay(files, ...args);
    const text = `${told.stdout}${told.stderr}`;
    expect([told.code, text]).toEqual([code, text]);
    expect(text).not.toMatch(/^ {4}at |This is a bug/m);
    for (const each of says) expect(text).toMatch(each);
    if (never !== undefined) expect(text).not.toMatch(never);
    if (code === 252) return;
    const document = documentOf(await replay(files, ...args, '--json'));
    expect(changesIn(document).toSorted()).toEqual(wanted(input).toSorted());
    expect(document['exitCode']).toBe(code);
  });
});
