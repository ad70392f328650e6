import { isUtf8 } from 'node:buffer';
import { withoutSecretText } from './masked-text.js';
import { type Printer, shortHex } from './printer.js';

/** Of a text that nobody can read further: enough to know a page of errors, or a login form. */
const maxCharacters = 4000;
/** Masking looks at no more than this; what lies beyond is not shown either. */
const maxLooked = 64 * 1024;

/** A form, as one line for each field. */
export const formPrinter: Printer = {
  name: 'form',
  handles: (contentType) => contentType === 'application/x-www-form-urlencoded',
  print(body) {
    const text = Buffer.from(body).subarray(0, maxLooked).toString('utf8');
    return short(text.split('&').map(decoded).map(withoutSecretText).join('\n'), body.length);
  },
};

/** HTML, XML, plain text and whatever else is text: the beginning, masked by the names that stand in it. */
export const textPrinter: Printer = {
  name: 'text',
  handles: (_, body) => body.length > 0 && isText(body),
  print: (body) => short(withoutSecretText(Buffer.from(body).subarray(0, maxLooked).toString('utf8')), body.length),
};

/** Anything: how long it is, and how it begins. */
export const bytesPrinter: Printer = {
  name: 'bytes',
  handles: () => true,
  print: (body) => [`<${shortHex(body)}>`],
};

function isText(body: Uint8Array): boolean {
  const start = body.subarray(0, maxLooked);
  if (start.includes(0)) return false;
  return isUtf8(start) || (body.length > maxLooked && isUtf8(start.subarray(0, start.lastIndexOf(0x3e) + 1)));
}

function short(text: string, length: number): readonly string[] {
  const shown = text
    .slice(0, maxCharacters)
    .trimEnd()
    .split(/\r\n?|\n/);
  return text.length > maxCharacters ? [...shown, `... (${length.toLocaleString('en-US')} bytes)`] : shown;
}

/** One field of a form; its parts as they are where they are not well-formed. */
function decoded(field: string): string {
  try {
    return decodeURIComponent(field.replaceAll('+', ' '));
  } catch {
    return field;
  }
}
