// Distinguished names (RFC 5280 §4.1.2.4), in the form Apple's SCEP payload gives them: a list of RDNs of [type, value].
import { protocolError } from '../errors.js';
import { type DerNode, fields, readDer, tags, within } from './der.js';
import { ia5, isIa5, isOid, isPrintable, oid, printable, sequence, setOf, utf8 } from './der-build.js';
import { readOid, readText } from './der-values.js';

/** One relative name: usually one [type, value]; the type is a short name such as "CN", or a dotted OID. */
export type Rdn = readonly (readonly [type: string, value: string])[];

const types: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  T: '2.5.4.12',
  GN: '2.5.4.42',
  INITIALS: '2.5.4.43',
  DNQ: '2.5.4.46',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
};
const oidsByType = new Map(Object.entries(types).map(([type, id]) => [type.toLowerCase(), id]));
for (const [alias, type] of [
  ['e', 'emailaddress'],
  ['email', 'emailaddress'],
  ['s', 'st'],
] as const)
  oidsByType.set(alias, oidsByType.get(type) ?? '');
const typesByOid = new Map(Object.entries(types).map(([type, id]) => [id, type]));

const emailAddress = '1.2.840.113549.1.9.1';
const printableTypes = new Set(['2.5.4.6', '2.5.4.5', '2.5.4.46']);
const ia5Types = new Set(['0.9.2342.19200300.100.1.25', emailAddress]);

/** Attributes of one name, and alternative names of one certificate: a bound of ours, far above any real one. */
export const mostNames = 1000;

export const tooMany = (what: string) => protocolError('X509_MALFORMED', `more than ${mostNames} ${what}`);

/**
 * How the values of a name are written. `utf8`: UTF8String but where RFC 5280 asks for another; `printable`: PrintableString
 * where its letters suffice, as Apple's SecCertificateRequest.c writes them.
 */
export type NameForm = 'utf8' | 'printable';

/** The Name in DER. More than `mostNames`, or a type that is neither a known short name (in any case) nor an OID, throws X509_MALFORMED. */
export function buildName(subject: readonly Rdn[], form: NameForm = 'utf8'): Buffer {
  if (subject.flat().length > mostNames) throw tooMany('name attributes');
  return sequence(...subject.map((rdn) => setOf(...rdn.map(([type, value]) => buildAttribute(type, value, form)))));
}

function buildAttribute(type: string, value: string, form: NameForm): Buffer {
  const id = oidsByType.get(type.toLowerCase()) ?? type;
  if (!isOid(id))
    throw protocolError('X509_MALFORMED', `"${type.slice(0, 100)}" is not a name attribute that is known here`);
  return sequence(oid(id), form === 'printable' ? printableText(id, value) : text(id, value));
}

function text(id: string, value: string): Buffer {
  if (printableTypes.has(id) && isPrintable(value)) return printable(value);
  return ia5Types.has(id) && isIa5(value) ? ia5(value) : utf8(value);
}

/** Of an e-mail address the letters of PrintableString and the at sign make an IA5String; what has others is UTF-8. */
function printableText(id: string, value: string): Buffer {
  if (id === emailAddress) return isPrintable(value.replaceAll('@', '')) ? ia5(value) : utf8(value);
  return isPrintable(value) ? printable(value) : utf8(value);
}

/** The RDNs of a Name. Values that are not text appear as `#` and the hex of their DER (RFC 4514 §2.4). */
export function readName(name: Uint8Array | DerNode): Rdn[] {
  return within('X509_MALFORMED', 'Name', () => {
    const node = 'bytes' in name ? name : readDer(name);
    const names = fields(node, 'Name').rest().map(readRdn);
    if (names.flat().length > mostNames) throw tooMany('name attributes');
    return names;
  });
}

const readRdn = (rdn: DerNode): Rdn =>
  fields(rdn, 'RDN', tags.set)
    .rest()
    .map((attribute) => {
      const pair = fields(attribute, 'name attribute');
      const id = readOid(pair.take());
      return [typesByOid.get(id) ?? id, readValue(pair.take())] as const;
    });

function readValue(node: DerNode): string {
  const isText = node.tag === tags.bmpString ? node.content.length % 2 === 0 : textTags.has(node.tag);
  return isText ? readText(node) : `#${node.bytes.toString('hex')}`;
}
const textTags = new Set<number>([
  tags.utf8String,
  tags.printableString,
  tags.ia5String,
  tags.visibleString,
  tags.t61String,
  0x12,
]);

/** The name on one line for people and logs, in its own order: `O=X, CN=Y`. */
export const nameText = (name: readonly Rdn[]): string =>
  name.map((rdn) => rdn.map(([type, value]) => `${type}=${value.replace(/[,+\\]/g, '\\$&')}`).join('+')).join(', ');

/** The value of the first attribute of this short name or OID. */
export function nameValue(name: readonly Rdn[], type: string): string | undefined {
  for (const rdn of name) for (const [each, value] of rdn) if (each === type) return value;
  return undefined;
}
