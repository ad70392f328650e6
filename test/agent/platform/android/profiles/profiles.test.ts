import { createPrivateKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { writeGmail } from '../../../../../protocol/app-config/gmail.js';
import { writeOpenvpn } from '../../../../../protocol/app-config/openvpn.js';
import { writeStrongswan, writeStrongswanProfiles } from '../../../../../protocol/app-config/strongswan.js';
import { wireguardOf, writeWireguard } from '../../../../../protocol/app-config/wireguard.js';
import type { EmailProfile, VpnProfile } from '../../../../../protocol/vocabulary.js';
import { writePem } from '../../../../../protocol/x509/pem.js';
import { buildPkcs12 } from '../../../../../protocol/x509/pkcs12.js';
import { selfSigned } from '../../../../support/self-signed.js';
import { openProfiles } from './profile-stage.js';

const gmail = 'com.google.android.gm';
const outlook = 'com.microsoft.office.outlook';
const strongswan = 'org.strongswan.android';
const companion = 'com.rollcall.companion';
const pem = (der: Uint8Array): string => writePem('CERTIFICATE', der);

const mail: EmailProfile = {
  kind: 'email',
  name: 'corp-mail',
  account: 'exchange',
  emailAddress: 'user1@contoso.example',
  incoming: {
    host: 'mail.contoso.example',
    tls: true,
    authentication: 'password',
    username: 'user1',
    password: 'hush',
  },
  daysToSync: 14,
};
const vpn: VpnProfile = {
  kind: 'vpn',
  name: 'corp-vpn',
  connectionName: 'Contoso',
  protocol: 'ikev2',
  server: 'vpn.contoso.example',
  authentication: 'password',
  username: 'user1',
  password: 'hush',
  remoteIdentifier: 'vpn.contoso.example',
};
const none = () => undefined;
const uuid = '6a0f7e6e-6d5b-4c9e-9d38-0d1c9b1a2b3c';
const p12 = (password: string): Buffer => {
  const { certificate, keyPem } = selfSigned('client', false);
  return buildPkcs12({
    certificate,
    privateKey: createPrivateKey(keyPem),
    password,
    random: randomBytes,
    iterations: 10,
  });
};

describe('profiles of a document', () => {
  it('have the names and owners that the labels say, and are what the server meant', async () => {
    const device = openProfiles();
    await device.give({
      apps: {
        [gmail]: writeGmail(mail, none),
        [strongswan]: writeStrongswanProfiles([writeStrongswan(vpn, uuid, none)]),
      },
      labels: [
        { carrier: 'gmail', name: 'corp-mail', authority: 'intune' },
        { carrier: `vpn:${strongswan}:${uuid}`, name: 'corp-vpn', authority: 'office365' },
      ],
    });
    expect(device.profile('corp-mail')).toEqual(mail);
    expect(device.profile('corp-vpn')).toEqual(vpn);
    expect(device.memory.data.items?.['gmail']).toMatchObject({ owner: 'intune', state: 'installed' });
    expect(device.toldCommands()).toMatchObject([
      { name: 'email', about: 'corp-mail', id: '1.1', status: 'done' },
      { name: 'vpn', about: 'corp-vpn', id: '1.2', status: 'done' },
    ]);
  });

  it('have derived names at a stock server, no two the same', async () => {
    const device = openProfiles();
    const keys = (name: string) => `com.microsoft.outlook.EmailProfile.${name}`;
    await device.give({
      rows: {
        [gmail]: { email_address: 'a@b.example', exchange_host: 'm.example', exchange_username: 'a' },
        [outlook]: {
          [keys('EmailAddress')]: 'a@b.example',
          [keys('EmailUPN')]: 'a@b.example',
          [keys('AccountType')]: 'ModernAuth',
        },
        'com.cisco.anyconnect.vpn.android.avf': { vpn_connection_name: 'Gmail', vpn_connection_host: 'v.example' },
      },
      wifi: { ssid: 'Outlook' },
    });
    expect(device.names()).toEqual(['Outlook', 'Gmail', 'Outlook (2)', 'Gmail (2)']);
    expect(device.profile('Outlook (2)')).toMatchObject({ incoming: { host: 'outlook.office365.com' } });
  });

  it('are not touched while nothing changes, replaced when they change, removed when they are gone', async () => {
    const device = openProfiles();
    const document = { apps: { [gmail]: writeGmail(mail, none) } };
    await device.give(document);
    const { data } = device.memory;
    expect(await device.give(document)).toEqual({ changed: 0, failures: [], lines: [] });
    expect(device.memory.data).toBe(data);
    expect(device.commands).toHaveLength(1);
    await device.give({ apps: { [gmail]: writeGmail({ ...mail, emailAddress: 'b@c.example' }, none) } });
    expect(device.profile('Gmail')).toMatchObject({ emailAddress: 'b@c.example' });
    await device.give({});
    expect(device.names()).toEqual([]);
    expect(device.memory.data.items).toEqual({});
    expect(device.troubles()).toMatchObject([{ code: 'LAUNCHER_DIFFERS', about: 'gmail' }]);
  });

  it('swap their names without losing one', async () => {
    const device = openProfiles();
    const labels = (one: string, other: string) => [
      { carrier: 'gmail', name: one, authority: 'intune' },
      { carrier: 'provisioning', name: other, authority: 'intune' },
    ];
    const document = { apps: { [gmail]: writeGmail(mail, none) }, wifi: { ssid: 'Setup' } };
    await device.give({ ...document, labels: labels('a', 'b') });
    await device.give({ ...document, labels: labels('b', 'a') });
    expect(device.profile('b')).toMatchObject({ kind: 'email' });
    expect(device.profile('a')).toMatchObject({ kind: 'wifi', ssid: 'Setup' });
  });

  it('stay where launcher 6.36 would leave them, in its mode', async () => {
    const device = openProfiles({ manners: { mode: 'launcher' } });
    const { certificate } = selfSigned('Corp CA');
    const files = { '/certs/ca.pem': pem(certificate) };
    await device.give({ files, certificates: '/certs/ca.pem', apps: { [gmail]: writeGmail(mail, none) } });
    await device.give({});
    expect(device.names()).toEqual(['ca.pem', 'Gmail']);
  });

  it('that the labels name have those names, whatever else would be called so', async () => {
    const device = openProfiles();
    await device.give({
      apps: { [gmail]: writeGmail(mail, none) },
      wifi: { ssid: 'corp' },
      labels: [{ carrier: 'gmail', name: 'corp', authority: 'intune' }],
    });
    expect(device.profile('corp')).toMatchObject({ kind: 'email' });
    expect(device.profile('corp (2)')).toMatchObject({ kind: 'wifi' });
  });

  it('of an app that still has settings go one by one, as launcher 6.36 has it too', async () => {
    const device = openProfiles({ manners: { mode: 'launcher' } });
    const other = '7b0f7e6e-6d5b-4c9e-9d38-0d1c9b1a2b3c';
    const [one, two] = [
      writeStrongswan(vpn, uuid, none),
      writeStrongswan({ ...vpn, connectionName: 'Two' }, other, none),
    ];
    await device.give({ apps: { [strongswan]: writeStrongswanProfiles([one, two]) } });
    await device.give({ apps: { [strongswan]: writeStrongswanProfiles([two]) } });
    expect(device.names()).toEqual(['Two']);
    expect(device.troubles()).toEqual([]);
  });

  it('are the restrictions of an app where a label says so', async () => {
    const device = openProfiles();
    await device.give({
      apps: { 'com.android.chrome': { HomepageLocation: 'https://contoso.example', Bookmarks: [{ name: 'x' }] } },
      labels: [{ carrier: 'configuration:com.android.chrome', name: 'browser', authority: 'intune' }],
    });
    expect(device.profile('browser')).toEqual({
      kind: 'configuration',
      name: 'browser',
      type: 'com.android.chrome',
      settings: { HomepageLocation: 'https://contoso.example', Bookmarks: [{ name: 'x' }] },
    });
  });

  it('that are refused leave what was there, and say so to the server', async () => {
    const device = openProfiles();
    await device.give({ apps: { [gmail]: writeGmail(mail, none) } });
    const { email_address: _gone, ...half } = writeGmail({ ...mail, emailAddress: 'x@y.example' }, none);
    const report = await device.give({ apps: { [gmail]: half } });
    expect(report.lines).toEqual(['rollcall: Gmail failed: email_address: is missing']);
    expect(device.profile('Gmail')).toMatchObject({ emailAddress: 'user1@contoso.example' });
    expect(device.toldCommands().at(-1)).toMatchObject({ about: 'Gmail', status: 'failed' });
    await device.give({ apps: { [gmail]: writeGmail(mail, none) } });
    expect(device.memory.data.items?.['gmail']).toMatchObject({ state: 'installed' });
  });

  it('that the device does not take are told, and tried again with the next change', async () => {
    const device = openProfiles({
      decide: ({ kind }) => (kind === 'install-profile' ? { status: 'failed', reason: 'no room' } : undefined),
    });
    const report = await device.give({ apps: { [gmail]: writeGmail(mail, none) } });
    expect(report.failures).toMatchObject([{ carrier: 'gmail', reason: 'no room', isLater: false }]);
    expect(device.names()).toEqual([]);
  });
});

describe('CA certificates', () => {
  it('are taken as installCaCert takes them: the first PEM block, an authority or not; what else is there is told', async () => {
    const device = openProfiles();
    const [one, two, leaf] = [selfSigned('One'), selfSigned('Two'), selfSigned('Leaf', false)];
    await device.give({
      certificates: '/c/bundle.pem;c/leaf.pem,/c/der.cer:/c/text.pem;/c/missing.pem;/c/../../etc/x',
      files: {
        '/c/bundle.pem': pem(one.certificate) + pem(two.certificate),
        '/c/leaf.pem': pem(leaf.certificate),
        '/c/der.cer': two.certificate,
        '/c/text.pem': `Certificate:\n${pem(two.certificate)}`,
      },
    });
    expect(device.names()).toEqual(['bundle.pem', 'leaf.pem']);
    expect(device.profile('bundle.pem')).toMatchObject({ kind: 'certificate', role: 'root' });
    expect(device.certificate('bundle.pem')).toEqual(Buffer.from(one.certificate));
    expect(device.troubles().map(({ about, code }) => `${code} ${about}`)).toEqual([
      'HEADWIND_FAILED certificates:/c/der.cer',
      'HEADWIND_FAILED certificates:/c/text.pem',
      'LAUNCHER_DIFFERS certificates:/c/bundle.pem',
      'HEADWIND_FAILED certificates:/c/leaf.pem',
    ]);
  });

  it('are the anchors of the networks that bring the same certificate', async () => {
    const device = openProfiles();
    const { certificate } = selfSigned('Corp CA');
    await device.give({
      certificates: '/ca.pem',
      files: { '/ca.pem': pem(certificate) },
      labels: [{ carrier: 'certificates:/ca.pem', name: 'corp-root', authority: 'intune' }],
      apps: {
        [companion]: {
          openNetworkConfiguration: {
            Certificates: [{ GUID: 'x', Type: 'Authority', X509: pem(certificate) }],
            NetworkConfigurations: [
              {
                GUID: 'n',
                Name: 'Corp',
                Type: 'WiFi',
                WiFi: {
                  HexSSID: 'C3A9',
                  Security: 'WPA-EAP',
                  EAP: { Outer: 'PEAP', Inner: 'MSCHAPv2', ServerCARef: 'x', DomainSuffixMatch: ['contoso.example'] },
                },
              },
            ],
          },
        },
      },
    });
    expect(device.names()).toEqual(['corp-root', 'Corp']);
    expect(device.profile('Corp')).toMatchObject({ ssid: 'é', autoJoin: false, eap: { anchors: ['corp-root'] } });
  });
});

describe('client certificates from PKCS#12 files', () => {
  const entry = { alias: 'id', name: 'client', pkcs12Path: '/certs/id.p12', password: 'sesame' };

  it('are in the key store under their alias, and what names it is installed after them', async () => {
    const device = openProfiles();
    const gmailApp = writeGmail({ ...mail, certificate: 'client' }, () => 'id');
    await device.give({
      files: { '/certs/id.p12': p12('sesame') },
      apps: { [gmail]: gmailApp, [companion]: { certificates: [entry] } },
    });
    expect(device.names()).toEqual(['client', 'Gmail']);
    expect(device.profile('Gmail')).toMatchObject({ certificate: 'client' });
    const identity = device.memory.data.identities?.['id'];
    expect(identity?.certificate).toEqual(device.certificate('client'));
    expect(device.keys.open(identity?.key ?? { pool: '' })).toBeDefined();
  });

  it('with another password are refused, and what needs them waits until the file opens', async () => {
    const device = openProfiles();
    const gmailApp = writeGmail({ ...mail, certificate: 'client' }, () => 'id');
    const apps = (password: string) => ({ [gmail]: gmailApp, [companion]: { certificates: [{ ...entry, password }] } });
    const files = { '/certs/id.p12': p12('sesame') };
    const report = await device.give({ files, apps: apps('wrong') });
    expect(report.lines).toEqual([
      'rollcall: client failed: the PKCS#12 file does not open with this password',
      'rollcall: Gmail failed: waits for certificate "client" (the PKCS#12 file does not open with this password)',
    ]);
    expect(device.names()).toEqual([]);
    const healed = await device.give({ files, apps: apps('sesame') });
    expect(healed.lines).toEqual(['rollcall: client installed', 'rollcall: Gmail installed']);
    await device.give({ files, apps: { [gmail]: gmailApp } });
    expect(device.names()).toEqual([]);
    expect(device.memory.data.items?.['gmail']?.waits?.for).toEqual(['id']);
  });
});

describe('a file that comes later', () => {
  it('is opened then', async () => {
    const device = openProfiles();
    const entry = { alias: 'id', name: 'id', pkcs12Path: '/id.p12', password: 'x' };
    const apps = { [companion]: { certificates: [entry] } };
    const report = await device.give({ apps });
    expect(report.lines).toEqual(['rollcall: id failed: pkcs12Path: the file /id.p12 is not there']);
    await device.give({ apps, files: { '/id.p12': p12('x') } });
    expect(device.names()).toEqual(['id']);
  });
});

describe('a certificate that is gone', () => {
  it('takes with it what named it, which waits from then on', async () => {
    const device = openProfiles();
    const entry = { alias: 'id', name: 'id', pkcs12Path: '/id.p12', password: 'x' };
    const gmailApp = writeGmail({ ...mail, certificate: 'id' }, () => 'id');
    const files = { '/id.p12': p12('x') };
    await device.give({ files, apps: { [gmail]: gmailApp, [companion]: { certificates: [entry] } } });
    expect(device.names()).toEqual(['id', 'Gmail']);
    const report = await device.give({ files, apps: { [gmail]: gmailApp } });
    expect(device.names()).toEqual([]);
    expect(report.lines).toEqual(['rollcall: Gmail failed: waits for certificate "id"']);
  });
});

describe('a key store', () => {
  it('is as it was where the device does not take the profile of its certificate', async () => {
    const device = openProfiles({ decide: () => ({ status: 'failed', reason: 'no room' }) });
    const entry = { alias: 'id', name: 'client', pkcs12Path: '/id.p12', password: 'x' };
    await device.give({ files: { '/id.p12': p12('x') }, apps: { [companion]: { certificates: [entry] } } });
    expect(device.memory.data.identities).toEqual({});
    expect(device.memory.data.items?.['companion:certificate:id']).toMatchObject({
      state: 'failed',
      reason: 'no room',
    });
  });
});

describe('networks and tunnels', () => {
  it('of the QR code are judged as the setup wizard would', async () => {
    const device = openProfiles();
    await device.give({ wifi: { ssid: 'Setup', securityType: 'WPA', password: 'correct horse', hidden: true } });
    expect(device.profile('Setup')).toEqual({
      kind: 'wifi',
      name: 'Setup',
      ssid: 'Setup',
      hidden: true,
      autoJoin: true,
      security: 'wpa2',
      passphrase: 'correct horse',
    });
    const short = await device.give({ wifi: { ssid: 'Setup', securityType: 'WPA', password: 'short' } });
    expect(short.failures).toMatchObject([{ carrier: 'provisioning' }]);
    expect(device.toldCommands().map(({ name, status }) => [name, status])).toEqual([
      ['wifi', 'done'],
      ['wifi', 'failed'],
    ]);
  });

  it('without DomainSuffixMatch are refused with the path, and the others are set up', async () => {
    const device = openProfiles();
    const eap = { Outer: 'PEAP', ServerCARefs: ['x'] };
    const report = await device.give({
      apps: {
        [companion]: {
          openNetworkConfiguration: {
            Certificates: [{ GUID: 'x', Type: 'Authority', X509: pem(selfSigned('CA').certificate) }],
            NetworkConfigurations: [
              { GUID: 'bad', Name: 'Bad', Type: 'WiFi', WiFi: { SSID: 'Bad', Security: 'WPA-EAP', EAP: eap } },
              { GUID: 'good', Name: 'Good', Type: 'WiFi', WiFi: { SSID: 'Good', Security: 'None' } },
            ],
          },
        },
      },
      labels: [{ carrier: 'companion:wifi:bad', name: 'corp', authority: 'intune' }],
    });
    expect(report.failures).toMatchObject([
      {
        name: 'corp',
        reason: expect.stringContaining('NetworkConfigurations[0].WiFi.EAP.DomainSuffixMatch: is missing'),
      },
    ]);
    expect(device.names()).toEqual(['x', 'Good']);
  });

  it('come from the files of OpenVPN and WireGuard, and hostile ones are refused', async () => {
    const device = openProfiles();
    const key = randomBytes(32).toString('base64');
    const tunnel: VpnProfile = {
      ...vpn,
      protocol: 'app',
      app: 'com.wireguard.android',
      server: 'wg.example:51820',
      authentication: 'shared-secret',
      sharedSecret: key,
      localIdentifier: '10.0.0.2/32, fd00::2/128',
      remoteIdentifier: randomBytes(32).toString('base64'),
    };
    const ovpn = writeOpenvpn({ ...vpn, protocol: 'app' }, selfSigned('VPN CA').certificate, none);
    const report = await device.give({
      applications: ['de.blinkt.openvpn'],
      files: {
        '/wg/corp.conf': writeWireguard(wireguardOf(tunnel)),
        '/vpn/corp.ovpn': ovpn,
        '/vpn/evil.ovpn': `${ovpn}script-security 2\nup /bin/sh\n`,
        '/etc/other.conf': 'nothing = of ours',
      },
    });
    expect(device.names()).toEqual(['corp', 'corp (2)']);
    expect(device.profile('corp')).toMatchObject({ server: 'wg.example:51820', sharedSecret: key });
    expect(device.profile('corp (2)')).toMatchObject({ app: 'de.blinkt.openvpn', username: 'user1', password: 'hush' });
    expect(report.failures).toMatchObject([
      { carrier: 'file:/vpn/evil.ovpn', reason: expect.stringContaining('script-security is refused') },
    ]);
  });
});
