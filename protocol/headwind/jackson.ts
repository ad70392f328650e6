// JSON as Jackson reads and writes it, at both ends: the launcher's 2.21 and the server's 2.10.
import { isUtf8 } from 'node:buffer';
import { isObject, type JsonLimits, type JsonValue } from '../../base/json.js';
import { malformed } from './refusal.js';

/** A configuration of a large installation is some 100 KB; Jackson itself reads 1,000 levels. */
export const jacksonLimits: JsonLimits = { maxBytes: 16 * 1024 * 1024, maxDepth: 100, maxValues: 1_000_000 };

/**
 * The first value of a text, as Jackson with its defaults reads it: strict JSON (no comments, no single quotes, no trailing
 * commas), a later key wins over an earlier one, and what stands behind the value is not looked at. Throws HEADWIND_MALFORMED.
 */
export function readJackson(text: string, what: string, limits: JsonLimits = jacksonLimits): JsonValue {
  if (text.length > limits.maxBytes) throw malformed(what, `is longer than ${limits.maxBytes} characters`);
  const end = endOfFirst(text, what, limits);
  try {
    return JSON.parse(end === text.length ? text : text.slice(0, end));
  } catch (cause) {
    throw malformed(what, 'is not JSON', cause);
  }
}

/** The bytes of a body, which Jackson takes as UTF-8, with or without its byte order mark. Throws HEADWIND_MALFORMED. */
export function readJacksonBytes(bytes: Uint8Array, what: string, limits: JsonLimits = jacksonLimits): JsonValue {
  if (bytes.length > limits.maxBytes)
    throw malformed(what, `has ${bytes.length} bytes, at most ${limits.maxBytes} are read`);
  if (!isUtf8(bytes)) throw malformed(what, 'is not UTF-8');
  return readJackson(withoutMark(Buffer.from(bytes).toString('utf8')), what, limits);
}

/** Without the byte order mark. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

/** Behind the first value, where it is an object or an array; the end of the text else. */
function endOfFirst(
  text: string,
  what: string,
  { maxDepth, maxValues = Number.POSITIVE_INFINITY }: JsonLimits,
): number {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfText(text, at);
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > maxDepth) throw malformed(what, `is nested deeper than ${maxDepth}`);
        values++;
        break;
      case 0x7d:
      case 0x5d:
        if (--depth <= 0) return at + 1;
        break;
      case 0x2c:
        values++;
        break;
      default:
    }
    if (values > maxValues) throw malformed(what, `holds more than ${maxValues} values`);
  }
  return text.length;
}

/** Where the quoted text that begins here ends: at its closing quote. */
function endOfText(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text.charCodeAt(before - 1) === 0x5c) before--;
    if ((quote - before) % 2 === 0) return quote; // each backslash escapes what follows it
  }
  return text.length;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/**
 * JSON as Jackson writes it into a body: other control characters and both halves of what lies beyond the basic plane as escapes
 * in upper case, all else as it is, no blanks.
 *
 * @example
 * writeJackson({ a: 'é\u0001😀' }); // '{"a":"é\\u0001\\uD83D\\uDE00"}'
 */
export function writeJackson(value: JsonValue): string {
  const text = JSON.stringify(value);
  return otherwise.test(text) ? written(value) : text;
}

/** What JavaScript's JSON may write in another way: escapes by number, and pairs that it leaves as they are. */
const otherwise = /\\u|[\ud800-\udfff]/;

function written(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (!isObject(value)) return String(value);
  const members = Object.entries(value).map(([key, member]) => `${quoted(key)}:${written(member)}`);
  return `{${members.join(',')}}`;
}

const escaped = /["\\\u0000-\u001f\ud800-\udfff]/g;

const quoted = (text: string): string =>
  `"${text.replace(escaped, (unit) => short[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)}"`;
