import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Receiver, receivedOf } from '../../../../../agent/platform/android/apply/received.js';

const whole = Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 31) % 251));
const sha256 = createHash('sha256').update(whole).digest('hex');

function received(most: number, pieceBytes: number) {
  const receiver = new Receiver(most);
  for (let at = 0; at < whole.length; at += pieceBytes) receiver.take(whole.subarray(at, at + pieceBytes));
  return receiver.end();
}

describe('content that a device downloads', () => {
  it.each([1, 100, 4096, 5000, 20_000])('has its digest, size and beginning, in pieces of %i octets', (pieceBytes) => {
    const { content, start, ...facts } = received(0, pieceBytes);
    expect(facts).toEqual({ size: whole.length, sha256 });
    expect(start.equals(whole.subarray(0, 4096))).toBe(true);
    expect(content).toBeUndefined();
  });

  it.each([100, 7000, 20_000])('is held whole up to as much as is asked for, in pieces of %i octets', (pieceBytes) => {
    expect(received(20_000, pieceBytes).content?.equals(whole)).toBe(true);
    expect(received(19_999, pieceBytes)).toMatchObject({ size: whole.length, sha256, content: undefined });
  });

  it('keeps no memory of what it was cut from', () => {
    const { start } = received(19_999, 7000);
    expect(start.buffer.byteLength).toBeLessThanOrEqual(8192);
  });

  it('is its own copy', () => {
    const bytes = Buffer.from('as it was');
    const { content } = receivedOf(bytes);
    bytes.fill(0);
    expect(content?.toString()).toBe('as it was');
  });

  it('may be nothing', () => {
    const { size, content, start } = new Receiver(0).end();
    expect({ size, content: content?.length, start: start.length }).toEqual({ size: 0, content: 0, start: 0 });
  });
});
