/** docs/findings.md against the code: every kind once, under its severity, with what to do. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../functions/core/failure.ts';
import { SEVERITY } from '../../functions/core/finding.ts';

const PAGE = readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8');

/** The headings of the third level with the heading of the second level that they stand below, and their texts. */
function kindsIn(page: string): { readonly kind: string; readonly severity: string; readonly text: string }[] {
  return page
    .split(/^## /m)
    .slice(1)
    .flatMap((part) => {
      const [title = '', ...sections] = part.split(/^### /m);
      const severity = title.split('\n', 1).join('').toLowerCase();
      return sections.map((section) => ({ kind: section.split('\n', 1).join(''), severity, text: section }));
    });
}

describe('docs/findings.md', () => {
  it('has every kind of the code once, under its severity, and no other', () => {
    const documented = kindsIn(PAGE).map(({ kind, severity }) => `${severity}: ${kind}`);
    const coded = Object.entries(SEVERITY).map(([kind, severity]) => `${severity}: ${kind}`);
    expect(documented.sort()).toEqual(coded.sort());
  });

  it('names the quota that the advice on a full group names', () => {
    const [, name = 'none'] = /raise the quota ("[^"]+")/.exec(PAGE) ?? [];
    const failure = { kind: 'quota', operation: 'RegisterTargets', resource: 'web', message: 'no' } as const;
    expect(explainFailure(failure)).toContain(`Raise the quota ${name}`);
  });

  it.each(kindsIn(PAGE))('says of $kind what it means, its likely cause and what to do', ({ text }) => {
    const [, meaning = '', what = ''] = text.trim().split('\n\n');
    expect(meaning.length).toBeGreaterThan(30);
    expect(what.replaceAll('\n', ' ')).toMatch(/^\*\*Likely cause:\*\* \S.+ \*\*Do:\*\* \S/);
  });
});
