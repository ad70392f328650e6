// Attempts by their ids, devices and users: each is found by what it names now, and nothing of one that is over stays.
import { expect, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import type { OpenAttempt } from '../../../server-stub/core/admission-types.js';
import { Attempts } from '../../../server-stub/core/attempts.js';
import { Deadlines } from '../../../server-stub/core/deadlines.js';
import { Timeouts } from '../../../server-stub/core/timeouts.js';
import { bytesInUse } from '../../support/memory.js';

function open() {
  const clock = manualClock(0);
  const deadlines = new Deadlines(clock, silentLog);
  const due = new Timeouts({ clock, deadlines, key: 'attempts', everyMs: 1000, onDue: () => undefined });
  const attempts = new Attempts(due);
  const put = (id: string, more: Partial<OpenAttempt> = {}) =>
    attempts.put({ id, platform: 'ios', startedAt: 0, user: 'ada', ...more });
  const found = (deviceId: string) => ({
    of: attempts.ofDevice(deviceId)?.id,
    asked: attempts.askedFor(deviceId).map(({ id }) => id),
    begun: attempts.begunBy({ user: 'ADA' }, deviceId)?.id,
  });
  return { attempts, due, put, found };
}

const nothing = { of: undefined, asked: [], begun: undefined };

test('an attempt with which another device presents itself is the first one’s no more', () => {
  const { put, found } = open();
  put('x', { askedFor: 'one', deviceId: 'one', binding: 1 });
  expect(found('one')).toEqual({ of: 'x', asked: ['x'], begun: 'x' });
  put('x', { askedFor: 'one', deviceId: 'two', binding: 2 });
  expect([found('one'), found('two')]).toEqual([
    { of: undefined, asked: ['x'], begun: 'x' },
    { of: 'x', asked: [], begun: 'x' },
  ]);
  put('x', { deviceId: 'two', binding: 2 });
  expect(found('one')).toEqual(nothing);
});

test('one that is begun again is the newest', () => {
  const { attempts, put } = open();
  put('x');
  put('y', { startedAt: 1 });
  expect(attempts.oldest?.id).toBe('x');
  put('x', { startedAt: 2 });
  expect(attempts.oldest?.id).toBe('y');
});

test('one that is over is waited for no more, and leaves nothing behind', () => {
  const { attempts, due, put, found } = open();
  const pass = (from: number, count: number) => {
    for (let n = from; n < from + count; n++) {
      put(`attempt ${n}`, { askedFor: `device ${n}`, deviceId: `device ${n}`, binding: n });
      attempts.forget(`attempt ${n}`);
    }
  };
  pass(0, 1000);
  const before = bytesInUse();
  pass(1000, 20_000);
  expect([attempts.size, due.size, found('device 7')]).toEqual([0, 0, nothing]);
  expect(bytesInUse() - before).toBeLessThan(2_000_000); // a name that stays for each is more than that
});
