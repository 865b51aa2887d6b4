/** CloudWatch Logs: the lines of the record and no others, and the tags of the function's own log group. */
import { CloudWatchLogsClient, type FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogsApi, filterInput } from '../../functions/adapters/logs.ts';
import { type RecordKind, recordFields } from '../../functions/core/ownership.ts';
import { addressOf, type Place } from '../../functions/core/values.ts';
import { SEED } from '../support/arbitraries.ts';
import { GROUP, LOG_GROUP, mockedAws, OTHER_GROUP, sentBy, taskArn } from '../support/sdk.ts';
import { HOME } from '../support/values.ts';

const AT_MS = 1_772_366_400_000;

/** What is read of log events. */
async function readOf(events: readonly FilteredLogEvent[]) {
  const { world, mocks } = mockedAws();
  mocks.logs.resolves({ events });
  const outcome = await world.FilterLogEvents({ group: GROUP, sinceMs: 0, nextToken: undefined });
  if (!outcome.ok) throw new Error(outcome.problem.message);
  return outcome.value.items;
}

const LINE = { kind: 'register', targetGroupArn: GROUP, targets: [`10.0.1.7:8080 ${taskArn(1)}`] };
const ENTRY = { kind: 'register', atMs: AT_MS, address: '10.0.1.7:8080', task: taskArn(1) };

describe('a line of the log', () => {
  it('is read with the time at which it was written, and by which environment', async () => {
    expect(await readOf([{ timestamp: AT_MS, message: JSON.stringify(LINE) }])).toEqual([ENTRY]);
    const streamed = { timestamp: AT_MS, message: JSON.stringify(LINE), logStreamName: '2026/02/19/[$LATEST]7' };
    expect(await readOf([streamed])).toEqual([{ ...ENTRY, by: '2026/02/19/[$LATEST]7' }]);
  });

  it.each([
    { told: 'no JSON', event: { timestamp: AT_MS, message: 'REPORT RequestId: 1 Duration: 3 ms' } },
    { told: 'JSON that ends too soon', event: { timestamp: AT_MS, message: '{"kind":"register",' } },
    { told: 'JSON of another kind', event: { timestamp: AT_MS, message: '{"message":"pass"}' } },
    { told: 'a JSON text', event: { timestamp: AT_MS, message: '"register"' } },
    { told: 'empty', event: { timestamp: AT_MS, message: '' } },
    { told: 'without message', event: { timestamp: AT_MS } },
    { told: 'without time', event: { message: JSON.stringify(LINE) } },
  ])('is passed over where it is $told, and the lines around it are not', async ({ event }) => {
    const line = { timestamp: AT_MS, message: JSON.stringify(LINE) };
    expect(await readOf([line, event, line])).toEqual([ENTRY, ENTRY]);
  });

  it('is what the function has recorded, whatever that was', async () => {
    const target = fc.record({
      address: fc.oneof(fc.constant(addressOf('10.0.1.7', 8080)), fc.constant(addressOf('2001:db8::1', 1))),
      task: fc.nat({ max: 1_000 }).map(taskArn),
    });
    const kinds = ['register', 'deregister', 'refused', 'kept', 'left', 'shared', 'gone'] satisfies RecordKind[];
    const written = fc.tuple(fc.constantFrom(...kinds), fc.array(target, { maxLength: 5 }), fc.nat());
    await fc.assert(
      fc.asyncProperty(fc.array(written, { maxLength: 5 }), async (lines) => {
        const events = lines.map(([kind, targets, timestamp]) => ({
          timestamp,
          message: JSON.stringify({ level: 'INFO', message: 'record', ...recordFields(kind, GROUP, targets) }),
        }));
        const recorded = lines.flatMap(([kind, targets, atMs]) => targets.map((each) => ({ kind, atMs, ...each })));
        expect(await readOf(events)).toEqual(recorded);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });
});

describe('the filter', () => {
  it('asks for the records of one group since a whole millisecond', () => {
    expect(filterInput(LOG_GROUP, { group: OTHER_GROUP, sinceMs: AT_MS + 0.999, nextToken: 'page 2' })).toStrictEqual({
      logGroupName: LOG_GROUP,
      startTime: AT_MS,
      filterPattern: `{ $.message = "record" && $.targetGroupArn = "${OTHER_GROUP}" }`,
      nextToken: 'page 2',
    });
  });
});

/** The API of a function with this log group and home, and what it sends. */
function apiOf(logGroup: string, home: Place | undefined) {
  const client = new CloudWatchLogsClient({ region: 'eu-west-1' });
  const mock = mockClient(client);
  mock.resolves({ tags: { 'alb-target-sync': 'paused', team: 'web' }, events: [], nextToken: 'page 2' });
  return { api: createLogsApi(client, logGroup, home), mock };
}

describe("the tags of the function's log group", () => {
  it.each([
    { partition: 'aws', region: 'eu-west-1' },
    { partition: 'aws-cn', region: 'cn-north-1' },
  ])('are those of the group in its own place: $partition $region', async (place) => {
    const { api, mock } = apiOf(LOG_GROUP, { ...place, account: HOME.account });
    expect(await api.ListLogGroupTags({ logGroup: 'own' })).toEqual({
      ok: true,
      value: [
        { key: 'alb-target-sync', value: 'paused' },
        { key: 'team', value: 'web' },
      ],
    });
    const resourceArn = `arn:${place.partition}:logs:${place.region}:${HOME.account}:log-group:${LOG_GROUP}`;
    expect(sentBy(mock)).toMatchObject([{ command: 'ListTagsForResourceCommand', input: { resourceArn } }]);
  });

  it.each([
    { told: 'no home', logGroup: LOG_GROUP, home: undefined },
    { told: 'no log group', logGroup: '', home: HOME },
  ])('are none, and no call, outside of a stack: with $told', async ({ logGroup, home }) => {
    const { api, mock } = apiOf(logGroup, home);
    expect(await api.ListLogGroupTags({ logGroup: 'own' })).toEqual({ ok: true, value: [] });
    expect(mock.calls()).toEqual([]);
  });
});

describe('the record of a tool without log group', () => {
  it('is empty, and no call: AWS would refuse a log group without name, and the tool report a failure', async () => {
    const { api, mock } = apiOf('', undefined);
    const outcome = await api.FilterLogEvents({ group: GROUP, sinceMs: AT_MS, nextToken: undefined });
    expect(outcome).toEqual({ ok: true, value: { items: [], nextToken: undefined } });
    expect(mock.calls()).toEqual([]);
  });
});
