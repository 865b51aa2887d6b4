/**
 * What the churn of registrations costs in a month: `npm run cost:cloud-map -- --tasks 40 --deployments 10 --scalings 24`. Each
 * day of the month is played on the simulated account, by the function itself, so that every call is one that was made. Prices
 * are those of docs/cloud-map.md, for us-east-1.
 */
import { parseArgs } from 'node:util';
import { costsOf, DAYS, type MonthCounts } from '../../cli/drift/prices.ts';
import { numberOf } from '../../cli/options.ts';
import { table } from '../../cli/report/table.ts';
import { cloudMapServiceArn } from '../../simulator/account.ts';
import { inProcess } from '../../simulator/backends.ts';
import { Deployment } from '../../simulator/deployment.ts';
import { present, type TaskRecord } from '../../simulator/ecs.ts';

const CLOUD_MAP = cloudMapServiceArn('app');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const { values } = parseArgs({
  options: {
    tasks: { type: 'string' },
    deployments: { type: 'string' },
    scalings: { type: 'string' },
    queries: { type: 'string' },
    days: { type: 'string' },
  },
});
const tasks = numberOf({ option: '--tasks', text: values.tasks, fallback: 40, from: 1, to: 1_000, isWhole: true });
const deployments = numberOf({
  option: '--deployments',
  text: values.deployments,
  fallback: 10,
  from: 0,
  to: 100,
  isWhole: true,
});
const scalings = numberOf({ option: '--scalings', text: values.scalings, fallback: 24, from: 0, to: 1_000, isWhole: true });
const queries = numberOf({ option: '--queries', text: values.queries, fallback: 10, from: 0, to: 1_000_000 });
const days = numberOf({ option: '--days', text: values.days, fallback: 1, from: 1, to: DAYS, isWhole: true });

const deployment = new Deployment({ settings: { cloudMapServices: [CLOUD_MAP] } }).use(inProcess());
const counts = await play();
const rows = costsOf(counts, queries);
const total = rows.reduce((sum, { dollars }) => sum + dollars, 0);
console.log(
  `${tasks} tasks, ${deployments} deployments and ${scalings} scalings a day, ${queries} DNS queries a second: a month is`,
);
console.log(
  table([
    ['what', 'a month', 'dollars', 'price'],
    ...rows.map(({ what, count, dollars, price }) => [what, Math.round(count).toLocaleString('en'), dollars.toFixed(2), price]),
    ['in all', '', total.toFixed(2), ''],
  ]),
);
console.log(`${days} of ${DAYS} days were played, and the rest reckoned from them.`);

/** Plays the days, and reckons the month from what was called and changed in them. */
async function play(): Promise<MonthCounts> {
  const service = deployment.account.cloudMap.addService(CLOUD_MAP, 'app');
  service.tags.set('alb-target-sync', 'service=app');
  deployment.account.keepInstances('service:app', service);
  deployment.lambda.startSchedule(0);
  deployment.start(tasks);
  await deployment.pass(5 * MINUTE_MS);
  const before = { calls: new Map(deployment.account.calls), operations: deployment.account.cloudMap.operations.size };
  const beganMs = deployment.clock.now();
  const earlier = deployment.lambda.invocations.length;
  for (let day = 0; day < days; day += 1) await playDay(beganMs + day * 24 * HOUR_MS);
  const scale = DAYS / days;
  const callsOf = (name: string): number => ((deployment.account.calls.get(name) ?? 0) - (before.calls.get(name) ?? 0)) * scale;
  const made = deployment.lambda.invocations.slice(earlier);
  return {
    registrations: ((deployment.account.cloudMap.operations.size - before.operations) / 2) * scale,
    instances: tasks,
    reads: ['ListInstances', 'ListTagsForResource'].reduce((sum, name) => sum + callsOf(name), 0),
    otherCalls: [...deployment.account.calls.keys()]
      .filter((name) => name !== 'ListInstances' && name !== 'ListTagsForResource')
      .reduce((sum, name) => sum + callsOf(name), 0),
    invocations: made.length * scale,
    seconds: made.reduce((sum, { startedAtMs, endedAtMs = startedAtMs }) => sum + endedAtMs - startedAtMs, 0) * (scale / 1_000),
  };
}

/** Deployments and scalings spread over the day. */
async function playDay(beganMs: number): Promise<void> {
  for (let each = 0; each < deployments; each += 1) {
    deployment.clock.at(beganMs + ((each + 0.5) * 24 * HOUR_MS) / deployments, replaceAll);
  }
  for (let each = 0; each < scalings; each += 1) {
    deployment.clock.at(beganMs + ((each + 0.25) * 24 * HOUR_MS) / scalings, () => scale(each % 2 === 0));
  }
  await deployment.pass(beganMs + 24 * HOUR_MS - deployment.clock.now());
}

function replaceAll(): void {
  const old = live();
  deployment.start(old.length);
  deployment.clock.after(MINUTE_MS, () => stop(old));
}

/** A tenth more, or a tenth less. */
function scale(isOut: boolean): void {
  const share = Math.max(1, Math.round(tasks / 10));
  if (isOut) deployment.start(share);
  else stop(live().slice(0, share));
}

function stop(these: readonly TaskRecord[]): void {
  for (const task of these) deployment.account.ecs.stop(task);
}

function live(): TaskRecord[] {
  return [...deployment.account.ecs.tasks.values()].filter((task) => present(task).desired === 'RUNNING');
}
