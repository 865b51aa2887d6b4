import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, shareOf } from '../../../scripts/cli/report/html.ts';
import { hostileText } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';

const NAMES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

describe('escapeHtml', () => {
  it('leaves nothing that ends a text or a quoted attribute, and loses nothing', () => {
    holds(
      fc.property(hostileText, (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replaceAll(/&([\w#]+);/g, (_, name: string) => NAMES[name] ?? 'unknown')).toBe(text);
      }),
    );
  });
});

describe('shareOf', () => {
  it('names the whole alone where nothing is left out', () => {
    expect(shareOf(4_012, 4_012, 'change')).toBe('4,012 changes');
    expect(shareOf(4_011, 4_012, 'change')).toBe('4,011 of 4,012 changes');
    expect(shareOf(1, 1, 'change')).toBe('1 change');
    expect(shareOf(0, 1, 'change')).toBe('0 of 1 change');
  });
});
