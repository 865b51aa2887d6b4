/** The file as text: complete without its script, and safe whatever a capture says. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationOf } from '../../../scripts/cli/report/clock.ts';
import { escapeHtml } from '../../../scripts/cli/report/html.ts';
import { shortIds } from '../../../scripts/cli/report/ids.ts';
import { renderPage } from '../../../scripts/cli/report/page.ts';
import { SLOW_MS } from '../../../scripts/cli/report/stretches.ts';
import { lifeOf } from '../../../scripts/cli/report/tenure.ts';
import type { Timeline } from '../../../scripts/cli/report/timeline.ts';
import { anyReport } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn, churnReport, reportOf, taskArnOf } from '../../support/timelines.ts';

const ELEMENTS = new Set(
  'a b body br button caption code dd details div dl dt fieldset form h1 h2 h3 head header html i input label li link main meta noscript ol optgroup option p script section select span style summary table tbody td th thead title tr ul'.split(
    ' ',
  ),
);
const DRAWN = new Set(['svg', 'defs', 'pattern', 'path', 'line', 'text']);

/** An element that the page has no use for, or an attribute that could run a script or has left its quotes. */
function isStrange([, name = '', attributes = '']: readonly string[]): boolean {
  const isKnown = ELEMENTS.has(name) || DRAWN.has(name);
  return !isKnown || /\bon\w+=|'/.test(attributes.replaceAll(/"[^"]*"/g, '""')) || attributes.includes('javascript:');
}

describe('the page', () => {
  it('has no element and no attribute of a stranger, whatever the timeline says', () => {
    holds(
      fc.property(anyReport, (report) => {
        const elements = [...withoutRaw(renderPage(report)).matchAll(/<([a-z]\w*)((?:"[^"]*"|[^>"])*)>/gi)];
        // One assertion for all of them: there are thousands, and each assertion takes longer than the question.
        expect(elements.filter(isStrange).map(([element]) => element)).toEqual([]);
        expect(elements.length).toBeGreaterThan(0);
      }),
      100,
    );
  });

  it('has the reason of every change and event, and every finding with its command, without any script', () => {
    holds(
      fc.property(anyReport, (report) => {
        const page = withoutRaw(renderPage(report));
        const { changes = [], events = [] } = report.timeline ?? {};
        for (const { because } of [...changes, ...events, ...report.changes]) expect(page).toContain(escapeHtml(because));
        for (const { message, command } of report.findings) {
          expect(page).toContain(escapeHtml(shortIds(message)));
          expect(page).toContain(escapeHtml(command ?? ''));
        }
        for (const { operation, advice } of report.failures) {
          expect(page).toContain(escapeHtml(operation));
          expect(page).toContain(escapeHtml(advice));
        }
      }),
      100,
    );
  });

  it('says in step only where everything was read, and something was there', () => {
    holds(
      fc.property(anyReport, (report) => {
        const { verdict, resources, failures, timeline } = report;
        const isEmpty = timeline !== undefined && timeline.tasks.length + timeline.targets.length === 0;
        const isSupported =
          resources.length > 0 && resources.every(({ isRead }) => isRead) && failures.length === 0 && !isEmpty;
        const title = /<title>([^:]*):/.exec(renderPage(report))?.[1];
        const words = { 'in step': isSupported ? 'In step' : 'Not known', differs: 'NOT in step', unknown: 'Not known' };
        expect(title).toBe(words[verdict]);
      }),
    );
  });

  it('says of a replay in which nothing was read neither that all is well nor that nothing was found', () => {
    const page = renderPage({ ...reportOf(churn({ tasks: 0 })), findings: [] });
    expect(page).toContain('<h1 class="unknown">Not known: target group web</h1>');
    expect(page).toContain('Nothing was found in what was read, which is not all.');
    expect(page).not.toContain('In step');
  });

  it('tells the waits that the timeline has: how many, median, worst, and how many were slow', () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (seed) => {
        const timeline = churn({ tasks: 40, seed });
        const waits = waitsIn(timeline);
        const [median = 0, worst = 0] = [waits[Math.ceil(waits.length / 2) - 1], waits.at(-1)];
        const slow = waits.filter((ms) => ms > SLOW_MS).length;
        const page = renderPage(reportOf(timeline));
        expect(page).toContain(`median ${durationOf(median)}, worst ${durationOf(worst)}<`);
        expect(page).toContain(`${waits.length} registrations, ${slow} took longer than 5 s`);
        const bins = /RUNNING to registered, how many took how long.*?<\/table>/s.exec(page)?.[0] ?? '';
        const counts = [...bins.matchAll(/<b>([\d,]+)<\/b>/g)].map(([, count]) => Number(count));
        expect(counts.reduce((sum, each) => sum + each, 0)).toBe(waits.length);
      }),
      100,
    );
  });

  it('tells a finding that is over by now apart from one that a person has to look at', () => {
    const [first, second] = churnReport({ tasks: 5 }).findings;
    if (first === undefined || second === undefined) throw new Error('The report has no two findings.');
    const over = { ...second, since: '2026-03-01T12:00:10.500Z', until: '2026-03-01T12:01:00.000Z' };
    const page = renderPage({ ...churnReport({ tasks: 5 }), findings: [over, first] });
    expect(page).toContain('1 finding</a></b> 1 foreign; 1 more ended by itself');
    expect(page).toContain('since 12:00:10, until 12:01:00: over by now');
    expect(page.indexOf(first.message)).toBeLessThan(page.indexOf(over.message));
  });

  it('shows a look at one moment with its plan and tables, and no empty chart', () => {
    const { timeline: _, ...report } = churnReport({ tasks: 0 });
    const change = { at: null, kind: 'register' as const, outcome: 'due' as const, held: null, because: 'task is running' };
    const page = renderPage({
      ...report,
      ...{ source: 'plan', verdict: 'differs', headline: '1 change would be made.', timeline: undefined },
      changes: [{ ...change, targetGroup: 'web', ip: '10.0.0.4', port: 80, taskArn: taskArnOf('0'.repeat(31)) }],
      tables: [{ title: 'Addresses', head: ['address'], rows: [['10.0.0.4']] }],
    });
    expect(page).toContain('<h1 class="differs">NOT in step: target group web</h1>');
    expect(page).toContain('<b>1 due</b>');
    expect(page).toMatch(/>due<.*>register<.*>10\.0\.0\.4:80<.*>web</);
    expect(page).toContain('<h2>Addresses</h2>');
    expect(page).not.toMatch(/id="(chart|waits|changes|events)"/);
  });

  it('lets in its own style and script by their hashes, and nothing else', () => {
    const page = renderPage(churnReport({ tasks: 5 }));
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
    expect(withoutData(renderPage(churnReport({ tasks: 60 })))).not.toMatch(/https?:|@import|url\((?!#)/);
  });

  it('marks the lanes in which something was wrong', () => {
    const page = renderPage(churnReport({ tasks: 300, lengthMs: 600_000 }));
    const lanes = page.split('<li class="lane').slice(1);
    const wrong = lanes.filter((lane) => lane.startsWith(' wrong'));
    expect(lanes.filter((lane) => /class="(stale|missing)"/.test(lane))).toEqual(wrong);
    expect(wrong.length).toBeGreaterThan(2);
    expect(wrong.length).toBeLessThan(60);
  });

  it('stays small: what a page of five tasks needs, and what each of 2,000 adds', () => {
    const small = renderPage(churnReport({ tasks: 5, lengthMs: 120_000 })).length;
    const large = renderPage(churnReport({ tasks: 2_000, lengthMs: 3_600_000 })).length;
    expect(small).toBeLessThan(80_000);
    expect((large - small) / 1_995).toBeLessThan(1_100);
  });

  it('is the same for the same timeline', () => {
    expect(renderPage(churnReport({ tasks: 60 }))).toBe(renderPage(churnReport({ tasks: 60 })));
  });
});

/** From RUNNING to the first time that the address was a target, read from the timeline alone. */
function waitsIn({ tasks, targets }: Timeline): number[] {
  const waits = tasks.flatMap((task) => {
    const { runningMs, stoppingMs, endMs } = lifeOf(task);
    const own = targets.filter(
      ({ ip, fromMs }) => ip === task.ip && fromMs >= runningMs && fromMs < Math.min(stoppingMs, endMs),
    );
    return own.length === 0 ? [] : [Math.min(...own.map(({ fromMs }) => fromMs)) - runningMs];
  });
  return waits.sort((one, other) => one - other);
}

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
