import { describe, expect, it } from 'vitest';
import { MessageFields, maxIdentifierLength } from '../../../protocol/apple-mdm/fields.js';
import { dict, type PlistValue } from '../../../protocol/plist/value.js';

const fields = (value: PlistValue) => new MessageFields(dict({ Key: value }), 'Message');
const malformed = { code: 'MDM_MALFORMED', details: { message: 'Message', at: 'Message/Key' } };

describe('an identifier', () => {
  it('has 1 to 256 characters', () => {
    expect(maxIdentifierLength).toBe(256);
    for (const length of [1, 255, 256]) expect(fields('x'.repeat(length)).identifier('Key')).toHaveLength(length);
    for (const length of [0, 257]) {
      expect(() => fields('x'.repeat(length)).identifier('Key')).toThrow(expect.objectContaining(malformed));
      expect(() => fields('x'.repeat(length)).optionalIdentifier('Key')).toThrow(expect.objectContaining(malformed));
    }
  });

  it('holds no control character and no half of one', () => {
    for (const good of [' ', '~', '\u0080', '\u00a0', '😀', '\ufffd'])
      expect(fields(good).identifier('Key')).toBe(good);
    for (const bad of ['\0', 'a\u001f', '\u007f', 'a\n', '\ud83d', '\udc00x'])
      expect(() => fields(bad).identifier('Key')).toThrow(expect.objectContaining(malformed));
  });
});

describe('an integer', () => {
  it('is one that a number holds exactly', () => {
    for (const good of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
      expect(fields(good).integer('Key')).toBe(good);
    for (const bad of [2n ** 53n, '1', true])
      expect(() => fields(bad).integer('Key')).toThrow(expect.objectContaining(malformed));
  });
});

describe('what nobody asked for', () => {
  it('is the rest, and is none where all was read', () => {
    const message = dict({ One: 'a', Two: 'b', Three: 'c' });
    const read = new MessageFields(message, 'Message');
    read.string('One');
    read.optionalString('Nothing');
    expect({ ...read.rest() }).toEqual({ Two: 'b', Three: 'c' });
    read.has('Two'); // looking whether it is there is not reading it
    expect({ ...read.rest() }).toEqual({ Two: 'b', Three: 'c' });
    read.optionalString('Two');
    read.optionalString('Three');
    expect(read.rest()).toBeUndefined();
  });
});
