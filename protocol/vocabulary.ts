// The neutral words that all platforms share: what an authority may give a device, what it may ask, what the device answers.
// Wire names never appear here; each platform's translate.ts turns its dialect into these and back.

export const platformNames = ['ios', 'windows', 'android'] as const;
export type PlatformName = (typeof platformNames)[number];

export const profileKinds = ['email', 'vpn', 'wifi', 'certificate', 'configuration'] as const;
export type ProfileKind = (typeof profileKinds)[number];

/** A managed profile. `name` is the setting's own name: it stays the same across authorities (rule A8). */
export type Profile = EmailProfile | VpnProfile | WifiProfile | CertificateProfile | ConfigurationProfile;

export interface MailServer {
  readonly host: string;
  readonly port?: number;
  readonly tls: boolean;
  readonly authentication: 'none' | 'password' | 'cram-md5' | 'ntlm' | 'digest';
  readonly username?: string;
  readonly password?: string;
}

export interface EmailProfile {
  readonly kind: 'email';
  readonly name: string;
  readonly account: 'exchange' | 'imap' | 'pop';
  readonly emailAddress: string;
  /** Exchange: the ActiveSync host. IMAP and POP: the server mail is read from. */
  readonly incoming: MailServer;
  /** The SMTP server; IMAP and POP only. */
  readonly outgoing?: MailServer;
  /** Name of a certificate profile used to sign in. */
  readonly certificate?: string;
  readonly daysToSync?: 0 | 1 | 3 | 7 | 14 | 31;
}

export interface VpnProfile {
  readonly kind: 'vpn';
  readonly name: string;
  readonly connectionName: string;
  readonly protocol: 'ikev2' | 'l2tp' | 'ipsec' | 'always-on' | 'app';
  readonly server: string;
  readonly authentication: 'certificate' | 'shared-secret' | 'password' | 'password-and-certificate' | 'none';
  readonly localIdentifier?: string;
  readonly remoteIdentifier?: string;
  readonly sharedSecret?: string;
  readonly username?: string;
  readonly password?: string;
  /** Name of a certificate profile. */
  readonly certificate?: string;
  /** The VPN app's bundle or package identifier; protocol `app` only. */
  readonly app?: string;
}

export interface WifiEap {
  readonly types: readonly ('tls' | 'peap' | 'ttls' | 'leap' | 'fast' | 'sim' | 'aka')[];
  readonly username?: string;
  readonly password?: string;
  readonly innerAuthentication?: 'pap' | 'chap' | 'mschap' | 'mschapv2' | 'eap';
  /** Name of a certificate profile that is the client's identity. */
  readonly identity?: string;
  /** Names of certificate profiles that the server's chain must end in. */
  readonly anchors?: readonly string[];
  readonly serverNames?: readonly string[];
}

export interface WifiProfile {
  readonly kind: 'wifi';
  readonly name: string;
  readonly ssid: string;
  readonly hidden: boolean;
  readonly autoJoin: boolean;
  readonly security: 'none' | 'wep' | 'wpa' | 'wpa2' | 'wpa3' | 'any';
  readonly passphrase?: string;
  readonly eap?: WifiEap;
}

export type CertificateSource =
  | { readonly type: 'der'; readonly der: Uint8Array }
  | { readonly type: 'pkcs12'; readonly pkcs12: Uint8Array; readonly password?: string }
  | {
      readonly type: 'scep';
      readonly url: string;
      readonly caName?: string;
      readonly challenge?: string;
      /** Relative distinguished names in order, each a list of [type, value]; type is a short name or a dotted OID. */
      readonly subject: readonly (readonly (readonly [string, string])[])[];
      readonly keySizeBits: number;
      readonly caFingerprint?: Uint8Array;
    };

export interface CertificateProfile {
  readonly kind: 'certificate';
  readonly name: string;
  readonly role: 'root' | 'intermediate' | 'identity';
  readonly source: CertificateSource;
}

export interface PasscodePolicy {
  readonly required: boolean;
  readonly minLength?: number;
  readonly requireAlphanumeric?: boolean;
  readonly maxFailedAttempts?: number;
  readonly maxAgeDays?: number;
  readonly maxInactivityMinutes?: number;
}

/** Anything else an authority configures. `settings` is kept as it came; `passcode` is understood. */
export interface ConfigurationProfile {
  readonly kind: 'configuration';
  readonly name: string;
  /** The dialect's own type: an Apple PayloadType, a CSP path, an Android application. */
  readonly type: string;
  readonly passcode?: PasscodePolicy;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What an authority asks of a device. `native` carries what only one platform has. */
export type Command =
  | { readonly kind: 'install-profile'; readonly profile: Profile }
  | { readonly kind: 'remove-profile'; readonly name: string }
  | { readonly kind: 'inventory' }
  | { readonly kind: 'lock'; readonly message?: string; readonly phoneNumber?: string }
  | { readonly kind: 'clear-passcode' }
  | { readonly kind: 'rename'; readonly deviceName: string }
  | { readonly kind: 'restart' }
  | { readonly kind: 'shut-down' }
  | { readonly kind: 'locate' }
  | {
      readonly kind: 'lost-mode';
      readonly on: boolean;
      readonly message?: string;
      readonly phoneNumber?: string;
      readonly footnote?: string;
    }
  /** Leave management: what the authority installed goes, personal data stays. */
  | { readonly kind: 'retire' }
  | { readonly kind: 'wipe' }
  | { readonly kind: 'native'; readonly platform: PlatformName; readonly name: string; readonly body: unknown };

export type CommandKind = Command['kind'];

/** How a device answered. `later` means: not now, the device comes back by itself (iOS NotNow). */
export type Outcome =
  | { readonly status: 'done'; readonly data?: Readonly<Record<string, unknown>> }
  | { readonly status: 'later'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string; readonly code?: string };

/** The authorities of Microsoft Graph's `mobileDeviceManagementAuthority`, with their numbers. */
export const authorities = { unknown: 0, intune: 1, sccm: 2, office365: 3 } as const;
export type Authority = keyof typeof authorities;

/** Graph's `deviceManagementEnrollment` failure categories (specs/authority.md, E). */
export const failureCategories = [
  'unknown',
  'authentication',
  'authorization',
  'accountValidation',
  'userValidation',
  'deviceNotSupported',
  'inMaintenance',
  'badRequest',
  'featureNotSupported',
  'enrollmentRestrictionsEnforced',
  'clientDisconnected',
  'userAbandonment',
] as const;
export type FailureCategory = (typeof failureCategories)[number];

/** A refusal to enroll, as the stub sends it and a person at the device is shown it. `code` is E01 to E20. */
export interface EnrollmentRefusal {
  readonly code: string;
  readonly failureCategory: FailureCategory;
  readonly failureReason: string;
  readonly remedies: string;
}
