// Minimal valid profiles, and what a device says of a broken one.
import { generateKeyPairSync } from 'node:crypto';
import { chainOf } from '../../../../protocol/apple-mdm/error-chain.js';
import type { AppleProfile } from '../../../../protocol/apple-mdm/profile/profile.js';
import { type ReadOptions, readProfile } from '../../../../protocol/apple-mdm/profile/read.js';
import { buildPlist } from '../../../../protocol/plist/build.js';
import { dict, type PlistDict, type PlistValue } from '../../../../protocol/plist/value.js';
import { issueCertificate } from '../../../../protocol/x509/issue.js';

type Entries = Record<string, PlistValue | undefined>;

/** A UUID that ends in this number. */
export const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** A payload of this type; entries given as undefined are left out. */
export const payload = (type: string, number: number, content: Entries): PlistDict =>
  dict({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `com.example.payload${number}`,
    PayloadUUID: uuid(number),
    ...content,
  });

export const topLevel = (payloads: PlistValue[], top: Entries = {}): PlistDict =>
  dict({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: 'com.example.profile',
    PayloadUUID: uuid(999),
    PayloadContent: payloads,
    ...top,
  });

export const profileBytes = (payloads: PlistValue[], top: Entries = {}): Buffer => buildPlist(topLevel(payloads, top));

export const accepted = (...payloads: PlistDict[]): AppleProfile => readProfile(profileBytes(payloads));

/** The codes of the chain that `call` is refused with, its last words too; undefined when it is not refused. */
export function refusalOf(call: () => unknown): { codes: number[]; domains: string[]; why: string } | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const chain = chainOf(error);
    if (chain === undefined) throw error;
    return {
      codes: chain.map((link) => link.ErrorCode),
      domains: chain.map((link) => link.ErrorDomain),
      why: chain.at(-1)?.LocalizedDescription ?? '',
    };
  }
}

export const codesOf = (payloads: PlistValue[], top: Entries = {}, options: ReadOptions = {}): number[] | undefined =>
  refusalOf(() => readProfile(profileBytes(payloads, top), options))?.codes;

/** For one payload: the codes, and the field that the last link names. */
export function fault(made: PlistDict, ...beside: PlistDict[]): [number[], string] | undefined {
  const refusal = refusalOf(() => accepted(made, ...beside));
  return refusal && [refusal.codes, /“([^”]+)”/.exec(refusal.why)?.[1] ?? ''];
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const span = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01') };

export const rootDer = issueCertificate({
  subject: [[['CN', 'Example Root']]],
  issuer: 'self',
  publicKey,
  key: privateKey,
  serial: Buffer.of(1),
  ca: true,
  ...span,
});
/** A certificate of somebody, neither a root nor an authority. */
export const leafDer = issueCertificate({
  subject: [[['CN', 'mail.example.com']]],
  issuer: { certificate: rootDer, key: privateKey },
  publicKey,
  serial: Buffer.of(2),
  ...span,
});

export const scepUuid = uuid(100);
export const rootUuid = uuid(101);

export const scep = (content: Entries = {}): PlistDict =>
  payload('com.apple.security.scep', 100, {
    PayloadContent: dict({ URL: 'https://mdm.example.com/scep', ...content }),
  });
export const root = (content: Entries = {}): PlistDict =>
  payload('com.apple.security.root', 101, { PayloadContent: rootDer, ...content });

export const mail = (content: Entries = {}): PlistDict =>
  payload('com.apple.mail.managed', 1, {
    EmailAccountType: 'EmailTypeIMAP',
    EmailAddress: 'ann@example.com',
    IncomingMailServerAuthentication: 'EmailAuthPassword',
    IncomingMailServerHostName: 'imap.example.com',
    OutgoingMailServerAuthentication: 'EmailAuthCRAMMD5',
    OutgoingMailServerHostName: 'smtp.example.com',
    ...content,
  });

export const exchange = (content: Entries = {}): PlistDict =>
  payload('com.apple.eas.account', 2, { Host: 'eas.example.com', UserName: 'ann', ...content });

export const ikev2Settings = (content: Entries = {}): PlistDict =>
  dict({
    RemoteAddress: 'vpn.example.com',
    LocalIdentifier: 'ann',
    RemoteIdentifier: 'vpn.example.com',
    AuthenticationMethod: 'SharedSecret',
    SharedSecret: 'hush',
    ...content,
  });
export const vpn = (type: string, content: Entries = {}): PlistDict =>
  payload('com.apple.vpn.managed', 3, { VPNType: type, UserDefinedName: 'Office', ...content });
export const ikev2 = (content: Entries = {}, more: Entries = {}): PlistDict =>
  vpn('IKEv2', { IKEv2: ikev2Settings(content), ...more });

export const wifi = (content: Entries = {}): PlistDict =>
  payload('com.apple.wifi.managed', 4, {
    SSID_STR: 'Office',
    EncryptionType: 'WPA2',
    Password: 'correct horse',
    ...content,
  });
export const eapWifi = (eap: Entries, content: Entries = {}): PlistDict =>
  wifi({ Password: undefined, EAPClientConfiguration: dict(eap), ...content });

export const mdm = (content: Entries = {}): PlistDict =>
  payload('com.apple.mdm', 5, {
    IdentityCertificateUUID: scepUuid,
    Topic: 'com.apple.mgmt.External.example',
    ServerURL: 'https://mdm.example.com/mdm',
    ...content,
  });

export const passcode = (content: Entries = {}): PlistDict =>
  payload('com.apple.mobiledevice.passwordpolicy', 6, { forcePIN: true, ...content });
