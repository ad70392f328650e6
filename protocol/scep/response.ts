// CertRep, the one answer of a SCEP server (RFC 8894 §3.3.2), made and read.

import type { KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import type { Digest } from '../x509/algorithms.js';
import { isForKey, readableCertificate } from '../x509/certificate.js';
import type { ContentCipher, EnvelopeCipher } from '../x509/ciphers.js';
import { envelop, openEnvelope, readEnvelope } from '../x509/cms-enveloped.js';
import { buildDegenerate, createCmsSigner } from '../x509/cms-sign.js';
import { readSignedData, type SignedData } from '../x509/cms-signed.js';
import {
  asScep,
  buildAttributes,
  type FailInfo,
  failInfos,
  messageTypes,
  nameOf,
  nonceLength,
  type PkiStatus,
  pkiStatuses,
  readLooseMessage,
} from './message.js';
import type { Signer } from './request.js';

interface AnswerToBuild {
  readonly transactionId: string;
  /** The senderNonce of the request. */
  readonly recipientNonce: Uint8Array;
  /** The CA or RA that answers. */
  readonly ca: Signer;
  /** Certificates (DER) to send along with the signer's own, such as the CA's when an RA signs. */
  readonly chain?: readonly Uint8Array[];
  readonly digest: Digest;
  readonly signingTime: Date;
  readonly random: (length: number) => Buffer;
}

export type CertRepToBuild = AnswerToBuild &
  (
    | {
        readonly pkiStatus: 'success';
        /** DER; the issued one first. */
        readonly certificates: readonly Uint8Array[];
        /** The certificate (DER) that signed the request: who may read the answer. */
        readonly recipient: Uint8Array;
        readonly cipher: EnvelopeCipher;
      }
    | { readonly pkiStatus: 'failure'; readonly failInfo: FailInfo }
    | { readonly pkiStatus: 'pending' }
  );

/** A CertRep in DER. */
export function buildCertRep(answer: CertRepToBuild): Buffer {
  const { ca, chain = [], digest, random, signingTime, pkiStatus, transactionId, recipientNonce } = answer;
  const attributes = buildAttributes({
    messageType: 'CertRep',
    transactionId,
    senderNonce: random(nonceLength),
    recipientNonce,
    pkiStatus,
    ...(answer.pkiStatus === 'failure' && { failInfo: answer.failInfo }),
  });
  const content =
    answer.pkiStatus === 'success'
      ? envelop(buildDegenerate(answer.certificates), [answer.recipient], { cipher: answer.cipher, random })
      : undefined; // RFC 8894 §3.2.1.3: nothing else than success carries an envelope
  return createCmsSigner(ca.certificate, ca.key, { digest, chain }).sign(content, signingTime, { attributes });
}

export interface CertRep {
  readonly pkiStatus: PkiStatus;
  /** Neither messageType nor pkiStatus was there: taken for success, as Apple's client takes it (SecSCEP.c). */
  readonly isUnmarked: boolean;
  /** With failure only; a number that RFC 8894 does not know, or none, is badRequest. */
  readonly failInfo?: FailInfo;
  /** Must be the request's: for the caller to check. */
  readonly transactionId?: string;
  readonly senderNonce?: Buffer;
  /** Must equal the senderNonce of the request: for the caller to check. */
  readonly recipientNonce?: Buffer;
  /** With success: DER, in the order of the message. Find the own one by its public key: certificateFor. */
  readonly certificates: readonly Buffer[];
  /** With success: how the envelope was encrypted. */
  readonly cipher?: ContentCipher;
  /** The envelope held signers too, and not certificates alone. */
  readonly isBundleSigned: boolean;
  /** Who signed the answer (DER): must be the CA or its RA, for the caller to check. */
  readonly signer: Buffer;
}

interface ReadCertRepOptions {
  readonly signerCertificate: Uint8Array;
  readonly signerKey: KeyObject;
  /** Certificates (DER) of the CA and RA: where the signer is looked for when the answer does not carry it. */
  readonly authorities?: readonly Uint8Array[];
}

/** Reads an answer and opens it with the key that signed the request. Throws SCEP_MALFORMED, CMS_SIGNATURE, CMS_DECRYPT. */
export function readCertRep(der: Uint8Array, options: ReadCertRepOptions): CertRep {
  const message = readLooseMessage(der, options.authorities);
  const { messageType, transactionId, senderNonce, recipientNonce, signed } = message;
  const isUnmarked = messageType === undefined && message.pkiStatus === undefined;
  if (!isUnmarked && messageType !== messageTypes.CertRep) {
    throw protocolError('SCEP_MALFORMED', `messageType "${(messageType ?? '').slice(0, 16)}" is not a CertRep`);
  }
  const pkiStatus = isUnmarked ? 'success' : nameOf(pkiStatuses, message.pkiStatus ?? '');
  if (pkiStatus === undefined) throw protocolError('SCEP_MALFORMED', 'the answer has no pkiStatus that is known');
  const bundle = pkiStatus === 'success' ? openBundle(signed.content, options) : undefined;
  return {
    pkiStatus,
    isUnmarked,
    signer: signed.signer,
    certificates: bundle?.content.certificates ?? [],
    isBundleSigned: (bundle?.content.signers ?? []).length > 0,
    ...(bundle !== undefined && { cipher: bundle.cipher }),
    ...(pkiStatus === 'failure' && { failInfo: nameOf(failInfos, message.failInfo ?? '') ?? 'badRequest' }),
    ...(transactionId !== undefined && { transactionId }),
    ...(senderNonce !== undefined && { senderNonce }),
    ...(recipientNonce !== undefined && { recipientNonce }),
  };
}

interface Bundle {
  readonly cipher: ContentCipher;
  readonly content: SignedData;
}

const openBundle = (envelope: Buffer, { signerCertificate, signerKey }: ReadCertRepOptions): Bundle =>
  asScep(() => ({
    cipher: readEnvelope(envelope).cipher,
    content: readSignedData(openEnvelope(envelope, signerCertificate, signerKey)),
  }));

/** The certificate for this public key among those of an answer. Throws SCEP_MALFORMED when there is none. */
export function certificateFor(publicKey: KeyObject, certificates: readonly Buffer[]): Buffer {
  const found = certificates.find((der) => isFor(publicKey, der));
  if (found === undefined)
    throw protocolError('SCEP_MALFORMED', 'the answer holds no certificate for the key that asked');
  return found;
}

/** Whether this is a certificate, and for this public key. */
export function isFor(publicKey: KeyObject, der: Uint8Array): boolean {
  const certificate = readableCertificate(der);
  return certificate !== undefined && isForKey(certificate, publicKey);
}
