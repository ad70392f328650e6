// The payloads that carry a certificate: root, pkcs1 and pem (no key), pkcs12 (with its key). They are really read, so a
// profile whose certificate is damaged is refused before anything of it is installed.
import { RollcallError } from '../../../base/errors.js';
import { type Certificate, readCertificate } from '../../x509/certificate.js';
import type { Effort } from '../../x509/pbe.js';
import { readPem } from '../../x509/pem.js';
import { type Pkcs12, readPkcs12 } from '../../x509/pkcs12.js';
import type { Family } from './family.js';
import { type Payload, payloadTypes } from './profile.js';
import { payloadFailed } from './refusals.js';
import { data, required, text } from './rules.js';
import { dataAt, textAt } from './values.js';

export const certificates: Family = {
  types: [payloadTypes.root, payloadTypes.pkcs1, payloadTypes.pem],
  rules: { PayloadCertificateFileName: text(), PayloadContent: required(data) },
  check(payload) {
    const certificate = certificateOf(payload);
    // A root must be able to end a chain: a leaf of somebody else's is not stored as one.
    if (payload.type === payloadTypes.root && !certificate.isCa && !certificate.isSelfIssued)
      throw payloadFailed(payload, 'certificate', 9004, 'The certificate cannot be stored as a root.');
  },
};

export const pkcs12: Family = {
  types: [payloadTypes.pkcs12],
  rules: {
    PayloadCertificateFileName: text(),
    PayloadContent: required(data),
    Password: text(),
  },
  check(payload, _, { effort }) {
    identityOf(payload, effort);
  },
};

/** The certificate of a root, pkcs1 or pem payload: DER, or PEM whatever the type, as Apple Configurator writes it. */
export function certificateOf(payload: Payload): Certificate {
  const bytes = dataAt(payload.content, 'PayloadContent') ?? Buffer.alloc(0);
  const fail = (code: number, why: string) => payloadFailed(payload, 'certificate', code, why);
  const ders = bytes[0] === 0x30 ? [bytes] : certificatesInPem(bytes);
  if (ders.length > 1) throw fail(9001, `The payload has ${ders.length} certificates, one is allowed.`);
  try {
    const certificate = readCertificate(ders[0] ?? Buffer.alloc(0));
    // What is read only when asked for must hold too: it is asked for after the profile was accepted.
    void [certificate.subject, certificate.issuer, certificate.notAfter, certificate.publicKey, certificate.isCa];
    return certificate;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    throw fail(9005, 'The certificate is malformed.');
  }
}

function certificatesInPem(bytes: Buffer): Buffer[] {
  try {
    return readPem(bytes)
      .filter((block) => block.label === 'CERTIFICATE')
      .map((block) => block.der);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return [];
  }
}

/** What was opened already: a profile is checked, joined with and installed, and to derive the keys of a file takes milliseconds. */
const opened = new WeakMap<Payload, Pkcs12>();

/** The identity of a pkcs12 payload, whose file is opened once. Throws as `readIdentity`. */
export function identityOf(payload: Payload, effort?: Effort): Pkcs12 {
  const known = opened.get(payload);
  if (known !== undefined) return known;
  const file = dataAt(payload.content, 'PayloadContent') ?? Buffer.alloc(0);
  const identity = readIdentity(payload, file, textAt(payload.content, 'Password'), effort);
  opened.set(payload, identity);
  return identity;
}

/** 9000 wrong or missing password, 9001 several identities, 9006 a file without an encrypted key, or without its certificate, 9005 anything else that cannot be read. */
export function readIdentity(payload: Payload, file: Uint8Array, password = '', effort?: Effort): Pkcs12 {
  try {
    return readPkcs12(file, password, effort);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    if (error.code === 'PKCS12_PASSWORD')
      throw payloadFailed(payload, 'certificate', 9000, `The password of the certificate is wrong: ${error.message}.`);
    if (error.details['keys'] !== undefined)
      throw payloadFailed(
        payload,
        'certificate',
        9001,
        `The payload has ${error.details['keys']} identities, one is allowed.`,
      );
    if (error.details['missing'] !== undefined)
      throw payloadFailed(payload, 'certificate', 9006, 'The certificate is not an identity: its key is not with it.');
    throw payloadFailed(payload, 'certificate', 9005, `The certificate is malformed: ${error.message}.`);
  }
}
