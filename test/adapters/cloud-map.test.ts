/** AWS Cloud Map: what is made of the attributes of an instance. */
import { describe, expect, it } from 'vitest';
import { instanceFrom } from '../../functions/adapters/cloud-map.ts';
import { UnreadableAnswer } from '../../functions/adapters/outcome.ts';
import { CLOUD_MAP_SERVICE, mockedAws, sentBy } from '../support/sdk.ts';

/** As ECS writes it for service discovery with SRV records; the health is the registration's default and is not read. */
const OF_SERVICE_DISCOVERY = {
  AWS_INIT_HEALTH_STATUS: 'UNHEALTHY',
  AWS_INSTANCE_IPV4: '10.0.1.7',
  AWS_INSTANCE_PORT: '8080',
  AVAILABILITY_ZONE: 'eu-west-1a',
  REGION: 'eu-west-1',
  ECS_CLUSTER_NAME: 'prod',
  ECS_SERVICE_NAME: 'app',
  ECS_TASK_DEFINITION_FAMILY: 'app',
};

/** As ECS writes it for Service Connect: other keys, and no name of a service. */
const OF_SERVICE_CONNECT = {
  AWS_INSTANCE_IPV4: '10.0.1.7',
  AWS_INSTANCE_PORT: '31000',
  AvailabilityZone: 'eu-west-1a',
  DeploymentId: 'arn:aws:ecs:eu-west-1:111122223333:task-set/prod/app/ecs-svc/1234567890123456789',
  perRequestTimeoutMs: '15000',
};

const NOTHING = { id: 'one', ipv4: undefined, ipv6: undefined, port: undefined, ofEcs: false, cluster: undefined };

const INSTANCES = [
  {
    shape: 'service discovery',
    attributes: OF_SERVICE_DISCOVERY,
    read: { ipv4: '10.0.1.7', port: 8080, ofEcs: true, cluster: 'prod' },
  },
  {
    shape: 'Service Connect',
    attributes: OF_SERVICE_CONNECT,
    read: { ipv4: '10.0.1.7', port: 31_000, ofEcs: true, cluster: 'prod' },
  },
  {
    shape: 'a deployment that is named otherwise, and with it no cluster',
    attributes: { AWS_INSTANCE_IPV4: '10.0.1.7', DeploymentId: 'ecs-svc/1234567890123456789' },
    read: { ipv4: '10.0.1.7', ofEcs: true },
  },
  {
    shape: 'an A record, which has no port',
    attributes: { AWS_INSTANCE_IPV4: '10.0.1.7', ECS_SERVICE_NAME: 'app' },
    read: { ipv4: '10.0.1.7', ofEcs: true },
  },
  { shape: 'somebody else', attributes: { AWS_INSTANCE_IPV4: '10.0.1.7', owner: 'nomad' }, read: { ipv4: '10.0.1.7' } },
  { shape: 'somebody else with a CNAME', attributes: { AWS_INSTANCE_CNAME: 'db.example.com' }, read: {} },
  {
    shape: 'a dual-stack subnet',
    attributes: { AWS_INSTANCE_IPV4: '10.0.1.7', AWS_INSTANCE_IPV6: '2001:DB8:0::7', ECS_SERVICE_NAME: 'app' },
    read: { ipv4: '10.0.1.7', ipv6: '2001:db8::7', ofEcs: true },
  },
  {
    shape: 'an IPv6-only subnet',
    attributes: { AWS_INSTANCE_IPV6: '2001:db8::7', ECS_SERVICE_NAME: 'app' },
    read: { ipv6: '2001:db8::7', ofEcs: true },
  },
  { shape: 'an address that is none', attributes: { AWS_INSTANCE_IPV4: 'xx.xx.xx.xxx' }, read: {} },
  { shape: 'the first port', attributes: { AWS_INSTANCE_PORT: '1' }, read: { port: 1 } },
  { shape: 'the last port', attributes: { AWS_INSTANCE_PORT: '65535' }, read: { port: 65_535 } },
  { shape: 'a port below the first', attributes: { AWS_INSTANCE_PORT: '0' }, read: {} },
  { shape: 'a port above the last', attributes: { AWS_INSTANCE_PORT: '65536' }, read: {} },
  { shape: 'a port that is a word', attributes: { AWS_INSTANCE_PORT: 'http' }, read: {} },
  { shape: 'no attributes', attributes: {}, read: {} },
];

describe('instanceFrom', () => {
  it.each(INSTANCES)('reads the instance of $shape', ({ attributes, read }) => {
    expect(instanceFrom({ Id: 'one', Attributes: attributes })).toEqual({ ...NOTHING, ...read });
  });

  it('reads an instance whose attributes are left out', () => {
    expect(instanceFrom({ Id: 'one' })).toEqual(NOTHING);
  });

  it('refuses an instance without id', () => {
    const read = (): unknown => instanceFrom({ Attributes: OF_SERVICE_DISCOVERY });
    expect(read).toThrow(UnreadableAnswer);
    expect(read).toThrow('the answer has no Id');
  });

  it('is not taken in by names that every object has', () => {
    expect(instanceFrom({ Id: 'one', Attributes: { constructor: 'x', toString: 'y' } })).toEqual(NOTHING);
  });
});

describe('ListInstances', () => {
  it('asks for the first page without a token, by the id of the service and not by its ARN', async () => {
    const { world, mocks } = mockedAws();
    mocks.cloudMap.resolves({ Instances: [] });
    const outcome = await world.ListInstances({ service: CLOUD_MAP_SERVICE, nextToken: undefined });
    expect(outcome).toEqual({ ok: true, value: { items: [], nextToken: undefined } });
    expect(sentBy(mocks.cloudMap).map(({ input }) => input)).toEqual([{ ServiceId: 'srv-utcrh6wavdkggqtk' }]);
  });
});

describe('ListTagsForResource', () => {
  it.each([
    { answer: {}, tags: [] },
    { answer: { Tags: [] }, tags: [] },
    { answer: { Tags: [{ Key: 'team' }] }, tags: [{ key: 'team', value: '' }] },
  ])('reads $answer as tags', async ({ answer, tags }) => {
    const { world, mocks } = mockedAws();
    mocks.cloudMap.resolves(answer);
    expect(await world.ListTagsForResource({ service: CLOUD_MAP_SERVICE })).toEqual({ ok: true, value: tags });
  });
});
