import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCurrent, markdownTable, writeSection } from '../../scripts/tools/docs/section.ts';

describe('a section that a program writes', () => {
  let folder = '';
  let file = new URL('file:///none');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'section-'));
    file = pathToFileURL(join(folder, 'page.md'));
    writeFileSync(
      file,
      'before\n<!-- begin: one -->\nold\n<!-- end: one -->\nbetween\n<!-- begin: two -->\n<!-- end: two -->\nafter\n',
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is replaced, and nothing else is', () => {
    writeSection(file, 'two', ' new\n');
    expect(readFileSync(file, 'utf8')).toBe(
      'before\n<!-- begin: one -->\nold\n<!-- end: one -->\nbetween\n<!-- begin: two -->\nnew\n<!-- end: two -->\nafter\n',
    );
  });

  it('is current once it is written, and not before', () => {
    expect(isCurrent(file, 'one', 'new')).toBe(false);
    writeSection(file, 'one', 'new');
    expect(isCurrent(file, 'one', 'new')).toBe(true);
  });

  it('is missed where the page has none of that name', () => {
    expect(() => writeSection(file, 'three', 'new')).toThrow(
      'no section between "<!-- begin: three -->" and "<!-- end: three -->"',
    );
  });

  it('may be a table, whose cells may hold bars', () => {
    expect(markdownTable(['a', 'b'], [['1|2', '3']])).toBe('| a | b |\n| --- | --- |\n| 1\\|2 | 3 |');
  });
});
