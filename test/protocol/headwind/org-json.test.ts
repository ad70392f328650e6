import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import {
  isOrgArray,
  isOrgObject,
  type OrgJson,
  OrgNumber,
  orgLimits,
  readOrgObject,
} from '../../../protocol/headwind/org-json.js';
import { orgText, plainObject, textAt } from '../../../protocol/headwind/org-text.js';
import { orgRows, type Told } from './org-json-table.js';

function told(value: OrgJson | undefined): Told {
  if (value === undefined) return { absent: true };
  if (isOrgArray(value)) return value.map(told);
  if (isOrgObject(value)) return { object: members(value) };
  if (!(value instanceof OrgNumber)) return value;
  if (value.type === 'integer') return { integer: String(value.value) };
  return value.type === 'long' ? { long: String(value.value) } : { double: doubleText(Number(value.value)) };
}
const members = (object: ReadonlyMap<string, OrgJson>): [string, Told][] =>
  [...object].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, value]) => [name, told(value)]);
const doubleText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const refusal = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("a text in the grammar of Android's org.json", () => {
  it.each(orgRows)('$text is read as Android reads it', ({ text, is, messageType }) => {
    if (is === undefined) {
      expect(
        isRollcallError(
          refusal(() => readOrgObject(text)),
          'HEADWIND_MALFORMED',
        ),
      ).toBe(true);
      return;
    }
    const object = readOrgObject(text);
    expect(members(object)).toEqual(is);
    expect(textAt(object, 'messageType')).toBe(messageType);
  });

  it('says at which character it could not go on', () => {
    expect(refusal(() => readOrgObject('{id=>5; name: two words}'))).toMatchObject({
      message: 'Unterminated object at character 19',
      details: { at: 'character 19' },
    });
  });

  it('is bounded in its length and its depth, where Android would end the process', () => {
    const deep = (levels: number): string => `{a:${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(readOrgObject(deep(orgLimits.maxDepth)).size).toBe(1);
    for (const text of [
      deep(orgLimits.maxDepth + 1),
      '{'.repeat(500_000),
      `{a:"${'x'.repeat(orgLimits.maxCharacters)}"}`,
    ])
      expect(
        isRollcallError(
          refusal(() => readOrgObject(text)),
          'HEADWIND_MALFORMED',
        ),
      ).toBe(true);
  });

  it('takes a name like any other, also one that JavaScript knows', () => {
    const plain = plainObject(readOrgObject('{__proto__:{a:1},constructor:2}'));
    expect(Object.keys(plain)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(plain)).toBeNull();
    expect(plain['a']).toBeUndefined();
  });

  it('is written again as Android writes it, slashes escaped', () => {
    const text = '{a:"b/c\\u0007\\n",n:[1,5000000000,2.50,1e10,-0.0,9223372036854775808,null,],t:true,x:\'"\'}';
    expect(orgText(readOrgObject(text))).toBe(
      '{"a":"b\\/c\\u0007\\n","n":[1,5000000000,2.5,10000000000,-0,9223372036854775807,null,null],"t":true,"x":"\\""}',
    );
  });

  it('loses the types of its numbers as plain JSON', () => {
    expect({ ...plainObject(readOrgObject('{a:1,b:5000000000,c:[1.5,],d:{e:null}}')) }).toEqual({
      ...{ a: 1, b: 5_000_000_000, c: [1.5, null], d: { e: null } },
    });
  });
});
