/** The closing screen, whose figures are those of the page. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closingLines } from '../../../scripts/cli/demo/closing.ts';
import { durationOf } from '../../../scripts/cli/report/clock.ts';
import { modelOf } from '../../../scripts/cli/report/model.ts';
import type { Report } from '../../../scripts/cli/report/report.ts';
import type { FindingMark } from '../../../scripts/cli/report/timeline.ts';
import { spreadOf } from '../../../scripts/cli/report/waits.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churnReport, reportOf, type TimedReport } from '../../support/timelines.ts';

const POST = { late: 3, doubled: 2, lost: 1, delivered: 20 };
const SIXTY = churnReport({ tasks: 60 });

function closing(report: TimedReport, { silent = new Set<string>(), width = 80 } = {}): string[] {
  return closingLines({ report, model: modelOf(report.timeline, report.findings), post: POST, silent }, width);
}

const found = (count: number): FindingMark[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'foreign-unhealthy',
    subject: `10.0.99.${index}:8080`,
    message: 'A long sentence about what this means for the people who run the service. '.repeat(3),
    command: `aws ${'option '.repeat(30)}`,
  }));

describe('the closing screen', () => {
  it('has at most 20 lines of at most 80 columns, however much was found: four more separate it and say where the page is', () => {
    const findings = fc.integer({ min: 0, max: 40 }).map(found);
    holds(
      fc.property(anyTimeline, findings, (timeline, some) => {
        const lines = closing({ ...reportOf(timeline), findings: some });
        expect(lines.length).toBeLessThanOrEqual(20);
        for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
      }),
      100,
    );
  });

  it('fits the terminal', () => {
    for (const width of [40, 60, 100]) {
      for (const line of closing({ ...SIXTY, findings: found(3) }, { width }))
        expect(line.length, line).toBeLessThanOrEqual(Math.max(width, 47));
    }
  });

  it('begins with the verdict, and does not say that all is well where nothing was read', () => {
    const first = (report: Partial<Report>) => closing({ ...SIXTY, ...report, timeline: SIXTY.timeline })[0];
    expect(first({})).toBe('In step: All tasks are targets.');
    expect(first({ verdict: 'differs' })).toMatch(/^NOT in step: /);
    expect(first({ resources: [] })).toMatch(/^Not known: /);
  });

  it('has the five figures of the page', () => {
    const { served, left } = modelOf(SIXTY.timeline, []).waits;
    const [serving, leaving] = [spreadOf(served), spreadOf(left)];
    const text = closing(SIXTY).join('\n');
    expect(text).toContain(
      `RUNNING to registered    median ${durationOf(serving?.medianMs ?? 0)}, worst ${durationOf(serving?.worstMs ?? 0)}`,
    );
    expect(text).toContain(
      `order to stop to out     median ${durationOf(leaving?.medianMs ?? 0)}, worst ${durationOf(leaving?.worstMs ?? 0)}`,
    );
    expect(text).toContain('events                   20 delivered: 3 late, 2 twice; 1 lost');
    const { calls } = SIXTY.timeline;
    const writes = calls.filter(({ operation }) => /^(Reg|Dereg)isterTargets$/.test(operation)).length;
    expect(text).toContain(`${calls.length}: ${writes} writes, ${calls.length - writes} reads, a pass a minute included`);
    expect(text).toMatch(/gone but still a target {2}\d/);
  });

  it('tells the tasks apart of whose running no event came', () => {
    const worst = modelOf(SIXTY.timeline, []).waits.served.at(-1);
    const text = closing(SIXTY, { silent: new Set([worst?.taskArn ?? '']) })
      .join(' ')
      .replaceAll(/ +/g, ' ');
    expect(text).toContain(`; event lost: worst ${durationOf(worst?.ms ?? 0)}`);
    expect(text).not.toContain(`median 1 s, worst ${durationOf(worst?.ms ?? 0)};`);
  });

  it('has a line for each finding, up to six, and says how many more there are and how many are over', () => {
    const findings = [
      ...found(8),
      { ...SIXTY.findings[0], kind: 'stale', subject: 'x', message: '', command: null, until: '2026-03-01T12:00:00Z' },
    ];
    const text = closing({ ...SIXTY, findings });
    expect(text.filter((line) => line.startsWith('  foreign-unhealthy  10.0.99.'))).toHaveLength(6);
    expect(text).toContain('8 findings left to people (on the page: 2 more, 1 over by now)');
    expect(closing({ ...SIXTY, findings: [] })).toContain('Nothing left to people');
  });
});
