import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { manualClock } from '../../../base/clock.js';
import { decodePushToClient, encodePush, type PushToClient } from '../../../protocol/push.js';
import { startAuthority } from '../../../server-stub/index.js';
import { keepMs, type Notification, PushService } from '../../../server-stub/push/service.js';
import { enrolledClient, openStub, type Stub } from '../ios/stub.js';

const newToken = () => randomBytes(32).toString('hex');

interface Listening {
  readonly socket: WebSocket;
  next(): Promise<PushToClient>;
  register(...tokens: string[]): Promise<void>;
  send(message: Parameters<typeof encodePush>[0]): void;
  /** Resolves with the code when the service closes it. */
  readonly closed: Promise<number>;
}

async function listen(stub: Stub): Promise<Listening> {
  const socket = new WebSocket(stub.authority.pushUrl, { ca: stub.authority.caPem });
  onTestFinished(() => socket.terminate());
  const arrived: PushToClient[] = [];
  const waiting: ((message: PushToClient) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const message = decodePushToClient(data);
    const first = waiting.shift();
    if (first === undefined) arrived.push(message);
    else first(message);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const next = () =>
    new Promise<PushToClient>((resolve) => {
      const first = arrived.shift();
      if (first === undefined) waiting.push(resolve);
      else resolve(first);
    });
  return {
    socket,
    next,
    closed,
    send: (message) => socket.send(encodePush(message)),
    async register(...tokens) {
      socket.send(encodePush({ type: 'register', tokens }));
      expect(await next()).toEqual({ type: 'registered', tokens });
    },
  };
}

function push(stub: Stub, token: string, id: string, changes: Partial<Notification> = {}) {
  const expiresAt = stub.clock.now() + keepMs;
  return stub.authority.push.push({ token, id, payload: `{"mdm":"${id}"}`, expiresAt, ...changes });
}

describe('devices waiting for notifications', () => {
  it('are told at once when they are there', async () => {
    const stub = await openStub();
    const token = newToken();
    const device = await listen(stub);
    await device.register(token);
    expect(push(stub, token, 'one')).toEqual({ ok: true, sent: true });
    expect(await device.next()).toEqual({ type: 'notification', token, id: 'one', payload: '{"mdm":"one"}' });
  });

  it('get the newest of several when they come back, and only once when they say they have it', async () => {
    const stub = await openStub();
    const token = newToken();
    const first = await listen(stub);
    await first.register(token);
    first.socket.close();
    await first.closed;
    for (const id of ['one', 'two', 'three']) expect(push(stub, token, id)).toEqual({ ok: true, sent: false });
    const second = await listen(stub);
    await second.register(token);
    expect(await second.next()).toMatchObject({ id: 'three' });
    second.send({ type: 'received', id: 'three' });
    await second.register(newToken()); // the messages of a socket are taken in order
    second.socket.close();
    await second.closed;
    const third = await listen(stub);
    await third.register(token);
    push(stub, token, 'four');
    expect(await third.next()).toMatchObject({ id: 'four' });
  });

  it('are sent again what they never confirmed', async () => {
    const stub = await openStub();
    const token = newToken();
    const first = await listen(stub);
    await first.register(token);
    push(stub, token, 'one');
    await first.next();
    first.socket.close();
    await first.closed;
    const second = await listen(stub);
    await second.register(token);
    expect(await second.next()).toMatchObject({ id: 'one' });
  });

  it('are not told what has expired, nor what was for now or never', async () => {
    const stub = await openStub();
    const token = newToken();
    const first = await listen(stub);
    await first.register(token);
    first.socket.close();
    await first.closed;
    push(stub, token, 'never', { expiresAt: 0 });
    push(stub, token, 'soon', { expiresAt: stub.clock.now() + 1000 });
    await stub.clock.advance(2000);
    const second = await listen(stub);
    await second.register(token);
    push(stub, token, 'later');
    expect(await second.next()).toMatchObject({ id: 'later' });
  });

  it('may share a socket, and the newest connection of a token wins', async () => {
    const stub = await openStub();
    const [a, b] = [newToken(), newToken()];
    const old = await listen(stub);
    await old.register(a, b);
    const fresh = await listen(stub);
    await fresh.register(a);
    push(stub, a, 'for-a');
    push(stub, b, 'for-b');
    expect(await fresh.next()).toMatchObject({ token: a });
    expect(await old.next()).toMatchObject({ token: b });
    old.socket.close();
    await old.closed;
    expect(push(stub, a, 'again')).toEqual({ ok: true, sent: true });
  });

  it('are unregistered for good only by the connection that has them', async () => {
    const stub = await openStub();
    const token = newToken();
    const device = await listen(stub);
    await device.register(token);
    const stranger = await listen(stub);
    stranger.send({ type: 'unregister', tokens: [token] });
    await stranger.register(newToken());
    expect(push(stub, token, 'one')).toMatchObject({ ok: true });
    device.send({ type: 'unregister', tokens: [token] });
    await device.next();
    await device.register(newToken());
    expect(push(stub, token, 'two')).toMatchObject({ ok: false, reason: 'Unregistered' });
  });

  it('are woken when the core asks for a check-in', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const device = await listen(stub);
    await device.register(client.token.toString('hex'));
    const kept = await device.next(); // of the enrollment
    stub.authority.tenant.queue(client.udid, { kind: 'lock' });
    const woken = await device.next();
    for (const each of [kept, woken]) {
      expect(each.type === 'notification' && JSON.parse(each.payload)).toEqual({ mdm: client.magic });
    }
  });

  it.each([
    ['text that is no JSON', 'hello', 1008],
    ['a message of no known type', '{"type":"shout"}', 1008],
    ['tokens that are none', '{"type":"register","tokens":["xyz"]}', 1008],
    ['binary', Buffer.from('{}'), 1003],
    ['a message that is too large', `{"type":"register","tokens":["${'a'.repeat(300_000)}"]}`, 1009],
  ])('are cut off after %s, and the service lives on', async (_, message, code) => {
    const stub = await openStub();
    const device = await listen(stub);
    device.socket.send(message);
    expect(await device.closed).toBe(code);
    expect(stub.lines().map(({ event }) => event)).toEqual(['MESSAGE_REFUSED']);
    const other = await listen(stub);
    await other.register(newToken());
  });

  it('can be counted by an administrator, and by whoever runs the stub', async () => {
    const stub = await openStub({ pushRate: 50 });
    const token = newToken();
    const device = await listen(stub);
    await device.register(token);
    push(stub, token, 'one');
    await device.next();
    device.send({ type: 'received', id: 'one' });
    await device.register(newToken()); // the messages of a socket are taken in order
    stub.authority.push.expect('aa', 'topic');
    push(stub, 'aa', 'two');
    const headers = { authorization: `Bearer ${stub.authority.adminTokens.reader}` };
    const { status, body } = await stub.send('/stub/v1/push/progress', { method: 'GET', headers });
    const now = { tokens: 3, waiting: 0, unconfirmed: 0, kept: 1 };
    const progress = { ...now, pushed: 2, sent: 1, repeated: 0, confirmed: 1, replaced: 0, expired: 0 };
    expect([status, JSON.parse(body.toString())]).toEqual([200, { ...progress, ratePerSecond: 50 }]);
    expect(stub.authority.counters).toMatchObject({ pushProgress: progress, pushes: 2, pushSockets: 1 });
    expect((await stub.send('/stub/v1/push/progress', { method: 'GET' })).status).toBe(401);
  });

  it('find nothing at another path', async () => {
    const stub = await openStub();
    const url = stub.authority.pushUrl.replace('/push', '/elsewhere');
    const socket = new WebSocket(url, { ca: stub.authority.caPem });
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(error.message).toContain('404');
  });
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
  'a push rate of %s is refused at the start',
  async (pushRate) => {
    await expect(startAuthority({ pushRate })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  },
);

describe('a service with room for few tokens', () => {
  const listener = { address: '192.0.2.1', isOpen: true, offer() {}, known() {} };

  it('gives the place of a token that was given up to a new one, and refuses only when all are in use', () => {
    const service = new PushService({ clock: manualClock(0), maxTokens: 3 });
    for (const token of ['a', 'b', 'c']) expect(service.register(token, listener)).toBe(true);
    expect(service.register('d', listener)).toBe(false);
    service.unregister('b', listener);
    service.unregister('a', listener);
    expect(service.register('a', listener)).toBe(true); // it is back, and is nobody's to take
    expect(service.register('d', listener)).toBe(true);
    expect(service.register('e', listener)).toBe(false);
    const push = (token: string) => service.push({ token, id: 'i', payload: '{}', expiresAt: 1 });
    expect(push('b')).toMatchObject({ ok: false, reason: 'BadDeviceToken' });
    expect(push('a')).toMatchObject({ ok: true });
    expect(service.progress.tokens).toBe(3);
  });
});
