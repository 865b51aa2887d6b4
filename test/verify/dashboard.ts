/**
 * infra/operations.yaml, deployed and deleted by the AWS CLI on ministack. moto knows dashboards, too, but its CloudFormation does not
 * start without packages that nothing else here needs.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { isObject } from '../../functions/core/json.ts';
import { REGION } from '../../scripts/tools/emulators/account.ts';
import { runProgram } from '../../scripts/tools/emulators/program.ts';
import { environmentOf } from '../../scripts/tools/emulators/tools.ts';
import { waitUntil } from '../../scripts/tools/emulators/wait.ts';
import { ROOT } from './command.ts';
import { CREDENTIALS } from './deployment/host.ts';
import { awsPrograms } from './deployment/stack.ts';
import { type Emulator, startMinistack } from './emulator.ts';

const STACK = 'alb-target-sync-operations';
const ALARMS = ['DriftAge', 'Outages'].map((name) => `arn:aws:cloudwatch:${REGION}:111122223333:alarm:${name}`);
/** As the stack's output DashboardCommand hands them over. */
const PARAMETERS = {
  SyncStackName: 'alb-target-sync',
  FunctionName: 'alb-target-sync-SyncFunction-1A2B',
  HintQueueName: 'alb-target-sync-HintQueue-1A2B',
  DeadLetterQueueName: 'alb-target-sync-DeadLetterQueue-1A2B',
  LogGroupName: '/aws/lambda/alb-target-sync',
  AlarmArns: ALARMS.join(','),
};
const NAME = `${PARAMETERS.SyncStackName}-${REGION}`;
const PATIENCE_MS = 60_000;

export async function deployDashboard(): Promise<string> {
  const emulator = await startMinistack();
  try {
    return `${await deployOn(emulator)} widgets, deployed and deleted on ministack`;
  } finally {
    await emulator.close();
  }
}

async function deployOn({ endpoint }: Emulator): Promise<number> {
  const program = join(await awsPrograms(), 'aws');
  const env = environmentOf([], { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint });
  const aws = (...words: readonly string[]): Promise<string> =>
    runProgram(program, [...words, '--output', 'json'], { folder: ROOT, env, timeoutMs: PATIENCE_MS });
  const names = async (): Promise<string> =>
    aws('cloudwatch', 'list-dashboards', '--query', 'DashboardEntries[].DashboardName');
  const given = Object.entries(PARAMETERS).map(([name, value]) => `${name}=${value}`);
  const named = ['--stack-name', STACK];
  await aws(
    'cloudformation',
    'deploy',
    ...named,
    '--template-file',
    'infra/operations.yaml',
    '--parameter-overrides',
    ...given,
  );
  assert.deepEqual(JSON.parse(await names()), [NAME]);
  const widgets = widgetsIn(await aws('cloudwatch', 'get-dashboard', '--dashboard-name', NAME));
  await aws('cloudformation', 'delete-stack', ...named);
  await waitUntil('the dashboard is deleted', PATIENCE_MS, async () => /^(null|\[\])$/.test((await names()).trim()));
  return widgets.length;
}

/** The widgets of a dashboard that CloudWatch could draw: JSON, with every parameter filled in. */
function widgetsIn(answer: string): unknown[] {
  const { DashboardBody }: { DashboardBody?: unknown } = Object(JSON.parse(answer));
  const text = typeof DashboardBody === 'string' ? DashboardBody : JSON.stringify(DashboardBody);
  assert.equal(text.includes('${'), false, 'a name is left to be filled in');
  for (const value of Object.values(PARAMETERS).flatMap((each) => each.split(','))) assert(text.includes(value), value);
  const body: unknown = JSON.parse(text);
  const widgets = isObject(body) && Array.isArray(body['widgets']) ? body['widgets'] : [];
  assert(widgets.length > 0);
  return widgets;
}
