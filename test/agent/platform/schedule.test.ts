import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import { exponentialRetry, nextOfTiers } from '../../../agent/platform/schedule.js';

const minute = 60_000;
/** As Intune's devices do after an enrollment: every 3 min for 15 min, every 15 min for 2 h, then every 8 h. */
const tiers = [{ everyMs: 3 * minute, times: 5 }, { everyMs: 15 * minute, times: 8 }, { everyMs: 480 * minute }];

describe('a schedule of tiers', () => {
  it('goes through its tiers, counted from the enrollment', () => {
    const moments: number[] = [];
    for (let after = 0; moments.length < 16; after = moments.at(-1) ?? 0) {
      const next = nextOfTiers(tiers, 0, after);
      if (next !== undefined) moments.push(next);
    }
    expect(moments.map((at) => at / minute)).toEqual([
      3, 6, 9, 12, 15, 30, 45, 60, 75, 90, 105, 120, 135, 615, 1095, 1575,
    ]);
  });

  it('makes one of all that were missed', () => {
    expect(nextOfTiers(tiers, 0, 4 * minute)).toBe(6 * minute);
    expect(nextOfTiers(tiers, 0, 14.5 * minute)).toBe(15 * minute);
    expect(nextOfTiers(tiers, 0, 40 * minute)).toBe(45 * minute);
    expect(nextOfTiers(tiers, 0, 700 * minute)).toBe(1095 * minute);
    expect(nextOfTiers(tiers, 0, Number.NEGATIVE_INFINITY)).toBe(3 * minute);
  });

  it('leaves out a tier of no interval, never goes past one without end, and may run out', () => {
    expect(nextOfTiers([{ everyMs: 0, times: 5 }, { everyMs: minute }], 0, 0)).toBe(minute);
    expect(nextOfTiers([{ everyMs: minute }, { everyMs: 1 }], 0, 1000 * minute)).toBe(1001 * minute);
    expect(nextOfTiers([{ everyMs: minute, times: 2 }], 0, 2 * minute)).toBeUndefined();
    expect(nextOfTiers([{ everyMs: minute, times: 0 }], 0, 0)).toBeUndefined();
    expect(nextOfTiers([], 0, 0)).toBeUndefined();
  });

  it('is always later than it is asked about, and skips nothing', () => {
    const tier = fc.record({ everyMs: fc.integer({ min: 0, max: 1000 }), times: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(fc.array(tier, { maxLength: 4 }), fc.integer({ min: -100, max: 5000 }), (some, after) => {
        const all: number[] = [];
        let from = 0;
        for (const { everyMs, times } of some)
          for (let k = 0; everyMs > 0 && k < times; k++) {
            from += everyMs;
            all.push(from);
          }
        expect(nextOfTiers(some, 0, after)).toBe(all.find((at) => at > after));
      }),
    );
  });
});

describe('a retry policy', () => {
  it('doubles its pauses up to the longest, shortened by up to half, and ends', () => {
    const windows = exponentialRetry({ maxTries: 4, firstPauseMs: 16_000, longestPauseMs: 40_000 });
    const error = agentError('AUTHORITY_BUSY', 'answered 503');
    const pauses = (fraction: number) => [1, 2, 3, 4, 5].map((tries) => windows({ tries, error, fraction }));
    expect(pauses(0)).toEqual([8_000, 16_000, 20_000, undefined, undefined]);
    expect(pauses(0.5)).toEqual([12_000, 24_000, 30_000, undefined, undefined]);
  });
});
