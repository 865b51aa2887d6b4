/**
 * What the product and the example cost a month, counted from the templates: who reads it decides by it whether to deploy, and a
 * further alarm or NAT gateway has to show there.
 */
import { METRICS } from '../../../functions/adapters/telemetry.ts';
import { functionsOf } from '../template/functions.ts';
import { listOf, lookUp } from '../template/template.ts';
import { ofType, type Stack, type View } from '../template/templates.ts';
import { HOURS_A_MONTH, PRICES, PRICES_AS_OF } from './prices.ts';

interface Line {
  readonly item: string;
  readonly quantity: string;
  readonly price: string;
  readonly dollars: number;
}

const MINUTES_A_MONTH = HOURS_A_MONTH * 60;
/** Lambda keeps five long polls of 20 s open for a queue, whether anything is in it or not (Lambda guide, "SQS"). */
const POLLS_A_MINUTE = 15;
/** Assumed, on the high side: what a scheduled pass takes, and what it writes to the log. */
const PASS_SECONDS = 0.3;
const PASS_LOG_BYTES = 1_000;
const GIGABYTE = 1_000_000_000;
/** Assumed of the example's load: a load balancer unit's tenth, and images and calls through NAT. */
const LOAD_BALANCER_UNITS = 0.1;
const NAT_GIGABYTES = 5;
const FILE_GIGABYTES = 1;
/** Most of it by the first start. Binary logs of an idle database are a few kB a day. */
const FILE_GIGABYTES_MOVED = 2;

/** The tables of docs/cost.md. */
export function costTables(view: View): string {
  const example = view.scenario();
  return [
    '### The product alone',
    tableOf(productLines(view.root())),
    '### The example, as typed',
    tableOf([...productLines(view.root()), ...exampleLines(example)]),
    '### What other parameters change',
    choices(view, example),
    `Prices: us-east-1, on demand, ${PRICES_AS_OF}, in US dollars, without free tiers; a month has ${HOURS_A_MONTH} hours.`,
  ].join('\n\n');
}

/** What it costs in all. */
export function dollarsOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

export function productLines(stack: Stack): Line[] {
  const alarms = ofType(stack, 'AWS::CloudWatch::Alarm').length;
  const gigabytes = functionsOf(stack).reduce((sum, { properties }) => sum + Number(properties['MemorySize']) / 1_024, 0);
  const seconds = MINUTES_A_MONTH * PASS_SECONDS * gigabytes;
  const polls = MINUTES_A_MONTH * POLLS_A_MINUTE;
  const logged = (MINUTES_A_MONTH * PASS_LOG_BYTES) / GIGABYTE;
  return [
    // With one value of the dimension `service`.
    line('metrics', Object.keys(METRICS).length, 'a month', PRICES.metricMonth),
    line('alarms', alarms, 'a month', PRICES.alarmMonth),
    line('composite alarms', ofType(stack, 'AWS::CloudWatch::CompositeAlarm').length, 'a month', PRICES.compositeAlarmMonth),
    line('queue, Lambda’s polls', polls / 1_000_000, 'a million', PRICES.queueMillion),
    line(`function, a pass a minute of ${PASS_SECONDS} s, in GB-seconds`, seconds, 'each', PRICES.lambdaGigabyteSecond),
    line('function, calls', MINUTES_A_MONTH / 1_000_000, 'a million', PRICES.lambdaMillion),
    line('log, in GB', logged, 'each', PRICES.logGigabyte),
    line('rule, schedule, calls to ECS, ELB and Cloud Map', 0, '', 0),
  ];
}

export function exampleLines(stack: Stack): Line[] {
  const { processors, gigabytes } = fargateSize(stack);
  const nat = ofType(stack, 'AWS::EC2::NatGateway').length;
  const balancers = ofType(stack, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  // A load balancer that faces the internet has a public address in each of its subnets.
  const addresses =
    ofType(stack, 'AWS::EC2::EIP').length + balancers.flatMap(({ properties }) => listOf(properties['Subnets'])).length;
  const endpoints = ofType(stack, 'AWS::EC2::VPCEndpoint').filter(
    ({ properties }) => properties['VpcEndpointType'] === 'Interface',
  );
  const lines = [
    line('NAT gateways', nat, 'an hour', PRICES.natHour, HOURS_A_MONTH),
    line('through NAT, in GB', nat === 0 ? 0 : NAT_GIGABYTES, 'each', PRICES.natGigabyte),
    line('load balancers', balancers.length, 'an hour', PRICES.loadBalancerHour, HOURS_A_MONTH),
    line('load balancer units', balancers.length * LOAD_BALANCER_UNITS, 'an hour', PRICES.loadBalancerUnitHour, HOURS_A_MONTH),
    line('public IPv4 addresses', addresses, 'an hour', PRICES.publicAddressHour, HOURS_A_MONTH),
    line('interface endpoints, each in two zones', endpoints.length * 2, 'an hour', PRICES.endpointZoneHour, HOURS_A_MONTH),
    line('Fargate, processors', processors, 'an hour', PRICES.fargateProcessorHour, HOURS_A_MONTH),
    line('Fargate, GB of memory', gigabytes, 'an hour', PRICES.fargateGigabyteHour, HOURS_A_MONTH),
    line(
      'files of MySQL, in GB',
      ofType(stack, 'AWS::EFS::FileSystem').length * FILE_GIGABYTES,
      'a month',
      PRICES.fileGigabyteMonth,
    ),
    line(
      'written to files, in GB',
      ofType(stack, 'AWS::EFS::FileSystem').length * FILE_GIGABYTES_MOVED,
      'each',
      PRICES.fileGigabyteWritten,
    ),
    line('secrets', ofType(stack, 'AWS::SecretsManager::Secret').length, 'a month', PRICES.secretMonth),
    line(
      'private DNS zones',
      ofType(stack, 'AWS::ServiceDiscovery::PrivateDnsNamespace').length,
      'a month',
      PRICES.hostedZoneMonth,
    ),
  ];
  return lines.filter(({ dollars }) => dollars > 0);
}

/** Processors and memory of all tasks, where they run on Fargate. */
function fargateSize(stack: Stack): { readonly processors: number; readonly gigabytes: number } {
  const sizes = ofType(stack, 'AWS::ECS::Service')
    .filter(({ properties }) => lookUp(properties, 'CapacityProviderStrategy', 0, 'CapacityProvider') === 'FARGATE')
    .map(({ properties }) => {
      const definition = ofType(stack, 'AWS::ECS::TaskDefinition').find(({ name }) => name === properties['TaskDefinition']);
      const count = Number(properties['DesiredCount']);
      return {
        processors: (count * Number(definition?.properties['Cpu'])) / 1_024,
        gigabytes: (count * Number(definition?.properties['Memory'])) / 1_024,
      };
    });
  return {
    processors: sizes.reduce((sum, size) => sum + size.processors, 0),
    gigabytes: sizes.reduce((sum, size) => sum + size.gigabytes, 0),
  };
}

function choices(view: View, example: Stack): string {
  const usual = dollarsOf(exampleLines(example));
  const options = [
    ['NatMode=perAz', { NatMode: 'perAz' }, 0],
    ['NatMode=none InterfaceEndpoints=create, images in ECR', { NatMode: 'none', InterfaceEndpoints: 'create' }, 0],
    ['Capacity=EC2, two instances c6i.large', { Capacity: 'EC2' }, 2 * PRICES.instanceHour * HOURS_A_MONTH],
    ['DesiredCount=0', { DesiredCount: 0 }, 0],
    ['Persistence=none', { Persistence: 'none' }, 0],
  ] as const;
  const rows = options.map(([name, given, more]) => {
    const difference = dollarsOf(exampleLines(view.scenario(given))) + more - usual;
    return `| \`${name.split(',')[0]}\`${name.slice(name.split(',')[0]?.length)} | ${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(2)} |`;
  });
  return ['| instead | a month, in $ |', '| --- | ---: |', ...rows].join('\n');
}

function line(item: string, quantity: number, per: string, price: number, times = 1): Line {
  const shown = Number.isInteger(quantity) ? String(quantity) : quantity.toPrecision(3);
  return {
    item,
    quantity: price === 0 ? '' : Number(shown).toLocaleString('en-US', { maximumFractionDigits: 4 }),
    price: price === 0 ? 'nothing' : `${price} ${per}`,
    dollars: quantity * price * times,
  };
}

function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(
    ({ item, quantity, price, dollars }) => `| ${item} | ${quantity} | ${price} | ${dollars.toFixed(2)} |`,
  );
  const sum = `| **in all** | | | **${dollarsOf(lines).toFixed(2)}** |`;
  return ['| what | how many | price, in $ | a month, in $ |', '| --- | ---: | --- | ---: |', ...rows, sum].join('\n');
}
