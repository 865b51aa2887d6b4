/** A drawing of the scenario, in the language of Mermaid, from the templates: who calls whom, who keeps what. */

import { listOf, lookUp } from '../template/template.ts';
import { ofType, type Resource, resourceOf, type Stack, type View } from '../template/templates.ts';

export function drawScenario(view: View): string {
  const stack = view.scenario();
  const lines = [...boxes(stack), ...calls(stack), ...names(stack), ...hints(stack)];
  return ['```mermaid', 'flowchart LR', ...lines.map((line) => `  ${line}`), '```'].join('\n');
}

/** What stands where: subnets by whether their way out is the internet gateway. */
function boxes(stack: Stack): string[] {
  const listener = ofType(stack, 'AWS::ElasticLoadBalancingV2::Listener').map(({ properties }) => properties['Port']);
  const services = ofType(stack, 'AWS::ECS::Service');
  const group = resourceOf(stack, 'App/TargetGroup').properties;
  return [
    'users((users))',
    `subgraph vpc["VPC ${resourceOf(stack, 'Network/Vpc').properties['CidrBlock']}"]`,
    `  subgraph public["public subnets ${ranges(stack, 'Public')}"]`,
    `    balancer["load balancer :${listener.join(', :')}"]`,
    '  end',
    `  subgraph private["private subnets ${ranges(stack, 'Private')}"]`,
    ...services.map(
      (service) =>
        `    ${idOf(service)}["service ${service.properties['ServiceName']} :${portOf(stack, service)}, ${count(service)}"]`,
    ),
    '  end',
    `  group["target group, type ${group['TargetType']}, :${group['Port']}<br/>tag: ${tagOf(group)}"]`,
    'end',
    'subgraph product["template.yaml"]',
    '  queue[(queue of hints)]',
    '  function["sync function"]',
    'end',
  ];
}

function calls(stack: Stack): string[] {
  const ways = ofType(stack, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) => {
    return [ownerOf(properties['SourceSecurityGroupId']), ownerOf(properties['GroupId']), properties['FromPort']] as const;
  });
  return ['users --> balancer', 'balancer -.- group', ...ways.map(([from, to, port]) => `${from} -->|":${port}"| ${to}`)];
}

function names(stack: Stack): string[] {
  const discovery = resourceOf(stack, 'Database/Discovery').properties;
  const zone = resourceOf(stack, 'Database/Namespace').properties['Name'];
  const record = lookUp(discovery, 'DnsConfig', 'DnsRecords', 0, 'Type');
  const files = ofType(stack, 'AWS::EFS::FileSystem').length > 0 ? ['Database --- files[(EFS)]'] : [];
  return [
    `cloudmap["Cloud Map: ${discovery['Name']}.${zone} (${record})<br/>tag: ${tagOf(discovery)}"]`,
    'App -.->|asks for the name| cloudmap',
    'cloudmap -.- Database',
    ...files,
  ];
}

function hints(stack: Stack): string[] {
  const rule = resourceOf(stack, 'Sync/TaskRule').properties;
  const kinds = listOf(lookUp(rule, 'EventPattern', 'detail-type'));
  return [
    `App -->|"${kinds.join(', ')}"| queue`,
    'queue --> function',
    'function -->|registers, deregisters| group',
    'function -.->|checks| cloudmap',
  ];
}

function ranges(stack: Stack, kind: string): string {
  const subnets = ofType(stack, 'AWS::EC2::Subnet').filter(({ name }) => name.startsWith(`Network/${kind}`));
  return subnets.map(({ properties }) => properties['CidrBlock']).join(', ');
}

function count({ properties }: Resource): string {
  const wanted = Number(properties['DesiredCount']);
  return wanted === 1 ? '1 task' : `${wanted} tasks`;
}

function portOf(stack: Stack, { properties }: Resource): unknown {
  const definition = resourceOf(stack, String(properties['TaskDefinition'])).properties;
  return lookUp(definition, 'ContainerDefinitions', 0, 'PortMappings', 0, 'ContainerPort');
}

function tagOf({ Tags }: Resource['properties']): unknown {
  return lookUp(
    listOf(Tags).find((tag) => lookUp(tag, 'Key') === 'alb-target-sync'),
    'Value',
  );
}

/** `App/Service` is drawn as `App`, and so is its security group. */
function idOf({ name }: Pick<Resource, 'name'>): string {
  return name.split('/')[0] ?? name;
}

function ownerOf(group: unknown): string {
  return String(group).includes('LoadBalancer') ? 'balancer' : idOf({ name: String(group) });
}
