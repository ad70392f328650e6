import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { mannersOf } from '../../../../agent/platform/android/manners.js';
import { nextCheckIn, retryOf } from '../../../../agent/platform/android/schedule.js';
import { openStage, page } from './stage.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('when an Android device acts by itself', () => {
  it('sends sync/info each quarter of an hour and fetches its configuration each hour (AN1)', async () => {
    const stage = openStage();
    await stage.enroll();
    const begun = stage.clock.now();
    const seen: [number, string[]][] = [];
    for (let ticks = 0; ticks < 9; ticks++) {
      const at = stage.device.nextActAt ?? Number.NaN;
      await stage.clock.advance(at - stage.clock.now());
      await stage.device.actIfDue();
      const kinds = stage.takeLines().flatMap((line) => /(sync\/info|sync\/configuration)/.exec(line)?.[1] ?? []);
      seen.push([(at - begun) / minuteMs, kinds]);
    }
    const both = ['sync/configuration', 'sync/info'];
    expect(seen).toEqual([
      [15, ['sync/info']],
      [30, ['sync/info']],
      [45, ['sync/info']],
      [60, both],
      [75, ['sync/info']],
      [90, ['sync/info']],
      [105, ['sync/info']],
      [120, both],
      [135, ['sync/info']],
    ]);
  });

  it('sends sync/info less often where that is asked of it, and the hourly fetch as ever', async () => {
    const stage = openStage();
    await stage.enroll();
    const begun = stage.clock.now();
    const next = (infoEveryMs: number) => nextCheckIn(stage.data(), { mode: 'thorough', infoEveryMs }, begun + 1);
    expect(next(40 * minuteMs)).toEqual({ at: begun + 40 * minuteMs, reason: 'report-due' });
    expect(next(2 * hourMs)).toEqual({ at: begun + hourMs, reason: 'scheduled' });
    expect(mannersOf({ native: { InfoEveryMs: hourMs } }).infoEveryMs).toBe(hourMs);
    expect(mannersOf({ native: { InfoEveryMs: 0 } }).infoEveryMs).toBe(15 * minuteMs);
  });

  it('counts sync/info from the last one, and the hour from the last hourly GET, whatever else was fetched', async () => {
    const stage = openStage();
    await stage.enroll();
    const begun = stage.clock.now();
    await stage.clock.advance(10 * minuteMs);
    await stage.device.checkIn();
    expect(stage.device.nextActAt).toBe(begun + 25 * minuteMs);
    await stage.clock.advance(49 * minuteMs);
    await stage.device.actIfDue();
    expect(stage.device.nextActAt).toBe(begun + hourMs);
  });

  it('does not try the hourly GET again before its next hour, but for the retries', async () => {
    const stage = openStage();
    await stage.enroll();
    const begun = stage.clock.now();
    await stage.clock.advance(hourMs);
    stage.answer = () => page(500);
    await expect(stage.device.actIfDue()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(stage.takeLines()).toEqual(['GET /rest/public/sync/configuration/h0101']);
    expect(nextCheckIn(stage.data(), { mode: 'thorough' }, begun + hourMs)).toEqual({
      at: begun + 75 * minuteMs,
      reason: 'report-due',
    });
  });

  it('is overdue after it was off, once for all that it missed', async () => {
    const stage = openStage();
    await stage.enroll();
    await stage.device.setOnline(false);
    await stage.clock.advance(30 * hourMs);
    await stage.device.setOnline(true);
    stage.takeLines();
    await stage.device.actIfDue();
    expect(stage.takeLines()).toEqual(
      expect.arrayContaining(['GET /rest/public/sync/configuration/h0101', 'POST /rest/public/sync/info']),
    );
    expect(stage.device.nextActAt).toBeGreaterThan(stage.clock.now());
  });

  it('never fetches by itself in the launcher’s mode without pushOptions, for the launcher’s timer fails then', async () => {
    for (const [launcher, expected] of [
      ['launcher', ['report-due']],
      ['thorough', ['report-due', 'scheduled']],
    ] as const) {
      const stage = openStage({ native: { Launcher: launcher } });
      stage.configuration = { pushOptions: null };
      await stage.enroll();
      const reasons = new Set<string>();
      let at = stage.clock.now();
      for (let ticks = 0; ticks < 20; ticks++) {
        const next = nextCheckIn(stage.data(), { mode: launcher }, at);
        at = next?.at ?? at;
        if (next !== undefined) reasons.add(next.reason);
      }
      expect([...reasons].sort()).toEqual(expected);
    }
  });

  it('tries a broken session again as CONN_RETRY_COUNT and CONN_RETRY_DELAY say, within bounds', () => {
    const error = agentError('TRANSPORT_LOST', 'x');
    const pauses = (retryCount: number, retryDelay: number): (number | undefined)[] =>
      [1, 2, 3].map((tries) => retryOf(() => ({ retryCount, retryDelay }))({ tries, error, fraction: 0 }));
    expect(pauses(2, 15)).toEqual([15_000, 15_000, undefined]);
    expect(pauses(0, 15)).toEqual([undefined, undefined, undefined]);
    expect(pauses(9e9, -5)).toEqual([1000, 1000, 1000]);
    expect(pauses(-1, 1e12)).toEqual([undefined, undefined, undefined]);
    expect(retryOf(() => ({ retryCount: 9e9, retryDelay: 1e12 }))({ tries: 101, error, fraction: 0 })).toBeUndefined();
    expect(pauses(1, 1e12)[0]).toBe(86_400_000);
  });
});
