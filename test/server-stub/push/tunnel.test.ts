import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWith, temporaryFolder } from '../../support/programs.js';
import { openStub, type Stub } from '../ios/stub.js';

const token = '33'.repeat(32);
const topic = 'com.apple.mgmt.External.1';

/** CONNECT at the stub's main port: the status, and the connection where there is one. */
function tunnel(stub: Stub, target: string): Promise<{ status: number; connection: Duplex }> {
  const { hostname, port } = new URL(stub.authority.url);
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port, method: 'CONNECT', path: target, ca: stub.authority.caPem, agent: false };
    const sent = request({ ...options, servername: 'localhost' });
    sent.on('connect', ({ statusCode = 0 }, connection) => resolve({ status: statusCode, connection }));
    sent.on('error', reject);
    sent.end();
  });
}

describe('the way to the push service by the name of APNs', () => {
  it.each(['api.push.apple.com:443', 'API.push.apple.com:2197', 'api.sandbox.push.apple.com:443'])(
    'leads from CONNECT %s to it, with a certificate for that name',
    async (target) => {
      const stub = await openStub();
      stub.authority.push.expect(token, topic);
      const { status, connection } = await tunnel(stub, target);
      expect(status).toBe(200);
      onTestFinished(() => void connection.destroy());
      const host = target.split(':')[0]?.toLowerCase() ?? '';
      const session = connectHttp2(`https://${host}`, {
        createConnection: () =>
          connectTls({ socket: connection, servername: host, ca: stub.authority.caPem, ALPNProtocols: ['h2'] }),
      });
      onTestFinished(() => session.destroy());
      const stream = session.request({ ':method': 'POST', ':path': `/3/device/${token}`, 'apns-topic': topic });
      stream.end('{"mdm":"M"}');
      const answered = await new Promise((resolve, reject) => {
        stream.on('response', (headers) => resolve(headers[':status']));
        stream.on('error', reject);
        session.on('error', reject);
      });
      expect(answered).toBe(200);
      expect(stub.authority.push.log()).toMatchObject([{ outcome: 'kept', topic }]);
    },
  );

  it('leads nowhere else: the stub is no proxy', async () => {
    const stub = await openStub();
    const { port } = new URL(stub.authority.apnsUrl);
    const targets = [
      'example.com:443',
      'api.push.apple.com:22',
      'api.push.apple.com',
      `127.0.0.1:${port}`,
      'api.push.apple.com.evil.example:443',
      'api.push.apple.com:443:443',
      '/3/device/00',
    ];
    for (const target of targets) {
      const { status, connection } = await tunnel(stub, target);
      connection.destroy();
      expect([target, status]).toEqual([target, 403]);
    }
    expect(stub.lines().map(({ event }) => event)).toEqual(targets.map(() => 'FORBIDDEN'));
  });

  it('survives what is no TLS inside, and who goes away', async () => {
    const stub = await openStub({ tls: false });
    const { port } = new URL(stub.authority.url);
    for (const inside of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', '']) {
      await new Promise<void>((resolve) => {
        const socket = connectPlain(Number(port), '127.0.0.1', () =>
          socket.write(`CONNECT api.push.apple.com:443 HTTP/1.1\r\nHost: x\r\n\r\n${inside}`),
        );
        socket.on('error', () => {}).on('close', () => resolve());
        socket.once('data', () => inside.startsWith('GET') || socket.destroy()); // else the stub hangs up
      });
    }
    expect((await stub.send('/scep?operation=GetCACaps')).status).toBe(200);
    const refused = stub.lines().map(({ event }) => event);
    expect(refused).toEqual(['TLS_REFUSED', 'TLS_REFUSED']);
  });
});

describeWith('curl')('curl, told of the proxy as any client is', () => {
  it('reaches the push service under the name of APNs', async () => {
    const stub = await openStub();
    stub.authority.push.expect(token, topic);
    const ca = join(temporaryFolder(), 'ca.pem');
    writeFileSync(ca, stub.authority.caPem);
    const proxy = stub.authority.url.replace('127.0.0.1', 'localhost');
    const args = ['-s', '--proxy', proxy, '--proxy-cacert', ca, '--cacert', ca, '-d', '{"mdm":"M"}', '--http2'];
    const url = `https://api.push.apple.com/3/device/${token}`;
    const wrote = await new Promise((resolve) => {
      const more = ['-H', `apns-topic: ${topic}`, '-o', '/dev/null', '-w', '%{http_version} %{http_code}', url];
      execFile('curl', [...args, ...more], (_, stdout) => resolve(stdout));
    });
    expect(wrote).toBe('2 200');
  });
});
