// Certification requests as Windows makes them at enrollment (specs/windows.md §1.4), and reading them at a stub.
import type { KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type Digest, publicKeyInfo, signatureAlgorithm, signBytes } from '../x509/algorithms.js';
import { createCmsSigner, verifySignedData } from '../x509/cms.js';
import { type Csr, readCsr } from '../x509/csr.js';
import { bits, integer, nothing, oid, printable, sequence, setOf, tagged, utf8 } from '../x509/der-build.js';
import { extension } from '../x509/extensions.js';
import { nameValue } from '../x509/name.js';
import { oids } from '../x509/oids.js';

/**
 * `win10`, as captured at 19043: the name a PrintableString with a NUL at its end, SHA-1 named by OIW's identifier, no
 * extended key usage; Go's parser refuses it. `win11`, as described at 22598: UTF8String, EKU clientAuth. `strict`: as
 * `win11`, without the private extension, whose value is no DER.
 */
export type WindowsCsrForm = 'win11' | 'win10' | 'strict';

interface WindowsCsrRequest {
  /** 32 hexadecimal digits, upper case. */
  readonly deviceId: string;
  /** A GUID without braces; its first 30 characters go into the name. */
  readonly guid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly digest: Digest;
}

const commonName = '2.5.4.3';
const deviceIdExtension = '1.3.6.1.4.1.311.66.1.0';
/** sha1WithRSASignature of OIW, which stands in the place of PKCS #1's. */
const oiwSha1WithRsa = '1.3.14.3.2.29';
const clientAuth = '1.3.6.1.5.5.7.3.2';

/** The request in DER, signed with its own key (RSA). */
export function buildWindowsCsr(
  form: WindowsCsrForm,
  { deviceId, guid, publicKey, privateKey, digest }: WindowsCsrRequest,
): Buffer {
  const name = `${guid.slice(0, 30)}!${deviceId}`;
  const subject = sequence(setOf(sequence(oid(commonName), form === 'win10' ? printable(`${name}\0`) : utf8(name))));
  const extensions = [
    ...(form === 'win10' ? [] : [extension(oids.extendedKeyUsage, false, sequence(oid(clientAuth)))]),
    ...(form === 'strict' ? [] : [extension(deviceIdExtension, false, Buffer.from(`${deviceId}\0`, 'latin1'))]),
  ];
  const attribute = sequence(oid(oids.extensionRequest), setOf(sequence(...extensions)));
  const info = sequence(integer(0), subject, publicKeyInfo(publicKey), tagged(0, attribute));
  const algorithm =
    form === 'win10' && digest === 'sha1' && privateKey.asymmetricKeyType === 'rsa'
      ? sequence(oid(oiwSha1WithRsa), nothing)
      : signatureAlgorithm(privateKey, digest);
  return sequence(info, algorithm, bits(signBytes(privateKey, digest, info)));
}

export interface WindowsCsr extends Csr {
  /** What stands behind the `!` of the common name, without a NUL; absent in other names. */
  readonly deviceId?: string;
}

/** Reads a request of any of the forms, and other people's, and checks its signature. Throws X509_MALFORMED, CMS_SIGNATURE. */
export function readWindowsCsr(der: Uint8Array): WindowsCsr {
  const csr = readCsr(der);
  const deviceId = /!([0-9A-Fa-f]{32})\0?$/.exec(nameValue(csr.subject, 'CN') ?? '')?.[1];
  return { ...csr, ...(deviceId !== undefined && { deviceId }) };
}

interface RenewalSigner {
  /** The certificate that is renewed, DER. */
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  /** Default sha256. */
  readonly digest?: Digest;
}

/** The PKCS#7 of a renewal (§1.7): the request for the new key, signed by the old one. */
export const wrapRenewal = (csr: Uint8Array, { certificate, privateKey, digest }: RenewalSigner, now: Date): Buffer =>
  createCmsSigner(certificate, privateKey, digest === undefined ? {} : { digest }).sign(csr, now);

export interface Renewal {
  readonly csr: WindowsCsr;
  /** DER of the certificate that signed; whether it is the device's is for the caller to judge. */
  readonly signer: Buffer;
}

/** Reads the PKCS#7 of a renewal and checks both signatures. Throws CMS_MALFORMED, CMS_SIGNATURE, X509_MALFORMED. */
export function readRenewal(der: Uint8Array): Renewal {
  const { content, signer } = verifySignedData(der);
  if (content.length === 0) throw protocolError('CMS_MALFORMED', 'the PKCS#7 of a renewal holds no request');
  return { csr: readWindowsCsr(content), signer };
}
