/** Sample events: as AWS would send them, the same ones for the same seed, and read again from every wrap. */
import { describe, expect, it } from 'vitest';
import { readEvent } from '../../functions/core/event.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { STATUSES } from '../../scripts/cli/sample/life.ts';
import { type SampleOptions, sampleEvents } from '../../scripts/cli/sample/sample.ts';
import { WRAPS } from '../../scripts/cli/sample/wraps.ts';
import { readBytes } from './replay/reading.ts';

const LIFE: SampleOptions = { status: 'life', count: 40, seed: 7, service: 'app', cluster: 'prod', wrap: 'eventbridge' };

async function eventsOf(options: SampleOptions): Promise<JsonObject[]> {
  const items = await readBytes(sampleEvents(options));
  expect(items.filter(({ kind }) => kind !== 'event')).toEqual([]);
  return items.flatMap((item) => (item.kind === 'event' && isObject(item.event) ? [item.event] : []));
}

function detailOf(event: JsonObject): JsonObject {
  return isObject(event['detail']) ? event['detail'] : {};
}

describe('sample events', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(sampleEvents(LIFE)).toBe(sampleEvents(LIFE));
    expect(sampleEvents(LIFE)).not.toBe(sampleEvents({ ...LIFE, seed: 8 }));
  });

  it.each(WRAPS)('are read again, all of them and in their order, from the wrap %s', async (wrap) => {
    const [plain, wrapped] = [await eventsOf(LIFE), await eventsOf({ ...LIFE, wrap })];
    expect(wrapped.map(detailOf)).toEqual(plain.map(detailOf));
  });

  it.each(STATUSES)('tell of each task once in the state %s', async (status) => {
    const events = await eventsOf({ ...LIFE, status });
    expect(events.map((event) => detailOf(event)['lastStatus'])).toEqual(Array.from({ length: 40 }, () => status));
    expect(new Set(events.map((event) => detailOf(event)['taskArn'])).size).toBe(40);
  });

  it('are hints at their task where it runs or is to stop, and nothing to do before', async () => {
    for (const event of await eventsOf(LIFE)) {
      const { lastStatus, desiredStatus, taskArn, version } = detailOf(event);
      const reading = readEvent(event);
      if (lastStatus === 'RUNNING' || desiredStatus === 'STOPPED') {
        expect(reading).toMatchObject({ kind: 'hint', hint: { task: taskArn, version, group: 'service:app' } });
      } else {
        expect(reading.kind).toBe('ignored');
      }
    }
  });

  it('follow each task through its life: versions and times rise, and an address never changes', async () => {
    const lives = Map.groupBy(await eventsOf(LIFE), (event) => String(detailOf(event)['taskArn']));
    expect(lives.size).toBe(40);
    for (const life of lives.values()) {
      const versions = life.map((event) => Number(detailOf(event)['version']));
      expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
      const times = life.map((event) => String(detailOf(event)['updatedAt']));
      expect(times.map(Date.parse)).toEqual(times.map(Date.parse).sort((one, other) => one - other));
      const statuses = life.map((event) => STATUSES.map(String).indexOf(String(detailOf(event)['lastStatus'])));
      expect(statuses).toEqual([...new Set(statuses)].sort((one, other) => one - other));
      const addresses = JSON.stringify(life).match(/(?<="privateIPv4Address","value":")[^"]+/g);
      expect(new Set(addresses).size).toBe(1);
    }
  });

  it('are of the service and the cluster that were asked for', async () => {
    const cluster = 'arn:aws-cn:ecs:cn-north-1:444455556666:cluster/test';
    const [event] = await eventsOf({ ...LIFE, service: 'web', cluster });
    expect(event).toMatchObject({
      account: '444455556666',
      region: 'cn-north-1',
      detail: { clusterArn: cluster, group: 'service:web' },
    });
  });
});
