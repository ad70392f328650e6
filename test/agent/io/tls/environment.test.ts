// Roots of the environment: NODE_EXTRA_CA_CERTS counts for devices as it does for every program of Node's.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { createHttp } from '../../../../agent/io/http.js';
import { temporaryFolder } from '../../../support/programs.js';
import { authority, serverCertificate, serving } from '../../../support/server-certificates.js';

afterEach(() => void vi.unstubAllEnvs());

async function statusOf(origin: string, ca?: string): Promise<unknown> {
  const http = createHttp(ca === undefined ? {} : { ca });
  onTestFinished(() => http.close());
  const session = http.open();
  onTestFinished(() => session.close());
  return session.request({ method: 'GET', url: origin, maxBytes: 100 }).then(
    ({ status }) => status,
    ({ code }: { code?: unknown }) => code,
  );
}

function trustByEnvironment(...pems: readonly string[]): void {
  const file = join(temporaryFolder(), 'extra.pem');
  writeFileSync(file, pems.join(''));
  vi.stubEnv('NODE_EXTRA_CA_CERTS', file);
}

it('a root that the environment names is trusted, beside those that the person gives, and no other is', async () => {
  const [named, given, unknown] = [authority('Named'), authority('Given'), authority('Unknown')];
  trustByEnvironment(authority('Another').pem, named.pem);
  const answers = [];
  for (const issuer of [named, given, unknown]) {
    const { origin } = await serving(serverCertificate(issuer));
    answers.push(await statusOf(origin, given.pem));
  }
  expect(answers).toEqual([200, 200, 'TLS_UNTRUSTED']);
});

it('an authority that the person gives leads to a root of the environment', async () => {
  const root = authority('Root');
  const below = authority('Below', { issuer: root });
  trustByEnvironment(root.pem);
  const { origin } = await serving(serverCertificate(below));
  expect(await statusOf(origin)).toBe('TLS_UNTRUSTED');
  expect(await statusOf(origin, below.pem)).toBe(200);
});

it('a file that is not there or holds no certificate trusts nobody, and a device goes on', async () => {
  const root = authority('Root');
  const { origin } = await serving(serverCertificate(root));
  vi.stubEnv('NODE_EXTRA_CA_CERTS', join(temporaryFolder(), 'none.pem'));
  expect(await statusOf(origin, root.pem)).toBe(200);
  trustByEnvironment('no PEM');
  expect([await statusOf(origin), await statusOf(origin, root.pem)]).toEqual(['TLS_UNTRUSTED', 200]);
});
