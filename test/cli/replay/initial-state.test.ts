/** The state with which a replay begins: what describe-tasks, describe-target-health and list-instances had answered. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../scripts/cli/replay/item.ts';
import { detailOf, playItems, registered } from './playing.ts';
import { readBytes } from './reading.ts';

function fixture(file: string): Promise<readonly Item[]> {
  return readBytes(readFileSync(new URL(`../../fixtures/envelopes/${file}`, import.meta.url)));
}

const TASKS = await fixture('17-describe-tasks.json');
const TARGETS = await fixture('17-describe-target-health.json');
const INSTANCES = await fixture('17-list-instances.json');
/** A task at 10.20.7.1 runs, one at 10.20.7.4 is told to stop. */
const RUNNING = await fixture('01-eventbridge.json');
const STOPPING = (await fixture('02-list.json')).slice(1);

describe('snapshots', () => {
  it('of tasks are the tasks that run already', async () => {
    const played = await playItems(TASKS);
    expect(registered(played)).toEqual(['10.20.7.40:8080', '10.20.7.41:8080']);
    expect(played.differences).toEqual([]);
  });

  it('of targets are the group as it is: what drains is left out, and what no task explains stays and is reported', async () => {
    const played = await playItems([...RUNNING, ...TARGETS]);
    expect(registered(played)).toEqual(['10.20.7.1:8080', '10.20.7.99:8080']);
    expect(played.recorder.findings.map(({ kind, subject }) => `${kind} ${subject}`)).toContain('foreign 10.20.7.99:8080');
    expect(played.differences).toEqual([{ targetGroup: 'web', address: '10.20.7.99:8080', what: 'left behind' }]);
  });

  it('of instances are compared with the tasks', async () => {
    const { recorder } = await playItems([...TASKS, ...INSTANCES]);
    const found = recorder.findings.map(({ kind, message }) => `${kind} ${message}`);
    expect(found).toEqual([expect.stringMatching(/^mismatched .*10\.20\.7\.97/)]);
  });

  it('of instances that do not say whose they are, are left out, and that is told', async () => {
    const text = JSON.stringify({ Instances: [{ Id: 'x', Attributes: { AWS_INSTANCE_IPV4: '10.20.7.40' } }] });
    const { notes } = await playItems([...TASKS, ...(await readBytes(text))]);
    expect(notes).toEqual([
      expect.stringContaining('1 instance is not compared, since no attribute ECS_SERVICE_NAME says whose'),
    ]);
  });

  it('of instances are compared in the cluster that they name, where there are several', async () => {
    const other = {
      clusterArn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/acc',
      taskArn: `arn:aws:ecs:eu-west-1:111122223333:task/acc/${'a'.repeat(32)}`,
      group: 'service:web',
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
    };
    const items = [...TASKS, ...INSTANCES, ...(await readBytes(JSON.stringify({ tasks: [other] })))];
    const { recorder, notes } = await playItems(items);
    expect(notes).toEqual([]);
    expect(recorder.findings.filter(({ kind }) => kind === 'mistake')).toEqual([]);
    expect(recorder.findings.map(({ kind }) => kind)).toContain('mismatched');
  });

  it('of targets are told to be of no use where there is more than one group', async () => {
    const binds = ['target-group=a service=web port=8080', 'target-group=b service=web port=8080'];
    const { notes } = await playItems([...RUNNING, ...TARGETS], { binds });
    expect(notes).toEqual(['file: targets are read only where there is one target group; name it by one --bind.']);
  });

  it('are older than the events: an event moves a described task on, never back', async () => {
    const described = JSON.stringify({
      tasks: RUNNING.map((item) => detailOf(item.kind === 'event' ? item.event : undefined)),
    });
    const stopped = RUNNING.flatMap((item): Item[] => {
      if (item.kind !== 'event') return [];
      const event: unknown = JSON.parse(
        JSON.stringify(item.event)
          .replace('"desiredStatus":"RUNNING"', '"desiredStatus":"STOPPED"')
          .replace('"version":4', '"version":5'),
      );
      return [{ ...item, event }];
    });
    expect(registered(await playItems([...(await readBytes(described)), ...stopped]))).toEqual([]);
    expect(registered(await playItems([...(await readBytes(described)), ...STOPPING]))).toEqual(['10.20.7.1:8080']);
  });

  it('alone make a replay, at the time that they tell', async () => {
    const { account } = await playItems(TASKS);
    expect(new Date(account.clock.now()).toISOString().slice(0, 10)).toBe('2026-03-02');
  });
});
