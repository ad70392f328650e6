import { describe, expect, it } from 'vitest';
import { javaDouble, javaDoubleText, javaLong } from '../../../protocol/headwind/java-numbers.js';

describe('a number as Java writes it', () => {
  // biome-ignore format: a table, computed by OpenJDK 17
  it.each([
    [0, '0.0'], [-0, '-0.0'], [1, '1.0'], [-1.5, '-1.5'], [100, '100.0'], [9_999_999, '9999999.0'], [9_999_999.5, '9999999.5'], [1e7, '1.0E7'],
    [12_345_678.25, '1.234567825E7'], [123_456_789.125, '1.23456789125E8'], [1e21, '1.0E21'], [0.001, '0.001'], [0.00099, '9.9E-4'], [1e-5, '1.0E-5'],
    [-1.25e-7, '-1.25E-7'], [1.7976931348623157e308, '1.7976931348623157E308'], [Number.NaN, 'NaN'], [-Infinity, '-Infinity'],
  ])('%d is %s', (value, text) => {
    expect(javaDoubleText(value)).toBe(text);
    expect(javaDouble(text)).toBe(value);
  });
});

describe('a whole number as Java reads it', () => {
  it('has the digits of any script', () => {
    expect([javaLong('٣٩', 10), javaLong('９', 10), javaLong('9', 8), javaLong('ｆF', 16)]).toEqual([
      39n,
      9n,
      undefined,
      255n,
    ]);
  });

  it('is bounded', () => {
    expect(javaLong('-8000000000000000', 16)).toBe(-(2n ** 63n));
    expect(javaLong('8000000000000000', 16)).toBeUndefined();
    expect(javaLong('1'.repeat(100_000), 10)).toBeUndefined();
    expect(javaLong(`${'0'.repeat(900)}7`, 8)).toBe(7n);
    for (const text of ['', '-', '+', '--1', ' 1', '1 ', '1_0', '𝟗']) expect(javaLong(text, 10)).toBeUndefined();
  });
});
