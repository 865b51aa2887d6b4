/** The account as it is: SDK clients, the clock of the machine. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { AwsApi, Clock } from '../app/ports.ts';
import type { Settings } from '../core/binding-sources.ts';
import { createCloudMapApi } from './cloud-map.ts';
import { createEcsApi } from './ecs.ts';
import { createElbApi } from './elb.ts';
import { createLogsApi } from './logs.ts';
import { Places, type Watch } from './places.ts';
import { createTaggingApi } from './tagging.ts';

/** What a tool may choose; the function leaves all of it to its environment. */
export interface ClientOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  /** Where the function's record is; Lambda says it by itself. */
  readonly logGroup?: string;
}

/** A connection inside AWS stands within milliseconds, or it never does. */
const CONNECTION_TIME_MS = 1_000;

/**
 * One attempt a call: what is tried again, and when, is decided where its proof is known.
 * The SDK's own retries would send a deregistration again with a proof that has grown old.
 */
export function createAwsApi(settings: Pick<Settings, 'home' | 'spokeRole'>, options: ClientOptions = {}): AwsApi {
  const { logGroup = process.env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '', ...chosen } = options;
  // How long a whole call may take is cut off in outcome.ts; the SDK's own requestTimeout only warns.
  const configuration = { ...chosen, maxAttempts: 1, requestHandler: { connectionTimeout: CONNECTION_TIME_MS } };
  const places = new Places(configuration, settings.home, settings.spokeRole);
  return {
    ...createEcsApi(places.clients((each, watch) => watched(new ECSClient(each), watch))),
    ...createElbApi(new ElasticLoadBalancingV2Client(configuration)),
    ...createCloudMapApi(places.clients((each, watch) => watched(new ServiceDiscoveryClient(each), watch))),
    ...createTaggingApi(places.clients((each, watch) => watched(new ResourceGroupsTaggingAPIClient(each), watch))),
    ...createLogsApi(new CloudWatchLogsClient(configuration), logGroup, settings.home),
  };
}

/** Of a client of the SDK, the list of what its calls pass through. */
interface Watchable {
  readonly middlewareStack: { add(middleware: Watch, where: { readonly step: 'initialize'; readonly name: string }): void };
}

function watched<Client extends Watchable>(client: Client, watch: Watch): Client {
  client.middlewareStack.add(watch, { step: 'initialize', name: 'watch' });
  return client;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
