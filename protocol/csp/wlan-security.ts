// Which parts of a WLAN profile's security go together (WLAN_profile authEncryption and sharedKey of Learn; IEEE 802.11 for keys).
import { malformed } from './document.js';
import type { EapHostConfig } from './eap.js';

export const wlanAuthentications = [
  'open',
  'shared',
  'WPA',
  'WPAPSK',
  'WPA2',
  'WPA2PSK',
  'WPA3',
  'WPA3ENT192',
  'WPA3ENT',
  'WPA3SAE',
  'OWE',
] as const;
export type WlanAuthentication = (typeof wlanAuthentications)[number];

export const wlanEncryptions = ['none', 'WEP', 'TKIP', 'AES', 'GCMP256'] as const;
export type WlanEncryption = (typeof wlanEncryptions)[number];

export interface WlanSharedKey {
  readonly keyType: 'networkKey' | 'passPhrase';
  /** Encrypted by the computer that wrote the profile: nobody else can read it. */
  readonly isProtected: boolean;
  /** A secret. */
  readonly keyMaterial: string;
}

export const authModes = ['machineOrUser', 'machine', 'user', 'guest'] as const;

/** IEEE 802.1X. */
export interface OneX {
  /** Whose credentials are shown; default machineOrUser. */
  readonly authMode?: (typeof authModes)[number];
  readonly eap: EapHostConfig;
}

export interface WlanSecurity {
  readonly authentication: WlanAuthentication;
  readonly encryption: WlanEncryption;
  readonly useOneX: boolean;
  readonly sharedKey?: WlanSharedKey;
  readonly oneX?: OneX;
}

/** Encryptions that an authentication may have. */
const pairs: Readonly<Record<WlanAuthentication, readonly WlanEncryption[]>> = {
  open: ['none', 'WEP'],
  shared: ['WEP'],
  WPA: ['TKIP', 'AES'],
  WPAPSK: ['TKIP', 'AES'],
  WPA2: ['TKIP', 'AES'],
  WPA2PSK: ['TKIP', 'AES'],
  WPA3: ['GCMP256'],
  WPA3ENT192: ['GCMP256'],
  WPA3ENT: ['AES', 'GCMP256'],
  WPA3SAE: ['AES', 'GCMP256'],
  OWE: ['AES', 'GCMP256'],
};

const enterprise: readonly WlanAuthentication[] = ['WPA', 'WPA2', 'WPA3', 'WPA3ENT192', 'WPA3ENT'];
const personal: readonly WlanAuthentication[] = ['WPAPSK', 'WPA2PSK', 'WPA3SAE'];

/** The profile's authentication is one of an enterprise: it needs 802.1X. */
export const isEnterprise = (authentication: WlanAuthentication): boolean => enterprise.includes(authentication);

/** Throws CSP_MALFORMED where the parts do not go together; the message never holds the key. */
export function judgeSecurity({ authentication, encryption, useOneX, sharedKey, oneX }: WlanSecurity): void {
  if (!pairs[authentication].includes(encryption))
    throw malformed(`authentication ${authentication} does not go with encryption ${encryption}`);
  if (isEnterprise(authentication) && !useOneX) throw malformed(`authentication ${authentication} needs useOneX`);
  if (useOneX && !isEnterprise(authentication) && encryption !== 'WEP' && authentication !== 'open')
    throw malformed(`authentication ${authentication} does not go with useOneX`);
  if (useOneX && oneX === undefined) throw malformed('useOneX is true and there is no OneX');
  if (!useOneX && oneX !== undefined) throw malformed('there is a OneX and useOneX is not true');
  const needsKey = personal.includes(authentication) || (encryption === 'WEP' && !useOneX);
  if (needsKey && sharedKey === undefined) throw malformed(`authentication ${authentication} needs a sharedKey`);
  if (sharedKey === undefined || sharedKey.isProtected) return;
  if (encryption === 'WEP') judgeWepKey(sharedKey);
  else if (personal.includes(authentication)) judgePersonalKey(sharedKey, authentication === 'WPA3SAE');
  else throw malformed(`authentication ${authentication} has no use for a sharedKey`);
}

function judgePersonalKey({ keyType, keyMaterial }: WlanSharedKey, isSae: boolean): void {
  if (keyType === 'networkKey') {
    if (!isSae && /^[0-9A-Fa-f]{64}$/.test(keyMaterial)) return;
    throw malformed('keyMaterial of keyType networkKey is not 64 hexadecimal digits');
  }
  const isAscii = /^[\x20-\x7e]*$/.test(keyMaterial);
  if (!isAscii || keyMaterial.length < 8 || keyMaterial.length > 63)
    throw malformed('keyMaterial of keyType passPhrase is not 8 to 63 ASCII characters');
}

function judgeWepKey({ keyType, keyMaterial }: WlanSharedKey): void {
  const isKey = /^([\x20-\x7e]{5}|[\x20-\x7e]{13}|[0-9A-Fa-f]{10}|[0-9A-Fa-f]{26})$/.test(keyMaterial);
  if (keyType !== 'networkKey' || !isKey) throw malformed('keyMaterial is not a WEP key of 5 or 13 octets');
}
