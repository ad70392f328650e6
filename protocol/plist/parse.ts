import { protocolError } from '../errors.js';
import { parseBinaryPlist } from './binary.js';
import { isDict, messageLimits, type PlistDict, type PlistLimits, type PlistValue } from './value.js';
import { parseXmlPlist } from './xml.js';

/** Reads a property list, XML (UTF-8) or binary. Throws PLIST_MALFORMED, or PLIST_LIMIT for one beyond `limits`. */
export function parsePlist(bytes: Uint8Array, limits: PlistLimits = messageLimits): PlistValue {
  if (bytes.length > limits.maxBytes)
    throw protocolError(
      'PLIST_LIMIT',
      `the property list has ${bytes.length} bytes, at most ${limits.maxBytes} are read`,
    );
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', 0, 6) === 'bplist'
    ? parseBinaryPlist(buffer, limits)
    : parseXmlPlist(buffer, limits);
}

/** As `parsePlist`, for the messages and profiles whose top is a dictionary: all that MDM sends. */
export function parsePlistDict(bytes: Uint8Array, limits: PlistLimits = messageLimits): PlistDict {
  const value = parsePlist(bytes, limits);
  if (!isDict(value)) throw protocolError('PLIST_MALFORMED', 'the top of the property list is not a dictionary');
  return value;
}
