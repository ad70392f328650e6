import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../base/json.js';
import { networkOf, profileOf } from '../../../protocol/onc/profile.js';
import { readOnc } from '../../../protocol/onc/read.js';
import type { OncDocument, OncNetwork } from '../../../protocol/onc/types.js';
import { writeOnc } from '../../../protocol/onc/write.js';
import type { WifiProfile } from '../../../protocol/vocabulary.js';
import { anyCharacter } from '../../support/characters.js';
import { selfSigned } from '../../support/self-signed.js';

const wifi = { SSID: 'Corp', Security: 'WPA-PSK', Passphrase: 'correct horse' };
const network = (changes: JsonObject = {}, above: JsonObject = {}): JsonObject => ({
  GUID: 'a',
  Name: 'Corp',
  Type: 'WiFi',
  WiFi: { ...wifi, ...changes },
  ...above,
});
const x509 = selfSigned('CA').certificate.toString('base64');
const eap = (changes: JsonObject = {}): JsonObject => ({
  Outer: 'EAP-TTLS',
  Inner: 'PAP',
  ServerCARefs: ['ca'],
  DomainSuffixMatch: ['radius.contoso.example'],
  ...changes,
});
const authority = { GUID: 'ca', Type: 'Authority', X509: x509 };
const read = (...networks: JsonValue[]) => readOnc({ NetworkConfigurations: networks, Certificates: [authority] });
const enterprise = (changes: JsonObject = {}, security = 'WPA-EAP') =>
  read(network({ Security: security, EAP: eap(changes) })).refusals.map(({ path, reason }) => `${path}: ${reason}`)[0];
const personal = (changes: JsonObject) =>
  read(network(changes)).refusals.map(({ path, reason }) => `${path}: ${reason}`)[0];

describe('Open Network Configuration', () => {
  it('is taken as Android Management’s documentation writes it', () => {
    const { networks, certificates, refusals } = readOnc({
      Type: 'UnencryptedConfiguration',
      NetworkConfigurations: [network({ Security: 'WPA-EAP', EAP: eap({ Identity: 'me', Password: 'hush' }) })],
      Certificates: [authority],
    });
    expect(refusals).toEqual([]);
    expect(certificates).toHaveLength(1);
    expect(networks).toMatchObject([
      { guid: 'a', hidden: false, autoConnect: false, eap: { outer: 'EAP-TTLS', inner: 'PAP', identity: 'me' } },
    ]);
  });

  // biome-ignore format: a table
  it.each([
    [{ Security: 'WPA3-Personal' }, 'WiFi.Security: "WPA3-Personal" is none of None'],
    [{ Security: 'WEP-8021X' }, 'WiFi.Security: "WEP-8021X" is none of None'],
    [{ Security: 1 }, 'WiFi.Security: is no text'],
    [{ SSID: '' }, 'WiFi.SSID: has 0 octets'],
    [{ SSID: 'é'.repeat(16) }, undefined],
    [{ SSID: 'x'.repeat(33) }, 'WiFi.SSID: has 33 octets'],
    [{ HexSSID: '436F7270' }, undefined],
    [{ HexSSID: '436F72' }, 'WiFi.HexSSID: says another name than SSID'],
    [{ HexSSID: 'xy' }, 'WiFi.HexSSID: is no hexadecimal text'],
    [{ Passphrase: '1234567' }, 'WiFi.Passphrase: has 7 octets'],
    [{ Passphrase: 'é'.repeat(32) }, 'WiFi.Passphrase: has 64 octets'],
    [{ Passphrase: '0'.repeat(64) }, undefined],
    [{ Passphrase: 'g'.repeat(64) }, 'WiFi.Passphrase: has 64 octets'],
    [{ Passphrase: 'é'.repeat(4) }, undefined],
    [{ Security: 'WEP-PSK', Passphrase: '0x0123456789' }, undefined],
    [{ Security: 'WEP-PSK', Passphrase: '0'.repeat(26) }, undefined],
    [{ Security: 'WEP-PSK', Passphrase: 'abcde' }, 'WiFi.Passphrase: is no WEP key'],
    [{ HiddenSSID: 'true' }, 'WiFi.HiddenSSID: is neither true nor false'],
    [{ AllowGatewayARPPolling: true }, 'WiFi.AllowGatewayARPPolling: is not supported'],
    [{ Security: 'None', Passphrase: 'x' }, undefined],
    [{ Security: 'WPA-EAP' }, 'WiFi.EAP: is missing'],
  ])('judges a network by its keys: %j', (changes, expected) => {
    const found = personal(changes);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(`NetworkConfigurations[0].${expected}`);
  });

  // biome-ignore format: a table
  it.each([
    [{ DomainSuffixMatch: [] }, 'DomainSuffixMatch: is missing or empty'],
    [{ DomainSuffixMatch: ['a b'] }, 'DomainSuffixMatch[0]: is no domain name'],
    [{ DomainSuffixMatch: 'a.example' }, 'DomainSuffixMatch: is no list'],
    [{ ServerCARefs: [] }, 'ServerCARefs: is missing'],
    [{ ServerCARefs: ['other'] }, 'ServerCARefs: "other" is no authority'],
    [{ ServerCARef: 'ca' }, 'ServerCARef: stands beside ServerCARefs'],
    [{ Outer: 'LEAP' }, 'Outer: "LEAP" is none of'],
    [{ Inner: 'MSCHAP' }, 'Inner: "MSCHAP" is none of'],
    [{ Outer: 'PEAP' }, 'Inner: PAP is not spoken within PEAP'],
    [{ Outer: 'EAP-TLS' }, 'ClientCertType: is missing'],
    [{ Outer: 'EAP-TLS', ClientCertType: 'Pattern' }, 'ClientCertType: "Pattern" is none of'],
    [{ Outer: 'EAP-TLS', ClientCertType: 'Ref', ClientCertRef: 'ca' }, 'ClientCertRef: "ca" is no client'],
    [{ Outer: 'EAP-TLS', ClientCertType: 'KeyPairAlias' }, 'ClientCertKeyPairAlias: is missing'],
    [{ SaveCredentials: true }, 'SaveCredentials: is not supported'],
    [{ UseSystemCAs: true }, 'UseSystemCAs: is not supported'],
  ])('judges how a network signs in: %j', (changes, expected) => {
    expect(enterprise(changes)).toContain(`NetworkConfigurations[0].WiFi.EAP.${expected}`);
  });

  it('takes 192 bits by EAP-TLS alone', () => {
    expect(enterprise({}, 'WPA3-Enterprise_192')).toContain('EAP.Outer: is not EAP-TLS');
    const tls = { Outer: 'EAP-TLS', ClientCertType: 'KeyPairAlias', ClientCertKeyPairAlias: 'me' };
    expect(enterprise(tls, 'WPA3-Enterprise_192')).toBeUndefined();
  });

  it('refuses each part by itself, and the second of a GUID', () => {
    const { networks, refusals } = read(
      network(),
      network({ SSID: 'Other' }),
      network({}, { GUID: 'b', Type: 'VPN' }),
      5,
    );
    expect(networks).toHaveLength(1);
    expect(refusals).toMatchObject([
      { path: 'NetworkConfigurations[2].Type', guid: 'b' },
      { path: 'NetworkConfigurations[3]' },
      { path: 'NetworkConfigurations', reason: 'two have the GUID a' },
    ]);
    expect(readOnc({ Type: 'EncryptedConfiguration' }).refusals).toMatchObject([{ path: 'Type' }]);
    expect(readOnc([]).refusals).toMatchObject([{ path: '' }]);
    expect(readOnc({ Certificates: [{ GUID: 'x', Type: 'Authority', X509: 'AAAA' }] }).refusals).toMatchObject([
      { path: 'Certificates[0].X509', reason: 'is no certificate' },
    ]);
  });

  it('is read as it was written', () => {
    const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 12 });
    const networks: fc.Arbitrary<OncNetwork> = fc.record({
      guid: text,
      name: text,
      ssid: fc.uint8Array({ minLength: 1, maxLength: 32 }),
      security: fc.constant('WPA-PSK' as const),
      passphrase: fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 63 }),
      hidden: fc.boolean(),
      autoConnect: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(networks, { selector: ({ guid }) => guid, maxLength: 3 }), (list) => {
        const document: OncDocument = { networks: list, certificates: [] };
        const { networks: found, refusals } = readOnc(JSON.parse(JSON.stringify(writeOnc(document))));
        expect(refusals).toEqual([]);
        expect(found.map((each) => ({ ...each, ssid: new Uint8Array(each.ssid) }))).toEqual(list);
      }),
      { numRuns: 100 },
    );
  });

  it('carries a neutral network both ways, and refuses what it has no word for', () => {
    const profile: WifiProfile = {
      kind: 'wifi',
      name: 'corp',
      ssid: 'Corp',
      hidden: true,
      autoJoin: true,
      security: 'wpa3',
      eap: {
        types: ['tls'],
        username: 'me',
        identity: 'id',
        anchors: ['root'],
        serverNames: ['radius.contoso.example'],
      },
    };
    const names = {
      guid: 'g',
      authority: () => 'ca',
      client: () => ({ type: 'KeyPairAlias', alias: 'key' }) as const,
    };
    const written = networkOf(profile, names);
    writeOnc({
      networks: [written],
      certificates: [{ type: 'Authority', guid: 'ca', x509: Buffer.from(x509, 'base64') }],
    });
    const back = { name: 'corp', authority: () => 'root', client: () => 'id' };
    expect(profileOf(written, back)).toEqual(profile);
    const { eap: _no, ...open } = profile;
    expect(profileOf(networkOf({ ...open, passphrase: 'correct horse' }, names), back)).toMatchObject({
      security: 'wpa2',
    });
    expect(() => networkOf({ ...profile, eap: { types: ['leap'] } }, names)).toThrow(/none of its EAP methods/);
    expect(() => networkOf(open, names)).toThrow(/no passphrase/);
    expect(() => networkOf(profile, { ...names, authority: () => undefined })).toThrow(/"root" is not there/);
  });
});
