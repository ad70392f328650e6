import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readProfile } from '../../../protocol/apple-mdm/profile/read.js';
import { toNeutral } from '../../../protocol/apple-mdm/profile/translate.js';
import { buildSignerCertificate } from '../../../protocol/scep/request.js';
import type { CertificateProfile, Profile } from '../../../protocol/vocabulary.js';
import { buildPkcs12 } from '../../../protocol/x509/pkcs12.js';
import { type RenderContext, renderProfile, uuidOf } from '../../../server-stub/ios/render.js';
import { judgeProfilePayload } from '../../support/apple-schema.js';
import { withSchema } from '../../support/shared.js';
import { newKey, payloads } from './stub.js';

const random = (length: number) => randomBytes(length);
const key = newKey();
const der = buildSignerCertificate({ subject: [[['CN', 'Root']]], key, now: new Date(0), random });

const root: CertificateProfile = { kind: 'certificate', name: 'Root', role: 'root', source: { type: 'der', der } };
const pkcs12 = buildPkcs12({ certificate: der, privateKey: key.privateKey, password: 'p', random });
const mine: CertificateProfile = {
  kind: 'certificate',
  name: 'My identity',
  role: 'identity',
  source: { type: 'pkcs12', pkcs12, password: 'p' },
};
const fetched: CertificateProfile = {
  kind: 'certificate',
  name: 'Fetched',
  role: 'identity',
  source: {
    type: 'scep',
    url: '{{scepUrl}}',
    challenge: '{{scepChallenge}}',
    subject: [[['O', 'Contoso']], [['CN', 'x']]],
    keySizeBits: 2048,
  },
};
const certificates = [root, mine, fetched];

let issued = 0;
const context: RenderContext = {
  organization: 'Contoso',
  certificate: (name) => certificates.find((each) => each.name === name),
  scepUrl: 'https://localhost/scep',
  scepChallenge: () => `challenge ${++issued}`,
};

const tls = {
  host: 'mail.example',
  tls: true,
  port: 993,
  authentication: 'password',
  username: 'u',
  password: 'p',
} as const;
const vpn = { kind: 'vpn', name: 'VPN', connectionName: 'Work', server: 'vpn.example' } as const;
const wifi = { kind: 'wifi', name: 'Net', ssid: 'Net', hidden: false, autoJoin: true } as const;
const named = { localIdentifier: 'me', remoteIdentifier: 'vpn.example' };

const profiles: readonly Profile[] = [
  { kind: 'email', name: 'Exchange', account: 'exchange', emailAddress: 'a@b.example', incoming: tls, daysToSync: 7 },
  {
    kind: 'email',
    name: 'By certificate',
    account: 'exchange',
    emailAddress: 'a@b.example',
    incoming: tls,
    certificate: 'My identity',
  },
  {
    kind: 'email',
    name: 'IMAP',
    account: 'imap',
    emailAddress: 'a@b.example',
    incoming: tls,
    outgoing: { ...tls, port: 465 },
  },
  {
    kind: 'email',
    name: 'POP',
    account: 'pop',
    emailAddress: 'a@b.example',
    incoming: { ...tls, authentication: 'cram-md5' },
  },
  { ...vpn, ...named, protocol: 'ikev2', authentication: 'shared-secret', sharedSecret: 's' },
  { ...vpn, ...named, protocol: 'ikev2', authentication: 'certificate', certificate: 'Fetched' },
  { ...vpn, ...named, protocol: 'ikev2', authentication: 'password', username: 'u', password: 'p' },
  { ...vpn, protocol: 'l2tp', authentication: 'shared-secret', sharedSecret: 's', username: 'u', password: 'p' },
  { ...vpn, protocol: 'ipsec', authentication: 'certificate', certificate: 'My identity' },
  { ...vpn, ...named, protocol: 'always-on', authentication: 'certificate', certificate: 'Fetched' },
  { ...vpn, ...named, protocol: 'always-on', authentication: 'shared-secret', sharedSecret: 's' },
  { ...vpn, protocol: 'app', app: 'com.example.vpn', authentication: 'certificate', certificate: 'My identity' },
  { ...wifi, security: 'wpa3', passphrase: 'password' },
  { ...wifi, security: 'none' },
  {
    ...wifi,
    security: 'wpa2',
    eap: { types: ['tls'], username: 'u', identity: 'Fetched', anchors: ['Root'], serverNames: ['r.example'] },
  },
  {
    ...wifi,
    security: 'wpa2',
    eap: { types: ['ttls', 'peap'], username: 'u', password: 'p', innerAuthentication: 'mschapv2' },
  },
  root,
  mine,
  fetched,
  {
    kind: 'configuration',
    name: 'Passcode',
    type: 'com.apple.mobiledevice.passwordpolicy',
    passcode: {
      required: true,
      minLength: 6,
      maxFailedAttempts: 10,
      maxAgeDays: 90,
      maxInactivityMinutes: 5,
      requireAlphanumeric: true,
      allowSimple: false,
      minComplexCharacters: 2,
      historyLength: 5,
      maxGraceMinutes: 1,
    },
    settings: {},
  },
  {
    kind: 'configuration',
    name: 'Restrictions',
    type: 'com.apple.applicationaccess',
    settings: { allowCamera: false },
  },
];

// Named exceptions. Apple's documentation has the server and the user of a VPN app's connection in the VPN dictionary, and
// an always-on tunnel is described by the keys of IKEv2; this snapshot of the schema leaves both out.
const tunnelKeys = ['AuthenticationMethod', 'CertificateType', 'LocalIdentifier', 'PayloadCertificateUUID'];
tunnelKeys.push('RemoteAddress', 'RemoteIdentifier', 'SharedSecret');
const beyondSchema = [
  ...['RemoteAddress', 'AuthName', 'AuthPassword'].map((key) => `VPN/${key}`),
  ...tunnelKeys.map((key) => `AlwaysOn/TunnelConfigurations/0/${key}`),
].map((path) => `com.apple.vpn.managed/${path}: not in the schema`);

const title = (profile: Profile) => [`${profile.kind} ${profile.name}`, profile] as const;

describe('a rendered profile', () => {
  it.each(profiles.map(title))("passes Apple's schema: %s", withSchema, (_, profile) => {
    for (const [type, payload] of payloads(renderProfile(profile, context))) {
      const problems = judgeProfilePayload(type, payload);
      expect(problems.filter((problem) => !beyondSchema.includes(problem))).toEqual([]);
    }
  });

  it.each(profiles.map(title))('is accepted by the reader of the device side under the same name: %s', (_, profile) => {
    const read = readProfile(renderProfile(profile, context));
    expect(read.identifier).toBe(profile.name);
    const [found] = toNeutral(read).filter(({ name }) => name === profile.name);
    expect(found?.kind).toBe(profile.kind);
  });

  it("describes an always-on tunnel as IKEv2, which passes Apple's schema", () => {
    const ikev2 = { ...vpn, ...named, authentication: 'shared-secret', sharedSecret: 's' } as const;
    const keys = (protocol: 'ikev2' | 'always-on') =>
      payloads(renderProfile({ ...ikev2, protocol }, context)).get('com.apple.vpn.managed');
    const { TunnelConfigurations } = (keys('always-on')?.['AlwaysOn'] ?? {}) as { TunnelConfigurations?: unknown };
    expect(TunnelConfigurations).toEqual([
      { ProtocolType: 'IKEv2', Interfaces: ['Cellular', 'WiFi'], ...(keys('ikev2')?.['IKEv2'] as object) },
    ]);
  });

  it('has the same UUIDs whenever it is written, and every name its own', () => {
    const [one, two] = [renderProfile(root, context), renderProfile(root, context)];
    expect(one).toEqual(two);
    expect(uuidOf('a')).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
  });

  it('has a challenge of its own in each SCEP payload', () => {
    const challenge = () =>
      renderProfile(fetched, context)
        .toString()
        .match(/challenge \d+/)?.[0];
    expect(challenge()).not.toBe(challenge());
  });

  it('is refused when it names a certificate that is not assigned', () => {
    const profile: Profile = { ...wifi, security: 'wpa2', eap: { types: ['tls'], identity: 'nobody' } };
    expect(() => renderProfile(profile, context)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });
});
