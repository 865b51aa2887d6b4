import { describe, expect, it } from 'vitest';
import { isObject, itemsOf } from '../../functions/core/json.ts';

describe('a JSON object', () => {
  it.each([[{}], [{ key: 'value' }], [JSON.parse('{"__proto__":1}')]])('is %j', (value) => {
    expect(isObject(value)).toBe(true);
  });

  it.each([[null], [undefined], ['{}'], [7], [true], [[]], [[{}]]])('is not %j', (value) => {
    expect(isObject(value)).toBe(false);
  });
});

describe('the items of a list', () => {
  it.each([[[]], [[1, null]], [[[2]]]])('are those of %j', (value) => {
    expect(itemsOf(value)).toEqual(value);
  });

  it.each([[null], [undefined], ['text'], [7], [{ length: 1, 0: 'a' }]])('are none of %j', (value) => {
    expect(itemsOf(value)).toEqual([]);
  });
});
