// Connections whose other side does not let go: each is cut off, and none is left behind.
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { manualClock } from '../../base/clock.js';
import { eventually } from '../support/eventually.js';
import { openStub } from './ios/stub.js';

async function openPorts({ tls: isTls = true } = {}) {
  const networkClock = manualClock(0);
  const stub = await openStub({ networkClock, tls: isTls });
  const { authority } = stub;
  const portOf = (port: 'http' | 'push') => Number(new URL(port === 'http' ? authority.url : authority.apnsUrl).port);

  /** A client that never ends its side; `ALPNProtocols` undefined: without ALPN. */
  const tls = (port: 'http' | 'push', ALPNProtocols?: string[]) =>
    new Promise<TLSSocket>((resolve) => {
      const raw = connectPlain({ port: portOf(port), host: '127.0.0.1', allowHalfOpen: true });
      const socket = connectTls({
        socket: raw,
        servername: 'localhost',
        ca: authority.caPem,
        ...(ALPNProtocols !== undefined && { ALPNProtocols }),
      });
      raw.on('error', () => {});
      socket.on('error', () => {}).once('secureConnect', () => resolve(socket));
      onTestFinished(() => void raw.destroy());
    });
  /** Resolves with the reason when there is no handshake. */
  const refused = (port: 'http' | 'push', ALPNProtocols: string[]) =>
    new Promise<string | undefined>((resolve) => {
      const socket = connectTls({ port: portOf(port), servername: 'localhost', ca: authority.caPem, ALPNProtocols });
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      onTestFinished(() => void socket.destroy());
    });
  const plain = (port: 'http' | 'push') =>
    new Promise<Socket>((resolve) => {
      const raw = connectPlain({ port: portOf(port), host: '127.0.0.1', allowHalfOpen: true }, () => resolve(raw));
      raw.on('error', () => {});
      onTestFinished(() => void raw.destroy());
    });
  /** Resolves when the stub has no connection left, `ms` on its clock after it had ended them. */
  const untilGone = async (ms = 2_000) => {
    for (let passed = 0; passed < ms; passed += 500) {
      await new Promise((resolve) => setImmediate(resolve));
      await networkClock.advance(500);
    }
    await eventually(() => authority.counters.connections === 0);
  };
  const arrived = (count = 1) => eventually(() => authority.counters.connections === count);
  return { ...stub, networkClock, tls, refused, plain, untilGone, arrived };
}

/** What comes first. From then on the client reads nothing: it hears of no end, and so ends nothing itself. */
const answered = (socket: Socket) =>
  new Promise<string>((resolve) =>
    socket.once('data', (octets) => {
      socket.pause();
      resolve(String(octets));
    }),
  );
/** Takes what is sent and does nothing, not even end its own side. */
const wait = (socket: Socket) => socket.resume();

const roundTrip = (session: ClientHttp2Session) => new Promise((resolve) => session.ping(resolve));

describe('a client that does not let its connection go', () => {
  it.each([
    ['octets that are no HTTP', 'hello\r\n\r\n', '400'],
    ['CONNECT to somewhere else', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n', '403'],
    [
      'an upgrade at another address',
      'GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      '404',
    ],
    [
      'an upgrade that is none',
      'GET /push HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      '400',
    ],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(80_000)}`, '431'],
  ])('is cut off after %s', async (_, octets, status) => {
    const { plain, untilGone } = await openPorts({ tls: false });
    const socket = await plain('http');
    socket.write(octets);
    expect(await answered(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await untilGone();
  });

  it('is cut off after more headers than are taken', async () => {
    const { plain, untilGone } = await openPorts({ tls: false });
    const socket = await plain('http');
    socket.write(`GET /scep?operation=GetCACaps HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(250)}\r\n`);
    expect(await answered(socket)).toMatch(/^HTTP\/1.1 431 /);
    await untilGone();
  });

  it('is cut off after a body that is too large, of which it sends no more', async () => {
    const { plain, untilGone } = await openPorts({ tls: false });
    const socket = await plain('http');
    socket.write('PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nhalf');
    expect(await answered(socket)).toMatch(/^HTTP\/1.1 413 /);
    await untilGone();
  });

  it('is cut off at the push port where it does not say that it speaks HTTP/2', async () => {
    const { tls, untilGone } = await openPorts();
    const socket = await tls('push');
    expect(await answered(socket)).toMatch(/^HTTP\/1.1 426 /);
    await untilGone();
  });

  it('is cut off at the push port where it says that it speaks HTTP/1.1 alone', async () => {
    const { refused, untilGone } = await openPorts();
    expect(await refused('push', ['http/1.1'])).toMatch(/ALERT_NO_APPLICATION_PROTOCOL/i);
    await untilGone();
  });

  it('is cut off at the push port where it offers HTTP/2 and then says nothing', async () => {
    const { tls, untilGone, arrived } = await openPorts();
    wait(await tls('push', ['h2']));
    await arrived();
    await untilGone(16_000);
  });

  it('is cut off at the push port where it no longer answers a PING', async () => {
    const { tls, untilGone, arrived } = await openPorts();
    const socket = await tls('push', ['h2']);
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')]),
    );
    wait(socket);
    await arrived();
    await untilGone(61_000);
  });

  it('is cut off at the push port where it breaks HTTP/2', async () => {
    const { tls, untilGone, arrived } = await openPorts();
    const socket = await tls('push', ['h2']);
    await arrived();
    const dataOnNoStream = Buffer.from('00000100000000000000', 'hex');
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        Buffer.from('000000040000000000', 'hex'),
        dataOnNoStream,
      ]),
    );
    await answered(socket);
    await untilGone(61_000); // nobody is told that nghttp2 has given it up: found by the PING
  });

  it('is left alone at the push port where it answers PINGs, until it has sent nothing for ten minutes', async () => {
    const { authority, networkClock, arrived } = await openPorts();
    let pings = 0;
    const session = connectHttp2(authority.apnsUrl, { ca: authority.caPem });
    session.on('error', () => {}).on('ping', () => void pings++);
    onTestFinished(() => void session.destroy());
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    await arrived();
    await eventually(() => session.pendingSettingsAck === false);
    for (let asked = 1; asked < 20; asked++) {
      await networkClock.advance(30_000);
      await eventually(() => pings === asked);
      await roundTrip(session); // its answer to the PING has arrived before ours is answered
    }
    expect(authority.counters.connections).toBe(1);
    const isTold = new Promise((resolve) => session.once('goaway', resolve));
    await networkClock.advance(30_000);
    await isTold;
    await eventually(() => authority.counters.connections === 0);
  });

  it.each(['http', 'push'] as const)('is cut off at the %s port where it speaks no TLS', async (port) => {
    const { plain, untilGone } = await openPorts();
    const socket = await plain(port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    wait(socket);
    await untilGone();
  });

  it.each(['http', 'push'] as const)(
    'leaves nothing at the %s port where it goes away in the handshake',
    async (port) => {
      const { plain, untilGone, arrived, lines } = await openPorts();
      const socket = await plain(port);
      socket.write(Buffer.from('160301', 'hex'));
      await arrived();
      socket.resetAndDestroy();
      await untilGone();
      expect(lines()).toEqual([]);
    },
  );

  it('is cut off where it does not answer that its WebSocket is closed', async () => {
    const { authority, untilGone } = await openPorts();
    const socket = new WebSocket(authority.pushUrl, { ca: authority.caPem });
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    socket.pause(); // reads no close frame, and so answers none
    socket.send('no JSON');
    await untilGone();
  });
});

it.each(['http', 'push'] as const)('at the %s port nobody may renegotiate TLS 1.2', async (port) => {
  const { authority, lines, untilGone } = await openPorts();
  const url = port === 'http' ? authority.url : authority.apnsUrl;
  const socket = connectTls({
    port: Number(new URL(url).port),
    servername: 'localhost',
    ca: authority.caPem,
    maxVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {}).once('secureConnect', () => socket.renegotiate({}, () => {}));
  const reasons: unknown[] = [];
  await eventually(() => {
    reasons.push(...lines().map(({ reason }) => reason));
    return reasons.length > 0;
  });
  expect(reasons).toEqual(['ERR_TLS_RENEGOTIATION_DISABLED']);
  await untilGone();
});
