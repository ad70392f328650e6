// GetCACert (RFC 8894 §4.2): one certificate, or a bundle with the RA's.

import { timingSafeEqual } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import {
  type Certificate,
  type FingerprintDigest,
  fingerprint,
  readableCertificate,
  readCertificate,
} from '../x509/certificate.js';
import { buildDegenerate } from '../x509/cms-sign.js';
import { readCertificatesOnly, readDegenerate } from '../x509/cms-signed.js';
import { asScep } from './message.js';

export const caCertType = 'application/x-x509-ca-cert';
export const caRaCertType = 'application/x-x509-ca-ra-cert';

/** All in DER. */
export interface CaCertificates {
  /** The CA that issues. */
  readonly ca: Buffer;
  /** To whom requests are encrypted: the RA when there is one, else the CA. */
  readonly recipient: Buffer;
  /** The only one who may sign answers, where that is settled; else the CA, its RA, or whoever else the CA issued. */
  readonly signer?: Buffer;
  /** Everything that was sent, in its order. */
  readonly chain: readonly Buffer[];
}

/**
 * Reads the answer to GetCACert. The bytes decide which form it is, since servers mix the content types up; text is
 * refused. Throws SCEP_MALFORMED or X509_MALFORMED.
 */
export function readCaCertificates(body: Uint8Array, contentType = ''): CaCertificates {
  if (/^(text|application\/json)/i.test(contentType)) {
    throw protocolError('SCEP_MALFORMED', `GetCACert was answered with ${contentType.slice(0, 64)}`);
  }
  const bundle = readBundle(body);
  const certificates = (bundle ?? [body]).map((der) => readCertificate(der));
  const authorities = certificates.filter((each) => each.isCa);
  const others = certificates.filter((each) => !each.isCa);
  const registrar = others.find((each) => each.keyUsage?.includes('keyEncipherment')) ?? others.find(canEncipher);
  const ca =
    authorities.find((each) => registrar !== undefined && each.subjectDer.equals(registrar.issuerDer)) ??
    authorities.find(
      (each) => !authorities.some((other) => other !== each && other.issuerDer.equals(each.subjectDer)),
    ) ??
    certificates[0]; // old CAs have no basicConstraints
  if (ca === undefined) throw protocolError('SCEP_MALFORMED', 'GetCACert was answered without a certificate');
  return { ca: ca.der, recipient: (registrar ?? ca).der, chain: certificates.map((each) => each.der) };
}

const canEncipher = (certificate: Certificate): boolean => certificate.keyUsage === undefined;

/**
 * The certificates of an answer, its form told by the content type alone and exactly, as Apple's client does: one certificate
 * under `caCertType`, a bundle without signers under `caRaCertType`. What is no certificate in a bundle is passed over.
 * Undefined for another content type. Throws SCEP_MALFORMED or X509_MALFORMED.
 */
export function readCaCertificatesByType(body: Uint8Array, contentType: string): CaAnswer | undefined {
  if (contentType === caCertType) return { form: 'certificate', certificates: [readCertificate(body)] };
  if (contentType !== caRaCertType) return undefined;
  const certificates = asScep(() => readCertificatesOnly(body)).flatMap((der) => readableCertificate(der) ?? []);
  if (certificates.length === 0) throw protocolError('SCEP_MALFORMED', 'the bundle holds no certificate');
  return { form: 'bundle', certificates };
}

export interface CaAnswer {
  readonly form: 'certificate' | 'bundle';
  readonly certificates: readonly Certificate[];
}

function readBundle(body: Uint8Array): readonly Buffer[] | undefined {
  try {
    return readDegenerate(body);
  } catch (error) {
    if (isRollcallError(error, 'CMS_MALFORMED')) return undefined; // then it is one certificate, or nothing
    throw error;
  }
}

/** The answer of a server: one certificate as it is, more in a bundle. */
export function writeCaCertificates(certificates: readonly Uint8Array[]): { body: Buffer; contentType: string } {
  const [only, second] = certificates;
  if (only !== undefined && second === undefined) return { body: Buffer.from(only), contentType: caCertType };
  return { body: buildDegenerate(certificates), contentType: caRaCertType };
}

/** Digests of a fingerprint by its length in bytes, as Apple's client tells them apart (CAFingerprint). */
export const fingerprintDigests: ReadonlyMap<number, FingerprintDigest> = new Map([
  [16, 'md5'],
  [20, 'sha1'],
  [28, 'sha224'],
  [32, 'sha256'],
  [48, 'sha384'],
  [64, 'sha512'],
]);

/** True when this is the certificate's fingerprint by the digest that its length tells. */
export function matchesFingerprint(certificate: Uint8Array, expected: Uint8Array): boolean {
  const digest = fingerprintDigests.get(expected.length);
  return digest !== undefined && timingSafeEqual(fingerprint(certificate, digest), expected);
}
