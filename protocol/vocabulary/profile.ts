// What an authority may give a device: the one description of it. Types, bounds, what is secret, what a person writes and what
// is stored all come from here. A new field is described here, and then used by the translators and renderers that know it.
import { z } from 'zod';
import type { Described } from './derive.js';
import { bytes, noted, opaqueRecord, port, secret, text, wholeNumber, word } from './fields.js';

export const mailServer = z.strictObject({
  host: word,
  port: port.exactOptional(),
  tls: z.boolean(),
  authentication: z.enum(['none', 'password', 'cram-md5', 'ntlm', 'digest']),
  username: text.exactOptional(),
  password: secret(text).exactOptional(),
});
/** A mail server and how to sign in there. */
export type MailServer = Described<typeof mailServer>;

export const emailProfile = z.strictObject({
  kind: z.literal('email'),
  name: word,
  account: z.enum(['exchange', 'imap', 'pop']),
  emailAddress: word,
  /** Exchange: the ActiveSync host. IMAP and POP: the server mail is read from. */
  incoming: mailServer,
  /** The SMTP server; IMAP and POP only. */
  outgoing: mailServer.exactOptional(),
  /** Name of a certificate profile used to sign in. */
  certificate: word.exactOptional(),
  daysToSync: z.literal([0, 1, 3, 7, 14, 31]).exactOptional(),
});
/** An email account. */
export type EmailProfile = Described<typeof emailProfile>;

export const vpnProfile = z.strictObject({
  kind: z.literal('vpn'),
  name: word,
  connectionName: word,
  protocol: z.enum(['ikev2', 'l2tp', 'ipsec', 'always-on', 'app']),
  server: word,
  authentication: z.enum(['certificate', 'shared-secret', 'password', 'password-and-certificate', 'none']),
  localIdentifier: text.exactOptional(),
  remoteIdentifier: text.exactOptional(),
  sharedSecret: secret(text).exactOptional(),
  username: text.exactOptional(),
  password: secret(text).exactOptional(),
  /** Name of a certificate profile. */
  certificate: word.exactOptional(),
  /** The VPN app's bundle or package identifier; protocol `app` only. */
  app: word.exactOptional(),
});
/** A VPN connection. */
export type VpnProfile = Described<typeof vpnProfile>;

const eapTypes = z.array(z.enum(['tls', 'peap', 'ttls', 'leap', 'fast', 'sim', 'aka'])).max(16);

const wifiEap = z.strictObject({
  types: noted(eapTypes, { authored: eapTypes.min(1).max(7) }),
  username: text.exactOptional(),
  password: secret(text).exactOptional(),
  innerAuthentication: z.enum(['pap', 'chap', 'mschap', 'mschapv2', 'eap']).exactOptional(),
  /** Name of a certificate profile that is the client's identity. */
  identity: word.exactOptional(),
  /** Names of certificate profiles that the server's chain must end in. */
  anchors: z.array(word).max(100).exactOptional(),
  serverNames: z.array(word).max(100).exactOptional(),
});
/** How a device signs in to an enterprise Wi-Fi network (IEEE 802.1X). */
export type WifiEap = Described<typeof wifiEap>;

export const wifiProfile = z.strictObject({
  kind: z.literal('wifi'),
  name: word,
  /** 32 octets on the air, longer while it holds placeholders; empty for a network that goes by its domain (Hotspot 2.0). */
  ssid: noted(text, { authored: z.string().min(1).max(128) }),
  hidden: z.boolean(),
  autoJoin: z.boolean(),
  security: z.enum(['none', 'wep', 'wpa', 'wpa2', 'wpa3', 'any']),
  passphrase: secret(text).exactOptional(),
  eap: wifiEap.exactOptional(),
});
/** A Wi-Fi network. */
export type WifiProfile = Described<typeof wifiProfile>;

const keySize = wholeNumber(512, 16_384);
const keySizes = [1024, 2048, 3072, 4096];
const relativeName = z.array(z.tuple([word, text])).max(100);

export const certificateSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('der'), der: bytes }),
  z.strictObject({ type: z.literal('pkcs12'), pkcs12: secret(bytes), password: secret(text).exactOptional() }),
  z.strictObject({
    type: z.literal('scep'),
    url: word,
    caName: word.exactOptional(),
    challenge: secret(text).exactOptional(),
    /** Relative distinguished names in order, each a list of [type, value]; type is a short name or a dotted OID. */
    subject: z.array(noted(relativeName, { authored: relativeName.min(1) })).max(100),
    keySizeBits: noted(keySize, {
      authored: keySize.refine((bits) => keySizes.includes(bits), `is none of ${keySizes.join(', ')}`),
    }),
    caFingerprint: bytes.exactOptional(),
  }),
]);
/** Where a certificate comes from: the bytes themselves, a PKCS#12 file, a SCEP server. */
export type CertificateSource = Described<typeof certificateSource>;

export const certificateProfile = z.strictObject({
  kind: z.literal('certificate'),
  name: word,
  role: z.enum(['root', 'intermediate', 'identity']),
  source: certificateSource,
});
/** A certificate that a device is given, or fetches. */
export type CertificateProfile = Described<typeof certificateProfile>;

export const passcodePolicy = z.strictObject({
  required: z.boolean(),
  minLength: wholeNumber(0, 16).exactOptional(),
  requireAlphanumeric: z.boolean().exactOptional(),
  /** False: neither equal nor neighbouring characters in a row (`111`, `123`, `CBA`). */
  allowSimple: z.boolean().exactOptional(),
  /** Characters that are neither letter nor digit. */
  minComplexCharacters: wholeNumber(0, 4).exactOptional(),
  /** A new passcode is none of the last so many. */
  historyLength: wholeNumber(1, 50).exactOptional(),
  maxFailedAttempts: wholeNumber(2, 11).exactOptional(),
  maxAgeDays: wholeNumber(0, 730).exactOptional(),
  maxInactivityMinutes: wholeNumber(0, 60).exactOptional(),
  /** How long after it was locked the device may be unlocked without the passcode. */
  maxGraceMinutes: wholeNumber(0, 100_000).exactOptional(),
});
/** What a passcode must be. */
export type PasscodePolicy = Described<typeof passcodePolicy>;

/** Anything else an authority configures. `settings` is kept as it came; `passcode` is understood. */
export const configurationProfile = z.strictObject({
  kind: z.literal('configuration'),
  name: word,
  /** The dialect's own type: an Apple PayloadType, a CSP path, an Android application. */
  type: word,
  passcode: passcodePolicy.exactOptional(),
  settings: opaqueRecord,
});
/** Anything else an authority configures. */
export type ConfigurationProfile = Described<typeof configurationProfile>;

/** A managed profile. `name` is the setting's own name: it stays the same across authorities (rule A8). */
export const profile = z.discriminatedUnion('kind', [
  emailProfile,
  vpnProfile,
  wifiProfile,
  certificateProfile,
  configurationProfile,
]);
/** A managed profile. `name` is the setting's own name: it stays the same across authorities (rule A8). */
export type Profile = Described<typeof profile>;
