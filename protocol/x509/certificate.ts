// X.509 certificates (RFC 5280): reading them from strangers, and asking who issued them.

import { createHash, type KeyObject } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { isSigned, publicKeyInfo, readPublicKey, signatureDigest } from './algorithms.js';
import { context, type DerNode, fields, inner, readDer, tags, within } from './der.js';
import { readBitOctets, readInteger, readSmallInteger, readTime } from './der-values.js';
import {
  type Extension,
  type KeyUsage,
  keyIdentifier,
  readAuthorityKeyId,
  readBasicConstraints,
  readExtendedKeyUsage,
  readExtensionList,
  readKeyUsage,
  readSubjectAltName,
  readSubjectKeyId,
  type SubjectAltNames,
} from './extensions.js';
import { type Rdn, readName } from './name.js';

/** A certificate that was read. What costs something (names, key, extensions) is worked out when first asked for. */
export interface Certificate {
  readonly der: Buffer;
  /** 1 to 3, as people count them. */
  readonly version: number;
  readonly subject: readonly Rdn[];
  readonly issuer: readonly Rdn[];
  /** The names as encoded: what comparisons and IssuerAndSerialNumber use. */
  readonly subjectDer: Buffer;
  readonly issuerDer: Buffer;
  /** The serial number's content octets, and the same in upper-case hex without leading zeros. */
  readonly serial: Buffer;
  readonly serialHex: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Buffer;
  /** The digest that its signature was made with, as Node spells it; undefined where the algorithm names none, or is unknown. */
  readonly signatureDigest: string | undefined;
  /** Throws X509_MALFORMED for a key that node:crypto cannot read. */
  readonly publicKey: KeyObject;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly subjectAltName: SubjectAltNames | undefined;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** SubjectKeyIdentifier, as the extension says or else worked out. */
  readonly ski: Buffer;
  readonly aki: Buffer | undefined;
  readonly isSelfIssued: boolean;
  /** True when the holder of this key signed the certificate. */
  isSignedBy(key: KeyObject): boolean;
}

/** Reads one certificate in DER. Throws X509_MALFORMED; a lazy part that turns out malformed throws when asked for. */
export const readCertificate = (der: Uint8Array): Certificate =>
  within('X509_MALFORMED', 'Certificate', () => new LazyCertificate(readDer(der)));

/** The same, and undefined for what is no certificate: what lies beside others in a message may be anything. */
export function readableCertificate(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (isRollcallError(error, 'X509_MALFORMED')) return undefined;
    throw error;
  }
}

const read = <T>(call: () => T): T => within('X509_MALFORMED', 'Certificate', call);

class LazyCertificate implements Certificate {
  readonly der: Buffer;
  readonly version: number;
  readonly subjectDer: Buffer;
  readonly issuerDer: Buffer;
  readonly serial: Buffer;
  readonly spki: Buffer;
  readonly #signed: { bytes: Buffer; algorithm: DerNode; signature: Buffer };
  readonly #innerAlgorithm: Buffer;
  readonly #validity: DerNode;
  readonly #extensionList: DerNode | undefined;
  #publicKey: KeyObject | undefined;
  #extensions: ReadonlyMap<string, Extension> | undefined;

  constructor(node: DerNode) {
    this.der = node.bytes;
    const outer = fields(node, 'Certificate');
    const tbs = outer.take(tags.sequence);
    this.#signed = { bytes: tbs.bytes, algorithm: outer.take(tags.sequence), signature: readBitOctets(outer.take()) };
    const body = fields(tbs, 'TBSCertificate');
    const version = body.maybe(context(0));
    this.version = version === undefined ? 1 : readSmallInteger(inner(version)) + 1;
    this.serial = readInteger(body.take());
    this.#innerAlgorithm = body.take(tags.sequence).bytes;
    this.issuerDer = body.take(tags.sequence).bytes;
    this.#validity = body.take(tags.sequence);
    this.subjectDer = body.take(tags.sequence).bytes;
    this.spki = body.take(tags.sequence).bytes;
    const list = body.rest().find((part) => part.tag === context(3));
    this.#extensionList = list === undefined ? undefined : inner(list);
  }

  get subject(): readonly Rdn[] {
    return readName(this.subjectDer);
  }
  get issuer(): readonly Rdn[] {
    return readName(this.issuerDer);
  }
  get serialHex(): string {
    return this.serial
      .toString('hex')
      .replace(/^0+(?=.)/, '')
      .toUpperCase();
  }
  get notBefore(): Date {
    return read(() => readTime(fields(this.#validity, 'Validity').take()));
  }
  get notAfter(): Date {
    return read(() => {
      const validity = fields(this.#validity, 'Validity');
      validity.take();
      return readTime(validity.take());
    });
  }
  get signatureDigest(): string | undefined {
    return read(() => signatureDigest(this.#signed.algorithm));
  }
  get publicKey(): KeyObject {
    this.#publicKey ??= readPublicKey(this.spki);
    return this.#publicKey;
  }
  get extensions(): ReadonlyMap<string, Extension> {
    const list = this.#extensionList;
    this.#extensions ??= list === undefined ? new Map() : read(() => readExtensionList(list));
    return this.#extensions;
  }
  get subjectAltName(): SubjectAltNames | undefined {
    return read(() => readSubjectAltName(this.extensions));
  }
  get keyUsage(): readonly KeyUsage[] | undefined {
    return read(() => readKeyUsage(this.extensions));
  }
  get extendedKeyUsage(): readonly string[] | undefined {
    return read(() => readExtendedKeyUsage(this.extensions));
  }
  get isCa(): boolean {
    return read(() => readBasicConstraints(this.extensions).isCa);
  }
  get pathLength(): number | undefined {
    return read(() => readBasicConstraints(this.extensions).pathLength);
  }
  get ski(): Buffer {
    return read(() => readSubjectKeyId(this.extensions) ?? keyIdentifier(this.spki));
  }
  get aki(): Buffer | undefined {
    return read(() => readAuthorityKeyId(this.extensions));
  }
  get isSelfIssued(): boolean {
    return this.subjectDer.equals(this.issuerDer);
  }
  isSignedBy(key: KeyObject): boolean {
    // RFC 5280 §4.1.1.2: the algorithm outside, which nobody signed, must be the one inside.
    if (!this.#innerAlgorithm.equals(this.#signed.algorithm.bytes)) return false;
    return read(() => isSigned({ key, ...this.#signed }));
  }
}

export type Standing = 'ok' | 'expired' | 'not-yet-valid' | 'untrusted';

/**
 * What a certificate is worth to one who trusts these issuers (DER), at this time. It must be one of them, or be signed
 * by one of them that is a CA; longer paths are not built. Throws X509_MALFORMED.
 */
export function verifyIssued(certificate: Uint8Array, issuers: readonly Uint8Array[], at: Date): Standing {
  const subject = readCertificate(certificate);
  const issuer = issuers.map(trusted).find((each) => each.der.equals(subject.der) || isIssuerOf(each, subject));
  if (issuer === undefined) return 'untrusted';
  for (const each of [subject, issuer]) {
    if (at < each.notBefore) return 'not-yet-valid';
    if (at > each.notAfter) return 'expired';
  }
  return 'ok';
}

/** True when the certificate is for this key; false also when its key is of a kind that node does not read. */
export function isForKey(certificate: Certificate, publicKey: KeyObject): boolean {
  if (certificate.spki.equals(publicKeyInfo(publicKey))) return true;
  try {
    return certificate.publicKey.equals(publicKey);
  } catch (error) {
    if (isRollcallError(error, 'X509_MALFORMED')) return false;
    throw error;
  }
}

/** True when `issuer` may issue certificates, carries the right name and its key signed `subject`. */
export function isIssuerOf(issuer: Certificate, subject: Certificate): boolean {
  if (!issuer.subjectDer.equals(subject.issuerDer) || !issuer.isCa) return false;
  const usage = issuer.keyUsage;
  if (usage !== undefined && !usage.includes('keyCertSign')) return false;
  return subject.isSignedBy(issuer.publicKey);
}

// Issuers are few and long-lived: they are read once for as long as their bytes are held by somebody.
const trustedIssuers = new WeakMap<Uint8Array, Certificate>();
function trusted(der: Uint8Array): Certificate {
  const known = trustedIssuers.get(der);
  if (known !== undefined) return known;
  const certificate = readCertificate(der);
  trustedIssuers.set(der, certificate);
  return certificate;
}

/** Digests that fingerprints are made with; not all of them are fit for signatures. */
export type FingerprintDigest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export const fingerprint = (der: Uint8Array, digest: FingerprintDigest): Buffer =>
  createHash(digest).update(der).digest();
