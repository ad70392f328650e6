import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { retryAfterMs } from '../../../../agent/platform/windows/retry-after.js';
import {
  lostContactAt,
  nextCheckIn,
  nextLocalAct,
  pollTiers,
  retryOf,
} from '../../../../agent/platform/windows/schedule.js';
import { someMemory } from './some-device.js';

const minutes = (number: number): number => number * 60_000;
const day = 86_400_000;
const since = Date.UTC(2026, 10, 26);

function dataWith(values: Readonly<Record<string, string>>, patch: Parameters<typeof someMemory>[0] = {}) {
  const root = './Device/Vendor/MSFT/DMClient/Provider/Rollcall';
  const tree = Object.fromEntries(
    Object.entries(values).map(([leaf, value]) => {
      const uri = `${root}/${leaf}`;
      return [uri.toLowerCase(), { uri, format: 'int' as const, value }];
    }),
  );
  return someMemory({ tree, ...patch }).data;
}

const poll = (first: readonly [number, number], second: readonly [number, number], rest: readonly [number, number]) =>
  dataWith({
    'Poll/NumberOfFirstRetries': String(first[0]),
    'Poll/IntervalForFirstSetOfRetries': String(first[1]),
    'Poll/NumberOfSecondRetries': String(second[0]),
    'Poll/IntervalForSecondSetOfRetries': String(second[1]),
    'Poll/NumberOfRemainingScheduledRetries': String(rest[0]),
    'Poll/IntervalForRemainingScheduledRetries': String(rest[1]),
  });

describe('the poll schedule', () => {
  it('is ten times a quarter of an hour where the server wrote none, then once a day', () => {
    expect(pollTiers(dataWith({}))).toEqual([{ everyMs: minutes(15), times: 10 }, { everyMs: day }]);
  });

  it('is what the server wrote, one set after the other', () => {
    const data = poll([5, 3], [8, 15], [0, 480]);
    expect(pollTiers(data)).toEqual([
      { everyMs: minutes(3), times: 5 },
      { everyMs: minutes(15), times: 8 },
      { everyMs: minutes(480) },
    ]);
    const moments: number[] = [];
    for (let after = since, at = nextCheckIn(data, after); moments.length < 16 && at; at = nextCheckIn(data, after)) {
      moments.push((at.at - since) / 60_000);
      after = at.at;
    }
    expect(moments).toEqual([3, 6, 9, 12, 15, 30, 45, 60, 75, 90, 105, 120, 135, 615, 1095, 1575]);
  });

  it('goes on for ever with a set of no number, and those after it never run', () => {
    expect(pollTiers(poll([0, 1], [5, 3], [0, 480]))).toEqual([{ everyMs: minutes(1) }]);
  });

  it('leaves out sets of no interval, and is once a day where none goes on for ever', () => {
    expect(pollTiers(poll([5, 0], [2, 3], [7, 0]))).toEqual([{ everyMs: minutes(3), times: 2 }, { everyMs: day }]);
    expect(pollTiers(poll([0, 0], [0, 0], [0, 0]))).toEqual([{ everyMs: day }]);
  });

  it('takes its own where the server wrote what is no number', () => {
    expect(
      pollTiers(dataWith({ 'Poll/NumberOfFirstRetries': '-4', 'Poll/IntervalForFirstSetOfRetries': 'x' })),
    ).toEqual(pollTiers(dataWith({})));
  });

  it('counts from when it was written last', () => {
    const data = { ...poll([0, 60], [0, 0], [0, 0]), pollSince: since + minutes(7) };
    expect(nextCheckIn(data, since)).toEqual({ at: since + minutes(67), reason: 'scheduled' });
  });
});

describe('a check-in of the device’s own', () => {
  it('follows the enrollment at once', () => {
    expect(nextCheckIn(dataWith({}), Number.NEGATIVE_INFINITY)).toEqual({ at: since, reason: 'enrolled' });
  });

  it('comes when work of a CSP is due, before the next poll', () => {
    const work = { module: './Device/Vendor/MSFT/X', name: 'a', at: since + 5000, tries: 0, data: {} };
    expect(nextCheckIn(dataWith({}, { works: [work] }), since)).toEqual({ at: since + 5000, reason: 'report-due' });
    expect(nextCheckIn(dataWith({}, { works: [work] }), since + 5000)?.reason).toBe('scheduled');
  });

  it('comes with the sign-in after a restart only where the server wants that', () => {
    const signIn = { at: since + 1000, isDone: true } as const;
    const wanted = dataWith({ 'Poll/PollOnLogin': 'true' }, { signIn });
    expect(nextCheckIn(wanted, since)).toEqual({ at: since + 1000, reason: 'login' });
    expect(nextCheckIn(dataWith({}, { signIn }), since)?.reason).toBe('scheduled');
    expect(nextCheckIn(dataWith({ 'Poll/PollOnLogin': '1' }, { signIn: { at: since + 1000 } }), since)?.reason).toBe(
      'scheduled',
    );
  });
});

describe('what a device does without its server', () => {
  it('is to leave when it has not heard of it for the days that were written', () => {
    expect(lostContactAt(dataWith({}))).toBeUndefined();
    expect(lostContactAt(dataWith({ NumberOfDaysAfterLostContactToUnenroll: '0' }))).toBeUndefined();
    expect(lostContactAt(dataWith({ NumberOfDaysAfterLostContactToUnenroll: '3' }))).toBe(since + 3 * day);
  });

  it('comes in the order of its moments, each strictly later', () => {
    const data = dataWith(
      { NumberOfDaysAfterLostContactToUnenroll: '1' },
      { rebootAt: since + 10, signIn: { at: since + 20 } },
    );
    expect(nextLocalAct(data, 'none', since)).toBe(since + 10);
    expect(nextLocalAct(data, 'none', since + 10)).toBe(since + 20);
    expect(nextLocalAct(data, 'user', since + 10)).toBe(since + day);
    expect(nextLocalAct(data, 'none', since + day)).toBeUndefined();
  });
});

describe('a session that broke', () => {
  const error = agentError('TRANSPORT_LOST', 'x');
  const account = (connRetryFreq: number, initialBackOffMs: number, maxBackOffMs: number) => () => ({
    ...someMemory().data.account,
    connRetryFreq,
    initialBackOffMs,
    maxBackOffMs,
  });

  it('is tried again as the account says, twice as long after each try', () => {
    const retry = retryOf(account(4, 16_000, 60_000));
    const pauses = [1, 2, 3, 4, 5].map((tries) => retry({ tries, error, fraction: 0.3 }));
    expect(pauses).toEqual([16_000, 32_000, 60_000, 60_000, undefined]);
  });

  it('is not tried without end, nor without a pause, whatever the account says', () => {
    const retry = retryOf(account(1e9, 0, 1e15));
    expect(retry({ tries: 1, error, fraction: 0 })).toBe(1000);
    expect(retry({ tries: 101, error, fraction: 0 })).toBeUndefined();
    expect(retryOf(account(50, 1e12, 1e15))({ tries: 50, error, fraction: 0 })).toBe(day);
  });
});

describe('Retry-After', () => {
  it('is seconds or a date, at most a day', () => {
    const now = Date.UTC(2026, 10, 26, 12);
    expect(retryAfterMs('120', now)).toBe(120_000);
    expect(retryAfterMs(' 999999999 ', now)).toBe(day);
    expect(retryAfterMs('Thu, 26 Nov 2026 12:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Thu, 26 Nov 2020 12:01:00 GMT', now)).toBe(0);
    for (const wrong of [undefined, '', 'soon', '-3', '1e9']) expect(retryAfterMs(wrong, now)).toBeUndefined();
  });
});
