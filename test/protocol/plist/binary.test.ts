import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { parseBinaryPlist } from '../../../protocol/plist/binary.js';
import { buildBinaryPlist } from '../../../protocol/plist/build-binary.js';
import { parsePlist } from '../../../protocol/plist/parse.js';
import { dict, messageLimits, PlistReal, type PlistValue, profileLimits } from '../../../protocol/plist/value.js';

/** A binary property list of these objects, written in hex; references are one byte, offsets one or two. The first is the top. */
function binary(...objects: string[]): Buffer {
  const bodies = objects.map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  const offsets: number[] = [];
  let length = 8;
  for (const body of bodies) {
    offsets.push(length);
    length += body.length;
  }
  const trailer = Buffer.alloc(32);
  const size = length < 256 ? 1 : 2;
  trailer.set([size, 1], 6);
  trailer.writeBigUInt64BE(BigInt(bodies.length), 8);
  trailer.writeBigUInt64BE(BigInt(length), 24);
  return Buffer.concat([Buffer.from('bplist00'), ...bodies, ...offsets.map((at) => offset(at, size)), trailer]);
}

function offset(at: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(at, 0, size);
  return bytes;
}

function codeOf(bytes: Uint8Array, limits = messageLimits): string {
  try {
    parsePlist(bytes, limits);
  } catch (error) {
    return isRollcallError(error) ? error.code : `foreign: ${String(error)}`;
  }
  return 'accepted';
}

/** `levels` arrays of `width` references to the next, and a leaf: width ** levels values in a few bytes. */
const bomb = (levels: number, width: number, leaf: string): Buffer =>
  binary(
    ...Array.from(
      { length: levels },
      (_, level) => `a${width.toString(16)}${`0${(level + 1).toString(16)}`.slice(-2).repeat(width)}`,
    ),
    leaf,
  );

describe('a binary property list', () => {
  it.each<[string, string, PlistValue]>([
    ['false', '08', false],
    ['true', '09', true],
    ['an integer of 8 bits, unsigned', '10 ff', 255],
    ['an integer of 16 bits, unsigned', '11 ffff', 65535],
    ['an integer of 32 bits, unsigned', '12 ffffffff', 4294967295],
    ['an integer of 64 bits, signed', '13 ffffffffffffffff', -1],
    ['an integer beyond 2^53', '13 7fffffffffffffff', 2n ** 63n - 1n],
    ['an unsigned integer of 64 bits', '14 0000000000000000ffffffffffffffff', 2n ** 64n - 1n],
    ['a real of 32 bits', '22 3fc00000', new PlistReal(1.5)],
    ['a real of 64 bits', '23 bff8000000000000', new PlistReal(-1.5)],
    ['a date, in seconds since 2001', '33 0000000000000000', new Date('2001-01-01T00:00:00Z')],
    ['a date before 2001', '33 bff0000000000000', new Date('2000-12-31T23:59:59Z')],
    ['data', '42 00ff', Buffer.from([0, 255])],
    ['a string of ASCII', '53 616263', 'abc'],
    ['a string of UTF-16', '63 00e9 d83d de00', 'é😀'],
    ['a long length', '5f 10 03 616263', 'abc'],
    ['an integer of 128 bits, of which the lower half counts', '14 ffffffffffffffff 0000000000000010', 16],
    ['a date after 9999', '33 426d1a94a2000000', new Date('+033689-09-27T01:46:40Z')],
    ['half a surrogate pair, as U+FFFD', '61 d83d', '\ufffd'],
    ['a UID, as XML has it', '81 0102', dict({ CF$UID: 258 })],
    ['a length of 16 bytes', '5f 14 00000000000000000000000000000003 616263', 'abc'],
    ['an empty array', 'a0', []],
    ['an empty dictionary', 'd0', dict({})],
  ])('gives %s', (_name, hex, value) => {
    expect(parseBinaryPlist(binary(hex))).toStrictEqual(value);
  });

  it('gives containers, and what they share in each place anew', () => {
    const read = parsePlist(binary('a2 01 01', 'd2 02 03 03 04', '51 61', '51 62', '41 07'));
    const one = dict({ a: 'b', b: Buffer.from([7]) });
    expect(read).toStrictEqual([one, one]);
    expect(Array.isArray(read) && read[0] !== read[1]).toBe(true);
  });

  it('lets the first of two equal keys win, and takes __proto__ as any key', () => {
    expect(parsePlist(binary('d2 01 01 02 03', '51 61', '08', '09'))).toStrictEqual(dict({ a: false }));
    const name = Buffer.from('__proto__').toString('hex');
    expect(Object.keys(parsePlist(binary('d1 01 02', `59 ${name}`, 'd0')))).toEqual(['__proto__']);
  });

  it.each([
    ['null', '00'],
    ['a fill byte', '0f'],
    ['a UID beyond 32 bits', '84 0100000000'],
    ['a set', 'c0'],
    ['an ordered set', 'b0'],
    ['a URL', '0c 51 61'],
    ['an unknown type', 'f0'],
    ['an integer of 256 bits', '15 00'],
    ['a real of 16 bits', '21 0000'],
    ['a date that is not a number', '33 7ff8000000000000'],
    ['a date beyond all', '33 7fe0000000000000'],
    ['an integer cut short', '13 00'],
    ['data cut short', '43 0001'],
    ['text of bytes beyond ASCII', '51 e9'],
    ['a length that is a string', '5f 51 61'],
    ['a length beyond the file', '5f 13 7fffffffffffffff 61'],
    ['an array longer than the file', 'af 12 0fffffff 00'],
    ['an object that is not there', 'a1 09'],
    ['a key that is a dictionary', 'd1 00 00'],
    ['an array that holds itself', 'a1 00'],
  ])('refuses %s', (_name, hex) => {
    expect(codeOf(binary(hex))).toBe('PLIST_MALFORMED');
  });

  it('leaves out an entry whose key is no string, as nobody can ask for it', () => {
    expect(parsePlist(binary('d2 01 02 03 03', '10 01', '51 61', '09'))).toStrictEqual(dict({ a: true }));
  });

  it('may be of any version that begins with 0', () => {
    const bytes = binary('09');
    bytes.write('bplist0?');
    expect(parsePlist(bytes)).toBe(true);
  });

  describe('whose numbers are not as CoreFoundation has them', () => {
    const good = binary('a1 01', '09');
    const trailer = good.length - 32;
    const gap = Buffer.concat([good.subarray(0, trailer), Buffer.alloc(1), good.subarray(trailer)]);
    const narrow = binary('a1 01', ...Array.from({ length: 255 }, () => '09'));
    const outside = Buffer.from(binary('a1 01', '09', '08'));
    outside.writeUInt8(200, outside.length - 33);

    it.each([
      ['a gap before its trailer', gap],
      ['references too narrow for its objects', narrow],
      ['an offset that nobody follows beyond its objects', outside],
    ])('is refused for %s, and read where that is lifted', (_name, bytes) => {
      expect(codeOf(bytes)).toBe('PLIST_MALFORMED');
      const lifted: string[] = [];
      expect(parsePlist(bytes, messageLimits, ({ message }) => lifted.push(message))).toStrictEqual([true]);
      expect(lifted).toEqual([expect.stringMatching(/CoreFoundation/)]);
    });

    it('has as many objects as its references reach', () => {
      expect(codeOf(binary('a1 01', ...Array.from({ length: 254 }, () => '09')))).toBe('accepted');
    });
  });

  it('refuses a dictionary that holds itself over several steps', () => {
    expect(codeOf(binary('d1 01 02', '51 61', 'a2 01 03', 'a1 00'))).toBe('PLIST_MALFORMED');
  });

  it('refuses a trailer that lies', () => {
    const good = binary('a1 01', '09');
    const at = good.length - 32;
    const lies: [number, number[]][] = [
      [6, [0]],
      [6, [9]],
      [7, [0]],
      [7, [255]],
      [8, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
      [8, [0, 0, 0, 0, 0, 0, 0, 0]],
      [16, [0, 0, 0, 0, 0, 0, 0, 2]],
      [16, [0xff, 0, 0, 0, 0, 0, 0, 0]],
      [24, [0, 0, 0, 0, 0, 0, 0, 8]],
      [24, [0, 0, 0, 0, 0, 0, 0, 13]],
      [24, [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ];
    expect(codeOf(good)).toBe('accepted');
    for (const [offset, bytes] of lies) {
      const bad = Buffer.from(good);
      bad.set(bytes, at + offset);
      expect.soft(codeOf(bad), `trailer byte ${offset} = ${bytes}`).toBe('PLIST_MALFORMED');
    }
    expect(codeOf(Buffer.from('bplist00'))).toBe('PLIST_MALFORMED');
    expect(codeOf(Buffer.concat([Buffer.from('bplist15'), good.subarray(8)]))).toBe('PLIST_MALFORMED');
  });

  it('is refused when shared containers would unfold to more values than allowed', () => {
    expect(codeOf(bomb(3, 10, '09'))).toBe('accepted');
    expect(codeOf(bomb(14, 10, '09'))).toBe('PLIST_LIMIT');
    expect(codeOf(bomb(14, 10, 'a0'))).toBe('PLIST_LIMIT');
  });

  it('is refused when shared text or data would unfold to more bytes than allowed', () => {
    const long = `5f 11 0400 ${'61'.repeat(1024)}`;
    const limits = { ...messageLimits, maxBytes: 64 * 1024 };
    expect(codeOf(bomb(1, 14, long), limits)).toBe('accepted');
    expect(codeOf(bomb(2, 14, long), limits)).toBe('PLIST_LIMIT');
    expect(codeOf(bomb(2, 14, long.replace('5f', '4f')), limits)).toBe('PLIST_LIMIT');
  });

  it('has its bytes, depth and values bounded', () => {
    const nested = (levels: number): PlistValue => (levels === 0 ? [] : [nested(levels - 1)]);
    expect(codeOf(buildBinaryPlist(nested(127)), profileLimits)).toBe('accepted');
    expect(codeOf(buildBinaryPlist(nested(128)), profileLimits)).toBe('PLIST_LIMIT');
    expect(codeOf(Buffer.alloc(messageLimits.maxBytes + 1))).toBe('PLIST_LIMIT');
    expect(codeOf(binary('a2 01 01', '09'), { ...messageLimits, maxNodes: 2 })).toBe('PLIST_LIMIT');
    expect(() => parseBinaryPlist(Buffer.alloc(messageLimits.maxBytes + 1))).toThrow(
      expect.objectContaining({ code: 'PLIST_LIMIT' }),
    );
  });

  it('is written with references and lengths of several bytes when it is large', () => {
    const large = Array.from({ length: 70_000 }, (_, index) => `item ${index}`);
    const limits = { ...messageLimits, maxBytes: 1e7 };
    expect(parsePlist(buildBinaryPlist(large), limits)).toStrictEqual(large);
    expect(parsePlist(buildBinaryPlist('é'.repeat(300)))).toBe('é'.repeat(300));
    expect(parsePlist(buildBinaryPlist(Buffer.alloc(70_000, 1)))).toStrictEqual(Buffer.alloc(70_000, 1));
  });
});
