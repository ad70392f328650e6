// Which roots an Android device trusts for TLS, and what it asks of a server's certificate.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { known } from '../../../../agent/io/tls/chain.js';
import { brokenRules } from '../../../../agent/io/tls/rules.js';
import { newDevice } from '../../../../agent/model/apply-command.js';
import type { DeviceState } from '../../../../agent/model/state.js';
import { describe as invent } from '../../../../agent/platform/android/describe.js';
import { androidServerRules } from '../../../../agent/platform/android/server-rules.js';
import { AndroidServerTrust } from '../../../../agent/platform/android/server-trust.js';
import { manualClock } from '../../../../base/clock.js';
import type { Profile } from '../../../../protocol/vocabulary.js';
import { authority, type Made, rsaOf, serverCertificate } from '../../../support/server-certificates.js';

const certificate = (
  name: string,
  role: 'root' | 'intermediate' | 'identity',
  { certificate: der }: Made,
): Profile => ({
  kind: 'certificate',
  name,
  role,
  source: { type: 'der', der },
});

it('the roots that an Android device trusts are the CA certificates that were installed on it', () => {
  const [root, between, own] = [authority('Root'), authority('Between'), authority('Own')];
  const view: { state: DeviceState; lenient: Set<never>; tell: () => void } = {
    state: newDevice(invent(seededRandom('x', 1)), 50),
    lenient: new Set(),
    tell: () => {},
  };
  const trust = new AndroidServerTrust(view, manualClock(0));
  expect(trust.roots()).toEqual([]);
  const profiles = [
    certificate('a', 'root', root),
    certificate('b', 'intermediate', between),
    certificate('c', 'identity', own),
  ];
  view.state = { ...view.state, holdings: profiles.map((profile) => ({ profile, authority: 'x', installedAt: 0 })) };
  expect(trust.roots()).toEqual([root.certificate, between.certificate]);
  expect(trust.roots()).toBe(trust.roots());
  view.state = { ...view.state, holdings: [] };
  expect(trust.roots()).toEqual([]);
});

describe('what Android asks of a server’s certificate', () => {
  const root = authority();
  const judge = (leaf: Made, roots: 'public' | 'installed' = 'installed', above = [root]) =>
    brokenRules({
      host: 'localhost',
      chain: [leaf, ...above].map((each) => known(each.certificate)),
      roots,
      rules: androidServerRules,
    }).map(({ code }) => code);

  it('is the name in SubjectAltName: a common name does not count', () => {
    expect(judge(serverCertificate(root))).toEqual([]);
    expect(judge(serverCertificate(root, { subjectAltName: {} }))).toEqual(['TLS_NAME']);
  });

  it('is no shorter life, and RSA of 1024 bits or P-256 or P-384', () => {
    expect(judge(serverCertificate(root, { days: 3650 }), 'public')).toEqual([]);
    expect(judge(serverCertificate(root, rsaOf(1024)))).toEqual([]);
    expect(judge(serverCertificate(root, rsaOf(512)))).toEqual(['TLS_KEY']);
    const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    expect(judge(serverCertificate(root, { publicKey, key }))).toEqual(['TLS_KEY']);
  });

  it('is no SHA-1, and a usage that fits where there is any', () => {
    expect(judge(serverCertificate(root, { digest: 'sha1' }))).toEqual(['TLS_DIGEST']);
    expect(judge(serverCertificate(root, { extendedKeyUsage: [] }), 'public')).toEqual([]);
    expect(judge(serverCertificate(root, { extendedKeyUsage: ['clientAuth'] }))).toEqual(['TLS_USAGE']);
  });
});
