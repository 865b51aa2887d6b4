/** What is said of things that are pointed at, and by a screen reader where the eye sees bars. */
import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../scripts/cli/report/model.ts';
import type { Timeline } from '../../../scripts/cli/report/timeline.ts';
import { itemsOf, summariseLane, tellItem } from '../../../scripts/cli/report/words.ts';
import { START_MS, taskArnOf } from '../../support/timelines.ts';

const ARN = taskArnOf('0123456789abcdef');
const at = (ms: number, last: string, desired: string) => ({ atMs: START_MS + ms, last, desired });
const TARGET = { targetGroup: 'web', ip: '10.0.0.4', port: 8080 };
const TIMELINE: Timeline = {
  ...{ fromMs: START_MS, toMs: START_MS + 60_000, bindings: [] },
  tasks: [
    {
      ...{ arn: ARN, group: 'service:web', ip: '10.0.0.4' },
      states: [at(0, 'PENDING', 'RUNNING'), at(5_000, 'RUNNING', 'RUNNING'), at(20_000, 'STOPPED', 'STOPPED')],
    },
  ],
  targets: [{ ...TARGET, fromMs: START_MS + 6_000, deregisteredMs: START_MS + 25_000, goneMs: undefined }],
  changes: [
    { ...TARGET, kind: 'register', atMs: START_MS + 6_010, because: 'task is running', taskArn: ARN },
    { ...TARGET, kind: 'deregister', atMs: START_MS + 25_010, because: 'task is stopped', taskArn: ARN },
  ],
  events: [
    { atMs: START_MS + 5_500, id: 'e-1', reading: 'lost', because: 'RUNNING, lost on its way', taskArn: ARN, file: 'f' },
  ],
  calls: [{ atMs: START_MS + 6_000, operation: 'RegisterTargets' }],
};
const { lanes, scene } = modelOf(TIMELINE, []);
const lane = lanes[0]?.lane;

function told(title: string): Record<string, string> {
  const tellings = (lane === undefined ? [] : itemsOf(lane)).map((item) => tellItem(item, lane, scene));
  const facts = tellings.find((telling) => telling.title === title)?.facts;
  if (facts === undefined) throw new Error(`Nothing is called ${title}, but ${tellings.map((each) => each.title).join(', ')}.`);
  return Object.fromEntries(facts);
}

describe('what is pointed at', () => {
  it('tells the life of the task with its states', () => {
    expect(told('Pending')).toEqual({
      Time: '12:00:00.000 – 12:00:05.000 (5 s)',
      States: 'PENDING (desired RUNNING) 12:00:00.000',
      Task: ARN,
      'ECS group': 'service:web',
    });
  });

  it('tells of a target why it is one', () => {
    expect(told('Registered in web')).toMatchObject({
      Time: '12:00:06.000 – 12:00:20.000 (14 s)',
      Address: '10.0.0.4:8080',
      Because: 'task is running',
      'Deregistered because': 'task is stopped',
    });
  });

  it('tells of a target after its end what is wrong with it', () => {
    expect(told('Still registered in web')).toMatchObject({
      Time: '12:00:20.000 – 12:00:25.000 (5 s)',
      Wrong: 'The task ended at 12:00:20.000.',
    });
  });

  it('tells of draining why the target was taken out, and that it lasts on', () => {
    expect(told('Draining in web')).toMatchObject({
      Time: '12:00:25.000 – still so at the end (35 s)',
      Because: 'task is stopped',
    });
  });

  it('tells of a wait without a target when it was', () => {
    expect(told('Not yet registered in web')).toMatchObject({ Time: '12:00:05.000 – 12:00:06.000 (1 s)' });
  });

  it('tells of changes and events what they were and why', () => {
    expect(told('Register in web')).toMatchObject({ Because: 'task is running', Task: ARN });
    expect(told('Deregister from web')).toMatchObject({ Because: 'task is stopped' });
    expect(told('Event lost on its way')).toMatchObject({ Event: 'e-1', File: 'f', Task: ARN });
  });

  it('goes along in time', () => {
    const times = (lane === undefined ? [] : itemsOf(lane)).map(({ fromMs }) => fromMs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times).toHaveLength(9);
  });
});

describe('the words of a lane', () => {
  it('say the bars in their order, and the end', () => {
    expect(lane && summariseLane(lane, scene)).toBe(
      'pending 12:00:00.000, running 12:00:05.000, not yet registered in web 12:00:05.000, registered in web 12:00:06.000, ' +
        'still registered in web 12:00:20.000, draining in web 12:00:25.000, ended 12:00:20.000',
    );
  });
});
