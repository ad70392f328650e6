import { expect, it } from 'vitest';
import { PendingCheckIn } from '../../agent/pending-check-in.js';

it('a pending check-in has the newest reason, and one that is put back stands behind a newer one', () => {
  const pending = new PendingCheckIn();
  let told = 0;
  const watcher = () => void told++;
  pending.watch(watcher);
  pending.restore(undefined);
  expect([pending.reason, told]).toEqual([undefined, 0]);
  pending.become('scheduled');
  pending.become('woken');
  expect([pending.take(), pending.take(), told]).toEqual(['woken', undefined, 2]);
  pending.restore('scheduled');
  expect(pending.reason).toBe('scheduled');
  pending.become('woken');
  pending.restore('scheduled');
  expect([pending.reason, pending.isWatched]).toEqual(['woken', true]);
  pending.unwatch(watcher);
  expect(pending.isWatched).toBe(false);
});
