// Which roots a Windows device trusts for TLS, and what it asks of a server's certificate (docs/wire/windows-sources/tls.md).
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { known } from '../../../../agent/io/tls/chain.js';
import { brokenRules } from '../../../../agent/io/tls/rules.js';
import type { Happening } from '../../../../agent/model/happening.js';
import type { SavedCertificate } from '../../../../agent/platform/windows/saved.js';
import { windowsServerRules } from '../../../../agent/platform/windows/server-rules.js';
import { WindowsServerTrust } from '../../../../agent/platform/windows/server-trust.js';
import { manualClock } from '../../../../base/clock.js';
import { authority, type Made, rsaOf, serverCertificate } from '../../../support/server-certificates.js';
import { someMemory, viewOf } from './some-device.js';

const entry = ({ certificate }: Made, store: string, scope: SavedCertificate['scope'] = 'device') => ({
  der: certificate,
  store,
  scope,
});

describe('the roots that a Windows device trusts', () => {
  const [root, other, between] = [authority('Root'), authority('Other'), authority('Between')];

  it('are those of the computer’s Root store, in any capitals, and no others', () => {
    const trust = new WindowsServerTrust(viewOf(), manualClock(0));
    expect(trust.roots()).toEqual([]);
    const memory = someMemory({
      certificates: {
        A: entry(root, 'Root'),
        B: entry(other, 'ROOT'),
        C: entry(between, 'CA'),
        D: entry(between, 'Root', 'user'),
        E: entry(between, 'My'),
      },
    });
    trust.follow(memory);
    expect(trust.roots()).toEqual([root.certificate, other.certificate]);
    expect(trust.roots()).toBe(trust.roots());
    memory.change({ certificates: { B: entry(other, 'Root') } });
    expect(trust.roots()).toEqual([other.certificate]);
    trust.follow(undefined);
    expect(trust.roots()).toEqual([]);
  });

  it('are judged by the device’s clock, and leniently where it is lenient; what was lifted is told once', async () => {
    const told: Happening[] = [];
    const clock = manualClock(1000);
    const trust = new WindowsServerTrust(viewOf({ lenient: ['tls'], told }), clock);
    await clock.advance(500);
    expect([trust.now(), trust.isLenient]).toEqual([1500, true]);
    const lifted = { type: 'lifted', lenient: 'tls', code: 'TLS_KEY', message: 'a' } as const;
    trust.tell(lifted);
    trust.tell({ ...lifted });
    expect(told).toEqual([lifted]);
  });
});

describe('what Windows asks of a server’s certificate', () => {
  const root = authority();
  const judge = (leaf: Made, roots: 'public' | 'installed' = 'installed', above = [root]) =>
    brokenRules({
      host: 'localhost',
      chain: [leaf, ...above].map(({ certificate }) => known(certificate)),
      roots,
      rules: windowsServerRules,
    }).map(({ code }) => code);

  it('is no more than this of one that every device takes', () => {
    expect(judge(serverCertificate(root))).toEqual([]);
    expect(judge(serverCertificate(root), 'public')).toEqual([]);
  });

  it('is no shorter life, below public roots neither', () => {
    expect(judge(serverCertificate(root, { days: 3650 }))).toEqual([]);
    expect(judge(serverCertificate(root, { days: 3650 }), 'public')).toEqual([]);
  });

  it('is the name in SubjectAltName, or in the common name where there is no other', () => {
    const common = { subjectAltName: {} };
    expect(judge(serverCertificate(root, common))).toEqual([]);
    expect(judge(serverCertificate(root, { ...common, subject: [[['CN', 'elsewhere.test']]] }))).toEqual(['TLS_NAME']);
    expect(judge(serverCertificate(root, { subjectAltName: { dNSName: 'elsewhere.test' } }))).toEqual(['TLS_NAME']);
  });

  it('is RSA of 1024 bits, or P-256 or P-384', () => {
    expect(judge(serverCertificate(root, rsaOf(1024)))).toEqual([]);
    expect(judge(serverCertificate(root, rsaOf(512)))).toEqual(['TLS_KEY']);
    const on = (namedCurve: string) => {
      const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve });
      return judge(serverCertificate(root, { publicKey, key }));
    };
    expect([on('P-384'), on('P-521')]).toEqual([[], ['TLS_KEY']]);
  });

  it('is no SHA-1 below the root, whose own is not looked at', () => {
    const old = authority('Old', { digest: 'sha1' });
    expect(judge(serverCertificate(old), 'installed', [old])).toEqual([]);
    expect(judge(serverCertificate(root, { digest: 'sha1' }))).toEqual(['TLS_DIGEST']);
    const above = authority('Above', { issuer: root, digest: 'sha1' });
    expect(judge(serverCertificate(above), 'installed', [above, root])).toEqual(['TLS_DIGEST']);
  });

  it('is that usages, if there are any, have serverAuth', () => {
    const usages = (extendedKeyUsage: ('clientAuth' | 'serverAuth')[]) => serverCertificate(root, { extendedKeyUsage });
    expect(judge(usages([]), 'public')).toEqual([]);
    expect(judge(usages(['clientAuth']))).toEqual(['TLS_USAGE']);
    expect(judge(usages(['clientAuth', 'serverAuth']), 'public')).toEqual([]);
  });
});
