// com.apple.wifi.managed.
import { payloadTypes } from '../../protocol/apple-mdm/profile/profile.js';
import { eapTypes } from '../../protocol/apple-mdm/profile/wifi.js';
import { dict, type PlistDict } from '../../protocol/plist/value.js';
import type { WifiEap, WifiProfile } from '../../protocol/vocabulary.js';
import type { PayloadContent, Reference } from './payload.js';

const encryptionTypes: Readonly<Record<WifiProfile['security'], string>> = {
  none: 'None',
  wep: 'WEP',
  wpa: 'WPA',
  wpa2: 'WPA2',
  wpa3: 'WPA3',
  any: 'Any',
};
const innerTypes: Readonly<Record<NonNullable<WifiEap['innerAuthentication']>, string>> = {
  pap: 'PAP',
  eap: 'EAP',
  chap: 'CHAP',
  mschap: 'MSCHAP',
  mschapv2: 'MSCHAPv2',
};

export function wifiPayload(profile: WifiProfile, reference: Reference): PayloadContent {
  const { eap } = profile;
  return {
    type: payloadTypes.wifi,
    keys: dict({
      SSID_STR: profile.ssid,
      HIDDEN_NETWORK: profile.hidden,
      AutoJoin: profile.autoJoin,
      EncryptionType: encryptionTypes[profile.security],
      Password: profile.passphrase,
      PayloadCertificateUUID: eap?.identity === undefined ? undefined : reference(eap.identity),
      EAPClientConfiguration: eap && eapKeys(eap, reference),
    }),
  };
}

function eapKeys(eap: WifiEap, reference: Reference): PlistDict {
  return dict({
    AcceptEAPTypes: eap.types.map((type) => eapTypes[type]),
    UserName: eap.username,
    UserPassword: eap.password,
    TTLSInnerAuthentication: eap.innerAuthentication && innerTypes[eap.innerAuthentication],
    PayloadCertificateAnchorUUID: eap.anchors?.map(reference),
    TLSTrustedServerNames: eap.serverNames && [...eap.serverNames],
  });
}
