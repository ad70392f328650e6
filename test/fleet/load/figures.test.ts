import { describe, expect, it } from 'vitest';
import { countOf, paceFigures } from '../../../fleet/load/figures.js';

const groups = [
  { name: 'phones', platform: 'ios', count: 5 },
  { name: 'pcs', platform: 'windows', count: 4 },
] as const;
const hour = { scale: 1, forMs: 3_600_000 };

describe('what a pace comes to', () => {
  it('is of as many devices as a share leaves, to the nearest', () => {
    expect(countOf({ groups })).toBe(9);
    expect(countOf({ groups }, { share: 0.5 })).toBe(5);
    expect(countOf({ groups }, { share: 0.5, platforms: ['windows'] })).toBe(2);
    expect(countOf({ groups }, { groups: ['phones'] })).toBe(5);
  });

  it('is, of what recurs, as often as the rest of its phase has room for', () => {
    const every = { kind: 'every', everyMs: 600_000, jitter: 0 } as const;
    expect(paceFigures(every, 10, hour).sessions).toBe(60);
    expect(paceFigures(every, 10, hour, 1_800_000)).toMatchObject({ sessions: 30, lastsMs: 1_800_000 });
    expect(paceFigures({ ...every, forMs: 1_200_000 }, 10, hour).sessions).toBe(20);
  });

  it('is busiest at the higher end of a ramp, and never busier than all at once', () => {
    const open = (from: number, to: number) =>
      paceFigures({ kind: 'open', arrivals: { shape: 'ramp', from, to } }, 1000, hour).peakPerSecond;
    expect([open(10, 30), open(30, 10)]).toEqual([30, 30]);
    const fast = { scale: 3600, forMs: 3_600_000 };
    const spread = { kind: 'open', arrivals: { shape: 'spread', overMs: 10_000 } } as const;
    expect(paceFigures(spread, 100, hour).peakPerSecond).toBe(10);
    expect(paceFigures(spread, 100, fast).peakPerSecond).toBe(100);
  });
});
