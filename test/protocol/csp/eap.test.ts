import { describe, expect, it } from 'vitest';
import { type EapHostConfig, readEapHostConfig, writeEapHostConfig } from '../../../protocol/csp/eap.js';
import { writeVpnProfile } from '../../../protocol/csp/vpn-profile.js';
import { writeWlanProfile } from '../../../protocol/csp/wlan-profile.js';
import { judgeXml } from '../../support/judge-xml.js';
import { describeWith } from '../../support/programs.js';

const provisioning = 'http://www.microsoft.com/provisioning';
const host = (type: number, config: string) =>
  `<EapHostConfig xmlns="${provisioning}/EapHostConfig"><EapMethod><Type xmlns="${provisioning}/EapCommon">${type}</Type>
   <AuthorId xmlns="${provisioning}/EapCommon">311</AuthorId></EapMethod>${config}</EapHostConfig>`;
const base = (type: number, inside: string) =>
  `<Eap xmlns="${provisioning}/BaseEapConnectionPropertiesV1"><Type>${type}</Type>${inside}</Eap>`;
const peapType = (inside: string) =>
  `<EapType xmlns="${provisioning}/MsPeapConnectionPropertiesV1">${inside}</EapType>`;
const thumbprint = '0A1B2C3D4E5F60718293A4B5C6D7E8F900112233';

describe('an EapHostConfig', () => {
  it('is read with EAP-TTLS: servers, roots, the method inside, the name outside', () => {
    const ttls = `<EapTtls xmlns="${provisioning}/EapTtlsConnectionPropertiesV1"><ServerValidation>
      <ServerNames> radius.example ; </ServerNames><TrustedRootCAHash>${thumbprint.toLowerCase().replace(/../g, '$& ')}</TrustedRootCAHash>
      <DisablePrompt>true</DisablePrompt></ServerValidation><Phase2Authentication><PAPAuthentication/></Phase2Authentication>
      <Phase1Identity><IdentityPrivacy>true</IdentityPrivacy><AnonymousIdentity>anon</AnonymousIdentity></Phase1Identity></EapTtls>`;
    expect(readEapHostConfig(host(21, `<Config>${ttls}</Config>`))).toEqual({
      type: 21,
      authorId: 311,
      server: {
        isPerformed: true,
        serverNames: ['radius.example'],
        trustedRoots: [thumbprint],
        isPromptDisabled: true,
      },
      phase2: 'pap',
      anonymousIdentity: 'anon',
    });
  });

  it('of EAP-TTLS may leave out the method within, and names none that Windows does not have', () => {
    const server = {
      isPerformed: true,
      serverNames: ['radius.example'],
      trustedRoots: [thumbprint],
      isPromptDisabled: true,
    };
    const without: EapHostConfig = { type: 21, authorId: 311, server };
    expect(readEapHostConfig(writeEapHostConfig(without))).toEqual(without);
    const written = writeEapHostConfig({ ...without, phase2: 'chap' });
    expect(readEapHostConfig(written).phase2).toBe('chap');
    expect(() => readEapHostConfig(written.replace('CHAPAuthentication', 'CHOPAuthentication'))).toThrow(
      /no method that Windows has/,
    );
  });

  it('may be a blob of a method that nobody else reads', () => {
    expect(readEapHostConfig(host(25, '<ConfigBlob>0102</ConfigBlob>'))).toEqual({ type: 25, authorId: 311 });
  });

  it('counts a filter that is switched on alone', () => {
    const filter = (enabled: string) =>
      host(
        13,
        `<Config>${base(13, `<EapType xmlns="${provisioning}/EapTlsConnectionPropertiesV1"><TLSExtensions xmlns="${provisioning}/EapTlsConnectionPropertiesV2"><FilteringInfo xmlns="${provisioning}/EapTlsConnectionPropertiesV3"><CAHashList Enabled="${enabled}"><IssuerHash>${thumbprint}</IssuerHash></CAHashList></FilteringInfo></TLSExtensions></EapType>`)}</Config>`,
      );
    expect(readEapHostConfig(filter('true')).issuers).toEqual([thumbprint]);
    expect(readEapHostConfig(filter('false')).issuers).toBeUndefined();
  });

  it.each<[string, string]>([
    ['without a method', `<EapHostConfig xmlns="${provisioning}/EapHostConfig"/>`],
    ['without a configuration', host(25, '')],
    ['whose method is no number', host(Number.NaN, '<ConfigBlob/>')],
    ['of PEAP without Eap', host(25, '<Config/>')],
    ['of EAP-TTLS without EapTtls', host(21, '<Config/>')],
    ['with another method inside than outside', host(25, `<Config>${base(13, '')}</Config>`)],
    ['with the settings of another method', host(13, `<Config>${base(13, peapType(''))}</Config>`)],
    ['of PEAP inside PEAP', host(25, `<Config>${base(25, peapType(base(25, peapType(''))))}</Config>`)],
    ['of another namespace', '<EapHostConfig/>'],
  ])('is refused %s', (_why, xml) => {
    expect(() => readEapHostConfig(xml)).toThrow(expect.objectContaining({ code: 'CSP_MALFORMED' }));
  });
});

describeWith('xmllint')('xmllint', () => {
  const server = { isPerformed: true, serverNames: ['<&">'], trustedRoots: [thumbprint], isPromptDisabled: false };
  const eap: EapHostConfig = {
    type: 25,
    authorId: 0,
    server,
    inner: { type: 13, server, issuers: [thumbprint] },
    anonymousIdentity: ']]>\u0000',
  };
  const wlan = {
    name: '<&">\'é😀',
    ssid: Buffer.from('x'),
    nonBroadcast: true,
    connectionType: 'ESS',
    connectionMode: 'auto',
    authentication: 'WPA2',
    encryption: 'AES',
    useOneX: true,
    oneX: { eap },
  } as const;
  const vpn = {
    alwaysOn: true,
    deviceTunnel: false,
    rememberCredentials: true,
    routes: [],
    native: { servers: 'a&b', protocol: 'IKEv2', userMethod: 'Eap', eap },
  } as const;
  it.each<[string, string]>([
    ['EAP configurations', writeEapHostConfig(eap)],
    ['EAP-TTLS', writeEapHostConfig({ type: 21, authorId: 311, server, phase2: 'mschapv2' })],
    ['WLAN profiles', writeWlanProfile(wlan)],
    ['VPN profiles', writeVpnProfile(vpn)],
  ])('takes the %s that are written here', (_what, xml) => {
    expect(() => judgeXml(Buffer.from(xml))).not.toThrow();
  });
});
