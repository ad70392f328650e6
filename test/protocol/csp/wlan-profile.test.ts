import { describe, expect, it } from 'vitest';
import { eapMethods } from '../../../protocol/csp/eap.js';
import { readWlanProfile, type WlanProfile, writeWlanProfile } from '../../../protocol/csp/wlan-profile.js';

const namespace = 'http://www.microsoft.com/networking/WLAN/profile/v1';
const psk =
  '<sharedKey><keyType>passPhrase</keyType><protected>false</protected><keyMaterial>correct horse</keyMaterial></sharedKey>';

/** As Learn lays such a document out: with a declaration, line breaks and indentation. */
const document = (parts: {
  readonly name?: string;
  readonly ssid?: string;
  readonly head?: string;
  readonly pair?: readonly [authentication: string, encryption: string];
  readonly oneX?: string;
  readonly key?: string;
  readonly rest?: string;
}) => `<?xml version="1.0" encoding="US-ASCII"?>
<WLANProfile xmlns="${namespace}">
  <name>${parts.name ?? 'Corp Net'}</name>
  <SSIDConfig>
    <SSID>${parts.ssid ?? '<hex>436F7270204E6574</hex><name>Corp Net</name>'}</SSID>
    <nonBroadcast>true</nonBroadcast>
  </SSIDConfig>
  ${parts.head ?? '<connectionType>ESS</connectionType><connectionMode>manual</connectionMode>'}
  <MSM>
    <security>
      <authEncryption>
        <authentication>${parts.pair?.[0] ?? 'WPA2PSK'}</authentication>
        <encryption>${parts.pair?.[1] ?? 'AES'}</encryption>
        <useOneX>${parts.oneX === undefined ? 'false' : 'true'}</useOneX>
      </authEncryption>
      ${parts.key ?? (parts.oneX === undefined ? psk : '')}
      ${parts.oneX ?? ''}
    </security>
  </MSM>
  ${parts.rest ?? ''}
</WLANProfile>`;

const peap = `<OneX xmlns="http://www.microsoft.com/networking/OneX/v1"><authMode>user</authMode><EAPConfig>
<EapHostConfig xmlns="http://www.microsoft.com/provisioning/EapHostConfig"><EapMethod>
<Type xmlns="http://www.microsoft.com/provisioning/EapCommon">25</Type>
<VendorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorId>
<VendorType xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorType>
<AuthorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</AuthorId></EapMethod>
<Config xmlns="http://www.microsoft.com/provisioning/EapHostConfig">
<Eap xmlns="http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1"><Type>25</Type>
<EapType xmlns="http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV1"><ServerValidation>
<DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation>
<ServerNames>radius.contoso.example;backup.contoso.example</ServerNames>
<TrustedRootCA>0a 1b 2c 3d 4e 5f 60 71 82 93 a4 b5 c6 d7 e8 f9 00 11 22 33 </TrustedRootCA></ServerValidation>
<FastReconnect>true</FastReconnect><InnerEapOptional>false</InnerEapOptional>
<Eap xmlns="http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1"><Type>26</Type>
<EapType xmlns="http://www.microsoft.com/provisioning/MsChapV2ConnectionPropertiesV1">
<UseWinLogonCredentials>false</UseWinLogonCredentials></EapType></Eap>
<EnableQuarantineChecks>false</EnableQuarantineChecks><RequireCryptoBinding>false</RequireCryptoBinding>
<PeapExtensions><PerformServerValidation xmlns="http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV2">true</PerformServerValidation>
<AcceptServerName xmlns="http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV2">true</AcceptServerName>
</PeapExtensions></EapType></Eap></Config></EapHostConfig></EAPConfig></OneX>`;

describe('a WLAN profile', () => {
  it('is read as Learn writes one: declaration of another encoding, indentation, both forms of the SSID', () => {
    expect(readWlanProfile(document({}))).toEqual({
      name: 'Corp Net',
      ssid: Buffer.from('Corp Net'),
      nonBroadcast: true,
      connectionType: 'ESS',
      connectionMode: 'manual',
      authentication: 'WPA2PSK',
      encryption: 'AES',
      useOneX: false,
      sharedKey: { keyType: 'passPhrase', isProtected: false, keyMaterial: 'correct horse' },
    });
  });

  it('is read with PEAP, its servers, its roots and the method inside', () => {
    const { oneX, sharedKey } = readWlanProfile(document({ pair: ['WPA2', 'AES'], oneX: peap }));
    expect(sharedKey).toBeUndefined();
    expect(oneX).toEqual({
      authMode: 'user',
      eap: {
        type: eapMethods.peap,
        authorId: 0,
        server: {
          isPerformed: true,
          isPromptDisabled: true,
          serverNames: ['radius.contoso.example', 'backup.contoso.example'],
          trustedRoots: ['0A1B2C3D4E5F60718293A4B5C6D7E8F900112233'],
        },
        inner: { type: eapMethods.mschapv2 },
      },
    });
  });

  it('passes over elements of other namespaces, wherever they stand', () => {
    const rest =
      '<MacRandomization xmlns="http://www.microsoft.com/networking/WLAN/profile/v3"><enableRandomization>false</enableRandomization></MacRandomization>';
    expect(readWlanProfile(document({ rest })).name).toBe('Corp Net');
  });

  it('connects by itself where it does not say, and is open where it has no MSM', () => {
    const xml = `<WLANProfile xmlns="${namespace}"><name>Guest</name><SSIDConfig><SSID><name>Guest</name></SSID></SSIDConfig><connectionType>ESS</connectionType></WLANProfile>`;
    expect(readWlanProfile(xml)).toMatchObject({
      connectionMode: 'auto',
      nonBroadcast: false,
      authentication: 'open',
      encryption: 'none',
    });
  });

  const connection = '<connectionType>ESS</connectionType>';
  const material = (keyType: string, keyMaterial: string) =>
    `<sharedKey><keyType>${keyType}</keyType><protected>false</protected><keyMaterial>${keyMaterial}</keyMaterial></sharedKey>`;
  it.each<[why: string, xml: string]>([
    ['no XML', 'WLANProfile'],
    ['cut off', document({}).slice(0, -5)],
    ['a DOCTYPE', document({}).replace('<WLANProfile', '<!DOCTYPE x []><WLANProfile')],
    ['another root', '<Profile/>'],
    ['another namespace', document({}).replace('/v1"', '/v9"')],
    ['an element that v1 does not have', document({ rest: '<cost>1</cost>' })],
    ['an element in the wrong place', document({ head: `<connectionMode>auto</connectionMode>${connection}` })],
    ['an element twice', document({ head: `${connection}${connection}` })],
    ['no connectionType', document({ head: '<connectionMode>auto</connectionMode>' })],
    ['a word that is none', document({ head: '<connectionType>ess</connectionType>' })],
    ['IBSS that connects by itself', document({ head: '<connectionType>IBSS</connectionType>' })],
    ['text between elements', document({ rest: 'hello' })],
    ['an empty name', document({ name: '' })],
    ['no SSID at all', document({ ssid: '' })],
    ['an SSID of 33 octets in hex', document({ ssid: `<hex>${'41'.repeat(33)}</hex>` })],
    ['an SSID of 33 octets in UTF-8', document({ ssid: `<name>${'ü'.repeat(16)}x</name>` })],
    ['an odd number of digits', document({ ssid: '<hex>414</hex>' })],
    ['a pair that does not exist', document({ pair: ['WPA2PSK', 'WEP'] })],
    ['a personal network without key', document({ key: '<keyIndex>1</keyIndex>' })],
    [
      'the key before its type',
      document({ key: psk.replace(/(<keyType>.*?<\/keyType>)(.*)(<keyMaterial>.*<\/keyMaterial>)/, '$3$2$1') }),
    ],
    ['a passphrase of 7 characters', document({ key: material('passPhrase', '1234567') })],
    ['a passphrase of 64 characters', document({ key: material('passPhrase', 'a'.repeat(64)) })],
    ['a passphrase beyond ASCII', document({ key: material('passPhrase', 'paßwörter!') })],
    ['a network key of 63 digits', document({ key: material('networkKey', 'a'.repeat(63)) })],
    ['an enterprise network without 802.1X', document({ pair: ['WPA2', 'AES'] })],
    ['a protected that is neither true nor false', document({ key: psk.replace('>false<', '>no<') })],
    ['PEAP where EapMethod says EAP-TLS', document({ pair: ['WPA2', 'AES'], oneX: peap.replace('>25<', '>13<') })],
    ['a thumbprint of 19 octets', document({ pair: ['WPA2', 'AES'], oneX: peap.replace(' 33 <', '<') })],
  ])('is refused: %s', (_why, xml) => {
    expect(() => readWlanProfile(xml)).toThrow(expect.objectContaining({ code: 'CSP_MALFORMED' }));
  });

  it('keeps the key out of what a refusal says', () => {
    const read = () => readWlanProfile(document({ key: material('passPhrase', 'hush-mü') }));
    expect(read).toThrow(/keyMaterial/);
    expect(read).not.toThrow(/hush/);
  });

  it('takes a key that another computer has protected, which nobody here can read', () => {
    const key = psk.replace('false', 'true').replace('correct horse', '01000000D08C9DDF');
    expect(readWlanProfile(document({ key })).sharedKey).toMatchObject({ isProtected: true });
  });

  const base: WlanProfile = {
    name: 'Büro & Söhne <1>',
    ssid: Buffer.from([0xff, 0x00, 0x41]),
    nonBroadcast: false,
    connectionType: 'ESS',
    connectionMode: 'auto',
    authentication: 'open',
    encryption: 'none',
    useOneX: false,
  };
  const server = {
    isPerformed: true,
    isPromptDisabled: true,
    serverNames: ['a.example'],
    trustedRoots: ['0A1B2C3D4E5F60718293A4B5C6D7E8F900112233'],
  };
  it.each<[what: string, profile: WlanProfile]>([
    ['an open network whose name is no text', base],
    [
      'a WPA3 network with a passphrase full of markup',
      {
        ...base,
        authentication: 'WPA3SAE',
        encryption: 'AES',
        sharedKey: { keyType: 'passPhrase', isProtected: false, keyMaterial: '<&"\'>]]>!' },
      },
    ],
    [
      'EAP-TLS with authorities of the client',
      {
        ...base,
        authentication: 'WPA2',
        encryption: 'AES',
        useOneX: true,
        oneX: {
          authMode: 'machine',
          eap: { type: 13, authorId: 0, server, issuers: ['FFEEDDCCBBAA99887766554433221100FFEEDDCC'] },
        },
      },
    ],
    [
      'PEAP with EAP-TLS inside and a name outside',
      {
        ...base,
        authentication: 'WPA3ENT',
        encryption: 'AES',
        useOneX: true,
        oneX: {
          eap: { type: 25, authorId: 0, server, inner: { type: 13, server }, anonymousIdentity: 'anonymous' },
        },
      },
    ],
    [
      'EAP-TTLS',
      {
        ...base,
        authentication: 'WPA',
        encryption: 'TKIP',
        useOneX: true,
        oneX: { eap: { type: 21, authorId: 311, server, phase2: 'pap' } },
      },
    ],
  ])('is written so that it is read again: %s', (_what, profile) => {
    expect(readWlanProfile(writeWlanProfile(profile))).toEqual(profile);
  });
});
