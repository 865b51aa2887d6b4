/** Policy and behaviour compared, both ways: what docs/policy.md shows and its test asserts. */
import { TEXT } from '../../scripts/tools/template/template.ts';
import { allowedOf, besides, type DeniedCase, ungranted } from './denied.ts';
import { type Narrowing, narrowingOf } from './facts.ts';
import { deniedOf, questionOf, type Recorded } from './recorded.ts';
import { ask, type Role, roleOf, type Statement } from './role.ts';
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
  readonly grants: readonly Grant[];
  /** Requests of the function that the role of its stack does not allow. */
  readonly denied: readonly string[];
  readonly cases: readonly DeniedCase[];
  /** Cases that should be denied and are not. */
  readonly allowed: readonly string[];
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
};
const OUR_CLUSTER = { 'ecs:cluster': 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod' };

export async function comparePolicy(): Promise<PolicyFindings> {
  const run = await playPolicyRun();
  const whole = run.recorded.find(({ settings }) => settings.cloudMapServices.length > 0 && settings.mode === 'enforce');
  if (whole === undefined) throw new Error('No stack of the run has every grant: one has to write and to check Cloud Map.');
  const ofWhole = run.recorded.filter(({ settings }) => settings === whole.settings);
  const role = roleOf(whole.settings);
  const cases = distinct([
    ...ofWhole.flatMap(({ request }) => besides(role, request)),
    ...(await ungranted(role, OUR_CLUSTER, NAMES)),
    ...withoutParameters(ofWhole),
  ]);
  return {
    run,
    grants: await grantsOf(role, run.recorded),
    denied: await deniedOf(run.recorded),
    cases,
    allowed: await allowedOf(cases),
  };
}

/** The comment of template.yaml right above the statement's resource, as one line. */
export function reasonOf(sid: string): string | undefined {
  const lines = TEXT.slice(TEXT.indexOf(`- Sid: ${sid}\n`)).split('\n');
  const above = lines
    .slice(
      0,
      lines.findIndex((line) => line.trim().startsWith('Resource:')),
    )
    .reverse();
  const comment = above
    .slice(
      0,
      above.findIndex((line) => !line.trim().startsWith('#')),
    )
    .reverse();
  return comment.length === 0 ? undefined : comment.map((line) => line.trim().slice(2)).join(' ');
}

async function grantsOf(role: Role, recorded: readonly Recorded[]): Promise<Grant[]> {
  const answers = await Promise.all(
    recorded.map(async ({ settings, request }) => ({
      action: request.action,
      by: (await ask(roleOf(settings), request)).by,
    })),
  );
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

/** A stack that is given less must be allowed less: no write in observe, nothing of Cloud Map where none of it is named. */
function withoutParameters(recorded: readonly Recorded[]): DeniedCase[] {
  return recorded.flatMap(({ settings, request }) => {
    const isWrite = /:(Register|Deregister)Targets$/.test(request.action);
    const isCloudMap = request.action.startsWith('servicediscovery:');
    const observing: DeniedCase = { kind: 'write in observe', role: roleOf({ ...settings, mode: 'observe' }), request };
    const without = roleOf({ ...settings, cloudMapServices: [] });
    return [
      ...(isWrite ? [observing] : []),
      ...(isCloudMap ? [{ kind: 'Cloud Map, none given', role: without, request }] : []),
    ];
  });
}

function distinct(cases: readonly DeniedCase[]): DeniedCase[] {
  return [...new Map(cases.map((each) => [JSON.stringify([each.kind, questionOf(each.request)]), each])).values()];
}
