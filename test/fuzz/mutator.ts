/** Messages such as no ECS sends: real shapes with canaries in them, bent, torn and stuffed. */
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { CLUSTER } from '../../scripts/simulator/deployment.ts';
import type { Random } from '../../scripts/simulator/random.ts';
import { canaryOf, pathOf, plantCanaries } from './canary.ts';

/** Fields that decide how far a message gets: they often stay as they are, so that every door is knocked at. */
const STRUCTURAL = new Set([
  ...['source', 'detail-type', 'account', 'region'],
  ...['detail.taskArn', 'detail.clusterArn', 'detail.lastStatus', 'detail.desiredStatus', 'detail.group'],
]);

const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 9e15, Number.MAX_SAFE_INTEGER, '', ' ', '\u0000', '\uFEFF', '\uD800', [], {}, [[]]],
  ...[
    'service:',
    'family:',
    'service:app',
    'RUNNING',
    'STOPPED',
    'arn:aws:ecs',
    'arn:aws:ecs:eu-west-1:111122223333:task/prod/x',
  ],
];
const ODD_KEYS: readonly [string, ...string[]] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  'Records',
  'check',
  '\u0000',
];
const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\u0000',
  '\uFEFF',
  '\uD800',
  '\n',
  '1e400',
  'NaN',
  '\\u0000',
  '"__proto__":',
];

export class Mutator {
  readonly #random: Random;
  readonly #shapes: readonly JsonObject[];

  constructor(random: Random, shapes: readonly JsonObject[]) {
    this.#random = random;
    this.#shapes = shapes;
  }

  /** The body of one message; now and then none that SQS could send. */
  body(): unknown {
    const random = this.#random;
    if (random.chance(0.02)) return random.pick(ODD_VALUES);
    const event = this.#bend(this.#shape(), random.whole(0, 4));
    const text = JSON.stringify(event) ?? '';
    return random.chance(0.25) ? this.#tear(text) : text;
  }

  #shape(): unknown {
    const random = this.#random;
    const shape = plantCanaries(random.pick(this.#shapes), (path) => STRUCTURAL.has(path) && random.chance(0.96));
    if (!isObject(shape) || !isObject(shape['detail']) || random.chance(0.3)) return shape;
    // Tasks of the bound service in the stack's own cluster get furthest: their messages lead to a pass.
    const id = random.whole(0, 0xffff_ffff).toString(16).padStart(32, '0');
    const at = { account: '111122223333', region: 'eu-west-1', source: 'aws.ecs', 'detail-type': 'ECS Task State Change' };
    const taskArn = `${CLUSTER.replace(':cluster/', ':task/')}/${id}`;
    return { ...shape, ...at, detail: { ...shape['detail'], group: 'service:app', clusterArn: CLUSTER, taskArn } };
  }

  /** Changes so many places somewhere in the value. */
  #bend(value: unknown, times: number): unknown {
    let bent = value;
    for (let time = 0; time < times; time += 1) bent = this.#bendOnce(bent, '', 0);
    return bent;
  }

  #bendOnce(value: unknown, path: string, depth: number): unknown {
    const random = this.#random;
    if (Array.isArray(value)) return this.#bendList(value, path, depth);
    if (!isObject(value) || random.chance(0.03)) return this.#odd(path);
    const keys = Object.keys(value);
    const key = random.pick(keys);
    const turn = random.next();
    const added = random.pick(ODD_KEYS);
    if (key === undefined || turn < 0.08) return { ...value, [added]: this.#odd(pathOf(path, added)) };
    if (turn < 0.16) return Object.fromEntries(Object.entries(value).filter(([each]) => each !== key));
    if (turn < 0.22) return { ...value, [`${key} `]: value[key] };
    if (turn < 0.26) return Object.fromEntries(Object.entries(value).toReversed());
    const below = pathOf(path, key);
    return {
      ...value,
      [key]: depth < 6 && random.chance(0.75) ? this.#bendOnce(value[key], below, depth + 1) : this.#odd(below),
    };
  }

  #bendList(list: readonly unknown[], path: string, depth: number): unknown {
    const random = this.#random;
    const index = random.whole(0, Math.max(0, list.length - 1));
    const turn = random.next();
    if (list.length === 0 || turn < 0.2) return [...list, this.#odd(pathOf(path, list.length))];
    if (turn < 0.4) return list.toSpliced(index, 1);
    if (turn < 0.5) return random.shuffle(list);
    return list.map((item, at) => (at === index ? this.#bendOnce(item, pathOf(path, index), depth + 1) : item));
  }

  /** Something that is not expected in the field; where it is a text of some length, one that names the field. */
  #odd(path: string): unknown {
    const random = this.#random;
    const turn = random.next();
    if (turn < 0.06) return `${canaryOf(path)}${'x'.repeat(random.pick([100, 600, 601, 5_000, 70_000]))}`;
    if (turn < 0.1) return this.#nested(path, random.pick([3, 50, 1_000]));
    if (turn < 0.3) return canaryOf(path);
    return random.pick(ODD_VALUES);
  }

  #nested(path: string, depth: number): unknown {
    let value: unknown = canaryOf(`${path}.nested`);
    for (let level = 0; level < depth; level += 1) value = this.#random.chance(0.5) ? [value] : { a: value };
    return value;
  }

  /** Cuts, repeats or stuffs the text, so that it is hardly ever JSON any more. */
  #tear(text: string): string {
    const random = this.#random;
    const from = random.whole(0, text.length);
    const to = random.whole(from, Math.min(text.length, from + 200));
    const turn = random.next();
    if (turn < 0.3) return text.slice(0, from);
    if (turn < 0.5) return text.slice(0, from) + text.slice(to);
    if (turn < 0.7) return text.slice(0, from) + (random.pick(PIECES) ?? '') + text.slice(from);
    if (turn < 0.85) return text.slice(0, to) + text.slice(from);
    if (turn < 0.95) return text + text;
    return '['.repeat(random.pick([10, 10_000])) + text;
  }
}
