import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from '../../../agent/io/random.js';

describe('seeded randomness', () => {
  it('is the same for the same seed and index, however it is cut', () => {
    const whole = seededRandom('fleet', 7).bytes(96);
    const random = seededRandom('fleet', 7);
    expect(Buffer.concat([random.bytes(1), random.bytes(31), random.bytes(64)])).toEqual(whole);
  });

  it('differs by seed, by index and by stream', () => {
    const drawn = [
      seededRandom('a', 1),
      seededRandom('a', 2),
      seededRandom('b', 1),
      seededRandom('a', 1, 'second run'),
      seededRandom('a', 11),
      seededRandom('a1', 1),
    ].map((random) => random.bytes(16).toString('hex'));
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it('goes on after a draw longer than what it keeps ahead', () => {
    const random = seededRandom('long', 0);
    const parts = [random.bytes(100), random.bytes(5000), random.bytes(100)];
    expect(parts.map((part) => part.length)).toEqual([100, 5000, 100]);
    expect(new Set(parts.map((part) => part.subarray(0, 50).toString('hex'))).size).toBe(3);
  });

  it('hands out bytes that the caller may overwrite', () => {
    const random = seededRandom('own', 0);
    random.bytes(16).fill(0);
    const again = seededRandom('own', 0);
    again.bytes(16);
    expect(random.bytes(16)).toEqual(again.bytes(16));
  });

  it('draws integers below a bound and fractions below one', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 48 }), (seed, below) => {
        const random = seededRandom(seed, 3);
        const drawn = random.integer(below);
        const fraction = random.fraction();
        return Number.isInteger(drawn) && drawn >= 0 && drawn < below && fraction >= 0 && fraction < 1;
      }),
    );
    expect(() => systemRandom.integer(0)).toThrow(RangeError);
    expect(() => systemRandom.integer(1.5)).toThrow(RangeError);
  });

  it('spreads integers evenly', () => {
    const random = seededRandom('even', 0);
    const counts = new Array<number>(6).fill(0);
    for (let drawn = 0; drawn < 60_000; drawn++) {
      const side = random.integer(6);
      counts[side] = (counts[side] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('writes UUIDs of version 4 in upper case (RFC 9562 §5.4)', () => {
    for (const random of [seededRandom('u', 0), systemRandom])
      expect(random.uuid()).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
  });
});
