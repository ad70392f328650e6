import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import {
  type ConnectionEvents,
  type OwnConnectionsOptions,
  ownConnections,
} from '../../../../agent/io/wake/own-connections.js';
import type { WakeAsk } from '../../../../agent/model/ports.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';

const ask = (address: string, data?: WakeAsk['data']): WakeAsk => ({
  way: 'own',
  address,
  ...(data === undefined ? {} : { data }),
});

/** A dialer whose connections a test opens, cuts and looks at. */
function setUp(options: Partial<OwnConnectionsOptions> = {}) {
  const dialled: { ask: WakeAsk; events: ConnectionEvents; isClosed: boolean }[] = [];
  const ready: string[] = [];
  const received: string[] = [];
  const clock = manualClock();
  const log = memoryLog();
  const way = ownConnections({
    clock,
    log,
    random: seededRandom('own', 0),
    dial(asked, events) {
      const made = { ask: asked, events, isClosed: false };
      dialled.push(made);
      return { close: () => void Object.assign(made, { isClosed: true }) };
    },
    ...options,
  })({
    ready: (address) => ready.push(address),
    received: (address, payload) => received.push(`${address}: ${payload}`),
  });
  onTestFinished(() => way.close());
  const addresses = () => dialled.map(({ ask: { address } }) => address);
  return { way, dialled, ready, received, clock, log, addresses };
}

describe('connections of each device’s own', () => {
  it('are opened a few at a time, first come first served, also where some cannot be', async () => {
    const { way, dialled, ready, clock, addresses } = setUp({ maxOpening: 2 });
    for (const address of ['a', 'b', 'c', 'd']) way.add(ask(address));
    expect(addresses()).toEqual(['a', 'b']);
    dialled[1]?.events.ready();
    expect(addresses()).toEqual(['a', 'b', 'c']);
    dialled[0]?.events.closed(new Error('refused'));
    expect(addresses()).toEqual(['a', 'b', 'c', 'd']);
    dialled[2]?.events.ready();
    await clock.advance(1_000);
    expect(addresses()).toEqual(['a', 'b', 'c', 'd', 'a']);
    expect(ready).toEqual(['b', 'c']);
  });

  it('make room for the next when one is removed that was being opened, or that waited', () => {
    const { way, dialled, addresses } = setUp({ maxOpening: 1 });
    for (const address of ['a', 'b', 'c']) way.add(ask(address));
    way.remove('b');
    way.remove('a');
    expect([addresses(), dialled[0]?.isClosed]).toEqual([['a', 'c'], true]);
  });

  it('say nothing more once they are removed, replaced or closed', async () => {
    const { way, dialled, ready, received, clock, log } = setUp();
    way.add(ask('a'));
    way.remove('a');
    way.add(ask('a'));
    for (const events of [dialled[0]?.events]) {
      events?.ready();
      events?.received('old');
      events?.closed(new Error('old'));
    }
    expect([ready, received, log.lines]).toEqual([[], [], []]);
    dialled[1]?.events.ready();
    dialled[1]?.events.received('new');
    way.close();
    dialled[1]?.events.closed(new Error('closed'));
    expect([ready, received, log.lines, clock.pending]).toEqual([['a'], ['a: new'], [], 0]);
  });

  it('are opened again with the newest ask, soon again after one that was ready', async () => {
    const { way, dialled, clock, log } = setUp();
    way.add(ask('a', { password: 'old' }));
    for (let count = 0; count < 3; count++) {
      dialled.at(-1)?.events.closed(new Error('lost'));
      await clock.advance(60_000);
    }
    way.add(ask('a', { password: 'new' }));
    dialled.at(-1)?.events.ready();
    dialled.at(-1)?.events.closed(new Error('lost'));
    expect(log.lines.at(-1)?.values['pauseMs']).toBeLessThanOrEqual(1_000);
    await clock.advance(1_000);
    expect(dialled.at(-1)?.ask.data).toEqual({ password: 'new' });
  });
});
