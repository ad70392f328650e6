import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { longPoll, type PollVerdict } from '../../../../agent/io/wake/long-poll.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';
import { until } from '../../../contract/wake-way.js';
import { fakeHttp } from '../../../support/fake-platform.js';
import { openPollService } from '../../../support/wake-services.js';

async function setUp() {
  const service = await openPollService();
  onTestFinished(() => service.close());
  const clock = manualClock();
  const log = memoryLog();
  const received: string[] = [];
  const way = service.open(
    { clock, log, random: seededRandom('poll', 0) },
    {},
  )({ ready() {}, received: (_, payload) => received.push(payload) });
  onTestFinished(() => way.close());
  way.add(service.ask(1));
  await until(() => service.reaches(1));
  return { service, clock, log, received, way };
}

describe('a long poll', () => {
  it('that timed out, as the platform judges it, is made again after its pause, and is no trouble', async () => {
    const { service, clock, log, received } = await setUp();
    for (let count = 1; count <= 3; count++) {
      service.timeOut(1);
      await until(() => clock.pending === 1);
      await clock.advance(4_999);
      expect(service.polls).toBe(count);
      await clock.advance(1);
      await until(() => service.reaches(1));
    }
    service.send(1, 'a');
    await until(() => received.length === 1);
    expect(log.lines).toEqual([]);
  });

  it('brings what is sent between two polls with the next', async () => {
    const { service, clock, received } = await setUp();
    service.timeOut(1);
    await until(() => clock.pending === 1);
    service.send(1, 'a');
    service.send(1, 'b');
    await clock.advance(5_000);
    await until(() => received.length === 2);
    expect(received).toEqual(['a', 'b']);
  });

  it('is broken off when the device is not to be woken any more, in the poll and in the pause', async () => {
    const { service, clock, way, log } = await setUp();
    way.remove('/poll/1');
    await until(() => !service.reaches(1));
    way.add(service.ask(2));
    await until(() => service.reaches(2));
    service.timeOut(2);
    await until(() => clock.pending === 1);
    way.remove('/poll/2');
    await until(() => clock.pending === 0);
    expect([service.polls, log.lines]).toEqual([2, []]);
  });

  it.each<[string, () => PollVerdict]>([
    [
      'cannot be judged',
      () => {
        throw new TypeError('not what was expected');
      },
    ],
    ['has no number for a pause', () => ({ payloads: [], pauseMs: Number.NaN })],
  ])('that %s is a bug that is told, and is made again after a pause that grows', async (_, judge) => {
    const clock = manualClock();
    const log = memoryLog();
    const { http, requests } = fakeHttp(() => {
      if (requests.length > 50) way.close(); // so that a loop without pauses ends
      return { status: 200 };
    });
    const request = () => ({ method: 'GET', url: 'https://a.test/poll' }) as const;
    const way = longPoll({ clock, log, random: seededRandom('poll', 0), http, request, judge })({
      ready() {},
      received() {},
    });
    onTestFinished(() => way.close());
    way.add({ way: 'poll', address: 'a' });
    await clock.advance(60_000);
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.length).toBeLessThan(8);
    expect(log.lines.map(({ event }) => event)).toEqual(requests.map(() => 'BUG'));
  });
});
