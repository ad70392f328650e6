// What tokens are worth, and what keeping them costs: by counting, at the bounds that hold.
import { expect, it } from 'vitest';
import { Expiring } from '../../../server-stub/expiring.js';
import { createTokens } from '../../../server-stub/windows/tokens.js';

const minuteMs = 60_000;

function setUp() {
  const clock = { at: 0, now: () => clock.at };
  let count = 0;
  const random = (length: number) => {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32BE(++count);
    return bytes;
  };
  const tokens = createTokens({ clock, random });
  const issue = () => tokens.issue({ userId: 'id-1', expiresAt: clock.at + 30 * minuteMs });
  return { clock, tokens, issue };
}

const holder = { deviceId: 'A', key: 'k' };

it('a used token is good for its device and key again for five minutes, and for nobody else', () => {
  const { clock, tokens, issue } = setUp();
  const token = issue();
  expect(tokens.check(token)).toEqual({ userId: 'id-1', issuedAt: 0, expiresAt: 30 * minuteMs });
  tokens.use(token, holder);
  expect(tokens.check(token, holder)).toMatchObject({ userId: 'id-1', issuedAt: 0 });
  expect(tokens.check(token, { deviceId: 'A' })).toBeDefined();
  for (const other of [undefined, {}, { key: 'k' }, { deviceId: 'B', key: 'k' }, { deviceId: 'A', key: 'other' }])
    expect(tokens.check(token, other)).toBeUndefined();
  clock.at = 4 * minuteMs;
  tokens.use(token, holder); // that was the repetition: no more time for it
  clock.at = 5 * minuteMs - 1;
  expect(tokens.check(token, holder)).toBeDefined();
  clock.at++;
  expect(tokens.check(token, holder)).toBeUndefined();
});

it('a used token is good no longer than an unused one, nor once the device has left or has used another', () => {
  const { clock, tokens, issue } = setUp();
  const late = issue();
  clock.at = 29 * minuteMs;
  tokens.use(late, holder);
  clock.at = 30 * minuteMs;
  expect(tokens.check(late, holder)).toBeUndefined();
  const [one, other] = [issue(), issue()];
  tokens.use(one, holder);
  tokens.use(other, holder);
  expect([tokens.check(one, holder), tokens.check(other, holder)]).toEqual([undefined, expect.anything()]);
  tokens.forget('A');
  expect(tokens.check(other, holder)).toBeUndefined();
  const reader = issue();
  tokens.use(reader);
  expect(tokens.check(reader)).toBeUndefined();
});

it('however many are used, those that are not are kept: the two are bounded apart, and the oldest go', () => {
  const { tokens, issue } = setUp();
  const first = issue();
  const used = Array.from({ length: 10_001 }, (_, index) => {
    const token = issue();
    tokens.use(token, { deviceId: `${index}`, key: 'k' });
    return token;
  });
  expect(tokens.sizes()).toEqual({ unused: 1, used: 10_000 });
  const worth = [0, 1, 10_000].map((index) => tokens.check(used[index] ?? '', { deviceId: `${index}` }) !== undefined);
  expect(worth).toEqual([false, true, true]);
  for (let count = 1; count < 50_000; count++) issue();
  expect(tokens.check(first)).toBeDefined();
  issue();
  expect([tokens.check(first), tokens.sizes().unused]).toEqual([undefined, 50_000]);
});

it('to keep one more looks at three of the oldest at most, at the bound and when all have expired', () => {
  const clock = { at: 0, now: () => clock.at };
  const kept = new Expiring<{ readonly expiresAt: number }>(clock, 1000);
  let looks = 0;
  const put = (index: number, lifeMs: number) => {
    const expiresAt = clock.at + lifeMs;
    const before = looks;
    kept.put(`${index}`, {
      get expiresAt() {
        looks++;
        return expiresAt;
      },
    });
    return looks - before;
  };
  const costs = Array.from({ length: 3000 }, (_, index) => put(index, 100));
  expect(kept.size).toBe(1000);
  clock.at = 100;
  for (let index = 3000; index < 3500; index++) costs.push(put(index, 100));
  expect(kept.size).toBe(500); // two of those that have expired go with each
  for (let index = 3500; index < 4000; index++) costs.push(put(index, 100));
  expect(kept.size).toBe(1000);
  expect(Math.max(...costs)).toBeLessThanOrEqual(3);
});

it('one that lives longer hides what has expired behind it from the broom, and from nobody who asks', () => {
  const clock = { at: 0, now: () => clock.at };
  const kept = new Expiring<{ readonly expiresAt: number }>(clock, 4);
  for (const [key, expiresAt] of [
    ['long', 100],
    ['short', 10],
    ['other', 10],
  ] as const)
    kept.put(key, { expiresAt });
  clock.at = 50;
  expect(['long', 'short', 'other'].map((key) => kept.get(key) !== undefined)).toEqual([true, false, false]);
  kept.put('a', { expiresAt: 200 });
  kept.put('b', { expiresAt: 200 }); // the oldest goes at the bound
  expect([kept.size, kept.get('long')]).toEqual([4, undefined]);
  kept.put('b', { expiresAt: 300 });
  kept.delete('a');
  expect([kept.size, kept.get('b')?.expiresAt]).toEqual([1, 300]);
  kept.put('a', { expiresAt: 300 });
  kept.put('d', { expiresAt: 300 });
  kept.put('b', { expiresAt: 301 }); // the newest again
  kept.put('e', { expiresAt: 300 });
  kept.put('e', { expiresAt: 300 }); // at the bound: it takes its own place, and nobody else's
  expect(kept.get('a')).toBeDefined();
  kept.put('f', { expiresAt: 300 });
  expect([kept.size, kept.get('a'), kept.get('b')?.expiresAt]).toEqual([4, undefined, 301]);
  clock.at = 301;
  kept.put('c', { expiresAt: 400 });
  expect([kept.size, kept.get('c')?.expiresAt]).toEqual([3, 400]);
});
