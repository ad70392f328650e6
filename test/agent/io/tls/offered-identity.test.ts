import type { RequestListener } from 'node:http';
import { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../../agent/io/http.js';
import { authority, serverCertificate, serving } from '../../../support/server-certificates.js';

function stage() {
  const root = authority();
  const client = serverCertificate(root, { subject: [[['CN', 'device-1']]], extendedKeyUsage: ['clientAuth'] });
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
