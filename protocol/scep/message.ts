// What every SCEP pkiMessage has (RFC 8894 §3.2): a SignedData whose signed attributes say what it is.

import { hash, type KeyObject } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { publicKeyInfo } from '../x509/algorithms.js';
import type { Attribute } from '../x509/cms-parts.js';
import { type VerifiedData, verifySignedData } from '../x509/cms-signed.js';
import { type DerNode, within } from '../x509/der.js';
import { isPrintable, octets, printable, utf8 } from '../x509/der-build.js';
import { readOctets, readText } from '../x509/der-values.js';
import { oids } from '../x509/oids.js';

/** Message types by name; the wire has the numbers, as text (RFC 8894 §3.2.1.2). */
export const messageTypes = { CertRep: '3', RenewalReq: '17', PKCSReq: '19', CertPoll: '20' } as const;
export type MessageType = keyof typeof messageTypes;
export type ScepRequestType = Exclude<MessageType, 'CertRep'>;

export const pkiStatuses = { success: '0', failure: '2', pending: '3' } as const;
export type PkiStatus = keyof typeof pkiStatuses;

export const failInfos = { badAlg: '0', badMessageCheck: '1', badRequest: '2', badTime: '3', badCertId: '4' } as const;
export type FailInfo = keyof typeof failInfos;

export const nonceLength = 16; // RFC 8894 §3.2.1.5

/** The name whose number this is. */
export function nameOf<T extends Readonly<Record<string, string>>>(
  table: T,
  number: string,
): (keyof T & string) | undefined {
  for (const name in table) if (table[name] === number) return name;
  return undefined;
}

const attribute = (type: string, value: Uint8Array): Attribute => ({ type, value });
const text = (value: string): Buffer => (isPrintable(value) ? printable(value) : utf8(value));

/** The signed attributes of a message; those that are not given are not written. */
export function buildAttributes(values: {
  readonly messageType: MessageType;
  readonly transactionId: string;
  readonly senderNonce: Uint8Array;
  readonly recipientNonce?: Uint8Array | undefined;
  readonly pkiStatus?: PkiStatus;
  readonly failInfo?: FailInfo | undefined;
}): Attribute[] {
  const { messageType, transactionId, senderNonce, recipientNonce, pkiStatus, failInfo } = values;
  return [
    attribute(oids.messageType, printable(messageTypes[messageType])),
    attribute(oids.transactionId, text(transactionId)),
    attribute(oids.senderNonce, octets(senderNonce)),
    ...(recipientNonce === undefined ? [] : [attribute(oids.recipientNonce, octets(recipientNonce))]),
    ...(pkiStatus === undefined ? [] : [attribute(oids.pkiStatus, printable(pkiStatuses[pkiStatus]))]),
    ...(failInfo === undefined ? [] : [attribute(oids.failInfo, printable(failInfos[failInfo]))]),
  ];
}

export interface PkiMessage {
  /** The number as it stands on the wire: see messageTypes. */
  readonly messageType: string;
  readonly transactionId: string;
  readonly senderNonce?: Buffer;
  readonly recipientNonce?: Buffer;
  readonly pkiStatus?: string;
  readonly failInfo?: string;
  readonly signed: VerifiedData;
}

/**
 * Reads a pkiMessage and checks its signature. `certificates` are where signers are looked for when the message does not
 * carry theirs. Throws SCEP_MALFORMED, or CMS_SIGNATURE, or X509_MALFORMED for the signer's certificate.
 */
export function readMessage(der: Uint8Array, certificates: readonly Uint8Array[] = []): PkiMessage {
  const { messageType, transactionId, ...rest } = readLooseMessage(der, certificates);
  if (messageType === undefined || transactionId === undefined) {
    throw protocolError('SCEP_MALFORMED', 'the message has no messageType or no usable transactionID');
  }
  return { messageType, transactionId, ...rest };
}

/** The same of a message that may lack its messageType and its transactionID. */
export function readLooseMessage(der: Uint8Array, certificates: readonly Uint8Array[] = []): LooseMessage {
  const signed = asScep(() => verifySignedData(der, { certificates }));
  const { attributes } = signed;
  return within('SCEP_MALFORMED', 'pkiMessage', () => {
    const texts = {
      messageType: optional(attributes, oids.messageType, readText),
      transactionId: optional(attributes, oids.transactionId, readText),
      pkiStatus: optional(attributes, oids.pkiStatus, readText),
      failInfo: optional(attributes, oids.failInfo, readText),
    };
    const nonces = {
      senderNonce: optional(attributes, oids.senderNonce, readNonce),
      recipientNonce: optional(attributes, oids.recipientNonce, readNonce),
    };
    if (texts.transactionId !== undefined && texts.transactionId.length > 256)
      throw protocolError('SCEP_MALFORMED', 'the message has no usable transactionID');
    return { signed, ...given(texts), ...given(nonces) };
  });
}

type LooseMessage = Omit<PkiMessage, 'messageType' | 'transactionId'> &
  Partial<Pick<PkiMessage, 'messageType' | 'transactionId'>>;

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends Readonly<Record<string, unknown>>>(values: T): Given<T>;
function given(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function optional<T>(
  attributes: ReadonlyMap<string, DerNode>,
  type: string,
  read: (node: DerNode) => T,
): T | undefined {
  const node = attributes.get(type);
  return node === undefined ? undefined : read(node);
}

function readNonce(node: DerNode): Buffer {
  const nonce = readOctets(node);
  if (nonce.length === 0 || nonce.length > 64)
    throw protocolError('SCEP_MALFORMED', `a nonce of ${nonce.length} octets`);
  return nonce;
}

/** What is malformed as CMS is malformed as SCEP; the other failures keep their names. */
export function asScep<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isRollcallError(cause, 'CMS_MALFORMED')) throw cause;
    throw protocolError('SCEP_MALFORMED', cause.message, { cause });
  }
}

/** The transaction of a key: hex of the SHA-256 of its public half, so that a retry is seen as one (RFC 8894 §3.2.1.1). */
export const transactionIdOf = (publicKey: KeyObject): string => hash('sha256', publicKeyInfo(publicKey), 'hex');

/**
 * The transaction of a key as Apple's client names it: the SHA-1 of its public half (for RSA: of the RSAPublicKey inside
 * SubjectPublicKeyInfo) in upper-case hex (SecSCEP.c pubkeyhash).
 */
export const appleTransactionIdOf = (publicKey: KeyObject): string =>
  hash('sha1', publicKey.export({ format: 'der', type: 'pkcs1' }), 'hex').toUpperCase();
