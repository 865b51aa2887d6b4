/** infra/operations.yaml: its widgets name what the code and AWS's services measure, and leave out nothing that the code does. */
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../functions/adapters/telemetry.ts';
import { type CloudWatch, keyOf } from '../../scripts/simulator/cloudwatch.ts';
import { Watched } from '../../scripts/simulator/watched.ts';
import { askLog, drawDashboard } from '../../scripts/tools/docs/dashboard/draw.ts';
import { dashboardOf, type Widget } from '../../scripts/tools/docs/dashboard/widgets.ts';
import { metricAlarms, NAMES } from '../../scripts/tools/template/alarms.ts';
import { refusalsOf } from '../../scripts/tools/template/template.ts';
import { FILES, ofType, viewOf } from '../../scripts/tools/template/templates.ts';

const VIEW = viewOf(FILES);
const ALARMS = ofType(VIEW.root(), 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm').map(({ name }) => name);
const ARNS = ALARMS.map((name) => `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`);
const WIDGETS = dashboardOf(ARNS);
const KEYS = new Set(WIDGETS.flatMap(({ curves }) => curves.map(({ metric }) => keyOf(metric))));

/** Four minutes in which tasks start, one stops, one has no address, and calls fail. */
async function busyStack(): Promise<Watched> {
  const settings = { clusters: [], targetGroups: [], binding: 'target-group=web service=app port=8080' };
  const named = {
    ...settings,
    targetGroups: ['arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef'],
  };
  const watched = new Watched({ names: NAMES, alarms: metricAlarms(), composites: [], settings: named });
  const [task] = watched.deployment.start(2);
  watched.deployment.start(1, { withoutInterface: true });
  await watched.pass(120_000);
  if (task !== undefined) watched.deployment.account.ecs.stop(task);
  watched.deployment.service.faults = (name) =>
    name === 'ListTasks' ? { kind: 'error', code: 'Throttling', status: 400 } : undefined;
  await watched.pass(120_000);
  return watched;
}

function oursIn({ metrics }: CloudWatch): string[] {
  return metrics.filter(({ namespace }) => namespace === 'AlbTargetSync').map(keyOf);
}

describe('the dashboard', () => {
  it('draws each metric that the function logs, as it is logged, and no other in its namespace', async () => {
    const { cloudWatch } = await busyStack();
    const ours = [...KEYS].filter((key) => key.startsWith('AlbTargetSync '));
    expect(oursIn(cloudWatch).sort()).toEqual(ours.sort());
    expect(ours).toHaveLength(Object.keys(METRICS).length);
  });

  it('draws of AWS only what its services put for the stack', async () => {
    const { cloudWatch } = await busyStack();
    const known = new Set(cloudWatch.metrics.map(keyOf));
    expect([...KEYS].filter((key) => !known.has(key))).toEqual([]);
  });

  it('draws every metric of ours, of the function and of the queues that an alarm stands on', () => {
    const watched = metricAlarms().filter(({ metric }) => metric.namespace !== 'AWS/Events');
    expect(watched.length).toBeGreaterThan(8);
    expect(watched.map(({ metric }) => keyOf(metric)).filter((key) => !KEYS.has(key))).toEqual([]);
  });

  it("has the drift age's alarm as a line", () => {
    const { threshold } = WIDGETS.find(({ curves }) => curves.some(({ metric }) => metric.name === 'DriftAge')) ?? {};
    expect(threshold).toBe(metricAlarms().find(({ name }) => name === 'DriftAgeAlarm')?.threshold);
  });

  it('shows the state of every alarm, which the command of the stack hands over with everything else', () => {
    expect(WIDGETS.flatMap(({ alarms }) => alarms)).toEqual(ARNS);
    const command = String(VIEW.root().outputs['DashboardCommand']);
    const given = Object.fromEntries([...command.matchAll(/ (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
    const handed = given['AlarmArns']?.split(',') ?? [];
    expect(handed).toHaveLength(ALARMS.length);
    // The composite alarm goes by its name: the emulator that rehearses the deployment knows no Arn of one.
    for (const [index, name] of ALARMS.entries()) {
      expect(handed[index]).toMatch(
        name === 'NotDoingItsJobAlarm' ? /:alarm:[\w-]+-NotDoingItsJob$/ : new RegExp(`^${name}\\.Arn$`),
      );
    }
    const source = VIEW.source('infra/operations.yaml');
    expect(Object.keys(given).sort()).toEqual(Object.keys(Object(source['Parameters'])).sort());
    expect(given).toMatchObject({ SyncStackName: NAMES.stack, FunctionName: NAMES.function, LogGroupName: 'SyncLogs' });
    expect(given).toMatchObject({ HintQueueName: NAMES.hintQueue, DeadLetterQueueName: NAMES.deadLetterQueue });
  });

  it('lies on the grid of 24 columns, no widget on another', () => {
    const cells = WIDGETS.flatMap(({ x, y, width, height }: Widget) =>
      Array.from({ length: width * height }, (_, index) => `${x + (index % width)} ${y + Math.floor(index / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells.every((cell) => Number(cell.split(' ')[0]) < 24)).toBe(true);
  });

  it('asks the log for fields that its records have', async () => {
    const { deployment } = await busyStack();
    const lines = deployment.account.logs.groups.get('/aws/lambda/sync') ?? [];
    const asked = WIDGETS.filter(({ type }) => type === 'log').map(({ query }) => askLog(query, lines));
    for (const { head, rows } of asked) {
      expect(rows.length).toBeGreaterThan(0);
      // A command stands beside some findings only.
      const empty = head.filter((field, index) => field !== 'findings.0.command' && rows.every((row) => row[index] === ''));
      expect(empty).toEqual([]);
    }
  });

  it('is drawn with what it is given, and with nothing that would be read as markup', async () => {
    const page = drawDashboard(
      dashboardOf(['arn:aws:cloudwatch:eu-west-1:111122223333:alarm:DriftAgeAlarm']),
      await busyStack(),
      4,
    );
    for (const { title } of WIDGETS) expect(page).toContain(title.replaceAll('&', '&amp;'));
    expect(page).toContain('<polyline');
  });

  it('takes names and not ARNs or addresses of the parts', () => {
    const source = VIEW.source('infra/operations.yaml');
    const good = {
      FunctionName: 'f-1',
      HintQueueName: 'q',
      DeadLetterQueueName: 'd',
      LogGroupName: '/aws/lambda/f',
      AlarmArns: ARNS[0] ?? '',
    };
    expect(refusalsOf(source, good)).toEqual([]);
    for (const [name, value] of [
      ['FunctionName', 'arn:aws:lambda:eu-west-1:111122223333:function:f'],
      ['HintQueueName', 'https://sqs.eu-west-1.amazonaws.com/111122223333/q'],
      ['AlarmArns', 'DriftAge'],
      ['LogGroupName', `a'b`],
    ] as const) {
      expect(refusalsOf(source, { ...good, [name]: value })).toEqual([name]);
    }
  });
});
