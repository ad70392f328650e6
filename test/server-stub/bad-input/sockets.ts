// Octets that are not of the protocol of their port, sizes, and the two sides of the push service.
import { randomBytes } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Stub } from '../ios/stub.js';
import { MiB, row, statusOf } from './row.js';

const portOf = (url: string) => Number(new URL(url).port);

/** What comes back, as text, for octets sent inside TLS (or outside of it). */
function speak(stub: Stub, url: string, octets: string | Buffer, how: { tls: boolean; alpn?: string[] }) {
  return new Promise<string>((resolve) => {
    const target = { port: portOf(url), host: '127.0.0.1' };
    const socket = how.tls
      ? connectTls({ ...target, servername: 'localhost', ca: stub.authority.caPem, ALPNProtocols: how.alpn ?? [] })
      : connectPlain(target);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {}).on('close', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.on(how.tls ? 'secureConnect' : 'connect', () => socket.write(octets));
    onTestFinished(() => void socket.destroy());
  });
}

function pushed(stub: Stub, token: string, body: Buffer, headers: Record<string, string> = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(stub.authority.apnsUrl, { ca: stub.authority.caPem });
    onTestFinished(() => session.destroy());
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': `/3/device/${token}`, 'apns-topic': 't', ...headers });
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    stream.on('end', () => resolve(JSON.parse(text).reason)).on('error', reject);
    stream.end(body);
  });
}

function cutOff(stub: Stub, message: string | Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(stub.authority.pushUrl, { ca: stub.authority.caPem });
    onTestFinished(() => socket.terminate());
    socket.on('open', () => socket.send(message)).on('error', reject);
    socket.on('close', resolve);
  });
}

const aToken = 'ab'.repeat(32);
export const sockets = [
  ...(['/checkin', '/mdm'] as const).map((path) =>
    row(`${path}: 1 MiB and one octet`, 'MESSAGE_TOO_LARGE', 413, ({ good }) =>
      statusOf(good.put(path, Buffer.alloc(MiB + 1, 0x20))),
    ),
  ),
  row('octets that are no TLS', 'TLS_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.url, 'GET / HTTP/1.1\r\n\r\n', { tls: false }),
  ),
  row('octets that are no HTTP', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(stub, stub.authority.url, 'hello\r\n\r\n', { tls: true }),
  ),
  row('endless headers', 'MESSAGE_REFUSED', 'HTTP/1.1 431 Request Header Fields Too Large', ({ stub }) =>
    speak(stub, stub.authority.url, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(80_000)}`, { tls: true }),
  ),
  row('a chunk whose length is none', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(stub, stub.authority.url, 'PUT /mdm HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', {
      tls: true,
    }),
  ),
  row('two lengths', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(
      stub,
      stub.authority.url,
      'PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      { tls: true },
    ),
  ),
  row('CONNECT to somewhere else', 'FORBIDDEN', 'HTTP/1.1 403 Forbidden', ({ stub }) =>
    speak(stub, stub.authority.url, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n', { tls: true }),
  ),
  row('APNs: octets that are no TLS', 'TLS_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.apnsUrl, 'GET / HTTP/1.1\r\n\r\n', { tls: false }),
  ),
  row('APNs: HTTP/1.1', 'PUSH_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.apnsUrl, 'GET / HTTP/1.1\r\n\r\n', { tls: true }),
  ),
  row('APNs: octets that are no HTTP/2', 'PUSH_REFUSED', expect.anything(), ({ stub }) =>
    speak(stub, stub.authority.apnsUrl, 'PRI * HTTP/2.0\r\n\r\nnonsense, and more of it', { tls: true, alpn: ['h2'] }),
  ),
  row('APNs: a token nobody has', 'PUSH_REFUSED', 'BadDeviceToken', ({ stub }) =>
    pushed(stub, aToken, Buffer.from('{}')),
  ),
  row('APNs: a token that is none', 'PUSH_REFUSED', 'BadDeviceToken', ({ stub }) =>
    pushed(stub, 'zz/../..', Buffer.from('{}')),
  ),
  row('APNs: a payload of 5000 octets', 'PUSH_REFUSED', 'PayloadTooLarge', ({ stub }) =>
    pushed(stub, aToken, Buffer.alloc(5000, 0x20)),
  ),
  row('APNs: no payload', 'PUSH_REFUSED', 'PayloadEmpty', ({ stub }) => pushed(stub, aToken, Buffer.alloc(0))),
  row('APNs: another topic', 'PUSH_REFUSED', 'DeviceTokenNotForTopic', ({ stub, good }) =>
    pushed(stub, good.token.toString('hex'), Buffer.from('{}')),
  ),
  row('WebSocket: text that is no JSON', 'MESSAGE_REFUSED', 1008, ({ stub }) => cutOff(stub, 'hello')),
  row('WebSocket: JSON 100 000 deep', 'MESSAGE_REFUSED', 1008, ({ stub }) => cutOff(stub, '['.repeat(100_000))),
  row('WebSocket: tokens that are none', 'MESSAGE_REFUSED', 1008, ({ stub }) =>
    cutOff(stub, '{"type":"register","tokens":["../.."]}'),
  ),
  row('WebSocket: octets', 'MESSAGE_REFUSED', 1003, ({ stub }) => cutOff(stub, randomBytes(100))),
  row('WebSocket: a message too large', 'MESSAGE_REFUSED', 1009, ({ stub }) => cutOff(stub, 'x'.repeat(MiB))),
  row('WebSocket: another address', 'NOT_FOUND', 'HTTP/1.1 404 Not Found', ({ stub }) =>
    speak(
      stub,
      stub.authority.url,
      'GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      {
        tls: true,
      },
    ),
  ),
  row('WebSocket: no handshake', 'MESSAGE_REFUSED', 'HTTP/1.1 400 Bad Request', ({ stub }) =>
    speak(
      stub,
      stub.authority.url,
      'GET /push HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      {
        tls: true,
      },
    ),
  ),
];
