import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../agent/io/http.js';
import { requestCertificate } from '../../../agent/scep/client.js';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { root, shippedSources } from '../../house/sources.js';
import { describeWith } from '../../support/programs.js';
import { type OpensslIdentity, openStage, opensslIdentity } from '../platform/ios/harness.js';
import { ScepServer } from './server.js';

async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describeWith('openssl')('SCEP over plain HTTP, as phones speak it', () => {
  let ca: OpensslIdentity;
  beforeAll(() => {
    ca = opensslIdentity('CA');
  });

  /** A SCEP server without TLS, and what a device brings that allows no http:// by itself. */
  async function open() {
    const { clock, ports, signal } = openStage();
    const scep = new ScepServer(ca, () => new Date(clock.now()));
    const url = await listening(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      const method = request.method === 'POST' ? 'POST' : 'GET';
      const answer = scep.answer({ method, url: `${url}${request.url}`, bytes }) ?? '';
      if (typeof answer === 'string' || Buffer.isBuffer(answer)) response.end(answer);
      else response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    });
    const http = createHttp();
    onTestFinished(() => http.close());
    const ask = (at: string) =>
      requestCertificate(
        { url: at, subject: [], keySizeBits: 2048, keyUsage: [], retries: 0, retryDelaySeconds: 1 },
        { ports: { ...ports, http }, signal, commonName: 'device' },
      );
    return { url, http, ask };
  }

  it('needs no leave of the user’s', async () => {
    const { url, ask } = await open();
    const { certificate } = await ask(`${url}/scep`);
    expect(readCertificate(certificate).subject).toEqual([[['CN', 'device']]]);
  });

  it('follows a server that leads on without TLS', async () => {
    const { url, ask } = await open();
    const front = await listening((request, response) =>
      response.writeHead(307, { location: `${url}${request.url}` }).end(),
    );
    expect(readCertificate((await ask(`${front}/scep`)).certificate).subject).toEqual([[['CN', 'device']]]);
  });

  it('is all that asks for http://, beside Windows’ first request and the launcher, which lets it through', () => {
    const asking = shippedSources().filter((file) => /\ballowsHttp: /.test(readFileSync(join(root, file), 'utf8')));
    expect(asking.filter((file) => !file.startsWith('agent/io/'))).toEqual([
      'agent/platform/android/api.ts', // its network security configuration; a stock server has no TLS
      'agent/platform/android/provisioning.ts',
      'agent/platform/windows/discover.ts', // where to go, and nothing else: a 302 to https is all that is read
      'agent/scep/client.ts',
    ]);
  });

  it('opens http:// to nothing else of the same port', async () => {
    const { url, http, ask } = await open();
    await ask(`${url}/scep`);
    const session = http.open();
    onTestFinished(() => session.close());
    await expect(session.request({ method: 'GET', url })).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });
});
