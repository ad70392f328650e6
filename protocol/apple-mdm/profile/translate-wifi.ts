// Wi-Fi networks in neutral words.
import type { PlistDict } from '../../plist/value.js';
import type { WifiEap, WifiProfile } from '../../vocabulary.js';
import { type Names, nameOf } from './names.js';
import type { Payload } from './profile.js';
import { dictAt, flagAt, listAt, optional, textAt, textsAt, wholeNumber } from './values.js';
import { eapTypes } from './wifi.js';

const wifiSecurity: Readonly<Record<string, WifiProfile['security']>> = {
  None: 'none',
  WEP: 'wep',
  WPA: 'wpa',
  WPA2: 'wpa2',
  WPA3: 'wpa3',
  Any: 'any',
};
const eapNames = new Map(
  (['tls', 'leap', 'sim', 'ttls', 'aka', 'peap', 'fast'] as const).map((name) => [eapTypes[name] as number, name]),
);
const innerNames = {
  PAP: 'pap',
  EAP: 'eap',
  CHAP: 'chap',
  MSCHAP: 'mschap',
  MSCHAPv2: 'mschapv2',
} as const satisfies Record<string, WifiEap['innerAuthentication']>;

export function wifiNetwork({ content }: Payload, name: string, names: Names): WifiProfile {
  const eap = dictAt(content, 'EAPClientConfiguration');
  const certificate = nameOf(names, textAt(content, 'PayloadCertificateUUID'));
  return {
    kind: 'wifi',
    name,
    ssid: textAt(content, 'SSID_STR') ?? '',
    hidden: flagAt(content, 'HIDDEN_NETWORK'),
    autoJoin: flagAt(content, 'AutoJoin', true),
    security: wifiSecurity[textAt(content, 'EncryptionType') ?? 'Any'] ?? 'any',
    ...optional('passphrase', textAt(content, 'Password')),
    ...(eap === undefined ? {} : { eap: eapSettings(eap, certificate, names) }),
  };
}

function eapSettings(eap: PlistDict, certificate: string | undefined, names: Names): WifiEap {
  const types = listAt(eap, 'AcceptEAPTypes').flatMap((value) => eapNames.get(wholeNumber(value) ?? 0) ?? []);
  const inner = textAt(eap, 'TTLSInnerAuthentication');
  const anchors = textsAt(eap, 'PayloadCertificateAnchorUUID').flatMap((uuid) => nameOf(names, uuid) ?? []);
  const serverNames = textsAt(eap, 'TLSTrustedServerNames');
  const innerName = Object.entries(innerNames).find(([key]) => key === inner)?.[1];
  return {
    types,
    ...optional('username', textAt(eap, 'UserName')),
    ...optional('password', textAt(eap, 'UserPassword')),
    ...optional('innerAuthentication', innerName ?? (types.includes('ttls') ? 'mschapv2' : undefined)),
    ...optional('identity', certificate),
    ...(anchors.length === 0 ? {} : { anchors }),
    ...(serverNames.length === 0 ? {} : { serverNames }),
  };
}
