import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { parseBinaryPlist } from './binary.js';
import { textOfPlist } from './encoding.js';
import { parseOpenStepPlist } from './openstep.js';
import { type OnLifted, Strictness } from './refusal.js';
import { isDict, messageLimits, type PlistDict, type PlistLimits, type PlistValue } from './value.js';
import { parseXmlPlist } from './xml.js';
import { decodeUtf8 } from './xml-text.js';

/**
 * Reads a property list as CoreFoundation does: binary, XML in any encoding that it declares, or old-style. With `onLifted`
 * some of what CoreFoundation refuses is taken as other readers take it, and told. Throws PLIST_MALFORMED, with the place in
 * its details, or PLIST_LIMIT for a list beyond `limits`.
 */
export function parsePlist(
  bytes: Uint8Array,
  limits: PlistLimits = messageLimits,
  onLifted: OnLifted | undefined = undefined,
): PlistValue {
  if (bytes.length > limits.maxBytes)
    throw protocolError(
      'PLIST_LIMIT',
      `the property list has ${bytes.length} bytes, at most ${limits.maxBytes} are read`,
    );
  if (bytes.length === 0) throw protocolError('PLIST_MALFORMED', 'the property list is empty');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const strictness = new Strictness(onLifted);
  if (buffer[0] === 0x62 && buffer.toString('latin1', 0, 7) === 'bplist0')
    return parseBinaryPlist(buffer, limits, strictness);
  const text = textOfPlist(buffer);
  try {
    return parseXmlPlist(text.bytes, limits, strictness);
  } catch (error) {
    if (!isRollcallError(error, 'PLIST_MALFORMED') || text.hasUtf8Mark) throw error;
    return parseOldStyle(text.bytes, limits, error);
  }
}

/** What is no XML may be old-style. What begins as XML ends in the refusal of that. */
function parseOldStyle(bytes: Buffer, limits: PlistLimits, refusal: Error): PlistValue {
  const [start] = /^\s*<[^\s0-9a-fA-F>]/.exec(bytes.toString('latin1', 0, 256)) ?? [];
  const text = start === undefined ? decodeUtf8(bytes) : undefined;
  if (text === undefined) throw refusal;
  try {
    return parseOpenStepPlist(text, limits);
  } catch (error) {
    if (!isRollcallError(error, 'PLIST_MALFORMED')) throw error;
    if (/^\s*</.test(text.slice(0, 256))) throw refusal;
    throw protocolError(
      'PLIST_MALFORMED',
      `neither an XML nor a binary property list; as an old-style one: ${error.message}`,
      {
        cause: refusal,
        details: error.details,
      },
    );
  }
}

/** As `parsePlist`, for the messages and profiles whose top is a dictionary: all that MDM sends. */
export function parsePlistDict(
  bytes: Uint8Array,
  limits: PlistLimits = messageLimits,
  onLifted: OnLifted | undefined = undefined,
): PlistDict {
  const value = parsePlist(bytes, limits, onLifted);
  if (!isDict(value)) throw protocolError('PLIST_MALFORMED', 'the top of the property list is not a dictionary');
  return value;
}
