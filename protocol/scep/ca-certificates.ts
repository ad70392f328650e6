// GetCACert (RFC 8894 §4.2): one certificate, or a bundle with the RA's.

import { timingSafeEqual } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { type Certificate, fingerprint, readCertificate } from '../x509/certificate.js';
import { buildDegenerate } from '../x509/cms-sign.js';
import { readDegenerate } from '../x509/cms-signed.js';

export const caCertType = 'application/x-x509-ca-cert';
export const caRaCertType = 'application/x-x509-ca-ra-cert';

/** All in DER. */
export interface CaCertificates {
  /** The CA that issues. */
  readonly ca: Buffer;
  /** To whom requests are encrypted: the RA when there is one, else the CA. */
  readonly recipient: Buffer;
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

/** True when this is the certificate's MD5, SHA-1 or SHA-256, told by its length (Apple's CAFingerprint). */
export function matchesFingerprint(certificate: Uint8Array, expected: Uint8Array): boolean {
  const digest = ({ 16: 'md5', 20: 'sha1', 32: 'sha256' } as const)[expected.length];
  return digest !== undefined && timingSafeEqual(fingerprint(certificate, digest), expected);
}
