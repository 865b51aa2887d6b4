/** Policy and behaviour compared, both ways: what docs/policy.md shows and its test asserts. */
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { TEXT } from '../../scripts/tools/template/template.ts';
import { betweenAccounts, withoutSpokes } from './between.ts';
import { allowedOf, besides, type DeniedCase, type Party, ungranted } from './denied.ts';
import { type Narrowing, narrowingOf } from './facts.ts';
import { askFor, deniedOf, questionOf, type Recorded } from './recorded.ts';
import { isBySpoke } from './requests.ts';
import { type Role, roleOf, SPOKE_TEXT, SPOKES, type Statement, spokeRoleOf } from './role.ts';
import { type PolicyRun, playPolicyRun } from './run.ts';

export interface Grant {
  readonly statement: Statement;
  readonly action: string;
  /** Kinds of recorded requests that this grant allowed. */
  readonly used: number;
  readonly narrowing: Narrowing;
}

export interface PolicyFindings {
  readonly run: PolicyRun;
  /** Of a stack that finds by tag, of one that names everything, and of a spoke. */
  readonly grants: Readonly<Record<Exclude<Party, 'between'>, readonly Grant[]>>;
  /** Requests of the function that the role which makes them does not allow. */
  readonly denied: readonly string[];
  /** What takes both sides and has to be allowed, and how much of it is. */
  readonly wanted: readonly DeniedCase[];
  readonly wantedAllowed: readonly DeniedCase[];
  readonly cases: readonly DeniedCase[];
  /** Cases that should be denied and are not. */
  readonly allowed: readonly DeniedCase[];
}

/** The resources of the run, to fill the ARNs of every other action with: then only the action is wrong. */
const NAMES = {
  Partition: 'aws',
  Region: 'eu-west-1',
  Account: '111122223333',
  ClusterName: 'prod',
  ServiceName: 'app',
  TaskId: '0123456789abcdef0123456789abcdef',
  TargetGroupName: 'web',
  TargetGroupId: '0123456789abcdef',
  ServiceId: 'srv-mysql',
  LogGroupName: 'SyncLogs',
  EventBusName: 'default',
  QueueName: 'hints',
  RoleNameWithPath: 'alb-target-sync-spoke',
};
/** As told by every call: that of a cluster of the stack, on a group with its tag. */
const OURS = {
  'ecs:cluster': 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod',
  'aws:ResourceTag/alb-target-sync': 'service=app port=8080',
  'aws:ResourceAccount': SPOKES[0].id,
};
const OF_SPOKE = { 'ecs:cluster': `arn:aws:ecs:eu-west-1:${SPOKES[0].id}:cluster/prod` };

export async function comparePolicy(): Promise<PolicyFindings> {
  const run = await playPolicyRun();
  const { byTag, byName } = run;
  const roles = { 'by tag': roleOf(byTag), 'by name': roleOf(byName), spoke: spokeRoleOf(byTag, SPOKES[0]) };
  const services = [...new Set(Object.values(roles).flatMap((role) => servicesOf(role)))].sort();
  const between = betweenAccounts(byTag);
  const cases = distinct([
    ...besideRun(run.recorded, byTag, byName),
    ...(await ungranted('by tag', roles['by tag'], OURS, NAMES, services)),
    ...(await ungranted('by name', roles['by name'], OURS, NAMES, services)),
    ...(await ungranted('spoke', roles.spoke, OF_SPOKE, { ...NAMES, Account: SPOKES[0].id }, services)),
    ...withoutParameters(run.recorded),
    ...between.denied,
  ]);
  return {
    run,
    grants: {
      'by tag': await grantsOf(roles['by tag'], run.recorded, false),
      'by name': await grantsOf(roles['by name'], run.recorded, false),
      spoke: await grantsOf(roles.spoke, run.recorded, true),
    },
    denied: await deniedOf(run.recorded),
    wanted: between.wanted,
    wantedAllowed: await allowedOf(between.wanted),
    cases,
    allowed: await allowedOf(cases),
  };
}

/** The comment of the template right above the statement's resource, as one line. */
export function reasonOf(sid: string): string | undefined {
  const text = TEXT.includes(`- Sid: ${sid}\n`) ? TEXT : SPOKE_TEXT;
  const lines = text.slice(text.indexOf(`- Sid: ${sid}\n`)).split('\n');
  const upToResource = lines.slice(0, lines.findIndex((line) => line.trim().startsWith('Resource:')) + 1);
  const isComment = (line: string): boolean => line.trim().startsWith('#');
  const from = upToResource.findLastIndex((line, index) => index < upToResource.length - 1 && !isComment(line)) + 1;
  const comment = upToResource.slice(from).filter(isComment);
  return comment.length === 0 ? undefined : comment.map((line) => line.trim().slice(2)).join(' ');
}

async function grantsOf(role: Role, recorded: readonly Recorded[], bySpoke: boolean): Promise<Grant[]> {
  const calls = recorded.filter((each) => isBySpoke(each) === bySpoke);
  const answers = await Promise.all(calls.map(async (each) => ({ action: each.request.action, by: (await askFor(each)).by })));
  const grants = role.statements.flatMap((statement) => statement.actions.map((action) => ({ statement, action })));
  return Promise.all(
    grants.map(async ({ statement, action }) => ({
      statement,
      action,
      used: answers.filter((answer) => answer.action === action && answer.by.includes(statement.sid)).length,
      narrowing: await narrowingOf(action),
    })),
  );
}

function servicesOf({ statements }: Role): string[] {
  return statements.flatMap(({ actions }) => actions.map((action) => action.slice(0, action.indexOf(':'))));
}

/** Beside each call of the two stacks, and of their spokes. */
function besideRun(recorded: readonly Recorded[], byTag: SettingsText, byName: SettingsText): DeniedCase[] {
  return recorded.flatMap((each) => {
    const { settings, home, request } = each;
    if (settings !== byTag && settings !== byName) return [];
    if (isBySpoke(each)) return besides('spoke', spokeRoleOf(settings, home), namesOfSpoke(settings), request);
    return besides(settings === byTag ? 'by tag' : 'by name', roleOf(settings), settings, request);
  });
}

/** A spoke names clusters at most. */
function namesOfSpoke(settings: SettingsText): SettingsText {
  return { ...settings, targetGroups: [], cloudMapServices: [] };
}

/** A stack that is given less must be allowed less. */
function withoutParameters(recorded: readonly Recorded[]): DeniedCase[] {
  return recorded
    .filter((each) => !isBySpoke(each))
    .flatMap(({ settings, request }) => {
      const party = settings.targetGroups.length === 0 ? 'by tag' : 'by name';
      const of = (kind: string, less: SettingsText): DeniedCase => ({ party, kind, role: roleOf(less), request });
      const { action } = request;
      if (/:(Register|Deregister)Targets$/.test(action)) return [of('write in observe', { ...settings, mode: 'observe' })];
      if (action === 'sts:AssumeRole') return [of('other accounts, none given', withoutSpokes(settings))];
      if (action === 'events:PutEvents') return [of('event, no bus given', { ...settings, eventBusName: '' })];
      const isCloudMap = action.startsWith('servicediscovery:') && settings.targetGroups.length > 0;
      return isCloudMap ? [of('Cloud Map, none given', { ...settings, cloudMapServices: [] })] : [];
    });
}

function distinct(cases: readonly DeniedCase[]): DeniedCase[] {
  const keyed = cases.map((each) => {
    const { party, kind, role, request, other } = each;
    return [JSON.stringify([party, kind, role.principal, other, questionOf(request)]), each] as const;
  });
  return [...new Map(keyed).values()];
}
