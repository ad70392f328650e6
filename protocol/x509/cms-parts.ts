// What every CMS message (RFC 5652) begins with, and how certificates and attributes lie in one.
import { protocolError } from '../errors.js';
import type { Certificate } from './certificate.js';
import { context, contextPrimitive, type DerNode, fields, inner, readDer, tags } from './der.js';
import { element, oid, sequence, setOf, tagged } from './der-build.js';
import { readInteger, readOctets, readOid } from './der-values.js';

/** A ContentInfo around a finished content. */
export const contentInfo = (type: string, content: Uint8Array): Buffer => sequence(oid(type), tagged(0, content));

/** The content of a ContentInfo that must be of this type. */
export function readContentInfo(der: Uint8Array): { readonly type: string; readonly content: DerNode } {
  const info = fields(readDer(der), 'ContentInfo');
  return { type: readOid(info.take()), content: inner(info.take(context(0))) };
}

export function requireType(found: string, ...wanted: readonly string[]): void {
  if (!wanted.includes(found)) throw protocolError('CMS_MALFORMED', `the content type is ${found}, not ${wanted[0]}`);
}

/** An attribute: one value in DER under an OID (RFC 5652 §5.3). */
export interface Attribute {
  readonly type: string;
  readonly value: Uint8Array;
}

export const buildAttribute = ({ type, value }: Attribute): Buffer => sequence(oid(type), setOf(value));

/** Attributes by OID. A type that stands twice, or has no or many values, is DER_MALFORMED: all that are used here are single. */
export function readAttributes(nodes: readonly DerNode[]): Map<string, DerNode> {
  const attributes = new Map<string, DerNode>();
  for (const node of nodes) {
    const attribute = fields(node, 'Attribute');
    const type = readOid(attribute.take());
    const [value, second] = fields(attribute.take(), 'attribute values', tags.set).rest();
    if (value === undefined || second !== undefined || attributes.has(type)) {
      throw protocolError('DER_MALFORMED', `the attribute ${type} is not there once with one value`);
    }
    attributes.set(type, value);
  }
  return attributes;
}

/** Certificates in a message; other choices of CertificateSet (attribute certificates) are passed over. */
export function readCertificateSet(set: DerNode | undefined): Buffer[] {
  if (set === undefined) return [];
  const found = fields(set, 'CertificateSet', context(0)).rest();
  if (found.length > 64) throw protocolError('CMS_MALFORMED', `${found.length} certificates in one message`);
  return found.filter((node) => node.tag === tags.sequence).map((node) => node.bytes);
}

/** How a signer or recipient is named: by issuer and serial number, or by subject key identifier. */
export type CertificateId = { readonly issuerDer: Buffer; readonly serial: Buffer } | { readonly ski: Buffer };

export function readCertificateId(node: DerNode): CertificateId {
  if (node.tag === contextPrimitive(0) || node.tag === context(0)) return { ski: readOctets(node, 0) };
  const parts = fields(node, 'IssuerAndSerialNumber');
  return { issuerDer: parts.take(tags.sequence).bytes, serial: readInteger(parts.take()) };
}

export const buildIssuerAndSerial = (certificate: Certificate): Buffer =>
  sequence(certificate.issuerDer, element(tags.integer, certificate.serial));

export function isNamedBy(id: CertificateId, certificate: Certificate): boolean {
  if ('ski' in id) return certificate.ski.equals(id.ski);
  return certificate.serial.equals(id.serial) && certificate.issuerDer.equals(id.issuerDer);
}
