// CMS EnvelopedData (RFC 5652 §6) with RSA key transport, and AuthEnvelopedData (RFC 5083) on the way in.

import type { KeyObject } from 'node:crypto';
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { type Digest, maskDigest, readDigest } from './algorithms.js';
import { readCertificate } from './certificate.js';
import {
  type ContentCipher,
  cipherById,
  cipherByName,
  decrypt,
  type EnvelopeCipher,
  encryptCbc,
  type Sealed,
} from './ciphers.js';
import {
  buildIssuerAndSerial,
  type CertificateId,
  contentInfo,
  isNamedBy,
  readCertificateId,
  readContentInfo,
  requireType,
} from './cms-parts.js';
import { context, type DerFields, type DerNode, fields, inner, tags, within } from './der.js';
import { element, integer, nothing, octets, oid, sequence, setOf, taggedPrimitive } from './der-build.js';
import { readOctets, readOid, readSmallInteger } from './der-values.js';
import { oids } from './oids.js';
import { decryptKey, decryptKeyOaep, encryptKey } from './rsa-transport.js';

interface EnvelopOptions {
  readonly cipher: EnvelopeCipher;
  readonly random: (length: number) => Buffer;
}

/** An envelope that each of these certificates (DER, RSA) can open. Throws X509_MALFORMED for other certificates. */
export function envelop(content: Uint8Array, recipients: readonly Uint8Array[], options: EnvelopOptions): Buffer {
  const cipher = cipherByName(options.cipher);
  const key = options.random(cipher.keyLength);
  const iv = options.random(cipher.ivLength);
  const infos = recipients.map((der) => {
    const certificate = readCertificate(der);
    const encrypted = encryptKey(key, certificate.publicKey, options.random);
    return sequence(integer(0), buildIssuerAndSerial(certificate), transport, octets(encrypted));
  });
  const encryptedContent = sequence(
    oid(oids.data),
    sequence(oid(cipher.id), octets(iv)),
    taggedPrimitive(0, encryptCbc(cipher, key, iv, content)),
  );
  return contentInfo(oids.envelopedData, sequence(integer(0), setOf(...infos), encryptedContent));
}

const transport = sequence(oid(oids.rsaEncryption), nothing);

export interface Envelope {
  readonly cipher: ContentCipher;
  readonly sealed: Sealed;
  readonly recipients: readonly Recipient[];
}

interface Recipient {
  readonly id: CertificateId;
  readonly transport: DerNode;
  readonly encryptedKey: Buffer;
}

const maxRecipients = 64;

/** Takes an envelope apart without opening it. Throws CMS_MALFORMED, also for a cipher that is not known here. */
export function readEnvelope(der: Uint8Array): Envelope {
  return within('CMS_MALFORMED', 'EnvelopedData', () => {
    const { type, content } = readContentInfo(der);
    requireType(type, oids.envelopedData, oids.authEnvelopedData);
    const parts = fields(content, 'EnvelopedData');
    parts.take(tags.integer);
    parts.maybe(context(0)); // originator
    const infos = fields(parts.take(), 'RecipientInfos', tags.set).rest();
    if (infos.length > maxRecipients) throw protocolError('CMS_MALFORMED', `${infos.length} recipients`);
    const recipients = infos.filter((node) => node.tag === tags.sequence).map(readRecipient); // key transport only
    const encrypted = fields(parts.take(), 'EncryptedContentInfo');
    requireType(readOid(encrypted.take(tags.oid)), oids.data); // SecCMS.c, SecCMSDecryptEnvelopedData: no other is opened
    const { cipher, iv, tagLength } = readCipher(encrypted.take());
    const ciphertext = readOctets(encrypted.take(), 0);
    const sealed =
      type === oids.authEnvelopedData
        ? readAuthenticated(parts, { iv, ciphertext }, tagLength)
        : cipher.mode === 'gcm'
          ? withTagAtEnd({ iv, ciphertext }, tagLength)
          : { iv, ciphertext };
    return { cipher, sealed, recipients };
  });
}

function readRecipient(node: DerNode): Recipient {
  const parts = fields(node, 'KeyTransRecipientInfo');
  parts.take(tags.integer);
  return {
    id: readCertificateId(parts.take()),
    transport: parts.take(tags.sequence),
    encryptedKey: readOctets(parts.take()),
  };
}

function readCipher(algorithm: DerNode): { cipher: ContentCipher; iv: Buffer; tagLength: number } {
  const parts = fields(algorithm, 'ContentEncryptionAlgorithm');
  const id = readOid(parts.take());
  const cipher = cipherById(id);
  if (cipher === undefined) throw protocolError('CMS_MALFORMED', `the cipher ${id} is not known here`);
  const parameters = parts.take();
  if (cipher.mode === 'cbc') return { cipher, iv: readOctets(parameters), tagLength: 0 };
  const gcm = fields(parameters, 'GCMParameters'); // RFC 5084 §3.2
  const iv = readOctets(gcm.take());
  const length = gcm.maybe(tags.integer);
  const tagLength = length === undefined ? 12 : readSmallInteger(length);
  if (tagLength < 12 || tagLength > 16) throw protocolError('CMS_MALFORMED', `a GCM tag of ${tagLength} octets`);
  return { cipher, iv, tagLength };
}

/** smallstep/pkcs7 puts GCM into EnvelopedData and the tag behind the ciphertext. */
function withTagAtEnd({ iv, ciphertext }: Sealed, tagLength: number): Sealed {
  if (ciphertext.length < tagLength) throw shortTag(ciphertext.length);
  return { iv, ciphertext: ciphertext.subarray(0, -tagLength), tag: ciphertext.subarray(-tagLength) };
}

// A tag of 4 octets is guessed in 2^32 tries, and node takes it.
const shortTag = (length: number): RollcallError =>
  protocolError('CMS_MALFORMED', `a GCM tag of ${length} octets, another length than the message says`);

function readAuthenticated(parts: DerFields, { iv, ciphertext }: Sealed, tagLength: number): Sealed {
  const attributes = parts.maybe(context(1));
  const tag = readOctets(parts.take());
  if (tag.length !== tagLength) throw shortTag(tag.length);
  return {
    iv,
    ciphertext,
    tag,
    ...(attributes !== undefined && { covered: element(tags.set, attributes.content) }), // RFC 5083 §2.2
  };
}

/**
 * The content of an envelope for this certificate (DER). Throws CMS_MALFORMED, and CMS_DECRYPT when the envelope is for
 * somebody else or does not open. A content that a wrong key happened to open is not noticed here: it is garbage.
 */
export function openEnvelope(der: Uint8Array, certificate: Uint8Array, key: KeyObject): Buffer {
  const { cipher, sealed, recipients } = readEnvelope(der);
  const own = readCertificate(certificate);
  const recipient = recipients.find((each) => isNamedBy(each.id, own));
  if (recipient === undefined) throw protocolError('CMS_DECRYPT', 'the envelope is for another certificate');
  const contentKey = within('CMS_MALFORMED', 'KeyTransRecipientInfo', () => openKey(recipient, key, cipher));
  return decrypt(cipher, contentKey, sealed);
}

function openKey(recipient: Recipient, key: KeyObject, cipher: ContentCipher): Buffer {
  if (key.asymmetricKeyType !== 'rsa') throw protocolError('CMS_DECRYPT', 'only RSA keys open envelopes');
  const algorithm = fields(recipient.transport, 'KeyEncryptionAlgorithm');
  const id = readOid(algorithm.take());
  if (id === oids.rsaEncryption) return decryptKey(recipient.encryptedKey, key, cipher.keyLength);
  if (id !== oids.rsaesOaep) throw protocolError('CMS_MALFORMED', `the key transport ${id} is not known here`);
  return decryptKeyOaep(recipient.encryptedKey, key, readOaepDigest(algorithm.rest()[0]));
}

/** RSAES-OAEP-params: SHA-1 when absent (RFC 8017 A.2.1). Labels and mixed hashes are not spoken here. */
function readOaepDigest(parameters: DerNode | undefined): Digest {
  if (parameters === undefined) return 'sha1';
  const parts = fields(parameters, 'RSAES-OAEP-params');
  const hash = parts.maybe(context(0));
  const mask = parts.maybe(context(1));
  const digest = hash === undefined ? 'sha1' : readDigest(inner(hash));
  if (digest === undefined || digest !== maskDigest(mask)) throw protocolError('CMS_MALFORMED', 'OAEP with two hashes');
  return digest;
}
