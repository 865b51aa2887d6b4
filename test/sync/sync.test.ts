import { describe, expect, it } from 'vitest';
import type { Settings } from '../../functions/core/binding-sources.ts';
import type { Message } from '../../functions/core/trigger.ts';
import { type InvocationReporter, sync } from '../../functions/sync/sync.ts';
import { fails, ok, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { clusterArn, groupArn, runningTask, stoppingTask, target, taskArn, taskEvent } from '../support/values.ts';

/** A stack with one group at the ports, and what was told of each invocation. */
function deployment(settings: Partial<Settings> = {}) {
  const runs = new Runs(settings);
  const setAside: Message[] = [];
  const errors: string[] = [];
  const reports: InvocationReporter = {
    ...runs.reporter,
    errors,
    setAside: (messages) => setAside.push(...messages),
  };
  const invoke = (input: unknown) => sync(runs.environment, reports, { input, deadlineMs: START_MS + 28_500 });
  const reasons = (): string[] =>
    setAside.flatMap(({ id, reading }) => ('because' in reading ? [`${id} ${reading.kind}: ${reading.because}`] : []));
  return { runs, reports, errors, reasons, invoke };
}

function batch(...bodies: readonly unknown[]) {
  const Records = bodies.map((body, index) => ({
    messageId: `m${index}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }));
  return { Records };
}

const EVENT = taskEvent();
const ELSEWHERE = taskEvent({
  group: 'service:other',
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/other:1',
});
const OTHER_CLUSTER = taskEvent({ clusterArn: clusterArn('test'), taskArn: 'arn:aws:ecs:eu-west-1:111122223333:task/test/t1' });

describe('a batch of messages', () => {
  it('is acknowledged when the groups that it means are dealt with', async () => {
    const { runs, invoke, reasons } = deployment();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { version: 4 }));
    expect(await invoke(batch(EVENT))).toEqual({ batchItemFailures: [] });
    expect(runs.passes.map(({ written, trigger, hints }) => [written.done.length, trigger, hints])).toEqual([
      [1, 'messages', 1],
    ]);
    expect(reasons()).toEqual([]);
  });

  it('has set aside what is no hint, each with its reason, and serves the rest', async () => {
    const { runs, invoke, reasons } = deployment();
    expect(await invoke(batch('no JSON', taskEvent({}, { source: 'aws.ec2' }), EVENT, OTHER_CLUSTER, ELSEWHERE))).toEqual({
      batchItemFailures: [],
    });
    expect(runs.passes).toHaveLength(1);
    expect(reasons()).toEqual([
      'm0 unreadable: the body (7 characters) is not JSON',
      'm1 ignored: its source is "aws.ec2", not "aws.ecs"',
      `m3 ignored: its cluster ${clusterArn('test')} is not in the stack's parameter ClusterArns`,
      'm4 ignored: no line of binding means its task',
    ]);
  });

  it('returns those whose group failed for something that may pass, and only those', async () => {
    const { runs, invoke } = deployment();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    expect(await invoke(batch('no JSON', EVENT, ELSEWHERE, EVENT))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }],
    });
  });

  it('is acknowledged where it failed for good: it would do so again', async () => {
    const { runs, invoke } = deployment();
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    expect(await invoke(batch(EVENT))).toEqual({ batchItemFailures: [] });
  });

  it('may be empty', async () => {
    const { runs, invoke } = deployment();
    expect(await invoke({ Records: [] })).toEqual({ batchItemFailures: [] });
    expect(runs.fake.asked).toEqual([]);
  });
});

describe('an event of changed tags', () => {
  const TAGS = { source: 'aws.tag', 'detail-type': 'Tag Change on Resource', resources: [groupArn()], detail: {} };
  const tagged = { key: 'alb-target-sync', value: 'service=app port=8080' };

  it('makes the bindings read again, and reconciles a group that is bound anew', async () => {
    const { runs, invoke, reasons } = deployment({ bindings: '' });
    let tags: readonly (typeof tagged)[] = [];
    runs.fake.answers.DescribeTags = ({ groups }) => ok(groups.map((group) => ({ group, tags })));
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    await invoke(batch(TAGS));
    expect(runs.passes).toEqual([]);
    tags = [tagged];
    runs.fake.clock.nowMs += 1;
    expect(await invoke(batch(TAGS))).toEqual({ batchItemFailures: [] });
    expect(runs.passes.map(({ written }) => written.done.length)).toEqual([1]);
    // Nothing has changed since: no group is worth a pass.
    runs.fake.clock.nowMs += 1;
    await invoke(batch(TAGS));
    expect(runs.passes).toHaveLength(1);
    expect(runs.fake.inputs('DescribeTags')).toHaveLength(3);
    expect(reasons()).toEqual([]);
  });

  it('of a task takes it out and back in, in an environment that has never listed the others', async () => {
    const { runs, invoke } = deployment();
    const tag = async (words: { readonly isHeld: boolean }): Promise<unknown> => {
      runs.tasks[0] = runningTask('t1', '10.0.0.1', words);
      await invoke({ ...TAGS, resources: [taskArn('t1')] });
      return runs.passes.at(-1)?.written.done.map(({ kind, address, because }) => `${kind} ${address}, ${because.rule}`);
    };
    runs.tasks.push(runningTask('t1', '10.0.0.1'), runningTask('t2', '10.0.0.2'));
    runs.targets.set(groupArn(), [target('10.0.0.1'), target('10.0.0.2')]);
    expect(await tag({ isHeld: true })).toEqual(['deregister 10.0.0.1:8080, task is on hold']);
    expect(await tag({ isHeld: false })).toEqual(['register 10.0.0.1:8080, task is running']);
  });

  it('of the last task that serves changes nothing', async () => {
    const { runs, invoke } = deployment();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { isHeld: true }), runningTask('t2', '10.0.0.2'));
    runs.targets.set(groupArn(), [target('10.0.0.1')]);
    await invoke({ ...TAGS, resources: [taskArn('t1')] });
    expect(runs.passes.at(-1)?.held.map(({ because }) => because)).toContain('last serving target');
    expect(runs.targets.get(groupArn())).toContainEqual(target('10.0.0.1'));
  });
});

describe('a stack that names no clusters', () => {
  it('serves events of any of them, and sets aside what no line binds', async () => {
    const { runs, invoke, reasons } = deployment({
      clusters: [],
      bindings: 'target-group=web cluster=prod service=app port=8080',
    });
    runs.tasks.push(runningTask('t1', '10.0.0.1', { version: 4 }));
    await invoke(batch(OTHER_CLUSTER, EVENT));
    expect(runs.passes.map(({ written }) => written.done.length)).toEqual([1]);
    expect(reasons()).toEqual(['m0 ignored: no line of binding means its task']);
  });
});

describe('an event that a rule sends straight to the function', () => {
  it('is served like a message, and answers nothing', async () => {
    const { runs, invoke } = deployment();
    expect(await invoke(EVENT)).toBeUndefined();
    expect(runs.passes.map(({ trigger }) => trigger)).toEqual(['event']);
  });

  it('is set aside where it is no hint', async () => {
    const { invoke, reasons } = deployment();
    expect(await invoke(OTHER_CLUSTER)).toBeUndefined();
    expect(reasons()).toEqual([`event ignored: its cluster ${clusterArn('test')} is not in the stack's parameter ClusterArns`]);
  });

  it('fails the invocation where its group is unfinished, so that Lambda calls again', async () => {
    const { runs, invoke, errors } = deployment();
    errors.push('One call failed.', 'Another call failed.');
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    await expect(invoke(EVENT)).rejects.toThrow(new Error('The event is not complete: One call failed. Another call failed.'));
  });
});

describe('the schedule', () => {
  const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

  it('passes over every group, and answers nothing', async () => {
    const { runs, invoke } = deployment();
    expect(await invoke(SCHEDULED)).toBeUndefined();
    expect(runs.passes.map(({ trigger }) => trigger)).toEqual(['schedule']);
  });

  it('fails where a group is unfinished, even if nothing else is told', async () => {
    const { runs, invoke } = deployment();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    await expect(invoke(SCHEDULED)).rejects.toThrow(
      new Error('The scheduled pass is not complete: a group could not be dealt with in the time given.'),
    );
  });

  it.each([
    [1, 'e1'],
    [3, 'e1 e2 e3'],
    [4, 'e1 e2 e3 (and 1 more, see the log)'],
    [9, 'e1 e2 e3 (and 6 more, see the log)'],
  ])('fails where %i calls failed, and tells three of them', async (count, told) => {
    const { invoke, errors } = deployment();
    errors.push(...Array.from({ length: count }, (_, index) => `e${index + 1}`));
    await expect(invoke(SCHEDULED)).rejects.toThrow(new Error(`The scheduled pass is not complete: ${told}`));
  });
});

describe('a check', () => {
  it('answers with what a pass would change, and writes nothing', async () => {
    const { runs, invoke } = deployment();
    runs.tasks.push(runningTask('t1', '10.0.0.1'), stoppingTask('t2', '10.0.0.2'));
    runs.targets.set(groupArn(), [target('10.0.0.2')]);
    const answer = await invoke({ check: true });
    expect(answer).toMatchObject({
      schemaVersion: 1,
      mode: 'check',
      at: expect.any(String),
      verdict: 'differs',
      groups: [
        {
          targetGroup: 'web',
          wouldChange: [
            { kind: 'register', ip: '10.0.0.1' },
            { kind: 'deregister', ip: '10.0.0.2' },
          ],
        },
      ],
      checks: [],
      configuration: { unread: [], findings: [], failures: [] },
    });
    expect(runs.fake.names).not.toContain('RegisterTargets');
    expect(runs.passes).toHaveLength(1);
  });

  it('does not fail where something cannot be read: the answer says so', async () => {
    const { runs, invoke } = deployment();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    expect(await invoke({ check: true })).toMatchObject({ groups: [{ failures: [{ kind: 'unexpected' }] }] });
  });
});

it.each([[undefined], [null], [7], [{ hello: 'world' }], [{ Records: [{ body: '{}' }] }]])(
  'anything else is an error that names the four inputs: %j',
  async (input) => {
    const { runs, invoke } = deployment();
    await expect(invoke(input)).rejects.toThrow(/^The function got .*It takes four inputs: .*\{"check":true\}\.$/);
    expect(runs.fake.asked).toEqual([]);
  },
);
