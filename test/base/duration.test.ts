import { describe, expect, it } from 'vitest';
import { readDuration, showDuration } from '../../base/duration.js';

describe('a duration', () => {
  it.each([
    ['250ms', 250],
    ['1.5s', 1500],
    ['0.0004s', 0],
    ['1.0005 s', 1001], // whole milliseconds
    ['2 min', 120_000],
    ['30 m', 1_800_000],
    [' 5m ', 300_000],
    ['8h', 28_800_000],
    ['7d', 604_800_000],
  ])('%s is read', (text, ms) => expect(readDuration(text)).toBe(ms));

  it.each(['', '5', '8', 's', 'h', '-1s', '1e3s', '5 weeks', '1 year', 'fast', '1.1234567s', '1234567890s'])(
    '"%s" is none',
    (text) => expect(readDuration(text)).toBeUndefined(),
  );

  it.each([
    [0, '0.0 ms'],
    [9.94, '9.9 ms'],
    [9.96, '10 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [9_996, '10.0 s'],
    [59_960, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [3_599_600, '1 h 0 min'],
  ])('%d is shown as %s, with no unit overflowing', (ms, text) => expect(showDuration(ms)).toBe(text));
});
