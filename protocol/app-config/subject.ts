// Subjects of certificate requests as a text, in the order in which they are written: `CN=device-1,O=Contoso`, escaped as RFC 4514 has it.
import { isRollcallError } from '../../base/errors.js';
import { buildName, type Rdn } from '../x509/name.js';
import { refused } from './names.js';

const longest = 4096;
const mostAttributes = 100;

/** `type=value`, and what follows: `+` for another of the same relative name, a comma for the next one. */
const attribute = /\s*([A-Za-z0-9.-]{1,100})=((?:[^,+\\]|\\[\s\S])*)([,+]|$)/y;

/** Throws APP_CONFIG_REFUSED. An empty text has no names: the device asks for one of its own. */
export function readSubject(text: string): readonly Rdn[] {
  if (text.length > longest) throw refused('subject', `has more than ${longest} characters`);
  const rdns: (readonly [type: string, value: string])[][] = [];
  let joins = false;
  let separator = text === '' ? '' : ',';
  attribute.lastIndex = 0;
  for (let count = 0; separator !== ''; count++) {
    const found = count < mostAttributes ? attribute.exec(text) : null;
    if (found === null) throw refused('subject', 'is no list of names, such as CN=device,O=Contoso');
    const [, type = '', value = '', next = ''] = found;
    const pair = [type, unescaped(value)] as const;
    const last = rdns.at(-1);
    if (joins && last !== undefined) last.push(pair);
    else rdns.push([pair]);
    joins = next === '+';
    separator = next;
  }
  try {
    buildName(rdns);
  } catch (error) {
    if (!isRollcallError(error, 'X509_MALFORMED')) throw error;
    throw refused('subject', error.message);
  }
  return rdns;
}

/** Two hexadecimal digits are an octet of UTF-8, anything else stands for itself. */
const unescaped = (text: string): string =>
  text.replace(/((?:\\[0-9A-Fa-f]{2})+)|\\([\s\S])/g, (_, octets: string | undefined, character: string) =>
    octets === undefined ? character : Buffer.from(octets.replaceAll('\\', ''), 'hex').toString('utf8'),
  );

export const writeSubject = (subject: readonly Rdn[]): string =>
  subject.map((rdn) => rdn.map(([type, value]) => `${type}=${value.replace(/[,+\\]/g, '\\$&')}`).join('+')).join(',');
