import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../agent/index.js';
import { known } from '../../agent/io/tls/chain.js';
import { brokenRules } from '../../agent/io/tls/rules.js';
import { iosServerRules } from '../../agent/platform/ios/server-rules.js';
import { manualClock } from '../../base/clock.js';
import { issueCertificate } from '../../protocol/x509/issue.js';
import { openServerCertificates, serverNames } from '../../server-stub/server-certificate.js';
import { openStub } from './ios/stub.js';

const dayMs = 24 * 3_600_000;
const at = Date.UTC(2027, 2, 1);

function root() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = issueCertificate({
    subject: [[['CN', 'root']]],
    issuer: 'self',
    publicKey,
    key: privateKey,
    serial: Buffer.from([1]),
    notBefore: new Date('2000-01-01T00:00:00Z'),
    notAfter: new Date('2049-12-31T00:00:00Z'),
    ca: true,
  });
  return { certificate, key: privateKey };
}

const validity = (pem: string) => {
  const { validFrom, validTo } = new X509Certificate(pem);
  return [Date.parse(validFrom), Date.parse(validTo)] as const;
};

describe('the certificate of the stub’s servers', () => {
  it('keeps iOS’s rules, public roots’ too, with a life of 398 days, and is renewed before its end', async () => {
    const clock = manualClock(at);
    const issuer = root();
    const issue = await openServerCertificates(clock, () => Buffer.from([2]), clock);
    const served = issue(issuer, serverNames(['stub.example']));
    for (let year = 0; year < 2; year++) {
      const chain = [new X509Certificate(served.certificate).raw, issuer.certificate].map(known);
      for (const host of ['stub.example', 'localhost', '127.0.0.1', '::1'])
        expect(brokenRules({ host, chain, roots: 'public', rules: iosServerRules })).toEqual([]);
      const [from, to] = validity(served.certificate);
      expect([clock.now() - from, (to - from) / dayMs]).toEqual([dayMs, 398]);
      await clock.advance(366 * dayMs);
      expect(served.renewed()).toBeUndefined();
      await clock.advance(dayMs);
      expect(served.renewed()?.certificate).toBe(served.certificate);
      expect(served.renewed()).toBeUndefined();
    }
  });

  it('has an ordinary life by the stub’s clock, wherever that is, and is good for the real one while it is less than a year behind', async () => {
    const [clock, real] = [manualClock(at), manualClock(at)];
    const issue = await openServerCertificates(clock, () => Buffer.from([2]), real);
    const names = serverNames();
    const issuer = root();
    const isFor = (pem: string) => {
      const [from, to] = validity(pem);
      expect((to - from) / dayMs).toBe(398);
      return [clock, real].map((each) => from < each.now() && each.now() < to);
    };
    const served = issue(issuer, names);
    await clock.advance(330 * dayMs);
    expect(served.renewed()).toBeUndefined();
    expect([isFor(served.certificate), isFor(issue(issuer, names).certificate)]).toEqual([
      [true, true],
      [true, true],
    ]);
    await clock.advance(1000 * dayMs);
    expect(isFor(served.renewed()?.certificate ?? '')).toEqual([true, false]);
    expect(served.renewed()).toBeUndefined();
    await real.advance(1330 * dayMs);
    expect(isFor(served.certificate)).toEqual([true, true]);
  });

  it('is shown renewed to whoever connects next, by HTTPS and by the push server', async () => {
    const stub = await openStub({ clock: manualClock(Date.now()) });
    const shown = async (url: string) => {
      const { port } = new URL(url);
      const socket = await new Promise<TLSSocket>((resolve) => {
        const made: TLSSocket = connect(
          { port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] },
          () => resolve(made),
        );
      });
      onTestFinished(() => void socket.destroy());
      return socket.getPeerCertificate().fingerprint256;
    };
    const { url, apnsUrl, caPem } = stub.authority;
    const before = [await shown(url), await shown(apnsUrl)];
    expect([await shown(url), await shown(apnsUrl)]).toEqual(before);
    await stub.clock.advance(2000 * dayMs);
    const after = [await shown(url), await shown(apnsUrl)];
    expect(after.filter((each) => before.includes(each))).toEqual([]);
    const ask = async (now: number) => {
      const session = createHttp({ ca: caPem, now: () => now }).open();
      onTestFinished(() => session.close());
      return (await session.request({ method: 'GET', url: `${url}/stub/v1/health` })).status;
    };
    expect(await ask(stub.clock.now())).toBe(401); // no token
    await expect(ask(Date.now())).rejects.toMatchObject({ code: 'TLS_EXPIRED' });
  });
});
