// What the stub renders is what the device makes of it.
import { createPrivateKey, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { readConfiguration } from '../../../../../protocol/headwind/configuration.js';
import type { CertificateProfile, Profile } from '../../../../../protocol/vocabulary.js';
import { buildPkcs12 } from '../../../../../protocol/x509/pkcs12.js';
import { Shelf } from '../../../../../server-stub/android/files/shelf.js';
import { renderDocument } from '../../../../../server-stub/android/render/document.js';
import { contextOf, documentOf, item, sent } from '../../../../server-stub/android/documents.js';
import { selfSigned } from '../../../../support/self-signed.js';
import { openProfiles } from './profile-stage.js';

const root = selfSigned('Corp CA');
const client = selfSigned('client', false);
const pkcs12 = buildPkcs12({
  certificate: client.certificate,
  privateKey: createPrivateKey(client.keyPem),
  password: 'sesame',
  random: randomBytes,
  iterations: 10,
});
const key = (octet: number): string => Buffer.alloc(32, octet).toString('base64');
const mailServer = { host: 'mail.contoso.example', tls: true, authentication: 'password', username: 'user1' } as const;
const tunnel = { kind: 'vpn', connectionName: 'tunnel', server: 'vpn.contoso.example', username: 'user1' } as const;
const enterprise = { anchors: ['corp-root'], serverNames: ['radius.contoso.example'] };

const certificates: readonly CertificateProfile[] = [
  {
    kind: 'certificate',
    name: 'corp-root',
    role: 'root',
    source: { type: 'der', der: new Uint8Array(root.certificate) },
  },
  {
    kind: 'certificate',
    name: 'client',
    role: 'identity',
    source: { type: 'pkcs12', pkcs12: new Uint8Array(pkcs12), password: 'sesame' },
  },
  {
    kind: 'certificate',
    name: 'fetched',
    role: 'identity',
    source: {
      type: 'scep',
      url: '{{scepUrl}}',
      challenge: '{{scepChallenge}}',
      subject: [[['O', 'Contoso, Inc']], [['CN', 'user1 on "F2"']]],
      keySizeBits: 2048,
    },
  },
];
const others: readonly Profile[] = [
  {
    kind: 'wifi',
    name: 'corp-wifi',
    ssid: 'Corp é',
    hidden: true,
    autoJoin: true,
    security: 'wpa2',
    eap: { types: ['tls'], username: 'user1', identity: 'fetched', ...enterprise },
  },
  {
    kind: 'wifi',
    name: 'peap-wifi',
    ssid: 'Peap',
    hidden: false,
    autoJoin: false,
    security: 'wpa2',
    eap: { types: ['peap'], username: 'user1', password: 'x', innerAuthentication: 'mschapv2', ...enterprise },
  },
  {
    kind: 'wifi',
    name: 'home',
    ssid: 'Home',
    hidden: false,
    autoJoin: true,
    security: 'wpa2',
    passphrase: 'correct horse',
  },
  {
    kind: 'email',
    name: 'corp-mail',
    account: 'exchange',
    emailAddress: 'user1@contoso.example',
    incoming: { ...mailServer, password: 'hush' },
    certificate: 'client',
    daysToSync: 0,
  },
  {
    kind: 'email',
    name: 'second-mail',
    account: 'exchange',
    emailAddress: 'user1@fabrikam.example',
    incoming: mailServer,
  },
  { ...tunnel, name: 'ikev2', protocol: 'ikev2', authentication: 'password-and-certificate', certificate: 'client' },
  {
    ...tunnel,
    name: 'cisco',
    protocol: 'app',
    app: 'com.cisco.anyconnect.vpn.android.avf',
    authentication: 'password',
  },
  {
    ...tunnel,
    name: 'wireguard',
    connectionName: 'wireguard',
    protocol: 'app',
    app: 'com.wireguard.android',
    server: 'wg.contoso.example:51820',
    authentication: 'shared-secret',
    sharedSecret: key(1),
    localIdentifier: '192.0.2.2/32',
    remoteIdentifier: key(2),
  },
  {
    kind: 'configuration',
    name: 'browser',
    type: 'com.android.chrome',
    settings: { HomepageLocation: 'https://a.example' },
  },
];

it('each kind of profile comes out as it went in: SCEP without its challenge, WireGuard without a user and under the name of its file', async () => {
  const device = openProfiles();
  device.scepServer(root);
  const shelf = new Shelf({ clock: device.clock });
  const base = 'https://stub.example:8443';
  const context = contextOf({
    shelf,
    base,
    certificate: (name) => certificates.find((profile) => profile.name === name),
  });
  const rendered = renderDocument(documentOf([...certificates, ...others].map((profile) => item(profile))), context);
  expect(rendered.refused).toEqual([]);
  const configuration = readConfiguration(JSON.parse(sent(rendered)));
  const files = new Map(
    configuration.files.map(({ path, url }) => {
      const found = shelf.find(decodeURIComponent(String(url).slice(`${base}/files/`.length)));
      return [`/storage/emulated/0${path}`, found?.bytes ?? expect.unreachable()];
    }),
  );
  const report = await device.take(configuration, files);
  expect(report.failures.filter(({ isLater }) => !isLater)).toEqual([]);
  expect(device.names().toSorted()).toEqual([...certificates, ...others].map(({ name }) => name).toSorted());
  for (const profile of [...certificates, ...others]) {
    const found = device.profile(profile.name);
    if (profile.name === 'fetched')
      expect(found).toMatchObject({ source: { type: 'scep', url: 'https://stub.example:8443/scep' } });
    else if (profile.name === 'wireguard')
      expect({ ...found, username: 'user1', connectionName: 'wireguard' }).toEqual(profile);
    else expect(found).toEqual(profile);
  }
});
