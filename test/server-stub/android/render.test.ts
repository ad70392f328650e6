import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { readConfiguration } from '../../../protocol/headwind/configuration.js';
import { readLabels } from '../../../protocol/headwind/labels.js';
import { bundlesOf } from '../../../protocol/managed-config/read.js';
import type { CertificateProfile, Profile, VpnProfile, WifiProfile } from '../../../protocol/vocabulary.js';
import { readPem } from '../../../protocol/x509/pem.js';
import { android } from '../../../server-stub/android/dialect.js';
import { Shelf } from '../../../server-stub/android/files/shelf.js';
import { renderDocument } from '../../../server-stub/android/render/document.js';
import { fillProfile } from '../../../server-stub/core/placeholders.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import * as registry from '../../../server-stub/registry.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import {
  base,
  bundleSent,
  contextOf,
  device,
  documentOf,
  held,
  item,
  queued,
  reasonsOf,
  rendered,
  sent,
  settingOf,
  start,
} from './documents.js';

const mail = (name: string, more: object = {}): Profile => ({
  kind: 'email',
  name,
  account: 'exchange',
  emailAddress: `${name}@contoso.example`,
  incoming: { host: 'mail.contoso.example', tls: true, authentication: 'password', password: 'secret' },
  ...more,
});
const wifi = (more: Partial<WifiProfile> = {}): WifiProfile => ({
  kind: 'wifi',
  name: 'Office',
  ssid: 'Contoso',
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase: 'correct horse',
  ...more,
});
const vpn = (more: Partial<VpnProfile> = {}): VpnProfile => ({
  kind: 'vpn',
  name: 'Tunnel',
  connectionName: 'Contoso',
  protocol: 'ikev2',
  server: 'vpn.contoso.example',
  authentication: 'password',
  username: 'user1',
  password: 'secret',
  ...more,
});
/** A certificate that parses: the built-in organization's. */
const der =
  defaultTenant({ users: 0 }).profiles.flatMap(({ profile }) =>
    profile.kind === 'certificate' && profile.source.type === 'der' ? [Buffer.from(profile.source.der)] : [],
  )[0] ?? Buffer.alloc(0);
const root: CertificateProfile = { kind: 'certificate', name: 'Root', role: 'root', source: { type: 'der', der } };
const identity: CertificateProfile = {
  kind: 'certificate',
  name: 'Identity',
  role: 'identity',
  source: {
    type: 'scep',
    url: '{{scepUrl}}',
    challenge: '{{scepChallenge}}',
    subject: [[['O', 'Contoso, Ltd']], [['CN', 'user1 on F2']]],
    keySizeBits: 2048,
  },
};
const passcode = (more: object, required = true): Profile => ({
  kind: 'configuration',
  name: 'Passcode',
  type: 'headwind',
  passcode: { required, ...more },
  settings: {},
});
const configuration = (settings: object, type = 'headwind', name = 'Settings'): Profile => ({
  kind: 'configuration',
  name,
  type,
  settings: { ...settings },
});

describe('a document', () => {
  it('has all that a server always sends, and both lists, when nothing is assigned', () => {
    const document = rendered([]);
    const data = JSON.parse(sent(document));
    expect(data).toMatchObject({ applications: [], applicationSettings: [], files: [], newServerUrl: null });
    expect(data).toMatchObject({ pushOptions: 'mqttAlarm', keepaliveTime: 300, custom1: 'intune' });
    expect(data.custom2).toBe('user1@contoso.example');
    expect(data).not.toHaveProperty('newNumber');
    expect(document).toMatchObject({ awaited: { items: [] }, refused: [], pushes: [], memory: { stamps: {} } });
  });

  it('says where to move to, under which number, and who the user is not', () => {
    const context = { newServerUrl: 'https://other.example/hmdm', newNumber: 'r0002' };
    const { user: _, ...userless } = contextOf(context);
    const data = JSON.parse(sent(renderDocument(documentOf([]), userless)));
    expect(data).toMatchObject({ newServerUrl: 'https://other.example/hmdm', newNumber: 'r0002' });
    expect(data).not.toHaveProperty('custom2');
  });

  it('is the same, byte for byte, as long as its content is, and says again what changed alone', () => {
    const items = [item(root), item(identity), item(wifi()), item(mail('one')), item(vpn())];
    const context = contextOf();
    const first = renderDocument(documentOf(items), context);
    const later = { ...context, now: start + 3_600_000, memory: first.memory };
    const heldNow = items.map((each) => ({ ...each, commandIds: [] }));
    const second = renderDocument(documentOf(heldNow), later);
    expect(sent(second)).toBe(sent(first));
    expect(second.memory).toEqual(first.memory);
    const changed = [...heldNow.slice(0, 3), item(mail('one', { daysToSync: 31 })), ...heldNow.slice(4)];
    const third = renderDocument(documentOf(changed), later);
    const times = (each: typeof first) =>
      Object.fromEntries(
        each.configuration.applicationSettings.map(({ packageId, name, lastUpdate }) => [
          `${packageId} ${name}`,
          lastUpdate,
        ]),
      );
    expect(times(third)).toEqual({ ...times(first), 'com.google.android.gm managedConfig': start + 3_600_000 });
    expect(third.configuration.files).toEqual(first.configuration.files);
  });

  it('labels each setting with its name and its owner', () => {
    const guests = held(wifi({ name: 'Guests', ssid: 'Guests' }), 'office365');
    const { configuration: written } = rendered([item(root), item(mail('one')), guests, item(wifi()), item(vpn())]);
    const labels = readLabels(written.applicationSettings);
    expect(labels.map(({ name, authority, carrier }) => [name, authority, carrier.replace(/:.*/, '')])).toEqual([
      ['Guests', 'office365', 'companion'],
      ['Root', 'intune', 'certificates'],
      ['one', 'intune', 'gmail'],
      ['Office', 'intune', 'companion'],
      ['Tunnel', 'intune', 'vpn'],
    ]);
  });

  it('lists the apps that carry settings, so that the device says whether it has them', () => {
    const { configuration: written } = rendered([item(mail('one')), item(wifi())]);
    expect(written.applications).toEqual([
      { id: 1, type: 'app', name: 'Gmail', pkg: 'com.google.android.gm', version: '0', system: true },
      { id: 2, type: 'app', name: 'Rollcall companion', pkg: 'com.rollcall.companion', version: '0', system: true },
    ]);
  });

  it('holds nothing that the launcher would lose', () => {
    const items = [item(root), item(identity), item(wifi()), item(mail('one')), item(mail('two')), item(vpn())];
    const { applicationSettings } = rendered(items).configuration;
    for (const [, { findings }] of bundlesOf(applicationSettings, { number: 'h0101' })) expect(findings).toEqual([]);
  });
});

describe('what was sent and is wanted no more', () => {
  const first = rendered([item(root), item(mail('one')), item(wifi())]);
  const [file] = first.configuration.files;

  it('is taken back in words: the launcher forgets nothing by itself', () => {
    const removals = [
      { name: 'Root', commandId: 'remove root' },
      { name: 'one', commandId: 'remove mail' },
    ];
    const context = contextOf({ memory: first.memory, now: start + 1000 });
    const {
      configuration: written,
      awaited,
      memory,
    } = renderDocument(documentOf([held(wifi())], { removals }), context);
    expect(written.files).toEqual([{ path: file?.path, lastUpdate: start + 1000, remove: true }]);
    expect(settingOf(written, 'com.google.android.gm')).toMatchObject({ value: '{}' });
    expect(settingOf(written, 'com.hmdm.launcher', 'certificates')).toBeUndefined();
    expect(awaited.items).toMatchObject([
      { commandIds: ['remove root'], files: [{ path: file?.path, remove: true }] },
      { commandIds: ['remove mail'], files: [] },
    ]);
    const again = renderDocument(documentOf([held(wifi())]), { ...context, memory, now: start + 9000 });
    expect(again.configuration.files).toEqual(written.files); // until an info has come
  });

  it('comes back newer than it was', () => {
    const gone = rendered([], { memory: first.memory, now: start + 1000 });
    const { configuration: written } = rendered([item(root)], { memory: gone.memory, now: start + 1000 });
    expect(written.files).toMatchObject([{ path: file?.path, lastUpdate: start + 1001 }]);
    expect(written.files[0]).not.toHaveProperty('remove');
  });
});

describe('mail accounts', () => {
  it('are Gmail’s first and Outlook’s second, and a third is refused', () => {
    const profiles = ['one', 'two', 'three'].map((name) => item(mail(name, { daysToSync: 7 })));
    const document = rendered(profiles);
    expect(bundleSent(document, 'com.google.android.gm')).toEqual({
      email_address: 'one@contoso.example',
      exchange_host: 'mail.contoso.example',
      exchange_username: 'one@contoso.example',
      exchange_password: 'secret',
      exchange_authentication_type: 'Basic',
      exchange_ssl_required: true,
      exchange_trust_all_certificates: false,
      default_sync_window: 3,
    });
    expect(bundleSent(document, 'com.microsoft.office.outlook')).toMatchObject({
      'com.microsoft.outlook.EmailProfile.EmailAddress': 'two@contoso.example',
      'com.microsoft.outlook.EmailProfile.ServerHostName': 'mail.contoso.example',
    });
    expect(reasonsOf(document)).toEqual([expect.stringContaining('Gmail and Outlook have an account each')]);
    expect(document.refused[0]).toMatchObject({ commandId: 'install three', outcome: { code: 'MESSAGE_REFUSED' } });
  });

  it('keep their app when another account comes before them', () => {
    const { memory } = rendered([item(mail('one'))]);
    const next = rendered([item(mail('before')), held(mail('one'))], { memory });
    expect(bundleSent(next, 'com.google.android.gm')).toMatchObject({ email_address: 'one@contoso.example' });
    expect(next.memory.mailApps).toEqual({
      before: 'com.microsoft.office.outlook',
      one: 'com.google.android.gm',
    });
    const alone = rendered([item(mail('before'))], { memory: next.memory });
    expect(alone.memory.mailApps).toEqual({ before: 'com.microsoft.office.outlook' });
  });

  it('other than Exchange are refused, and such whose certificate is not assigned', () => {
    const document = rendered([item(mail('one', { account: 'imap' })), item(mail('two', { certificate: 'None' }))]);
    expect(reasonsOf(document)).toEqual([
      expect.stringContaining('no imap account'),
      expect.stringContaining('"None" is not there'),
    ]);
    expect(document.configuration.applications).toEqual([]);
  });
});

describe('VPN connections', () => {
  it('by IKEv2 are profiles of strongSwan, as many as there are', () => {
    const byCertificate = vpn({ name: 'Second', authentication: 'certificate', certificate: 'Identity' });
    const document = rendered([item(identity), item(vpn({ remoteIdentifier: 'vpn' })), item(byCertificate)]);
    expect(bundleSent(document, 'org.strongswan.android')).toEqual({
      managed_profiles: [
        {
          _uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          name: 'Contoso',
          vpn_type: 'ikev2-eap',
          remote: { gateway: 'vpn.contoso.example', remote_id: 'vpn' },
          local: { username: 'user1', password: 'secret' },
        },
        expect.objectContaining({ vpn_type: 'ikev2-cert', local: { user_certificate_alias: 'Identity' } }),
      ],
    });
    expect(document.refused).toEqual([]);
  });

  it('of an app are its managed configuration, or a file where it takes one', () => {
    const cisco = vpn({ name: 'Cisco', protocol: 'app', app: 'com.cisco.anyconnect.vpn.android.avf' });
    const open = vpn({ name: 'Open VPN', protocol: 'app', app: 'de.blinkt.openvpn', server: 'vpn.example:443' });
    const context = contextOf();
    const document = renderDocument(documentOf([item(root), item(cisco), item(open)]), context);
    expect(bundleSent(document, 'com.cisco.anyconnect.vpn.android.avf')).toEqual({
      vpn_connection_name: 'Contoso',
      vpn_connection_host: 'vpn.contoso.example',
      vpn_connection_username: 'user1',
      vpn_connection_password: 'secret',
      vpn_connection_authentication: 'password',
    });
    const [, file] = document.configuration.files;
    expect(file?.path).toMatch(/^\/openvpn\/open-vpn-[0-9a-f]{6}\.ovpn$/);
    const bytes = context.shelf.find(file?.url?.replace(`${base}/files/`, '') ?? '')?.bytes ?? new Uint8Array();
    expect(Buffer.from(bytes).toString()).toContain('\nremote vpn.example 443 udp\n');
    expect(document.awaited.items[2]).toMatchObject({
      carriers: [`file:${file?.path}`],
      files: [{ path: file?.path }],
    });
  });

  it('of WireGuard are its file, by our convention of where the keys are', () => {
    const key = `${'A'.repeat(43)}=`;
    const more = { sharedSecret: key, remoteIdentifier: key, localIdentifier: '10.0.0.2/32' };
    const tunnel = vpn({ protocol: 'app', app: 'com.wireguard.android', server: 'vpn.example:51820', ...more });
    const document = rendered([item(tunnel)]);
    expect(reasonsOf(document)).toEqual([]);
    expect(document.configuration.files).toMatchObject([{ path: expect.stringMatching(/^\/wireguard\/.*\.conf$/) }]);
    expect(document.configuration.applications).toMatchObject([{ pkg: 'com.wireguard.android' }]);
  });

  it.each<[string, Partial<VpnProfile>]>([
    ['does not sign in by shared-secret', { authentication: 'shared-secret' }],
    ['no certificate to sign in', { authentication: 'certificate' }],
    ['IKEv2, not always-on', { protocol: 'always-on' }],
    ['IKEv2, not l2tp', { protocol: 'l2tp' }],
    ['there is no app', { protocol: 'app' }],
    ['there is no shared secret', { protocol: 'app', app: 'com.wireguard.android' }],
    ['set up by the protocol ikev2', { protocol: 'app', app: 'org.strongswan.android' }],
    ['no root certificate', { protocol: 'app', app: 'de.blinkt.openvpn' }],
  ])('are refused: %s', (why, more) => {
    const document = rendered([item(vpn(more))]);
    expect(reasonsOf(document)).toEqual([expect.stringContaining(why)]);
    expect(document.awaited.items).toEqual([]);
    expect(document.configuration).toMatchObject({ applicationSettings: [], files: [], applications: [] });
  });
});

describe('Wi-Fi', () => {
  const networks = (document: ReturnType<typeof rendered>) => {
    const onc = bundleSent(document, 'com.rollcall.companion')?.['openNetworkConfiguration'];
    return onc as { NetworkConfigurations: { WiFi: object }[]; Certificates?: object[] } | undefined;
  };

  it('is ONC for the companion app, WPA-PSK for every personal network', () => {
    const document = rendered([item(wifi()), item(wifi({ name: 'New', ssid: 'New', security: 'wpa3', hidden: true }))]);
    expect(networks(document)?.NetworkConfigurations).toMatchObject([
      {
        Name: 'Office',
        Type: 'WiFi',
        WiFi: { SSID: 'Contoso', Security: 'WPA-PSK', Passphrase: 'correct horse', AutoConnect: true },
      },
      { WiFi: { SSID: 'New', Security: 'WPA-PSK', HiddenSSID: true } },
    ]);
  });

  it('of an enterprise names its servers, its authorities and the alias of the client’s certificate', () => {
    const eap = {
      types: ['sim', 'tls'],
      username: 'user1',
      identity: 'Identity',
      anchors: ['Root'],
      serverNames: ['radius.example'],
    } as const;
    const document = rendered([
      item(root),
      item(identity),
      item(wifi({ eap: { ...eap, types: [...eap.types], anchors: ['Root'], serverNames: ['radius.example'] } })),
    ]);
    expect(networks(document)?.NetworkConfigurations[0]?.WiFi).toMatchObject({
      Security: 'WPA-EAP',
      EAP: {
        Outer: 'EAP-TLS',
        Identity: 'user1',
        ClientCertType: 'KeyPairAlias',
        ClientCertKeyPairAlias: 'Identity',
        ServerCARefs: ['Root'],
        DomainSuffixMatch: ['radius.example'],
      },
    });
    expect(networks(document)?.Certificates).toEqual([
      { GUID: 'Root', Type: 'Authority', X509: der.toString('base64') },
    ]);
  });

  it.each<[string, Partial<WifiProfile>]>([
    ['DomainSuffixMatch', { eap: { types: ['peap'], anchors: ['Root'] } }],
    ['ServerCARefs', { eap: { types: ['peap'], serverNames: ['a'] } }],
    ['"Nowhere" is not there', { eap: { types: ['peap'], anchors: ['Nowhere'], serverNames: ['a'] } }],
    ['none of its EAP methods', { eap: { types: ['sim'], serverNames: ['a'] } }],
    ['ClientCertType', { eap: { types: ['tls'], serverNames: ['a'], anchors: ['Root'] } }],
    ['"None" is not there', { eap: { types: ['tls'], serverNames: ['a'], identity: 'None' } }],
    ['no chap inside', { eap: { types: ['ttls'], serverNames: ['a'], innerAuthentication: 'chap' } }],
    ['Passphrase', { passphrase: 'short' }],
    ['Passphrase', { security: 'wep', passphrase: 'sixsix' }],
    ['SSID', { ssid: 'é'.repeat(17) }],
  ])('is refused: %s', (why, more) => {
    const document = rendered([held(root), item(wifi(more))]);
    expect(reasonsOf(document)).toEqual([expect.stringContaining(why)]);
    expect(bundleSent(document, 'com.rollcall.companion')).toBeUndefined();
  });
});

describe('certificates', () => {
  it('of authorities are files that the launcher is told to install', () => {
    const context = contextOf();
    const document = renderDocument(documentOf([item(root)]), context);
    const [file] = document.configuration.files;
    expect(file).toMatchObject({ path: expect.stringMatching(/^\/certs\/root-[0-9a-f]{6}\.pem$/), lastUpdate: start });
    expect(settingOf(document.configuration, 'com.hmdm.launcher', 'certificates')?.value).toBe(file?.path);
    const bytes = context.shelf.find(file?.url?.replace(`${base}/files/`, '') ?? '')?.bytes ?? new Uint8Array();
    expect(readPem(bytes)[0]?.der).toEqual(der);
  });

  it('by SCEP are orders for the companion app, with one challenge each', () => {
    const context = contextOf();
    const document = renderDocument(documentOf([item(identity)]), context);
    const certificates = (each: typeof document) => bundleSent(each, 'com.rollcall.companion')?.['certificates'];
    expect(certificates(document)).toEqual([
      {
        alias: 'Identity',
        name: 'Identity',
        scepUrl: `${base}/scep`,
        subject: 'O=Contoso\\, Ltd,CN=user1 on F2',
        keySize: 2048,
        challenge: 'challenge 1',
      },
    ]);
    const soon = renderDocument(documentOf([item(identity)]), { ...context, memory: document.memory, now: start + 1 });
    expect(sent(soon)).toBe(sent(document));
    const late = { ...context, memory: document.memory, now: start + 1_000_000 };
    expect(certificates(renderDocument(documentOf([held(identity)]), late))).toEqual(certificates(document));
    expect(certificates(renderDocument(documentOf([item(identity)]), late))).toMatchObject([
      { challenge: 'challenge 2', subject: 'O=Contoso\\, Ltd,CN=user1 on F2' }, // half of the life of the first one is over, and the device may not have come
    ]);
  });

  it('are ordered as they were first, until the profile is another', () => {
    const context = contextOf();
    const source = identity.source;
    if (source.type !== 'scep') return expect.unreachable();
    const named = (cn: string, version: string) =>
      item({ ...identity, source: { ...source, subject: [[['CN', cn]]] } }, undefined, { version });
    const subject = (each: ReturnType<typeof renderDocument>) =>
      bundleSent(each, 'com.rollcall.companion')?.['certificates'];
    const first = renderDocument(documentOf([named('user1 on h0101', '1')]), context);
    const next = { ...context, memory: first.memory };
    const told = renderDocument(documentOf([named('user1 on F2', '1')]), next);
    expect(subject(told)).toEqual(subject(first));
    const late = { ...next, now: start + 1_000_000 };
    const again = { ...named('user1 on F2', '1'), commandIds: ['install'] };
    expect(subject(renderDocument(documentOf([again]), late))).toMatchObject([
      { subject: 'CN=user1 on h0101', challenge: 'challenge 2' },
    ]);
    expect(subject(renderDocument(documentOf([named('user1 on F2', '2')]), next))).toMatchObject([
      { subject: 'CN=user1 on F2', challenge: 'challenge 3' },
    ]);
  });

  it('in PKCS#12 are a file and an order', () => {
    const source = { type: 'pkcs12', pkcs12: Buffer.from('p12'), password: 'secret' } as const;
    const document = rendered([item({ kind: 'certificate', name: 'P12', role: 'identity', source })]);
    const [file] = document.configuration.files;
    expect(bundleSent(document, 'com.rollcall.companion')?.['certificates']).toEqual([
      { alias: 'P12', name: 'P12', pkcs12Path: file?.path, password: 'secret' },
    ]);
    expect(document.awaited.items).toMatchObject([
      { carriers: ['companion:certificate:P12'], files: [{ path: file?.path, lastUpdate: start }] },
    ]);
  });

  it('without a key are no identities', () => {
    expect(reasonsOf(rendered([item({ ...root, role: 'identity' })]))).toEqual([expect.stringContaining('a key')]);
  });
});

describe('configurations', () => {
  it.each([
    [null, { minLength: 4 }, false],
    ['present', {}, true],
    ['easy', { minLength: 4 }, true],
    ['moderate', { minLength: 7 }, true],
    ['moderate', { requireAlphanumeric: true }, true],
    ['strong', { minComplexCharacters: 1 }, true],
  ])('of passcodes become the least mode that asks for no less: %s', (mode, policy, required) => {
    const document = rendered([item(passcode(policy, required))]);
    expect(JSON.parse(sent(document)).passwordMode).toBe(mode);
    expect(readLabels(document.configuration.applicationSettings)).toMatchObject([
      { carrier: 'configuration:passwordMode', name: 'Passcode' },
    ]);
  });

  it.each([
    ['historyLength, maxAgeDays', passcode({ historyLength: 3, maxAgeDays: 3 })],
    ['so long or so complex', passcode({ minLength: 9 })],
    ['"files" is not for a configuration', configuration({ files: [] })],
    ['no key "secret"', configuration({ secret: 1 })],
    ['"kioskMode" is of another type', configuration({ kioskMode: 'yes' })],
    ['neither "headwind" nor', configuration({}, './Device/Vendor')],
    ['32 bits', configuration({ size: 2 ** 40 }, 'com.android.chrome')],
    ['"list"', configuration({ list: [1, 2] }, 'com.android.chrome')],
    ['"bytes"', configuration({ bytes: Buffer.from('a') }, 'com.android.chrome')],
  ])('are refused: %s', (why, profile) => {
    expect(reasonsOf(rendered([item(profile)]))).toEqual([expect.stringContaining(why)]);
  });

  it('of type headwind are keys of the document, restrictions of all of them together', () => {
    const kiosk = configuration({ kioskMode: true, mainApp: 'com.example.app', restrictions: 'no_config_wifi' });
    const other = configuration({ restrictions: 'no_config_vpn, no_config_wifi' }, 'headwind', 'Other');
    const data = JSON.parse(sent(rendered([item(kiosk), item(other)])));
    expect(data).toMatchObject({ kioskMode: true, mainApp: 'com.example.app' });
    expect(data.restrictions).toBe('no_config_vpn,no_config_wifi');
  });

  it('of a package are that app’s restrictions', () => {
    const settings = { URLBlocklist: ['a.example'], Nested: { on: true } };
    const document = rendered([item(configuration(settings, 'com.android.chrome'))]);
    expect(bundleSent(document, 'com.android.chrome')).toEqual(settings);
  });

  it('of the present authority win over what an earlier one left behind', () => {
    const old = { ...configuration({ kioskMode: false }), name: 'Old' };
    const items = [item(configuration({ kioskMode: true })), held(old, 'office365')];
    expect(JSON.parse(sent(rendered(items))).kioskMode).toBe(true);
  });
});

describe('commands', () => {
  it('are keys of the document, and each is awaited by what answers it', () => {
    const commands = [
      queued({ kind: 'inventory' }),
      queued({ kind: 'lock', message: 'Lost', phoneNumber: '112' }),
      queued({ kind: 'wipe' }),
      queued({ kind: 'restart' }),
      queued({ kind: 'clear-passcode' }),
      queued({ kind: 'rename', deviceName: 'Scanner 7' }),
      queued({ kind: 'retire' }),
    ];
    const document = renderDocument(documentOf([], { commands }), contextOf());
    expect(JSON.parse(sent(document))).toMatchObject({
      lock: true,
      lockMessage: 'Lost\n112',
      factoryReset: true,
      reboot: true,
      passwordReset: '',
      description: 'Scanner 7',
    });
    expect(bundleSent(document, 'com.rollcall.companion')).toEqual({ retire: true });
    expect(document.awaited.items.map(({ commandIds, by }) => [commandIds[0], by])).toEqual([
      ['inventory', 'info'],
      ['lock', 'info'],
      ['wipe', 'reset'],
      ['restart', 'reboot'],
      ['clear-passcode', 'password'],
      ['rename', 'info'],
      ['retire', 'info'],
    ]);
  });

  it('of Android are pushes', () => {
    const native = (name: string, body?: unknown) =>
      queued({ kind: 'native', platform: 'android', name, body }, `${name} ${typeof body}`);
    const commands = [
      native('runApp', { pkg: 'com.android.chrome' }),
      native('exitKiosk'),
      native('run app'),
      native('intent', 'text'),
      queued({ kind: 'native', platform: 'ios', name: 'runApp', body: undefined }, 'ios'),
      queued({ kind: 'shut-down' }),
    ];
    const document = renderDocument(documentOf([], { commands }), contextOf());
    expect(document.pushes).toEqual([
      { messageType: 'runApp', payload: { pkg: 'com.android.chrome' } },
      { messageType: 'exitKiosk' },
    ]);
    expect(reasonsOf(document)).toEqual([
      expect.stringContaining('no type of a push'),
      expect.stringContaining('is an object'),
      'a command of ios',
      'Headwind has no word for shut-down',
    ]);
  });
});

describe('what an administrator added', () => {
  it('is in the document of those that it is for, and is taken back when it is removed', () => {
    const shelf = new Shelf({ clock: manualClock(start - 5000) });
    const added = shelf.addFile({ path: '/config/a b.txt', bytes: Buffer.from('a'), varContent: true });
    shelf.addFile({ path: '/other.txt', bytes: Buffer.from('b'), devices: ['h0102'] });
    shelf.addApp({ pkg: 'com.example.app', version: '1.2', bytes: Buffer.from('apk'), runAfterInstall: true });
    const first = rendered([], { shelf });
    expect(first.configuration.files).toEqual([
      { path: '/config/a b.txt', url: `${base}/files/${added.key}`, lastUpdate: start - 5000, varContent: true },
    ]);
    expect(first.configuration.applications).toMatchObject([
      { pkg: 'com.example.app', version: '1.2', url: expect.stringMatching(/\.apk$/), runAfterInstall: true },
    ]);
    expect(shelf.remove(added.id)).toMatchObject({ path: '/config/a b.txt' });
    const { configuration: next } = rendered([], { shelf, memory: first.memory });
    expect(next.files).toEqual([{ path: '/config/a b.txt', lastUpdate: start, remove: true }]);
  });
});

describeWithFixtures('beside what a real server sends', () => {
  const recorded = (name: string) => {
    const bytes = fixture(`android/rest/${name}.res.http`).toString('latin1');
    return JSON.parse(bytes.slice(bytes.indexOf('{"status"'))).data as Record<string, unknown>;
  };
  const keysOf = (value: object) => Object.keys(value);
  const ours = () => {
    const settings = { gps: true, systemUpdateType: 2, systemUpdateFrom: '01:00', systemUpdateTo: '04:00' };
    const profiles = [
      item(root),
      item(mail('one')),
      item(configuration({ ...settings, restrictions: 'no_config_vpn', requestUpdates: 'gps' })),
    ];
    return JSON.parse(sent(rendered(profiles)));
  };

  it('has the same keys in the same order, and nulls in the same places', () => {
    const theirs = recorded('sync-01-get');
    const { custom1: _, custom2: __, ...mine } = ours();
    expect(keysOf(mine)).toEqual(keysOf(theirs));
    const nulls = (data: object) => Object.entries(data).flatMap(([key, value]) => (value === null ? [key] : []));
    expect(nulls({ ...mine, passwordMode: 'moderate' })).toEqual(nulls(theirs));
    for (const [key, value] of Object.entries(theirs)) {
      if (value !== null && key !== 'passwordMode') expect([key, typeof mine[key]]).toEqual([key, typeof value]);
    }
  });

  it('has rows and files of the same form', () => {
    const theirs = recorded('sync-01-get');
    const rows = theirs['applicationSettings'] as object[];
    const [row] = ours().applicationSettings;
    expect(keysOf(row)).toEqual(keysOf(rows[1] ?? {}));
    const [file] = ours().files;
    expect(keysOf(file)).toEqual(keysOf((theirs['files'] as object[])[0] ?? {}));
  });

  it('has apps of the same form', () => {
    const bytes = fixture('android/rest/sync-05-seed-device.res.http').toString('latin1');
    const [theirs] = /\{"name":"System UI"[^}]*\}/.exec(bytes) ?? [''];
    expect(keysOf(ours().applications[0])).toEqual(keysOf(JSON.parse(theirs)));
  });
});

describe('the built-in organization', () => {
  const values = {
    upn: 'user1@contoso.example',
    userName: 'user1',
    deviceId: 'h0101',
    serial: 'F2',
    secret: () => 'secret word',
  };

  it.each(['office365', 'intune'] as const)('has nothing under %s that Android could not be told', (authority) => {
    const profiles = defaultTenant({ users: 1 }, { ...registry, android }).profiles.filter(
      (each) => each.authority === authority && each.platforms?.includes('android') !== false,
    );
    expect(profiles.map(({ profile }) => profile.name).sort()).toEqual(
      [...new Set(profiles.map(({ profile }) => profile.name))].sort(),
    );
    const document = rendered(profiles.map(({ profile }) => item(fillProfile(profile, values))));
    expect(reasonsOf(document)).toEqual([]);
    expect(document.awaited.items).toHaveLength(profiles.length);
    expect(profiles.map(({ profile }) => profile.kind)).toEqual(
      expect.arrayContaining(['email', 'vpn', 'wifi', 'certificate', 'configuration']),
    );
    expect(sent(document)).not.toContain('{{');
  });
});

it('is read by the launcher’s rules as it was written', () => {
  const document = rendered([item(root), item(identity), item(wifi()), item(mail('one')), item(vpn())]);
  const { rest: _, ...read } = readConfiguration(JSON.parse(sent(document)));
  const { rest: __, ...written } = document.configuration;
  expect(read).toEqual(written);
  expect(device.deviceId).toBe('h0101');
});
