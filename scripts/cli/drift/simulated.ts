/** A simulated account in which tasks, targets and instances have come apart, for a look without an account of one's own. */
import { type ClientOptions, createAwsApi } from '../../../functions/adapters/aws.ts';
import type { Clock } from '../../../functions/app/ports.ts';
import { cloudMapServiceArn } from '../../simulator/account.ts';
import { runClock, settleOnce } from '../../simulator/clock.ts';
import type { CloudMapServiceRecord } from '../../simulator/cloud-map.ts';
import { Deployment, parseSettings, QUICK } from '../../simulator/deployment.ts';
import type { TaskRecord } from '../../simulator/ecs.ts';
import { HttpDoor } from '../../simulator/http.ts';
import { settledBy } from '../discover.ts';
import { accountOf, type OpenAccount, type Stack } from '../read-account.ts';

const CLOUD_MAP = cloudMapServiceArn('app');
const HOST = 'arn:aws:ecs:eu-west-1:111122223333:container-instance/prod/c0ffee00c0ffee00c0ffee00c0ffee00';
const MINUTE_MS = 60_000;

export interface OpenSimulated {
  readonly account: OpenAccount;
  readonly options: ClientOptions;
  /** The account's own time, which stands still while nobody waits. */
  readonly clock: Clock;
  close(): Promise<void>;
}

/** Lets the account come apart, and opens its door. */
export async function openSimulatedAccount(): Promise<OpenSimulated> {
  const deployment = new Deployment({ settings: { cloudMapServices: [CLOUD_MAP] } });
  await comeApart(deployment);
  return openDoor(deployment);
}

/** Opens a deployment's account on loopback for real SDK clients; `stack` where they are to find what a deployed stack finds. */
export async function openDoor(deployment: Deployment, stack?: Stack): Promise<OpenSimulated> {
  const door = new HttpDoor(deployment.service);
  const endpoint = await door.open();
  // The door takes any key; the caller's own must not be asked for.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'simulated', AWS_SECRET_ACCESS_KEY: 'simulated' });
  delete process.env['AWS_PROFILE'];
  const options = { region: 'eu-west-1', endpoint };
  const clock: Clock = {
    now: () => deployment.clock.now(),
    sleep: (milliseconds) => runClock(deployment.clock, settleOnce, deployment.clock.now() + milliseconds),
  };
  const settings = parseSettings(deployment.settings);
  const account = accountOf(settledBy(settings), createAwsApi(settings, options), clock, stack);
  return { account, options, clock, close: () => door.close() };
}

async function comeApart(deployment: Deployment): Promise<void> {
  const { account } = deployment;
  const service = account.cloudMap.addService(CLOUD_MAP, 'app', { healthCheck: 'none' });
  service.tags.set('alb-target-sync', 'service=app port=8080');
  let isRemembered = true;
  account.keepInstances('service:app', service, { omits: (what) => what === 'deregister' && !isRemembered });
  account.ecs.containerInstances.set(HOST, { arn: HOST, type: 'c5.large', hasTrunk: false });
  const placed = deployment.start(2, { containerInstance: HOST });
  const free = deployment.start(4);
  await passTime(deployment, 10 * MINUTE_MS);
  register(deployment, [...placed, ...free]);
  const [lost, moved, forgotten, draining] = free;
  isRemembered = false;
  meddle(deployment, service, lost, moved);
  if (forgotten !== undefined) account.ecs.stop(forgotten);
  await passTime(deployment, 4 * MINUTE_MS);
  if (draining !== undefined)
    account.ecs.stop({
      ...draining,
      timing: { ...QUICK, activatingMs: undefined, deactivatingMs: undefined, stoppingMs: 90_000 },
    });
  deployment.start(1);
  await passTime(deployment, 30_000);
}

/** Instances that people have changed, and a target that somebody has put in by hand. */
function meddle(
  deployment: Deployment,
  service: CloudMapServiceRecord,
  lost: TaskRecord | undefined,
  moved: TaskRecord | undefined,
): void {
  const { cloudMap, elb } = deployment.account;
  if (lost !== undefined) cloudMap.deregister(service, lost.id);
  if (moved !== undefined) {
    const { attributes = {} } = service.instances.get(moved.id) ?? {};
    cloudMap.register(service, moved.id, { ...attributes, AWS_INSTANCE_IPV4: '10.0.7.7' });
  }
  cloudMap.register(service, 'by-hand', { AWS_INSTANCE_IPV4: '10.0.99.9', owner: 'somebody' });
  elb.register(deployment.group, [{ id: '10.0.99.9', port: 8080, zone: undefined }]);
}

function register(deployment: Deployment, tasks: readonly TaskRecord[]): void {
  const targets = tasks.flatMap(({ history }) => history.at(-1)?.ipv4 ?? []);
  deployment.account.elb.register(
    deployment.group,
    targets.map((id) => ({ id, port: 8080, zone: undefined })),
  );
}

function passTime(deployment: Deployment, milliseconds: number): Promise<void> {
  return runClock(deployment.clock, settleOnce, deployment.clock.now() + milliseconds);
}
