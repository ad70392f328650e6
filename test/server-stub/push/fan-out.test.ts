import { describe, expect, it } from 'vitest';
import { openPushStage, tokenOf, tokensOf, until } from './stage.js';

const sorted = (tokens: readonly string[]): string[] => [...tokens].sort();

describe('a push to very many devices at once', () => {
  // As many bytes as 43 000 wakes: what `npm run bench -- push` sends to 100 000 is here fewer and larger.
  it('is sent on one connection as fast as it drains, once each, though it is more than a socket may hold', async () => {
    const { connect, wake, service, transports } = await openPushStage();
    const tokens = tokensOf(0, 6000);
    const client = await connect();
    await client.registerAll(tokens);
    for (const token of tokens) wake(token, { payload: 'x'.repeat(1500) });
    expect(service.progress).toMatchObject({ waiting: tokens.length, sent: 0, confirmed: 0 });
    let mostUnsent = 0;
    await until(() => {
      mostUnsent = Math.max(mostUnsent, transports[0]?.writableLength ?? 0);
      return service.progress.confirmed === tokens.length;
    });
    expect(client.arrived).toEqual(tokens);
    expect(mostUnsent).toBeLessThan(128 * 1024);
    expect(service.progress).toMatchObject({ waiting: 0, unconfirmed: 0, sent: tokens.length, repeated: 0 });
  });

  it('is shared fairly: a connection of few is not behind one of many', async () => {
    const { connect, wake } = await openPushStage({ ratePerSecond: 100 });
    const [many, few] = [await connect(), await connect()];
    await many.registerAll(tokensOf(0, 2000));
    await few.registerAll(tokensOf(2000, 2003));
    for (const token of tokensOf(0, 2003)) wake(token);
    await until(() => few.arrived.length > 0);
    expect(many.arrived.length).toBeLessThan(10);
  });

  it('goes at the rate that was set, and no faster after a pause', async () => {
    const { connect, wake, service, clock } = await openPushStage({ ratePerSecond: 200 });
    const clients = [await connect(), await connect(), await connect()];
    for (const [n, client] of clients.entries()) await client.registerAll(tokensOf(n * 400, (n + 1) * 400));
    await clock.advance(3_600_000);
    for (const token of tokensOf(0, 1200)) wake(token);
    await clock.advance(1000);
    const { sent } = service.progress;
    expect(sent).toBeGreaterThanOrEqual(190);
    expect(sent).toBeLessThanOrEqual(210);
    await clock.advance(2000);
    expect(service.progress.sent).toBeGreaterThanOrEqual(590);
    expect(service.progress.sent).toBeLessThanOrEqual(610);
    await clock.advance(4000);
    await until(() => service.progress.confirmed === 1200);
    for (const client of clients) expect(new Set(client.arrived).size).toBe(400);
  });

  it('sends what waited in its turn as it is then: the newest alone, and nothing that has expired', async () => {
    const { connect, wake, service, clock } = await openPushStage({ ratePerSecond: 1 });
    const client = await connect();
    await client.registerAll(tokensOf(0, 4));
    wake(tokenOf(0));
    await until(() => client.arrived.length === 1);
    wake(tokenOf(1), { payload: 'old' });
    wake(tokenOf(2), { payload: 'expired', expiresAt: clock.now() + 1500 });
    wake(tokenOf(1), { payload: 'new' });
    wake(tokenOf(3), { payload: 'now or never', expiresAt: 0 });
    wake(tokenOf(3), { payload: 'and this' });
    await clock.advance(1000);
    await clock.advance(3000);
    await until(() => client.payloads.length === 4);
    expect(client.payloads.slice(1)).toEqual(['new', 'and this', 'now or never']);
    expect(service.progress).toMatchObject({ replaced: 1, expired: 1, waiting: 0, sent: 4 });
  });
});

describe('a connection that ends in the middle', () => {
  it('leaves nothing lost: the next one gets what was not confirmed, and only that', async () => {
    const { connect, wake, service } = await openPushStage();
    const tokens = tokensOf(0, 5000);
    const first = await connect();
    await first.registerAll(tokens);
    first.socket.on('message', () => {
      if (first.arrived.length === 1000) first.socket.pause();
    });
    for (const token of tokens) wake(token, { payload: 'x'.repeat(4000) }); // more than the kernel keeps for a socket
    await until(() => service.progress.confirmed >= 1000 && service.progress.waiting > 0);
    const { confirmed, sent } = service.progress;
    first.socket.terminate();
    await until(() => service.progress.unconfirmed === 0);
    expect(service.progress).toMatchObject({ confirmed, kept: tokens.length - confirmed, waiting: 0 });
    const second = await connect();
    second.register(tokens);
    await until(() => service.progress.confirmed === tokens.length);
    expect(sorted(second.arrived)).toEqual(sorted(tokens.slice(confirmed)));
    expect(service.progress).toMatchObject({ repeated: sent - confirmed, sent: tokens.length + sent - confirmed });
  });

  it('takes with it what was for now or never', async () => {
    const { connect, wake, service } = await openPushStage({ ratePerSecond: 1 });
    const client = await connect();
    await client.registerAll(tokensOf(0, 2));
    wake(tokenOf(0));
    wake(tokenOf(1), { expiresAt: 0 });
    await client.close();
    await until(() => service.progress.waiting === 0);
    expect(service.progress.kept + service.progress.confirmed).toBe(1);
  });

  it('may say what it has though another connection has the device already', async () => {
    const { connect, wake, service } = await openPushStage();
    const [old, fresh] = [await connect(), await connect()];
    old.confirms = false;
    await old.registerAll([tokenOf(0)]);
    wake(tokenOf(0), { id: 'one' });
    await until(() => old.arrived.length === 1);
    fresh.confirms = false;
    await fresh.registerAll([tokenOf(0)]);
    await until(() => fresh.arrived.length === 1); // it was not confirmed
    old.socket.send('{"type":"received","id":"one"}');
    await until(() => service.progress.confirmed === 1);
    const third = await connect();
    await third.registerAll([tokenOf(0)]);
    wake(tokenOf(0), { payload: 'two' });
    await until(() => third.payloads.length > 0);
    expect(third.payloads).toEqual(['two']);
  });

  it('hands what is for now or never, and not sent yet, to the one that has the device now', async () => {
    const { connect, wake, service, clock } = await openPushStage({ ratePerSecond: 1 });
    const [old, fresh] = [await connect(), await connect()];
    await old.registerAll(tokensOf(0, 2));
    wake(tokenOf(0));
    await until(() => old.arrived.length === 1);
    wake(tokenOf(1), { payload: 'now', expiresAt: 0 });
    await fresh.registerAll([tokenOf(1)]);
    await clock.advance(3000);
    expect(service.progress).toMatchObject({ waiting: 0, sent: 2 });
    await until(() => fresh.payloads.length === 1);
    expect(fresh.payloads).toEqual(['now']);
  });

  it('may register at its bound what it has, and nothing more', async () => {
    const { connect } = await openPushStage({ maxTokens: 3 });
    const client = await connect();
    await client.registerAll(tokensOf(0, 3));
    client.registered.clear();
    await client.registerAll(tokensOf(0, 3));
    client.register([tokenOf(3)]);
    await until(() => client.isClosed);
    expect(client.registered.has(tokenOf(3))).toBe(false);
  });

  it('sends nothing more to a device that has gone to another one', async () => {
    const { connect, wake, service, clock } = await openPushStage({ ratePerSecond: 1 });
    const [old, fresh] = [await connect(), await connect()];
    await old.registerAll(tokensOf(0, 2));
    for (const token of tokensOf(0, 2)) wake(token);
    await until(() => old.arrived.length === 1);
    await fresh.registerAll([tokenOf(1)]);
    await clock.advance(3000);
    await until(() => service.progress.confirmed === 2);
    expect([old.arrived, fresh.arrived]).toEqual([[tokenOf(0)], [tokenOf(1)]]);
  });

  it('does not begin again when a device registers twice on it', async () => {
    const { connect, wake, service } = await openPushStage();
    const client = await connect();
    client.confirms = false;
    await client.registerAll([tokenOf(0)]);
    wake(tokenOf(0));
    await until(() => client.arrived.length === 1);
    client.registered.clear();
    await client.registerAll([tokenOf(0)]);
    wake(tokenOf(0), { payload: 'two' });
    await until(() => client.arrived.length === 2);
    expect([client.payloads[1], service.progress.repeated]).toEqual(['two', 0]);
  });
});

describe('a client that does not read', () => {
  it('is cut off after a while, holds up nobody, and loses nothing', async () => {
    const { connect, wake, service, clock, transports, lines } = await openPushStage({ stalledMs: 60_000 });
    const [stuck, other] = [await connect(), await connect()];
    const [theirs, others] = [tokensOf(0, 3000), tokensOf(3000, 4000)];
    await stuck.registerAll(theirs);
    await other.registerAll(others);
    stuck.socket.pause();
    for (const token of [...theirs, ...others]) wake(token, { payload: 'x'.repeat(8000) });
    await until(() => other.arrived.length === others.length && service.progress.confirmed === others.length);
    expect(service.progress.waiting).toBeGreaterThan(0);
    expect(transports[0]?.writableLength).toBeLessThan(512 * 1024);
    await clock.advance(30_000);
    expect(transports[0]?.destroyed).toBe(false);
    await clock.advance(60_000);
    await until(() => service.progress.kept === theirs.length);
    expect(lines.at(-1)).toMatchObject({ event: 'PUSH_REFUSED', reason: 'the client does not read' });
    const back = await connect();
    back.register(theirs);
    await until(() => service.progress.confirmed === theirs.length + others.length);
    expect(sorted(back.arrived)).toEqual(sorted(theirs));
  });

  it('gets no more answers to `register` than fit in, and is heard again when it reads', async () => {
    const { connect, transports, service } = await openPushStage();
    const client = await connect();
    const tokens = tokensOf(0, 34_000).map((token) => token.repeat(3)); // 6.6 MB of answers
    client.socket.pause();
    client.register(tokens);
    let before = -1;
    await until(() => {
      const now = service.progress.tokens;
      const isStill = now === before && (transports[0]?.writableLength ?? 0) > 64 * 1024;
      before = now;
      return isStill;
    });
    expect(service.progress.tokens).toBeLessThan(tokens.length);
    expect(transports[0]?.writableLength).toBeLessThan(256 * 1024);
    client.socket.resume();
    await until(() => client.registered.size === tokens.length);
  });
});

describe('a confirmation', () => {
  it('is of the newest notification alone: an older one is forgotten when it is sent', async () => {
    const { connect, wake, service } = await openPushStage();
    const client = await connect();
    client.confirms = false;
    await client.registerAll([tokenOf(0)]);
    for (const id of ['one', 'two']) {
      wake(tokenOf(0), { id });
      await until(() => service.progress.waiting === 0);
    }
    for (const id of ['one', 'two', 'two']) client.socket.send(`{"type":"received","id":"${id}"}`);
    client.registered.clear();
    await client.registerAll([tokenOf(1)]); // the messages of a socket are taken in order
    expect(service.progress).toMatchObject({ sent: 2, confirmed: 1, unconfirmed: 0, replaced: 1 });
  });
});

describe('a sender that gives every notification the same id', () => {
  it('has each of them delivered once and confirmed', async () => {
    const { connect, wake, service } = await openPushStage();
    const tokens = tokensOf(0, 50);
    const client = await connect();
    await client.registerAll(tokens);
    for (const token of tokens) wake(token, { id: 'EC1BF194-B3B2-424A-89A9-5A918A6E6B5D' });
    await until(() => service.progress.confirmed === tokens.length);
    await client.close();
    const again = await connect();
    await again.registerAll(tokens);
    wake(tokenOf(0), { payload: 'last' });
    await until(() => again.arrived.length > 0);
    expect(again.payloads).toEqual(['last']);
  });
});
