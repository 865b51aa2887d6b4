/** A question that a backend is asked, and the words in which answers are judged. They run under vitest and under plain Node. */
import { strict as assert } from 'node:assert';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { type Operation, Refused, type Scene } from './scene.ts';

export interface Check {
  readonly name: string;
  /** Where the expected answer comes from: a page of AWS's documentation, or the report of somebody who saw it. */
  readonly source: string;
  run(scene: Scene): Promise<void>;
}

/** Expects that the call is refused with one of the codes, the ending "Exception" left out. */
export async function refused(scene: Scene, operation: Operation, input: JsonObject, ...codes: string[]): Promise<void> {
  const { code } = await refusalOf(scene, operation, input, codes.join(' or '));
  assert.ok(codes.includes(code), `${operation} was refused with ${code}; expected ${codes.join(' or ')}`);
}

/** Expects a refusal in these words: the product reads them. */
export async function refusedSaying(
  scene: Scene,
  operation: Operation,
  input: JsonObject,
  code: string,
  words: string,
): Promise<void> {
  const refusal = await refusalOf(scene, operation, input, code);
  assert.equal(refusal.code, code);
  assert.ok(refusal.message.includes(words), `${operation} says "${refusal.message}"; expected "${words}"`);
}

async function refusalOf(scene: Scene, operation: Operation, input: JsonObject, expected: string): Promise<Refused> {
  try {
    const answer = await scene.call(operation, input);
    return assert.fail(`${operation} was accepted with ${JSON.stringify(answer)}; expected ${expected}`);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** The list in the answer. A list that is left out is not an empty one. */
export function list(answer: JsonObject, key: string): readonly unknown[] {
  const value = answer[key];
  assert.ok(Array.isArray(value), `${key} is ${JSON.stringify(value)}; expected a list`);
  return value;
}

export function objectsIn(answer: JsonObject, key: string): readonly JsonObject[] {
  return list(answer, key).map((item) => {
    assert.ok(isObject(item), `${key} has ${JSON.stringify(item)}; expected objects`);
    return item;
  });
}

/** The only object of the list. */
export function only(answer: JsonObject, key: string): JsonObject {
  const [item, ...more] = objectsIn(answer, key);
  assert.ok(item !== undefined && more.length === 0, `${key} has ${list(answer, key).length} items; expected one`);
  return item;
}

export function object(answer: JsonObject, key: string): JsonObject {
  const value = answer[key];
  assert.ok(isObject(value), `${key} is ${JSON.stringify(value)}; expected an object`);
  return value;
}

/** What stands at the end of each item's path. */
export function each(items: readonly JsonObject[], ...path: readonly string[]): readonly unknown[] {
  return items.map((item) => path.reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), item));
}

export function sameMembers(found: readonly unknown[], expected: readonly unknown[]): void {
  assert.deepEqual([...found].sort(), [...expected].sort());
}

/** Numbers from 1 to count. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** The items of all pages, by tokens of this name in the input and in the answer. */
export async function allPages(
  scene: Scene,
  operation: Operation,
  { key, token, next }: { readonly key: string; readonly token: string; readonly next: string },
): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  let answer = await scene.call(operation, {});
  for (;;) {
    found.push(...list(answer, key));
    if (!answer[next]) return found;
    answer = await scene.call(operation, { [token]: answer[next] });
  }
}
