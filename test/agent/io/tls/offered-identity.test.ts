import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../../agent/io/http.js';
import { handshakeHint } from '../../../../agent/io/tls/handshake-hints.js';
import { authority, rsaOf, serverCertificate, serving } from '../../../support/server-certificates.js';

function stage(issued: Parameters<typeof serverCertificate>[1] = {}) {
  const root = authority();
  const wanted = { subject: [[['CN', 'device-1']]], extendedKeyUsage: ['clientAuth'], ...issued } as const;
  const client = serverCertificate(root, wanted);
  const identity = { certificates: [client.certificate], key: client.key };
  const whoIsIt: RequestListener = ({ socket }, response) => {
    const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
    response.end(peer ?? 'nobody');
  };
  const http = createHttp({ ca: root.pem });
  onTestFinished(() => http.close());
  const ask = async (url: string) => {
    const session = http.open({ identity });
    try {
      return (await session.request({ method: 'PUT', url, body: 'message' })).body.toString();
    } finally {
      session.close();
    }
  };
  const leaf = serverCertificate(root);
  const serve = (options: Parameters<typeof serving>[2]) => serving(leaf, [root], { listener: whoIsIt, ...options });
  return { ask, serve };
}

it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'an identity is offered wherever a server asks for one (%s)',
  async (version) => {
    const { ask, serve } = stage();
    const versions = { minVersion: version, maxVersion: version };
    const asking = await serve({ ...versions, requestCert: true });
    for (let session = 0; session < 2; session++) expect(await ask(asking.origin)).toBe('device-1');
    expect(asking.requests()).toBe(2);
    const silent = await serve(versions);
    for (let session = 0; session < 2; session++) expect(await ask(silent.origin)).toBe('nobody');
  },
);

it.each([
  ['signed with SHA-1', { digest: 'sha1' }],
  ['RSA of 512 bits', rsaOf(512)],
  ['RSA of 1024 bits, signed with SHA-1', { digest: 'sha1', ...rsaOf(1024) }],
] as const)('an identity is offered as the authority issued it: %s', async (_, issued) => {
  const { ask, serve } = stage(issued);
  const asking = await serve({ requestCert: true, maxVersion: 'TLSv1.2' });
  expect(await ask(asking.origin)).toBe('device-1');
  const old = await serve({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
  await expect(ask(old.origin)).rejects.toMatchObject({ hint: expect.stringMatching(/no TLS 1\.2 or later/) });
});

it('a server that begins to ask is given it at once, before it has been sent anything without', async () => {
  const { ask, serve } = stage();
  const before = await serve({});
  expect(await ask(before.origin)).toBe('nobody');
  expect(await ask(before.origin)).toBe('nobody');
  await before.close();
  const after = await serve({ port: before.port, requestCert: true });
  expect(await ask(after.origin)).toBe('device-1');
  expect(await ask(after.origin)).toBe('device-1');
  expect(after.requests()).toBe(2);
});

it('a server that speaks no TLS of today is told from one that is lost', async () => {
  const { ask, serve } = stage();
  const server = await serve({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
  await expect(ask(server.origin)).rejects.toMatchObject({
    code: 'TRANSPORT_LOST',
    hint: expect.stringMatching(/no TLS 1\.2 or later/),
  });
});

it.each([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required', /client certificate/],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca', /client certificate/],
  [
    'EPROTO',
    'write EPROTO 80:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate',
    /client certificate/,
  ],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'sslv3 alert handshake failure', /cipher in common/],
  ['ECONNRESET', 'alert certificate', undefined],
] as const)('what OpenSSL says is put in words: %s', (code, message, hint) => {
  const said = handshakeHint(Object.assign(new Error(message), { code }));
  if (hint === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(hint);
});

it('a server without TLS is told from one that is lost', async () => {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(stage().ask(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
    code: 'TRANSPORT_LOST',
    message: expect.not.stringMatching(/\s$/),
    hint: expect.stringMatching(/speaks no TLS/),
  });
});
