import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceState } from '../../../agent/model/state.js';
import { createPacker, packState, unpackState } from '../../../agent/store/pack.js';
import { PlistReal } from '../../../protocol/plist/value.js';
import { someState } from '../../support/devices.js';

const corrupt = expect.objectContaining({ code: 'STATE_CORRUPT' });

/** A device whose link holds this. */
const holding = (data: unknown): DeviceState => ({ ...someState(1), link: { platform: 'ios', authority: 'x', data } });

const leaf = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 128n), max: 2n ** 128n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  fc.double({ noNaN: true }).map((value) => new PlistReal(value)),
);
const key = fc.oneof(fc.string(), fc.constantFrom('$b', '$d', '$$b', '$', '__proto__', 'constructor', '1', 'toString'));
const anything = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;

/** What packState makes of a state without bytes, whether or not it would. */
function packedJson(text: string): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(0x52, 0);
  head.writeUInt8(1, 1);
  head.writeUInt32BE(Buffer.byteLength(text), 2);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe('packing a device', () => {
  it('gives back what went in, with and without a common sample', () => {
    const state = someState(3);
    const packer = createPacker([someState(0)]);
    expect(unpackState(packState(state))).toEqual(state);
    expect(packer.unpack(packer.pack(state))).toEqual(state);
    expect(createPacker().unpack(createPacker().pack(state))).toEqual(state);
  });

  it('keeps whatever plain values a link holds, whatever its keys are called', () => {
    const packer = createPacker();
    fc.assert(
      fc.property(anything, (data) => {
        const state = holding({ data });
        // -0 is 0 in JSON, and nobody's state tells them apart
        const same = (a: unknown) => JSON.stringify(a, (_, v) => (typeof v === 'bigint' ? `${v}n` : v));
        for (const back of [unpackState(packState(state)), packer.unpack(packer.pack(state))])
          expect(same(back)).toBe(same(state));
      }),
      { numRuns: 500 },
    );
  });

  it('tells bytes, dates, integers and reals apart', () => {
    const data = {
      bytes: Buffer.from([0, 255]),
      none: Buffer.alloc(0),
      when: new Date(5),
      big: 2n ** 70n,
      real: new PlistReal(1),
      odd: [Number.NaN, Number.POSITIVE_INFINITY],
      $b: [0, 1],
      mixed: { a: Buffer.from('x'), $d: 1 },
    };
    expect(unpackState(packState(holding(data))).link?.data).toEqual(data);
  });

  it('writes a byte string once, however often it is held', () => {
    const certificate = Buffer.alloc(5000, 7);
    const once = packState(holding({ one: certificate }));
    const data = {
      one: certificate,
      copies: [Buffer.from(certificate), new Uint8Array(certificate)],
      part: certificate.subarray(1),
    };
    const packed = packState(holding(data));
    expect(packed.length - once.length).toBeLessThan(5200);
    expect(unpackState(packed).link?.data).toEqual({
      ...data,
      copies: [certificate, certificate],
    });
  });

  it('costs little for each of many that are alike', () => {
    const packer = createPacker([someState(0), someState(1)]);
    const sizes = Array.from({ length: 50 }, (_, index) => packer.pack(someState(index + 2)));
    const mean = sizes.reduce((sum, { length }) => sum + length, 0) / sizes.length;
    expect(mean).toBeLessThan(1024);
    expect(sizes.every((packed) => packed.buffer.byteLength === packed.length)).toBe(true);
  });
});

describe('reading a stored device', () => {
  it('refuses every truncation', () => {
    const packed = packState(someState(1));
    for (let length = 0; length < packed.length; length += 7)
      expect(() => unpackState(packed.subarray(0, length))).toThrow(corrupt);
  });

  it('refuses or takes, but never fails otherwise, whatever bytes are changed', () => {
    const packed = packState(someState(1));
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(packed);
        changed[at] = byte;
        try {
          unpackState(changed);
        } catch (error) {
          expect(error).toEqual(corrupt);
        }
      }),
      { numRuns: 3000 },
    );
  });

  const wrongs: readonly [what: string, wrong: object][] = [
    ['no facts', { facts: undefined }],
    ['another version', { version: 2 }],
    ['an unknown state', { lifecycle: 'retired' }],
    [
      'a profile of no kind',
      { holdings: [{ profile: { kind: 'printer', name: 'x' }, authority: 'x', installedAt: 0 }] },
    ],
    [
      'a profile that lacks a field',
      { holdings: [{ ...someState().holdings[0], profile: { kind: 'wifi', name: 'x' } }] },
    ],
  ];
  const bounds: readonly [what: string, wrong: object][] = [
    ['an endless name', { condition: { ...someState().condition, deviceName: 'x'.repeat(5000) } }],
    ['too many holdings', { holdings: new Array(10_001).fill(someState().holdings[0]) }],
    ['no id', { facts: { ...someState().facts, id: '' } }],
    ['a key that is not described', { condition: { ...someState().condition, mood: 'good' } }],
  ];
  const asStored = (wrong: object) =>
    packedJson(JSON.stringify({ ...someState(), link: undefined, holdings: [], ...wrong }));

  it.each([...wrongs, ...bounds])('refuses to write %s, and says where', (_, wrong) => {
    const state = { ...someState(), ...wrong } as unknown as DeviceState;
    const path = new RegExp(`cannot be stored: ${Object.keys(wrong)[0]}`);
    expect(() => packState(state)).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID', message: expect.stringMatching(path) }),
    );
  });

  it.each(wrongs)('refuses to read %s', (_, wrong) => {
    expect(() => unpackState(asStored(wrong))).toThrow(corrupt);
  });

  it.each(bounds)('reads %s: a bound that came later refuses nothing that was written before it', (_, wrong) => {
    expect(unpackState(asStored(wrong)).version).toBe(1);
  });

  it('writes what was read beyond such a bound again, when other holdings come beside it', () => {
    const [one] = someState().holdings;
    if (one === undefined) throw new Error('no holding');
    const long = { ...one, authority: 'x'.repeat(5000) };
    const state = unpackState(asStored({ holdings: [long] }));
    const read = unpackState(packState({ ...state, holdings: [...state.holdings, one] }));
    expect(read.holdings.map(({ authority }) => authority.length)).toEqual([5000, one.authority.length]);
  });

  it('says that a later version wrote it', () => {
    expect(() => unpackState(asStored({ version: 9 }))).toThrow(/version 9/);
  });

  it('looks at what has changed, and at nothing twice', () => {
    const state = someState(5);
    packState(state);
    let looks = 0;
    const watched = new Proxy(state.condition, {
      get(target, key, receiver) {
        looks++;
        return Reflect.get(target, key, receiver);
      },
    });
    packState({ ...state, condition: watched });
    const first = looks;
    packState({ ...state, condition: watched, lastCheckInAt: 9 });
    expect([first > 10, looks - first < first]).toEqual([true, true]); // it is written again, and not judged again
    const [one] = state.holdings;
    const changed = { ...state, holdings: [...state.holdings, { ...one, authority: 5 }] } as unknown as DeviceState;
    expect(() => packState(changed)).toThrow(/holdings\.4\.authority/);
  });

  it('refuses bytes that lie outside, tags that are none, and endless depth', () => {
    const json = (data: string): Buffer => packedJson(JSON.stringify(holding('?')).replace('"?"', data));
    for (const data of ['{"$b":[0,1]}', '{"$b":[-1,0]}', '{"$b":"x"}', '{"$z":1}', '{"$i":"1e9"}', '{"$r":"x"}'])
      expect(() => unpackState(json(data))).toThrow(corrupt);
    const deep = `${'['.repeat(100_000)}{"$d":1}${']'.repeat(100_000)}`;
    expect(() => unpackState(json(deep))).toThrow(corrupt);
  });

  it('refuses to write what it would not read', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 1000; level++) deep = [deep];
    expect(() => packState(holding(deep))).toThrow(corrupt);
  });
});
