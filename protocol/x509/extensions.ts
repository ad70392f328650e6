// Certificate extensions that devices and their servers ask for (RFC 5280 §4.2.1).
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { protocolError } from '../errors.js';
import { context, contextPrimitive, type DerNode, fields, inner, readDer } from './der.js';
import {
  boolean,
  integer,
  isIa5,
  namedBits,
  octets,
  oid,
  sequence,
  tagged,
  taggedPrimitive,
  utf8,
} from './der-build.js';
import {
  readBitOctets,
  readBoolean,
  readNamedBits,
  readOctets,
  readOid,
  readSmallInteger,
  readText,
} from './der-values.js';
import { mostNames, tooMany } from './name.js';
import { oids } from './oids.js';

/** The bits of KeyUsage, in their order. */
const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

const extendedKeyUsageOids = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
} as const;
/** A purpose by its name, or by its OID where there is no name for it here. */
export type ExtendedKeyUsage = keyof typeof extendedKeyUsageOids | `${number}.${string}`;
const extendedKeyUsageNames = new Map<string, string>(
  Object.entries(extendedKeyUsageOids).map(([name, id]) => [id, name]),
);

/** Alternative names by the words of Apple's SCEP payload, and iPAddress for servers. */
export interface SubjectAltName {
  readonly rfc822Name?: string | readonly string[];
  readonly dNSName?: string | readonly string[];
  readonly uniformResourceIdentifier?: string | readonly string[];
  /** A Microsoft user principal name. */
  readonly ntPrincipalName?: string | readonly string[];
  readonly iPAddress?: string | readonly string[];
}

/** What was read: always lists. */
export type SubjectAltNames = { readonly [K in keyof SubjectAltName]: readonly string[] };

export interface ExtensionRequest {
  readonly ca?: boolean | { readonly pathLength: number };
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[];
  readonly subjectAltName?: SubjectAltName;
}

export const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

/** The extensions of a request, each a finished element; none for what was not asked. */
export function buildExtensions({ ca, keyUsage, extendedKeyUsage, subjectAltName }: ExtensionRequest): Buffer[] {
  const list: Buffer[] = [];
  if (ca !== undefined && ca !== false) {
    const pathLength = ca === true ? [] : [integer(ca.pathLength)];
    list.push(extension(oids.basicConstraints, true, sequence(boolean(true), ...pathLength)));
  }
  const names = subjectAltName === undefined ? [] : buildGeneralNames(subjectAltName);
  if (names.length > mostNames) throw tooMany('alternative names');
  if (names.length > 0) list.push(extension(oids.subjectAltName, false, sequence(...names)));
  if (extendedKeyUsage !== undefined && extendedKeyUsage.length > 0) {
    const named: Readonly<Record<string, string>> = extendedKeyUsageOids;
    const purposes = extendedKeyUsage.map((usage) => oid(named[usage] ?? usage));
    list.push(extension(oids.extendedKeyUsage, false, sequence(...purposes)));
  }
  if (keyUsage !== undefined && keyUsage.length > 0) {
    const bits = namedBits(keyUsage.map((usage) => keyUsages.indexOf(usage)));
    list.push(extension(oids.keyUsage, true, bits));
  }
  return list;
}

const each = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

function buildGeneralNames(names: SubjectAltName): Buffer[] {
  return [
    ...each(names.ntPrincipalName).map((name) => tagged(0, oid(oids.userPrincipalName), tagged(0, utf8(name)))),
    ...each(names.rfc822Name).map((name) => taggedPrimitive(1, ia5Octets(name))),
    ...each(names.dNSName).map((name) => taggedPrimitive(2, ia5Octets(name))),
    ...each(names.uniformResourceIdentifier).map((name) => taggedPrimitive(6, ia5Octets(name))),
    ...each(names.iPAddress).map((address) => taggedPrimitive(7, addressOctets(address))),
  ];
}

function ia5Octets(name: string): Buffer {
  if (!isIa5(name)) throw protocolError('X509_MALFORMED', `the alternative name "${name.slice(0, 100)}" is not ASCII`);
  return Buffer.from(name, 'latin1');
}

function addressOctets(address: string): Buffer {
  const family = isIP(address);
  if (family === 4) return Buffer.from(address.split('.').map(Number));
  if (family !== 6 || address.includes('.') || address.includes('%'))
    throw protocolError('X509_MALFORMED', `"${address.slice(0, 100)}" is not an IP address that fits a certificate`);
  const [head = '', tail] = address.split('::');
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  const all = tail === undefined ? groups(head) : [...groups(head), ...zeros, ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

export interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** Extensions by their OID. A second one of the same OID is refused (RFC 5280 §4.2). */
export function readExtensionList(list: DerNode): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const node of fields(list, 'Extensions').rest()) {
    const parts = fields(node, 'Extension');
    const id = readOid(parts.take());
    const critical = parts.maybe(0x01);
    const value = readOctets(parts.take());
    if (extensions.has(id)) throw protocolError('DER_MALFORMED', `the extension ${id} is there twice`);
    extensions.set(id, { critical: critical !== undefined && readBoolean(critical), value });
  }
  return extensions;
}

type Extensions = ReadonlyMap<string, Extension>;

export function readKeyUsage(extensions: Extensions): readonly KeyUsage[] | undefined {
  const found = extensions.get(oids.keyUsage);
  if (found === undefined) return undefined;
  return readNamedBits(readDer(found.value)).flatMap((bit) => keyUsages[bit] ?? []);
}

/** Purposes by name, or by OID where this project has no name for them. */
export function readExtendedKeyUsage(extensions: Extensions): readonly string[] | undefined {
  const found = extensions.get(oids.extendedKeyUsage);
  if (found === undefined) return undefined;
  const purposes = fields(readDer(found.value), 'ExtKeyUsage').rest().map(readOid);
  return purposes.map((id) => extendedKeyUsageNames.get(id) ?? id);
}

export function readBasicConstraints(extensions: Extensions): { isCa: boolean; pathLength?: number } {
  const found = extensions.get(oids.basicConstraints);
  if (found === undefined) return { isCa: false };
  const parts = fields(readDer(found.value), 'BasicConstraints');
  const ca = parts.maybe(0x01);
  const pathLength = parts.maybe(0x02);
  const isCa = ca !== undefined && readBoolean(ca);
  return pathLength === undefined ? { isCa } : { isCa, pathLength: readSmallInteger(pathLength) };
}

export function readSubjectKeyId(extensions: Extensions): Buffer | undefined {
  const found = extensions.get(oids.subjectKeyIdentifier);
  return found === undefined ? undefined : readOctets(readDer(found.value));
}

export function readAuthorityKeyId(extensions: Extensions): Buffer | undefined {
  const found = extensions.get(oids.authorityKeyIdentifier);
  return found === undefined
    ? undefined
    : fields(readDer(found.value), 'AuthorityKeyIdentifier').maybe(contextPrimitive(0))?.content;
}

/** The alternative names of the kinds above; other kinds are passed over. */
export function readSubjectAltName(extensions: Extensions): SubjectAltNames | undefined {
  const found = extensions.get(oids.subjectAltName);
  if (found === undefined) return undefined;
  const names: Partial<Record<keyof SubjectAltName, string[]>> = {};
  const add = (kind: keyof SubjectAltName, value: string | undefined) => {
    if (value === undefined) return;
    const list = names[kind];
    if (list === undefined) names[kind] = [value];
    else list.push(value);
  };
  const all = fields(readDer(found.value), 'GeneralNames').rest();
  if (all.length > mostNames) throw tooMany('alternative names');
  for (const name of all) {
    if (name.tag === contextPrimitive(1)) add('rfc822Name', name.content.toString('latin1'));
    else if (name.tag === contextPrimitive(2)) add('dNSName', name.content.toString('latin1'));
    else if (name.tag === contextPrimitive(6)) add('uniformResourceIdentifier', name.content.toString('latin1'));
    else if (name.tag === contextPrimitive(7)) add('iPAddress', addressText(name.content));
    else if (name.tag === context(0)) add('ntPrincipalName', principalName(name));
  }
  return names;
}

function addressText(octetsOf: Buffer): string | undefined {
  if (octetsOf.length === 4) return octetsOf.join('.');
  if (octetsOf.length !== 16) return undefined;
  return new URL(`http://[${octetsOf.toString('hex').replace(/(.{4})(?!$)/g, '$1:')}]/`).hostname.slice(1, -1);
}

function principalName(otherName: DerNode): string | undefined {
  const parts = fields(otherName, 'OtherName', context(0));
  return readOid(parts.take()) === oids.userPrincipalName ? readText(inner(parts.take(context(0)))) : undefined;
}

/** SHA-1 of the key bits (RFC 5280 §4.2.1.2, method 1). */
export function keyIdentifier(spki: Uint8Array): Buffer {
  const parts = fields(readDer(spki), 'SubjectPublicKeyInfo');
  parts.take();
  return createHash('sha1').update(readBitOctets(parts.take())).digest();
}
