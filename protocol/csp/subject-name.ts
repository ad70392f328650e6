// Subjects as Windows takes them for text (CertStrToName): `CN=Device 1, OU="R&D, Oslo"`, in the order in which they are written.
import { isOid } from '../x509/der-build.js';
import type { Rdn } from '../x509/name.js';
import { malformed } from './document.js';

/** X.500 keys of CertStrToName, in upper case, by the types of x509/name.ts or their OIDs. */
const keys: Readonly<Record<string, string>> = {
  CN: 'CN',
  OU: 'OU',
  O: 'O',
  C: 'C',
  L: 'L',
  S: 'ST',
  ST: 'ST',
  STREET: 'STREET',
  T: 'T',
  TITLE: 'T',
  G: 'GN',
  GN: 'GN',
  GIVENNAME: 'GN',
  I: 'INITIALS',
  INITIALS: 'INITIALS',
  SN: 'SN',
  SERIALNUMBER: 'SERIALNUMBER',
  DC: 'DC',
  UID: 'UID',
  E: 'emailAddress',
  EMAIL: 'emailAddress',
  EMAILADDRESS: 'emailAddress',
  DESCRIPTION: '2.5.4.13',
  POSTALCODE: '2.5.4.17',
};

const longest = 4096;
const mostAttributes = 100;

/** `key=`, a value in quotes or without, and what separates it from the next: `+` within one RDN, else a comma, semicolon, line. */
const attribute = /([^=,;+"\r\n]{1,200})=(?:[ \t]*"((?:[^"]|"")*)"[ \t]*|([^,;+"\r\n]*))([,;+\r\n]\s*|$)/y;

/** The relative names, one at least. Throws CSP_MALFORMED for what CertStrToName would not take. */
export function readSubjectName(text: string): Rdn[] {
  if (text.length > longest) throw malformed(`a subject of more than ${longest} characters`);
  const rdns: (readonly [type: string, value: string])[][] = [];
  let joins = false;
  attribute.lastIndex = 0;
  for (let count = 0; attribute.lastIndex < text.length; count++) {
    const found = count < mostAttributes ? attribute.exec(text) : null;
    if (found === null) throw malformed('the subject is no list of names, such as CN=Device, O=Contoso');
    const [, key = '', quoted, plain = '', separator = ''] = found;
    const pair = [typeOf(key.trim()), quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"')] as const;
    const last = rdns.at(-1);
    if (joins && last !== undefined) last.push(pair);
    else rdns.push([pair]);
    joins = separator.includes('+');
    if (separator === '') break;
  }
  if (rdns.length === 0) throw malformed('the subject is empty');
  return rdns;
}

function typeOf(key: string): string {
  const known = keys[key.toUpperCase()];
  if (known !== undefined && Object.hasOwn(keys, key.toUpperCase())) return known;
  const oid = key.replace(/^oid\./i, '');
  if (isOid(oid)) return oid;
  throw malformed(`the subject names ${key.slice(0, 40)}, which is neither an X.500 key nor an OID`);
}
