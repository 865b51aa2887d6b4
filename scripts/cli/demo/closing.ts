/** The closing screen of `npm start`: the verdict, five figures, a line for each finding, and where the rest stands. */
import { wrap } from '../layout.ts';
import { durationOf } from '../report/clock.ts';
import { isOpen, worstFirst } from '../report/findings.ts';
import { countOf } from '../report/html.ts';
import { shortIds } from '../report/ids.ts';
import type { Model } from '../report/model.ts';
import { type Report, supportedVerdict } from '../report/report.ts';
import { paint } from '../report/screen.ts';
import { spreadOf, type Wait } from '../report/waits.ts';
import type { PostSums } from './post.ts';
import { oneLine } from './screen.ts';

interface Ending {
  readonly report: Report;
  readonly model: Model;
  readonly post: PostSums;
  /** Tasks of whose running no event came. */
  readonly silent: ReadonlySet<string>;
}

/** So many findings have a line of their own; the page has them all. */
const FINDINGS_MAX = 6;
const LABEL_WIDTH = 27;
const WRITES: ReadonlySet<string> = new Set(['RegisterTargets', 'DeregisterTargets']);

export function closingLines({ report, model, post, silent }: Ending, width: number): string[] {
  const { calls } = model.timeline;
  const writes = calls.filter(({ operation }) => WRITES.has(operation)).length;
  const figures = [
    ['RUNNING to registered', servedText(model.waits.served, silent)],
    ['order to stop to out', spreadText(model.waits.left)],
    ['gone but still a target', durationOf(goneMs(model))],
    ['events', `${post.delivered} delivered: ${post.late} late, ${post.doubled} twice; ${post.lost} lost`],
    ['calls', `${calls.length}: ${writes} writes, ${calls.length - writes} reads, a pass a minute included`],
  ] as const;
  return [
    ...wrap(headlineOf(report), width).map((line) => paint(supportedVerdict(report) === 'in step' ? 'green' : 'red', line)),
    '',
    ...figures.flatMap(([label, value]) => labeled(label, value, width)),
    '',
    ...findingLines(report, width),
  ];
}

function headlineOf(report: Report): string {
  const words = { 'in step': 'In step', differs: 'NOT in step', unknown: 'Not known' };
  return `${words[supportedVerdict(report)]}: ${report.headline}`;
}

/** A value that does not oneLine goes on below its beginning. */
function labeled(label: string, value: string, width: number): string[] {
  const [first = '', ...more] = wrap(value, Math.max(20, width - LABEL_WIDTH));
  return [`  ${label.padEnd(LABEL_WIDTH - 2)}${first}`, ...more.map((line) => `${' '.repeat(LABEL_WIDTH)}${line}`)];
}

function servedText(served: readonly Wait[], silent: ReadonlySet<string>): string {
  const isSilent = ({ taskArn }: Wait): boolean => silent.has(taskArn);
  const lost = spreadOf(served.filter(isSilent));
  const told = spreadText(served.filter((wait) => !isSilent(wait)));
  return lost === undefined ? told : `${told}; event lost: worst ${durationOf(lost.worstMs)}`;
}

function spreadText(waits: readonly Wait[]): string {
  const spread = spreadOf(waits);
  return spread === undefined ? 'none' : `median ${durationOf(spread.medianMs)}, worst ${durationOf(spread.worstMs)}`;
}

function goneMs({ lanes, timeline: { toMs } }: Model): number {
  const stale = lanes.flatMap(({ lane }) => lane.target.filter(({ kind }) => kind === 'stale'));
  return stale.reduce((sum, each) => sum + Math.min(each.toMs, toMs) - each.fromMs, 0);
}

function findingLines({ findings }: Report, width: number): string[] {
  const open = worstFirst(findings).filter(isOpen);
  const shown = open.slice(0, FINDINGS_MAX);
  const kindWidth = Math.max(0, ...shown.map(({ kind }) => kind.length));
  const more = [
    ...(open.length > shown.length ? [`${open.length - shown.length} more`] : []),
    ...(findings.length > open.length ? [`${findings.length - open.length} over by now`] : []),
  ];
  const left = open.length === 0 ? 'Nothing' : countOf(open.length, 'finding');
  return [
    ...wrap(`${left} left to people${more.length === 0 ? '' : ` (on the page: ${more.join(', ')})`}`, width),
    ...shown.map(({ kind, subject, message }) =>
      oneLine(`  ${paint('yellow', kind.padEnd(kindWidth))}  ${shortIds(subject)}  ${shortIds(message)}`, width),
    ),
  ];
}
