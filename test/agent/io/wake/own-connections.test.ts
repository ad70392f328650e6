import { describe, expect, it, onTestFinished } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { seededRandom } from '../../../../agent/io/random.js';
import {
  type ConnectionEvents,
  type LostConnection,
  type OwnConnectionsOptions,
  ownConnections,
} from '../../../../agent/io/wake/own-connections.js';
import { createWakeUps } from '../../../../agent/io/wake/wake-ups.js';
import type { WakeAsk, WakeObservation } from '../../../../agent/model/ports.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';

const ask = (address: string, data?: WakeAsk['data']): WakeAsk => ({
  way: 'own',
  address,
  ...(data === undefined ? {} : { data }),
});

/** A dialer whose connections a test opens, cuts and looks at. */
function setUp(options: Partial<OwnConnectionsOptions> = {}) {
  const dialled: { ask: WakeAsk; events: ConnectionEvents; isClosed: boolean; isForGood?: boolean }[] = [];
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
      return { close: (isForGood) => void Object.assign(made, { isClosed: true, isForGood }) };
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

  it('are observed once each, ready or not, and not again when one is lost later', async () => {
    const seen: WakeObservation[] = [];
    const { way, dialled, clock } = setUp({ observe: (one) => seen.push(one), operation: 'mqtt-connect' });
    for (const address of ['a', 'b', 'c']) way.add(ask(address));
    dialled[0]?.events.ready();
    dialled[0]?.events.closed(new Error('lost'));
    dialled[1]?.events.closed(agentError('PUSH_FLOOD', 'too much'));
    await clock.advance(500); // nothing of it is real time
    dialled[2]?.events.closed(new Error('refused'));
    expect(seen.map(({ totalMs, ...rest }) => [rest, totalMs < 500])).toEqual([
      [{ operation: 'mqtt-connect', address: 'a' }, true],
      [{ operation: 'mqtt-connect', address: 'b', code: 'PUSH_FLOOD' }, true],
      [{ operation: 'mqtt-connect', address: 'c', code: 'PUSH_LOST' }, true],
    ]);
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

  it('are told whether the device is not to be woken any more, or this process alone ends', () => {
    const { way, dialled } = setUp();
    for (const address of ['a', 'b']) way.add(ask(address));
    way.remove('a');
    way.close();
    expect(dialled.map(({ isForGood }) => isForGood)).toEqual([true, false]);
  });

  it('are given up when they are not ready in time, and make room for the next', async () => {
    const { way, dialled, clock, log, addresses } = setUp({ maxOpening: 1, openTimeoutMs: 5_000 });
    for (const address of ['a', 'b']) way.add(ask(address));
    await clock.advance(4_999);
    expect(addresses()).toEqual(['a']);
    await clock.advance(1);
    expect([addresses(), dialled[0]?.isClosed, dialled[0]?.isForGood]).toEqual([['a', 'b'], true, false]);
    dialled[0]?.events.ready(); // too late
    dialled[1]?.events.ready();
    await clock.advance(1_000);
    expect([addresses(), log.lines.length]).toEqual([['a', 'b', 'a'], 1]);
    dialled[2]?.events.ready();
    await clock.advance(60_000);
    expect([addresses(), clock.pending]).toEqual([['a', 'b', 'a'], 0]);
  });

  it('that cannot even be begun are lost ones: tried again after a pause, in nobody’s place', async () => {
    const clock = manualClock();
    let dials = 0;
    const { way, log } = setUp({
      clock,
      maxOpening: 1,
      dial() {
        dials++;
        throw new SyntaxError('no address');
      },
    });
    for (const address of ['a', 'b']) way.add(ask(address));
    expect(dials).toBe(2);
    await clock.advance(1_000);
    expect([dials, log.lines.map(({ event }) => event)]).toEqual([4, Array(4).fill('PUSH_LOST')]);
  });

  it('are opened again with the newest ask, soon again after one that was ready', async () => {
    const { way, dialled, clock, log } = setUp({ openTimeoutMs: 3_600_000 });
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

  it('follow the pauses of their policy, which an ask may end, but only where the policy lets it', async () => {
    const seen: LostConnection[] = [];
    const { way, dialled, clock, addresses } = setUp({
      afterLoss(lost) {
        seen.push(lost);
        return { pauseMs: 900_000, endsWhenAsked: lost.wasEverReady };
      },
    });
    way.add(ask('a'));
    dialled[0]?.events.closed(new Error('refused'));
    way.add(ask('a'));
    await clock.advance(899_999);
    expect(addresses()).toEqual(['a']);
    await clock.advance(1);
    dialled[1]?.events.ready();
    dialled[1]?.events.closed(new Error('lost'));
    expect(addresses()).toEqual(['a', 'a']);
    way.add(ask('a'));
    expect(addresses()).toEqual(['a', 'a', 'a']);
    way.add(ask('a')); // it is being opened
    await clock.advance(1);
    expect(addresses()).toEqual(['a', 'a', 'a']);
    expect(seen).toMatchObject([
      { wasEverReady: false, losses: 1, lostAt: [0], now: 0, cause: { message: 'refused' } },
      { wasEverReady: true, losses: 1, lostAt: [0, 900_000], now: 900_000 },
    ]);
  });

  it('are given up where the policy says so: one error in the log, no timer, and again when asked for', async () => {
    const error = agentError('PUSH_DUPLICATE', 'two of them');
    const { way, dialled, clock, log, addresses } = setUp({ maxOpening: 1, afterLoss: () => ({ givesUp: error }) });
    way.add(ask('a'));
    way.add(ask('b'));
    dialled[0]?.events.closed(new Error('lost'));
    expect(addresses()).toEqual(['a', 'b']);
    expect(log.lines).toMatchObject([
      { level: 'error', event: 'PUSH_DUPLICATE', values: { way: 'own', error: { message: 'two of them' } } },
    ]);
    dialled[1]?.events.ready();
    await clock.advance(3_600_000);
    expect([addresses(), clock.pending]).toEqual([['a', 'b'], 0]);
    way.add(ask('a'));
    expect(addresses()).toEqual(['a', 'b', 'a']);
    dialled[2]?.events.closed(new Error('lost'));
    for (const address of ['a', 'b', 'nobody']) way.tryAgain?.(address); // b is connected
    expect(addresses()).toEqual(['a', 'b', 'a', 'a']);
  });

  it('are tried again without an ask, but not while the device is switched off', async () => {
    const dialled: ConnectionEvents[] = [];
    const [clock, log] = [manualClock(), memoryLog()];
    const dial: OwnConnectionsOptions['dial'] = (_ask, events) => {
      dialled.push(events);
      return { close: () => undefined };
    };
    const givesUp = agentError('PUSH_DUPLICATE', 'two of them');
    const own = ownConnections({ clock, log, random: seededRandom('own', 0), dial, afterLoss: () => ({ givesUp }) });
    const wake = createWakeUps({ clock, log, ways: { own } });
    onTestFinished(() => wake.close());
    const lost: string[] = [];
    const owned = wake.ownedBy({ woken: () => undefined, lost: ({ code }) => lost.push(code) });
    const begun = owned.ask(ask('a'), () => true);
    dialled[0]?.ready();
    await begun;
    owned.tryAgain(ask('a'));
    expect(dialled).toHaveLength(1);
    dialled[0]?.closed(new Error('lost'));
    expect(lost).toEqual(['PUSH_DUPLICATE']);
    owned.tryAgain(ask('a'));
    expect(dialled).toHaveLength(2);
    dialled[1]?.closed(new Error('lost'));
    owned.pause(ask('a'));
    owned.tryAgain(ask('a'));
    expect(dialled).toHaveLength(2);
  });
});
