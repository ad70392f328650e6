// Requests of a SCEP client: PKCSReq, RenewalReq and CertPoll (RFC 8894 §3.3), made and read.
import type { KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import type { Digest } from '../x509/algorithms.js';
import { readCertificate } from '../x509/certificate.js';
import type { ContentCipher, EnvelopeCipher } from '../x509/ciphers.js';
import { envelop, openEnvelope, readEnvelope } from '../x509/cms-enveloped.js';
import { createCmsSigner } from '../x509/cms-sign.js';
import { type Csr, type KeyPair, readCsr } from '../x509/csr.js';
import { fields, readDer, tags, within } from '../x509/der.js';
import { sequence } from '../x509/der-build.js';
import { issueCertificate } from '../x509/issue.js';
import { buildName, type NameForm, type Rdn, readName } from '../x509/name.js';
import {
  asScep,
  buildAttributes,
  messageTypes,
  nameOf,
  type PkiMessage,
  readMessage,
  type ScepRequestType,
} from './message.js';

/** A certificate (DER) and its private key. */
export interface Signer {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

export interface RequestToBuild {
  readonly messageType: ScepRequestType;
  readonly transactionId: string;
  /** 16 random octets; the answer must name them. */
  readonly senderNonce: Uint8Array;
  /** A CSR in DER; for CertPoll what buildIssuerAndSubject gives. */
  readonly content: Uint8Array;
  /** The certificate (DER) of the RA or CA that is to open it. */
  readonly recipient: Uint8Array;
  /** Who asks: a self-signed certificate, or for RenewalReq the one that is to be renewed. The answer is encrypted to it. */
  readonly signer: Signer;
  readonly cipher: EnvelopeCipher;
  readonly digest: Digest;
  readonly signingTime: Date;
  readonly random: (length: number) => Buffer;
}

/** A pkiMessage in DER, ready for PKIOperation. */
export function buildRequest(request: RequestToBuild): Buffer {
  const { cipher, digest, signer, random, signingTime } = request;
  const envelope = envelop(request.content, [request.recipient], { cipher, random });
  const attributes = buildAttributes(request);
  return createCmsSigner(signer.certificate, signer.key, { digest }).sign(envelope, signingTime, { attributes });
}

/** Names what a CertPoll asks for (RFC 8894 §3.3.3): by whom, and for whom. */
export const buildIssuerAndSubject = (caCertificate: Uint8Array, subject: readonly Rdn[], names?: NameForm): Buffer =>
  sequence(readCertificate(caCertificate).subjectDer, buildName(subject, names));

interface SignerToBuild {
  readonly subject: readonly Rdn[];
  readonly key: KeyPair;
  readonly now: Date;
  readonly random: (length: number) => Buffer;
  /** Default 7 days. */
  readonly days?: number;
}

/** The self-signed certificate (DER) that a client without one signs its first request with (RFC 8894 §2.3). */
export function buildSignerCertificate({ subject, key, now, random, days = 7 }: SignerToBuild): Buffer {
  const minute = 60_000;
  return issueCertificate({
    subject,
    issuer: 'self',
    publicKey: key.publicKey,
    key: key.privateKey,
    serial: Buffer.concat([Buffer.of(1), random(15)]),
    notBefore: new Date(now.getTime() - 10 * minute), // clocks differ; servers check signingTime against this
    notAfter: new Date(now.getTime() + days * 24 * 60 * minute),
    keyUsage: ['digitalSignature', 'keyEncipherment'],
  });
}

interface TemporaryToBuild {
  readonly key: KeyPair;
  readonly now: Date;
  /** A random UUID in upper case. */
  readonly name: string;
}

/**
 * The self-signed certificate (DER) that Apple's client signs a request with (SecSCEPCreateTemporaryIdentity): a random UUID
 * for a name and nothing of the subject that is asked for, serial number 1, a year from now, SHA-1, key usage and nothing else.
 */
export function buildTemporaryCertificate({ key, now, name }: TemporaryToBuild): Buffer {
  return issueCertificate({
    subject: [[['CN', name]]],
    names: 'printable',
    issuer: 'self',
    publicKey: key.publicKey,
    key: key.privateKey,
    serial: Buffer.of(1),
    notBefore: now,
    notAfter: new Date(now.getTime() + 365 * 24 * 3_600_000),
    digest: 'sha1',
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    plain: true,
  });
}

/** A request whose signature is right, and which is not opened yet: enough to answer it with a refusal. */
export interface RequestHeader {
  /** The name, or undefined for a type that is not served here. */
  readonly messageType: ScepRequestType | undefined;
  readonly transactionId: string;
  readonly senderNonce: Buffer;
  /** The signer's certificate (DER), self-signed or issued; its worth is for the caller to judge. */
  readonly signer: Buffer;
  readonly digest: Digest;
  readonly message: PkiMessage;
}

type RequestContent =
  | { readonly kind: 'csr'; readonly csr: Csr }
  | {
      readonly kind: 'poll';
      readonly issuer: readonly Rdn[];
      readonly subject: readonly Rdn[];
      readonly subjectDer: Buffer;
    };

export interface ScepRequest extends RequestHeader {
  readonly messageType: ScepRequestType;
  readonly content: RequestContent;
  /** The cipher the client used: an answer in the same is one it can read. */
  readonly cipher: ContentCipher;
}

/** Reads who asks, and checks that they signed it. Throws SCEP_MALFORMED, CMS_SIGNATURE or X509_MALFORMED. */
export function readRequestHeader(der: Uint8Array): RequestHeader {
  const message = readMessage(der);
  const { transactionId, senderNonce, signed } = message;
  if (senderNonce === undefined) throw protocolError('SCEP_MALFORMED', 'the request has no senderNonce');
  const name = nameOf(messageTypes, message.messageType);
  const messageType = name === 'CertRep' ? undefined : name;
  return { messageType, transactionId, senderNonce, signer: signed.signer, digest: signed.digest, message };
}

/**
 * Opens the request with the RA's certificate (DER) and key. Throws CMS_DECRYPT when it is for another, SCEP_MALFORMED for
 * another type or content, and for the CSR inside X509_MALFORMED or CMS_SIGNATURE.
 */
export function openRequest(header: RequestHeader, raCertificate: Uint8Array, raKey: KeyObject): ScepRequest {
  const { messageType, message } = header;
  if (messageType === undefined) {
    throw protocolError('SCEP_MALFORMED', `messageType "${message.messageType.slice(0, 16)}" is not served here`);
  }
  const envelope = message.signed.content;
  const cipher = asScep(() => readEnvelope(envelope)).cipher;
  const opened = asScep(() => openEnvelope(envelope, raCertificate, raKey));
  const content =
    messageType === 'CertPoll' ? readIssuerAndSubject(opened) : { kind: 'csr' as const, csr: readCsr(opened) };
  return { ...header, messageType, cipher, content };
}

/** Both steps in one. */
export const readRequest = (der: Uint8Array, raCertificate: Uint8Array, raKey: KeyObject): ScepRequest =>
  openRequest(readRequestHeader(der), raCertificate, raKey);

function readIssuerAndSubject(der: Buffer): RequestContent {
  return within('SCEP_MALFORMED', 'IssuerAndSubject', () => {
    const parts = fields(readDer(der), 'IssuerAndSubject');
    const issuer = parts.take(tags.sequence);
    const subject = parts.take(tags.sequence);
    return { kind: 'poll', issuer: readName(issuer), subject: readName(subject), subjectDer: subject.bytes };
  });
}
