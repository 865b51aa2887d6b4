/** The head of the page: the verdict, the figures that matter, and how the waits are spread. All of it counted from the report. */

import type { Verdict } from '../answer.ts';
import { durationOf } from './clock.ts';
import { isOpen, severityOf } from './findings.ts';
import { countOf, escapeHtml } from './html.ts';
import type { LaneGroup } from './lanes.ts';
import type { Model } from './model.ts';
import { type Report, supportedVerdict } from './report.ts';
import { SLOW_MS } from './stretches.ts';
import { type Bin, binsOf, spreadOf, type Wait } from './waits.ts';

const VERDICTS: Readonly<Record<Verdict, string>> = { 'in step': 'In step', differs: 'NOT in step', unknown: 'Not known' };

/** So many names can be read in a heading; of more only the number. */
const NAMED_MAX = 2;

/** `In step: service app → web`: the title of the page. */
export function headingOf(report: Report, model: Model | undefined): string {
  const groups = (model?.groups ?? []).filter(({ targetGroups }) => targetGroups.length > 0);
  const names = report.resources.filter(({ type }) => type === 'target group').map(({ name }) => name);
  const subject =
    groups.length > 0 ? boundText(groups) : names.length > 0 ? listed(names, 'target group', { isNamed: true }) : report.source;
  return `${VERDICTS[supportedVerdict(report)]}: ${subject}`;
}

function boundText(groups: readonly LaneGroup[]): string {
  const targetGroups = [...new Set(groups.flatMap((group) => group.targetGroups))];
  const names = groups.map(({ name }) => name.replace(':', ' '));
  return `${listed(names, 'ECS group', { isNamed: false })} → ${listed(targetGroups, 'target group', { isNamed: true })}`;
}

function listed(names: readonly string[], noun: string, { isNamed }: { readonly isNamed: boolean }): string {
  if (names.length > NAMED_MAX) return countOf(names.length, noun);
  return `${isNamed ? `${noun}${names.length === 1 ? '' : 's'} ` : ''}${names.join(' and ')}`;
}

interface Tile {
  readonly label: string;
  readonly figure: string;
  readonly detail: string;
  /** Whether a person has to look at it. */
  readonly isWrong: boolean;
  /** Where it is shown, as an address of this page. */
  readonly link?: string;
}

export function drawTiles(report: Report, model: Model | undefined): string {
  const verdict = supportedVerdict(report);
  const tiles = [
    { label: 'Tasks and targets', figure: VERDICTS[verdict], detail: report.headline, isWrong: verdict !== 'in step' },
    model === undefined ? changesTile(report) : waitsTile(model),
    findingsTile(report),
  ];
  const drawn = tiles.map(({ label, figure, detail, isWrong, link }) => {
    const shown = link === undefined ? escapeHtml(figure) : `<a href="${link}">${escapeHtml(figure)}</a>`;
    return `<div${isWrong ? ' class="alarm"' : ''}><dt>${label}</dt><dd><b>${shown}</b> ${escapeHtml(detail)}</dd></div>`;
  });
  return `<dl class="tiles">${drawn.join('\n')}</dl>`;
}

function waitsTile({ waits: { served, unserved, left } }: Model): Tile {
  const [serving, leaving] = [spreadOf(served), spreadOf(left)];
  const never = unserved.filter(isSlow).length;
  const slow = served.filter(isSlow).length;
  const isWrong = slow + never > 0;
  const parts = [
    serving === undefined
      ? 'no task was registered'
      : `${countOf(serving.count, 'registration')}, ${slow} took longer than ${durationOf(SLOW_MS)}`,
    ...(never === 0 ? [] : [`${never} never came`]),
    ...(leaving === undefined
      ? []
      : [`order to stop to out: median ${durationOf(leaving.medianMs)}, worst ${durationOf(leaving.worstMs)}`]),
  ];
  const figure =
    serving === undefined ? 'none' : `median ${durationOf(serving.medianMs)}, worst ${durationOf(serving.worstMs)}`;
  return {
    label: 'RUNNING to registered',
    figure,
    detail: parts.join('; '),
    isWrong,
    ...(isWrong ? { link: '#kind=missing' } : {}),
  };
}

function changesTile({ changes }: Report): Tile {
  const outcomes = Map.groupBy(changes, ({ outcome }) => outcome);
  const figure = [...outcomes].map(([outcome, members]) => `${members.length} ${outcome}`).join(', ') || 'none';
  return { label: 'Planned changes', figure, detail: 'Nothing was written.', isWrong: outcomes.has('due') };
}

function findingsTile(report: Report): Tile {
  const open = report.findings.filter(isOpen);
  const kinds = [...Map.groupBy(open, ({ kind }) => kind)].map(([kind, members]) => `${members.length} ${kind}`);
  const isWrong = open.some((finding) => severityOf(finding) !== 'notice');
  const over = report.findings.length - open.length;
  const nothing = supportedVerdict(report) === 'unknown' ? 'in what was read' : '';
  const detail = [
    kinds.join(', ') || nothing,
    ...(over === 0 ? [] : [`${over} more ended by ${over === 1 ? 'itself' : 'themselves'}`]),
  ]
    .filter(Boolean)
    .join('; ');
  return {
    label: 'Left to people',
    figure: countOf(open.length, 'finding'),
    detail,
    isWrong,
    ...(report.findings.length > 0 ? { link: '#findings' } : {}),
  };
}

export function drawWaits({ waits: { served, unserved, left } }: Model): string {
  return `<section class="card" id="waits" aria-labelledby="waits-title"><h2 id="waits-title">How long it took</h2><div class="pair">
${drawSpread('RUNNING to registered', served, { isJudged: true })}
${drawSpread('Order to stop to out of the group', left, { isJudged: false })}</div>
${unserved.length === 0 ? '' : `<p>${unservedText(unserved)}</p>`}</section>`;
}

function unservedText(unserved: readonly Wait[]): string {
  const longest = unserved.at(-1)?.ms ?? 0;
  const words = `${countOf(unserved.length, 'task')} ran without being registered, the longest for ${durationOf(longest)}.`;
  return longest > SLOW_MS ? `<b class="alarm">${words}</b>` : words;
}

function drawSpread(title: string, waits: readonly Wait[], { isJudged }: { readonly isJudged: boolean }): string {
  const spread = spreadOf(waits);
  if (spread === undefined) return `<div><h3>${title}</h3><p class="soft">None in this record.</p></div>`;
  const { count, medianMs, ninetyMs, worstMs } = spread;
  const bins = binsOf(waits);
  const most = Math.max(...bins.map((bin) => bin.count));
  return `<div><h3>${title}</h3><p class="soft">${count.toLocaleString('en')} in all: median ${durationOf(medianMs)},
nine of ten within ${durationOf(ninetyMs)}, worst ${durationOf(worstMs)}.</p><table class="bins"><caption class="aside">${title}, how many took how long</caption>
<thead class="aside"><tr><th scope="col">Time<th scope="col">Tasks</thead><tbody>
${bins.map((bin) => drawBin(bin, most, isJudged && bin.isSlow && bin.count > 0)).join('\n')}</tbody></table></div>`;
}

function drawBin({ fromMs, toMs, count }: Bin, most: number, isWrong: boolean): string {
  const label =
    fromMs === 0
      ? `under ${durationOf(toMs)}`
      : Number.isFinite(toMs)
        ? `${durationOf(fromMs)} to ${durationOf(toMs)}`
        : `${durationOf(fromMs)} or more`;
  const width = Math.round((count / most) * 1_000) / 10;
  const bar = `<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><path class="${isWrong ? 'slow' : 'quick'}" d="M0 0h${width}v10h-${width}z"/></svg>`;
  return `<tr><th scope="row">${label}${isWrong ? ' <i>slow</i>' : ''}<td>${bar}<b>${count.toLocaleString('en')}</b>`;
}

function isSlow({ ms }: Wait): boolean {
  return ms > SLOW_MS;
}
