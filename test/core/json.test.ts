import { describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';

describe('a JSON object', () => {
  it.each([[{}], [{ key: 'value' }], [JSON.parse('{"__proto__":1}')]])('is %j', (value) => {
    expect(isObject(value)).toBe(true);
  });

  it.each([[null], [undefined], ['{}'], [7], [true], [[]], [[{}]]])('is not %j', (value) => {
    expect(isObject(value)).toBe(false);
  });
});
