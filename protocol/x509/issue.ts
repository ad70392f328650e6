// Issuing X.509 certificates (RFC 5280), for authorities and for the self-signed signer of SCEP.
import type { KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type Digest, publicKeyInfo, signatureAlgorithm, signBytes } from './algorithms.js';
import { readCertificate } from './certificate.js';
import { bits, integer, octets, sequence, tagged, taggedPrimitive, time } from './der-build.js';
import { buildExtensions, type ExtensionRequest, extension, keyIdentifier } from './extensions.js';
import { buildName, type NameForm, type Rdn } from './name.js';
import { oids } from './oids.js';

export interface Issuer {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

export interface CertificateRequest extends ExtensionRequest {
  readonly subject: readonly Rdn[];
  /** 'self' signs with `key`, the private half of `publicKey`. */
  readonly issuer: Issuer | 'self';
  readonly publicKey: KeyObject;
  readonly key?: KeyObject;
  /** An unsigned number, big endian, 1 to 20 octets (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly digest?: Digest;
  /** Default utf8. */
  readonly names?: NameForm;
  /** Leaves subject and authority key identifiers out. */
  readonly plain?: boolean;
}

/** A certificate in DER, with subject and authority key identifiers. RSA and EC keys on both sides. */
export function issueCertificate(request: CertificateRequest): Buffer {
  const { subject, issuer, publicKey, serial, digest = 'sha256', plain = false } = request;
  const key = issuer === 'self' ? request.key : issuer.key;
  if (key === undefined) throw protocolError('X509_MALFORMED', 'a self-signed certificate needs its private key');
  if (serial.length < 1 || serial.length > 20) {
    throw protocolError('X509_MALFORMED', `a serial number of ${serial.length} octets; 1 to 20 are allowed`);
  }
  const subjectName = buildName(subject, request.names);
  const spki = publicKeyInfo(publicKey);
  const keyId = keyIdentifier(spki);
  const parent = issuer === 'self' ? undefined : readCertificate(issuer.certificate);
  const algorithm = signatureAlgorithm(key, digest);
  const body = sequence(
    tagged(0, integer(2)), // v3
    integer(serial),
    algorithm,
    parent?.subjectDer ?? subjectName,
    sequence(time(request.notBefore), time(request.notAfter)),
    subjectName,
    spki,
    tagged(3, sequence(...buildExtensions(request), ...(plain ? [] : identifiers(keyId, parent?.ski ?? keyId)))),
  );
  return sequence(body, algorithm, bits(signBytes(key, digest, body)));
}

const identifiers = (own: Uint8Array, issuers: Uint8Array): Buffer[] => [
  extension(oids.subjectKeyIdentifier, false, octets(own)),
  extension(oids.authorityKeyIdentifier, false, sequence(taggedPrimitive(0, issuers))),
];
