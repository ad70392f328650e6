// What HTTP adds to the messages: content types, the signature's header, and the bodies of 403 (specs/apple.md §1.4, §1.6).

import { isRollcallError } from '../../base/errors.js';
import { type JsonObject, type JsonValue, readJsonObject } from '../../base/json.js';
import { refuseWith } from '../errors.js';
import { buildPlist } from '../plist/build.js';
import { parsePlistDict } from '../plist/parse.js';
import { type PlistDict, PlistReal, type PlistValue } from '../plist/value.js';

export const contentTypes = {
  checkin: 'application/x-apple-aspen-mdm-checkin',
  connect: 'application/x-apple-aspen-mdm; charset=UTF-8',
  profile: 'application/x-apple-aspen-config',
  /** CMS SignedData that carries what a device says of itself. */
  signed: 'application/pkcs7-signature',
  json: 'application/json',
  plist: 'application/xml',
} as const;

/** Carries the detached CMS signature over the body, base64 in one line; lower case, as Node gives header names. */
export const mdmSignatureHeader = 'mdm-signature';

/** The codes that Apple's schema (mdm/errors) knows. */
export const errorCodes = {
  /** The device is to leave management; stands for 401 (iOS 17). */
  unrecognizedDevice: 'com.apple.unrecognized.device',
  /** The device is to update before it enrolls; details say to what. */
  softwareUpdateRequired: 'com.apple.softwareupdate.required',
  wellKnownFailed: 'com.apple.well-known.failed',
  watchPairingTokenMissing: 'com.apple.watch.pairing.token.missing',
} as const;

/** The values that JSON and property lists both write alike. */
interface ErrorDetails {
  readonly [key: string]: string | number | boolean | ErrorDetails;
}

export interface ErrorResponse {
  readonly code: string;
  /** For logs; never shown. */
  readonly description?: string | undefined;
  /** Shown to the user where the device can. */
  readonly message?: string | undefined;
  readonly details?: ErrorDetails | undefined;
}

const limits = { maxBytes: 64 * 1024, maxDepth: 16, maxNodes: 2000 };

/**
 * Reads the body of a 403. Undefined when there is no such document in it: another content type, no `code`, or bytes that
 * do not parse; the bare status counts then.
 */
export function readErrorResponse(contentType: string | undefined, body: Uint8Array): ErrorResponse | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  try {
    const from = isJsonType(type)
      ? readJsonObject(body, 'error response', refuseWith('MDM_MALFORMED'), limits)
      : isPlistType(type)
        ? parsePlistDict(body, limits)
        : undefined;
    return from && readDocument(from);
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}

const plistTypes = ['application/xml', 'text/xml', 'application/x-plist', 'application/x-apple-plist'];
const isJsonType = (type: string): boolean => type === 'application/json' || type.endsWith('+json');
const isPlistType = (type: string): boolean => plistTypes.includes(type) || type.endsWith('+xml');

function readDocument({ code, description, message, details }: JsonObject | PlistDict): ErrorResponse | undefined {
  if (typeof code !== 'string' || code.length === 0) return undefined;
  return {
    code,
    description: typeof description === 'string' ? description : undefined,
    message: typeof message === 'string' ? message : undefined,
    details: isMap(details) ? readDetails(details) : undefined,
  };
}

/** Keeps what both formats have in common; lists, dates and data have no place in these documents. */
function readDetails(from: JsonObject | PlistDict): ErrorDetails {
  const details: Record<string, ErrorDetails[string]> = Object.create(null);
  for (const [key, entry] of Object.entries(from)) {
    const value = entry instanceof PlistReal ? entry.value : entry;
    if (typeof value === 'string' || typeof value === 'boolean') details[key] = value;
    else if (typeof value === 'number' && Number.isFinite(value)) details[key] = value;
    else if (isMap(value)) details[key] = readDetails(value);
  }
  return details;
}

function isMap(value: JsonValue | PlistValue | undefined): value is JsonObject | PlistDict {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Writes the body of a 403 and tells its content type. */
export function writeErrorResponse(
  response: ErrorResponse,
  as: 'json' | 'plist' = 'json',
): { readonly contentType: string; readonly body: Buffer } {
  return as === 'json'
    ? { contentType: contentTypes.json, body: Buffer.from(JSON.stringify(response), 'utf8') }
    : { contentType: contentTypes.plist, body: buildPlist(toDict({ ...response })) };
}

function toDict(from: { readonly [key: string]: ErrorDetails[string] | undefined }): PlistDict {
  const made: PlistDict = Object.create(null);
  for (const [key, value] of Object.entries(from)) {
    if (typeof value === 'object') made[key] = toDict(value);
    else if (typeof value === 'number' && !Number.isSafeInteger(value)) made[key] = new PlistReal(value);
    else if (value !== undefined) made[key] = value;
  }
  return made;
}
