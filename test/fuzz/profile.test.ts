// Profiles with wounds: in their bytes, as a sender or a line could make them, and in their values, which reach the
// checks that broken bytes never do.

import { expect, it } from 'vitest';
import { RollcallError } from '../../base/errors.js';
import { checkProfile } from '../../protocol/apple-mdm/profile/check.js';
import { enrollmentOf, installOrder } from '../../protocol/apple-mdm/profile/enrollment.js';
import { type ReadOptions, readProfile } from '../../protocol/apple-mdm/profile/read.js';
import { toNeutral } from '../../protocol/apple-mdm/profile/translate.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { parsePlist } from '../../protocol/plist/parse.js';
import { dict, isDict, PlistReal, type PlistValue } from '../../protocol/plist/value.js';
import { envelop, openEnvelope } from '../../protocol/x509/cms-enveloped.js';
import { createCmsSigner } from '../../protocol/x509/cms-sign.js';
import { issueCertificate } from '../../protocol/x509/issue.js';
import { buildPkcs12 } from '../../protocol/x509/pkcs12.js';
import * as make from '../protocol/apple-mdm/profile/make.js';
import { computedMs } from '../support/computed.js';
import { rsaKey } from '../support/keys.js';
import { fixture, hasFixtures } from '../support/shared.js';
import { inputsPerCodec, keepsLittle, type Random, randomOf, seed, wound } from './law.js';

const slowestMs = 10_000; // the most that one PKCS#12 file may cost, on a slow machine
const now = new Date('2026-11-21T12:00:00Z');

const { privateKey, publicKey } = rsaKey();
const certificate = issueCertificate({
  subject: [[['CN', 'device']]],
  issuer: 'self',
  publicKey,
  key: privateKey,
  serial: Buffer.of(3),
  notBefore: new Date('2026-01-01'),
  notAfter: new Date('2036-01-01'),
});
const options: ReadOptions = { decrypt: (envelope) => openEnvelope(envelope, certificate, privateKey) };

const ikev2 = make.ikev2(
  {
    OnDemandRules: [
      dict({
        Action: 'EvaluateConnection',
        ActionParameters: [dict({ Domains: ['x'], DomainAction: 'NeverConnect' })],
      }),
    ],
  },
  { DNS: dict({ DNSProtocol: 'Cleartext', ServerAddresses: ['10.0.0.1'] }) },
);
const alwaysOn = make.vpn('AlwaysOn', {
  PayloadUUID: make.uuid(7),
  PayloadIdentifier: 'always',
  AlwaysOn: dict({ TunnelConfigurations: [dict({ ...make.ikev2Settings(), ProtocolType: 'IKEv2' })] }),
});
const tls = { AcceptEAPTypes: [13, 25], PayloadCertificateAnchorUUID: [make.rootUuid], TLSMinimumVersion: '1.2' };
const enterprise = make.eapWifi(tls, { PayloadCertificateUUID: make.scepUuid, ProxyType: 'Auto' });
const scep = make.scep({
  Subject: [[['O', 'Example']], [['CN', 'ann']]],
  CAFingerprint: Buffer.alloc(20),
  'Key Usage': 5,
  SubjectAltName: dict({ dNSName: ['a', 'b'] }),
});
const full = {
  RemovalDate: new Date('2030-01-01'),
  DurationUntilRemoval: new PlistReal(9),
  ConsentText: dict({ en: 'x' }),
};

/** Valid profiles, as values. */
const profiles: PlistValue[] = [
  make.topLevel([make.mail({ SMIMESigningCertificateUUID: make.scepUuid }), make.exchange(), scep], full),
  make.topLevel([ikev2, alwaysOn]),
  make.topLevel([enterprise, make.root(), scep]),
  make.topLevel([make.mdm({ ServerURLPinningCertificateUUIDs: [make.rootUuid] }), scep, make.root()]),
  make.topLevel([make.passcode({ minLength: 6 }), make.payload('com.apple.font', 8, { Font: Buffer.from('x') })]),
  ...(hasFixtures()
    ? ['apple/nanomdm-enroll.mobileconfig', 'scep/micromdm-sceptest.mobileconfig'].map((name) =>
        parsePlist(fixture(name)),
      )
    : []),
];
const fixed: Random = randomOf(1);
const random32 = (length: number) => Buffer.from(Array.from({ length }, () => fixed(256)));
const pkcs12 = make.payload('com.apple.security.pkcs12', 11, {
  Password: 'x',
  PayloadContent: buildPkcs12({ certificate, privateKey, password: 'x', random: random32, iterations: 10 }),
});
const sealed = dict({
  ...make.topLevel([], { PayloadContent: undefined, IsEncrypted: true }),
  EncryptedPayloadContent: envelop(buildPlist([make.wifi()]), [certificate], {
    cipher: 'aes-128-cbc',
    random: random32,
  }),
});
const signer = createCmsSigner(certificate, privateKey);

/** The same and more, as bytes. */
const files: Buffer[] = [
  ...profiles.map(buildPlist),
  ...profiles.map(buildBinaryPlist),
  signer.sign(buildPlist(profiles[4] ?? ''), now),
  buildBinaryPlist(sealed),
  buildBinaryPlist(make.topLevel([pkcs12])),
];

// biome-ignore format: a table
const strangers: readonly PlistValue[] = [
  '', 'x', '\0', 'https://x', 'http://[', 'VPN', 'L2TP', 'IPSec', 'Certificate', 'HTTPS', 'None', 'Manual', make.scepUuid, make.rootUuid, make.uuid(5),
  0, 1, -1, 13, 21, 2 ** 53 - 1, 1n << 60n, new PlistReal(1), new PlistReal(0.5), new PlistReal(Number.NaN), new PlistReal(1e308), true, false,
  new Date(0), new Date('9999-12-31'), Buffer.alloc(0), Buffer.of(0x30), Buffer.from('-----BEGIN CERTIFICATE-----'), make.leafDer, [], [[]], [[['CN', 'x']]],
  dict({}), dict({ Action: 'EvaluateConnection' }), [dict({})],
  'com.apple.mdm', 'com.apple.wifi.managed', 'com.apple.vpn.managed', 'com.apple.eas.account', 'com.apple.security.scep', 'com.apple.security.root',
  'com.apple.security.acme', 'com.apple.security.pkcs12', 'com.apple.mail.managed', 'com.apple.mobiledevice.passwordpolicy', 'com.apple.app.lock',
];

const words = [
  '<dict>',
  '</dict>',
  '<key>',
  '<data>',
  '<true/>',
  'PayloadType',
  'com.apple.mdm',
  '\x30\x80',
  '\0\0',
  '__proto__',
].map((text) => Buffer.from(text, 'latin1'));

/** A copy in which, on average, one value has gone, become another, been doubled or moved under another key. */
function woundValue(value: PlistValue, random: Random): PlistValue {
  const wound = () => random(60) === 0;
  const stranger = () => strangers[random(strangers.length)] ?? '';
  if (wound()) return stranger();
  if (Array.isArray(value)) {
    const items = value.filter(() => !wound()).map((item) => woundValue(item, random));
    const [first] = items;
    if (wound() && first !== undefined) items.push(first);
    return items;
  }
  if (!isDict(value)) return value;
  const copy = dict({});
  const keys = Object.keys(value);
  for (const key of keys) {
    const inner = value[key];
    if (inner === undefined || wound()) continue;
    const under = wound() ? (keys[random(keys.length)] ?? key) : key;
    copy[under] = woundValue(inner, random);
  }
  return copy;
}

/** Everything a device does with a profile before it installs it: only errors of ours may come out. */
function take(bytes: Uint8Array, tell: () => string, supervised = true): boolean {
  const begun = computedMs();
  try {
    const profile = readProfile(bytes, options);
    installOrder(profile.payloads);
    toNeutral(profile);
    enrollmentOf(profile);
    checkProfile(profile, { supervised, now, heldProfiles: [profile] });
    return true;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${tell()}`, { cause: error });
    return false;
  } finally {
    const ms = computedMs() - begun;
    if (ms > slowestMs) expect.fail(`${ms} ms for ${tell()}`);
  }
}

it('a profile of hostile bytes or values is read or refused by a code, thousands of times, in bounded memory', () =>
  keepsLittle(() => {
    const random = randomOf(seed);
    const told = (bytes: Uint8Array) => () =>
      `FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64').slice(0, 9000)}`;
    for (const file of files) expect(take(file, told(file)), file.toString('latin1')).toBe(true);
    let accepted = 0;
    for (let at = 0; at < inputsPerCodec; at++) {
      const whole = profiles[random(profiles.length)] ?? '';
      const bytes =
        at % 2 === 0
          ? wound(files[random(files.length)] ?? Buffer.alloc(0), { others: files, words, random })
          : buildBinaryPlist(woundValue(whole, random));
      if (take(bytes, told(bytes), at % 8 < 6)) accepted++;
    }
    expect(accepted).toBeGreaterThan(inputsPerCodec / 100);
  }));
