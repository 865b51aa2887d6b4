/** The same events in any order, any number of times and with gaps lead to the same group; snapshots are where a replay begins. */
import { describe, expect, it } from 'vitest';
import { answerOf, markEvents } from '../../../scripts/cli/replay/answer.ts';
import { renderReplay } from '../../../scripts/cli/replay/render.ts';
import { captureOf, detailOf, playEvents, playItems, registered, servingAtTheEnd } from './playing.ts';
import { readBytes } from './reading.ts';

/** `REPLAY_SEEDS=1000 npx vitest run --project end-to-end test/cli/replay/player.test.ts` plays them all. */
const SEEDS = Number(process.env['REPLAY_SEEDS'] ?? 16);

const EVENTS = captureOf(24, 5);
const SERVING = servingAtTheEnd(EVENTS);

function every(seeds: number, wrong: (seed: number) => Promise<boolean>): Promise<number[]> {
  return Array.from({ length: seeds }, (_, index) => index + 1).reduce<Promise<number[]>>(
    async (found, seed) => ((await wrong(seed)) ? [...(await found), seed] : found),
    Promise.resolve([]),
  );
}

describe('one capture', { timeout: 600_000 }, () => {
  it('has tasks that run in the end, at addresses that others had before them', () => {
    expect(SERVING).toHaveLength(4);
    const owners = Map.groupBy(
      EVENTS.map(detailOf),
      (detail) => /10\.20\.0\.\d+/.exec(JSON.stringify(detail['attachments']))?.[0],
    );
    const shared = [...owners].filter(
      ([ip, details]) => ip !== undefined && new Set(details.map(({ taskArn }) => taskArn)).size > 1,
    );
    expect(shared.length).toBeGreaterThan(3);
  });

  it('ends with the tasks that run and no others', async () => {
    const played = await playEvents(EVENTS);
    expect(registered(played)).toEqual(SERVING);
    expect(played.differences).toEqual([]);
    expect(played.notes).toEqual([]);
  });

  it('ends in the same group in any order', async () => {
    const wrong = async (seed: number) =>
      registered(await playEvents(EVENTS, { order: { kind: 'shuffle', seed } })).join() !== SERVING.join();
    expect(await every(SEEDS, wrong)).toEqual([]);
  });

  it('ends in the same group when every event comes three times, in any order', async () => {
    const tripled = [...EVENTS, ...EVENTS, ...EVENTS];
    expect(registered(await playEvents(tripled))).toEqual(SERVING);
    const wrong = async (seed: number) =>
      registered(await playEvents(tripled, { order: { kind: 'shuffle', seed } })).join() !== SERVING.join();
    expect(await every(Math.ceil(SEEDS / 4), wrong)).toEqual([]);
  });

  it('ends in the same group when one event in ten is lost', async () => {
    const wrong = async (seed: number) => registered(await playEvents(EVENTS, { loseP: 0.1, seed })).join() !== SERVING.join();
    expect(await every(SEEDS, wrong)).toEqual([]);
  });

  it('ends in the same group when all of it happens at once and the reads of ECS lag', async () => {
    const worst = { duplicateP: 0.3, loseP: 0.1, delayMs: 20_000, lagMs: 3_000 };
    const wrong = async (seed: number) =>
      registered(await playEvents(EVENTS, { ...worst, order: { kind: 'shuffle', seed }, seed })).join() !== SERVING.join();
    expect(await every(Math.ceil(SEEDS / 2), wrong)).toEqual([]);
  });

  it('is kept by the schedule alone when no event is ever heard of', async () => {
    const played = await playEvents(EVENTS, { loseP: 1 });
    expect(registered(played)).toEqual(SERVING);
    expect(played.events.every(({ isLost }) => isLost)).toBe(true);
    const [event] = answerOf([], played).events;
    expect(event?.because).toContain('lost on purpose');
  });

  it('needs one scheduled pass and no event where the last one is lost', async () => {
    const [running] = EVENTS.filter((event) => detailOf(event)['lastStatus'] === 'RUNNING');
    const played = await playEvents([running], { loseP: 1 });
    expect(registered(played)).toEqual(servingAtTheEnd([running]));
    expect(played.differences).toEqual([]);
  });

  it('tells the same scenario for the same seed', async () => {
    const options = { order: { kind: 'shuffle', seed: 3 }, duplicateP: 0.2, loseP: 0.2, lagMs: 2_000, seed: 9 } as const;
    const [one, other] = [await playEvents(EVENTS, options), await playEvents(EVENTS, options)];
    expect(answerOf([], one)).toEqual(answerOf([], other));
  });
});

describe('what is told of it', () => {
  it('has a reading and a reason for every event, and a reason and a task for every change', async () => {
    const played = await playEvents([...EVENTS, { source: 'aws.ec2' }, 'no event']);
    const { events, changes, calls } = answerOf(
      [{ kind: 'unreadable', because: 'torn', place: { file: 'b', position: 'line 9' } }],
      played,
    );
    expect(events).toHaveLength(EVENTS.length + 3);
    for (const { because } of events) expect(because).not.toBe('');
    expect(events.at(-1)).toMatchObject({ file: 'b', position: 'line 9', reading: 'unreadable', because: 'torn', id: null });
    for (const { because, taskArn } of changes)
      expect([because, taskArn]).toEqual([expect.stringContaining('task'), expect.stringContaining(':task/prod/')]);
    expect(calls).toEqual(Object.fromEntries([...played.account.calls].sort()));
  });

  it('marks every event for the page at the moment it was heard of', async () => {
    const played = await playEvents(EVENTS, { delayMs: 5_000 });
    const marks = markEvents(played.events);
    expect(marks).toHaveLength(EVENTS.length);
    expect(marks[0]).toMatchObject({ file: 'capture line 1', reading: 'ignored' });
    expect(marks[0]?.atMs).toBe(Date.parse(String(detailOf(EVENTS[0])['updatedAt'])) + 5_000);
  });

  it('ignores an event that no line of binding means, and says so', async () => {
    const played = await playEvents(EVENTS, { binds: ['target-group=x service=other port=80'] });
    expect(registered(played)).toEqual([]);
    const reasons = new Set(played.events.map(({ reading }) => (reading.kind === 'ignored' ? reading.because : reading.kind)));
    expect([...reasons]).toContain('no line of binding means its task');
    expect([...reasons]).not.toContain('hint');
  });

  it('begins with the answer, and lists what could not be read by file and position', async () => {
    const items = await readBytes(`${JSON.stringify(EVENTS[4])}\n${JSON.stringify(EVENTS[8])}\nlost words\n`);
    const played = await playItems(items);
    const text = renderReplay(answerOf(items, played), played);
    expect(text.split('\n')[0]).toMatch(
      /^NOT READ: 1 of 3 events\. The rest agrees in the simulated account: \d targets? in 1 target group after 3 events \(/,
    );
    expect(text).toMatch(/Could not be read\n {2}where +why\n {2}file line 3 {2}it is text; expected/);
  });
});

describe('a task', () => {
  it('does not go back to an older version, whatever the times say', async () => {
    const [running] = EVENTS.filter((event) => detailOf(event)['lastStatus'] === 'RUNNING');
    const stopped = EVENTS.findLast((event) => detailOf(event)['taskArn'] === detailOf(running)['taskArn']);
    expect(detailOf(stopped)['lastStatus']).toBe('STOPPED');
    const late = {
      source: 'aws.ecs',
      'detail-type': 'ECS Task State Change',
      detail: { ...detailOf(running), updatedAt: '2030-01-01T00:00:00Z' },
    };
    const played = await playEvents([stopped, late]);
    expect(registered(played)).toEqual([]);
    expect(played.differences).toEqual([]);
  });
});
