// com.apple.wifi.managed. Installed by MDM nobody is asked, so a network that names its encryption must bring its
// passphrase (13002) or its 802.1X settings. `Any` and 802.1X user names may be left to the moment of joining.
import type { PlistDict } from '../../plist/value.js';
import type { Family, Siblings } from './family.js';
import { isHostName } from './mail.js';
import { isAnchor, isIdentity, type Payload } from './profile.js';
import { payloadFailed, payloadFault } from './refusals.js';
import { dictOf, flag, integer, listOf, oneOf, oneOfNumbers, required, text, texts, uuid } from './rules.js';
import { dictAt, flagAt, integerAt, listAt, textAt, textsAt, wholeNumber } from './values.js';

const tlsVersion = oneOf('1.0', '1.1', '1.2', '1.3');
export const eapTypes = { tls: 13, leap: 17, sim: 18, ttls: 21, aka: 23, peap: 25, fast: 43 } as const;

export const wifi: Family = {
  types: ['com.apple.wifi.managed'],
  rules: {
    AutoJoin: flag,
    SSID_STR: text(),
    HIDDEN_NETWORK: flag,
    ProxyType: oneOf('None', 'Manual', 'Auto'),
    EncryptionType: oneOf('WEP', 'WPA', 'WPA2', 'WPA3', 'Any', 'None'),
    Password: text(),
    PayloadCertificateUUID: uuid,
    EAPClientConfiguration: dictOf({
      AcceptEAPTypes: required(listOf(oneOfNumbers(13, 17, 18, 21, 23, 25, 43))),
      UserName: text(),
      UserPassword: text(),
      PayloadCertificateAnchorUUID: listOf(uuid),
      TLSTrustedCertificates: texts,
      TLSTrustedServerNames: texts,
      TLSCertificateIsRequired: flag,
      TTLSInnerAuthentication: oneOf('PAP', 'EAP', 'CHAP', 'MSCHAP', 'MSCHAPv2'),
      TLSMinimumVersion: tlsVersion,
      TLSMaximumVersion: tlsVersion,
      OuterIdentity: text(),
      EAPFASTUsePAC: flag,
      EAPFASTProvisionPAC: flag,
      EAPFASTProvisionPACAnonymously: flag,
      EAPSIMNumberOfRANDs: oneOfNumbers(2, 3),
      SystemModeCredentialsSource: text(),
      SystemModeUseOpenDirectoryCredentials: flag,
      OneTimeUserPassword: flag,
    }),
    DisplayedOperatorName: text(),
    DomainName: text(),
    RoamingConsortiumOIs: listOf(text(/^([0-9A-Za-z]{6})|([0-9A-Za-z]{9})$/)),
    ServiceProviderRoamingEnabled: flag,
    IsHotspot: flag,
    HESSID: text(),
    NAIRealmNames: texts,
    MCCAndMNCs: listOf(text(/^[0-9]{6}$/)),
    CaptiveBypass: flag,
    QoSMarkingPolicy: dictOf({
      QoSMarkingAllowListAppIdentifiers: texts,
      QoSMarkingWhitelistedAppIdentifiers: texts,
      QoSMarkingAppleAudioVideoCalls: flag,
      QoSMarkingEnabled: flag,
    }),
    EnableIPv6: flag,
    TLSCertificateRequired: flag,
    ProxyServer: text(),
    ProxyServerPort: integer(),
    ProxyUsername: text(),
    ProxyPassword: text(),
    ProxyPACURL: text(),
    ProxyPACFallbackAllowed: flag,
    DisableAssociationMACRandomization: flag,
  },
  check(payload, siblings) {
    const { content } = payload;
    // The SSID is optional for a Hotspot 2.0 network, which goes by its domain.
    if ((textAt(content, 'SSID_STR') ?? '') === '' && textAt(content, 'DomainName') === undefined)
      throw payloadFault('missing', 'SSID_STR', payload);
    const eap = dictAt(content, 'EAPClientConfiguration');
    const encryption = textAt(content, 'EncryptionType') ?? 'Any';
    const needsPassword = encryption !== 'None' && encryption !== 'Any' && eap === undefined;
    if (needsPassword && (textAt(content, 'Password') ?? '') === '')
      throw payloadFailed(payload, 'wifi', 13002, `A ${encryption} network needs a password.`);
    const identity = textAt(content, 'PayloadCertificateUUID');
    if (identity !== undefined) requireIdentity(payload, siblings, identity);
    if (eap !== undefined) checkEap(payload, eap, siblings);
    checkProxy(payload);
  },
};

const noEap = (payload: Payload, why: string) =>
  payloadFailed(payload, 'wifi', 13004, `802.1X cannot be set up: ${why}.`);

function requireIdentity(payload: Payload, siblings: Siblings, uuid: string): void {
  const found = siblings.get(uuid);
  if (found === undefined) throw noEap(payload, `the identity ${uuid} is not in the profile`);
  if (!isIdentity(found)) throw noEap(payload, `the certificate ${uuid} is not an identity`);
}

function checkEap(payload: Payload, eap: PlistDict, siblings: Siblings): void {
  const types = listAt(eap, 'AcceptEAPTypes').map(wholeNumber);
  if (types.length === 0) throw noEap(payload, 'no EAP type is accepted');
  if (types.includes(eapTypes.tls) && textAt(payload.content, 'PayloadCertificateUUID') === undefined)
    throw noEap(payload, 'EAP-TLS needs an identity');
  if (textAt(eap, 'UserPassword') !== undefined && (textAt(eap, 'UserName') ?? '') === '')
    throw payloadFailed(payload, 'wifi', 13001, 'A password needs the name of its user.');
  if (textAt(eap, 'SystemModeCredentialsSource') !== undefined && flagAt(eap, 'SystemModeUseOpenDirectoryCredentials'))
    throw noEap(payload, 'credentials cannot come from two directories');
  for (const anchor of textsAt(eap, 'PayloadCertificateAnchorUUID')) {
    const found = siblings.get(anchor);
    if (found === undefined) throw noEap(payload, `the anchor ${anchor} is not in the profile`);
    if (!isAnchor(found)) throw noEap(payload, `the payload ${anchor} is not a certificate to trust`);
  }
  const least = textAt(eap, 'TLSMinimumVersion');
  const most = textAt(eap, 'TLSMaximumVersion');
  if (least !== undefined && most !== undefined && least > most)
    throw noEap(payload, `TLS ${least} at least and ${most} at most leaves no version`);
  if (least === '1.3' && (textAt(eap, 'OuterIdentity') ?? '') === '')
    throw noEap(payload, 'TLS 1.3 needs an outer identity');
}

/** 13005: a manual proxy without its server and port, an automatic one whose address is no URL. */
function checkProxy(payload: Payload): void {
  const { content } = payload;
  const fail = (why: string) => payloadFailed(payload, 'wifi', 13005, `The proxy cannot be set up: ${why}.`);
  const type = textAt(content, 'ProxyType') ?? 'None';
  const port = integerAt(content, 'ProxyServerPort');
  if (port !== undefined && (port < 0 || port > 65_535)) throw fail(`${port} is not a port`);
  if (type === 'Manual') {
    if (!isHostName(textAt(content, 'ProxyServer') ?? '')) throw fail('it has no server');
    if (port === undefined) throw fail('it has no port');
  }
  const address = textAt(content, 'ProxyPACURL');
  if (type === 'Auto' && address !== undefined && !URL.canParse(address)) throw fail(`“${address}” is not a URL`);
}
