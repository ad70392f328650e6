import { protocolError } from '../errors.js';

/**
 * Base64 as Windows reads it: white space and line breaks anywhere, padding at the end or none.
 * Undefined for anything else.
 */
export function readBase64(text: string): Buffer | undefined {
  const plain = text.replace(/[ \t\r\n]+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined;
  const digits = plain.replace(/=+$/, '').length;
  if (digits % 4 === 1 || (plain.length > digits && plain.length % 4 !== 0)) return undefined;
  return Buffer.from(plain, 'base64');
}

/** The same, where there must be some. Throws MDE_MALFORMED naming `what`. */
export function requireBase64(text: string, what: string): Buffer {
  const bytes = readBase64(text);
  if (bytes === undefined || bytes.length === 0) throw protocolError('MDE_MALFORMED', `${what} is no base64`);
  return bytes;
}
