import { describe, expect, it } from 'vitest';
import { dict } from '../../../../protocol/plist/value.js';
import { eapWifi, fault, root, rootUuid, scep, scepUuid, uuid, wifi } from './make.js';

const failed = (code: number) => [4001, 1009, code];
const malformed = (code: number) => [4001, 1000, code];

describe('com.apple.wifi.managed', () => {
  it('is accepted open, with a passphrase, or with the default of any encryption', () => {
    for (const EncryptionType of ['WEP', 'WPA', 'WPA2', 'WPA3'])
      expect(fault(wifi({ EncryptionType }))).toBeUndefined();
    expect(fault(wifi({ EncryptionType: 'None', Password: undefined }))).toBeUndefined();
    expect(fault(wifi({ EncryptionType: undefined, Password: undefined }))).toBeUndefined();
  });

  it('without an SSID is refused with 2002, unless a Hotspot 2.0 domain takes its place', () => {
    expect(fault(wifi({ SSID_STR: undefined }))).toEqual([malformed(2002), 'SSID_STR']);
    const hotspot = { SSID_STR: undefined, DomainName: 'example.com', IsHotspot: true, MCCAndMNCs: ['310260'] };
    expect(fault(wifi(hotspot))).toBeUndefined();
    expect(fault(wifi({ ...hotspot, MCCAndMNCs: ['31026'] }))).toEqual([malformed(2004), 'MCCAndMNCs.0']);
  });

  it('of an unknown encryption or proxy is refused with 2004', () => {
    expect(fault(wifi({ EncryptionType: 'WPA4' }))).toEqual([malformed(2004), 'EncryptionType']);
    expect(fault(wifi({ ProxyType: 'Maybe' }))).toEqual([malformed(2004), 'ProxyType']);
  });

  it('with an encryption but no password is refused with 13002, for nobody is there to ask', () => {
    for (const EncryptionType of ['WEP', 'WPA', 'WPA2', 'WPA3'])
      expect(fault(wifi({ EncryptionType, Password: undefined }))?.[0]).toEqual(failed(13002));
  });

  it('with a manual proxy needs its server and port, or is refused with 13005', () => {
    const proxy = { ProxyType: 'Manual', ProxyServer: 'proxy.example.com', ProxyServerPort: 8080 };
    expect(fault(wifi(proxy))).toBeUndefined();
    expect(fault(wifi({ ...proxy, ProxyServer: undefined }))?.[0]).toEqual(failed(13005));
    expect(fault(wifi({ ...proxy, ProxyServerPort: undefined }))?.[0]).toEqual(failed(13005));
    expect(fault(wifi({ ...proxy, ProxyServerPort: 65_536 }))?.[0]).toEqual(failed(13005));
    expect(fault(wifi({ ProxyType: 'Auto', ProxyPACURL: 'https://example.com/x.pac' }))).toBeUndefined();
    expect(fault(wifi({ ProxyType: 'Auto' }))).toBeUndefined();
    expect(fault(wifi({ ProxyType: 'Auto', ProxyPACURL: 'nowhere' }))?.[0]).toEqual(failed(13005));
  });
});

describe('802.1X', () => {
  it('without accepted types is refused with 2002, with none or unknown ones with 13004 and 2004', () => {
    expect(fault(eapWifi({}))).toEqual([malformed(2002), 'EAPClientConfiguration.AcceptEAPTypes']);
    expect(fault(eapWifi({ AcceptEAPTypes: [] }))?.[0]).toEqual(failed(13004));
    expect(fault(eapWifi({ AcceptEAPTypes: [14] }))?.[0]).toEqual(malformed(2004));
    expect(fault(eapWifi({ AcceptEAPTypes: ['13'] }))?.[0]).toEqual(malformed(2003));
  });

  it('by EAP-TLS needs an identity of the same profile, or is refused with 13004', () => {
    const tls = { AcceptEAPTypes: [13] };
    expect(fault(eapWifi(tls, { PayloadCertificateUUID: scepUuid }), scep())).toBeUndefined();
    expect(fault(eapWifi(tls))?.[0]).toEqual(failed(13004));
    expect(fault(eapWifi(tls, { PayloadCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(13004));
    expect(fault(eapWifi(tls, { PayloadCertificateUUID: rootUuid }), root())?.[0]).toEqual(failed(13004));
  });

  it('by PEAP and TTLS may leave the user to the moment of joining, but not only the name', () => {
    expect(fault(eapWifi({ AcceptEAPTypes: [25] }))).toBeUndefined();
    const ttls = { AcceptEAPTypes: [21], UserName: 'ann', UserPassword: 'x', TTLSInnerAuthentication: 'PAP' };
    expect(fault(eapWifi(ttls))).toBeUndefined();
    expect(fault(eapWifi({ ...ttls, UserName: undefined }))?.[0]).toEqual(failed(13001));
    expect(fault(eapWifi({ ...ttls, TTLSInnerAuthentication: 'GTC' }))?.[0]).toEqual(malformed(2004));
  });

  it('trusts anchors of the same profile only, or is refused with 13004', () => {
    const peap = (anchor: string) => ({ AcceptEAPTypes: [25], PayloadCertificateAnchorUUID: [anchor] });
    expect(fault(eapWifi(peap(rootUuid)), root())).toBeUndefined();
    expect(fault(eapWifi(peap(uuid(77))))?.[0]).toEqual(failed(13004));
    expect(fault(eapWifi(peap(scepUuid)), scep())?.[0]).toEqual(failed(13004));
    expect(fault(eapWifi(peap('short')))?.[0]).toEqual(malformed(2004));
  });

  it('keeps its TLS versions in order, and names an outer identity for 1.3', () => {
    const peap = { AcceptEAPTypes: [25] };
    const order = { ...peap, TLSMinimumVersion: '1.2', TLSMaximumVersion: '1.0' };
    expect(fault(eapWifi(order))?.[0]).toEqual(failed(13004));
    const newest = { ...peap, TLSMinimumVersion: '1.3', TLSMaximumVersion: '1.3' };
    expect(fault(eapWifi(newest))?.[0]).toEqual(failed(13004));
    expect(fault(eapWifi({ ...newest, OuterIdentity: 'anonymous' }))).toBeUndefined();
    expect(fault(eapWifi({ ...peap, TLSMinimumVersion: '2' }))?.[0]).toEqual(malformed(2004));
  });

  it('asks EAP-SIM for two or three RANDs', () => {
    expect(fault(eapWifi({ AcceptEAPTypes: [18], EAPSIMNumberOfRANDs: 2 }))).toBeUndefined();
    expect(fault(eapWifi({ AcceptEAPTypes: [18], EAPSIMNumberOfRANDs: 4 }))?.[0]).toEqual(malformed(2004));
  });

  it('that is not a dictionary is refused with 2003', () => {
    expect(fault(wifi({ EAPClientConfiguration: [dict({})] }))?.[0]).toEqual(malformed(2003));
  });
});
