// Certification requests, PKCS#10 (RFC 2986), with the attributes of RFC 2985 that SCEP uses.
import type { KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type Digest, isSigned, publicKeyInfo, readPublicKey, signatureAlgorithm, signBytes } from './algorithms.js';
import { readAttributes } from './cms-parts.js';
import { context, type DerNode, fields, readDer, tags, within } from './der.js';
import { bits, integer, isPrintable, nothing, oid, printable, sequence, setOf, tagged, utf8 } from './der-build.js';
import { readBitOctets, readText } from './der-values.js';
import {
  buildExtensions,
  type Extension,
  type ExtensionRequest,
  type KeyUsage,
  readExtendedKeyUsage,
  readExtensionList,
  readKeyUsage,
  readSubjectAltName,
  type SubjectAltNames,
} from './extensions.js';
import { buildName, type NameForm, type Rdn, readName } from './name.js';
import { oids } from './oids.js';

/** Both halves of a key; a device's key is one. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface CsrRequest extends Omit<ExtensionRequest, 'ca'> {
  readonly subject: readonly Rdn[];
  readonly key: KeyPair;
  readonly challengePassword?: string;
  readonly digest?: Digest;
  /** Default utf8. */
  readonly names?: NameForm;
}

/** A certification request in DER, signed with its own key. */
export function buildCsr({
  subject,
  key,
  challengePassword,
  digest = 'sha256',
  names,
  ...request
}: CsrRequest): Buffer {
  const attributes: Buffer[] = [];
  if (challengePassword !== undefined) {
    const text = isPrintable(challengePassword) ? printable(challengePassword) : utf8(challengePassword);
    attributes.push(sequence(oid(oids.challengePassword), setOf(text))); // RFC 2985 §5.4.1
  }
  const extensions = buildExtensions(request);
  if (extensions.length > 0) {
    attributes.push(sequence(oid(oids.extensionRequest), setOf(sequence(...extensions)))); // RFC 2985 §5.4.2
  }
  attributes.sort(Buffer.compare); // [0] is an IMPLICIT SET OF
  const info = sequence(integer(0), buildName(subject, names), publicKeyInfo(key.publicKey), tagged(0, ...attributes));
  return sequence(info, signatureAlgorithm(key.privateKey, digest), bits(signBytes(key.privateKey, digest, info)));
}

export interface Csr {
  readonly der: Buffer;
  readonly subject: readonly Rdn[];
  readonly subjectDer: Buffer;
  readonly spki: Buffer;
  readonly publicKey: KeyObject;
  readonly challengePassword?: string;
  readonly subjectAltName?: SubjectAltNames;
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly string[];
}

/** Reads a request and checks that its key signed it. Throws X509_MALFORMED, or CMS_SIGNATURE when it did not. */
export function readCsr(der: Uint8Array): Csr {
  return within('X509_MALFORMED', 'CertificationRequest', () => {
    const node = readDer(der);
    const outer = fields(node, 'CertificationRequest');
    const info = outer.take(tags.sequence);
    const algorithm = pkcs1Name(outer.take(tags.sequence));
    const signature = readBitOctets(outer.take());
    const body = fields(info, 'CertificationRequestInfo');
    body.take(tags.integer);
    const subject = body.take(tags.sequence);
    const spki = body.take(tags.sequence).bytes;
    const attributes = readRequested(body.maybe(context(0)));
    const publicKey = readPublicKey(spki);
    if (!isSigned({ key: publicKey, algorithm, bytes: info.bytes, signature })) {
      throw protocolError('CMS_SIGNATURE', 'the certification request is not signed by its own key');
    }
    return { der: node.bytes, subject: readName(subject), subjectDer: subject.bytes, spki, publicKey, ...attributes };
  });
}

/** Windows 10 signs its requests under OIW's name of sha1WithRSAEncryption; certificates under that name stay refused. */
function pkcs1Name(algorithm: DerNode): DerNode {
  const isOiw = algorithm.content.subarray(0, oiwSha1WithRsa.length).equals(oiwSha1WithRsa);
  return isOiw ? readDer(sequence(oid('1.2.840.113549.1.1.5'), nothing)) : algorithm;
}
const oiwSha1WithRsa = oid('1.3.14.3.2.29');

type Attributes = Pick<Csr, 'challengePassword' | 'subjectAltName' | 'keyUsage' | 'extendedKeyUsage'>;

function readRequested(list: DerNode | undefined): Attributes {
  const attributes = readAttributes(list === undefined ? [] : fields(list, 'Attributes', context(0)).rest());
  const challenge = attributes.get(oids.challengePassword);
  const requested = attributes.get(oids.extensionRequest);
  const challengePassword = challenge && readText(challenge);
  const extensions = requested === undefined ? new Map<string, Extension>() : readExtensionList(requested);
  const subjectAltName = readSubjectAltName(extensions);
  const keyUsage = readKeyUsage(extensions);
  const extendedKeyUsage = readExtendedKeyUsage(extensions);
  return {
    ...(challengePassword !== undefined && { challengePassword }),
    ...(subjectAltName !== undefined && { subjectAltName }),
    ...(keyUsage !== undefined && { keyUsage }),
    ...(extendedKeyUsage !== undefined && { extendedKeyUsage }),
  };
}
