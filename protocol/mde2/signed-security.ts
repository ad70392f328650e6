// wsse:Security of the authentication policy Certificate (specs/windows.md §1.2): by specification and unproven. The sources
// disagree, no capture and no open server has it; xmlsec1 is its only judge. Exclusive C14N, RSA-SHA256, Timestamp and To signed.
import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { protocolError } from '../errors.js';
import type { Envelope } from '../soap/envelope.js';
import { namespaces } from '../soap/namespaces.js';
import { type Certificate, readCertificate } from '../x509/certificate.js';
import { attributeOf, elementOf, elementsOf, textIn, textOf, type XmlElement } from '../xml/element.js';
import { requireBase64 } from './base64.js';
import { type Credential, writeSecurity, writeToken } from './credentials.js';

export interface CertificateSigner {
  /** DER; its key is RSA. */
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  /** u:Created; the signature is good for five minutes. */
  readonly now: Date;
}

const ds = 'http://www.w3.org/2000/09/xmldsig#';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const x509v3 = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3';
const lifetimeMs = 300_000;

/** u:Id of a:To, which is signed. */
const signedToId = '_1';
const timestampId = '_0';
const tokenId = 'uuid-cc1ccc1f-2fba-4bcf-b063-ffc0cac77917-5';

/** The security header; a:To of the same request must carry u:Id `_1` (`toId` of RequestHead). */
function writeSignedSecurity(to: string, { certificate, privateKey, now }: CertificateSigner): string {
  const created = now.toISOString();
  const expires = new Date(now.getTime() + lifetimeMs).toISOString();
  const info = signedInfo(digestOf(canonicalTimestamp(created, expires)), digestOf(canonicalTo(to)));
  const signature = sign('sha256', Buffer.from(info), privateKey).toString('base64');
  const token = writeToken(x509v3, Buffer.from(certificate).toString('base64')).replace(
    '<wsse:BinarySecurityToken',
    `<wsse:BinarySecurityToken u:Id="${tokenId}"`,
  );
  return (
    `<wsse:Security s:mustUnderstand="1">${canonicalTimestamp(created, expires)}${token}` +
    `<ds:Signature xmlns:ds="${ds}">${info}<ds:SignatureValue>${signature}</ds:SignatureValue>` +
    `<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#${tokenId}" ValueType="${x509v3}"/>` +
    '</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>'
  );
}

/** What a request's head needs of either kind. */
export const securityOf = (
  to: string,
  credential: Credential | undefined,
  signer: CertificateSigner | undefined,
): { readonly security: string; readonly toId?: string } =>
  signer === undefined
    ? { security: writeSecurity(credential) }
    : { security: writeSignedSecurity(to, signer), toId: signedToId };

// What is signed is written in its canonical form right away (Exclusive XML Canonicalization 1.0 §3): declarations of the
// prefixes that are used, by prefix; then attributes by namespace.

const canonicalTimestamp = (created: string, expires: string): string =>
  `<u:Timestamp xmlns:u="${namespaces.u}" u:Id="${timestampId}"><u:Created>${canonicalText(created)}</u:Created>` +
  `<u:Expires>${canonicalText(expires)}</u:Expires></u:Timestamp>`;

const canonicalTo = (to: string): string =>
  `<a:To xmlns:a="${namespaces.a}" xmlns:s="${namespaces.s}" xmlns:u="${namespaces.u}" u:Id="${signedToId}" ` +
  `s:mustUnderstand="1">${canonicalText(to)}</a:To>`;

function signedInfo(timestamp: string, to: string): string {
  const reference = (id: string, digest: string) =>
    `<ds:Reference URI="#${id}"><ds:Transforms><ds:Transform Algorithm="${exclusive}"></ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${sha256}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
  return (
    `<ds:SignedInfo xmlns:ds="${ds}"><ds:CanonicalizationMethod Algorithm="${exclusive}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${rsaSha256}"></ds:SignatureMethod>` +
    `${reference(timestampId, timestamp)}${reference(signedToId, to)}</ds:SignedInfo>`
  );
}

const references: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const canonicalText = (text: string): string => text.replace(/[&<>\r]/g, (character) => references[character] ?? '');
const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64');

interface VerifiedSecurity {
  /** Whose key signed; its issuer and dates are for the caller to judge. */
  readonly certificate: Certificate;
  readonly created: Date;
  readonly expires: Date;
}

/** Whether a request was signed: for readSecurity's sake, which knows the other kinds. */
export const isSignedSecurity = (security: XmlElement | undefined): boolean =>
  security !== undefined && elementsOf(security, 'Signature').some(({ namespace }) => namespace === ds);

/**
 * Checks the signature of a request in the form above, and no other: what was signed is put together anew from what was
 * read (an address with white space around it does not verify). Times are for the caller to judge. Throws MDE_MALFORMED for what is missing, X509_MALFORMED, and
 * CMS_SIGNATURE where it does not fit.
 */
export function verifySignedSecurity({ security, to }: Pick<Envelope, 'security' | 'to'>): VerifiedSecurity {
  const timestamp = childOf(security, 'Timestamp');
  const created = textIn(timestamp, 'Created') ?? '';
  const expires = textIn(timestamp, 'Expires') ?? '';
  const signature = childOf(security, 'Signature');
  const token = childOf(security, 'BinarySecurityToken');
  if (attributeOf(token, 'ValueType') !== x509v3) throw protocolError('MDE_MALFORMED', 'the token is no certificate');
  const certificate = readCertificate(requireBase64(textOf(token), 'the certificate'));
  const value = requireBase64(textIn(signature, 'SignatureValue') ?? '', 'the SignatureValue');
  const info = signedInfo(digestOf(canonicalTimestamp(created, expires)), digestOf(canonicalTo(to ?? '')));
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType !== 'rsa' || !verify('sha256', Buffer.from(info), publicKey, value)) {
    throw protocolError('CMS_SIGNATURE', 'the request is not signed by the certificate in it');
  }
  return { certificate, created: timeOf(created), expires: timeOf(expires) };
}

function childOf(parent: XmlElement | undefined, name: string): XmlElement {
  const found = parent && elementOf(parent, name);
  if (found === undefined) throw protocolError('MDE_MALFORMED', `the security header has no ${name}`);
  return found;
}

function timeOf(text: string): Date {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) throw protocolError('MDE_MALFORMED', 'the Timestamp has no time');
  return time;
}
