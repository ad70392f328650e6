// Old-style property lists and strings files (CFOldStylePList.c). The values are Apple's documented forms.
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { parsePlist } from '../../../protocol/plist/parse.js';
import { dict, messageLimits, type PlistValue, profileLimits } from '../../../protocol/plist/value.js';

const read = (text: string, limits = messageLimits): PlistValue => parsePlist(Buffer.from(text), limits);

describe('an old-style property list', () => {
  it.each<[string, string, PlistValue]>([
    ['white space alone, an empty dictionary', ' \n\t', dict({})],
    ['comments alone, too', '// nothing\n/* at all */', dict({})],
    ['a string', 'http://a.b/c-d_e$1', 'http://a.b/c-d_e$1'],
    ['a string in quotes', '"a b" ', 'a b'],
    ['a string in single quotes', `'a "b"'`, 'a "b"'],
    ['data', '<00 fF\n0a>', Buffer.from([0, 255, 10])],
    ['an array', '( a, "b", (c), )', ['a', 'b', ['c']]],
    ['a dictionary', '{ a = b; "c d" = { e = (); }; }', dict({ a: 'b', 'c d': dict({ e: [] }) })],
    ['a key alone, which is its own value', '{ a; b = c; }', dict({ a: 'a', b: 'c' })],
    ['the last of two equal keys', '{ a = b; a = c; }', dict({ a: 'c' })],
    ['comments', '{ a /* = x; */ = b; // c\n }', dict({ a: 'b' })],
    ['a comment without end', 'a /* b', 'a'],
    ['a strings file', 'a = b; "c" = "d";', dict({ a: 'b', c: 'd' })],
    ['a strings file, to where it stops', 'a = b; = junk', dict({ a: 'b' })],
    ['an empty dictionary', '{}', dict({})],
  ])('is %s', (_name, text, value) => {
    expect(read(text)).toStrictEqual(value);
  });

  it('has escapes: letters, octal of the NeXTSTEP set, \\U', () => {
    expect(read(String.raw`"\n\t\"\\\q"`)).toBe('\n\t"\\q');
    expect(read(String.raw`"\101\60\341\3412\777"`)).toBe('A0ÆÆ2\0');
    expect(read(String.raw`"\U00e9\Ud83d\Ude00\U41"`)).toBe('é😀A');
    expect(read(String.raw`"\Ud83d"`)).toBe('\ufffd');
  });

  it('may be UTF-16, and is not looked for behind a byte order mark of UTF-8', () => {
    expect(parsePlist(Buffer.from('\ufeff{ a = "é"; }', 'utf16le'))).toStrictEqual(dict({ a: 'é' }));
    expect(() => read('\ufeff{ a = b; }')).toThrow(expect.objectContaining({ code: 'PLIST_MALFORMED' }));
  });

  it.each([
    ['{"a":1}', '"="', 1, 5],
    ['{ a = b }', '";"', 1, 9],
    ['{\n a = b;', '"}"', 2, 8],
    ['( a, b', 'does not end', 1, 7],
    ['( a b )', '")"', 1, 5],
    ['"a', 'quoted', 1, 1],
    ['{ a = <0; }', 'odd', 1, 9],
    ['{ a = <zz>; }', 'hexadecimal', 1, 8],
    ['{} x', 'follows', 1, 4],
    ['%', 'neither', 1, 1],
    ['a b', '"="', 1, 3],
  ])('that is none, %s, is refused with its place', (text, message, line, column) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'PLIST_MALFORMED',
        message: expect.stringContaining(message),
        details: expect.objectContaining({ line, column }),
      }),
    );
  });

  it('is bounded in depth and values', () => {
    const code = (text: string, limits = messageLimits): string => {
      try {
        read(text, limits);
      } catch (error) {
        return isRollcallError(error) ? error.code : 'foreign';
      }
      return 'accepted';
    };
    expect(code(`${'('.repeat(128)}${')'.repeat(128)}`, profileLimits)).toBe('accepted');
    expect(code('('.repeat(100_000))).toBe('PLIST_LIMIT');
    expect(code(`(${'a,'.repeat(10)})`, { ...messageLimits, maxNodes: 5 })).toBe('PLIST_LIMIT');
  });
});
