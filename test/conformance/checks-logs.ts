/** What we rely on of Amazon CloudWatch Logs. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, each, list, object, objectsIn, refused, upTo } from './check.ts';
import type { Scene } from './scene.ts';

const FILTER = 'CloudWatch Logs API reference, FilterLogEvents';
const SYNTAX = 'CloudWatch Logs guide, Filter pattern syntax';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef';
const LINES = [
  JSON.stringify({ message: 'registered', targetGroupArn: ARN, port: 8080, task: { id: 'a' } }),
  JSON.stringify({ message: 'deregistered', targetGroupArn: ARN, port: 8080, task: { id: 'b' } }),
  JSON.stringify({ message: 'registered', targetGroupArn: `${ARN}0`, port: 9090, task: { id: 'c' } }),
  'START RequestId: 4711 Version: $LATEST',
];

async function messages(scene: Scene, input: JsonObject): Promise<readonly unknown[]> {
  return each(objectsIn(await scene.call('FilterLogEvents', input), 'events'), 'message');
}

/** A minute ago: no backend takes lines of the future. */
async function write(
  scene: Scene,
  lines: readonly string[] = LINES,
): Promise<{ readonly name: string; readonly fromMs: number }> {
  const fromMs = scene.now() + (scene.now() < Date.now() - 86_400_000 ? 0 : -60_000);
  return { name: await scene.log(fromMs, lines), fromMs };
}

function filters(what: string, filterPattern: string, expected: readonly number[]): Check {
  return {
    name: `FilterLogEvents: ${what}`,
    source: SYNTAX,
    run: async (scene) => {
      const { name } = await write(scene);
      const found = await messages(scene, { logGroupName: name, filterPattern });
      assert.deepEqual(
        found,
        expected.map((index) => LINES[index]),
      );
    },
  };
}

export const LOG_CHECKS: readonly Check[] = [
  {
    name: 'FilterLogEvents: without pattern, every line comes in the order of time, with stream, time and ID',
    source: `${FILTER}, filterPattern: if not provided, all the events are matched`,
    run: async (scene) => {
      const { name, fromMs } = await write(scene);
      const events = objectsIn(await scene.call('FilterLogEvents', { logGroupName: name }), 'events');
      assert.deepEqual(each(events, 'message'), LINES);
      assert.deepEqual(
        each(events, 'timestamp'),
        LINES.map((_, index) => fromMs + index * 1_000),
      );
      assert.equal(new Set(each(events, 'eventId')).size, LINES.length);
      for (const stream of each(events, 'logStreamName')) assert.equal(stream, 'stream');
    },
  },
  {
    name: 'FilterLogEvents: startTime and endTime both belong to the range',
    source: `${FILTER}, startTime and endTime: events before, and later than, are not returned`,
    run: async (scene) => {
      const { name, fromMs } = await write(scene);
      const input = { logGroupName: name, startTime: fromMs + 1_000, endTime: fromMs + 2_000 };
      assert.deepEqual(await messages(scene, input), LINES.slice(1, 3));
      const less = { logGroupName: name, startTime: fromMs + 1_001, endTime: fromMs + 1_999 };
      assert.deepEqual(await messages(scene, less), []);
    },
  },
  filters('a JSON field equals a text in quotes, and not what begins like it', `{ $.targetGroupArn = "${ARN}" }`, [0, 1]),
  filters('JSON terms joined by && have to hold together', `{ $.targetGroupArn = "${ARN}" && $.message = "registered" }`, [0]),
  filters('a JSON field may lie in another, and equal a number', '{ $.task.id = "c" && $.port = 9090 }', [2]),
  filters('!= takes lines that have the field with another value', '{ $.message != "registered" }', [1]),
  filters('a phrase in quotes is found in any line', '"RequestId: 4711"', [3]),
  filters('of several terms each has to be there', 'deregistered targetgroup', [1]),
  filters('a pattern that no line matches gives an empty list', '{ $.message = "nobody wrote it" }', []),
  {
    name: 'FilterLogEvents: limit cuts pages, and each token leads to the next',
    source: `${FILTER}, limit and nextToken`,
    run: async (scene) => {
      const lines = upTo(5).map((index) => `line ${index}`);
      const { name } = await write(scene, lines);
      const found: unknown[] = [];
      let nextToken: unknown;
      let pages = 0;
      do {
        const page: JsonObject = await scene.call('FilterLogEvents', {
          logGroupName: name,
          limit: 2,
          ...(nextToken ? { nextToken } : {}),
        });
        assert.ok(list(page, 'events').length <= 2);
        found.push(...each(objectsIn(page, 'events'), 'message'));
        nextToken = page['nextToken'];
        pages += 1;
      } while (nextToken && pages < 9);
      assert.deepEqual(found, lines);
    },
  },
  {
    name: 'FilterLogEvents: a page has 1 MB of messages at most, and the token leads on',
    source: `${FILTER}: up to 1 MB of log events or up to 10,000`,
    run: async (scene) => {
      const lines = upTo(6).map((index) => `${index} ${'x'.repeat(250_000)}`);
      const { name } = await write(scene, lines);
      const first = await scene.call('FilterLogEvents', { logGroupName: name });
      const size = each(objectsIn(first, 'events'), 'message').reduce<number>((sum, text) => sum + String(text).length, 0);
      assert.ok(size <= 1_048_576, `the page has ${size} bytes`);
      const second = await scene.call('FilterLogEvents', { logGroupName: name, nextToken: first['nextToken'] });
      assert.deepEqual(
        [...each(objectsIn(first, 'events'), 'message'), ...each(objectsIn(second, 'events'), 'message')],
        lines,
      );
    },
  },
  {
    name: 'FilterLogEvents: refuses a limit of 10,001',
    source: `${FILTER}, limit: 1 to 10000`,
    run: async (scene) => {
      const { name } = await write(scene, ['line']);
      await refused(scene, 'FilterLogEvents', { logGroupName: name, limit: 10_001 }, 'InvalidParameter');
    },
  },
  {
    name: 'FilterLogEvents: refuses a pattern that is none',
    source: `${FILTER}, errors: InvalidParameterException`,
    run: async (scene) => {
      const { name } = await write(scene, ['line']);
      for (const filterPattern of ['{ $.message = ', '{ $.message = }']) {
        await refused(scene, 'FilterLogEvents', { logGroupName: name, filterPattern }, 'InvalidParameter');
      }
    },
  },
  {
    name: 'FilterLogEvents: an unknown log group is ResourceNotFoundException',
    source: `${FILTER}, errors`,
    run: (scene) => refused(scene, 'FilterLogEvents', { logGroupName: '/nobody/made-it' }, 'ResourceNotFound'),
  },
  {
    name: 'logs.ListTagsForResource: tells the tags of a log group',
    source: 'CloudWatch Logs API reference, ListTagsForResource',
    run: async (scene) => {
      const { name } = await write(scene, ['line']);
      const resourceArn = await scene.tagLog(name, { 'alb-target-sync': 'paused' });
      const answer = await scene.call('logs.ListTagsForResource', { resourceArn });
      assert.deepEqual(object(answer, 'tags'), { 'alb-target-sync': 'paused' });
    },
  },
  {
    name: 'logs.ListTagsForResource: an unknown log group is ResourceNotFoundException',
    source: 'CloudWatch Logs API reference, ListTagsForResource, errors',
    run: async (scene) => {
      const { name } = await write(scene, ['line']);
      const resourceArn = (await scene.tagLog(name, { a: 'b' })).replace(name, '/nobody/made-it');
      await refused(scene, 'logs.ListTagsForResource', { resourceArn }, 'ResourceNotFound');
    },
  },
];
