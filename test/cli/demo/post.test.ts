import { describe, expect, it } from 'vitest';
import { Post } from '../../../scripts/cli/demo/post.ts';
import type { EventMark } from '../../../scripts/cli/report/timeline.ts';
import { Deployment } from '../../../scripts/simulator/deployment.ts';

const SEED = 7;

/** A deployment without a function, 200 tasks that start, and what comes out of the queue. */
async function posted(mute: boolean) {
  const deployment = new Deployment();
  const marks: EventMark[] = [];
  const post = new Post(deployment, SEED, (mark) => marks.push(mark));
  const sent: string[] = [];
  deployment.account.onEvent(({ id, detail }) => detail.lastStatus === 'RUNNING' && sent.push(id));
  deployment.queue.onArrival(() => undefined);
  const tasks = deployment.start(200);
  if (mute) for (const { arn } of tasks) post.mute(arn);
  for (
    let next = deployment.clock.nextMs();
    next !== undefined && next < deployment.clock.now() + 120_000;
    next = deployment.clock.nextMs()
  ) {
    deployment.clock.step(next);
  }
  const received = Array.from({ length: deployment.queue.length }, () => deployment.queue.receive(1)).flat();
  return { post, marks, sent, received: received.map(({ body }) => JSON.parse(body)) };
}

describe('the way of the events', () => {
  it('lets every event arrive once, twice or never, and counts which', async () => {
    const { post, sent, received } = await posted(false);
    const times = new Map(sent.map((id) => [id, received.filter((event) => event.id === id).length]));
    const count = (wanted: number): number => [...times.values()].filter((time) => time === wanted).length;
    expect(sent).toHaveLength(200);
    expect(post.sums).toMatchObject({ lost: count(0), doubled: count(2), delivered: received.length });
    expect(count(0) + count(1) + count(2)).toBe(200);
    for (const often of [post.sums.lost, post.sums.doubled, post.sums.late]) expect(often).toBeGreaterThan(5);
  });

  it('tells of every event what became of it', async () => {
    const { post, marks } = await posted(false);
    const told = (words: RegExp): number => marks.filter(({ because }) => words.test(because)).length;
    expect(told(/lost on its way$/)).toBe(post.sums.lost);
    expect(told(/\d s late$/)).toBe(post.sums.late);
    expect(told(/for the second time$/)).toBe(post.sums.doubled);
    expect(marks).toHaveLength(post.sums.delivered + post.sums.lost);
    expect(marks.filter(({ reading }) => reading === 'lost')).toHaveLength(post.sums.lost);
    expect(marks[0]).toMatchObject({ because: expect.stringContaining('RUNNING (desired RUNNING), version 3') });
  });

  it('loses what it was told to lose, and remembers of which tasks nobody was told', async () => {
    const { post, received } = await posted(true);
    expect(received).toEqual([]);
    expect(post.silent.size).toBe(200);
  });
});
