import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { children, fields, readDer, tags } from '../../../protocol/x509/der.js';
import {
  element,
  integer,
  isOid,
  namedBits,
  octets,
  oid,
  sequence,
  setOf,
  time,
} from '../../../protocol/x509/der-build.js';
import {
  readInteger,
  readNamedBits,
  readOctets,
  readOid,
  readSmallInteger,
  readText,
  readTime,
} from '../../../protocol/x509/der-values.js';
import { computedMs } from '../../support/computed.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });

describe('lengths', () => {
  it('are written in the shortest form', () => {
    expect(octets(Buffer.alloc(127)).subarray(0, 2)).toEqual(bytes('04 7f'));
    expect(octets(Buffer.alloc(128)).subarray(0, 3)).toEqual(bytes('04 81 80'));
    expect(octets(Buffer.alloc(65536)).subarray(0, 5)).toEqual(bytes('04 83 01 00 00'));
  });

  it.each([
    ['no length', '30'],
    ['a length beyond the end', '30 05 02 01'],
    ['a length octet beyond the end', '30 82 01'],
    ['a length of five octets', '30 85 00 00 00 00 01 00'],
    ['a reserved length', '30 ff'],
    ['bytes after the end', '05 00 00'],
    ['a tag number of more than one octet', '1f 81 00 00'],
    ['a primitive without a length', '04 80 00 00'],
    ['an indefinite length that never ends', '30 80 02 01 05'],
    ['nothing', ''],
  ])('%s is refused', (_, hex) => {
    expect(() => readDer(bytes(hex))).toThrow(malformed);
  });

  it('may be indefinite, nested too, as senders that stream write them', () => {
    const node = readDer(bytes('30 80  24 80 04 02 61 62 04 01 63 00 00  02 01 07  00 00'));
    const [text, seven] = children(node);
    expect(text && readOctets(text).toString()).toBe('abc');
    expect(seven && readSmallInteger(seven)).toBe(7);
  });

  it('may not nest without end', () => {
    expect(() => readDer(Buffer.concat([Buffer.alloc(2000, bytes('30 80')), Buffer.alloc(2000)]))).toThrow(malformed);
    let node = readDer(Array.from({ length: 100 }).reduce<Buffer>((inside) => sequence(inside), sequence()));
    expect(() => {
      for (;;) for (const child of children(node)) node = child;
    }).toThrow(malformed);
  });

  it('sixty thousand nested pieces are put together soon', () => {
    const pieces = Buffer.alloc(180_000, bytes('04 01 61 04 00 04 02 62 63'));
    const depth = 25;
    const octetString = Buffer.concat([Buffer.alloc(2 * depth, bytes('24 80')), pieces, Buffer.alloc(2 * depth)]);
    const started = computedMs();
    expect(readOctets(readDer(octetString)).length).toBe(60_000);
    expect(computedMs() - started).toBeLessThan(1000);
  });

  it('more elements than any structure has are refused', () => {
    expect(() => children(readDer(element(tags.sequence, Buffer.alloc(20_000, bytes('05 00')))))).toThrow(malformed);
  });
});

describe('values', () => {
  it('object identifiers survive writing and reading', () => {
    const arc = fc.bigInt({ min: 0n, max: 1n << 70n });
    const any = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 39 }),
      fc.array(arc, { maxLength: 4 }),
    );
    fc.assert(
      fc.property(any, ([root, second, rest]) => {
        const text = [root, second, ...rest].join('.');
        expect(isOid(text)).toBe(true);
        expect(readOid(readDer(oid(text)))).toBe(text);
      }),
    );
    expect(readOid(readDer(bytes('06 03 88 37 03')))).toBe('2.999.3'); // X.690 §8.19.5
  });

  it.each(['06 00', '06 02 2a 86', '06 02 80 01', '02 01 2a'])('%s is not an object identifier', (hex) => {
    expect(() => readOid(readDer(bytes(hex)))).toThrow(malformed);
  });

  it.each(['', '1', '3.1', '1.40', '1.2.', '1.02', 'a.b'])('"%s" cannot be written as one', (text) => {
    expect(() => oid(text)).toThrow(RangeError);
  });

  it('integers are written unsigned and short', () => {
    expect(integer(0)).toEqual(bytes('02 01 00'));
    expect(integer(128)).toEqual(bytes('02 02 00 80'));
    expect(integer(bytes('00 00 ff'))).toEqual(bytes('02 02 00 ff'));
    expect(readInteger(readDer(integer(65536)))).toEqual(bytes('01 00 00'));
    expect(() => readSmallInteger(readDer(bytes('02 01 ff')))).toThrow(malformed);
  });

  it('a SET OF stands in the order of its encodings (X.690 §11.6)', () => {
    expect(setOf(octets(bytes('02')), integer(1), octets(bytes('01 00')))).toEqual(
      bytes('31 0a 02 01 01 04 01 02 04 02 01 00'),
    );
  });

  it('named bits are written without trailing zeros (X.690 §11.2.2)', () => {
    expect(namedBits([0, 2])).toEqual(bytes('03 02 05 a0'));
    expect(namedBits([5, 6])).toEqual(bytes('03 02 01 06'));
    expect(namedBits([])).toEqual(bytes('03 01 00'));
    expect(namedBits([0, 8])).toEqual(bytes('03 03 07 80 80'));
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 30 })), (set) => {
        expect(readNamedBits(readDer(namedBits(set)))).toEqual([...set].sort((a, b) => a - b));
      }),
    );
  });

  it('times are UTCTime up to 2049 and GeneralizedTime after (RFC 5280 §4.1.2.5)', () => {
    expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toContain('491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z'))[0]).toBe(tags.generalizedTime);
    const range = { min: new Date('1950-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (at) => {
        expect(readTime(readDer(time(at))).getTime()).toBe(Math.floor(at.getTime() / 1000) * 1000);
      }),
    );
  });

  it.each(['261121', '2613011200Z', '260230120000Z', '261121120000+0100'])('"%s" is not a time', (text) => {
    expect(() => readTime(readDer(element(tags.utcTime, Buffer.from(text))))).toThrow(malformed);
  });

  it('text is read from every string type of names', () => {
    expect(readText(readDer(bytes('1e 04 00 e4 20 ac')))).toBe('ä€');
    expect(readText(readDer(bytes('0c 02 c3 a4')))).toBe('ä');
    expect(readText(readDer(bytes('14 01 e4')))).toBe('ä');
    expect(() => readText(readDer(bytes('1e 01 00')))).toThrow(malformed);
  });

  it('fields say which structure ended early or holds something else', () => {
    expect(() => fields(readDer(sequence()), 'Thing').take()).toThrow('Thing ends early');
    expect(() => fields(readDer(sequence(integer(1))), 'Thing').take(tags.sequence)).toThrow(malformed);
    expect(() => fields(readDer(integer(1)), 'Thing')).toThrow(malformed);
  });
});
