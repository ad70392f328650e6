// Reading CMS SignedData (RFC 5652 §5) from strangers and checking its signatures.

import { hash } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { type Digest, isSigned, readDigest } from './algorithms.js';
import { type Certificate, readableCertificate, readCertificate } from './certificate.js';
import {
  type CertificateId,
  isNamedBy,
  readAttributes,
  readCertificateId,
  readCertificateSet,
  readContentInfo,
  requireType,
} from './cms-parts.js';
import { asBuffer, context, type DerNode, fields, inner, readDer, tags, within } from './der.js';
import { element } from './der-build.js';
import { readOctets, readOid, readTime } from './der-values.js';
import { oids } from './oids.js';

export interface SignedData {
  readonly contentType: string;
  /** Absent in a detached signature. */
  readonly content?: Buffer;
  /** DER, as they lie in the message; nothing is said about their worth. */
  readonly certificates: readonly Buffer[];
  readonly signers: readonly SignerInfo[];
}

export interface SignerInfo {
  readonly id: CertificateId;
  /** Undefined when the digest is not one that is spoken here; such a signature never verifies. */
  readonly digest: Digest | undefined;
  /** Signed attributes by OID, the one value of each; empty when there are none. */
  readonly attributes: ReadonlyMap<string, DerNode>;
  /** What was signed instead of the content, when there are signed attributes. */
  readonly signedAttributes?: Buffer;
  readonly algorithm: DerNode;
  readonly signature: Buffer;
}

/** More are not even read. */
const maxSigners = 8;

/** Takes a SignedData apart; no signature is checked. Throws CMS_MALFORMED. */
export function readSignedData(der: Uint8Array): SignedData {
  return within('CMS_MALFORMED', 'SignedData', () => {
    const { type, content } = readContentInfo(der);
    requireType(type, oids.signedData);
    const parts = fields(content, 'SignedData');
    parts.take(tags.integer);
    parts.take(tags.set);
    const encapsulated = fields(parts.take(), 'EncapsulatedContentInfo');
    const contentType = readOid(encapsulated.take());
    const wrapped = encapsulated.maybe(context(0));
    const certificates = readCertificateSet(parts.maybe(context(0)));
    parts.maybe(context(1)); // revocation lists
    const signers = fields(parts.take(), 'SignerInfos', tags.set).rest();
    if (signers.length > maxSigners) throw protocolError('CMS_MALFORMED', `${signers.length} signers in one message`);
    return {
      contentType,
      certificates,
      signers: signers.map(readSignerInfo),
      ...(wrapped !== undefined && { content: readWrapped(inner(wrapped)) }),
    };
  });
}

/** PKCS#7 1.5 puts some contents in as they are, without an OCTET STRING; then the digest is over their value (RFC 5652 §5.2.1). */
const readWrapped = (node: DerNode): Buffer =>
  node.tag === tags.octetString || node.tag === tags.constructedOctetString ? readOctets(node) : node.content;

function readSignerInfo(node: DerNode): SignerInfo {
  const parts = fields(node, 'SignerInfo');
  parts.take(tags.integer);
  const id = readCertificateId(parts.take());
  const digest = readDigest(parts.take());
  const list = parts.maybe(context(0));
  const algorithm = parts.take(tags.sequence);
  const signature = readOctets(parts.take());
  const attributes = readAttributes(list === undefined ? [] : fields(list, 'SignedAttributes', context(0)).rest());
  const signedAttributes = list === undefined ? {} : { signedAttributes: element(tags.set, list.content) };
  return { id, digest, attributes, algorithm, signature, ...signedAttributes };
}

export interface VerifiedData {
  readonly content: Buffer;
  /** The certificate (DER) of the signer. Its issuer and dates are for the caller to judge: verifyIssued. */
  readonly signer: Buffer;
  readonly certificates: readonly Buffer[];
  /** The signed attributes by OID. */
  readonly attributes: ReadonlyMap<string, DerNode>;
  readonly signingTime?: Date;
  readonly digest: Digest;
}

export interface VerifyOptions {
  /** The content of a detached signature. If the message holds a content too, they must be the same. */
  readonly content?: Uint8Array;
  /** Certificates (DER) among which signers are looked for, beside those in the message. */
  readonly certificates?: readonly Uint8Array[];
}

/**
 * Checks the signature of a SignedData. There must be one signer and no more, as Apple's CMS asks (SecCMS.c, and the shim
 * over MessageSecurity alike); certificates beside the signer's that cannot be read are passed over. Throws CMS_MALFORMED,
 * X509_MALFORMED for the signer's certificate, and CMS_SIGNATURE when a digest, signature or certificate does not fit.
 */
export function verifySignedData(der: Uint8Array, options: VerifyOptions = {}): VerifiedData {
  const data = readSignedData(der);
  const content = chooseContent(data.content, options.content);
  const [signer, second] = data.signers;
  if (signer === undefined) throw protocolError('CMS_SIGNATURE', 'nobody signed the message');
  if (second !== undefined)
    throw protocolError('CMS_SIGNATURE', `${data.signers.length} signed the message; a device takes one signer only`);
  const certificates = [...data.certificates, ...(options.certificates ?? [])];
  const checked = within('CMS_MALFORMED', 'SignerInfo', () =>
    checkSigner(signer, data.contentType, content, certificates),
  );
  const { attributes } = signer;
  const time = attributes.get(oids.signingTime);
  return {
    content,
    signer: checked.certificate.der,
    certificates: data.certificates,
    attributes,
    digest: checked.digest,
    ...(time !== undefined && { signingTime: within('CMS_MALFORMED', 'signingTime', () => readTime(time)) }),
  };
}

function chooseContent(inside: Buffer | undefined, outside: Uint8Array | undefined): Buffer {
  if (outside === undefined) return inside ?? Buffer.alloc(0);
  if (inside !== undefined && !inside.equals(outside)) {
    throw protocolError('CMS_SIGNATURE', 'the message holds another content than the one it came with');
  }
  return asBuffer(outside);
}

interface Checked {
  readonly certificate: Certificate;
  readonly digest: Digest;
}

function checkSigner(
  signer: SignerInfo,
  contentType: string,
  content: Buffer,
  certificates: readonly Uint8Array[],
): Checked {
  const { digest, algorithm, signature } = signer;
  const certificate = findSigner(signer.id, certificates);
  if (digest === undefined) throw protocolError('CMS_SIGNATURE', 'the digest algorithm is not one of SHA-1 and SHA-2');
  if (signer.signedAttributes === undefined) {
    requireType(contentType, oids.data); // RFC 5652 §5.3
    refuseAttributesAsContent(content);
  } else checkAttributes(signer.attributes, digest, contentType, content);
  const bytes = signer.signedAttributes ?? content;
  if (!isSigned({ key: certificate.publicKey, algorithm, digest, bytes, signature })) {
    throw protocolError('CMS_SIGNATURE', 'the signature is not by the certificate that the message names');
  }
  return { certificate, digest };
}

/** Throws X509_MALFORMED where a certificate that cannot be read is all there is. */
function findSigner(id: CertificateId, certificates: readonly Uint8Array[]): Certificate {
  const [only, second] = certificates;
  const readable =
    only !== undefined && second === undefined
      ? [readCertificate(only)]
      : certificates.flatMap((each) => readableCertificate(each) ?? []);
  const found = readable.find((each) => isNamedBy(id, each));
  if (found === undefined) throw protocolError('CMS_SIGNATURE', "the signer's certificate is not in the message");
  return found;
}

/**
 * A signature over attributes is one over their SET OF, and so also fits a message without attributes whose content is that
 * very SET: somebody's signed message can be turned into another that he never signed. No content of ours looks like that.
 */
function refuseAttributesAsContent(content: Buffer): void {
  if (content[0] !== tags.set) return;
  let attributes: ReadonlyMap<string, DerNode>;
  try {
    attributes = readAttributes(fields(readDer(content), 'content', tags.set).rest());
  } catch (error) {
    if (isRollcallError(error)) return; // some other content that begins with a 1
    throw error;
  }
  if (attributes.has(oids.messageDigest))
    throw protocolError('CMS_SIGNATURE', 'the content is the signed attributes of another message');
}

/** RFC 5652 §5.4 and §11: contentType and messageDigest must be there and say what is true. */
function checkAttributes(
  attributes: ReadonlyMap<string, DerNode>,
  digest: Digest,
  contentType: string,
  content: Buffer,
): void {
  const type = attributes.get(oids.contentType);
  const messageDigest = attributes.get(oids.messageDigest);
  if (type === undefined || messageDigest === undefined) {
    throw protocolError('CMS_MALFORMED', 'the signed attributes lack contentType or messageDigest');
  }
  within('CMS_MALFORMED', 'signed attributes', () => {
    if (readOid(type) !== contentType) throw protocolError('CMS_SIGNATURE', 'another content type was signed');
    if (!readOctets(messageDigest).equals(hash(digest, content, 'buffer'))) {
      throw protocolError('CMS_SIGNATURE', 'another content was signed: its digest differs');
    }
  });
}

/** The certificates of a SignedData that nobody signed, as Apple's CMS takes such a message. Throws CMS_MALFORMED. */
export function readCertificatesOnly(der: Uint8Array): readonly Buffer[] {
  const { signers, certificates } = readSignedData(der);
  if (signers.length > 0) throw protocolError('CMS_MALFORMED', 'a message of certificates only must have no signer');
  return certificates;
}

/** The certificates of a SignedData, signed or not. Throws CMS_MALFORMED. */
export const readDegenerate = (der: Uint8Array): readonly Buffer[] => readSignedData(der).certificates;
