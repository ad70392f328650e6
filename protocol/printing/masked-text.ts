// Text that no codec could read may hold secrets all the same: a damaged property list, a form, a page.
import { isSecretName } from '../../base/secret-names.js';
import { secretMark } from './printer.js';

type Replace = (...parts: string[]) => string;

const named =
  (make: (...parts: string[]) => string): Replace =>
  (all, ...parts) =>
    isSecretName((parts[0] ?? '').trim()) ? make(...parts) : all;

/** What is found, and what stands in its place. The name is the first group of each. Nothing here runs back over what it has read. */
const patterns: readonly (readonly [RegExp, Replace])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, () => secretMark],
  [/(?<![\w-])eyJ[\w-]{8,2000}\.[\w-]{1,8000}(?:\.[\w-]{0,8000})?/g, () => secretMark], // a JSON Web Token
  [
    /\b(?:Bearer|Basic) +(?!(?:realm|charset|scope|error)=)[\w+/=.~-]{6,}/gi,
    (all) => `${all.split(' ')[0]} ${secretMark}`,
  ],
  // An address: https://user:password@...
  [/\b([A-Za-z][\w+.-]{0,30}:\/\/)[^\s/?#<>"]{1,500}@/g, (_, scheme = '') => `${scheme}${secretMark}@`],
  // A property list: <key>Password</key><string>...</string>
  [
    /<key>([^<]{1,200})<\/key>(\s{0,200}<(?:string|data|integer|real)>)[^<]*/g,
    named((key, open) => `<key>${key}</key>${open}${secretMark}`),
  ],
  // Other XML: <Password>...</Password>
  [/<([A-Za-z][\w:.-]{0,100})((?:\s[^<>]{0,500})?)>[^<]+/g, named((tag, rest) => `<${tag}${rest}>${secretMark}`)],
  // JSON: "password": "..."
  [
    /"([^"\\]{1,200})"(\s{0,50}:\s{0,50})(?:"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*)/g,
    named((key, colon) => `"${key}"${colon}"${secretMark}"`),
  ],
  [
    /"([^"\\]{1,200})"(\s{0,50}:\s{0,50})([{[])[^}\]]*/g,
    named((key, colon, open) => `"${key}"${colon}${open}${secretMark}`),
  ],
  // JSON in a text of JSON: \"password\":\"...\"
  [
    /\\"([^"\\]{1,200})\\"(\s{0,50}:\s{0,50})\\"[^"\\]*/g,
    named((key, colon) => `\\"${key}\\"${colon}\\"${secretMark}`),
  ],
  // An old-style property list: Password = "..."; Token = <...>;
  [
    /([A-Za-z][\w.-]{0,100})("?\s{0,5}=\s{0,5})(?:"(?:[^"\\]|\\.)*"?|<[^>]*>?)/g,
    named((key, equals) => `${key}${equals}${secretMark}`),
  ],
];

/**
 * The text with what has the name of a secret masked, in XML, JSON, forms and lines, and with private keys and tokens masked
 * wherever they stand.
 */
export function withoutSecretText(text: string): string {
  let shown = text;
  for (const [pattern, replace] of patterns) shown = shown.replace(pattern, replace);
  return withoutAssigned(shown);
}

/**
 * A form, an address, a header, a line of YAML: password=..., password: .... What stands behind a name that is none of a secret is
 * looked at again, for an address has its parameters there: ManifestURL: https://host:8443/app?token=...
 */
function withoutAssigned(text: string): string {
  const name = /([A-Za-z][\w.-]{0,100})(?:=|: ?)(?!\s*["<{[])/g;
  const value = /[^\s&;,<>"]+/y;
  let shown = '';
  let kept = 0;
  for (let found = name.exec(text); found !== null; found = name.exec(text)) {
    if (!isSecretName(found[1] ?? '') && !isSignature(found[1] ?? '')) continue;
    value.lastIndex = name.lastIndex;
    if (!value.test(text)) continue;
    shown += text.slice(kept, name.lastIndex) + secretMark;
    kept = value.lastIndex;
    name.lastIndex = value.lastIndex;
  }
  return shown + text.slice(kept);
}

/**
 * Whether a parameter of an address is its signature, with which whoever has it gets what lies there: Amazon's
 * `X-Amz-Signature`, Google's `X-Goog-Signature`, Azure's `sig`.
 */
export const isSignature = (parameter: string): boolean => /(?:^|-)signature$|^sig$/i.test(parameter);
