import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { isDict, type PlistDict, type PlistValue } from '../plist/value.js';

/** Longest identifier taken (UDID, CommandUUID, Topic ...): these end up as keys of maps, in log lines and in URLs. */
export const maxIdentifierLength = 256;

const unfit = /[\x00-\x1f\x7f\p{Surrogate}]/u;

/** Reads typed values out of one message, remembers which keys were read, and names the key that is wrong. */
export class MessageFields {
  readonly #from: PlistDict;
  readonly #message: string;
  readonly #known = new Set<string>();

  constructor(from: PlistDict, message: string) {
    this.#from = from;
    this.#message = message;
  }

  /** A string of 1 to 256 characters, none of them a control character or half of one. */
  identifier(key: string): string {
    const value = this.string(key);
    if (value.length === 0) throw this.wrong(key, 'is empty');
    if (value.length > maxIdentifierLength) throw this.wrong(key, `is longer than ${maxIdentifierLength} characters`);
    if (unfit.test(value)) throw this.wrong(key, 'holds a control character');
    return value;
  }

  optionalIdentifier(key: string): string | undefined {
    return this.has(key) ? this.identifier(key) : undefined;
  }

  string(key: string): string {
    const value = this.#required(key);
    if (typeof value !== 'string') throw this.wrong(key, 'is not a string');
    return value;
  }

  optionalString(key: string): string | undefined {
    return this.has(key) ? this.string(key) : undefined;
  }

  data(key: string): Uint8Array {
    const value = this.#required(key);
    if (!(value instanceof Uint8Array)) throw this.wrong(key, 'is not data');
    return value;
  }

  optionalData(key: string): Uint8Array | undefined {
    return this.has(key) ? this.data(key) : undefined;
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value !== undefined && typeof value !== 'boolean') throw this.wrong(key, 'is not a boolean');
    return value;
  }

  /** An integer that a number holds exactly. */
  integer(key: string): number {
    const value = this.#required(key);
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.wrong(key, 'is not an integer');
    return value;
  }

  optionalDict(key: string): PlistDict | undefined {
    const value = this.#get(key);
    if (value !== undefined && !isDict(value)) throw this.wrong(key, 'is not a dictionary');
    return value;
  }

  optionalArray(key: string): readonly PlistValue[] | undefined {
    const value = this.#get(key);
    if (value !== undefined && !Array.isArray(value)) throw this.wrong(key, 'is not an array');
    return value;
  }

  has(key: string): boolean {
    return this.#from[key] !== undefined;
  }

  /** What no reader asked for, so that nothing a device says is lost; undefined when there is none. */
  rest(): PlistDict | undefined {
    let rest: PlistDict | undefined;
    for (const key of Object.keys(this.#from)) {
      if (this.#known.has(key)) continue;
      rest ??= Object.create(null) as PlistDict;
      rest[key] = this.#from[key];
    }
    return rest;
  }

  /** The MDM_MALFORMED for this key; `details.at` is the way to it. */
  wrong(key: string, why: string): RollcallError {
    return protocolError('MDM_MALFORMED', `${this.#message}: ${key} ${why}`, {
      details: { message: this.#message, at: `${this.#message}/${key}` },
    });
  }

  #get(key: string): PlistValue | undefined {
    this.#known.add(key);
    return this.#from[key];
  }

  #required(key: string): PlistValue {
    const value = this.#get(key);
    if (value === undefined) throw this.wrong(key, 'is missing');
    return value;
  }
}

/** Who speaks: UDID, or EnrollmentID in User Enrollment; never both (Apple's check-in schema). */
export interface EnrollmentIds {
  readonly UDID?: string | undefined;
  readonly EnrollmentID?: string | undefined;
}

/** Set when a user's channel speaks and not the device's: Shared iPad and macOS. */
export interface UserIds {
  readonly UserID?: string | undefined;
  readonly UserShortName?: string | undefined;
  readonly UserLongName?: string | undefined;
  readonly EnrollmentUserID?: string | undefined;
}

/** The two kinds of identifier, as far as there are any. Throws MDM_MALFORMED when both are given. */
function optionalEnrollmentIds(fields: MessageFields): EnrollmentIds {
  const UDID = fields.optionalIdentifier('UDID');
  const EnrollmentID = fields.optionalIdentifier('EnrollmentID');
  if (UDID !== undefined && EnrollmentID !== undefined) throw fields.wrong('EnrollmentID', 'stands beside a UDID');
  return UDID === undefined ? (EnrollmentID === undefined ? {} : { EnrollmentID }) : { UDID };
}

/** Exactly one of the two. Throws MDM_MALFORMED otherwise. */
export function enrollmentIds(fields: MessageFields): EnrollmentIds {
  const ids = optionalEnrollmentIds(fields);
  if (ids.UDID === undefined && ids.EnrollmentID === undefined) throw fields.wrong('UDID', 'is missing');
  return ids;
}

export function userIds(fields: MessageFields): UserIds {
  const ids: Record<string, string> = {};
  for (const key of ['UserID', 'UserShortName', 'UserLongName', 'EnrollmentUserID']) {
    const value = fields.optionalString(key);
    if (value !== undefined) ids[key] = value;
  }
  return ids;
}

/** The one string that a server keeps an enrollment under: the UDID, or the EnrollmentID where there is no UDID. */
export function enrollmentKey(ids: EnrollmentIds): string {
  const key = ids.UDID ?? ids.EnrollmentID;
  if (key === undefined) {
    throw protocolError('MDM_MALFORMED', 'neither UDID nor EnrollmentID is given', { details: { at: 'UDID' } });
  }
  return key;
}
