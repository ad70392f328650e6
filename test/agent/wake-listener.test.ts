import { describe, expect, it } from 'vitest';
import { createDeviceOf } from '../../agent/device.js';
import { createWakeUps } from '../../agent/io/wake/wake-ups.js';
import type { WayEvents } from '../../agent/io/wake/way.js';
import type { Link } from '../../agent/platform/driver.js';
import { WakeListener } from '../../agent/wake-listener.js';
import { manualClock } from '../../base/clock.js';
import { memoryLog } from '../../base/log.js';
import { FakeAuthority, fakePlatform, fakePorts } from '../support/fake-platform.js';

const ask = { way: 'mine', address: 'a' };

/** A link of the fake platform that is woken by a way which the test plays. */
async function setUp() {
  const heard: WayEvents[] = [];
  const log = memoryLog();
  const wake = createWakeUps({
    ways: {
      mine(events) {
        heard.push(events);
        return { add() {}, remove() {}, close() {} };
      },
    },
    log,
  });
  const links: Link[] = [];
  const platform = fakePlatform(new FakeAuthority());
  const device = createDeviceOf(
    {
      ...platform,
      create(view, ports) {
        const driver = platform.create(view, ports);
        return {
          ...driver,
          async enroll(...given) {
            const link = await driver.enroll(...given);
            links.push(link);
            return link;
          },
        };
      },
    },
    { platform: 'ios', ports: fakePorts() },
  );
  await device.enroll({ authority: 'a', url: 'https://a.test' });
  const [fake] = links;
  if (fake === undefined) throw new Error('not enrolled');
  const link: Link = {
    ...fake,
    async *wakeups(signal) {
      for await (const _ of wake.listen(ask, () => true, signal)) yield;
    },
  };
  let woken = 0;
  const listener = new WakeListener(link, { clock: manualClock(), log, woken: () => void woken++ });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  return { wake, listener, send: () => heard[0]?.received('a', 'wake'), settled, woken: () => woken };
}

describe('a wake-up that comes', () => {
  it('in the moment in which nobody listens any more counts once', async () => {
    for (let ticks = 0; ticks < 12; ticks++) {
      const { wake, listener, send, settled, woken } = await setUp();
      send();
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      listener.close();
      await settled();
      expect(woken() + wake.answered(ask).length).toBe(1);
    }
  });

  it('after that is kept by the port', async () => {
    const { wake, listener, send, settled, woken } = await setUp();
    listener.close();
    send();
    await settled();
    expect([woken(), wake.answered(ask)]).toEqual([0, ['wake']]);
  });
});
