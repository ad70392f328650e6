// WLANProfile v1, what WlanXml of the WiFi CSP holds (namespace .../networking/WLAN/profile/v1; MS-GPWL §6.3.1 has the schema).
import type { XmlElement } from '../xml/element.js';
import {
  booleanAt,
  inSequence,
  type Markup,
  malformed,
  neededPart,
  type Parts,
  partOf,
  plainText,
  readDocument,
  tag,
  tagIn,
  textAt,
  wordOf,
} from './document.js';
import { eapHostConfigMarkup, eapHostConfigOf } from './eap.js';
import {
  authModes,
  judgeSecurity,
  type OneX,
  type WlanSecurity,
  type WlanSharedKey,
  wlanAuthentications,
  wlanEncryptions,
} from './wlan-security.js';

export type { OneX, WlanAuthentication, WlanEncryption, WlanSecurity, WlanSharedKey } from './wlan-security.js';
export { wlanAuthentications, wlanEncryptions } from './wlan-security.js';

const wlanNamespace = 'http://www.microsoft.com/networking/WLAN/profile/v1';
const oneXNamespace = 'http://www.microsoft.com/networking/OneX/v1';

export interface WlanProfile extends WlanSecurity {
  /** Name of the profile, which Windows calls the network by. */
  readonly name: string;
  /** The octets of the network's name, 1 to 32: of `hex` where both forms are there. */
  readonly ssid: Uint8Array;
  readonly connectionType: 'ESS' | 'IBSS';
  readonly connectionMode: 'auto' | 'manual';
  readonly nonBroadcast: boolean;
}

/**
 * Reads a WLAN profile as strictly as its schema is: order of elements, words, lengths, and the pairs of authentication and
 * encryption that exist. Throws CSP_MALFORMED, whose message never holds the key.
 */
export function readWlanProfile(xml: string): WlanProfile {
  const root = readDocument(xml, 'WLANProfile', wlanNamespace);
  const order = ['name', 'SSIDConfig*', 'connectionType', 'connectionMode', 'autoSwitch', 'MSM'];
  const parts = inSequence(root, order);
  const name = plainText(neededPart(parts, 'name', 'WLANProfile'));
  if (name === '' || name.length > 255) throw malformed('the name of the profile has none or more than 255 characters');
  const { ssid, nonBroadcast } = ssidOf(neededPart(parts, 'SSIDConfig', 'WLANProfile'));
  const connectionType = plainText(neededPart(parts, 'connectionType', 'WLANProfile'));
  const profile: WlanProfile = {
    name,
    ssid,
    nonBroadcast,
    connectionType: wordOf(connectionType, ['ESS', 'IBSS'] as const, 'connectionType'),
    connectionMode: wordOf(textAt(parts, 'connectionMode') ?? 'auto', ['auto', 'manual'] as const, 'connectionMode'),
    ...securityIn(partOf(parts, 'MSM')),
  };
  booleanAt(parts, 'autoSwitch');
  if (profile.connectionType === 'IBSS' && profile.connectionMode === 'auto')
    throw malformed('a network of connectionType IBSS is connected to by hand alone');
  judgeSecurity(profile);
  return profile;
}

function ssidOf(config: XmlElement): Pick<WlanProfile, 'ssid' | 'nonBroadcast'> {
  const parts = inSequence(config, ['SSID*', 'nonBroadcast']);
  const names = inSequence(neededPart(parts, 'SSID', 'SSIDConfig'), ['hex', 'name']);
  const hex = textAt(names, 'hex');
  const name = textAt(names, 'name');
  if (hex !== undefined && !/^([0-9A-Fa-f]{2}){1,32}$/.test(hex))
    throw malformed('hex of the SSID is not 1 to 32 octets in hexadecimal');
  const ssid = hex === undefined ? Buffer.from(name ?? '', 'utf8') : Buffer.from(hex, 'hex');
  if (ssid.length === 0) throw malformed('the SSID has neither hex nor name');
  if (ssid.length > 32) throw malformed('the SSID is longer than 32 octets');
  return { ssid, nonBroadcast: booleanAt(parts, 'nonBroadcast') ?? false };
}

const openNetwork: WlanSecurity = { authentication: 'open', encryption: 'none', useOneX: false };

function securityIn(msm: XmlElement | undefined): WlanSecurity {
  const security = msm && partOf(inSequence(msm, ['connectivity', 'security']), 'security');
  if (security === undefined) return openNetwork;
  const parts = inSequence(security, [
    'authEncryption',
    'sharedKey',
    'keyIndex',
    'PMKCacheMode',
    'PMKCacheTTL',
    'PMKCacheSize',
    'preAuthMode',
    'preAuthThrottle',
  ]);
  const pair = inSequence(neededPart(parts, 'authEncryption', 'security'), ['authentication', 'encryption', 'useOneX']);
  const word = (name: string) => plainText(neededPart(pair, name, 'authEncryption'));
  const sharedKey = partOf(parts, 'sharedKey');
  const oneX = security.children.find(
    (child): child is XmlElement =>
      typeof child !== 'string' && child.name === 'OneX' && child.namespace === oneXNamespace,
  );
  return {
    authentication: wordOf(word('authentication'), wlanAuthentications, 'authentication'),
    encryption: wordOf(word('encryption'), wlanEncryptions, 'encryption'),
    useOneX: booleanAt(pair, 'useOneX') ?? false,
    ...(sharedKey === undefined ? {} : { sharedKey: keyOf(inSequence(sharedKey, keyParts)) }),
    ...(oneX === undefined ? {} : { oneX: oneXOf(oneX) }),
  };
}

const keyParts = ['keyType', 'protected', 'keyMaterial'];

function keyOf(parts: Parts): WlanSharedKey {
  const keyType = plainText(neededPart(parts, 'keyType', 'sharedKey'));
  const isProtected = booleanAt(parts, 'protected');
  if (isProtected === undefined) throw malformed('sharedKey has no protected');
  return {
    keyType: wordOf(keyType, ['networkKey', 'passPhrase'] as const, 'keyType'),
    isProtected,
    keyMaterial: plainText(neededPart(parts, 'keyMaterial', 'sharedKey')),
  };
}

const oneXParts = [
  'cacheUserData',
  'heldPeriod',
  'authPeriod',
  'startPeriod',
  'maxStart',
  'maxAuthFailures',
  'supplicantMode',
  'authMode',
  'singleSignOn',
  'EAPConfig',
];

function oneXOf(element: XmlElement): OneX {
  const parts = inSequence(element, oneXParts);
  const authMode = textAt(parts, 'authMode');
  const config = neededPart(parts, 'EAPConfig', 'OneX');
  const host = config.children.find((child): child is XmlElement => typeof child !== 'string');
  if (host === undefined) throw malformed('EAPConfig is empty');
  return {
    ...(authMode === undefined ? {} : { authMode: wordOf(authMode, authModes, 'authMode') }),
    eap: eapHostConfigOf(host),
  };
}

/** Writes the profile; `readWlanProfile` gives it back. */
export function writeWlanProfile(profile: WlanProfile): string {
  const { ssid, authentication, encryption, useOneX, sharedKey, oneX } = profile;
  const octets = Buffer.from(ssid);
  const text = octets.toString('utf8');
  const isText =
    Buffer.from(text, 'utf8').equals(octets) && !/[\p{Cc}\ufffe\uffff]/u.test(text) && text.trim() === text;
  const markup = tagIn(
    'WLANProfile',
    wlanNamespace,
    tag('name', profile.name),
    tag(
      'SSIDConfig',
      tag('SSID', tag('hex', octets.toString('hex').toUpperCase()), isText ? tag('name', text) : undefined),
      tag('nonBroadcast', profile.nonBroadcast),
    ),
    tag('connectionType', profile.connectionType),
    tag('connectionMode', profile.connectionMode),
    tag(
      'MSM',
      tag(
        'security',
        tag(
          'authEncryption',
          tag('authentication', authentication),
          tag('encryption', encryption),
          tag('useOneX', useOneX),
        ),
        sharedKey === undefined ? undefined : keyMarkup(sharedKey),
        oneX === undefined ? undefined : oneXMarkup(oneX),
      ),
    ),
  );
  return `<?xml version="1.0"?>${markup.text}`;
}

const keyMarkup = ({ keyType, isProtected, keyMaterial }: WlanSharedKey): Markup =>
  tag('sharedKey', tag('keyType', keyType), tag('protected', isProtected), tag('keyMaterial', keyMaterial));

const oneXMarkup = ({ authMode, eap }: OneX): Markup =>
  tagIn(
    'OneX',
    oneXNamespace,
    authMode === undefined ? undefined : tag('authMode', authMode),
    tag('EAPConfig', eapHostConfigMarkup(eap)),
  );
