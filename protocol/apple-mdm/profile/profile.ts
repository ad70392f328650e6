import type { PlistDict } from '../../plist/value.js';

/** One payload. `content` is its whole dictionary, the `Payload...` keys of every payload included. */
export interface Payload {
  readonly type: string;
  readonly identifier: string;
  readonly uuid: string;
  readonly version: number;
  readonly displayName?: string;
  readonly description?: string;
  readonly organization?: string;
  readonly content: PlistDict;
}

/** A configuration profile that has passed every check which needs nothing but the profile (TopLevel.yaml). */
export interface AppleProfile {
  readonly identifier: string;
  readonly uuid: string;
  readonly version: number;
  readonly displayName?: string;
  readonly organization?: string;
  readonly description?: string;
  readonly removalDisallowed: boolean;
  readonly hasRemovalPasscode: boolean;
  readonly isEncrypted: boolean;
  readonly removalDate?: Date;
  readonly durationUntilRemovalSeconds?: number;
  readonly expirationDate?: Date;
  readonly scope?: 'System' | 'User';
  /** 0 any, 1 iPhone or iPad; the others are not for this device. */
  readonly targetDeviceType: number;
  /** Agreement by language. */
  readonly consentText?: Readonly<Record<string, string>>;
  /** DER; the signer's own first. Empty when the profile was not signed. */
  readonly signerCertificates: readonly Buffer[];
  readonly payloads: readonly Payload[];
}

export const payloadTypes = {
  mdm: 'com.apple.mdm',
  mail: 'com.apple.mail.managed',
  exchange: 'com.apple.eas.account',
  vpn: 'com.apple.vpn.managed',
  wifi: 'com.apple.wifi.managed',
  root: 'com.apple.security.root',
  pkcs1: 'com.apple.security.pkcs1',
  pem: 'com.apple.security.pem',
  pkcs12: 'com.apple.security.pkcs12',
  scep: 'com.apple.security.scep',
  acme: 'com.apple.security.acme',
  passcode: 'com.apple.mobiledevice.passwordpolicy',
  removalPassword: 'com.apple.profileRemovalPassword',
} as const;

/** Payloads that bring a certificate without a key. */
export const anchorTypes: readonly string[] = [payloadTypes.root, payloadTypes.pkcs1, payloadTypes.pem];
const identityTypes: readonly string[] = [payloadTypes.pkcs12, payloadTypes.scep, payloadTypes.acme];

/** True for a payload that brings a certificate without a key. */
export const isAnchor = (payload: Payload): boolean => anchorTypes.includes(payload.type);
/** True for a payload that brings, or fetches, a certificate with its key. */
export const isIdentity = (payload: Payload): boolean => identityTypes.includes(payload.type);
