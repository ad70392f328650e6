import { execFileSync as run } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer, type Server } from 'node:net';
import { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttp, type HttpOptions } from '../../../agent/io/http.js';
import type { HttpObservation, HttpRequest } from '../../../agent/model/ports.js';
import { manualClock } from '../../../base/clock.js';
import type { TracedExchange } from '../../../base/trace.js';
import { describeWith, temporaryFolder } from '../../support/programs.js';
import { derOf, testPki } from '../../support/tls.js';

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = async (answer: RequestListener): Promise<string> => `http://${await listen(createHttpServer(answer))}`;

function open(options: HttpOptions = {}) {
  const http = createHttp({ allowHttp: true, ...options });
  const session = http.open();
  onTestFinished(() => {
    session.close();
    http.close();
  });
  return session;
}

const read = (request: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => resolve(text));
  });

const echo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const text = await read(request);
  response.setHeader('set-cookie', ['a=1', 'b=2']);
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, text }));
};

describe('a request', () => {
  it('carries method, headers and body, and brings status, headers and body back', async () => {
    const origin = await serve(echo);
    const answer = await open({ userAgent: 'MDM/1.0' }).request({
      method: 'PUT',
      url: `${origin}/connect?x=1`,
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from('grüß'),
    });
    const seen = JSON.parse(answer.body.toString());
    expect(answer).toMatchObject({ status: 200, url: `${origin}/connect?x=1`, headers: { 'set-cookie': 'a=1, b=2' } });
    expect(seen).toMatchObject({ method: 'PUT', url: '/connect?x=1', text: 'grüß' });
    expect(seen.headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '6',
      'user-agent': 'MDM/1.0',
    });
  });

  it('uses one connection for a whole session, a new one for the next session', async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const http = createHttp({ allowHttp: true });
    for (const expected of [1, 2]) {
      const session = http.open();
      for (let count = 0; count < 3; count++) await session.request({ method: 'GET', url: origin });
      session.close();
      expect(ports.size).toBe(expected);
    }
  });

  it('uses connections of earlier sessions where they are shared', async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const http = createHttp({ allowHttp: true, connections: 'shared' });
    onTestFinished(() => http.close());
    for (let count = 0; count < 3; count++) {
      const session = http.open();
      await session.request({ method: 'GET', url: origin });
      session.close();
    }
    expect(ports.size).toBe(1);
  });

  it('is sent again, once, when the kept connection turns out to be closed', async () => {
    let requests = 0;
    const origin = `http://${await listen(
      createTcpServer((socket) => {
        let served = 0;
        socket.on('error', () => {});
        socket.on('data', () => {
          requests++;
          // Answers once on each connection and says it will be kept, then closes at the next request without a byte.
          if (served++ > 0) socket.destroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok');
        });
      }),
    )}`;
    const session = open();
    for (let count = 0; count < 3; count++)
      expect((await session.request({ method: 'PUT', url: origin, body: 'once' })).body.toString()).toBe('ok');
    expect(requests).toBe(5);
  });

  it('is not sent again by itself where it is a POST, whose effect might be had twice', async () => {
    const seen: string[] = [];
    const origin = `http://${await listen(
      createTcpServer((socket) => {
        let served = 0;
        socket.on('error', () => {});
        socket.on('data', (data) => {
          seen.push(String(data).split(' ')[0] ?? '');
          if (served++ > 0) socket.destroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok');
        });
      }),
    )}`;
    const session = open();
    await session.request({ method: 'GET', url: origin });
    await expect(session.request({ method: 'POST', url: origin, body: 'once' })).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
      retry: true,
    });
    expect(seen).toEqual(['GET', 'POST']);
    expect((await session.request({ method: 'POST', url: origin, body: 'by hand' })).status).toBe(200);
  });

  it('says of an answer that was cut off how much of it came', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 500 });
      response.write('part', () => response.destroy());
    });
    const { host } = new URL(origin);
    await expect(open().request({ method: 'GET', url: origin })).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
      message: `the answer 200 of http://${host} ended after 4 of 500 bytes: aborted`,
    });
  });

  it('says where it was led to without the tokens in that address', async () => {
    const origin = await serve((_, response) => response.writeHead(302, { location: 'app://in?code=hidden' }).end());
    await expect(open().request({ method: 'GET', url: origin })).rejects.toMatchObject({
      code: 'HTTP_REDIRECTS',
      message: expect.stringMatching(/leads to "app:\/\/in\?code=…", which is no web address/),
    });
  });

  it('is traced whole: headers as sent, bodies as they are read, times, redirects and failures', async () => {
    const traced: TracedExchange[] = [];
    const origin = await serve((request, response) => {
      if (request.url === '/from') response.writeHead(307, { location: '/to' }).end();
      else response.setHeader('content-encoding', 'gzip').end(gzipSync('answer'));
    });
    const session = open({ trace: { exchanged: (each) => traced.push(each) } });
    await session.request({ method: 'PUT', url: `${origin}/from`, body: 'message', headers: { 'X-Own': '1' } });
    const closed = createTcpServer();
    const address = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    await session.request({ method: 'GET', url: `http://${address}/` }).catch(() => {});
    expect(traced).toMatchObject([
      { side: 'device', method: 'PUT', url: `${origin}/from`, status: 307, responseHeaders: { location: '/to' } },
      {
        url: `${origin}/to`,
        remote: origin.slice('http://'.length),
        requestHeaders: { 'X-Own': '1', 'Content-Length': '7', Host: origin.slice('http://'.length) },
        requestBody: Buffer.from('message'),
        responseHeaders: { 'content-encoding': 'gzip' },
        responseBody: Buffer.from('answer'),
        receivedBytes: gzipSync('answer').length,
      },
      { method: 'GET', code: 'TRANSPORT_LOST', message: expect.stringMatching(/ECONNREFUSED/) },
    ]);
    expect(traced[2]?.status).toBeUndefined();
    for (const { startedAt, totalMs } of traced) expect([startedAt > 1.7e12, totalMs >= 0]).toEqual([true, true]);
  });

  it('is not sent again when a byte of the answer had come, or the connection was new', async () => {
    let requests = 0;
    const origin = `http://${await listen(
      createTcpServer((socket) => {
        let served = 0;
        socket.on('error', () => {});
        socket.on('data', () => {
          requests++;
          if (served++ > 0) socket.end('HTTP/1.1 2');
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
      }),
    )}`;
    const session = open();
    await session.request({ method: 'GET', url: origin });
    await expect(session.request({ method: 'GET', url: origin })).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    expect(requests).toBe(2);
    const closing = `http://${await listen(createTcpServer((socket) => socket.destroy()))}`;
    await expect(session.request({ method: 'GET', url: closing })).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
  });

  it('fails with TRANSPORT_LOST where nobody listens, and after the timeout where nobody answers', async () => {
    const clock = manualClock();
    const closed = createTcpServer();
    const address = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const session = open({ clock, timeoutMs: 1000 });
    await expect(session.request({ method: 'GET', url: `http://${address}` })).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
      details: { reason: 'ECONNREFUSED' },
    });
    let arrived = (): void => {};
    const silent = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const waiting = session.request({ method: 'GET', url: await serve(() => arrived()) });
    const failed = expect(waiting).rejects.toMatchObject({ code: 'TRANSPORT_LOST', details: { reason: 'timeout' } });
    await silent;
    await clock.advance(1000);
    await failed;
    expect(clock.pending).toBe(0);
  });

  it('ends with INTERRUPTED when its signal is aborted, before or while it runs', async () => {
    const controller = new AbortController();
    const session = open();
    const waiting = session.request({
      method: 'GET',
      url: await serve(() => controller.abort(new Error('enough'))),
      signal: controller.signal,
    });
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(
      session.request({ method: 'GET', url: 'http://127.0.0.1:1', signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('takes no more than it may, whether the length was announced or not', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/announced') response.setHeader('content-length', 100_001);
      response.write(Buffer.alloc(100_000));
      response.end(Buffer.alloc(1));
    });
    const session = open();
    for (const path of ['/announced', '/streamed']) {
      const request: HttpRequest = { method: 'GET', url: origin + path, maxBytes: 100_000 };
      await expect(session.request(request)).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
      expect((await session.request({ ...request, maxBytes: 100_001 })).body.length).toBe(100_001);
    }
  });

  it('fails with TRANSPORT_LOST when the answer breaks off or is no HTTP', async () => {
    const answers = ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'SSH-2.0-OpenSSH_9.2\r\n', ''];
    for (const text of answers) {
      const address = await listen(
        createTcpServer((socket) => {
          socket.on('error', () => {});
          socket.once('data', () => socket.end(text));
        }),
      );
      await expect(open().request({ method: 'GET', url: `http://${address}` })).rejects.toMatchObject({
        code: 'TRANSPORT_LOST',
      });
    }
  });

  it('refuses http:// unless that is allowed, and what is no web address at all', async () => {
    const session = open({ allowHttp: false });
    await expect(session.request({ method: 'GET', url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
    });
    for (const url of ['ftp://host/', 'nonsense', 'https://', 'file:///etc/passwd'])
      await expect(session.request({ method: 'GET', url })).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
  });

  it('is observed with its times, sizes and status, without the query', async () => {
    const seen: HttpObservation[] = [];
    const origin = await serve((_, response) => response.end('12345'));
    const session = open({ observe: (observation) => seen.push(observation) });
    for (let count = 0; count < 2; count++)
      await session.request({ method: 'POST', url: `${origin}/a?secret=1`, body: 'abc' });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      origin,
      path: '/a',
      status: 200,
      reused: false,
      sentBytes: 3,
      receivedBytes: 5,
    });
    expect(seen[0]?.connectMs).toBeGreaterThan(0);
    expect(seen[1]).toMatchObject({ reused: true });
    expect(seen[1]?.connectMs).toBeUndefined();
    for (const { ttfbMs = -1, totalMs } of seen) expect(totalMs).toBeGreaterThanOrEqual(ttfbMs);
  });

  it('is observed by whoever opened its session, too, under the name of the operation', async () => {
    const [ofAll, own]: HttpObservation[][] = [[], []];
    const origin = await serve((_, response) => response.end());
    const http = createHttp({ allowHttp: true, observe: (observation) => ofAll?.push(observation) });
    const watched = http.open({ observe: (observation) => own?.push(observation) });
    const other = http.open();
    await watched.request({ operation: 'sync/info', method: 'GET', url: `${origin}/a` });
    await other.request({ method: 'GET', url: `${origin}/b` });
    for (const session of [watched, other]) session.close();
    expect(ofAll?.map(({ operation, path }) => [operation, path])).toEqual([
      ['sync/info', '/a'],
      [undefined, '/b'],
    ]);
    expect(own).toMatchObject([{ operation: 'sync/info', path: '/a' }]);
  });

  it('goes out from the address of this machine that its session names', async () => {
    const seen: (string | undefined)[] = [];
    const origin = await serve(({ socket }, response) => {
      seen.push(socket.remoteAddress);
      response.end();
    });
    const http = createHttp({ allowHttp: true });
    for (const localAddress of ['127.0.0.7', '127.8.0.1']) {
      const session = http.open({ localAddress, connections: 'shared' });
      await session.request({ method: 'GET', url: origin.replace('127.0.0.1', 'localhost') });
      session.close();
    }
    http.close();
    expect(seen).toEqual(['127.0.0.7', '127.8.0.1']);
    expect(() => http.open({ localAddress: 'localhost' })).toThrow(TypeError);
  });

  it('shares connections where its session says so, whatever the port was told', async () => {
    const seen: boolean[] = [];
    const origin = await serve((_, response) => response.end());
    const http = createHttp({ allowHttp: true, observe: ({ reused }) => seen.push(reused) });
    for (const connections of ['shared', 'shared', 'per-session'] as const) {
      const session = http.open({ connections });
      await session.request({ method: 'GET', url: origin });
      session.close();
    }
    http.close();
    expect(seen).toEqual([false, true, false]);
  });
});

describe('a connection that fails on purpose', () => {
  it('ends in the middle of the request, which the server sees cut off', async () => {
    const cut = new Promise<[string | undefined, number]>((resolve) => {
      void serve((request) => {
        let length = 0;
        request.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        request.on('error', () => resolve([request.headers['content-length'], length]));
      }).then(async (origin) => {
        const request = { method: 'POST', url: origin, body: 'x'.repeat(100), fault: { breaks: 'sending' } } as const;
        await expect(open().request(request)).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
      });
    });
    expect(await cut).toEqual(['100', 50]);
  });

  it('ends when the answer has begun, and is not used again', async () => {
    const seen: HttpObservation[] = [];
    const origin = await serve((_, response) => response.end('all'));
    const session = open({ observe: (observation) => seen.push(observation) });
    const request = { method: 'GET', url: origin, fault: { breaks: 'answering' } } as const;
    await expect(session.request(request)).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    await session.request({ method: 'GET', url: origin });
    expect(seen.map(({ code, reused }) => [code, reused])).toEqual([
      ['TRANSPORT_LOST', false],
      [undefined, false],
    ]);
  });

  it('is read no faster than was asked for', async () => {
    const clock = manualClock();
    const origin = await serve((_, response) => response.end('x'.repeat(1000)));
    let isDone = false;
    const answer = open({ clock })
      .request({ method: 'GET', url: origin, fault: { bytesPerSecond: 100 } })
      .finally(() => {
        isDone = true;
      });
    await vi.waitFor(() => expect(clock.pending).toBe(2)); // that of the time-out, and the pause
    await clock.advance(9_999);
    expect(isDone).toBe(false);
    await clock.advance(1);
    expect((await answer).body).toHaveLength(1000);
  });
});

describe('redirects (RFC 9110 §15.4)', () => {
  const redirecting = (status: number, to: string) => async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/from') return echo(request, response);
    await read(request);
    response.writeHead(status, { location: to }).end();
  };

  it('are answers like any other where the request says so', async () => {
    const origin = await serve(redirecting(302, '/to'));
    const session = open();
    const answer = await session.request({ method: 'GET', url: `${origin}/from`, followsRedirects: false });
    expect(answer).toMatchObject({ status: 302, url: `${origin}/from` });
    expect(answer.headers['location']).toBe('/to');
  });

  it.each([
    [301, 'PUT', 'PUT', 'body'],
    [302, 'PUT', 'PUT', 'body'],
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
  ] as const)('%i after %s goes on as %s', async (status, method, expected, text) => {
    const origin = await serve(redirecting(status, '/to'));
    const answer = await open().request({
      method,
      url: `${origin}/from`,
      body: 'body',
      headers: { 'content-type': 'a/b' },
    });
    const seen = JSON.parse(answer.body.toString());
    expect(seen).toMatchObject({ method: expected, url: '/to', text });
    expect(seen.headers['content-type']).toBe(text === '' ? undefined : 'a/b');
    expect(answer.url).toBe(`${origin}/to`);
  });

  it('keep what is secret from another server', async () => {
    const other = await serve(echo);
    const origin = await serve(redirecting(307, `${other}/to`));
    const headers = { Authorization: 'Bearer x', Cookie: 'c', 'x-own': 'kept' };
    const answer = await open().request({ method: 'PUT', url: `${origin}/from`, headers });
    const seen = JSON.parse(answer.body.toString()).headers;
    expect([seen.authorization, seen.cookie, seen['x-own']]).toEqual([undefined, undefined, 'kept']);
  });

  it('are followed five times and no more, and nowhere but to web addresses', async () => {
    const origin = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) response.writeHead(307, { location: `/${left - 1}` }).end();
      else response.end('there');
    });
    const session = open();
    expect((await session.request({ method: 'GET', url: `${origin}/5` })).body.toString()).toBe('there');
    await expect(session.request({ method: 'GET', url: `${origin}/6` })).rejects.toMatchObject({
      code: 'HTTP_REDIRECTS',
    });
    const astray = await serve((request, response) => {
      response.writeHead(302, { location: request.url === '/a' ? 'file:///etc/passwd' : 'http://[' }).end();
    });
    for (const path of ['/a', '/b'])
      await expect(session.request({ method: 'GET', url: astray + path })).rejects.toMatchObject({
        code: 'HTTP_REDIRECTS',
      });
  });

  it('without a Location are an answer like any other', async () => {
    const origin = await serve((_, response) => response.writeHead(302).end('where?'));
    expect((await open().request({ method: 'GET', url: origin })).status).toBe(302);
  });
});

describeWith('openssl')('TLS', () => {
  async function secured(pki: ReturnType<typeof testPki>, listener: RequestListener) {
    const server = createHttpsServer(
      { ...pki.server, cert: pki.server.cert + pki.ca, ca: pki.ca, requestCert: true, rejectUnauthorized: false },
      listener,
    );
    return `https://${await listen(server)}`;
  }

  const whoIsIt: RequestListener = (request, response) => {
    const { socket } = request;
    const name = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject?.CN : 'nobody';
    response.end(name);
  };

  it('is refused by name where the server is not trusted or has another name', async () => {
    const pki = testPki();
    const origin = await secured(pki, whoIsIt);
    await expect(open().request({ method: 'GET', url: origin })).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    const other = origin.replace('127.0.0.1', 'other.test');
    const session = open({
      ca: pki.ca,
      lookup: (_, options, done) =>
        options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
    });
    await expect(session.request({ method: 'GET', url: other })).rejects.toMatchObject({ code: 'TLS_NAME' });
    expect((await session.request({ method: 'GET', url: origin })).body.toString()).toBe('nobody');
  });

  it('is lost, and not untrusted, where a trusted server breaks off', async () => {
    const pki = testPki();
    const origin = await secured(pki, ({ socket }) => socket.destroy());
    await expect(open({ ca: pki.ca }).request({ method: 'GET', url: origin })).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
    });
  });

  it('offers the identity of the session and of no other', async () => {
    const pki = testPki();
    const origin = await secured(pki, whoIsIt);
    const identity = { certificates: [derOf(pki.client.cert)], key: createPrivateKey(pki.client.key) };
    for (const connections of ['per-session', 'shared'] as const) {
      const http = createHttp({ ca: [pki.ca], connections });
      onTestFinished(() => http.close());
      for (const [options, name] of [
        [{ identity }, 'client-1'],
        [{}, 'nobody'],
        [{ identity }, 'client-1'],
      ] as const) {
        const session = http.open(options);
        onTestFinished(() => session.close());
        expect((await session.request({ method: 'GET', url: origin })).body.toString()).toBe(name);
      }
    }
  });

  it('holds a server to the pinned certificates, leaf or issuer', async () => {
    const pki = testPki();
    const origin = await secured(pki, whoIsIt);
    const http = createHttp({ ca: pki.ca });
    for (const [pins, isAllowed] of [
      [[derOf(pki.server.cert)], true],
      [[derOf(pki.client.cert), derOf(pki.ca)], true],
      [[derOf(pki.client.cert)], false],
      [[], false],
    ] as const) {
      const session = http.open({ pins });
      onTestFinished(() => session.close());
      const answer = session.request({ method: 'GET', url: origin });
      if (isAllowed) expect((await answer).status).toBe(200);
      else await expect(answer).rejects.toMatchObject({ code: 'TLS_PIN' });
    }
  });

  it('takes no certificate for the pinned one’s work that only names it as its issuer', async () => {
    const folder = temporaryFolder();
    const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
    for (const name of ['pinned', 'rogue'])
      openssl(
        ...`req -x509 -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.pem -days 30`.split(' '),
        '-subj',
        '/CN=The same CA',
        '-addext',
        'subjectKeyIdentifier=none',
        '-addext',
        'authorityKeyIdentifier=none',
      );
    openssl(...'req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost'.split(' '));
    writeFileSync(`${folder}/leaf.ext`, 'subjectAltName=DNS:localhost\nauthorityKeyIdentifier=none\n');
    openssl(
      ...'x509 -req -in leaf.csr -CA rogue.pem -CAkey rogue.key -set_serial 2 -out leaf.pem -extfile leaf.ext'.split(
        ' ',
      ),
    );
    const pem = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');
    const server = createHttpsServer({ key: pem('leaf.key'), cert: pem('leaf.pem') + pem('pinned.pem') }, echo);
    const url = `https://localhost:${(await listen(server)).split(':')[1]}/`;
    const http = createHttp({ ca: pem('rogue.pem') });
    const session = http.open({ pins: [derOf(pem('pinned.pem'))] });
    onTestFinished(() => session.close());
    await expect(session.request({ method: 'GET', url })).rejects.toMatchObject({ code: 'TLS_PIN' });
  });

  it('looks at the chain of a pinned server once, and again only when it has another certificate', async () => {
    const pki = testPki();
    const otherPki = testPki();
    const [origin, other] = [await secured(pki, whoIsIt), await secured(otherPki, whoIsIt)];
    const http = createHttp({ ca: [pki.ca, otherPki.ca] });
    const look = vi.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    onTestFinished(() => look.mockRestore());
    const chains = async (url: string, pin: string) => {
      look.mockClear();
      const session = http.open({ pins: [derOf(pin)] });
      const answer = await session.request({ method: 'GET', url }).catch(({ code }) => code);
      session.close();
      return [answer.status ?? answer, look.mock.calls.filter(([isDetailed]) => isDetailed === true).length];
    };
    expect(await chains(origin, pki.server.cert)).toEqual([200, 1]);
    expect(await chains(origin, pki.server.cert)).toEqual([200, 0]);
    expect(await chains(origin, pki.ca)).toEqual([200, 1]);
    expect(await chains(origin, pki.ca)).toEqual([200, 0]);
    expect(await chains(origin, pki.client.cert)).toEqual(['TLS_PIN', 1]);
    expect(await chains(origin, pki.client.cert)).toEqual(['TLS_PIN', 1]);
    expect(await chains(other, pki.ca)).toEqual(['TLS_PIN', 1]);
    expect(await chains(other, otherPki.ca)).toEqual([200, 1]);
  });

  it('takes no longer with all redirects than the request says', async () => {
    const clock = manualClock();
    const reached: string[] = [];
    const origin = await serve((request, response) => {
      reached.push(request.url ?? '');
      const step = Number(request.url?.charAt(1));
      if (step < 2) response.writeHead(302, { location: `/${step + 1}` }).end();
      else void clock.advance(2000); // and never answers
    });
    const request: HttpRequest = { method: 'GET', url: `${origin}/0?secret=1`, withinMs: 2000 };
    const failure = open({ clock, timeoutMs: 60_000 }).request(request);
    await expect(failure).rejects.toMatchObject({ code: 'TRANSPORT_LOST', details: { timeoutMs: 2000 } });
    await expect(failure).rejects.toThrow(/^no answer from [^?]*\?secret=… in 2000 ms$/);
    expect(reached).toEqual(['/0?secret=1', '/1', '/2']);
  });

  it('is never left by a redirect, unless http is allowed', async () => {
    const pki = testPki();
    const plain = await serve(echo);
    const origin = await secured(pki, (_, response) => response.writeHead(307, { location: plain }).end());
    const request: HttpRequest = { method: 'GET', url: origin };
    await expect(open({ ca: pki.ca, allowHttp: false }).request(request)).rejects.toMatchObject({
      code: 'HTTP_REDIRECTS',
    });
    expect((await open({ ca: pki.ca }).request(request)).status).toBe(200);
  });

  it('is timed apart from the connection', async () => {
    const pki = testPki();
    const seen: HttpObservation[] = [];
    const session = open({ ca: pki.ca, observe: (observation) => seen.push(observation) });
    await session.request({ method: 'GET', url: await secured(pki, whoIsIt) });
    expect(seen[0]?.tlsMs).toBeGreaterThan(0);
  });

  it('says whether its TLS session was resumed', async () => {
    const pki = testPki();
    const seen: HttpObservation[] = [];
    const session = open({ ca: pki.ca, observe: (observation) => seen.push(observation) });
    const url = await secured(pki, (_, response) => {
      response.setHeader('connection', 'close');
      response.end();
    });
    for (let count = 0; count < 2; count++) await session.request({ method: 'GET', url });
    expect(seen.map(({ resumed }) => resumed)).toEqual([false, true]);
  });
});

describe('an answer that is taken as it comes', () => {
  it('goes to whoever takes it, as it was sent, and is held nowhere', async () => {
    const exchanged: TracedExchange[] = [];
    const whole = gzipSync(Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 31) % 251)));
    const origin = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(whole);
    });
    const pieces: Uint8Array[] = [];
    const session = open({ trace: { exchanged: (one) => exchanged.push(one) } });
    const answer = await session.request({ method: 'GET', url: origin, into: (piece) => pieces.push(piece) });
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
    expect({ status: answer.status, bytes: answer.body.length }).toEqual({ status: 200, bytes: 0 });
    expect(exchanged).toMatchObject([{ receivedBytes: whole.length }]);
    expect(exchanged[0]).not.toHaveProperty('responseBody');
  });

  it('is that of a 200 alone, at the end of redirects, and bounded as any', async () => {
    const origin = await serve(({ url }, response) => {
      if (url === '/from') response.writeHead(302, { location: '/to' });
      else if (url !== '/to') response.writeHead(404);
      response.end(`body of ${url}`);
    });
    const session = open();
    const get = async (path: string, maxBytes = 100) => {
      const pieces: Uint8Array[] = [];
      const into = (piece: Uint8Array) => pieces.push(piece);
      const { status, body } = await session.request({ method: 'GET', url: origin + path, maxBytes, into });
      return { status, body: body.toString(), took: Buffer.concat(pieces).toString() };
    };
    expect(await get('/from')).toEqual({ status: 200, body: '', took: 'body of /to' });
    expect(await get('/none')).toEqual({ status: 404, body: '', took: '' });
    await expect(get('/to', 10)).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
  });
});
