/** `leftovers`: targets that the function leaves to a person, with whatever helps to decide. Reads only. */
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import { createLogsApi } from '../../../functions/adapters/logs.ts';
import { RECORD_WINDOW_MS } from '../../../functions/app/record.ts';
import type { RecordEntry } from '../../../functions/core/ownership.ts';
import type { TargetGroup } from '../../../functions/core/target.ts';
import { arnParts, type TargetGroupArn } from '../../../functions/core/values.ts';
import { ACCOUNT_OPTIONS } from '../account.ts';
import { Looker } from '../drift/looker.ts';
import { typed } from '../errors.ts';
import { IN_STEP } from '../exit.ts';
import { indented, terminalWidth } from '../layout.ts';
import { type CommandSpec, HELP_OPTION, parseOptions, toldHelp } from '../options.ts';
import { endOf } from '../plan/command.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { type AccountReading, openNamed } from '../read-account.ts';
import { callsText, durationText, joined, sentences, timeText, unreadPart } from '../render.ts';
import { shortIds } from '../report/ids.ts';
import { type Named, SETTINGS_OPTIONS } from '../settings.ts';
import { readHolders } from './holders.ts';
import { type Leftover, type LeftoversAnswer, leftIn, leftoversAnswer } from './leftovers.ts';

const { 'cloud-map-service': _, ...GROUP_OPTIONS } = SETTINGS_OPTIONS;

const LEFTOVERS = {
  name: 'leftovers',
  examples: [
    `aws cloudformation describe-stacks --stack-name STACK | ${typed('leftovers', '--settings -')}`,
    typed('leftovers', '--target-group ARN --bind "service=app port=8080"'),
  ],
  about:
    'Targets of bound groups that no task explains, or whose owner is not proved: the task of ours that each was registered for, ' +
    'the tasks of any service that have its address now, since when, its health, and the command that removes it. Reads only, and ' +
    'removes nothing. Only --settings lets it read the log, where the function wrote down what it registered.',
  options: {
    ...GROUP_OPTIONS,
    json: { type: 'boolean', about: 'one JSON document on standard output (docs/reference.md)' },
    ...ACCOUNT_OPTIONS,
    ...HELP_OPTION,
  },
  exits: [
    [0, 'everything was read, and a task explains every target'],
    [1, 'nothing or not everything could be compared, or a named file cannot be read'],
    [2, 'there are targets that are left to you'],
    [252, 'an option is wrong'],
    ...ACCOUNT_EXITS,
  ],
} as const satisfies CommandSpec;

export async function leftoversCommand(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(LEFTOVERS, () => parseArgs({ args: [...args], options: LEFTOVERS.options }));
  if (toldHelp(LEFTOVERS, values)) return IN_STEP;
  const { named, options, account } = await openNamed(values);
  const reading = withoutCloudMap(await account.read());
  const looker = new Looker();
  const left = leftIn(reading);
  const bound = reading.passes.flatMap(({ snapshot }) => snapshot?.bindings ?? []).map(({ selector }) => selector.cluster);
  const [home] = [named.home, ...reading.passes.map(({ group }) => arnParts(group.arn))].filter((place) => place !== undefined);
  // Where nothing is left, nobody has to be asked about it.
  const { at, clusters } =
    left.length === 0
      ? { at: new Map(), clusters: [] }
      : await readHolders(looker, options, home, [...named.clusters, ...bound]);
  const groups = [...new Map(left.map(({ pass: { group } }) => [group.arn, group])).values()];
  const records = await readRecords(looker, options, named, groups, reading.endedMs);
  const answer = leftoversAnswer({ reading, looker, holders: at, clusters, records }, options);
  console.log(values.json ? JSON.stringify(answer) : renderLeftovers(answer));
  return endOf(answer);
}

/** Calls that the function makes to Cloud Map alone. */
const OF_CLOUD_MAP: ReadonlySet<string> = new Set(['ListInstances', 'ListTagsForResource']);

/** Instances of Cloud Map are no targets: that they cannot be read must not keep a verdict back. */
function withoutCloudMap(reading: AccountReading): AccountReading {
  return {
    ...reading,
    resources: reading.resources.filter(({ type }) => type !== 'Cloud Map service'),
    failures: reading.failures.filter(({ operation }) => !OF_CLOUD_MAP.has(operation)),
  };
}

/** What the function wrote down of each group; without a stack there is no log to read. */
async function readRecords(
  looker: Looker,
  options: ClientOptions,
  { logGroup, home }: Named,
  groups: readonly TargetGroup[],
  nowMs: number,
): Promise<Map<TargetGroupArn, readonly RecordEntry[]>> {
  const records = new Map<TargetGroupArn, readonly RecordEntry[]>();
  if (logGroup === undefined) return records;
  const logs = createLogsApi(looker.watch(new CloudWatchLogsClient(options)), logGroup, home);
  for (const { arn, name } of groups) {
    const entries: RecordEntry[] = [];
    let nextToken: string | undefined;
    do {
      const answer = await logs.FilterLogEvents({ group: arn, sinceMs: nowMs - RECORD_WINDOW_MS, nextToken });
      if (!answer.ok) looker.failures.push({ operation: 'FilterLogEvents', resource: `record of ${name}`, ...answer.problem });
      entries.push(...(answer.ok ? answer.value.items : []));
      nextToken = answer.ok ? answer.value.nextToken : undefined;
    } while (nextToken !== undefined);
    records.set(arn, entries);
  }
  return records;
}

function renderLeftovers(answer: LeftoversAnswer): string {
  const { headline, leftovers, commands, resources, calls, endedAt } = answer;
  return joined([
    sentences(headline),
    ...leftovers.map((each) => renderLeftover(each, endedAt)),
    leftovers.length === 0
      ? ''
      : sentences(
          'Each command takes its target out of the group, and nothing else does. Look before you run one: something other than a task ' +
            'can have an address, too.',
        ),
    // Of a single one, this would be the same command again.
    leftovers.filter(({ looks }) => looks === 'left behind').length < 2
      ? ''
      : ['All that look left behind', ...commands.map((command) => `    ${command}`)].join('\n'),
    leftovers.length === 0
      ? ''
      : 'What has an address\n    aws ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=ADDRESS',
    unreadPart(resources),
    sentences(`${callsText(calls)}${endedAt === null ? '' : ` Read at ${timeText(endedAt)}.`}`),
  ]);
}

function renderLeftover(each: Leftover, endedAt: string | null): string {
  const { targetGroup, ip, port, state, reason, kind, why, ourTask, since, holders, looks, command } = each;
  const width = terminalWidth();
  const age = since === null ? '' : `, for ${durationText((Date.parse(endedAt ?? since) - Date.parse(since)) / 1_000)}`;
  const held = holders.map(({ taskArn, group, cluster, status }) => `${taskArn} (${group} in ${cluster}, ${status})`);
  const lines = [
    why,
    `registered for: ${ourTask ?? 'nothing says so'}`,
    `has the address now: ${held.join(', ') || 'no task of a cluster that was read'}`,
  ];
  return [
    `${ip.includes(':') ? `[${ip}]` : ip}:${port} in ${targetGroup}: ${looks} (${kind}, ${state}${reason === undefined || reason === null ? '' : ` ${reason}`}${age})`,
    ...lines.map((line) => indented(shortIds(line), '    ', width)),
    `    ${command}`,
  ].join('\n');
}
