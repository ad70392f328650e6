// Text that no codec could read may hold secrets all the same: a damaged property list, a form, a page.
import { isSecretName } from '../../base/secret-names.js';
import { secretMark } from './printer.js';

/** Masked wherever they stand. Nothing here runs back over what it has read. */
const anywhere: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, () => secretMark],
  [/(?<![\w-])eyJ[\w-]{8,2000}\.[\w-]{1,8000}(?:\.[\w-]{0,8000})?/g, () => secretMark], // a JSON Web Token
  [
    /\b(?:Bearer|Basic) +(?!(?:realm|charset|scope|error)=)[\w+/=.~-]{6,}/gi,
    (all) => `${all.split(' ')[0]} ${secretMark}`,
  ],
  [/:\/\/[^\s/@"'<>]{1,300}@/g, () => `://${secretMark}@`],
  // A field of a page, a parm of a provisioning document: <input name="csrf_token" value="...">
  [
    /<(?:input|meta|parm)\s[^<>]{1,2000}/gi,
    (all) =>
      isSecretName(/\bname\s?=\s?["']?([\w.-]{1,200})/i.exec(all)?.[1] ?? '')
        ? all.replace(/\b(value|content)\s?=\s?(?:"[^"]*"?|'[^']*'?|[^\s"']+)/gi, `$1="${secretMark}"`)
        : all,
  ],
  // A form of a sign-in that a script builds: input.name = 'wresult'; input.value = '...'
  [/(\bwresult\b[\s\S]{0,300}?\.value\s{0,5}=\s{0,5})(?:"[^"]*"?|'[^']*'?)/g, (_all, head) => `${head}"${secretMark}"`],
];

/** What is found by its name: where the value begins, and up to where it reaches from there. */
interface Named {
  /** The first group is the name; its end is where the value begins. */
  readonly opener: RegExp;
  /** Sticky. */
  readonly value: RegExp;
}

const jsonText = /"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?/;

const named: readonly Named[] = [
  // A property list: <key>Password</key><string>...</string>
  {
    opener: /<key>([^<]{1,200})<\/key\s{0,5}>/g,
    value:
      /(?:\s|<!--[\s\S]*?(?:-->|$)){0,200}<\s{0,5}(string|data|integer|real|array|dict)(?:\s[^<>]{0,500})?>[\s\S]*?(?=<\/\1|$)/y,
  },
  // Other XML: <Password>...</Password>
  {
    opener: /<(?!key>)([A-Za-z][\w:.-]{0,100})(?:\s[^<>]{0,500})?(?<!\/)>/g,
    value: /(?:<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|(?!<\/)[\s\S])+/y,
  },
  // JSON in a text of JSON, however deep: \"password\":\"...\"
  {
    opener: /\\"([^"\\]{1,200})\\{1,64}"\s{0,50}:\s{0,50}(?=\\)/g,
    value: /\\+"[\s\S]*?(?=\\*"\s{0,50}(?:[,}\]]|$)|$)/y,
  },
  // JSON: "password": "..."; Python and JavaScript write 'password': '...'
  {
    opener: /["']([^"'\\]{1,200})["']\s{0,50}:\s{0,50}/g,
    value: new RegExp(`${jsonText.source}|-?\\d[\\d.eE+-]*|[{[]`, 'y'),
  },
  // An app setting of Headwind: "name":"wifi_password","type":1,"value":"..."
  {
    opener:
      /"name"\s{0,5}:\s{0,5}"([^"\\]{1,200})"\s{0,5},\s{0,5}(?:"type"\s{0,5}:\s{0,5}\d{1,9}\s{0,5},\s{0,5})?"value"\s{0,5}:\s{0,5}/g,
    value: new RegExp(jsonText.source, 'y'),
  },
  // A form, an address, in another one too, a header, a line of YAML, an old-style property list: password=..., Password = <...>;
  {
    opener: /(?<![A-Za-z_.-])([A-Za-z_.-][\w.-]{0,255}?)(?:"?\s{0,5}=\s{0,5}|%3[Dd])/g,
    value: new RegExp(`${jsonText.source}|<[^>]*>?|[{[(]|(?:(?!%26)[^\\s&;,<>"])+`, 'y'),
  },
  {
    opener: /(?<![A-Za-z_.-])([A-Za-z_.-][\w.-]{0,255}):(?![ \t]{0,5}(?:true|false|null)\b)[ \t]{0,5}/g,
    value: new RegExp(`${jsonText.source}|[{[]|[^\\r\\n&;,<>"]+`, 'y'),
  },
];

/**
 * The text with what has the name of a secret masked, in XML, JSON, forms and lines, and with private keys and tokens masked
 * wherever they stand.
 */
export function withoutSecretText(text: string): string {
  let shown = text;
  for (const [pattern, replace] of anywhere) shown = shown.replace(pattern, replace);
  for (const each of named) shown = withoutValues(shown, each);
  return shown;
}

/** Only the values of secrets are passed over: in others there may be some. */
function withoutValues(text: string, { opener, value }: Named): string {
  const parts: string[] = [];
  let kept = 0;
  opener.lastIndex = 0;
  for (let found = opener.exec(text); found !== null; found = opener.exec(text)) {
    const name = (found[1] ?? '').trim();
    if (!isSecretName(name) && !isSignature(name)) continue;
    const from = opener.lastIndex;
    value.lastIndex = from;
    const [given = ''] = value.exec(text) ?? [];
    if (given === '') continue;
    const end = /^[{[(]$/.test(given) ? endOfBrackets(text, from) : from + given.length;
    parts.push(text.slice(kept, from), maskFor(given));
    kept = end;
    opener.lastIndex = end;
  }
  return kept === 0 ? text : parts.join('') + text.slice(kept);
}

/** The mark with the tag or the quotes of the value around it, as far as they are of use to a reader. */
function maskFor(value: string): string {
  const [open = ''] =
    /^(?:\s{0,200}<\s{0,5}(?:string|data|integer|real|array|dict)(?:\s[^<>]{0,500})?>|\\+"|["'])/.exec(value) ?? [];
  const close = /^["']$/.test(open) ? open : '';
  return `${open}${secretMark}${close}`;
}

/** Behind the bracket that closes the one here; the end where none does. */
function endOfBrackets(text: string, from: number): number {
  const next = new RegExp(`${jsonText.source}|[{[(]|[)}\\]]`, 'g');
  next.lastIndex = from;
  let depth = 0;
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    if (/^[{[(]/.test(found[0])) depth++;
    else if (/^[)}\]]/.test(found[0]) && --depth === 0) return next.lastIndex;
  }
  return text.length;
}

/**
 * Whether a parameter of an address is its signature, with which whoever has it gets what lies there: Amazon's
 * `X-Amz-Signature`, Google's `X-Goog-Signature`, Azure's `sig`.
 */
export const isSignature = (parameter: string): boolean => /(?:^|-)signature$|^sig$/i.test(parameter);
