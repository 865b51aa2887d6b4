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
import { Exposure } from '../../simulator/exposure.ts';
import { buildFunction } from '../../tools/template/build.ts';
import { bundleOptions } from '../../tools/template/template.ts';
import { renderPage } from '../report/page.ts';
import { Recorder } from '../report/recorder.ts';
import { endWhenUnread, paint } from '../report/screen.ts';
import { table } from '../report/table.ts';
import { LogReader } from './log.ts';
import { readOptions } from './options.ts';
import { Post } from './post.ts';
import { BY_HAND, type Chapter, chaptersOf } from './scenario.ts';
import { chapterLines, clockOf, findingLines, foundLine, HEADING, momentLine } from './screen.ts';
import { type Outcome, summaryOf } from './summary.ts';

const SEED = 20_260_301;
const PORT = 8080;
const CLOUD_MAP = cloudMapServiceArn('app');
const PAGE = join(import.meta.dirname, '../../..', 'reports', 'demo.html');
/** A line is shown this often in virtual time. */
const LINE_MS = 15_000;

readOptions(process.argv.slice(2));
endWhenUnread();
const startedAtMs = performance.now();
console.log(paint('bold', 'alb-target-sync, the main job on a simulated account: no AWS account, no Docker'));
const built = await buildFunction(bundleOptions());
console.log(
  `The function as sam build makes it, ${Math.round(built.bytes / 1_024)} kB, with real SDK clients; time is virtual.\n`,
);

const deployment = new Deployment({ settings: { cloudMapServices: [CLOUD_MAP] } });
deployment.group.deregistrationDelaySeconds = 30;
deployment.account.ecs.reuseAfterMs = 5_000;
const cloudMap = deployment.account.cloudMap.addService(CLOUD_MAP, 'app');
cloudMap.tags.set('alb-target-sync', 'service=app');
deployment.account.keepInstances('service:app', cloudMap);

const recorder = new Recorder(deployment.service);
const exposure = new Exposure(deployment.clock, deployment.account.elb, deployment.group);
const { performed } = deployment.service;
deployment.service.performed = (name, input) => {
  performed(name, input);
  exposure.note();
};
const backend = await bundleOverHttp(built.file, deployment);
const log = new LogReader(recorder, backend.runtimes);
const post = new Post(deployment, SEED, (mark) => recorder.events.push(mark));
deployment.use(backend);
deployment.lambda.startSchedule(20_000);
try {
  console.log(HEADING);
  for (const chapter of chaptersOf(deployment, cloudMap, post, SEED)) await tell(chapter);
} finally {
  await backend.close();
}
process.exitCode = conclude();

/** Plays a chapter and shows how tasks and targets follow each other. */
async function tell({ title, lastsMs, happen }: Chapter): Promise<void> {
  console.log(chapterLines(timeNow(), title));
  happen();
  recorder.noteTargets();
  for (let passedMs = 0; passedMs < lastsMs; passedMs += LINE_MS) {
    await deployment.pass(LINE_MS);
    const { serving: tasks, registered: targets, calls } = deployment;
    const draining = deployment.group.targets.size - targets.length;
    console.log(momentLine({ time: timeNow(), tasks, targets, draining, events: post.sums.delivered, calls }));
    for (const { kind, subject } of log.readOn()) console.log(foundLine(kind, subject));
  }
}

function conclude(): number {
  const outcome = outcomeOf();
  const summary = summaryOf(outcome);
  console.log(`\n${summary.map(({ label, value }) => `${label.padEnd(30)}${value}`).join('\n')}\n`);
  console.log(`At the end\n${table(compare())}`);
  for (const finding of recorder.findings) console.log(`\n${findingLines(finding)}`);
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, renderPage(recorder.timeline('npm start', summary)));
  const verdict = outcome.isInStep ? paint('green', 'In step.') : paint('red', 'NOT in step.');
  console.log(`\n${verdict} The report page: ${join('reports', 'demo.html')}`);
  console.log(`${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s for ${timeNow()} of the account's time`);
  return outcome.isInStep ? 0 : 1;
}

function outcomeOf(): Outcome {
  const tasks = [...deployment.account.ecs.tasks.values()];
  const sum = (some: typeof tasks) => exposure.sum(some, PORT, deployment.clock.now());
  const isSilent = ({ arn }: { readonly arn: string }): boolean => post.silent.has(arn);
  const all = sum(tasks);
  const addresses = tasks.flatMap((task) => task.history.at(-1)?.ipv4 ?? []);
  return {
    isInStep: deployment.serving.join() === deployment.registered.filter((address) => address !== `${BY_HAND}:${PORT}`).join(),
    post: post.sums,
    tasks: tasks.length,
    reused: addresses.length - new Set(addresses).size,
    toldMs: sum(tasks.filter((task) => !isSilent(task))).registerMs,
    silentMs: sum(tasks.filter(isSilent)).registerMs,
    leaveMs: all.deregisterMs,
    goneMs: all.goneRegisteredMs,
    findings: Object.fromEntries(
      [...Map.groupBy(recorder.findings, ({ kind }) => kind)].map(([kind, found]) => [kind, found.length]),
    ),
    calls: deployment.account.calls,
  };
}

/** Every address that is a task's or a target's. */
function compare(): string[][] {
  const { serving, registered } = deployment;
  return [...new Set([...serving, ...registered])].sort().map((address) => {
    const holder = [...deployment.account.ecs.tasks.values()].findLast(
      (task) => `${task.history.at(-1)?.ipv4}:${PORT}` === address,
    );
    const task = serving.includes(address)
      ? `task …${holder?.id.slice(-4)} RUNNING`
      : 'no task: registered by hand, left alone';
    return [address, registered.includes(address) ? 'target' : 'NO target', task];
  });
}

function timeNow(): string {
  return clockOf(deployment.clock.now() - EPOCH_MS);
}
