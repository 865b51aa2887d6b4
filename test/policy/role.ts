/** The roles of template.yaml and infra/spoke.yaml: what their policies say under given parameters, and what IAM would answer. */
import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';
import {
  listOf,
  lookUp,
  objectOf,
  type ParameterValues,
  parseTemplate,
  render,
  renderTemplate,
} from '../../scripts/tools/template/template.ts';
import { homeOf, type IamRequest } from './requests.ts';

export interface Statement {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: JsonObject | undefined;
}

export interface Role {
  /** As whom it calls: a session of the role. */
  readonly principal: string;
  readonly accountId: string;
  readonly statements: readonly Statement[];
}

export interface Answer {
  readonly allowed: boolean;
  /** Ids of the statements that allow it. */
  readonly by: readonly string[];
}

/** Accounts that a hub is told of: one in its region, one in another. */
export const SPOKES = [
  { id: '222233334444', region: 'eu-west-1' },
  { id: '333344445555', region: 'us-east-2' },
] as const satisfies readonly Home[];

export const SPOKE_TEXT = readFileSync(new URL('../../infra/spoke.yaml', import.meta.url), 'utf8');
const SPOKE_TEMPLATE = parseTemplate(SPOKE_TEXT);
const HUB_ROLE = 'alb-target-sync-SyncRole-0123';

/** Most files of tests come to the same stacks, and to the same questions about them. */
const rendered = new Map<string, JsonObject>();
const answers = new Map<string, Promise<Answer>>();

/** The role of a stack with these settings, in the account and region of its first cluster. */
export function roleOf(settings: SettingsText, more: ParameterValues = {}): Role {
  const home = homeOf(settings);
  const role = lookUp(renderHub(settings, more), 'Resources', 'SyncRole', 'Properties');
  return { principal: sessionOf(HUB_ROLE, home.id), accountId: home.id, statements: statementsOf(role, home) };
}

/** What a spoke of the stack deploys there. Where the stack names clusters, the spoke names its own of them. */
function renderSpoke(settings: SettingsText, spoke: Home): JsonObject {
  const clusters = settings.clusters.filter((arn) => arn.split(':')[4] === spoke.id);
  const hub = homeOf(settings);
  const given: ParameterValues = {
    HubRoleArn: `arn:aws:iam::${hub.id}:role/${HUB_ROLE}`,
    HubBusArn: `arn:aws:events:${hub.region}:${hub.id}:event-bus/default`,
    ExternalId: settings.spokeRole?.externalId ?? '',
    RoleName: settings.spokeRole?.name ?? '',
    ClusterArns: listParameter(clusters),
    'AWS::Region': spoke.region,
    'AWS::AccountId': spoke.id,
  };
  return once(rendered, `spoke ${JSON.stringify(given)}`, () => renderTemplate(SPOKE_TEMPLATE, given));
}

/** A role that a spoke of the stack makes: the one that the hub reads by, or the one that its rules send by. */
export function spokeRoleOf(settings: SettingsText, spoke: Home, resource: 'ReadRole' | 'SendRole' = 'ReadRole'): Role {
  const role = lookUp(renderSpoke(settings, spoke), 'Resources', resource, 'Properties');
  const name = resource === 'ReadRole' ? (settings.spokeRole?.name ?? '') : resource;
  return { principal: sessionOf(name, spoke.id), accountId: spoke.id, statements: statementsOf(role, spoke) };
}

/** Whom a role of the spoke lets in. */
export function trustOf(settings: SettingsText, spoke: Home, resource: 'ReadRole' | 'SendRole' = 'ReadRole'): JsonObject {
  const path = ['Resources', resource, 'Properties', 'AssumeRolePolicyDocument'];
  return objectOf(lookUp(renderSpoke(settings, spoke), ...path));
}

/** Whom the hub's bus lets in; nothing where it has no spokes. */
export function busPolicyOf(settings: SettingsText): JsonObject {
  const statement = lookUp(renderHub(settings, {}), 'Resources', 'SpokesMaySend', 'Properties', 'Statement');
  return { Version: '2012-10-17', Statement: statement === undefined ? [] : [statement] };
}

/**
 * What IAM answers to the role, by the role's own policy. Where the other side has a policy, it has to allow the request as well: without
 * it, every request to another account would be denied, whatever the role grants. A request that IAM does not know, such as one on a
 * wrong kind of resource, is an error.
 */
export function ask(role: Role, request: IamRequest, other?: JsonObject): Promise<Answer> {
  return once(answers, JSON.stringify([role, request, other]), () => simulate(role, request, other));
}

async function simulate(role: Role, { action, resource, context }: IamRequest, other?: JsonObject): Promise<Answer> {
  const { accountId, principal } = role;
  const answer = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: resource.split(':')[4] || accountId },
        contextVariables: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, listedOf(value)])),
      },
      identityPolicies: role.statements.length === 0 ? [] : [{ name: 'role', policy: documentOf(role) }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(other !== undefined && { resourcePolicy: other }),
    },
    {},
  );
  if (answer.resultType === 'error') {
    throw new Error(`IAM cannot be asked for ${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  }
  const results = answer.resultType === 'single' ? [answer.result] : answer.results;
  const by = results.flatMap(({ analysis }) => analysis.identityAnalysis?.allowStatements ?? []);
  const isGranted = results.length > 0 && results.every(({ analysis }) => analysis.identityAnalysis?.result === 'Allowed');
  return {
    allowed: other === undefined ? isGranted : answer.overallResult === 'Allowed',
    by: [...new Set(by.map(({ explain }) => String(explain.identifier)))],
  };
}

function renderHub(settings: SettingsText, more: ParameterValues): JsonObject {
  const home = homeOf(settings);
  const given: ParameterValues = {
    ClusterArns: listParameter(settings.clusters),
    TargetGroupArns: listParameter(settings.targetGroups),
    CloudMapServiceArns: listParameter(settings.cloudMapServices),
    Mode: settings.mode,
    EventBusName: settings.eventBusName ?? '',
    SpokeAccountIds: settings.spokeRole === undefined ? [''] : SPOKES.map(({ id }) => id),
    SpokeRoleName: settings.spokeRole?.name ?? '',
    SpokeExternalId: settings.spokeRole?.externalId ?? '',
    'AWS::Region': home.region,
    'AWS::AccountId': home.id,
    ...more,
  };
  return once(rendered, `hub ${JSON.stringify(given)}`, () => render(given));
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** An empty list is a list of one empty text. */
function listParameter(values: readonly string[]): readonly string[] {
  return values.length === 0 ? [''] : values;
}

export function sessionOf(role: string, accountId: string = HOME.id): string {
  return `arn:aws:sts::${accountId}:assumed-role/${role}/sync`;
}

function statementsOf(role: unknown, home: Home): Statement[] {
  const policies = listOf(lookUp(role, 'Policies'));
  const written = policies.flatMap((policy) => listOf(lookUp(policy, 'PolicyDocument', 'Statement')));
  return written.map((each, index) => statementFrom(objectOf(each), index, home));
}

function documentOf({ statements }: Role): object {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: [...actions],
      Resource: [...resources],
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  };
}

function statementFrom(written: JsonObject, index: number, home: Home): Statement {
  const sid = String(written['Sid'] ?? `Statement${index}`);
  if (written['Effect'] !== 'Allow') throw new Error(`Statement ${sid} does not allow; this reads grants only.`);
  const condition = written['Condition'];
  return {
    sid,
    actions: listOf(written['Action']).map(String),
    resources: listOf(written['Resource']).map((each) => arnOf(String(each), home)),
    condition: isObject(condition) ? condition : undefined,
  };
}

/** Attributes of the stack's own resources, which the rendered template leaves as names. */
function arnOf(resource: string, { id, region }: Home): string {
  if (resource === 'HintQueue.Arn') return `arn:aws:sqs:${region}:${id}:hints`;
  if (resource === 'SyncLogs.Arn') return `arn:aws:logs:${region}:${id}:log-group:SyncLogs:*`;
  return resource;
}

function listedOf(value: string | readonly string[]): string | string[] {
  return typeof value === 'string' ? value : [...value];
}
