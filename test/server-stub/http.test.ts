import { request } from 'node:http';
import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLog, silentLog } from '../../base/log.js';
import { stubError } from '../../server-stub/errors.js';
import { serveHttp } from '../../server-stub/http.js';
import type { Route, StubRequest } from '../../server-stub/http-types.js';
import { createRouter } from '../../server-stub/router.js';
import { eventually } from '../support/eventually.js';
import { readLogLine } from '../support/log-lines.js';
import { openStub } from './ios/stub.js';

const answer = (text: string) => () => ({ status: 200, body: text });
const route = (method: Route['method'], path: string, handle: Route['handle'] = answer(path)): Route => ({
  method,
  path,
  handle,
});

describe('the router', () => {
  const find = createRouter([
    route('GET', '/users'),
    route('GET', '/users/me'),
    route('GET', '/users/:id'),
    route('DELETE', '/users/:id'),
    route('POST', '/users/:id/devices/:device'),
  ]);
  const params = (method: string, path: string) => {
    const match = find(method, path);
    return match.kind === 'route' ? { path: match.route.path, ...match.params } : match.kind;
  };

  it('finds fixed paths before patterns, and decodes parameters', () => {
    expect(params('GET', '/users/me')).toEqual({ path: '/users/me' });
    expect(params('GET', '/users/a%40b%20c')).toEqual({ path: '/users/:id', id: 'a@b c' });
    expect(params('POST', '/users/1/devices/2')).toEqual({ path: '/users/:id/devices/:device', id: '1', device: '2' });
  });

  it('tells another method from nothing at all', () => {
    expect(find('PUT', '/users/1')).toEqual({ kind: 'other-method', allowed: ['GET', 'DELETE'] });
    expect(find('DELETE', '/users/me')).toMatchObject({ kind: 'route', params: { id: 'me' } });
    for (const path of ['', '/', '/user', '/users/', '/users/1/', '/users//devices/2', `/${'a/'.repeat(5000)}`]) {
      expect(find('GET', path).kind).toBe('not-found');
    }
  });

  it('lets no parameter step out of its place', () => {
    for (const id of ['%2e%2e', '..', '.', 'a%2fb', 'a%5cb', '%00', '%', '%zz', '%ff', 'a%0ab']) {
      expect(params('GET', `/users/${id}`)).toBe('bad-path');
    }
    expect(params('GET', '/users/__proto__')).toMatchObject({ id: '__proto__' });
  });

  it('refuses to have two routes for one address', () => {
    expect(() => createRouter([route('GET', '/a'), route('GET', '/a')])).toThrow(/two routes/);
    expect(() => createRouter([route('GET', '/a/:b'), route('GET', '/a/:c')])).toThrow('two routes for GET /a/:c');
    expect(() => createRouter([route('GET', '/a/:b'), route('GET', '/a/c')])).not.toThrow(); // the fixed one wins
  });
});

async function open(...routes: Route[]) {
  const lines: Record<string, unknown>[] = [];
  const server = await serveHttp({
    port: 0,
    host: '127.0.0.1',
    routes,
    log: createLog({ level: 'debug', destination: { write: (line) => void lines.push(readLogLine(line)) } }),
  });
  onTestFinished(() => server.close());
  const call = (method: string, path: string, body?: string | Buffer, headers = {}) =>
    new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: server.port, method, path, headers, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { server, call, lines };
}

/** What comes back for bytes of the test's own making. */
const raw = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text)).on('error', () => {});
  });

describe('the HTTP server', () => {
  it('hands a request over as it came', async () => {
    const seen: StubRequest[] = [];
    const { call } = await open(
      route('PUT', '/in/:box', (given) => {
        seen.push(given);
        return { status: 201, headers: { 'x-a': 'b' }, body: Buffer.from('done') };
      }),
    );
    const reply = await call('PUT', '/in/a%20b?x=1&y=2', 'hello', { 'x-mine': 'yes' });
    expect(reply).toMatchObject({ status: 201, body: 'done', headers: { 'x-a': 'b' } });
    const [given] = seen;
    expect(given).toMatchObject({ method: 'PUT', path: '/in/a%20b', params: { box: 'a b' } });
    expect([given?.query.get('y'), given?.headers['x-mine'], given?.body.toString()]).toEqual(['2', 'yes', 'hello']);
    expect(given?.clientCertificate).toBeUndefined();
  });

  it('answers 404, 405 with Allow, and 400, each logged once', async () => {
    const { call, lines } = await open(route('GET', '/a/:id'));
    expect((await call('GET', '/b')).status).toBe(404);
    const other = await call('POST', '/a/1', 'x');
    expect([other.status, other.headers['allow']]).toEqual([405, 'GET']);
    expect((await call('GET', '/a/%2e%2e')).status).toBe(400);
    expect(lines.map(({ event }) => event)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'MESSAGE_REFUSED']);
  });

  it('bounds bodies, announced or not', async () => {
    const { call, lines, server } = await open({ ...route('POST', '/'), maxBytes: 10 });
    expect((await call('POST', '/', 'x'.repeat(10))).status).toBe(200);
    expect((await call('POST', '/', 'x'.repeat(11))).status).toBe(413);
    expect((await call('POST', '/', Buffer.alloc(3_000_000))).status).toBe(413);
    const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n';
    expect(await raw(server.port, chunked)).toMatch(/^HTTP\/1.1 413 /);
    expect(lines.map(({ event }) => event)).toEqual(Array(3).fill('MESSAGE_TOO_LARGE'));
  });

  it('answers 400 to what is not HTTP and 431 to endless headers', async () => {
    const { server, call } = await open(route('GET', '/'));
    expect(await raw(server.port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(server.port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(100_000)}`)).toMatch(/^HTTP\/1.1 431 /);
    expect((await call('GET', '/')).status).toBe(200);
  });

  it('turns errors into answers: ours by code, others into 500, logged as a bug', async () => {
    const { call, lines } = await open(
      route('GET', '/ours', () => {
        throw stubError('NOT_FOUND', 'no such thing');
      }),
      route('GET', '/bug', () => {
        throw new Error('oops');
      }),
      route('GET', '/late', async () => {
        throw new Error('oops later');
      }),
      route('GET', '/header', () => ({ status: 200, headers: { 'x-a': 'line\nbreak' } })),
    );
    const ours = await call('GET', '/ours');
    expect([ours.status, JSON.parse(ours.body)]).toEqual([
      404,
      { error: { code: 'NOT_FOUND', message: 'no such thing' } },
    ]);
    for (const path of ['/bug', '/late', '/header']) {
      const { status, body } = await call('GET', path);
      expect([status, body.includes('oops')]).toEqual([500, false]);
    }
    expect(lines.map(({ event }) => event)).toEqual(['NOT_FOUND', 'BUG', 'BUG', 'BUG']);
  });

  it('goes on after a route that writes behind the end of its answer, which is logged as a bug', async () => {
    const stream = (to: Writable) => {
      to.end('all');
      to.write('more');
    };
    const { call, lines } = await open(route('GET', '/a', () => ({ status: 200, stream })));
    expect((await call('GET', '/a')).body).toBe('all');
    await eventually(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'BUG', path: '/a' }]);
    expect((await call('GET', '/a')).status).toBe(200);
  });

  it('says so when the port is taken', async () => {
    const { server } = await open();
    const again = serveHttp({ port: server.port, host: '127.0.0.1', routes: [], log: silentLog });
    await expect(again).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });

  it('answers what is running before it closes, and cuts off who only waits', async () => {
    let release = () => {};
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const { server, call } = await open(
      route('GET', '/slow', async () => {
        entered();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return { status: 200, body: 'slow' };
      }),
    );
    const waiting = raw(server.port, ''); // connects and says nothing
    const slow = call('GET', '/slow');
    await inside;
    const closed = server.close();
    release();
    expect(await slow).toMatchObject({ status: 200, body: 'slow', headers: { connection: 'close' } });
    await closed;
    await waiting;
  });

  it('closes without waiting for a handshake that somebody has begun and not gone on with', async () => {
    const stub = await openStub();
    const waiting = [stub.authority.url, stub.authority.apnsUrl].map(
      (url) =>
        new Promise<void>((resolve) => {
          const socket = connect(Number(new URL(url).port), '127.0.0.1');
          socket.on('error', () => {}).on('close', () => resolve());
        }),
    );
    await stub.send('/scep?operation=GetCACaps'); // by now both are accepted
    await stub.authority.close();
    await Promise.all(waiting);
    expect(stub.lines()).toEqual([]); // nobody's time ran out
  });

  it('says once that a body was cut off, and goes on', async () => {
    const { server, call, lines } = await open(route('PUT', '/in'));
    const head = 'PUT /in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n';
    for (const how of ['end', 'resetAndDestroy'] as const) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => socket.write(`${head}half`, () => socket[how]()));
        socket
          .resume()
          .on('error', () => {})
          .on('close', () => resolve());
      });
    }
    await eventually(() => lines.length >= 2);
    expect(lines.map(({ event }) => event)).toEqual(['MESSAGE_REFUSED', 'MESSAGE_REFUSED']);
    expect((await call('PUT', '/in', 'x')).status).toBe(200);
  });

  it('serves the requests of one connection in turn with those of others, one at a time', async () => {
    const order: string[] = [];
    const { server, call } = await open(
      route('GET', '/:who', ({ params }) => {
        order.push(params['who'] ?? '');
        return { status: 200, body: 'x'.repeat(1000) };
      }),
    );
    const sent = raw(server.port, 'GET /many HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(32) + end('/last'));
    await eventually(() => order.length > 0);
    await call('GET', '/other');
    expect((await sent).match(/HTTP\/1.1 200 OK/g)).toHaveLength(33);
    expect(order.indexOf('other')).toBeLessThan(33); // not after all of them
    expect(order.filter((who) => who === 'many')).toHaveLength(32);
    expect(order.filter((who) => who !== 'other').at(-1)).toBe('last');
  });

  it('serves no more of a connection whose answers are not read, and cuts it off when it goes on sending', async () => {
    let served = 0;
    const { server, call, lines } = await open(
      route('GET', '/many', () => {
        served++;
        return { status: 200, body: 'x'.repeat(1024 * 1024) };
      }),
      route('GET', '/other'),
    );
    const socket = connect(server.port, '127.0.0.1', () =>
      socket.write('GET /many HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(12_000)),
    );
    socket.pause().on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await eventually(() => lines.length > 0);
    expect((await call('GET', '/other')).status).toBe(200);
    expect(served).toBeLessThan(33);
    expect(lines).toMatchObject([{ event: 'MESSAGE_REFUSED', reason: 'too many requests ahead of their answers' }]);
    await eventually(() => server.connections.open <= 1);
  });

  it('has the bounds of node set on purpose', async () => {
    const { server } = await open();
    expect(server.server).toMatchObject({
      headersTimeout: 15_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 65_000,
      timeout: 120_000,
      maxRequestsPerSocket: 10_000,
      maxHeadersCount: 201,
    });
    expect(server.server.maxConnections).toBeGreaterThan(0);
  });
});

/** A request whose answer ends the connection. */
const end = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
