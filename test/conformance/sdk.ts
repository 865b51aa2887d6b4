/** Calls by AWS's own SDK clients for JavaScript. */
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecs from '@aws-sdk/client-ecs';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as events from '@aws-sdk/client-eventbridge';
import * as tagging from '@aws-sdk/client-resource-groups-tagging-api';
import * as cloudMap from '@aws-sdk/client-servicediscovery';
import * as sts from '@aws-sdk/client-sts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { answerOf, Refused } from './scene.ts';

const SERVICES = ['ecs', 'elb', 'cloudMap', 'tagging', 'sts', 'logs', 'events'] as const;
type ServiceName = (typeof SERVICES)[number];

const MODULES = { ecs, elb, cloudMap, tagging, sts, logs, events };

/** Calls any operation of the services by its name, at an endpoint on this machine. */
export function createSdkCall(endpoint: string): (operation: string, input: JsonObject) => Promise<JsonObject> {
  const configuration = {
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'conformance', secretAccessKey: 'conformance' },
    maxAttempts: 1,
  };
  const clients = {
    ecs: new ecs.ECSClient(configuration),
    elb: new elb.ElasticLoadBalancingV2Client(configuration),
    cloudMap: new cloudMap.ServiceDiscoveryClient(configuration),
    tagging: new tagging.ResourceGroupsTaggingAPIClient(configuration),
    sts: new sts.STSClient(configuration),
    logs: new logs.CloudWatchLogsClient(configuration),
    events: new events.EventBridgeClient(configuration),
  };
  const send: Readonly<Record<ServiceName, (command: CallableFunction, input: JsonObject) => Promise<unknown>>> = {
    ecs: (command, input) => clients.ecs.send(Reflect.construct(command, [input])),
    elb: (command, input) => clients.elb.send(Reflect.construct(command, [input])),
    cloudMap: (command, input) => clients.cloudMap.send(Reflect.construct(command, [input])),
    tagging: (command, input) => clients.tagging.send(Reflect.construct(command, [input])),
    sts: (command, input) => clients.sts.send(Reflect.construct(command, [input])),
    logs: (command, input) => clients.logs.send(Reflect.construct(command, [input])),
    events: (command, input) => clients.events.send(Reflect.construct(command, [input])),
  };
  return async (operation, input) => {
    const { service, command } = commandOf(operation);
    try {
      const answer = await send[service](command, input);
      const { $metadata: _, ...rest } = answerOf(answer, operation);
      return rest;
    } catch (error) {
      throw isAnswer(error) ? new Refused(error.name, error.message) : error;
    }
  };
}

/** ECS and Cloud Map have namesakes: `cloudMap.` before a name says which one is meant, and of the product's calls these are. */
const OF_CLOUD_MAP: ReadonlySet<string> = new Set(['ListServices', 'ListTagsForResource']);

function commandOf(operation: string): { readonly service: ServiceName; readonly command: CallableFunction } {
  const written = OF_CLOUD_MAP.has(operation) ? `cloudMap.${operation}` : operation;
  const [prefix, name] = written.includes('.') ? written.split('.') : [undefined, written];
  for (const service of SERVICES) {
    const command: unknown = Reflect.get(MODULES[service], `${name}Command`);
    if ((prefix === undefined || prefix === service) && typeof command === 'function') return { service, command };
  }
  throw new Error(`No SDK client has a command for ${operation}.`);
}

/** Whether the service itself has answered with the error; a connection that failed is no answer. */
function isAnswer(error: unknown): error is Error {
  return (
    error instanceof Error &&
    isObject(error) &&
    isObject(error['$metadata']) &&
    error['$metadata']['httpStatusCode'] !== undefined
  );
}
