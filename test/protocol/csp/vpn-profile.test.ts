import { describe, expect, it } from 'vitest';
import { readVpnProfile, type VpnProfileDocument, writeVpnProfile } from '../../../protocol/csp/vpn-profile.js';

const eapTls = `<EapHostConfig xmlns="http://www.microsoft.com/provisioning/EapHostConfig"><EapMethod>
<Type xmlns="http://www.microsoft.com/provisioning/EapCommon">13</Type></EapMethod>
<Config xmlns="http://www.microsoft.com/provisioning/EapHostConfig">
<Eap xmlns="http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1"><Type>13</Type>
<EapType xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1"><CredentialsSource><CertificateStore>
<SimpleCertSelection>true</SimpleCertSelection></CertificateStore></CredentialsSource><ServerValidation>
<DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation><ServerNames></ServerNames></ServerValidation>
<PerformServerValidation xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</PerformServerValidation>
<TLSExtensions xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">
<FilteringInfo xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV3"><CAHashList Enabled="true">
<IssuerHash>ff ee dd cc bb aa 99 88 77 66 55 44 33 22 11 00 ff ee dd cc </IssuerHash></CAHashList></FilteringInfo></TLSExtensions>
</EapType></Eap></Config></EapHostConfig>`;

/** In the order of Learn's sample, which is not the order of Learn's schema. */
const native = (inside = '') => `<VPNProfile>
  <NativeProfile>
    <Servers>vpn.contoso.example</Servers>
    <NativeProtocolType>IKEv2</NativeProtocolType>
    <Authentication>
      <UserMethod>Eap</UserMethod>
      <MachineMethod>Eap</MachineMethod>
      <Eap><Configuration>${eapTls}</Configuration></Eap>
    </Authentication>
    <RoutingPolicyType>SplitTunnel</RoutingPolicyType>
    <DisableClassBasedDefaultRoute>true</DisableClassBasedDefaultRoute>
  </NativeProfile>
  <Route><Address>10.10.0.0</Address><PrefixSize>16</PrefixSize></Route>
  <Route><Address>192.168.0.0</Address><PrefixSize>24</PrefixSize></Route>
  <AppTrigger><App><Id>C:\\windows\\system32\\ping.exe</Id></App></AppTrigger>
  <EdpModeId>corp.contoso.example</EdpModeId>
  <RememberCredentials>true</RememberCredentials>
  <AlwaysOn>true</AlwaysOn>
  <DnsSuffix>corp.contoso.example</DnsSuffix>
  <TrustedNetworkDetection>corp.contoso.example</TrustedNetworkDetection>
  ${inside}
</VPNProfile>`;

describe('a VPN profile', () => {
  it('is read in any order of its elements', () => {
    expect(readVpnProfile(native())).toEqual({
      native: {
        servers: 'vpn.contoso.example',
        protocol: 'IKEv2',
        routingPolicy: 'SplitTunnel',
        userMethod: 'Eap',
        machineMethod: 'Eap',
        eap: {
          type: 13,
          authorId: 0,
          server: { isPerformed: true, isPromptDisabled: true, serverNames: [], trustedRoots: [] },
          issuers: ['FFEEDDCCBBAA99887766554433221100FFEEDDCC'],
        },
      },
      alwaysOn: true,
      deviceTunnel: false,
      rememberCredentials: true,
      dnsSuffix: 'corp.contoso.example',
      trustedNetworkDetection: 'corp.contoso.example',
      routes: [
        { address: '10.10.0.0', prefixSize: 16 },
        { address: '192.168.0.0', prefixSize: 24 },
      ],
    });
  });

  it('is read where the EAP configuration is text instead of elements', () => {
    const text = eapTls.replaceAll('<', '&lt;');
    expect(readVpnProfile(native().replace(eapTls, text))).toEqual(readVpnProfile(native()));
  });

  it('is read with a plug-in, whose own configuration is nobody else’s', () => {
    const xml = `<VPNProfile><PluginProfile><ServerUrlList>a.example;b.example</ServerUrlList>
      <PluginPackageFamilyName>Contoso.Tunnel_cw5n1h2txyewy</PluginPackageFamilyName>
      <CustomConfiguration><any><thing/></any></CustomConfiguration></PluginProfile></VPNProfile>`;
    expect(readVpnProfile(xml).plugin).toEqual({
      serverUrls: 'a.example;b.example',
      packageFamilyName: 'Contoso.Tunnel_cw5n1h2txyewy',
    });
  });

  const without = (pattern: RegExp, by = '') => native().replace(pattern, by);
  it.each<[why: string, xml: string]>([
    ['no XML', 'vpn'],
    ['another root', '<VpnProfile/>'],
    ['neither native nor plug-in', '<VPNProfile/>'],
    [
      'both',
      native(
        '<PluginProfile><ServerUrlList>a</ServerUrlList><PluginPackageFamilyName>b</PluginPackageFamilyName></PluginProfile>',
      ),
    ],
    ['an element that there is not', native('<Colour>red</Colour>')],
    ['AlwaysOn twice', native('<AlwaysOn>false</AlwaysOn>')],
    ['no servers', without(/<Servers>.*<\/Servers>/)],
    ['a protocol that there is not', without(/IKEv2/, 'WireGuard')],
    ['no Authentication', without(/<Authentication>.*<\/Authentication>/s)],
    ['an Eap without configuration', without(/<Configuration>.*<\/Configuration>/s)],
    ['a boolean that is none', without(/<AlwaysOn>true/, '<AlwaysOn>yes')],
    ['a prefix of 200 bits', without(/<PrefixSize>16/, '<PrefixSize>200')],
  ])('is refused: %s', (_why, xml) => {
    expect(() => readVpnProfile(xml)).toThrow(expect.objectContaining({ code: 'CSP_MALFORMED' }));
  });

  const rest = { alwaysOn: false, deviceTunnel: false, rememberCredentials: false, routes: [] };
  it.each<[what: string, profile: VpnProfileDocument]>([
    ['a plug-in', { ...rest, plugin: { serverUrls: 'https://x.example/?a&b', packageFamilyName: 'X_1' } }],
    [
      'L2TP with a shared key',
      { ...rest, native: { servers: 'a', protocol: 'L2TP', l2tpPsk: '<&>', userMethod: 'MSChapv2' } },
    ],
    [
      'a device tunnel with a certificate of one issuer',
      {
        ...rest,
        alwaysOn: true,
        deviceTunnel: true,
        native: {
          servers: 'a',
          protocol: 'IKEv2',
          machineMethod: 'Certificate',
          certificate: { issuer: 'CN=Contoso', eku: '1.3.6.1.5.5.7.3.2' },
        },
        routes: [{ address: '10.0.0.0', prefixSize: 8 }],
      },
    ],
    [
      'EAP',
      {
        ...rest,
        dnsSuffix: 'corp.example',
        native: {
          servers: 'a',
          protocol: 'Automatic',
          routingPolicy: 'ForceTunnel',
          userMethod: 'Eap',
          eap: {
            type: 25,
            authorId: 0,
            server: { isPerformed: true, isPromptDisabled: true, serverNames: ['a'], trustedRoots: [] },
            inner: { type: 26 },
          },
        },
      },
    ],
  ])('is written so that it is read again: %s', (_what, profile) => {
    expect(readVpnProfile(writeVpnProfile(profile))).toEqual(profile);
  });
});
