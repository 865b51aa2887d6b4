/**
 * `npm start`: the main job on the embedded simulated account. No AWS account, no Docker, no Python. The deployable bundle is
 * built and loaded as Lambda would load it; its real SDK clients talk HTTP to the simulated account; time is virtual.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloudMapServiceArn } from '../test/simulator/account.ts';
import { type BundleBackend, bundleOverHttp } from '../test/simulator/backends.ts';
import { EPOCH_MS } from '../test/simulator/clock.ts';
import { Exposure, type ExposureSums } from '../test/simulator/exposure.ts';
import { Stage } from '../test/simulator/stage.ts';
import { buildFunction } from '../test/support/build.ts';
import { bundleOptions } from '../test/support/template.ts';
import { collectFromLog } from './demo/log.ts';
import { type Chapter, chaptersOf, type Delivery, disturbEvents } from './demo/story.ts';
import { renderPage } from './report/page.ts';
import { Recorder } from './report/recorder.ts';
import { paint } from './report/screen.ts';
import { table } from './report/table.ts';

const SEED = 20_260_301;
const CLOUD_MAP = cloudMapServiceArn('app');
const PAGE = join('reports', 'demo.html');
/** A line is shown this often in virtual time. */
const LINE_MS = 15_000;

const startedAtMs = performance.now();
console.log(paint('bold', 'alb-target-sync, the main job on a simulated account: no AWS account, no Docker\n'));
const built = await buildFunction(bundleOptions());
console.log(`built the function as sam build does: ${Math.round(built.bytes / 1_024)} kB; real SDK clients, virtual time\n`);
const stage = new Stage({ settings: { cloudMapServices: [CLOUD_MAP] } });
stage.group.deregistrationDelaySeconds = 30;
stage.account.ecs.reuseAfterMs = 5_000;
const cloudMap = stage.account.cloudMap.addService(CLOUD_MAP, 'app');
cloudMap.tags.set('alb-target-sync', 'service=app');
stage.account.keepInstances('service:app', cloudMap);
const recorder = new Recorder(stage.service);
const exposure = new Exposure(stage.clock, stage.account.elb, stage.group);
const { performed } = stage.service;
stage.service.performed = (name, input) => {
  performed(name, input);
  exposure.note();
};
const backend = await bundleOverHttp(built.file, stage);
stage.use(backend);
stage.lambda.startSchedule(20_000);
const delivery = disturbEvents(stage, SEED);
try {
  console.log(row('time', 'tasks', 'targets', 'calls', ''));
  for (const chapter of chaptersOf(stage, cloudMap, SEED)) await tell(chapter);
  process.exitCode = conclude(backend, exposure, delivery);
} finally {
  await backend.close();
}

/** Plays a chapter and shows how tasks and targets follow each other. */
async function tell({ title, lastsMs, happen }: Chapter): Promise<void> {
  console.log(row(clockTime(), '', '', '', paint('cyan', title)));
  happen();
  for (let passedMs = 0; passedMs < lastsMs; passedMs += LINE_MS) {
    await stage.pass(LINE_MS);
    const [tasks, targets] = [stage.serving.length, stage.registered.length];
    const draining = stage.group.targets.size - targets;
    console.log(row(clockTime(), String(tasks), String(targets), String(stage.calls), bars(tasks, targets, draining)));
  }
}

function conclude({ runtimes }: BundleBackend, measured: Exposure, heard: Delivery): number {
  const tasks = [...stage.account.ecs.tasks.values()];
  const sums = measured.sum(tasks, 8080, stage.clock.now());
  collectFromLog(recorder, runtimes);
  const [serving, registered] = [stage.serving, stage.registered.filter((address) => address !== '10.0.99.9:8080')];
  const isInStep = serving.join() === registered.join();
  const summary = summaryOf(sums, heard, isInStep);
  console.log(`\n${summary.map(({ label, value }) => `${label.padEnd(30)}${value}`).join('\n')}\n`);
  console.log('At the end: tasks and targets');
  console.log(table([...serving, '10.0.99.9:8080'].map(compare)));
  const findings = recorder.findings.filter(({ kind }) => ['foreign', 'missing', 'stale', 'mismatched'].includes(kind));
  for (const { kind, subject, message, command } of findings) {
    console.log(`\n${paint('yellow', kind)} ${subject}\n  ${message}${command === undefined ? '' : `\n  ${command}`}`);
  }
  mkdirSync('reports', { recursive: true });
  writeFileSync(PAGE, renderPage(recorder.timeline('npm start', summary)));
  console.log(`\n${paint(isInStep ? 'green' : 'red', isInStep ? 'In step.' : 'NOT in step.')} Report page: ${PAGE}`);
  console.log(`${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s for ${clockTime()} of the account's time`);
  return isInStep ? 0 : 1;
}

function summaryOf(sums: ExposureSums, heard: Delivery, isInStep: boolean) {
  const seconds = (values: readonly number[], share: number): string => {
    const sorted = [...values].sort((one, other) => one - other);
    return `${((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) / 1_000).toFixed(1)} s`;
  };
  return [
    { label: 'tasks and targets', value: isInStep ? 'in step' : 'NOT in step' },
    { label: 'events', value: `${heard.delivered} delivered: ${heard.late} late, ${heard.doubled} twice; ${heard.lost} lost` },
    {
      label: 'RUNNING to registered',
      value: `median ${seconds(sums.registerMs, 0.5)}, at most ${seconds(sums.registerMs, 1)} (lost events wait for the schedule)`,
    },
    {
      label: 'order to stop to out',
      value: `median ${seconds(sums.deregisterMs, 0.5)}, at most ${seconds(sums.deregisterMs, 1)}`,
    },
    { label: 'gone but still in the group', value: `${(sums.goneRegisteredMs / 1_000).toFixed(1)} s in all` },
    {
      label: 'calls',
      value: `${stage.calls}, the schedule's passes included; two calls for each event would be ${heard.delivered * 2}`,
    },
  ];
}

function compare(address: string): string[] {
  const target = stage.registered.includes(address) ? 'registered' : 'NOT registered';
  const task = [...stage.account.ecs.tasks.values()].find((each) => `${each.history.at(-1)?.ipv4}:8080` === address);
  return [
    address,
    target,
    stage.serving.includes(address) ? `task ${task?.id.slice(-4)} running` : 'no task of ours: registered by hand, left alone',
  ];
}

function bars(tasks: number, targets: number, draining: number): string {
  const inGroup = paint('green', '='.repeat(Math.min(tasks, targets)));
  const extra = paint('yellow', '+'.repeat(Math.max(0, targets - tasks)));
  const missing = paint('red', '.'.repeat(Math.max(0, tasks - targets)));
  return `${inGroup}${extra}${missing}${draining === 0 ? '' : paint('gray', ` ${draining} draining`)}`;
}

function row(time: string, tasks: string, targets: string, calls: string, rest: string): string {
  return `${time.padStart(6)}  ${tasks.padStart(5)}  ${targets.padStart(7)}  ${calls.padStart(5)}  ${rest}`.trimEnd();
}

function clockTime(): string {
  const seconds = Math.round((stage.clock.now() - EPOCH_MS) / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
