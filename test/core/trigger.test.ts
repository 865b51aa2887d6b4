import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../functions/core/event.ts';
import { hintsOf, readTrigger, tellsOfTags } from '../../functions/core/trigger.ts';
import { holds } from '../support/arbitraries.ts';
import { aHint, groupArn, taskArn, taskEvent } from '../support/values.ts';

const FOUR =
  'It takes four inputs: a batch of SQS messages {"Records":[...]}, the schedule\'s event ' +
  '{"source":"aws.events",...}, one EventBridge event {"source":"aws.ecs","detail-type":"ECS Task State Change",...}, ' +
  'or {"check":true}.';

function batch(...bodies: readonly unknown[]): { readonly Records: readonly unknown[] } {
  return { Records: bodies.map((body, index) => ({ messageId: `m-${index}`, body })) };
}

function readingsOf(input: unknown): Reading[] {
  const trigger = readTrigger(input);
  if (trigger.kind !== 'messages') throw new Error(`The test expects messages, not ${trigger.kind}.`);
  return trigger.messages.map(({ reading }) => reading);
}

describe('the four inputs are', () => {
  it('a batch of SQS messages, each with its id and what was made of it', () => {
    const good = aHint(taskArn('t1'), 4, { isFollowUp: false, claim: undefined });
    expect(readTrigger(batch(JSON.stringify(taskEvent()), 'x'))).toEqual({
      kind: 'messages',
      messages: [
        { id: 'm-0', reading: { kind: 'hint', hint: good } },
        { id: 'm-1', reading: { kind: 'unreadable', because: 'the body (1 characters) is not JSON' } },
      ],
    });
  });

  it('also an empty batch', () => {
    expect(readTrigger({ Records: [] })).toEqual({ kind: 'messages', messages: [] });
  });

  it.each(['aws.events', 'aws.scheduler'])('the event of the schedule, from %s', (source) => {
    expect(readTrigger({ source, 'detail-type': 'Scheduled Event', detail: {} })).toEqual({ kind: 'schedule' });
    expect(readTrigger({ source })).toEqual({ kind: 'schedule' });
  });

  it('one bare event', () => {
    const trigger = readTrigger(taskEvent());
    expect(trigger).toMatchObject({ kind: 'event', reading: { kind: 'hint', hint: { task: taskArn('t1') } } });
    expect(readTrigger(taskEvent({}, { source: 'aws.ec2' }))).toMatchObject({ kind: 'event', reading: { kind: 'ignored' } });
  });

  it('the order to check, before everything else', () => {
    expect(readTrigger({ check: true })).toEqual({ kind: 'check' });
    expect(readTrigger({ check: true, ...batch('x'), source: 'aws.events' })).toEqual({ kind: 'check' });
  });
});

describe('anything else is an error that names the four:', () => {
  const unknown = (got: string): unknown => ({ kind: 'unknown', message: `The function got ${got}. ${FOUR}` });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', 'string'],
    [7, 'number'],
    [[], 'object'],
    [{}, 'an object with the keys (none)'],
    [{ check: 'true' }, 'an object with the keys "check"'],
    [{ check: 1 }, 'an object with the keys "check"'],
    [{ Records: {} }, 'an object with the keys "Records"'],
    [{ source: 'aws.ecs' }, 'an object with the keys "source"'],
    [{ 'detail-type': 'ECS Task State Change' }, 'an object with the keys "detail-type"'],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, 'an object with the keys "a", "b", "c", "d", "e"'],
    [{ 'a b\n"c".d-e_9': 1 }, 'an object with the keys "a?b??c?.d-e_9"'],
    [{ ['k'.repeat(31)]: 1 }, `an object with the keys "${'k'.repeat(30)}"`],
  ])('%j', (input, got) => {
    expect(readTrigger(input)).toEqual(unknown(got));
  });

  it.each([
    { record: { body: '{}' } },
    { record: { messageId: 7, body: '{}' } },
    { record: 'text' },
    { record: null },
    { record: { EventSource: 'aws:sns', Sns: { Message: '{}' } } },
  ])('a batch with the record $record', ({ record }) => {
    const got = 'a batch with a record that has no messageId, so it does not come from SQS';
    expect(readTrigger({ Records: [{ messageId: 'm-0', body: '{}' }, record] })).toEqual(unknown(got));
  });
});

describe('a body that cannot be read is told by its size, and never shown:', () => {
  it.each([
    { what: 'empty', body: '' },
    { what: 'not JSON', body: 'secret=hunter2' },
    { what: 'with a byte order mark', body: `\uFEFF${JSON.stringify(taskEvent())}` },
    { what: 'with NUL', body: '\u0000' },
    { what: 'binary', body: '\u0089PNG\r\n\u001a\n\ud800' },
    { what: 'cut off', body: JSON.stringify(taskEvent()).slice(0, -1) },
    { what: 'of 1 MiB', body: 'x'.repeat(1_048_576) },
    { what: 'nested 10,000 deep and left open', body: '['.repeat(10_000) },
  ])('$what', ({ body }) => {
    const because = `the body (${body.length} characters) is not JSON`;
    expect(readingsOf(batch(body))).toEqual([{ kind: 'unreadable', because }]);
  });

  it.each([undefined, null, 7, {}, ['{}']])('no text: %s', (body) => {
    expect(readingsOf(batch(body))).toEqual([{ kind: 'unreadable', because: 'the message has no body' }]);
  });
});

describe('a body that is strange but JSON is read as an event:', () => {
  const noSource = { kind: 'ignored', because: 'its source is missing, not "aws.ecs"' };
  const noObject = { kind: 'unreadable', because: 'it is not a JSON object' };

  it.each([
    { what: 'null', body: 'null', reading: noObject },
    { what: 'a text', body: '"text"', reading: noObject },
    { what: 'lists nested 10,000 deep', body: '['.repeat(10_000) + ']'.repeat(10_000), reading: noObject },
    { what: 'objects nested 10,000 deep', body: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, reading: noSource },
    { what: 'a prototype', body: `{"__proto__":${JSON.stringify(taskEvent())}}`, reading: noSource },
    { what: 'a constructor', body: '{"constructor":{"prototype":{"source":"aws.ecs"}}}', reading: noSource },
  ])('$what', ({ body, reading }) => {
    expect(readingsOf(batch(body))).toEqual([reading]);
    expect(Object.hasOwn(Object.prototype, 'source')).toBe(false);
  });

  it('a pad of 1 MiB around a good event', () => {
    const body = JSON.stringify(taskEvent({ pad: 'x'.repeat(1_048_576) }));
    expect(hintsOf(readingsOf(batch(body)))).toHaveLength(1);
  });

  it('a key given twice, of which the last counts', () => {
    const body = JSON.stringify(taskEvent()).replace('{', '{"source":"aws.ec2",');
    expect(hintsOf(readingsOf(batch(body)))).toHaveLength(1);
    const other = JSON.stringify(taskEvent()).replace(/}$/, ',"source":"aws.ec2"}');
    expect(readingsOf(batch(other))).toEqual([{ kind: 'ignored', because: 'its source is "aws.ec2", not "aws.ecs"' }]);
  });
});

describe('a batch', () => {
  it('keeps its good messages, whatever stands beside them, in their order', () => {
    const bodies = fc.array(fc.oneof(fc.constant(JSON.stringify(taskEvent())), fc.string(), fc.json(), fc.constant(undefined)));
    holds(
      fc.property(bodies, (list) => {
        const kinds = readingsOf(batch(...list)).map(({ kind }) => kind === 'hint');
        expect(kinds).toEqual(list.map((body) => body === JSON.stringify(taskEvent())));
      }),
    );
  });

  it('gives the hints among its readings', () => {
    const hint = aHint(taskArn('t1'), 1);
    const readings: Reading[] = [
      { kind: 'ignored', because: 'a' },
      { kind: 'hint', hint },
      { kind: 'unreadable', because: 'b' },
    ];
    expect(hintsOf(readings)).toEqual([hint]);
    expect(hintsOf([])).toEqual([]);
  });
});

describe('readings tell of tags', () => {
  const TAGS: Reading = { kind: 'tags' };

  it('where one of them does', () => {
    const others = ['hint', 'ignored'].map(
      (kind): Reading => (kind === 'hint' ? { kind, hint: aHint(taskArn('t1'), 1) } : { kind: 'ignored', because: '' }),
    );
    expect([tellsOfTags([...others, TAGS]), tellsOfTags([TAGS]), tellsOfTags(others), tellsOfTags([])]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(hintsOf([TAGS])).toEqual([]);
  });

  it('in a batch as in an event of its own', () => {
    const event = { source: 'aws.tag', 'detail-type': 'Tag Change on Resource', resources: [groupArn()], detail: {} };
    expect(readTrigger(event)).toEqual({ kind: 'event', reading: TAGS });
    expect(readingsOf(batch(JSON.stringify(event)))).toEqual([TAGS]);
  });
});

describe('whatever comes', () => {
  it('is told apart without an exception', () => {
    holds(
      fc.property(fc.anything(), (input) => {
        expect(['messages', 'event', 'schedule', 'check', 'unknown']).toContain(readTrigger(input).kind);
      }),
    );
  });
});
