import { describe, expect, it } from 'vitest';
import { dict, type PlistValue } from '../../../../protocol/plist/value.js';
import { codesOf, fault, ikev2, ikev2Settings, root, rootUuid, scep, scepUuid, uuid, vpn } from './make.js';

const missing = (key: string) => [[4001, 1000, 2002], key];
const value = (key: string) => [[4001, 1000, 2004], key];
const failed = (code: number) => [4001, 1009, code];

describe('com.apple.vpn.managed', () => {
  it('without its type or its name is refused with 2002', () => {
    expect(fault(ikev2({}, { VPNType: undefined }))).toEqual(missing('VPNType'));
    expect(fault(ikev2({}, { UserDefinedName: undefined }))).toEqual(missing('UserDefinedName'));
  });

  it('of a type that iOS does not have is refused with 2004', () => {
    expect(fault(vpn('PPTP'))).toEqual(value('VPNType'));
    expect(fault(vpn('TransparentProxy'))).toEqual(value('VPNType'));
  });

  it('without the dictionary of its type is refused with 2002', () => {
    expect(fault(vpn('IKEv2'))).toEqual(missing('IKEv2'));
    expect(fault(vpn('L2TP'))).toEqual(missing('PPP'));
    expect(fault(vpn('IPSec'))).toEqual(missing('IPSec'));
    expect(fault(vpn('AlwaysOn'))).toEqual(missing('AlwaysOn'));
    expect(fault(vpn('VPN', { VPNSubType: 'com.example.vpn' }))).toEqual(missing('VPN'));
  });

  it('whose resolver lacks what its protocol needs is refused', () => {
    const dns = (entries: Record<string, PlistValue>) =>
      ikev2({}, { DNS: dict({ DNSProtocol: 'Cleartext', ServerAddresses: ['10.0.0.1'], ...entries }) });
    expect(fault(dns({}))).toBeUndefined();
    expect(fault(ikev2({}, { DNS: dict({ DNSProtocol: 'TLS' }) }))).toEqual(missing('DNS.ServerAddresses'));
    expect(fault(dns({ DNSProtocol: 'HTTPS' }))).toEqual(missing('DNS.ServerURL'));
    expect(fault(dns({ DNSProtocol: 'HTTPS', ServerURL: 'http://x' }))).toEqual(value('DNS.ServerURL'));
    expect(fault(dns({ DNSProtocol: 'TLS' }))).toEqual(missing('DNS.ServerName'));
    expect(fault(dns({ PayloadCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(15003));
  });
});

describe('IKEv2', () => {
  it('is accepted with a shared secret, a certificate, or EAP alone', () => {
    expect(fault(ikev2())).toBeUndefined();
    const certificate = { AuthenticationMethod: 'Certificate', SharedSecret: undefined, CertificateType: 'RSA' };
    expect(fault(ikev2({ ...certificate, PayloadCertificateUUID: scepUuid }), scep())).toBeUndefined();
    const eap = { AuthenticationMethod: 'None', SharedSecret: undefined, ExtendedAuthEnabled: 1, AuthName: 'ann' };
    expect(fault(ikev2(eap))).toBeUndefined();
  });

  it('without a required key is refused with 2002', () => {
    for (const key of ['RemoteAddress', 'LocalIdentifier', 'RemoteIdentifier', 'AuthenticationMethod'])
      expect(fault(ikev2({ [key]: undefined }))).toEqual(missing(`IKEv2.${key}`));
  });

  it('without the secret that it authenticates by is refused with 2002, for None without EAP too', () => {
    expect(fault(ikev2({ SharedSecret: undefined }))).toEqual(missing('IKEv2.SharedSecret'));
    expect(fault(ikev2({ AuthenticationMethod: 'None', SharedSecret: undefined }))).toEqual(
      missing('IKEv2.SharedSecret'),
    );
  });

  it('whose certificate is missing, elsewhere or without a key is refused with 15003', () => {
    const certificate = { AuthenticationMethod: 'Certificate' };
    expect(fault(ikev2(certificate))?.[0]).toEqual(failed(15003));
    expect(fault(ikev2({ ...certificate, PayloadCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(15003));
    expect(fault(ikev2({ ...certificate, PayloadCertificateUUID: rootUuid }), root())?.[0]).toEqual(failed(15003));
    expect(fault(ikev2({ PayloadCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(15003));
  });

  it('with EAP and a certificate type must name the issuer of the server certificate', () => {
    const eap = { ExtendedAuthEnabled: true, CertificateType: 'ECDSA256' };
    expect(fault(ikev2(eap))).toEqual(missing('IKEv2.ServerCertificateIssuerCommonName'));
    expect(fault(ikev2({ ...eap, ServerCertificateIssuerCommonName: 'Example CA' }))).toBeUndefined();
  });

  it('has a post-quantum key and its identifier together', () => {
    expect(fault(ikev2({ PPK: Buffer.from('k') }))).toEqual(missing('IKEv2.PPKIdentifier'));
    expect(fault(ikev2({ PPKIdentifier: 'k' }))).toEqual(missing('IKEv2.PPK'));
  });

  it('has no keys for an older iOS that a later one brought', () => {
    const codes = (osVersion: string, entries: Record<string, PlistValue>) =>
      codesOf([ikev2(entries)], {}, { osVersion });
    const key = { PPK: 'not data', ExcludeDeviceCommunication: 7 };
    expect(codes('17.3', key)).toBeUndefined();
    expect(codes('17.6.1', key)).toEqual([4001, 1000, 2004]); // ExcludeDeviceCommunication came with 17.4
    expect(codes('18.0', { PPK: 'not data' })).toEqual([4001, 1000, 2003]);
    const tunnel = dict({ ...ikev2Settings(), ProtocolType: 'IKEv2', PPK: 'not data' });
    const alwaysOn = vpn('AlwaysOn', { AlwaysOn: dict({ TunnelConfigurations: [tunnel] }) });
    expect(codesOf([alwaysOn], {}, { osVersion: '17.6.1' })).toBeUndefined();
    expect(codesOf([alwaysOn], {}, { osVersion: '18.0' })).toEqual([4001, 1000, 2003]);
  });

  it('outside the enumerations and ranges of its keys is refused with 2004', () => {
    expect(fault(ikev2({ MTU: 1500 }))).toEqual(value('IKEv2.MTU'));
    expect(fault(ikev2({ MTU: 1400, DeadPeerDetectionRate: 'Low' }))).toBeUndefined();
    expect(fault(ikev2({ DeadPeerDetectionRate: 'Often' }))).toEqual(value('IKEv2.DeadPeerDetectionRate'));
    expect(fault(ikev2({ EnablePFS: 2 }))).toEqual(value('IKEv2.EnablePFS'));
    const association = (entries: Record<string, PlistValue>) =>
      fault(ikev2({ IKESecurityAssociationParameters: dict(entries) }))?.[1];
    expect(association({ EncryptionAlgorithm: 'RC4' })).toMatch(/EncryptionAlgorithm$/);
    expect(association({ IntegrityAlgorithm: 'MD5' })).toMatch(/IntegrityAlgorithm$/);
    expect(association({ DiffieHellmanGroup: 3 })).toMatch(/DiffieHellmanGroup$/);
    expect(association({ LifeTimeInMinutes: 9 })).toMatch(/LifeTimeInMinutes$/);
    expect(association({ DiffieHellmanGroup: 31, LifeTimeInMinutes: 10 })).toBeUndefined();
  });

  it('whose TLS versions leave none is refused with 15000', () => {
    expect(fault(ikev2({ TLSMinimumVersion: '1.2', TLSMaximumVersion: '1.1' }))?.[0]).toEqual(failed(15000));
    expect(fault(ikev2({ TLSMinimumVersion: '1.2', TLSMaximumVersion: '1.2' }))).toBeUndefined();
  });

  it('reads its on-demand rules to the end', () => {
    const rules = (...list: PlistValue[]) => fault(ikev2({ OnDemandEnabled: 1, OnDemandRules: list }));
    expect(rules(dict({ Action: 'Connect', InterfaceTypeMatch: 'WiFi', SSIDMatch: ['Cafe'] }))).toBeUndefined();
    expect(rules(dict({ Action: 'Dial' }))).toEqual(value('IKEv2.OnDemandRules.0.Action'));
    expect(rules(dict({ Action: 'Ignore', InterfaceTypeMatch: 'Avian' }))?.[0]).toEqual([4001, 1000, 2004]);
    expect(rules(dict({ Action: 'EvaluateConnection' }))?.[0]).toEqual(failed(15005));
    const parameters = dict({ Domains: ['example.com'], DomainAction: 'ConnectIfNeeded' });
    expect(rules(dict({ Action: 'EvaluateConnection', ActionParameters: [parameters] }))).toBeUndefined();
    expect(rules(dict({ Action: 'EvaluateConnection', ActionParameters: [dict({ Domains: [] })] }))).toEqual(
      missing('IKEv2.OnDemandRules.0.ActionParameters.0.DomainAction'),
    );
  });
});

describe('what Apple’s schema says in words', () => {
  it('IKEv2 has a server, and no sub type but an empty one', () => {
    expect(fault(ikev2({ RemoteAddress: '' }))).toEqual(missing('IKEv2.RemoteAddress'));
    expect(fault(ikev2({}, { VPNSubType: '' }))).toBeUndefined();
    expect(fault(ikev2({}, { VPNSubType: 'com.example.vpn' }))).toEqual(value('VPNSubType'));
  });

  it.each(['HTTP', 'HTTPS'])('an %s proxy has a port', (scheme) => {
    const proxies = (entries: Record<string, PlistValue>) => fault(ikev2({}, { Proxies: dict(entries) }));
    expect(proxies({ [`${scheme}Proxy`]: 'p.example.com' })).toEqual(missing(`Proxies.${scheme}Port`));
    expect(proxies({ [`${scheme}Proxy`]: 'p.example.com', [`${scheme}Port`]: 8080 })).toBeUndefined();
    expect(proxies({ [`${scheme}Port`]: 65_536 })?.[0]).toEqual([4001, 1000, 2004]);
  });

  it('a VPN for some apps is judged as any other, and needs its VPNUUID', () => {
    const layer = 'com.apple.vpn.managed.applayer';
    const made = (entries: Record<string, PlistValue | undefined>) =>
      fault(dict({ ...ikev2(), PayloadType: layer, VPNUUID: 'one', ...entries }));
    expect(made({})).toBeUndefined();
    expect(made({ VPNUUID: undefined })).toEqual(missing('VPNUUID'));
    expect(made({ SafariDomains: ['example.com'], OnDemandMatchAppEnabled: 1 })).toEqual([
      [4001, 1000, 2003],
      'OnDemandMatchAppEnabled',
    ]);
    expect(made({ IKEv2: dict({ ...ikev2Settings(), PayloadCertificateUUID: uuid(77) }) })?.[0]).toEqual(failed(15003));
  });
});

describe('the other types', () => {
  it('L2TP needs the address of its server', () => {
    const ppp = { CommRemoteAddress: 'vpn.example.com', AuthName: 'ann' };
    const ipsec = { AuthenticationMethod: 'SharedSecret', SharedSecret: Buffer.from('hush') };
    expect(fault(vpn('L2TP', { PPP: dict(ppp), IPSec: dict(ipsec) }))).toBeUndefined();
    expect(fault(vpn('L2TP', { PPP: dict({ AuthName: 'ann' }) }))).toEqual(missing('PPP.CommRemoteAddress'));
    expect(fault(vpn('L2TP', { PPP: dict({ ...ppp, AuthProtocol: [] }) }))).toEqual(value('PPP.AuthProtocol'));
    const certificate = dict({ AuthenticationMethod: 'Certificate' });
    expect(fault(vpn('L2TP', { PPP: dict(ppp), IPSec: certificate }))?.[0]).toEqual(failed(15003));
  });

  it('IPSec needs an address, and a certificate where it says so', () => {
    expect(fault(vpn('IPSec', { IPSec: dict({ RemoteAddress: 'x.example.com' }) }))).toBeUndefined();
    expect(fault(vpn('IPSec', { IPSec: dict({}) }))).toEqual(missing('IPSec.RemoteAddress'));
    const certificate = { RemoteAddress: 'x', AuthenticationMethod: 'Certificate' };
    expect(fault(vpn('IPSec', { IPSec: dict(certificate) }))?.[0]).toEqual(failed(15003));
    expect(fault(vpn('IPSec', { IPSec: dict({ ...certificate, SharedSecret: 'text' }) }))?.[0]).toEqual([
      4001, 1000, 2003,
    ]);
  });

  it("an app's VPN needs the sub type that names the app", () => {
    const app = { VPN: dict({ AuthenticationMethod: 'Password', ProviderType: 'app-proxy' }) };
    expect(fault(vpn('VPN', { ...app, VPNSubType: 'com.example.vpn' }))).toBeUndefined();
    expect(fault(vpn('VPN', app))).toEqual(missing('VPNSubType'));
    const both = { VPN: dict({ AuthenticationMethod: 'Password+Certificate' }), VPNSubType: 'com.example.vpn' };
    expect(fault(vpn('VPN', both))?.[0]).toEqual(failed(15003));
  });

  it('always-on needs a tunnel by IKEv2 with a strong group', () => {
    const tunnel = (entries: Record<string, PlistValue> = {}) =>
      vpn('AlwaysOn', { AlwaysOn: dict({ TunnelConfigurations: [dict({ ProtocolType: 'IKEv2', ...entries })] }) });
    expect(fault(tunnel())).toBeUndefined();
    expect(fault(tunnel({ ...ikev2Settings(), Interfaces: ['WiFi'] }))).toBeUndefined();
    expect(fault(tunnel({ ProtocolType: 'L2TP' }))?.[0]).toEqual([4001, 1000, 2004]);
    expect(fault(vpn('AlwaysOn', { AlwaysOn: dict({ TunnelConfigurations: [] }) }))?.[0]).toEqual(failed(15005));
    expect(fault(vpn('AlwaysOn', { AlwaysOn: dict({}) }))).toEqual(missing('AlwaysOn.TunnelConfigurations'));
    const weak = { IKESecurityAssociationParameters: dict({ DiffieHellmanGroup: 5 }) };
    expect(fault(tunnel(weak))?.[0]).toEqual([4001, 1000, 2004]);
    expect(fault(tunnel({ PayloadCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(15003));
  });
});
