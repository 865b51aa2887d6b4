/**
 * `npm start`: the main job on the embedded simulated account. No AWS account, no Docker, no Python. The deployable bundle is
 * built and loaded as Lambda would load it; its real SDK clients talk HTTP to the simulated account; time is virtual.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cloudMapServiceArn } from '../../simulator/account.ts';
import { bundleOverHttp } from '../../simulator/backends.ts';
import { EPOCH_MS } from '../../simulator/clock.ts';
import { Deployment } from '../../simulator/deployment.ts';
import { buildFunction } from '../../tools/template/build.ts';
import { bundleOptions } from '../../tools/template/template.ts';
import { wrap } from '../layout.ts';
import { countOf } from '../report/html.ts';
import { modelOf } from '../report/model.ts';
import { renderPage } from '../report/page.ts';
import { Recorder } from '../report/recorder.ts';
import type { Report } from '../report/report.ts';
import { endWhenUnread, paint } from '../report/screen.ts';
import type { Timeline } from '../report/timeline.ts';
import { closingLines } from './closing.ts';
import { LogReader } from './log.ts';
import { readOptions } from './options.ts';
import { Post } from './post.ts';
import { BY_HAND, type Chapter, chaptersOf } from './scenario.ts';
import { chapterLines, clockOf, foundLine, HEADING, LEGEND, momentLine, screenWidth } from './screen.ts';

const SEED = 20_260_301;
const PORT = 8080;
const CLOUD_MAP = cloudMapServiceArn('app');
const PAGE = join(import.meta.dirname, '../../..', 'reports', 'demo.html');
/** A line is shown this often in virtual time. */
const LINE_MS = 15_000;
const WIDTH = screenWidth();

readOptions(process.argv.slice(2));
endWhenUnread();
const startedAtMs = performance.now();
say('alb-target-sync, the main job on a simulated account: no AWS account, no Docker', (line) => paint('bold', line));
const built = await buildFunction(bundleOptions());
say(`The function as sam build makes it, ${Math.round(built.bytes / 1_024)} kB, with real SDK clients; time is virtual.`);
say(LEGEND);

const deployment = new Deployment({ settings: { cloudMapServices: [CLOUD_MAP] } });
deployment.group.deregistrationDelaySeconds = 30;
deployment.account.ecs.reuseAfterMs = 5_000;
const cloudMap = deployment.account.cloudMap.addService(CLOUD_MAP, 'app');
cloudMap.tags.set('alb-target-sync', 'service=app');
deployment.account.keepInstances('service:app', cloudMap);

const recorder = new Recorder(deployment.service);
const backend = await bundleOverHttp(built.file, deployment);
const log = new LogReader(recorder, backend.runtimes);
const post = new Post(deployment, SEED, (mark) => recorder.events.push(mark));
deployment.use(backend);
deployment.lambda.startSchedule(20_000);
try {
  console.log(`\n${HEADING}`);
  const chapters = chaptersOf(deployment, cloudMap, post, SEED);
  for (const [index, chapter] of chapters.entries()) await tell(chapter, `${index + 1} of ${chapters.length}: `);
} finally {
  await backend.close();
}
process.exitCode = conclude();

/** Plays a chapter and shows how tasks and targets follow each other. */
async function tell({ title, lastsMs, happen }: Chapter, number: string): Promise<void> {
  console.log(chapterLines(timeNow(), `${number}${title}`, WIDTH));
  happen();
  recorder.noteTargets();
  for (let passedMs = 0; passedMs < lastsMs; passedMs += LINE_MS) {
    await deployment.pass(LINE_MS);
    const { serving: tasks, registered: targets, calls } = deployment;
    const draining = deployment.group.targets.size - targets.length;
    console.log(momentLine({ time: timeNow(), tasks, targets, draining, calls }, WIDTH));
    for (const { kind, subject } of log.readOn()) console.log(foundLine(kind, subject, WIDTH));
  }
}

function conclude(): number {
  const report = reportOf();
  const model = modelOf(report.timeline, report.findings);
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, renderPage(report));
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(
    [
      '',
      ...closingLines({ report, model, post: post.sums, silent: post.silent }, WIDTH),
      '',
      ...wrap(`Page: ${join('reports', 'demo.html')}, with every task, change and reason, and the commands.`, WIDTH),
      `${seconds} s for ${timeNow()} of the account's time`,
    ].join('\n'),
  );
  return report.verdict === 'in step' ? 0 : 1;
}

function headlineOf({ running, inGroup, left }: { running: number; inGroup: number; left: number }): string {
  const share = running === inGroup ? `all ${running}` : `${inGroup} of ${running}`;
  return `${share} running tasks of service app are targets of web, ${left === 0 ? 'and none is' : `${countOf(left, 'target')}`} left behind.`;
}

/** Judged by the simulated account itself, and not by what the function has read of it. */
function reportOf(): Report & { readonly timeline: Timeline } {
  const { serving, registered } = deployment;
  const ours = registered.filter((address) => address !== `${BY_HAND}:${PORT}`);
  const inGroup = serving.filter((address) => registered.includes(address)).length;
  return {
    source: 'npm start',
    verdict: serving.join() === ours.join() ? 'in step' : 'differs',
    headline: headlineOf({ running: serving.length, inGroup, left: ours.length - inGroup }),
    resources: [{ type: 'target group', name: deployment.group.name, isRead: true, why: null }],
    failures: [],
    startedAt: null,
    endedAt: null,
    calls: Object.fromEntries(deployment.account.calls),
    findings: recorder.findings,
    changes: [],
    tables: [],
    timeline: recorder.timeline([{ group: 'service:app', targetGroup: deployment.group.name }]),
  };
}

function timeNow(): string {
  return clockOf(deployment.clock.now() - EPOCH_MS);
}

/** Styled line by line: signs that a terminal does not show must not count as columns. */
function say(text: string, style = (line: string): string => line): void {
  console.log(wrap(text, WIDTH).map(style).join('\n'));
}
