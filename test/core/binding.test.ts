import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeBinding,
  describeSelector,
  type LineContext,
  parseBinding,
  parseInstanceBinding,
  type Selector,
  type StackMode,
  selectorKey,
  selects,
  splitLines,
  wordIn,
} from '../../functions/core/binding.ts';
import type { Task } from '../../functions/core/task.ts';
import { holds } from '../support/arbitraries.ts';
import { clusterArn, aContext as context, lineOf, parsedBinding, runningTask } from '../support/values.ts';

const PROD = clusterArn('prod');
const STAGING = clusterArn('staging');
const APP: Selector = { kind: 'service', cluster: PROD, name: 'app' };

/** The tasks that the line means. */
function selectorOf(text: string, words: Partial<LineContext> = {}): Selector | undefined {
  return lineOf(parseBinding(text, context(words), 'tag'))[0]?.selector;
}

function mistake(word: string, expected: string): unknown {
  return { ok: false, problem: { resource: 'the tag', word, expected } };
}

describe('a line of binding', () => {
  it('names a service and a port, and leaves the rest to the stack', () => {
    expect(parseBinding('service=app port=8080', context(), 'tag')).toStrictEqual({
      ok: true,
      value: [
        {
          selector: APP,
          port: 8080,
          zone: undefined,
          ready: false,
          drain: false,
          writes: true,
          removes: true,
          confirmed: false,
          source: 'the tag',
        },
      ],
    });
  });

  it('may say everything, in any order', () => {
    const words = fc.shuffledSubarray(
      ['cluster=prod', 'family=nightly-report', 'port=1', 'zone=all', 'ready=healthy', 'mode=drain', 'confirm=empty'],
      { minLength: 7 },
    );
    holds(
      fc.property(words, (line) => {
        expect(lineOf(parseBinding(line.join(' '), context({ clusters: [STAGING, PROD] }), 'tag'))).toEqual([
          {
            selector: { kind: 'family', cluster: PROD, name: 'nightly-report' },
            port: 1,
            zone: 'all',
            ready: true,
            drain: true,
            writes: true,
            removes: true,
            confirmed: true,
            source: 'the tag',
          },
        ]);
      }),
    );
  });

  it('may have any white space between its words and around them', () => {
    expect(parseBinding('\t service=app \n  port=8080 ', context(), 'tag').ok).toBe(true);
  });

  it('names its target group only in the parameter', () => {
    const line = 'target-group=web service=app port=8080';
    expect(lineOf(parseBinding(line, context(), 'parameter'))).toMatchObject([{ selector: APP }]);
    expect(parseBinding(line, context(), 'tag')).toEqual(mistake('target-group=web', KEYS_OF_TAG));
  });

  it.each(['a', 'Z', '0', '_', '-', 'a'.repeat(255), 'My_app-2'])('takes the name %s', (name) => {
    expect(selectorOf(`service=${name} port=80`)?.name).toBe(name);
    expect(selectorOf(`family=${name} port=80`)?.name).toBe(name);
  });

  it.each(['all', 'task', 'eu-west-1a', 'us-gov-east-1c', 'us-west-2-lax-1a', 'cn-north-1b'])('takes the zone %s', (zone) => {
    expect(parsedBinding(`service=app port=80 zone=${zone}`).zone).toBe(zone);
  });
});

describe('the port of a line', () => {
  const portsOf = (text: string) => lineOf(parseBinding(`service=app port=${text}`, context(), 'tag')).map(({ port }) => port);

  it.each(['http', 'a', '_', '0x', '8080-tcp', 'a'.repeat(64), 'grpc_web-2', '9-'])('may be the name %s', (name) => {
    expect(portsOf(name)).toEqual([name]);
  });

  it('may be several: one binding for each, in their order, and otherwise alike', () => {
    const numbers = fc.integer({ min: 1, max: 65_535 });
    const ports = fc.uniqueArray(fc.oneof(numbers, fc.constantFrom('http', 'admin', 'x')), { minLength: 1, maxLength: 10 });
    holds(
      fc.property(ports, fc.constantFrom('', ' zone=all', ' mode=drain', ' ready=healthy'), (all, words) => {
        const line = lineOf(parseBinding(`service=app port=${all.join('+')}${words}`, context(), 'tag'));
        const [one] = lineOf(parseBinding(`service=app port=1${words}`, context(), 'tag'));
        expect(line).toEqual(all.map((port) => ({ ...one, port })));
      }),
    );
  });

  it('is one of at most ten', () => {
    const ten = '1+2+3+4+5+6+7+8+9+10';
    expect(portsOf(ten)).toHaveLength(10);
    expect(parseBinding(`service=app port=${ten}+11`, context(), 'tag')).toEqual(mistake(`port=${ten}+11`, PORT));
  });

  it.each([
    ...['', '0', '65536', '99999', '-1', 'HTTP', 'Http', '-a', 'a.b', 'a/b', 'a'.repeat(65)],
    ...['80+', '+80', '80++81', '80+80', '80+080', 'http+http', '80+0', '80;81', '80,81'],
  ])('is not made of %j', (text) => {
    expect(parseBinding(`service=app port=${text}`, context(), 'tag')).toEqual(mistake(`port=${text}`, PORT));
  });
});

const KEYS_OF_TAG = 'one of cluster=, service=, family=, port=, zone=, ready=, mode=, confirm=';
const SELECTOR = 'exactly one of service=NAME and family=NAME';
const MODES = 'mode=enforce, mode=observe, mode=register-only or mode=drain';
const CONFIRM = 'confirm=empty, and only beside mode=drain';
const PORT =
  'port=8080, a port name of the task definition such as port=http, or several with + between them such as port=8080+9090';
const ZONE = 'zone=all, zone=task, a zone such as zone=eu-west-1a, or no zone at all';
const READY = 'ready=healthy, or no ready';
const SERVICE_NAME = 'service=NAME of letters, digits, - and _';
const CLUSTER = "cluster=prod, of the stack's parameter ClusterArns";

describe('a mistake names the resource, the word and what was expected:', () => {
  it.each([
    ['servce=app port=8080', 'servce=app', KEYS_OF_TAG],
    ['service=app port=8080 weight=3', 'weight=3', KEYS_OF_TAG],
    ['Service=app port=8080', 'Service=app', KEYS_OF_TAG],
    ['app', 'app', KEYS_OF_TAG],
    ['=app', '=app', KEYS_OF_TAG],
    ['service=app service=api port=80', 'service=api', 'service= only once'],
    ['service=app port=80 port=80', 'port=80', 'port= only once'],
    ['', '', SELECTOR],
    ['port=8080', 'port=8080', SELECTOR],
    ['port=8080 mode=drain', 'port=8080 mode=drain', SELECTOR],
    ['service=app family=app port=80', 'service=app family=app port=80', SELECTOR],
    ['service= port=80', 'service=', SERVICE_NAME],
    ['service port=80', 'service=', SERVICE_NAME],
    ['service=a.b port=80', 'service=a.b', SERVICE_NAME],
    ['service=a=b port=80', 'service=a=b', SERVICE_NAME],
    ['service=xa/b port=80', 'service=xa/b', SERVICE_NAME],
    ['service=/ab port=80', 'service=/ab', SERVICE_NAME],
    ['family=a:1 port=80', 'family=a:1', 'family=NAME of letters, digits, - and _'],
    ['cluster=dev service=app port=80', 'cluster=dev', CLUSTER],
    ['cluster= service=app port=80', 'cluster=', CLUSTER],
    ['service=app', '(no port=)', PORT],
    ['service=app port=', 'port=', PORT],
    ['service=app port=80 zone=', 'zone=', ZONE],
    ['service=app port=80 zone=alle', 'zone=alle', ZONE],
    ['service=app port=80 zone=xall', 'zone=xall', ZONE],
    ['service=app port=80 zone=ALL', 'zone=ALL', ZONE],
    ['service=app port=80 zone=eu', 'zone=eu', ZONE],
    ['service=app port=80 zone=eu-', 'zone=eu-', ZONE],
    ['service=app port=80 zone=eu--1a', 'zone=eu--1a', ZONE],
    ['service=app port=80 zone=e-west-1a', 'zone=e-west-1a', ZONE],
    ['service=app port=80 zone=euw-west-1a', 'zone=euw-west-1a', ZONE],
    ['service=app port=80 zone=eu-West-1a', 'zone=eu-West-1a', ZONE],
    ['service=app port=80 ready=', 'ready=', READY],
    ['service=app port=80 ready', 'ready=', READY],
    ['service=app port=80 ready=yes', 'ready=yes', READY],
    ['service=app port=80 mode=', 'mode=', MODES],
    ['service=app port=80 mode=dry', 'mode=dry', MODES],
    ['service=app port=80 mode=drain confirm=', 'confirm=', CONFIRM],
    ['service=app port=80 mode=drain confirm=yes', 'confirm=yes', CONFIRM],
    ['service=app port=80 mode=observe confirm=empty', 'confirm=empty', CONFIRM],
    ['service=app port=80 confirm=empty', 'confirm=empty', CONFIRM],
  ])('%j', (line, word, expected) => {
    expect(parseBinding(line, context(), 'tag')).toEqual(mistake(word, expected));
  });

  it('a name of 256 characters, of which 100 are shown', () => {
    const word = `service=${'a'.repeat(92)}`;
    expect(parseBinding(`service=${'a'.repeat(256)} port=80`, context(), 'tag')).toEqual(mistake(word, SERVICE_NAME));
  });

  it('in the parameter the keys include target-group', () => {
    expect(parseBinding('x=1', context(), 'parameter')).toEqual(
      mistake('x=1', 'one of target-group=, cluster=, service=, family=, port=, zone=, ready=, mode=, confirm='),
    );
  });
});

describe('the stricter of the mode of the stack and that of the line wins:', () => {
  const cases: readonly (readonly [StackMode, string, boolean, boolean, boolean])[] = [
    ['enforce', '', true, false, true],
    ['enforce', 'mode=enforce', true, false, true],
    ['enforce', 'mode=observe', false, false, true],
    ['enforce', 'mode=drain', true, true, true],
    ['enforce', 'mode=register-only', true, false, false],
    ['observe', '', false, false, true],
    ['observe', 'mode=enforce', false, false, true],
    ['observe', 'mode=observe', false, false, true],
    ['observe', 'mode=drain', false, true, true],
    ['observe', 'mode=register-only', false, false, false],
  ];

  it.each(cases)('stack %s, line "%s": writes %s, drains %s, removes %s', (stackMode, mode, writes, drain, removes) => {
    const line = parseBinding(`service=app port=80 ${mode}`, context({ stackMode }), 'tag');
    expect(lineOf(line)).toMatchObject([{ writes, drain, removes }]);
  });

  it('and a line may empty its group where it says so twice, or stands in the parameter', () => {
    const isConfirmed = (text: string, place: 'tag' | 'parameter'): boolean =>
      lineOf(parseBinding(`service=app port=80 ${text}`, context(), place)).every(({ confirmed }) => confirmed);
    expect(isConfirmed('mode=drain', 'tag')).toBe(false);
    expect(isConfirmed('mode=drain confirm=empty', 'tag')).toBe(true);
    expect(isConfirmed('mode=drain', 'parameter')).toBe(true);
  });
});

describe('a line for a Cloud Map service', () => {
  it('names the service, and the port only where instances have one', () => {
    const value = { selector: APP, port: undefined, source: 'the tag' };
    expect(parseInstanceBinding('service=app', context())).toStrictEqual({ ok: true, value });
    expect(parseInstanceBinding('service=app port=3306', context())).toStrictEqual({
      ok: true,
      value: { ...value, port: 3306 },
    });
  });

  it('may name a family and a cluster', () => {
    expect(lineOf(parseInstanceBinding('cluster=staging family=db', context({ clusters: [PROD, STAGING] }))).selector).toEqual({
      kind: 'family',
      cluster: STAGING,
      name: 'db',
    });
  });

  it.each(['zone=all', 'ready=healthy', 'mode=drain', 'confirm=empty', 'target-group=web', 'x'])('takes no %s', (word) => {
    const expected = 'one of cluster=, service=, family=, port=';
    expect(parseInstanceBinding(`service=app ${word}`, context())).toEqual(mistake(word, expected));
  });

  it('takes no port that is none', () => {
    const expected = 'port=a port from 1 to 65535, or no port';
    expect(parseInstanceBinding('service=app port=0', context())).toEqual(mistake('port=0', expected));
    expect(parseInstanceBinding('service=app port', context())).toEqual(mistake('port=', expected));
    expect(parseInstanceBinding('service=app port=http', context())).toEqual(mistake('port=http', expected));
    expect(parseInstanceBinding('service=app port=1+2', context())).toEqual(mistake('port=1+2', expected));
  });
});

describe('a binding in words', () => {
  it.each([
    ['service=app port=80', 'cluster=prod service=app port=80'],
    ['port=80 mode=enforce family=app', 'cluster=prod family=app port=80'],
    ['service=app port=80 zone=all', 'cluster=prod service=app port=80 zone=all'],
    ['service=app port=80 mode=drain', 'cluster=prod service=app port=80 mode=drain'],
    ['service=app port=80 mode=observe zone=all', 'cluster=prod service=app port=80 zone=all mode=observe'],
    ['service=app port=80 mode=register-only', 'cluster=prod service=app port=80 mode=register-only'],
    [
      'mode=drain ready=healthy zone=task service=app port=http',
      'cluster=prod service=app port=http zone=task ready=healthy mode=drain',
    ],
  ])('of %j is %j', (text, words) => {
    expect(describeBinding(parsedBinding(text))).toBe(words);
  });

  it('is a line of the grammar again, of the same binding', () => {
    const line = fc.record({
      selector: fc.constantFrom('service=app', 'family=a_b-c'),
      port: fc.constantFrom(' port=1', ' port=65535', ' port=http'),
      zone: fc.constantFrom('', ' zone=all', ' zone=task', ' zone=eu-west-1a'),
      ready: fc.constantFrom('', ' ready=healthy'),
      mode: fc.constantFrom('', ' mode=observe', ' mode=drain', ' mode=register-only'),
    });
    holds(
      fc.property(line, ({ selector, port, zone, ready, mode }) => {
        const binding = parsedBinding(`${selector}${port}${zone}${ready}${mode}`);
        expect(parsedBinding(describeBinding(binding))).toEqual(binding);
      }),
    );
  });
});

describe('the lines of the parameter', () => {
  it('stand between semicolons or line ends, and each keeps its number', () => {
    expect(splitLines(' a=1 ;; b=2\n\nc=3\r\n d=4;')).toEqual([
      { number: 1, text: 'a=1' },
      { number: 3, text: 'b=2' },
      { number: 5, text: 'c=3' },
      { number: 6, text: 'd=4' },
    ]);
  });

  it.each(['', ' ', ';', ' ; \n'])('are none in %j', (text) => {
    expect(splitLines(text)).toEqual([]);
  });

  it.each([
    ['target-group=web service=app', 'web'],
    ['service=app target-group=web', 'web'],
    ['service=app\ttarget-group=web port=80', 'web'],
    ['target-group=', ''],
    ['target-group= service=app', ''],
    ['target-group=a target-group=b', 'a'],
    ['service=app', undefined],
    ['not-target-group=web', undefined],
    ['target-group', undefined],
  ])('name their group before they are read: %j names %j', (text, name) => {
    expect(wordIn(text, 'target-group')).toBe(name);
  });

  it.each(['target-group', 'cluster', 'service'] as const)('have at most one %s, and any word may stand beside it', (key) => {
    const others = fc.array(fc.constantFrom('x', 'port=80', `x-${key}=b`, `${key}`, 'mode=drain', '='), { maxLength: 4 });
    holds(
      fc.property(others, others, fc.stringMatching(/^[a-z=]{0,5}$/), (before, after, value) => {
        expect(wordIn([...before, `${key}=${value}`, ...after].join(' '), key)).toBe(value);
        expect(wordIn([...before, ...after].join(' '), key)).toBeUndefined();
      }),
    );
  });
});

describe('a selector', () => {
  const family: Selector = { kind: 'family', cluster: PROD, name: 'app' };

  it.each([
    { selector: APP, words: {}, means: true },
    { selector: APP, words: { group: 'service:api' }, means: false },
    { selector: APP, words: { group: 'service:app2' }, means: false },
    { selector: APP, words: { group: 'family:app' }, means: false },
    { selector: APP, words: { group: '' }, means: false },
    { selector: APP, words: { cluster: STAGING }, means: false },
    { selector: family, words: { group: 'family:app' }, means: true },
    { selector: family, words: { group: 'batch' }, means: true },
    { selector: family, words: { group: '' }, means: true },
    { selector: family, words: { group: 'batch-service:x' }, means: true },
    { selector: family, words: {}, means: false },
    { selector: family, words: { group: 'batch', definition: 'app' }, means: true },
    { selector: family, words: { group: 'batch', definition: 'app2:7' }, means: false },
    { selector: family, words: { group: 'batch', definition: '' }, means: false },
    { selector: family, words: { group: 'batch', cluster: STAGING }, means: false },
  ])('$selector.kind=app means $words: $means', ({ selector, words, means }) => {
    const task: Task = runningTask('t1', '10.0.0.1', words);
    expect(selects(selector, task)).toBe(means);
  });

  it('never shares a task with a selector of the other kind', () => {
    const group = fc.constantFrom('service:app', 'family:app', '', 'batch', 'service:', 'service:api');
    const definition = fc.constantFrom('app:7', 'app', '', 'api:1');
    holds(
      fc.property(group, definition, (aGroup, aDefinition) => {
        const task = runningTask('t1', '10.0.0.1', { group: aGroup, definition: aDefinition });
        expect(selects(APP, task) && selects(family, task)).toBe(false);
      }),
    );
  });

  it('has a key of its own, and words for people', () => {
    expect(selectorKey(APP)).toBe(`${PROD} service=app`);
    expect(selectorKey(family)).toBe(`${PROD} family=app`);
    expect(describeSelector(APP)).toBe('cluster=prod service=app');
    expect(describeSelector(family)).toBe('cluster=prod family=app');
  });
});

describe('whatever the line', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'service=app',
      'family=x',
      'port=80',
      'port=1+http',
      'zone=all',
      'mode=drain',
      'cluster=prod',
      'port=99999',
    ),
    fc.string({ maxLength: 200 }),
  );
  const words = fc.array(word).map((each) => each.join(' '));

  it('it is read or it is a mistake with its resource, and never longer than 100 characters', () => {
    holds(
      fc.property(words, (text) => {
        const line = parseBinding(text, context(), 'parameter');
        if (line.ok) return;
        // What it leaves out is known here.
        if (line.problem === 'unread') throw new Error('The line is unread.');
        expect(line.problem.resource).toBe('the tag');
        expect(line.problem.word.length).toBeLessThanOrEqual(100);
        expect(line.problem.expected).not.toBe('');
      }),
      1_000,
    );
  });
});
