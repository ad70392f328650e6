// WiFi CSP: the node is the network's name (SSID), and holds a WLANProfile document.
import { type EapHostConfig, type EapMethod, eapMethods } from '../../protocol/csp/eap.js';
import { type WlanSecurity, type WlanSharedKey, writeWlanProfile } from '../../protocol/csp/wlan-profile.js';
import { joinLocUri } from '../../protocol/syncml/loc-uri.js';
import type { WifiEap, WifiProfile } from '../../protocol/vocabulary.js';
import { fingerprint } from '../../protocol/x509/certificate.js';
import { stubError } from '../errors.js';
import type { RenderContext, Rendered } from './rendered.js';
import { add, replace } from './steps.js';

/** Throws MESSAGE_REFUSED for what a WLAN profile cannot say, NOT_FOUND where a certificate that it names is not assigned. */
export function renderWifi(profile: WifiProfile, context: RenderContext): Rendered {
  const { ssid, hidden, autoJoin } = profile;
  const octets = Buffer.from(ssid, 'utf8');
  if (octets.length === 0 || octets.length > 32) {
    throw stubError('MESSAGE_REFUSED', `profile "${profile.name}": a network name has 1 to 32 octets`);
  }
  const node = joinLocUri(['Device', 'Vendor', 'MSFT', 'WiFi', 'Profile', ssid]);
  const xml = writeWlanProfile({
    name: ssid,
    ssid: octets,
    connectionType: 'ESS',
    connectionMode: autoJoin ? 'auto' : 'manual',
    nonBroadcast: hidden,
    ...security(profile, context),
  });
  return {
    nodes: [node],
    shape: 'WlanXml',
    add: [add(`${node}/WlanXml`, xml)],
    change: [replace(`${node}/WlanXml`, xml)], // Learn: only where the node exists
    isOfUser: false,
  };
}

const personal = {
  wpa: { authentication: 'WPAPSK', encryption: 'TKIP' },
  wpa2: { authentication: 'WPA2PSK', encryption: 'AES' },
  wpa3: { authentication: 'WPA3SAE', encryption: 'AES' },
  any: { authentication: 'WPA2PSK', encryption: 'AES' },
} as const;
const enterprise = {
  wpa: { authentication: 'WPA', encryption: 'TKIP' },
  wpa2: { authentication: 'WPA2', encryption: 'AES' },
  wpa3: { authentication: 'WPA3ENT', encryption: 'AES' },
  any: { authentication: 'WPA2', encryption: 'AES' },
} as const;

function security(profile: WifiProfile, context: RenderContext): WlanSecurity {
  const { security: kind, passphrase = '', eap } = profile;
  if (kind === 'none') return { authentication: 'open', encryption: 'none', useOneX: false };
  if (kind === 'wep')
    return { authentication: 'open', encryption: 'WEP', useOneX: false, sharedKey: key(passphrase, true) };
  if (eap !== undefined) {
    return { ...enterprise[kind], useOneX: true, oneX: { eap: eapConfig(profile.name, eap, context) } };
  }
  return { ...personal[kind], useOneX: false, sharedKey: key(passphrase, kind !== 'wpa3' && isRawKey(passphrase)) };
}

const isRawKey = (passphrase: string): boolean => /^[0-9A-Fa-f]{64}$/.test(passphrase);
const key = (keyMaterial: string, isRaw: boolean): WlanSharedKey => ({
  keyType: isRaw ? 'networkKey' : 'passPhrase',
  isProtected: false,
  keyMaterial,
});

/** The first of the profile's methods that Windows has settings for. Names and passwords are not in such a document: a person types them. */
function eapConfig(name: string, eap: WifiEap, context: RenderContext): EapHostConfig {
  if (eap.identity !== undefined) assigned(name, eap.identity, context);
  const server = {
    isPerformed: true,
    serverNames: eap.serverNames ?? [],
    trustedRoots: (eap.anchors ?? []).map((anchor) => thumbprintOf(name, anchor, context)),
    isPromptDisabled: true,
  };
  const mschapv2: EapMethod = { type: eapMethods.mschapv2 };
  for (const type of eap.types) {
    if (type === 'tls') return { type: eapMethods.tls, authorId: 0, server };
    if (type === 'peap') return { type: eapMethods.peap, authorId: 0, server, inner: mschapv2 };
    if (type === 'ttls') {
      return { type: eapMethods.ttls, authorId: 311, server, phase2: eap.innerAuthentication ?? 'mschapv2' };
    }
  }
  throw stubError('MESSAGE_REFUSED', `profile "${name}": Windows has none of its EAP methods`);
}

function assigned(profile: string, name: string, { certificate }: RenderContext) {
  const found = certificate(name);
  if (found === undefined) {
    throw stubError('NOT_FOUND', `profile "${profile}" names certificate "${name}", which is not assigned`);
  }
  return found;
}

/** SHA-1 of the certificate that an anchor is, as EAP settings name it. */
function thumbprintOf(profile: string, name: string, context: RenderContext): string {
  const { source } = assigned(profile, name, context);
  if (source.type !== 'der') {
    throw stubError('MESSAGE_REFUSED', `profile "${profile}": the anchor "${name}" is no certificate by itself`);
  }
  return fingerprint(source.der, 'sha1').toString('hex').toUpperCase();
}
