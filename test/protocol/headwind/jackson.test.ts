import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import type { JsonObject } from '../../../base/json.js';
import { readBeans, readFields, restOf } from '../../../protocol/headwind/beans.js';
import { jacksonLimits, readJackson, readJacksonBytes, writeJackson } from '../../../protocol/headwind/jackson.js';
import { jacksonRows } from './jackson-table.js';

const refused = (act: () => unknown): boolean => {
  try {
    act();
    return false;
  } catch (error) {
    return isRollcallError(error, 'HEADWIND_MALFORMED');
  }
};

describe('a field of a bean', () => {
  it.each(jacksonRows)('of kind $kind makes of $given what Jackson makes of it', ({ kind, given, taken, server }) => {
    const from = { field: JSON.parse(given) };
    const read = (version: '2.21' | '2.10') => readFields({ field: kind }, from, '', version).field ?? null;
    if (taken === undefined) {
      expect([refused(() => read('2.21')), refused(() => read('2.10'))]).toEqual([true, true]);
      return;
    }
    expect(read('2.21')).toBe(taken);
    if (server === 'refused') expect(refused(() => read('2.10'))).toBe(true);
    else expect(read('2.10')).toBe(taken);
  });

  it('is named where it is refused', () => {
    expect(() => readFields({ a: 'integer' }, { a: [] }, 'files/3')).toThrow('files/3/a is a list');
    expect(() => readFields({ a: 'flag' }, { a: 'maybe' }, '')).toThrow('a is no boolean');
  });

  it('that is a list holds objects and nulls', () => {
    const read = (value: string) => readBeans({ list: JSON.parse(value) }, 'list', '', (bean) => bean['a']);
    expect(read('[{"a":1},null,{"a":2}]')).toEqual([1, 2]);
    expect(read('null')).toBeUndefined();
    for (const value of ['{}', '""', '"x"', '5', '[5]', '["x"]', '[[]]', 'true'])
      expect(refused(() => read(value))).toBe(true);
  });

  it('that nobody knows is kept as it came', () => {
    const rest = restOf({ a: 'text' }, { a: 1, b: null, c: { d: [] } });
    expect({ ...rest }).toEqual({ b: null, c: { d: [] } });
  });
});

describe('JSON as Jackson reads it', () => {
  it.each([
    ['{"a":1} what stands behind is not looked at', { a: 1 }],
    ['{"a":1,"a":2}', { a: 2 }],
    [' \t\r\n[1, "}", {"b":"\\"]"}]x', [1, '}', { b: '"]' }]],
    ['"text"', 'text'],
    ['null', null],
  ])('takes %s', (text, value) => {
    expect(readJackson(text, 'x')).toEqual(value);
  });

  // biome-ignore format: a table
  it.each(['', '{', '{a:1}', "{'a':1}", '{"a":1,}', '[1,]', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":NaN}', '{"a":"\n"}', '{"a":/**/1}', '// x\n{}', '{"a" "b"}', '{"a":1]', '\ufeff{}'])(
    'refuses %s',
    (text) => {
      expect(refused(() => readJackson(text, 'x'))).toBe(true);
    },
  );

  it('takes bytes with a byte order mark, and no bytes that are not UTF-8', () => {
    expect(readJacksonBytes(Buffer.from('\ufeff{"a":"é"}'), 'x')).toEqual({ a: 'é' });
    expect(refused(() => readJacksonBytes(Buffer.from([0x22, 0xff, 0x22]), 'x'))).toBe(true);
  });

  it('is bounded in length, depth and number', () => {
    const { maxDepth } = jacksonLimits;
    const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(refused(() => readJackson(deep(maxDepth), 'x'))).toBe(false);
    expect(refused(() => readJackson(deep(maxDepth + 1), 'x'))).toBe(true);
    expect(refused(() => readJackson('[1,2,3,4]', 'x', { maxBytes: 99, maxDepth: 9, maxValues: 3 }))).toBe(true);
    expect(refused(() => readJackson('[1,2,3,4]', 'x', { maxBytes: 5, maxDepth: 9 }))).toBe(true);
    expect(refused(() => readJacksonBytes(Buffer.from('[1,2,3,4]'), 'x', { maxBytes: 5, maxDepth: 9 }))).toBe(true);
  });

  it('takes a name like any other, also one that JavaScript knows', () => {
    const read = readJackson('{"__proto__":{"a":1},"constructor":{"a":2}}', 'x');
    expect(Object.keys(read ?? {})).toEqual(['__proto__', 'constructor']);
    expect(readFields({ a: 'integer' }, read as JsonObject, '')).toEqual({});
  });

  it.each([
    ['plain letters', 'a/é\u2028', '"a/é\u2028"'],
    ['a backslash before a u', '\\u0041', '"\\\\u0041"'],
    ['a backslash before a u, and a pair', '\\u😀', '"\\\\u\\uD83D\\uDE00"'],
    ['a control character alone', '\u0002', '"\\u0002"'],
    ['one in lower case elsewhere', '\u001b', '"\\u001B"'],
    ['half of a pair', 'x\ude00', '"x\\uDE00"'],
  ])('is written with Jackson’s escapes: %s', (_, text, written) => {
    expect(writeJackson(text)).toBe(written);
    expect(writeJackson({ [text]: [text, 0.1, -0, 1e21] })).toBe(`{${written}:[${written},0.1,0,1e+21]}`);
  });

  it("is written with Jackson's escapes", () => {
    const text = '"\\/\b\t\n\f\r\u0001\u001f\u007f\u00e9\u2028😀\ud83d';
    expect(writeJackson({ a: text, b: [true, null, -1.5], c: {} })).toBe(
      '{"a":"\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001F\u007f\u00e9\u2028\\uD83D\\uDE00\\uD83D","b":[true,null,-1.5],"c":{}}',
    );
  });
});
