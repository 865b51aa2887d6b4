/** A simulated stack in which something is wrong that ends by itself, for a look without an account of one's own. */
import { type ClientOptions, createAwsApi } from '../../../functions/adapters/aws.ts';
import type { Clock } from '../../../functions/app/ports.ts';
import { LOG_GROUP } from '../../simulator/aws-api.ts';
import { parseSettings } from '../../simulator/deployment.ts';
import { HttpDoor } from '../../simulator/http.ts';
import { Watched } from '../../simulator/watched.ts';
import { compositeAlarms, metricAlarms, NAMES } from '../../tools/template/alarms.ts';
import { FILES, viewOf } from '../../tools/template/templates.ts';
import { settledBy } from '../discover.ts';
import { accountOf, type OpenAccount } from '../read-account.ts';
import type { Named } from '../settings.ts';
import { DEAD_LETTERS, HINTS } from './status.ts';

const MINUTE_MS = 60_000;
const WELL_MS = 12 * MINUTE_MS;
const WRONG_MS = 8 * MINUTE_MS;
/** Whoever watches sees it end. */
const ENDS_AFTER_MS = 2 * MINUTE_MS;

export interface SimulatedStack {
  readonly named: Named;
  readonly options: ClientOptions;
  readonly account: OpenAccount;
  /** The account's own time, which stands still while nobody waits. */
  readonly clock: Clock;
  /** Alarms that ring now. */
  ringing(): readonly string[];
  close(): Promise<void>;
}

/** Lets the stack run until something is wrong, and opens its account's door on loopback for real SDK clients. */
export async function openSimulatedStack(): Promise<SimulatedStack> {
  const watched = new Watched({ names: NAMES, alarms: metricAlarms(), composites: compositeAlarms(), forgets: true });
  await goWrong(watched);
  const { deployment } = watched;
  const { account, queue } = deployment;
  const rendered = viewOf(FILES).root().outputs;
  const outputs = Object.fromEntries(Object.entries(rendered).map(([name, value]) => [name, String(value)]));
  account.queues.set(outputs[HINTS] ?? '', () => queue.length);
  account.queues.set(outputs[DEAD_LETTERS] ?? '', () => queue.deadLetters.length);
  const door = new HttpDoor(deployment.service);
  const options = { region: account.home.region, endpoint: await door.open() };
  // The door takes any key; the caller's own must not be asked for.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'simulated', AWS_SECRET_ACCESS_KEY: 'simulated' });
  delete process.env['AWS_PROFILE'];
  const clock: Clock = {
    now: () => deployment.clock.now(),
    sleep: (milliseconds) => watched.pass(milliseconds),
  };
  const settings = parseSettings(deployment.settings);
  const api = createAwsApi(settings, { ...options, logGroup: LOG_GROUP });
  return {
    named: { ...settings, isDeployed: true, logGroup: LOG_GROUP, stack: NAMES.stack, outputs },
    options,
    account: accountOf(settledBy(settings), api, clock, { isDeployed: true, hasLog: true }),
    clock,
    ringing: () => watched.alarms.ringing.map((name) => name.replace(/Alarm$/, '')),
    close: () => door.close(),
  };
}

/** A task without an address of its own runs, which is stopped in a while; and somebody has registered a target that nothing answers at. */
async function goWrong(watched: Watched): Promise<void> {
  const { deployment } = watched;
  deployment.start(4);
  await watched.pass(WELL_MS);
  const [bridged] = deployment.start(1, { withoutInterface: true });
  deployment.account.elb.register(deployment.group, [{ id: '10.0.99.9', port: 8080, zone: undefined }]);
  await watched.pass(WRONG_MS);
  deployment.clock.after(ENDS_AFTER_MS, () => {
    if (bridged !== undefined) deployment.account.ecs.stop(bridged);
    deployment.account.elb.deregister(deployment.group, [{ id: '10.0.99.9', port: 8080, zone: undefined }]);
  });
}
