import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { createCloudMapApi } from '../../functions/adapters/cloud-map.ts';
import { createEcsApi } from '../../functions/adapters/ecs.ts';
import { createElbApi } from '../../functions/adapters/elb.ts';
import { createLogsApi } from '../../functions/adapters/logs.ts';
import { createTaggingApi } from '../../functions/adapters/tagging.ts';

/** The calls of functions/app/ports.ts, one IAM action each: the adapters have one method per call, by the call's name. */
export function callsMade(): string[] {
  const region = { region: 'eu-west-1' };
  const calls = {
    ecs: Object.keys(createEcsApi(() => new ECSClient(region))),
    elasticloadbalancing: Object.keys(createElbApi(new ElasticLoadBalancingV2Client(region))),
    // Two services have a call of one name: ours says which is meant.
    logs: Object.keys(createLogsApi(new CloudWatchLogsClient(region), '', undefined)).map((name) =>
      name.replace('ListLogGroupTags', 'ListTagsForResource'),
    ),
    servicediscovery: Object.keys(createCloudMapApi(() => new ServiceDiscoveryClient(region))),
    tag: Object.keys(createTaggingApi(() => new ResourceGroupsTaggingAPIClient(region))),
  };
  return Object.entries(calls).flatMap(([service, names]) => names.map((name) => `${service}:${name}`));
}
