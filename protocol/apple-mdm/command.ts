// What a server answers to a result: the next command (specs/apple.md §1.6).
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { buildPlist } from '../plist/build.js';
import { parsePlistDict } from '../plist/parse.js';
import type { OnLifted } from '../plist/refusal.js';
import { dict, isDict, messageLimits, type PlistDict, profileLimits } from '../plist/value.js';
import { MessageFields, maxIdentifierLength } from './fields.js';

export interface MdmCommand {
  /** Opaque: whatever the server chose, echoed in the result. */
  readonly CommandUUID: string;
  readonly RequestType: string;
  /** The Command dictionary, RequestType included. */
  readonly body: PlistDict;
  /** The bytes it was read from. */
  readonly raw: Uint8Array;
}

/** A command may carry a whole profile, in base64: the bound is that of profiles and its third more. */
const commandLimits = {
  ...profileLimits,
  maxBytes: Math.ceil((profileLimits.maxBytes * 4) / 3) + messageLimits.maxBytes,
};

/**
 * Reads the answer to a result or an Idle. An empty body ends the session: undefined. Throws PLIST_MALFORMED or PLIST_LIMIT,
 * or MDM_MALFORMED for a property list that is no command; `commandFormatError` then tells which command to answer.
 * `onLifted` hears of what a device's reader would have refused and was let pass.
 */
export function decodeCommand(bytes: Uint8Array, onLifted?: OnLifted): MdmCommand | undefined {
  if (bytes.length === 0) return undefined;
  const from = parsePlistDict(bytes, commandLimits, onLifted);
  const CommandUUID = new MessageFields(from, 'command').identifier('CommandUUID');
  const body = from['Command'];
  if (!isDict(body)) throw malformed(CommandUUID, 'Command', body === undefined ? 'is missing' : 'is not a dictionary');
  const RequestType = body['RequestType'];
  if (typeof RequestType !== 'string' || RequestType.length === 0 || RequestType.length > maxIdentifierLength) {
    throw malformed(
      CommandUUID,
      'Command/RequestType',
      RequestType === undefined ? 'is missing' : 'is not a short string',
    );
  }
  return { CommandUUID, RequestType, body, raw: bytes };
}

function malformed(commandUuid: string, key: string, why: string): RollcallError {
  return protocolError('MDM_MALFORMED', `command: ${key} ${why}`, { details: { commandUuid, at: `command/${key}` } });
}

/** The CommandUUID to answer with Status CommandFormatError, if this is the error of a command that had one. */
export function commandFormatError(error: unknown): string | undefined {
  if (!isRollcallError(error, 'MDM_MALFORMED')) return undefined;
  const uuid = error.details['commandUuid'];
  return typeof uuid === 'string' ? uuid : undefined;
}

/** Writes a command; `command` is the Command dictionary and holds its RequestType. */
export function encodeCommand(uuid: string, command: PlistDict): Buffer {
  return buildPlist(dict({ Command: command, CommandUUID: uuid }));
}
