import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createPush, type PushOptions } from '../../../agent/io/push.js';
import { seededRandom } from '../../../agent/io/random.js';
import { manualClock, realClock } from '../../../base/clock.js';
import { memoryLog } from '../../../base/log.js';

const token = (n: number): Buffer => Buffer.alloc(32, n);
const hex = (n: number): string => token(n).toString('hex');

/** Resolves as soon as it is true; looks once a turn of the event loop. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/** A push room that says only what a test tells it to, and writes down what it hears. */
async function openRoom() {
  const sockets: WebSocket[] = [];
  const heard: { type: string; tokens?: string[]; id?: string }[] = [];
  const room = { answers: true, sockets, heard, url: '', notify: (_n: number, _payload: string, _id?: string) => {} };
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
      if (message.type === 'register' && room.answers)
        socket.send(JSON.stringify({ type: 'registered', tokens: message.tokens }));
    });
  });
  room.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  room.notify = (n, payload, id = `id-${n}`) =>
    sockets.at(-1)?.send(JSON.stringify({ type: 'notification', token: hex(n), id, payload }));
  return room;
}

async function setUp(options: Partial<PushOptions> = {}) {
  const room = await openRoom();
  const log = memoryLog();
  const push = createPush({ url: room.url, random: seededRandom('push', 0), log, ...options });
  onTestFinished(() => push.close());
  return { room, push, log };
}

/** What arrives for a token, in order. */
function collect(push: ReturnType<typeof createPush>, n: number) {
  const controller = new AbortController();
  const arrived: string[] = [];
  const ended = (async () => {
    for await (const payload of push.notifications(token(n), controller.signal)) arrived.push(payload);
  })();
  return { arrived, ended, stop: () => controller.abort() };
}

describe('the push client', () => {
  it('registers all tokens of a moment in one message, over one socket', async () => {
    const { room, push } = await setUp();
    await Promise.all([1, 2, 3].map((n) => push.register(token(n))));
    expect(room.heard).toEqual([{ type: 'register', tokens: [hex(1), hex(2), hex(3)] }]);
    await push.register(token(2));
    expect([room.heard.length, room.sockets.length]).toEqual([1, 1]);
  });

  it('registers more tokens than fit in one message in several', async () => {
    const { room, push } = await setUp();
    const tokens = Array.from({ length: 2500 }, (_, n) => {
      const made = Buffer.alloc(32);
      made.writeUInt32BE(n);
      return made;
    });
    await Promise.all(tokens.map((each) => push.register(each)));
    expect(room.heard.map(({ tokens: some }) => some?.length)).toEqual([1000, 1000, 500]);
  });

  it('brings notifications to the token they are for and confirms each', async () => {
    const { room, push } = await setUp();
    const [one, two] = [collect(push, 1), collect(push, 2)];
    await Promise.all([push.register(token(1)), push.register(token(2))]);
    room.notify(1, 'a');
    room.notify(2, 'b');
    room.notify(1, 'c', 'x');
    await until(() => one.arrived.length === 2 && two.arrived.length === 1);
    expect([one.arrived, two.arrived]).toEqual([['a', 'c'], ['b']]);
    await until(() => room.heard.filter(({ type }) => type === 'received').length === 3);
    expect(room.heard.filter(({ type }) => type === 'received').map(({ id }) => id)).toEqual(['id-1', 'id-2', 'x']);
    one.stop();
    two.stop();
    await Promise.all([one.ended, two.ended]);
  });

  it('keeps the newest one for a token that nobody listens to, and says that it came', async () => {
    const { room, push } = await setUp();
    const came: string[] = [];
    const forget = push.onUnclaimed((each) => came.push(each));
    await push.register(token(1));
    room.notify(1, 'old');
    room.notify(1, 'new');
    room.notify(9, 'for nobody here');
    await until(() => came.length === 2);
    expect(came).toEqual([hex(1), hex(1)]);
    forget();
    const { arrived, ended, stop } = collect(push, 1);
    await until(() => arrived.length === 1);
    expect(arrived).toEqual(['new']);
    stop();
    await ended;
  });

  it('drops the one it keeps when a session has answered it', async () => {
    const { room, push } = await setUp();
    let came = 0;
    push.onUnclaimed(() => came++);
    await push.register(token(1));
    room.notify(1, 'answered');
    await until(() => came === 1);
    push.answered?.(token(1));
    push.answered?.(token(9));
    const { arrived, ended, stop } = collect(push, 1);
    room.notify(1, 'next');
    await until(() => arrived.length === 1);
    expect(arrived).toEqual(['next']);
    stop();
    await ended;
  });

  it('listens for a token of an earlier process without being asked to register it', async () => {
    const { room, push } = await setUp();
    const { arrived, ended, stop } = collect(push, 5);
    await until(() => room.heard.length === 1);
    room.notify(5, 'hello');
    await until(() => arrived.length === 1);
    stop();
    await ended;
  });

  it('gives the token to the newest listener', async () => {
    const { push } = await setUp();
    const first = collect(push, 1);
    await push.register(token(1));
    const second = collect(push, 1);
    await first.ended;
    second.stop();
    await second.ended;
  });

  it('has a socket for each token where they are not shared, and closes it with the token', async () => {
    const { room, push } = await setUp({ shared: false });
    await Promise.all([1, 2].map((n) => push.register(token(n))));
    expect(room.sockets).toHaveLength(2);
    await push.unregister(token(1));
    await until(() => room.sockets.some(({ readyState }) => readyState === 3));
    expect(room.heard.at(-1)).toEqual({ type: 'unregister', tokens: [hex(1)] });
  });

  it('opens again and registers everything anew after the connection broke', async () => {
    const { room, push, log } = await setUp({
      clock: { ...realClock, after: (ms, call) => realClock.after(ms / 100, call) },
    });
    await Promise.all([1, 2].map((n) => push.register(token(n))));
    room.sockets[0]?.terminate();
    await until(() => room.heard.length === 2);
    expect(new Set(room.heard[1]?.tokens)).toEqual(new Set([hex(1), hex(2)]));
    expect(log.lines.map(({ event }) => event)).toEqual(['PUSH_LOST']);
  });

  it('waits longer and longer where nobody listens, and gives up on a registration', async () => {
    const room = await openRoom();
    const clock = manualClock();
    const log = memoryLog();
    const push = createPush({ url: 'ws://127.0.0.1:1', random: seededRandom('p', 0), log, clock });
    onTestFinished(() => push.close());
    const given = expect(push.register(token(1))).rejects.toMatchObject({ code: 'PUSH_LOST' });
    for (let count = 1; count <= 4; count++) {
      await until(() => log.lines.length === count);
      await clock.advance(Number(log.lines[count - 1]?.values['pauseMs']) + 1);
    }
    const pauses = log.lines.map(({ values }) => Number(values['pauseMs']));
    expect(pauses.every((pause, index) => pause >= 500 * 2 ** index && pause <= 1000 * 2 ** index)).toBe(true);
    await clock.advance(30_000);
    await given;
    await until(() => clock.pending === 0);
    expect(room.sockets).toHaveLength(0);
  });

  it('stops waiting for a registration when told to', async () => {
    const { room, push } = await setUp();
    room.answers = false;
    const controller = new AbortController();
    const given = expect(push.register(token(1), controller.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await until(() => room.heard.length === 1);
    controller.abort();
    await given;
    await until(() => room.heard.length === 2);
    expect(room.heard[1]).toEqual({ type: 'unregister', tokens: [hex(1)] });
  });

  it.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['an unknown type', '{"type":"shout"}'],
    ['a token that is none', '{"type":"registered","tokens":["../"]}'],
    ['too much', `{"type":"registered","tokens":[],"x":"${'x'.repeat(300_000)}"}`],
    ['bytes', Buffer.from('{}')],
  ])('leaves a service that sends %s, and comes back later', async (_, message) => {
    const { room, push, log } = await setUp({ clock: manualClock() });
    const registered = push.register(token(1));
    await registered;
    room.sockets[0]?.send(message);
    await until(() => log.lines.length === 1);
    expect(log.lines[0]?.event).toBe('PUSH_LOST');
  });

  it('ends a connection whose other side has gone silent', async () => {
    const clock = manualClock();
    const room = await openRoom();
    const log = memoryLog();
    const push = createPush({ url: room.url, random: seededRandom('p', 0), log, clock, pingEveryMs: 1000 });
    onTestFinished(() => push.close());
    await push.register(token(1));
    const { arrived, ended, stop } = collect(push, 1);
    room.sockets[0]?.once('ping', () => room.notify(1, 'after the pong'));
    await clock.advance(1000);
    await until(() => arrived.length === 1);
    await clock.advance(1000);
    expect(log.lines).toEqual([]);
    stop();
    await ended;
    room.sockets[0]?.pause();
    await clock.advance(2000);
    await until(() => log.lines.length === 1);
  });

  it('closes for good', async () => {
    const { push } = await setUp();
    await push.register(token(1));
    const { ended } = collect(push, 1);
    push.close();
    await ended;
    await expect(push.register(token(2))).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
