/** The role of template.yaml: what its policy says under given parameters, and what IAM would answer. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { listOf, lookUp, objectOf, type ParameterValues, render } from '../../scripts/tools/template/template.ts';
import type { IamRequest } from './requests.ts';

export interface Statement {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: JsonObject | undefined;
}

export interface Role {
  readonly accountId: string;
  readonly region: string;
  readonly statements: readonly Statement[];
}

export interface Answer {
  readonly allowed: boolean;
  /** Ids of the statements that allow it. */
  readonly by: readonly string[];
}

const ACCOUNT_ID = '111122223333';
const REGION = 'eu-west-1';

/** The role of a stack with these settings, in the account and region of its first cluster. */
export function roleOf(settings: SettingsText): Role {
  const [, , , region = REGION, accountId = ACCOUNT_ID] = settings.clusters[0]?.split(':') ?? [];
  const parameters: ParameterValues = {
    ClusterArns: listParameter(settings.clusters),
    TargetGroupArns: listParameter(settings.targetGroups),
    CloudMapServiceArns: listParameter(settings.cloudMapServices),
    Mode: settings.mode,
    'AWS::Region': region,
    'AWS::AccountId': accountId,
  };
  const policies = listOf(lookUp(render(parameters), 'Resources', 'SyncRole', 'Properties', 'Policies'));
  const statements = policies.flatMap((policy) => listOf(lookUp(policy, 'PolicyDocument', 'Statement')));
  return { accountId, region, statements: statements.map((each) => statementFrom(objectOf(each), region, accountId)) };
}

/** An empty list is a list of one empty text. */
function listParameter(values: readonly string[]): readonly string[] {
  return values.length === 0 ? [''] : values;
}

/** What IAM answers to the role. A request that IAM does not know, such as one on a wrong kind of resource, is an error. */
export async function ask(role: Role, { action, resource, context }: IamRequest): Promise<Answer> {
  const { accountId } = role;
  const principal = `arn:aws:sts::${accountId}:assumed-role/sync/sync`;
  const answer = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: accountOf(resource, accountId) },
        contextVariables: { ...context },
      },
      identityPolicies: [{ name: 'sync', policy: documentOf(role) }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') {
    throw new Error(`IAM cannot be asked for ${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  }
  const results = answer.resultType === 'single' ? [answer.result] : answer.results;
  const by = results.flatMap(({ analysis }) => analysis.identityAnalysis?.allowStatements ?? []);
  return { allowed: answer.overallResult === 'Allowed', by: [...new Set(by.map(({ explain }) => String(explain.identifier)))] };
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

function statementFrom(written: JsonObject, region: string, accountId: string): Statement {
  if (written['Effect'] !== 'Allow')
    throw new Error(`Statement ${String(written['Sid'])} does not allow; this reads grants only.`);
  const condition = written['Condition'];
  return {
    sid: String(written['Sid']),
    actions: listOf(written['Action']).map(String),
    resources: listOf(written['Resource']).map((each) => arnOf(String(each), region, accountId)),
    condition: isObject(condition) ? condition : undefined,
  };
}

/** Attributes of the stack's own resources, which the rendered template leaves as names. */
function arnOf(resource: string, region: string, accountId: string): string {
  if (resource === 'HintQueue.Arn') return `arn:aws:sqs:${region}:${accountId}:hints`;
  if (resource === 'SyncLogs.Arn') return `arn:aws:logs:${region}:${accountId}:log-group:SyncLogs:*`;
  return resource;
}

function accountOf(resource: string, own: string): string {
  return resource.split(':')[4] || own;
}
