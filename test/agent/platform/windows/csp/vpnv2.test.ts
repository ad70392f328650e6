import { describe, expect, it } from 'vitest';
import { writeEapHostConfig } from '../../../../../protocol/csp/eap.js';
import { type VpnProfileDocument, writeVpnProfile } from '../../../../../protocol/csp/vpn-profile.js';
import { adds, atomic, command, openCsps } from './csp-stage.js';

const root = './Device/Vendor/MSFT/VPNv2';
const corp = `${root}/Corp%20VPN`;
const rest = { alwaysOn: false, deviceTunnel: false, rememberCredentials: false, routes: [] };
const ikev2: VpnProfileDocument = {
  ...rest,
  native: {
    servers: 'vpn.contoso.example;Oslo,backup.contoso.example;Bergen',
    protocol: 'IKEv2',
    userMethod: 'Eap',
    eap: { type: 25, authorId: 0, inner: { type: 26 } },
  },
};
const add = (document: VpnProfileDocument, uri = corp) =>
  atomic(command('Add', `${uri}/ProfileXML`, writeVpnProfile(document)));
const tunnel: VpnProfileDocument = {
  ...rest,
  alwaysOn: true,
  deviceTunnel: true,
  native: { servers: 'vpn.contoso.example', protocol: 'IKEv2', machineMethod: 'Certificate' },
};

describe('VPNv2', () => {
  it('reads a ProfileXML', async () => {
    const device = openCsps();
    expect(await device.codes(add(ikev2))).toEqual([200, 200]);
    expect(device.profiles()).toEqual([
      {
        kind: 'vpn',
        name: 'Corp VPN',
        connectionName: 'Corp VPN',
        protocol: 'ikev2',
        server: 'vpn.contoso.example',
        authentication: 'password',
      },
    ]);
  });

  it('reads the same connection node by node', async () => {
    const device = openCsps();
    const native = `${corp}/NativeProfile`;
    const codes = await device.codes(
      atomic(
        ...adds(native, [
          ['Servers', 'vpn.contoso.example'],
          ['RoutingPolicyType', 'SplitTunnel'],
          ['NativeProtocolType', 'IKEv2'],
          ['Authentication/UserMethod', 'EAP'],
          ['Authentication/Eap/Configuration', writeEapHostConfig({ type: 25, authorId: 0, inner: { type: 26 } })],
        ]),
        command('Add', `${corp}/AlwaysOn`, 'true', 'bool'),
      ),
    );
    expect(new Set(codes)).toEqual(new Set([200]));
    expect(device.profile('Corp VPN')).toMatchObject({ protocol: 'always-on', authentication: 'password' });
  });

  it.each<[string, VpnProfileDocument, object]>([
    [
      'L2TP with a shared key',
      { ...rest, native: { servers: 'a.example', protocol: 'L2TP', l2tpPsk: 'hush', userMethod: 'MSChapv2' } },
      { protocol: 'l2tp', authentication: 'shared-secret', sharedSecret: 'hush' },
    ],
    [
      'IKEv2 with a shared key of the computer',
      { ...rest, native: { servers: 'a.example', protocol: 'IKEv2', l2tpPsk: 'hush', machineMethod: 'PresharedKey' } },
      { protocol: 'ikev2', authentication: 'shared-secret', sharedSecret: 'hush' },
    ],
    [
      'a certificate of the computer beside a password',
      {
        ...rest,
        native: { servers: 'a.example', protocol: 'L2TP', machineMethod: 'Certificate', userMethod: 'MSChapv2' },
      },
      { protocol: 'l2tp', authentication: 'password-and-certificate' },
    ],
    [
      'EAP-TLS, always on',
      {
        ...ikev2,
        alwaysOn: true,
        native: { servers: 'a.example', protocol: 'Automatic', userMethod: 'Eap', eap: { type: 13, authorId: 0 } },
      },
      { protocol: 'always-on', authentication: 'certificate' },
    ],
    [
      'a plug-in',
      {
        ...rest,
        plugin: { serverUrls: 'https://a.example; https://b.example', packageFamilyName: 'Contoso.Tunnel_1' },
      },
      { protocol: 'app', app: 'Contoso.Tunnel_1', server: 'https://a.example' },
    ],
    [
      'a protocol that has no neutral word',
      { ...rest, native: { servers: 'a.example', protocol: 'SSTP', userMethod: 'MSChapv2' } },
      { kind: 'configuration', type: 'VPNv2', settings: { NativeProtocolType: 'SSTP' } },
    ],
  ])('reads %s', async (_what, document, profile) => {
    const device = openCsps();
    await device.run(add(document));
    expect(device.profile('Corp VPN')).toMatchObject(profile);
  });

  it('names the identity that an authority of the list issued', async () => {
    const device = openCsps();
    const scep = './Device/Vendor/MSFT/ClientCertificateInstall/SCEP/vpn-identity';
    const eap = { type: 13, authorId: 0, issuers: ['0A1B2C3D4E5F60718293A4B5C6D7E8F900112233'] };
    const native = { servers: 'a.example', protocol: 'IKEv2', userMethod: 'Eap', eap } as const;
    await device.run(command('Add', scep, undefined, 'node'), add({ ...rest, native }));
    expect(device.profile('Corp VPN')).toMatchObject({ certificate: 'vpn-identity' }); // not fetched yet: it may be that
  });

  it('gives no shared key back, by its node or by the document', async () => {
    const device = openCsps();
    await device.run(
      add({ ...rest, native: { servers: 'a', protocol: 'L2TP', l2tpPsk: 'hush', userMethod: 'MSChapv2' } }),
    );
    const { code, data = '' } = await device.get(`${corp}/ProfileXML`);
    expect(code).toBe(200);
    expect(data).toContain('<Servers>a</Servers>');
    expect(data).not.toContain('hush');
    await device.run(
      atomic(
        ...adds(`${root}/B/NativeProfile`, [
          ['Servers', 'b'],
          ['NativeProtocolType', 'L2TP'],
          ['L2tpPsk', 'hush'],
        ]),
      ),
    );
    expect(device.profile('B')).toMatchObject({ sharedSecret: 'hush' });
    expect((await device.get(`${root}/B/NativeProfile/L2tpPsk`)).data ?? '').not.toContain('hush');
  });

  it('is changed by a Delete and an Add; an Add alone is 418', async () => {
    const device = openCsps();
    await device.run(add(ikev2));
    expect(await device.codes(add(tunnel))).toContain(418);
    const codes = await device.codes(command('Delete', corp), add({ ...ikev2, alwaysOn: true }));
    expect(codes).toEqual([200, 200, 200]);
    expect(device.profile('Corp VPN')).toMatchObject({ protocol: 'always-on' });
  });

  it.each<[string, string[]]>([
    ['bad XML', [command('Add', `${corp}/ProfileXML`, '<VPNProfile><NativeProfile>')]],
    ['no profile in it', [command('Add', `${corp}/ProfileXML`, '<VPNProfile/>')]],
    [
      'EAP without a configuration',
      [
        command(
          'Add',
          `${corp}/ProfileXML`,
          writeVpnProfile({ ...rest, native: { servers: 'a', protocol: 'IKEv2', userMethod: 'Eap' } }),
        ),
      ],
    ],
    [
      'the document and nodes beside it',
      [
        command('Add', `${corp}/ProfileXML`, writeVpnProfile(ikev2)),
        ...adds(`${corp}/NativeProfile`, [['Servers', 'x']]),
      ],
    ],
  ])('answers 500 to %s, and the Atomic 507', async (_why, commands) => {
    const device = openCsps();
    const codes = await device.codes(atomic(...commands));
    expect(codes[0]).toBe(507);
    expect(codes).toContain(500);
    expect(device.profiles()).toEqual([]);
    expect((await device.get(corp)).code).toBe(404);
  });

  it('has one device tunnel, and none that is a user’s', async () => {
    const device = openCsps();
    expect(await device.codes(add(tunnel))).toEqual([200, 200]);
    expect(await device.codes(add(tunnel, `${root}/Second`))).toEqual([507, 500]);
    expect(await device.codes(add(tunnel, './User/Vendor/MSFT/VPNv2/Mine'))).toEqual([507, 500]);
    expect(await device.codes(add(ikev2, `${root}/Second`))).toEqual([200, 200]);
    await device.run(command('Delete', corp));
    expect(await device.codes(add(tunnel, `${root}/Third`))).toEqual([200, 200]);
  });
});
