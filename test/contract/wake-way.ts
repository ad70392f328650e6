import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../agent/io/random.js';
import type { OpenWay, WayPorts } from '../../agent/io/wake/way.js';
import type { WakeAsk } from '../../agent/model/ports.js';
import { manualClock } from '../../base/clock.js';
import { memoryLog } from '../../base/log.js';
import { eventually } from '../support/eventually.js';

/** A service over real sockets that wakes devices by the way under test. One for each test. */
export interface WakeService {
  open(ports: Required<WayPorts>, limits: { readonly most?: number }): OpenWay;
  ask(n: number): WakeAsk;
  /** The service could reach this device now. */
  reaches(n: number): boolean;
  send(n: number, payload: string): void;
  /** Cuts every connection; whoever comes again is welcome. */
  cut(): void;
  /** Cuts every connection, and refuses from now on, or serves again. */
  serve(does: boolean): void;
  close(): void;
}

/** Resolves as soon as it is true. */
export const until = eventually;

/** What a way does in its own manner. */
export interface WakeWayManners {
  /** The way takes no more asks than it is told. */
  readonly hasBound: boolean;
  /** The least and the longest pause, in ms, of a device that was refused this many times before. Default: from 1 s to a minute. */
  readonly pauseMs?: (refusals: number) => readonly [least: number, longest: number];
  /** The longest pause after a connection that had been there is lost. Default 1 s. */
  readonly firstPauseMs?: number;
  /** It leaves pauses between two wake-ups, or between two looks for them: as far as the clock is moved on while one is waited for. */
  readonly stepMs?: number;
  /** It has no connection on which it waits, so that one that is cut is none that is lost. */
  readonly isUnconnected?: boolean;
}

const usualPause = (refusals: number): [number, number] => {
  const longest = Math.min(60_000, 1_000 * 2 ** refusals);
  return [longest / 2, longest];
};

/** What every way of waking devices must do. */
export function wakeWayContract(
  name: string,
  openService: () => Promise<WakeService>,
  { hasBound, pauseMs = usualPause, firstPauseMs = 1_000, stepMs = 0, isUnconnected = false }: WakeWayManners,
): void {
  async function setUp(limits: { readonly most?: number } = {}) {
    const service = await openService();
    onTestFinished(() => service.close());
    const clock = manualClock();
    const log = memoryLog();
    const ready: string[] = [];
    const received: [address: string, payload: string][] = [];
    const way = service.open(
      { clock, log, random: seededRandom(name, 0) },
      limits,
    )({
      ready: (address) => ready.push(address),
      received: (address, payload) => received.push([address, payload]),
    });
    onTestFinished(() => way.close());
    const address = (n: number) => service.ask(n).address;
    const comes = async (isTrue: () => boolean): Promise<void> => {
      while (!isTrue()) {
        await new Promise((resolve) => setImmediate(resolve));
        if (stepMs > 0) await clock.advance(stepMs);
      }
    };
    const begin = async (...all: readonly number[]) => {
      for (const n of all) way.add(service.ask(n));
      await comes(() => all.every((n) => ready.includes(address(n)) && service.reaches(n)));
    };
    /** The first of two devices is out of reach, the other is not; added again it gets what is sent. */
    const comesBack = async () => {
      await comes(() => !service.reaches(1));
      expect(service.reaches(2)).toBe(true);
      ready.length = 0;
      await begin(1);
      service.send(1, 'again');
      await comes(() => received.length === 1);
      expect(received).toEqual([[address(1), 'again']]);
    };
    return { service, clock, log, ready, received, way, address, begin, comes, comesBack };
  }

  describe(`the contract of a way to wake devices: ${name}`, () => {
    it('brings each device what is for it, in order', async () => {
      const { service, received, address, begin, comes } = await setUp();
      await begin(1, 2);
      service.send(1, 'a');
      service.send(1, 'b');
      service.send(2, 'c');
      await comes(() => received.length === 3);
      expect(received.filter(([to]) => to === address(1)).map(([, payload]) => payload)).toEqual(['a', 'b']);
      expect(received.filter(([to]) => to === address(2)).map(([, payload]) => payload)).toEqual(['c']);
    });

    it('goes on for a device for which it is asked twice, and brings it everything once', async () => {
      const { service, received, way, begin, comes } = await setUp();
      await begin(1);
      way.add(service.ask(1));
      service.send(1, 'a');
      service.send(1, 'b');
      await comes(() => received.length >= 2);
      expect(received.map(([, payload]) => payload)).toEqual(['a', 'b']);
    });

    it('lets a device go that is removed, and takes it back', async () => {
      const { way, address, begin, comesBack } = await setUp();
      await begin(1, 2);
      way.remove(address(1));
      way.remove(address(1));
      await comesBack();
    });

    it('leaves a device alone that is paused, and goes on when it is added again', async () => {
      const { service, received, way, address, begin, comesBack, comes } = await setUp();
      await begin(1, 2);
      if (way.pause === undefined) {
        service.send(1, 'shared');
        await comes(() => received.length === 1); // what arrives is kept by whoever asked
        return;
      }
      way.pause(address(1));
      way.pause(address(1));
      await comesBack();
    });

    it('comes back by itself when it was cut off, for every device', async () => {
      const { service, clock, log, received, address, begin, comes } = await setUp();
      await begin(1, 2);
      service.cut();
      await comes(() => (isUnconnected || log.lines.length > 0) && !service.reaches(1) && !service.reaches(2));
      if (!isUnconnected) expect(new Set(log.lines.map(({ event }) => event))).toEqual(new Set(['PUSH_LOST']));
      while (!service.reaches(1) || !service.reaches(2)) await clock.advance(1_000);
      service.send(2, 'back');
      await comes(() => received.length === 1);
      expect(received).toEqual([[address(2), 'back']]);
    });

    it('stays away from a service that refuses, as long as it is its manner, until it is served again', async () => {
      const { service, clock, log, way, received, comes } = await setUp();
      service.serve(false);
      way.add(service.ask(1));
      for (let count = 1; count <= 8; count++) {
        await comes(() => log.lines.length === count);
        await clock.advance(Number(log.lines[count - 1]?.values['pauseMs']) + 1);
      }
      await comes(() => log.lines.length === 9);
      const pauses = log.lines.map(({ values }) => Number(values['pauseMs']));
      for (const [index, pause] of pauses.entries()) {
        const [least, longest] = pauseMs(index);
        expect(pause).toBeGreaterThanOrEqual(least);
        expect(pause).toBeLessThanOrEqual(longest);
      }
      service.serve(true);
      await clock.advance((pauses[8] ?? 0) + 1);
      await comes(() => service.reaches(1));
      service.send(1, 'at last');
      await comes(() => received.length === 1);
      service.serve(false); // a connection that is only cut may be made again without a word
      await comes(() => log.lines.length === 10);
      expect(log.lines[9]?.values['pauseMs']).toBeLessThanOrEqual(firstPauseMs); // it was served meanwhile
    });

    it('owns no timer for a device that was removed while the service was away', async () => {
      const { service, clock, log, way, address, comes } = await setUp();
      service.serve(false);
      way.add(service.ask(1));
      await comes(() => log.lines.length === 1);
      way.remove(address(1));
      await comes(() => clock.pending === 0);
    });

    it('is closed at once, with every connection and timer', async () => {
      const { service, clock, received, way, begin, comes } = await setUp();
      await begin(1, 2);
      way.close();
      await comes(() => !service.reaches(1) && !service.reaches(2));
      service.send(1, 'too late');
      await clock.advance(120_000);
      expect([received, clock.pending]).toEqual([[], 0]);
    });

    if (!hasBound) return;

    it('takes no more devices than it may, and another when one has gone', async () => {
      const { service, way, address, begin } = await setUp({ most: 2 });
      await begin(1, 2);
      expect(() => way.add(service.ask(3))).toThrow(expect.objectContaining({ code: 'PUSH_LOST' }));
      way.add(service.ask(2));
      way.remove(address(1));
      await begin(3);
    });
  });
}
