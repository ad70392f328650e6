// A server that answers wrongly over a real socket: the session ends by name, the device is as it was, and it is said once.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createDevice } from '../../../../agent/create-device.js';
import { createHttp } from '../../../../agent/io/http.js';
import { seededRandom } from '../../../../agent/io/random.js';
import type { Http } from '../../../../agent/model/ports.js';
import type { Clock } from '../../../../base/clock.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';
import { describeWith } from '../../../support/programs.js';
import { testPki } from '../../../support/tls.js';
import { command, enrollmentProfile, memoryKeys, type OpensslIdentity, opensslIdentity, xml } from './harness.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const fine: Handler = (_, response) => response.end();
const body =
  (bytes: Buffer | string): Handler =>
  (_, response) =>
    response.end(bytes);
const nested = (depth: number): Buffer =>
  xml(
    `<dict><key>CommandUUID</key><string>x</string><key>Command</key>${'<array>'.repeat(depth)}${'</array>'.repeat(depth)}</dict>`,
  );
const laughs =
  Buffer.from(`<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<plist version="1.0"><dict><key>CommandUUID</key><string>&b;</string></dict></plist>`);
const chunk = Buffer.alloc(256 * 1024, 'x');

/** What the device trusts may change between two sessions. */
function trusting(ca: string, clock: Clock): Http {
  const http = createHttp({ ca, clock });
  onTestFinished(() => http.close());
  return http;
}

/** Writes for as long as anybody reads. */
const endless: Handler = (_, response) => {
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

describeWith('openssl')('a hostile server', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  async function listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  /** Enrolled over TLS at a server that answers well until it is told otherwise. */
  async function enrolled() {
    const pki = testPki();
    const server: { answer: Handler } = { answer: fine };
    const port = await listen(createServer(pki.server, (request, response) => server.answer(request, response)));
    const clock = manualClock(Date.now());
    const http = {
      ca: pki.ca,
      open: (options?: Parameters<Http['open']>[0]) => trusting(http.ca, clock).open(options),
    };
    const log = memoryLog();
    const device = createDevice({
      platform: 'ios',
      ports: { clock, http, log, random: seededRandom('hostile', 1), keys: memoryKeys() },
    });
    onTestFinished(() => device.close());
    const document = Buffer.from(
      enrollmentProfile(identity).toString().replaceAll('https://mdm.test/', `https://127.0.0.1:${port}/`),
    );
    await device.enroll({ authority: 'a', document });
    return { device, server, clock, log, http };
  }

  const cases: readonly (readonly [string, string, Handler])[] = [
    ['more than any message may be', 'HTTP_TOO_LARGE', endless],
    [
      'a length that is more than any message may be',
      'HTTP_TOO_LARGE',
      (_, response) => {
        response.setHeader('content-length', '99999999999');
        response.flushHeaders();
      },
    ],
    [
      'less than it announced',
      'TRANSPORT_LOST',
      (_, response) => {
        response.setHeader('content-length', '100');
        response.write('<?xml');
        response.socket?.end();
      },
    ],
    ['nothing', 'TRANSPORT_LOST', (_, response) => response.destroy()],
    ['something that is no HTTP', 'TRANSPORT_LOST', (_, response) => response.socket?.end('hello\r\n\r\n')],
    [
      'headers without end',
      'TRANSPORT_LOST',
      (_, response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${'x-more: 1\r\n'.repeat(100_000)}\r\n`),
    ],
    [
      'the way to itself',
      'HTTP_REDIRECTS',
      (request, response) => response.writeHead(307, { location: String(request.url) }).end(),
    ],
    [
      'the way to a place without TLS',
      'HTTP_REDIRECTS',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
    ],
    ['a property list that is cut off', 'ANSWER_MALFORMED', body(nested(1).subarray(0, 200))],
    ['a property list that is too deep', 'ANSWER_MALFORMED', body(nested(5000))],
    ['a property list with entities', 'ANSWER_MALFORMED', body(laughs)],
    ['a binary property list that is none', 'ANSWER_MALFORMED', body(Buffer.concat([Buffer.from('bplist00'), chunk]))],
    ['a page', 'ANSWER_MALFORMED', body('<html><body>Sign in</body></html>')],
    ['not modified', 'AUTHORITY_BUSY', (_, response) => response.writeHead(304).end()],
    ['a refusal without end', 'HTTP_TOO_LARGE', (request, response) => endless(request, response.writeHead(403))],
  ];

  it.each(cases)('that sends %s ends the session with %s and nothing else', async (_, code, answer) => {
    const { device, server, log } = await enrolled();
    const before = device.state;
    server.answer = answer;
    await expect(device.checkIn()).rejects.toMatchObject({ code });
    expect(device.state).toEqual(before);
    expect(log.lines.filter(({ level }) => level !== 'debug').map(({ event }) => event)).toEqual([code]);
    server.answer = fine;
    await expect(device.checkIn()).resolves.toMatchObject({ commands: 0 });
  });

  it('that drips, or says nothing at all, is left when the time for a whole answer is over', async () => {
    for (const isDripping of [true, false]) {
      const { device, server, clock } = await enrolled();
      const asked = new Promise<void>((resolve) => {
        server.answer = (_, response) => {
          if (isDripping) response.write('<');
          resolve();
        };
      });
      const session = expect(device.checkIn()).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
      await asked;
      await clock.advance(61_000);
      await session;
      expect(device.state.lifecycle).toBe('enrolled');
    }
  });

  it('that serves a manifest without end makes the one command fail, and the next one is carried out', async () => {
    const { device, server } = await enrolled();
    const results: string[] = [];
    const queue = [command('InstallApplication', '<key>ManifestURL</key><string>URL</string>'), command('ProfileList')];
    server.answer = (request, response) => {
      if (request.method === 'GET') return endless(request, response);
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        results.push(Buffer.concat(parts).toString());
        const own = `https://${request.headers.host}/manifest.plist`;
        response.end(queue.shift()?.toString().replace('URL</string>', `${own}</string>`));
      });
    };
    expect(await device.checkIn()).toMatchObject({ commands: 2 });
    expect(results[1]).toContain('CouldNotVerifyAppID');
    expect(results[2]).toContain('<string>Acknowledged</string>');
  });

  it('that shows a certificate of another CA is told nothing, and the enrollment stays', async () => {
    const { device, server, http, log } = await enrolled();
    let heard = 0;
    server.answer = (_, response) => {
      heard++;
      response.end();
    };
    http.ca = testPki().ca;
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'TLS_UNTRUSTED', retry: false });
    expect([heard, device.state.lifecycle]).toEqual([0, 'enrolled']);
    expect(log.lines.map(({ event }) => event)).toEqual(['TLS_UNTRUSTED']);
  });
});
