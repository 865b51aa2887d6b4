/** What the tests of the adapters share: values that were parsed, clients whose calls are caught, and a clock of their own. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { mockClient } from 'aws-sdk-client-mock';
import { createCloudMapApi } from '../../functions/adapters/cloud-map.ts';
import { createEcsApi } from '../../functions/adapters/ecs.ts';
import { createElbApi } from '../../functions/adapters/elb.ts';
import { createLogsApi } from '../../functions/adapters/logs.ts';
import type { ClientFor } from '../../functions/adapters/places.ts';
import { createTaggingApi } from '../../functions/adapters/tagging.ts';
import type { AwsApi } from '../../functions/app/ports.ts';
import type { Selector } from '../../functions/core/binding.ts';
import { isObject } from '../../functions/core/json.ts';
import {
  type IpAddress,
  type Port,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseIpAddress,
  parsePort,
  parseTargetGroupArn,
  parseTaskArn,
  type TaskArn,
} from '../../functions/core/values.ts';
import { HOME, unwrap } from './values.ts';

const ACCOUNT = 'eu-west-1:111122223333';

export const CLUSTER = unwrap(parseClusterArn(`arn:aws:ecs:${ACCOUNT}:cluster/prod`));
export const GROUP = unwrap(parseTargetGroupArn(`arn:aws:elasticloadbalancing:${ACCOUNT}:targetgroup/web/0123456789abcdef`));
export const OTHER_GROUP = unwrap(
  parseTargetGroupArn(`arn:aws:elasticloadbalancing:${ACCOUNT}:targetgroup/api/fedcba9876543210`),
);
export const CLOUD_MAP_SERVICE = unwrap(
  parseCloudMapServiceArn(`arn:aws:servicediscovery:${ACCOUNT}:service/srv-utcrh6wavdkggqtk`),
);
export const SERVICE: Selector = { kind: 'service', cluster: CLUSTER, name: 'app' };
/** Where the function's log is. */
export const LOG_GROUP = '/aws/lambda/sync';
export const FAMILY: Selector = { kind: 'family', cluster: CLUSTER, name: 'nightly-report' };

/** The ARN of the task with this number. */
export function taskArn(number: number): TaskArn {
  return unwrap(parseTaskArn(`arn:aws:ecs:${ACCOUNT}:task/prod/${number.toString(16).padStart(32, '0')}`));
}

export function ip(text: string): IpAddress {
  return unwrap(parseIpAddress(text));
}

export function port(number: number): Port {
  return unwrap(parsePort(number));
}

/** The whole numbers from 0, so many of them. */
export function count(number: number): number[] {
  return Array.from({ length: number }, (_, index) => index);
}

/** What a test does with a client whose calls are caught. Answers are objects of any shape, since AWS may send any. */
export interface Mock {
  resolves(answer: object): unknown;
  rejects(error: Error): unknown;
  callsFake(fake: (input: Readonly<Record<string, unknown>>) => unknown): unknown;
  calls(): readonly { readonly args: readonly unknown[] }[];
}

export type Api = 'ecs' | 'elb' | 'cloudMap' | 'logs' | 'tagging';

export interface MockedAws {
  readonly world: AwsApi;
  /** Of what a client was asked for, call by call; undefined where it is whatever lies at home. */
  readonly places: readonly (string | undefined)[];
  readonly mocks: Readonly<Record<Api, Mock>>;
}

/** The adapters over clients that send nothing. */
export function mockedAws(): MockedAws {
  const ecs = new ECSClient({ region: 'eu-west-1' });
  const elb = new ElasticLoadBalancingV2Client({ region: 'eu-west-1' });
  const cloudMap = new ServiceDiscoveryClient({ region: 'eu-west-1' });
  const logs = new CloudWatchLogsClient({ region: 'eu-west-1' });
  const tagging = new ResourceGroupsTaggingAPIClient({ region: 'eu-west-1' });
  const places: (string | undefined)[] = [];
  const placed =
    <Client>(client: Client): ClientFor<Client> =>
    (arn) => {
      places.push(arn);
      return client;
    };
  return {
    places,
    world: {
      ...createEcsApi(placed(ecs)),
      ...createElbApi(elb),
      ...createCloudMapApi(placed(cloudMap)),
      ...createTaggingApi(placed(tagging)),
      ...createLogsApi(logs, LOG_GROUP, HOME),
    },
    mocks: {
      ecs: mockClient(ecs),
      elb: mockClient(elb),
      cloudMap: mockClient(cloudMap),
      logs: mockClient(logs),
      tagging: mockClient(tagging),
    },
  };
}

export interface Sent {
  /** The name of the command's class, such as `ListTasksCommand`. */
  readonly command: string;
  readonly input: unknown;
  readonly abortSignal: unknown;
}

/** What was handed to the client's `send`, call by call. */
export function sentBy(mock: Mock): Sent[] {
  return mock.calls().map(({ args: [command, options] }) => {
    if (!isObject(command) || !isObject(options))
      throw new Error('The client was called without a command or without options.');
    return { command: command.constructor.name, input: command['input'], abortSignal: options['abortSignal'] };
  });
}
