import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { createHttp, type HttpOptions } from '../../../agent/io/http.js';
import { proxyFor } from '../../../agent/io/proxy.js';
import { PushSocket } from '../../../agent/io/wake/push-socket.js';
import { manualClock } from '../../../base/clock.js';
import type { TracedExchange } from '../../../base/trace.js';
import { eventually } from '../../support/eventually.js';
import { authority, serverCertificate, serving } from '../../support/server-certificates.js';

const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

function environment(values: Readonly<Record<string, string>>): void {
  for (const name of names) vi.stubEnv(name, values[name] ?? '');
  onTestFinished(() => void vi.unstubAllEnvs());
}

const portOf = (server: HttpServer) => (server.address() as AddressInfo).port;

/** A forward proxy to which every host is 127.0.0.1; `password`: what it wants of its users. */
async function proxy(password?: string) {
  const asked: string[] = [];
  const allowed = password === undefined ? undefined : `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    response.end('from the proxy');
  });
  const sockets = new Set<Socket>();
  server.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    sockets.add(socket);
    socket.on('error', () => {});
    if (allowed !== undefined && request.headers['proxy-authorization'] !== allowed) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const there = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(there).pipe(socket);
    });
    there.on('error', () => socket.destroy());
    sockets.add(there);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { asked, address: `127.0.0.1:${portOf(server)}` };
}

function opened(options: HttpOptions) {
  const http = createHttp({ allowHttp: true, ...options });
  const session = http.open();
  onTestFinished(() => {
    session.close();
    http.close();
  });
  return (url: string) => session.request({ method: 'GET', url });
}

describe('a proxy that the environment names', () => {
  const root = authority();
  const forMdm = () => serverCertificate(root, { subjectAltName: { dNSName: 'mdm.test' } });

  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
    'is gone through to servers with TLS, which are judged all the same (%s)',
    async (name) => {
      const { asked, address } = await proxy();
      environment({ [name]: `http://${address}` });
      const { port } = await serving(forMdm(), [root]);
      const get = opened({ ca: root.pem });
      for (let count = 0; count < 2; count++)
        expect((await get(`https://mdm.test:${port}/`)).body.toString()).toBe('ok');
      expect(asked).toEqual([`CONNECT mdm.test:${port}`]);
      await expect(get(`https://other.test:${port}/`)).rejects.toMatchObject({ code: 'TLS_NAME' });
      await expect(opened({})(`https://mdm.test:${port}/`)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    },
  );

  it('is given its credentials, which no error shows', async () => {
    const { address } = await proxy('s3cret');
    const { port } = await serving(forMdm(), [root]);
    const get = () => opened({ ca: root.pem })(`https://mdm.test:${port}/`);
    environment({ HTTPS_PROXY: `http://user:s3cret@${address}` });
    expect((await get()).status).toBe(200);
    environment({ HTTPS_PROXY: `http://user:wr0ng@${address}` });
    const failure = await get().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'TRANSPORT_LOST',
      message: `the proxy http://${address} answered 407 to CONNECT mdm.test:${port}`,
      hint: expect.stringMatching(/NO_PROXY/),
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toMatch(/wr0ng/);
  });

  it('may have credentials with a percent sign', () => {
    environment({ HTTPS_PROXY: 'http://us%65r:50%@proxy.test:3128' });
    const authorization = `Basic ${Buffer.from('user:50%').toString('base64')}`;
    expect(proxyFor('https://mdm.test/')).toMatchObject({ authorization });
  });

  it('that does not answer is left with the session', async () => {
    const sockets = new Set<Socket>();
    const server = createSocketServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).once('close', () => sockets.delete(socket));
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    environment({ HTTPS_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const session = createHttp().open();
    const stop = new AbortController();
    const asked = session.request({ method: 'GET', url: 'https://mdm.test/', signal: stop.signal });
    await eventually(() => sockets.size === 1);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
    session.close();
    await eventually(() => sockets.size === 0);
  });

  it('that cannot be reached is named', async () => {
    environment({ HTTPS_PROXY: 'http://127.0.0.1:1' });
    await expect(opened({})('https://mdm.test/')).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
      message: expect.stringMatching(/^the proxy http:\/\/127\.0\.0\.1:1 cannot be reached/),
    });
  });

  it('is asked itself for what is on a server without TLS', async () => {
    const { asked, address } = await proxy();
    environment({ http_proxy: `http://user:pw@${address}` });
    const traced: TracedExchange[] = [];
    const get = opened({ trace: { exchanged: (each) => traced.push(each) } });
    expect((await get('http://mdm.test/profile?user=a')).body.toString()).toBe('from the proxy');
    expect(traced).toMatchObject([{ url: 'http://mdm.test/profile?user=a', status: 200 }]);
    expect(JSON.stringify(traced)).not.toMatch(/dXNlcjpwdw/);
    expect(asked).toEqual(['GET http://mdm.test/profile?user=a Basic dXNlcjpwdw==']);
  });

  it('is passed by for the hosts of NO_PROXY, and for this machine itself', () => {
    environment({
      HTTPS_PROXY: 'http://proxy.test:3128',
      HTTP_PROXY: 'http://proxy.test:3128',
      NO_PROXY: 'mdm.test,.inside.test',
    });
    const proxied = (url: string) => proxyFor(url)?.origin;
    for (const url of [
      'https://mdm.test/',
      'https://a.inside.test:8443/',
      'https://localhost:8443/',
      'http://127.0.0.2/',
      'wss://[::1]/push',
    ])
      expect(proxied(url)).toBeUndefined();
    for (const url of ['https://other.test/', 'wss://other.test/push', 'ws://other.test/push'])
      expect(proxied(url)).toBe('http://proxy.test:3128');
    environment({ HTTPS_PROXY: 'proxy.test:3128' });
    expect(proxied('https://other.test/')).toBe('http://proxy.test:3128');
    environment({ HTTPS_PROXY: 'socks5://proxy.test:1080' });
    expect(() => proxyFor('https://other.test/')).toThrow(/no http or https address/);
  });

  it('is gone through by the push service’s WebSocket too', async () => {
    const { asked, address } = await proxy();
    environment({ HTTP_PROXY: `http://${address}` });
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const socket = await new Promise<PushSocket>((resolve, reject) => {
      const made: PushSocket = new PushSocket(
        { url: `ws://push.test:${port}/push`, clock: manualClock() },
        { opened: () => resolve(made), registered: () => {}, notified: () => {}, closed: reject },
      );
    });
    expect(socket.isOpen).toBe(true);
    expect(asked).toEqual([`CONNECT push.test:${port}`]);
    socket.terminate();
  });
});
