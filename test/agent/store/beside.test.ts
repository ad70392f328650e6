import { describe, expect, it } from 'vitest';
import { isJudged, noteJudged } from '../../../agent/model/judged.js';
import type { DeviceState } from '../../../agent/model/state.js';
import { besideOf, withBeside } from '../../../agent/store/beside.js';
import { createPacker } from '../../../agent/store/pack.js';
import { someState } from '../../support/devices.js';

const data = { sessions: { next: 1, vector: 'abcdefghijklmnop', count: 1 }, contactAt: 1, tree: { a: 'x' } };
const of = (held: unknown, more: Partial<DeviceState> = {}): DeviceState => ({
  ...someState(1),
  ...more,
  link: { platform: 'windows', authority: 'x', data: held },
});
const before = of(data);
/** A later state of the same device: what is not named is the same object. */
const later = (held: object, more: Partial<DeviceState> = {}): DeviceState => ({
  ...before,
  ...more,
  link: { platform: 'windows', authority: 'x', data: { ...data, ...held } },
});

describe('what is kept beside a packed state', () => {
  it('is the time of the last check-in and the small values of the link, one session upon the other', () => {
    const first = later({ sessions: { next: 2, vector: 'abcdefghijklmnop', count: 2 } }, { lastCheckInAt: 5 });
    const beside = besideOf(before, first, {});
    expect(beside).toEqual({ lastCheckInAt: 5, link: { sessions: { next: 2, vector: 'abcdefghijklmnop', count: 2 } } });
    const read = withBeside(before, beside ?? {});
    expect(read).toEqual(first);
    const second = { ...read, link: { ...first.link, data: { ...(read.link?.data as object), contactAt: 9 } } };
    const both = besideOf(read, second as DeviceState, beside ?? {});
    expect(withBeside(before, both ?? {})).toEqual(second);
  });

  it('may be a yes or no among them', () => {
    const after = later({ sessions: { next: 2, isWanted: true }, contactAt: false });
    expect(withBeside(before, besideOf(before, after, {}) ?? {})).toEqual(after);
  });

  it.each<[string, DeviceState]>([
    ['a value of the link that is not small', later({ tree: { a: 'y', b: { c: 'z' } } })],
    ['a text that is long', later({ contactAt: 'x'.repeat(33) })],
    ['a value with many parts', later({ sessions: { a: 1, b: 2, c: 3, d: 4, e: 5 } })],
    ['a value that came', later({ notBefore: 7 })],
    ['another authority', { ...before, link: { platform: 'windows', authority: 'y', data } }],
    ['no link', { ...someState(1) }],
    ['another part of the state', { ...before, holdings: [] }],
  ])('is not enough for %s', (_, after) => {
    expect(besideOf(before, after, {})).toBeUndefined();
  });

  it('is not enough for a value that went, nor for a last check-in that is forgotten', () => {
    expect(besideOf(later({ notBefore: 7 }), before, { link: { notBefore: 7 } })).toBeUndefined();
    const { lastCheckInAt: _gone, ...forgotten } = before;
    expect(besideOf({ ...before, lastCheckInAt: 3 }, forgotten, { lastCheckInAt: 3 })).toBeUndefined();
  });

  it('leaves data judged that was, and nothing else', () => {
    const packer = createPacker();
    expect(isJudged(packer.unpack(packer.pack(of({ unknown: 1 }))).link?.data, 'windows')).toBe(false);
    const known = of({ ...data });
    noteJudged(known.link?.data, 'windows');
    const read = packer.unpack(packer.pack(known));
    expect(isJudged(read.link?.data, 'windows')).toBe(true);
    expect(isJudged(read.link?.data, 'ios')).toBe(false);
    expect(isJudged(withBeside(read, { link: { contactAt: 4 } }).link?.data, 'windows')).toBe(true);
    expect(isJudged(withBeside(before, { link: { contactAt: 4 } }).link?.data, 'windows')).toBe(false);
  });
});
