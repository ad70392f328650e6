import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { keepMs, type Listener, PushService } from '../../../server-stub/push/service.js';
import type { UnannouncedBounds } from '../../../server-stub/push/unannounced.js';
import { enrolledClient, openStub } from '../ios/stub.js';
import { tokensOf } from './stage.js';

function open(unannounced: UnannouncedBounds, maxTokens = 1000) {
  const clock = manualClock(0);
  const service = new PushService({ clock, maxTokens, unannounced });
  const connection = (address = '192.0.2.1') => {
    let known = 0;
    const listener: Listener = { address, isOpen: true, offer() {}, known: () => void known++ };
    return {
      /** How many of them were taken. */
      register: (tokens: readonly string[]) => tokens.filter((token) => service.register(token, listener)).length,
      leave: (tokens: readonly string[]) => service.disconnect(tokens, listener),
      unregister: (token: string) => service.unregister(token, listener),
      get known() {
        return known;
      },
    };
  };
  const push = (token: string) =>
    service.push({ token, id: 'i', payload: '{}', expiresAt: clock.now() + keepMs, topic: 'topic' });
  return { clock, service, connection, push };
}

describe('tokens that no authority was told of', () => {
  it('are bounded on each connection and from each address; others are served', () => {
    const { connection, service } = open({ perConnection: 10, perAddress: 15 });
    const [one, two] = [connection(), connection()];
    expect(one.register(tokensOf(0, 20))).toBe(10);
    expect(two.register(tokensOf(20, 40))).toBe(5);
    expect(connection('192.0.2.2').register(tokensOf(40, 50))).toBe(10);
    expect(service.progress.tokens).toBe(25);
    one.leave(tokensOf(0, 10));
    expect(two.register(tokensOf(50, 60))).toBe(5); // in the places of those that are gone; then its own bound
    expect(service.progress.tokens).toBe(25);
  });

  it('are bounded in all, and leave room for what an authority was told of, which counts with them no more', () => {
    const { connection, service, push } = open({ inAll: 30 }, 50);
    const stranger = connection();
    expect(stranger.register(tokensOf(0, 100))).toBe(30);
    const device = connection('192.0.2.2');
    expect(device.register(tokensOf(100, 101))).toBe(0);
    for (const token of tokensOf(100, 200)) service.expect(token, 'topic');
    expect(device.register(tokensOf(100, 200))).toBe(100);
    expect(push(tokensOf(150, 151)[0] ?? '')).toEqual({ ok: true, sent: true });
    expect(service.progress.tokens).toBe(130);
    expect([device.known, stranger.known]).toEqual([100, 0]);
    expect(connection('192.0.2.3').register(tokensOf(300, 301))).toBe(0);
    for (const token of tokensOf(0, 5)) service.expect(token, 'topic');
    expect(stranger.known).toBe(5);
    for (const token of tokensOf(100, 200)) service.withdraw(token);
    expect(service.progress.tokens).toBe(130); // their connection has them
    device.leave(tokensOf(100, 200));
    expect(service.progress.tokens).toBeLessThanOrEqual(50);
  });

  it('are forgotten an hour after their connection has ended, unless somebody pushed to them or they came back', async () => {
    const { clock, connection, service, push } = open({});
    const [unused = '', used = '', returned = '', expected = ''] = tokensOf(0, 4);
    const one = connection();
    one.register([unused, used, returned, expected]);
    service.expect(expected, 'topic');
    expect(push(used)).toMatchObject({ ok: true });
    one.leave([unused, used, returned, expected]);
    await clock.advance(3_599_000);
    expect(connection().register([returned])).toBe(1);
    expect(service.progress.tokens).toBe(4);
    await clock.advance(2_000);
    expect(service.progress.tokens).toBe(3);
    expect(push(unused)).toMatchObject({ ok: false, reason: 'BadDeviceToken' });
    for (const token of [used, returned, expected]) expect(push(token)).toMatchObject({ ok: true });
    expect(clock.pending).toBe(0);
    service.close();
    const late = connection();
    late.register(tokensOf(10, 11));
    late.leave(tokensOf(10, 11));
    expect(clock.pending).toBe(0); // a stub that has stopped waits for nothing
  });

  it('make room for newer ones, those first that nobody ever pushed to', () => {
    const { connection, push, service } = open({ inAll: 4 });
    const gone = connection();
    const [a = '', b = '', c = '', d = ''] = tokensOf(0, 4);
    gone.register([a, b, c, d]);
    push(a);
    gone.leave([a, b, c, d]);
    const here = connection('192.0.2.2');
    expect(here.register(tokensOf(10, 13))).toBe(3);
    expect(push(a)).toMatchObject({ ok: true });
    expect(here.register(tokensOf(13, 15))).toBe(1);
    expect(push(a)).toMatchObject({ ok: false });
    expect(service.progress).toMatchObject({ tokens: 4, kept: 0 });
  });

  it('stay given up while they are remembered', () => {
    const { connection, push } = open({});
    const one = connection();
    const [token = ''] = tokensOf(0, 1);
    one.register([token]);
    one.unregister(token);
    expect(push(token)).toMatchObject({ ok: false, reason: 'Unregistered' });
    expect(one.register([token])).toBe(1);
    expect(push(token)).toMatchObject({ ok: true, sent: true });
  });

  it('may be 200 000 of one address on four connections', () => {
    const { connection, service } = open({}, 500_000);
    for (let k = 0; k < 4; k++) {
      const tokens = Array.from({ length: 50_000 }, (_, n) => `${k}-${n}`);
      expect(connection().register(tokens)).toBe(50_000);
    }
    expect(connection().register(['one more'])).toBe(0);
    expect(connection('192.0.2.2').register(['one more'])).toBe(1);
    expect(service.progress.tokens).toBe(200_001);
  });
});

it('a token that a device has replaced, or that was of an enrollment which has ended, is forgotten as nobody’s', async () => {
  const networkClock = manualClock(0);
  const stub = await openStub({ networkClock });
  const client = await enrolledClient(stub);
  const tokens = () => stub.authority.push.progress.tokens;
  await client.tokenUpdate({ Token: randomBytes(32) });
  expect(tokens()).toBe(2);
  await networkClock.advance(3_600_000);
  expect(tokens()).toBe(1);
  await client.checkOut();
  await networkClock.advance(3_600_000);
  expect(tokens()).toBe(0);
});
