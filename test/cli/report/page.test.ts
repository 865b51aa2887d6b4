/** The file as text: complete without its script, and safe whatever a capture says. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../../scripts/cli/report/html.ts';
import { renderPage } from '../../../scripts/cli/report/page.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn } from '../../support/timelines.ts';

const ELEMENTS = new Set(
  'a b body br button caption code dd details div dl dt fieldset form h1 h2 h3 head header html i input label li link main meta noscript ol optgroup option p script section select span style summary table tbody td th thead title tr ul'.split(
    ' ',
  ),
);
const DRAWN = new Set(['svg', 'defs', 'pattern', 'path', 'line', 'text']);

describe('the page', () => {
  it('has no element and no attribute of a stranger, whatever the timeline says', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        for (const [, name = '', attributes = ''] of withoutRaw(renderPage(timeline)).matchAll(
          /<([a-z]\w*)((?:"[^"]*"|[^>"])*)>/gi,
        )) {
          expect(ELEMENTS.has(name) || DRAWN.has(name), name).toBe(true);
          expect(attributes.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/\bon\w+=|'/);
          expect(attributes).not.toContain('javascript:');
        }
      }),
      100,
    );
  });

  it('has the reason of every change and event, and every finding with its command, without any script', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const page = withoutRaw(renderPage(timeline));
        for (const { because } of [...timeline.changes, ...timeline.events]) expect(page).toContain(escapeHtml(because));
        for (const { message, command } of timeline.findings) {
          expect(page).toContain(escapeHtml(message));
          expect(page).toContain(escapeHtml(command ?? ''));
        }
        for (const { label, value } of timeline.summary)
          expect(page).toContain(`<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}`);
      }),
      100,
    );
  });

  it('lets in its own style and script by their hashes, and nothing else', () => {
    const page = renderPage(churn({ tasks: 5 }));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    const hash = (open: string, close: string): string => {
      const text = page.slice(page.indexOf(open) + open.length, page.indexOf(close, page.indexOf(open)));
      return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    };
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash('<style>', '</style>')}; script-src ${hash('<script>', '</script>')}; img-src data:; ` +
        `base-uri 'none'; form-action 'none'`,
    );
  });

  it('names no address that a browser would fetch', () => {
    expect(withoutData(renderPage(churn({ tasks: 60 })))).not.toMatch(/https?:|@import|url\((?!#)/);
  });

  it('marks the lanes in which something was wrong', () => {
    const page = renderPage(churn({ tasks: 300, lengthMs: 600_000 }));
    const wrong = page.match(/<li class="lane wrong".*(?:\n?.*?)<\/svg>/g) ?? [];
    expect(wrong.length).toBe((page.match(/class="stale" d="(?!M1 3h26)/g) ?? []).length);
    expect(wrong.length).toBeGreaterThan(2);
  });

  it('stays small: what a page of five tasks needs, and what each of 2,000 adds', () => {
    const small = renderPage(churn({ tasks: 5, lengthMs: 120_000 })).length;
    const large = renderPage(churn({ tasks: 2_000, lengthMs: 3_600_000 })).length;
    expect(small).toBeLessThan(70_000);
    expect((large - small) / 1_995).toBeLessThan(1_100);
  });

  it('is the same for the same timeline', () => {
    expect(renderPage(churn({ tasks: 60 }))).toBe(renderPage(churn({ tasks: 60 })));
  });
});

function withoutData(page: string): string {
  return page.replace(/<script type="text\/plain".*?<\/script>/s, '');
}

/** What a browser reads as text and not as elements, taken out. */
function withoutRaw(page: string): string {
  return withoutData(page)
    .replace(/^<!doctype html>/, '')
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<script>.*<\/script>/s, '');
}
