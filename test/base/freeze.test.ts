import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../base/freeze.js';

describe('deepFreeze', () => {
  it('freezes all that a value holds, and gives the value back', () => {
    const value = { list: [{ word: 'a' }], none: null, bytes: new Uint8Array(3) };
    expect(deepFreeze(value)).toBe(value);
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.isFrozen(value.list)).toBe(true);
    expect(Object.isFrozen(value.list[0])).toBe(true);
  });

  it.each([1, 'text', true, null, undefined])('leaves %s as it is', (value) => expect(deepFreeze(value)).toBe(value));
});
