import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { agentError } from '../../../../agent/errors.js';
import { seededRandom } from '../../../../agent/io/random.js';
import { ownConnections } from '../../../../agent/io/wake/own-connections.js';
import { pushDialer } from '../../../../agent/io/wake/push-dialer.js';
import { sharedSocket } from '../../../../agent/io/wake/shared-socket.js';
import { createWakeUps, type WakeUpClient } from '../../../../agent/io/wake/wake-ups.js';
import type { WayEvents } from '../../../../agent/io/wake/way.js';
import type { WakeAsk, WakeJudge, WakeObservation } from '../../../../agent/model/ports.js';
import { type Clock, manualClock, realClock } from '../../../../base/clock.js';
import type { RollcallError } from '../../../../base/errors.js';
import { memoryLog } from '../../../../base/log.js';
import { eventually } from '../../../support/eventually.js';

const hex = (n: number): string => Buffer.alloc(32, n).toString('hex');
const askOf = (n: number): WakeAsk => ({ way: 'push-service', address: hex(n) });
const any: WakeJudge = () => true;

/** Resolves as soon as it is true. */
const until = eventually;

/** A push service that says only what a test tells it to, and writes down what it hears. */
async function openService() {
  const sockets: WebSocket[] = [];
  const heard: { type: string; tokens?: string[]; id?: string }[] = [];
  const service = {
    answers: true,
    sockets,
    heard,
    url: '',
    notify: (_n: number, _payload: string, _id?: string) => {},
  };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      heard.push(message);
      if (message.type === 'register' && service.answers)
        socket.send(JSON.stringify({ type: 'registered', tokens: message.tokens }));
    });
  });
  service.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  service.notify = (n, payload, id = `id-${n}`) =>
    sockets.at(-1)?.send(JSON.stringify({ type: 'notification', token: hex(n), id, payload }));
  return service;
}

interface Options {
  readonly shared?: boolean;
  readonly clock?: Clock;
  readonly url?: string;
  readonly pingEveryMs?: number;
  readonly observe?: (observation: WakeObservation) => void;
  readonly localAddresses?: readonly string[];
}

/** The wake-up port with the push service as its way. Closed when the test ends. */
function openWake({
  shared = true,
  clock = realClock,
  url = '',
  pingEveryMs = 30_000,
  observe,
  localAddresses = [],
}: Options) {
  const log = memoryLog();
  const common = { random: seededRandom('push', 0), log, clock, observe };
  const way = shared
    ? sharedSocket({ ...common, url, pingEveryMs })
    : ownConnections({ ...common, dial: pushDialer({ url, clock, pingEveryMs, localAddresses }) });
  const wake = createWakeUps({ ways: { 'push-service': way }, log, clock });
  onTestFinished(() => wake.close());
  return { wake, log };
}

async function setUp(options: Options = {}) {
  const service = await openService();
  return { service, ...openWake({ url: service.url, ...options }) };
}

/** What arrives for an ask, in order. */
function collect(wake: WakeUpClient, n: number, judge = any) {
  const controller = new AbortController();
  const arrived: string[] = [];
  const ended = (async () => {
    for await (const payload of wake.listen(askOf(n), judge, controller.signal)) arrived.push(payload);
  })();
  return { arrived, ended, stop: () => controller.abort() };
}

/** An owner who writes down that he was told. */
function owner() {
  const made = { told: 0, woken: () => void made.told++ };
  return made;
}

describe('connections to the push service', () => {
  const from = (socket: unknown) => (socket as { _socket: Socket } | undefined)?._socket.remoteAddress;

  it('are observed, one of its own under its token, a shared one once for all', async () => {
    for (const shared of [true, false]) {
      const seen: WakeObservation[] = [];
      const { wake } = await setUp({ shared, observe: (one) => seen.push(one) });
      await Promise.all([1, 2].map((n) => wake.ask(askOf(n), any)));
      const address = shared ? [undefined] : [hex(1), hex(2)];
      expect(seen.map((each) => each.address)).toEqual(address);
      for (const each of seen) expect(each).toMatchObject({ operation: 'push-connect', totalMs: expect.any(Number) });
      expect(seen.some(({ code }) => code !== undefined)).toBe(false);
    }
  });

  it('come from the addresses of this machine that are given, a device’s own always from the same', async () => {
    const { service, wake } = await setUp({ shared: false, localAddresses: ['127.0.0.8', '127.0.0.9'] });
    for (let n = 0; n < 8; n++) await wake.ask(askOf(n), any);
    const first = service.sockets.map(from);
    expect(new Set(first)).toEqual(new Set(['127.0.0.8', '127.0.0.9']));
    const again = openWake({ url: service.url, shared: false, localAddresses: ['127.0.0.8', '127.0.0.9'] });
    for (let n = 0; n < 8; n++) await again.wake.ask(askOf(n), any);
    expect(service.sockets.slice(8).map(from)).toEqual(first);
  });
});

describe('the wake-up port over the push service', () => {
  it('registers all tokens of a moment in one message, over one socket', async () => {
    const { service, wake } = await setUp();
    await Promise.all([1, 2, 3].map((n) => wake.ask(askOf(n), any)));
    expect(service.heard).toEqual([{ type: 'register', tokens: [hex(1), hex(2), hex(3)] }]);
    await wake.ask(askOf(2), any);
    expect([service.heard.length, service.sockets.length]).toEqual([1, 1]);
  });

  it('registers more tokens than fit in one message in several', async () => {
    const { service, wake } = await setUp();
    const asks = Array.from({ length: 2500 }, (_, n) => ({ ...askOf(0), address: n.toString(16).padStart(64, '0') }));
    await Promise.all(asks.map((each) => wake.ask(each, any)));
    expect(service.heard.map(({ tokens: some }) => some?.length)).toEqual([1000, 1000, 500]);
  });

  it('brings notifications to the token they are for and confirms each', async () => {
    const { service, wake } = await setUp();
    const [one, two] = [collect(wake, 1), collect(wake, 2)];
    await Promise.all([wake.ask(askOf(1), any), wake.ask(askOf(2), any)]);
    service.notify(1, 'a');
    service.notify(2, 'b');
    service.notify(1, 'c', 'x');
    await until(() => one.arrived.length === 2 && two.arrived.length === 1);
    expect([one.arrived, two.arrived]).toEqual([['a', 'c'], ['b']]);
    await until(() => service.heard.filter(({ type }) => type === 'received').length === 3);
    expect(service.heard.filter(({ type }) => type === 'received').map(({ id }) => id)).toEqual(['id-1', 'id-2', 'x']);
    one.stop();
    two.stop();
    await Promise.all([one.ended, two.ended]);
  });

  it('keeps the newest one while nobody listens, and tells the owner that it came', async () => {
    const { service, wake } = await setUp();
    const [mine, other] = [owner(), owner()];
    await wake.ownedBy(mine).ask(askOf(1), any);
    await wake.ownedBy(other).ask(askOf(2), any);
    service.notify(1, 'old');
    service.notify(1, 'new');
    service.notify(9, 'for nobody here');
    await until(() => mine.told === 2);
    expect(other.told).toBe(0);
    const { arrived, ended, stop } = collect(wake, 1);
    await until(() => arrived.length === 1);
    expect(arrived).toEqual(['new']);
    service.notify(1, 'while somebody listens');
    await until(() => arrived.length === 2);
    expect(mine.told).toBe(2);
    stop();
    await ended;
  });

  it('keeps as many as the ask says, the newest, and gives them to the session that answers them', async () => {
    const { service, wake } = await setUp();
    const mine = owner();
    const ask = { ...askOf(1), keeps: 3 };
    await wake.ownedBy(mine).ask(ask, any);
    for (const payload of ['a', 'b', 'c', 'd']) service.notify(1, payload);
    await until(() => mine.told === 4);
    expect([wake.answered(ask), wake.answered(ask)]).toEqual([['b', 'c', 'd'], []]);
  });

  it('says once how many went for newer ones, where several are kept', async () => {
    const { service, wake } = await setUp();
    const mine = owner();
    const [several, one] = [{ ...askOf(1), keeps: 2 }, askOf(2)];
    const owned = wake.ownedBy(mine);
    for (const ask of [several, one]) await owned.ask(ask, any);
    for (const n of [1, 2]) for (const payload of ['a', 'b', 'c', 'd']) service.notify(n, payload);
    await until(() => mine.told === 8);
    expect([owned.dropped?.(several), owned.dropped?.(several), owned.dropped?.(one)]).toEqual([2, 0, 0]);
    expect(wake.answered(several)).toEqual(['c', 'd']);
  });

  it('wakes nobody with what the judge does not take, and keeps what was kept', async () => {
    const { service, wake, log } = await setUp();
    const mine = owner();
    const judge: WakeJudge = ({ data }, payload) => payload === data?.['magic'];
    const ask = { ...askOf(1), data: { magic: 'mine' } };
    await wake.ownedBy(mine).ask(ask, judge);
    service.notify(1, 'mine');
    service.notify(1, 'theirs');
    await until(() => log.lines.length === 1);
    expect([mine.told, log.lines[0]?.event]).toEqual([1, 'PUSH_IGNORED']);
    const { arrived, ended, stop } = collect(wake, 1, (_, payload) => payload !== 'theirs');
    await until(() => arrived.length === 1);
    service.notify(1, 'theirs');
    await until(() => log.lines.length === 2);
    expect(arrived).toEqual(['mine']);
    stop();
    await ended;
  });

  it('judges by the newest ask of an address', async () => {
    const { service, wake, log } = await setUp();
    const judge: WakeJudge = ({ data }, payload) => payload === data?.['magic'];
    const mine = owner();
    await wake.ownedBy(mine).ask({ ...askOf(1), data: { magic: 'old' } }, judge);
    await wake.ask({ ...askOf(1), data: { magic: 'new' } }, judge);
    service.notify(1, 'old');
    service.notify(1, 'new');
    await until(() => mine.told === 1 && log.lines.length === 1);
    expect(wake.answered(askOf(1))).toEqual(['new']);
    expect(service.heard.filter(({ type }) => type === 'register')).toHaveLength(1);
  });

  it('drops the one it keeps when a session has answered it', async () => {
    const { service, wake } = await setUp();
    const mine = owner();
    await wake.ownedBy(mine).ask(askOf(1), any);
    service.notify(1, 'answered');
    await until(() => mine.told === 1);
    expect([wake.answered(askOf(1)), wake.answered(askOf(9))]).toEqual([['answered'], []]);
    const { arrived, ended, stop } = collect(wake, 1);
    service.notify(1, 'next');
    await until(() => arrived.length === 1);
    expect(arrived).toEqual(['next']);
    stop();
    await ended;
  });

  it('tells the way of what changed in an ask, and of nothing else', async () => {
    const added: WakeAsk[] = [];
    const way = () => ({ add: (ask: WakeAsk) => void added.push(ask), remove() {}, close() {} });
    const wake = createWakeUps({ ways: { fake: way }, log: memoryLog() });
    onTestFinished(() => wake.close());
    const stop = new AbortController();
    const ended = [{}, {}, { key: 'a' }, { key: 'a' }, { key: 'b' }, { other: 'b' }].map((data) =>
      wake.listen({ way: 'fake', address: 'x', data }, any, stop.signal)[Symbol.asyncIterator]().next(),
    );
    stop.abort();
    await Promise.all(ended);
    expect(added.map(({ data }) => data)).toEqual([{}, { key: 'a' }, { key: 'b' }, { other: 'b' }]);
  });

  it('is asked for a way that is not at hand, and never wakes anybody', async () => {
    const { wake } = await setUp();
    const ask: WakeAsk = { way: 'constructor', address: 'x' };
    await wake.ask(ask, any);
    const stop = new AbortController();
    const waiting = wake.listen(ask, any, stop.signal)[Symbol.asyncIterator]().next();
    expect(wake.answered(ask)).toEqual([]);
    await wake.withdraw(ask);
    stop.abort();
    await expect(waiting).resolves.toMatchObject({ done: true });
  });

  it('listens for a token of an earlier process without being asked to register it', async () => {
    const { service, wake } = await setUp();
    const { arrived, ended, stop } = collect(wake, 5);
    await until(() => service.heard.length === 1);
    service.notify(5, 'hello');
    await until(() => arrived.length === 1);
    stop();
    await ended;
  });

  it('gives the token to the newest listener', async () => {
    const { wake } = await setUp();
    const first = collect(wake, 1);
    await wake.ask(askOf(1), any);
    const second = collect(wake, 1);
    await first.ended;
    second.stop();
    await second.ended;
  });

  it('has a socket for each token where they are not shared, and closes it with the token', async () => {
    const { service, wake } = await setUp({ shared: false });
    await Promise.all([1, 2].map((n) => wake.ask(askOf(n), any)));
    expect(service.sockets).toHaveLength(2);
    await wake.withdraw(askOf(1));
    await until(() => service.sockets.some(({ readyState }) => readyState === 3));
    expect(service.heard.at(-1)).toEqual({ type: 'unregister', tokens: [hex(1)] });
  });

  it('has no socket for a token that is paused, does not give it up, and opens one again when it resumes', async () => {
    const { service, wake } = await setUp({ shared: false });
    await wake.ask(askOf(1), any);
    wake.pause(askOf(1));
    wake.pause(askOf(1));
    await until(() => service.sockets[0]?.readyState === 3);
    wake.resume(askOf(1));
    wake.resume(askOf(1));
    await until(() => service.heard.length === 2);
    expect(service.heard.map(({ type }) => type)).toEqual(['register', 'register']);
    expect(service.sockets).toHaveLength(2);
    wake.pause(askOf(1));
    await wake.ask(askOf(1), any); // whoever asks again resumes, and waits until it has begun
    expect(service.heard.map(({ type }) => type)).toEqual(['register', 'register', 'register']);
    wake.pause(askOf(1));
    await wake.withdraw(askOf(1));
    wake.resume(askOf(1));
    expect(service.sockets).toHaveLength(3);
  });

  it('gives no token up when it is closed, so that what comes meanwhile is kept for a later process', async () => {
    const { service, wake } = await setUp({ shared: false });
    await wake.ask(askOf(1), any);
    wake.close();
    await until(() => service.sockets[0]?.readyState === 3);
    expect(service.heard.map(({ type }) => type)).toEqual(['register']);
  });

  it('takes nothing from a device’s own socket that is for another', async () => {
    const { service, wake } = await setUp({ shared: false });
    const { arrived, ended, stop } = collect(wake, 1);
    await wake.ask(askOf(1), any);
    service.notify(2, 'for another');
    service.notify(1, 'for this one');
    await until(() => arrived.length > 0);
    expect(arrived).toEqual(['for this one']);
    stop();
    await ended;
  });

  it('opens again and registers everything anew after the connection broke', async () => {
    const { service, wake, log } = await setUp({
      clock: { ...realClock, after: (ms, call) => realClock.after(ms / 100, call) },
    });
    await Promise.all([1, 2].map((n) => wake.ask(askOf(n), any)));
    service.sockets[0]?.terminate();
    await until(() => service.heard.length === 2);
    expect(new Set(service.heard[1]?.tokens)).toEqual(new Set([hex(1), hex(2)]));
    expect(log.lines.map(({ event }) => event)).toEqual(['PUSH_LOST']);
  });

  it('says at once that nobody listens there, and goes on trying, longer and longer, until it is withdrawn', async () => {
    const service = await openService();
    const clock = manualClock();
    const { wake, log } = openWake({ url: 'ws://127.0.0.1:1', clock });
    const given = expect(wake.ask(askOf(1), any)).rejects.toMatchObject({ code: 'PUSH_LOST' });
    for (let count = 1; count <= 4; count++) {
      await until(() => log.lines.length === count);
      await clock.advance(Number(log.lines[count - 1]?.values['pauseMs']) + 1);
    }
    const pauses = log.lines.map(({ values }) => Number(values['pauseMs']));
    expect(pauses.every((pause, index) => pause >= 500 * 2 ** index && pause <= 1000 * 2 ** index)).toBe(true);
    await given;
    await wake.withdraw(askOf(1));
    await until(() => clock.pending === 0);
    expect(service.sockets).toHaveLength(0);
  });

  it('stops waiting for a registration when told to', async () => {
    const { service, wake } = await setUp();
    service.answers = false;
    const controller = new AbortController();
    const given = expect(wake.ask(askOf(1), any, controller.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await until(() => service.heard.length === 1);
    controller.abort();
    await given;
    await until(() => service.heard.length === 2);
    expect(service.heard[1]).toEqual({ type: 'unregister', tokens: [hex(1)] });
  });

  it.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['an unknown type', '{"type":"shout"}'],
    ['a token that is none', '{"type":"registered","tokens":["../"]}'],
    ['too much', `{"type":"registered","tokens":[],"x":"${'x'.repeat(300_000)}"}`],
    ['bytes', Buffer.from('{}')],
  ])('leaves a service that sends %s, and comes back later', async (_, message) => {
    const { service, wake, log } = await setUp({ clock: manualClock() });
    const registered = wake.ask(askOf(1), any);
    await registered;
    service.sockets[0]?.send(message);
    await until(() => log.lines.length === 1);
    expect(log.lines[0]?.event).toBe('PUSH_LOST');
  });

  it('ends a connection whose other side has gone silent', async () => {
    const clock = manualClock();
    const service = await openService();
    const { wake, log } = openWake({ url: service.url, clock, pingEveryMs: 1000 });
    await wake.ask(askOf(1), any);
    const { arrived, ended, stop } = collect(wake, 1);
    service.sockets[0]?.once('ping', () => service.notify(1, 'after the pong'));
    await clock.advance(1000);
    await until(() => arrived.length === 1);
    await clock.advance(1000);
    expect(log.lines).toEqual([]);
    stop();
    await ended;
    service.sockets[0]?.pause();
    await clock.advance(2000);
    await until(() => log.lines.length === 1);
  });

  it('closes for good', async () => {
    const { wake } = await setUp();
    await wake.ask(askOf(1), any);
    const { ended } = collect(wake, 1);
    wake.close();
    await ended;
    await expect(wake.ask(askOf(2), any)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('the owner of a device whose way is lost', () => {
  const told: { code: string; message: string }[] = [];
  const owner = { woken: () => {}, lost: (error: RollcallError) => void told.push(error) };

  /** A way of which a test says what becomes of it. */
  function openFake() {
    const added: string[] = [];
    let events: WayEvents | undefined;
    const wake = createWakeUps({
      log: memoryLog(),
      clock: manualClock(),
      ways: {
        fake(given) {
          events = given;
          return { add: ({ address }) => void added.push(address), remove: () => {}, close: () => {} };
        },
      },
    });
    onTestFinished(() => wake.close());
    return { wake: wake.ownedBy(owner), added, events: () => events };
  }

  it('is told each time, also of an end of all tries, which whoever waits hears as PUSH_LOST with its cause', async () => {
    told.length = 0;
    const { wake, events } = openFake();
    const asked = wake.ask({ way: 'fake', address: 'a' }, any);
    events()?.ready('a');
    await asked;
    events()?.lost?.('a', new Error('cut'));
    const again = wake.ask({ way: 'fake', address: 'a' }, any);
    const duplicate = agentError('PUSH_DUPLICATE', 'two of them');
    events()?.lost?.('a', duplicate);
    await expect(again).rejects.toMatchObject({ code: 'PUSH_LOST', cause: duplicate });
    expect(told.map(({ code }) => code)).toEqual(['PUSH_LOST', 'PUSH_DUPLICATE']);
    expect(told[0]?.message).toContain('cut');
  });

  it('begins its way anew by an ask where it is not ready, and not by listening', async () => {
    const { wake, added, events } = openFake();
    const first = wake.ask({ way: 'fake', address: 'a' }, any);
    events()?.lost?.('a', new Error('refused'));
    await expect(first).rejects.toMatchObject({ code: 'PUSH_LOST' });
    const ending = new AbortController();
    const listened = wake.listen({ way: 'fake', address: 'a' }, any, ending.signal)[Symbol.asyncIterator]().next();
    expect(added).toEqual(['a']);
    const second = wake.ask({ way: 'fake', address: 'a' }, any);
    expect(added).toEqual(['a', 'a']);
    events()?.ready('a');
    await second;
    await wake.ask({ way: 'fake', address: 'a' }, any);
    expect(added).toEqual(['a', 'a']);
    ending.abort();
    await listened;
  });
});
