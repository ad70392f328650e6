// Neutral profiles as .mobileconfig: one profile per setting, with the certificates that it refers to inside, because Apple's
// references resolve inside one profile only.
import { hash } from 'node:crypto';
import { payloadTypes } from '../../protocol/apple-mdm/profile/profile.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { dict, type PlistDict, type PlistValue } from '../../protocol/plist/value.js';
import type { CertificateProfile, ConfigurationProfile, Profile } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { PayloadContent, Reference } from './payload.js';
import { toPlist } from './plist-values.js';
import { exchangePayload, mailPayload } from './render-email.js';
import { vpnPayload } from './render-vpn.js';
import { wifiPayload } from './render-wifi.js';

/** What a profile needs of its surroundings when it is written for one device. */
export interface RenderContext {
  readonly organization: string;
  /** The certificate profile of this name that the device's authority assigns to it, placeholders filled. */
  readonly certificate: (name: string) => CertificateProfile | undefined;
  readonly scepUrl: string;
  /** A fresh one-time challenge for a SCEP payload. */
  readonly scepChallenge: () => string;
}

/**
 * The profile as an unsigned .mobileconfig. Its PayloadIdentifier is the setting's name, so that the same name overwrites (A8);
 * its UUIDs follow from it. Throws NOT_FOUND when a certificate that it names is not assigned.
 */
export function renderProfile(profile: Profile, context: RenderContext): Buffer {
  const identifier = profile.name;
  const embedded = new Map<string, PlistDict>();
  const reference: Reference = (name) => {
    const uuid = uuidOf(`${identifier}/certificate/${name}`);
    if (embedded.has(name)) return uuid;
    const certificate = context.certificate(name);
    if (certificate === undefined) {
      throw stubError('NOT_FOUND', `profile "${profile.name}" names certificate "${name}", which is not assigned`);
    }
    const content = certificatePayload(certificate, context);
    embedded.set(name, { ...common(content.type, `${identifier}.${slug(name)}`, uuid, name), ...content.keys });
    return uuid;
  };
  const { type, keys } = contentOf(profile, reference, context);
  const own = { ...common(type, `${identifier}.payload`, uuidOf(`${identifier}/payload`), profile.name), ...keys };
  return buildPlist(configuration(identifier, profile.name, context.organization, [...embedded.values(), own]));
}

function contentOf(profile: Profile, reference: Reference, context: RenderContext): PayloadContent {
  switch (profile.kind) {
    case 'email':
      return profile.account === 'exchange' ? exchangePayload(profile, reference) : mailPayload(profile);
    case 'vpn':
      return vpnPayload(profile, reference);
    case 'wifi':
      return wifiPayload(profile, reference);
    case 'certificate':
      return certificatePayload(profile, context);
    case 'configuration':
      return configurationPayload(profile);
  }
}

function certificatePayload({ role, source }: CertificateProfile, context: RenderContext): PayloadContent {
  switch (source.type) {
    case 'der': {
      const type = role === 'root' ? payloadTypes.root : payloadTypes.pkcs1;
      return { type, keys: dict({ PayloadContent: Buffer.from(source.der) }) };
    }
    case 'pkcs12':
      return {
        type: payloadTypes.pkcs12,
        keys: dict({ PayloadContent: Buffer.from(source.pkcs12), Password: source.password }),
      };
    case 'scep': {
      const url = source.url === '' ? '{{scepUrl}}' : source.url;
      return {
        type: payloadTypes.scep,
        keys: scepKeys({
          url: url.replaceAll('{{scepUrl}}', context.scepUrl),
          name: source.caName,
          subject: source.subject,
          challenge: source.challenge?.replaceAll('{{scepChallenge}}', context.scepChallenge),
          keySizeBits: source.keySizeBits,
          caFingerprint: source.caFingerprint,
        }),
      };
    }
  }
}

interface ScepKeys {
  readonly url: string;
  readonly name: string | undefined;
  readonly subject: readonly (readonly (readonly [string, string])[])[];
  readonly challenge: string | undefined;
  readonly keySizeBits: number;
  readonly caFingerprint: Uint8Array | undefined;
}

/** The keys of a com.apple.security.scep payload. */
export function scepKeys({ url, name, subject, challenge, keySizeBits, caFingerprint }: ScepKeys): PlistDict {
  return dict({
    PayloadContent: dict({
      URL: url,
      Name: name,
      Subject: subject.map((rdn) => rdn.map(([type, value]): PlistValue => [type, value])),
      Challenge: challenge,
      Keysize: keySizeBits,
      'Key Type': 'RSA',
      'Key Usage': 5, // sign and encrypt
      CAFingerprint: caFingerprint,
      Retries: 3,
      RetryDelay: 10,
    }),
  });
}

function configurationPayload({ type, passcode, settings }: ConfigurationProfile): PayloadContent {
  const own = toPlist(settings);
  const policy = passcode && {
    forcePIN: passcode.required,
    minLength: passcode.minLength,
    requireAlphanumeric: passcode.requireAlphanumeric,
    maxFailedAttempts: passcode.maxFailedAttempts,
    maxPINAgeInDays: passcode.maxAgeDays,
    maxInactivity: passcode.maxInactivityMinutes,
    allowSimple: passcode.allowSimple,
    minComplexChars: passcode.minComplexCharacters,
    pinHistory: passcode.historyLength,
    maxGracePeriod: passcode.maxGraceMinutes,
  };
  return { type, keys: dict({ ...(own as PlistDict), ...policy }) };
}

/** The keys that every payload has. */
export function common(type: string, identifier: string, uuid: string, displayName: string): PlistDict {
  return dict({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuid,
    PayloadDisplayName: displayName,
  });
}

/** The top level of a configuration profile. */
export function configuration(
  identifier: string,
  displayName: string,
  organization: string,
  payloads: PlistDict[],
): PlistDict {
  return dict({
    ...common('Configuration', identifier, uuidOf(identifier), displayName),
    PayloadOrganization: organization,
    PayloadContent: payloads,
  });
}

/** A UUID that follows from a name (the form of RFC 9562 version 8). */
export function uuidOf(name: string): string {
  const hex = hash('sha256', `rollcall/${name}`, 'hex').toUpperCase();
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16).toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A name as a part of an identifier: unlike names stay unlike. */
const slug = (name: string): string =>
  /^[A-Za-z0-9-]{1,64}$/.test(name) ? name : hash('sha256', name, 'hex').slice(0, 16);
