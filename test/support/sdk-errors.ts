/** What the installed SDK says about errors: which ones an operation may end with, and how each is written on the wire. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecs from '@aws-sdk/client-ecs';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as tagging from '@aws-sdk/client-resource-groups-tagging-api';
import * as cloudMap from '@aws-sdk/client-servicediscovery';
import { isObject } from '../../functions/core/json.ts';
import type { Api } from './sdk.ts';
import type { Call } from './sdk-calls.ts';

const PACKAGES: Readonly<Record<Api, string>> = {
  ecs: '@aws-sdk/client-ecs',
  elb: '@aws-sdk/client-elastic-load-balancing-v2',
  cloudMap: '@aws-sdk/client-servicediscovery',
  logs: '@aws-sdk/client-cloudwatch-logs',
  tagging: '@aws-sdk/client-resource-groups-tagging-api',
};

const EXPORTS: Readonly<Record<Api, ReadonlyMap<string, unknown>>> = {
  ecs: new Map(Object.entries(ecs)),
  elb: new Map(Object.entries(elb)),
  cloudMap: new Map(Object.entries(cloudMap)),
  logs: new Map(Object.entries(logs)),
  tagging: new Map(Object.entries(tagging)),
};

/** The class that all errors of a service derive from: it stands in every list and says nothing. */
const BASES = [
  'CloudWatchLogsServiceException',
  'ECSServiceException',
  'ResourceGroupsTaggingAPIServiceException',
  'ElasticLoadBalancingV2ServiceException',
  'ServiceDiscoveryServiceException',
];

/** The errors that the model gives an operation, as the documentation of its command names them. */
export function modelledErrors({ api, operation, command = operation }: Call): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve(`${PACKAGES[api]}/package.json`));
  const text = readFileSync(join(folder, 'dist-types', 'commands', `${command}Command.d.ts`), 'utf8');
  const names = [...text.matchAll(/@throws \{@link (\w+)\}/g)].flatMap(([, name]) => name ?? []);
  return [...new Set(names)].filter((name) => !BASES.includes(name)).sort();
}

export interface WireError {
  readonly code: string;
  readonly status: number;
}

/** How the service writes the error: load balancing leaves the `Exception` of the class's name away. */
export function wireErrorOf(api: Api, name: string): WireError {
  const schema = EXPORTS[api].get(`${name}$`);
  const traits: unknown = Array.isArray(schema) ? schema[3] : undefined;
  if (!isObject(traits)) throw new Error(`${PACKAGES[api]} exports no schema of ${name}.`);
  const [code, status]: readonly unknown[] = Array.isArray(traits['awsQueryError']) ? traits['awsQueryError'] : [];
  return {
    code: typeof code === 'string' ? code : name,
    status: typeof status === 'number' ? status : traits['error'] === 'server' ? 500 : 400,
  };
}
