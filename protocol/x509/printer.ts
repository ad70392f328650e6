// Certificates, CMS and what holds private keys, as people read them.
import { isRollcallError } from '../../base/errors.js';
import { indented, type PrintContext, type Printer, secretMark, shortHex, sizeOf } from '../printing/printer.js';
import { type Certificate, readCertificate } from './certificate.js';
import { readEnvelope } from './cms-enveloped.js';
import { type CertificateId, isNamedBy, readContentInfo } from './cms-parts.js';
import { readSignedData, type SignedData, type SignerInfo } from './cms-signed.js';
import { readCsr } from './csr.js';
import { fields, readDer, tags } from './der.js';
import { readTime } from './der-values.js';
import { nameText } from './name.js';
import { oids } from './oids.js';
import { readPem } from './pem.js';

const sequenceTag = 0x30;
const pemStart = Buffer.from('-----BEGIN ');

/** What stands first in the SEQUENCE that these bytes are: an OID in CMS, a SEQUENCE in a certificate, a number where keys are. */
function firstTag(body: Uint8Array): number | undefined {
  if (body[0] !== sequenceTag || body.length < 8) return undefined;
  try {
    return fields(readDer(body), 'DER').take().tag;
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}

/** One line: whose it is, who issued it, its number, how long it is valid, its key. */
export function describeCertificate(der: Uint8Array): string {
  const certificate = readCertificate(der);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const key = `${type ?? 'unknown key'} ${details?.modulusLength ?? details?.namedCurve ?? ''}`.trimEnd();
  const names = certificate.subjectAltName?.dNSName ?? [];
  return [
    `${named(certificate)}, ${certificate.isSelfIssued ? 'self-issued' : `issued by ${nameText(certificate.issuer)}`}`,
    `serial ${certificate.serialHex}`,
    `${day(certificate.notBefore)} to ${day(certificate.notAfter)}`,
    key,
    ...(certificate.isCa ? ['CA'] : []),
    ...(names.length > 0 ? [`for ${names.slice(0, 5).join(' ')}`] : []),
  ].join(', ');
}

const named = (certificate: Certificate): string => nameText(certificate.subject) || 'no name';
const day = (date: Date): string => (Number.isNaN(date.getTime()) ? 'no date' : date.toISOString().slice(0, 10));

/** A certificate in DER. */
export const certificatePrinter: Printer = {
  name: 'certificate',
  handles: (_, body) => firstTag(body) === tags.sequence,
  print: (body) => [`certificate ${describeCertificate(body)}`],
};

/** A certification request in DER (PKCS#10): whose name and which key; a challenge password is not shown. */
export const certificationRequestPrinter: Printer = {
  name: 'certification request',
  handles: (_, body) => firstTag(body) === tags.sequence,
  print(body) {
    const { subject, publicKey } = readCsr(body);
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
    const key = `${type ?? 'unknown key'} ${details?.modulusLength ?? details?.namedCurve ?? ''}`.trimEnd();
    return [`certification request ${nameText(subject).replace(/\p{Cc}/gu, '') || 'no name'}, ${key}`];
  },
};

/** Certificates and keys in PEM; keys are not shown. */
export const pemPrinter: Printer = {
  name: 'PEM',
  handles: (_, body) => pemStart.equals(body.subarray(0, pemStart.length)),
  print: (body, context) =>
    readPem(body).flatMap(({ label, der }) =>
      label.includes('PRIVATE KEY') ? [secretMark] : [label, ...indented(context.inner(der))],
    ),
};

/** PKCS#12, PKCS#8 and other bare keys: nothing of them is shown but that they are there. */
export const privateKeyPrinter: Printer = {
  name: 'private key',
  handles: (contentType, body) => contentType === 'application/x-pkcs12' || firstTag(body) === tags.integer,
  print: (body) => [`${secretMark} PKCS#12 or private key, ${sizeOf(body)}`],
};

const contentNames = new Map<string, string>([
  [oids.data, 'data'],
  [oids.signedData, 'signed data'],
  [oids.envelopedData, 'enveloped data'],
  [oids.authEnvelopedData, 'authenticated enveloped data'],
  [oids.encryptedData, 'encrypted data'],
]);

/** CMS: who signed, or for whom it is sealed with which cipher; then the content, as far as it can be read. */
export const cmsPrinter: Printer = {
  name: 'CMS',
  handles: (_, body) => firstTag(body) === tags.oid,
  print(body, context) {
    const { type } = readContentInfo(body);
    if (type === oids.signedData) return signedLines(readSignedData(body), context);
    if (type === oids.envelopedData || type === oids.authEnvelopedData) return envelopeLines(body);
    return [`CMS ${contentNames.get(type) ?? type}, ${sizeOf(body)}`];
  },
};

function signedLines(data: SignedData, context: PrintContext): readonly string[] {
  const { content, contentType, certificates, signers } = data;
  const what =
    content === undefined ? 'detached' : `${contentNames.get(contentType) ?? contentType}, ${sizeOf(content)}`;
  const lines = content === undefined || content.length === 0 ? [] : context.inner(content);
  return [
    `CMS signed data (${what})`,
    ...indented(signers.map((signer) => `signer ${describeSigner(signer, certificates)}`)),
    ...indented(certificates.map((each) => `certificate ${readable(() => describeCertificate(each))}`)),
    ...indented(lines.length === 0 ? [] : ['content', ...indented(lines)]),
  ];
}

/** An envelope's cipher and whom it is for; what lies in it is sealed. */
export function envelopeLines(body: Uint8Array): readonly string[] {
  const { cipher, sealed, recipients } = readEnvelope(body);
  const recipientNames = recipients.map(({ id }) => `for ${describeId(id)}`);
  return [`CMS enveloped data (${cipher.name}, ${sizeOf(sealed.ciphertext)} sealed)`, ...indented(recipientNames)];
}

/** Who signed, by the certificate in the message where it is there, and how. */
export function describeSigner(signer: SignerInfo, certificates: readonly Uint8Array[]): string {
  const own = certificates.map(readIfCertificate).find((each) => each !== undefined && isNamed(signer.id, each));
  const who = own === undefined ? describeId(signer.id) : `${named(own)}, serial ${own.serialHex}`;
  const time = signer.attributes.get(oids.signingTime);
  const at = time === undefined ? '' : `, at ${readable(() => readTime(time).toISOString())}`;
  return `${who}, ${signer.digest ?? 'an unknown digest'}${at}`;
}

function describeId(id: CertificateId): string {
  if ('ski' in id) return `key ${shortHex(id.ski)}`;
  const serial = id.serial
    .toString('hex')
    .replace(/^0+(?=.)/, '')
    .slice(0, 64);
  return `serial ${serial.toUpperCase()}`;
}

const isNamed = (id: CertificateId, certificate: Certificate): boolean => {
  try {
    return isNamedBy(id, certificate);
  } catch (error) {
    if (isRollcallError(error)) return false;
    throw error;
  }
};

function readIfCertificate(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}

function readable(read: () => string): string {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? `not readable: ${error.message}` : 'not readable';
  }
}
