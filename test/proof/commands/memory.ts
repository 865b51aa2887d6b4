/**
 * What the largest invocations use of Lambda's memory and time: the built bundle in a process of its own, with the heap that Lambda gives it,
 * against a simulated account of 30 groups of 1,000 tasks, in real time and at AWS's rates, of which others use half. Takes about a minute and
 * a half, and fails above 60 % of the memory, or where an invocation's computing would not fit into 60 % of its time.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isObject } from '../../../functions/core/json.ts';
import { Account, targetGroupArn } from '../../../scripts/simulator/account.ts';
import { Service } from '../../../scripts/simulator/api.ts';
import { LOG_GROUP } from '../../../scripts/simulator/aws-api.ts';
import { VirtualClock } from '../../../scripts/simulator/clock.ts';
import { CLUSTER, QUICK, variablesOf } from '../../../scripts/simulator/deployment.ts';
import { present } from '../../../scripts/simulator/ecs.ts';
import { stateChangeEvent } from '../../../scripts/simulator/events.ts';
import { HttpDoor } from '../../../scripts/simulator/http.ts';
import { buildFunction } from '../../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../../scripts/tools/template/template.ts';

const GROUPS = 30;
const TASKS = 1_000;
const MEMORY_MB = 512;
/** The vCPUs of a function of this size: one for 1,769 MB (Lambda guide, "Configure memory"). */
const CPU_SHARE = MEMORY_MB / 1_769;
/** What Lambda leaves to the heap. */
const HEAP_MB = Math.floor(MEMORY_MB * 0.9);
const SHARE_MAX = 0.6;
const TIMEOUT_S = 30;
const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

const clock = new VirtualClock(Date.now() - 10_000);
const account = new Account(clock);
const names = Array.from({ length: GROUPS }, (_, index) => `g${index}`);
const start = (name: string) =>
  account.ecs.start({ clusterArn: CLUSTER, group: `service:${name}`, definition: `${name}:1`, timing: QUICK });
for (const name of names) {
  account.elb.addGroup({ arn: targetGroupArn(name), quota: 5_000 }).tags.set('alb-target-sync', `service=${name} port=8080`);
  account.ecs.addService(CLUSTER, name);
  for (let count = 0; count < TASKS; count += 1) start(name);
}
catchUp();
for (const task of account.ecs.tasks.values()) {
  const group = account.elb.group(targetGroupArn(task.group.replace('service:', '')));
  account.elb.register(group, [{ id: present(task).ipv4 ?? '', port: 8080, zone: undefined }]);
}
account.buckets.othersUse = 0.5;
// The log group is there before the function is.
account.logs.sink(LOG_GROUP, '[$LATEST]0');
const door = new HttpDoor(new Service(account));
const endpoint = await door.open();
const timer = setInterval(catchUp, 10);
const { file } = await buildFunction(bundleOptions());
const child = fork(fileURLToPath(new URL('../memory/child.ts', import.meta.url)), [file], {
  execArgv: [`--max-old-space-size=${HEAP_MB}`],
  // Its log would be as long as the run is.
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  env: {
    ...variablesOf({ clusters: [], targetGroups: [], cloudMapServices: [], binding: '', mode: 'enforce' }),
    AWS_REGION: account.home.region,
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_ENDPOINT_URL: endpoint,
    AWS_LAMBDA_FUNCTION_NAME: 'sync',
    AWS_LAMBDA_LOG_GROUP_NAME: LOG_GROUP,
    AWS_LAMBDA_LOG_STREAM_NAME: '[$LATEST]0',
  },
});
let isWithin = true;
try {
  await once(child, 'message');
  await tell('schedule, cold, everything in step', SCHEDULE);
  const changed = names.flatMap((name) => {
    const [old] = [...account.ecs.tasks.values()].filter(({ group }) => group === `service:${name}`);
    if (old !== undefined) account.ecs.stop(old);
    return [start(name), ...(old === undefined ? [] : [old])];
  });
  await tell('schedule, one task of each group replaced', SCHEDULE);
  const records = changed.map((task, index) => ({
    messageId: `${index}`,
    body: JSON.stringify(stateChangeEvent(task, present(task), index)),
  }));
  await tell(`${records.length} messages`, { Records: records });
} finally {
  clearInterval(timer);
  child.kill();
  await door.close();
}
process.exitCode = isWithin ? 0 : 1;

/** The account's time is the machine's. */
function catchUp(): void {
  while (clock.step(Date.now()));
  clock.jump(Date.now());
}

async function tell(what: string, event: object): Promise<void> {
  child.send(event);
  const [used]: unknown[] = await once(child, 'message');
  if (!isObject(used)) throw new Error('The function has ended before its invocation.');
  const { outcome } = used;
  const [seconds = 0, cpuSeconds = 0, megabytes = 0] = [used['seconds'], used['cpuSeconds'], used['megabytes']].map(Number);
  const computingS = cpuSeconds / CPU_SHARE;
  isWithin &&= outcome === 'done' && megabytes <= MEMORY_MB * SHARE_MAX && computingS <= TIMEOUT_S * SHARE_MAX;
  const memory = `${megabytes.toFixed(0)} MB of ${MEMORY_MB} at most so far (${((megabytes * 100) / MEMORY_MB).toFixed(0)} %)`;
  const computing = `${cpuSeconds.toFixed(1)} s of one CPU, ${computingS.toFixed(1)} s at Lambda's share`;
  console.log(`${what}: ${String(outcome)} in ${seconds.toFixed(1)} s; ${computing}; ${memory}`);
}
