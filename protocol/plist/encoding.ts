// In what encoding a property list in text is written (CFPropertyList.c: encodingForXMLData): a byte order mark says it, or
// else the XML declaration, or else it is UTF-8.
import { isAscii } from 'node:buffer';
import { protocolError } from '../errors.js';

interface PlistText {
  /** UTF-8, without a byte order mark; not checked where the bytes were UTF-8 already. */
  readonly bytes: Buffer;
  /** CoreFoundation's reader of old-style lists does not pass over a mark in UTF-8. */
  readonly hasUtf8Mark: boolean;
}

const plain = (bytes: Buffer): PlistText => ({ bytes, hasUtf8Mark: false });

/** The text in UTF-8. Throws PLIST_MALFORMED for an encoding that is not known, and for bytes that are none of its text. */
export function textOfPlist(bytes: Buffer): PlistText {
  const [a, b, c, d] = bytes;
  if (a === 0x3c && b !== 0) return plain(declared(bytes)); // the ordinary case first
  const { length } = bytes;
  if (length > 4 && a === 0 && b === 0 && c === 0xfe && d === 0xff) return plain(fromUtf32(bytes, 'be'));
  if (length > 4 && a === 0xff && b === 0xfe && c === 0 && d === 0) return plain(fromUtf32(bytes, 'le'));
  if (length > 3 && a === 0xef && b === 0xbb && c === 0xbf) return { bytes: bytes.subarray(3), hasUtf8Mark: true };
  if (length > 2 && a === 0xff && b === 0xfe) return plain(fromUtf16(bytes.subarray(2), 'le'));
  if (length > 2 && a === 0xfe && b === 0xff) return plain(fromUtf16(bytes.subarray(2), 'be'));
  // CoreFoundation drops the first character here, so that no XML is left.
  if (length > 2 && (a === 0 || b === 0)) throw malformed('it looks like UTF-16 without a byte order mark');
  return plain(bytes);
}

const malformed = (what: string): Error =>
  protocolError('PLIST_MALFORMED', `the property list cannot be read: ${what}`);

const ordinary = /^<\?xml version=(["'])1\.0\1 encoding=(["'])utf-8\2/i;

function declared(bytes: Buffer): Buffer {
  const head = bytes.toString('latin1', 0, 40);
  if (!head.startsWith('<?xml') || ordinary.test(head)) return bytes;
  const [stop] = [bytes.indexOf('?', 5), bytes.indexOf('>', 5)].filter((at) => at !== -1).sort((x, y) => x - y);
  const at = bytes.indexOf('encoding=', 5) + 9;
  if (at === 8 || at > (stop ?? bytes.length)) return bytes;
  const quote = bytes[at];
  if (quote !== 0x22 && quote !== 0x27) return bytes;
  const end = bytes.indexOf(quote, at + 1);
  if (end === -1) return bytes;
  const name = bytes.toString('latin1', at + 1, Math.min(end, at + 101)).toLowerCase();
  return name === 'utf-8' ? bytes : convert(bytes, name);
}

/** Names that CoreFoundation has otherwise than the Encoding Standard, which reads ISO-8859-1 as Windows 1252. */
const latin1 = /^(iso-8859-1|iso_8859-1|iso8859-1|latin-?1|l1|cp819|ibm819)$/;
const codePages: Readonly<Record<string, string>> = {
  65001: 'utf-8',
  866: 'ibm866',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  54936: 'gb18030',
};

function convert(bytes: Buffer, name: string): Buffer {
  if (name === 'us-ascii' || name === 'ascii') {
    if (!isAscii(bytes)) throw malformed(`it declares ${name} and has bytes beyond it`);
    return bytes;
  }
  if (latin1.test(name)) return Buffer.from(bytes.toString('latin1'), 'utf8');
  if (/^(utf-?16|utf-?32|utf-?7|ucs-?[24])/.test(name)) throw malformed(`it declares ${name} and is not written in it`);
  if (/^(windows-|cp)1252$/.test(name)) return Buffer.from(fromWindows1252(bytes), 'utf8');
  const [, page] = /^(?:cp|windows-)(\d+)$/.exec(name) ?? [];
  try {
    const decoder = new TextDecoder(codePages[page ?? ''] ?? name.replace(/^cp(?=125|874)/, 'windows-'), {
      fatal: true,
      ignoreBOM: true,
    });
    return decoder.encoding === 'utf-8' ? bytes : Buffer.from(decoder.decode(bytes), 'utf8');
  } catch (error) {
    if (error instanceof RangeError) throw malformed(`the encoding ${JSON.stringify(name)} is not known`);
    throw malformed(`it declares ${name} and has bytes that are none of its text`);
  }
}

/** Node 20 decodes Windows 1252 as ISO-8859-1 (nodejs/node#56542). */
const fromWindows1252 = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (character) => upperControls[character.charCodeAt(0) - 0x80] ?? character);
const upperControls = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function fromUtf16(bytes: Buffer, order: 'le' | 'be'): Buffer {
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  const text = (order === 'be' ? even.swap16() : even).toString('utf16le');
  if (/\p{Surrogate}/u.test(text)) throw malformed('half a surrogate pair in UTF-16');
  return Buffer.from(text, 'utf8');
}

function fromUtf32(bytes: Buffer, order: 'le' | 'be'): Buffer {
  const parts: string[] = [];
  for (let at = 4; at + 4 <= bytes.length; at += 4) {
    const code = order === 'be' ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw malformed('no character of UTF-32');
    parts.push(String.fromCodePoint(code));
  }
  return Buffer.from(parts.join(''), 'utf8');
}
