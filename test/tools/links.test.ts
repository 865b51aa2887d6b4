/** The links of every page: to files that are there, and to headings that they have. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = globSync('**/*.md', { cwd: ROOT, exclude: (name) => /node_modules|^dist$|^\./.test(name) }).sort();

/** Blocks of code have links of nobody. */
function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function deadLinksOf(page: string): string[] {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
  });
}

describe('a page', () => {
  it('is one of many', () => {
    expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'docs/faults.md']));
  });

  it.each(PAGES)('%s links to nothing that is not there', (page) => {
    expect(deadLinksOf(page)).toEqual([]);
  });
});
