// Push connections: what devices and a push service say to each other over a WebSocket, one JSON object per text message.
// A convention of this project; Apple's own courier protocol between APNs and devices is not public.

import { type JsonObject, readJsonObject } from '../base/json.js';
import { protocolError, refuseWith } from './errors.js';

/** From a device, or from one socket that many devices share. Tokens are lower-case hex. */
export type PushToServer =
  | { readonly type: 'register' | 'unregister'; readonly tokens: readonly string[] }
  /** The notification with this id reached the device; the service need not keep it. */
  | { readonly type: 'received'; readonly id: string };

export type PushToClient =
  /** Answers `register`: these tokens are live on this socket now. */
  | { readonly type: 'registered'; readonly tokens: readonly string[] }
  | { readonly type: 'notification'; readonly token: string; readonly id: string; readonly payload: string };

/** Bounds on one message, both ways. More tokens than this go in several messages. */
export const pushLimits = { maxBytes: 256 * 1024, maxTokens: 1000, maxTokenLength: 200, maxPayloadLength: 16 * 1024 };

const tokenPattern = /^(?:[0-9a-f]{2}){1,100}$/;
const idPattern = /^[0-9A-Za-z-]{1,64}$/;

export function encodePush(message: PushToServer | PushToClient): string {
  return JSON.stringify(message);
}

/** Reads what a device sent. Throws PUSH_MALFORMED. */
export function decodePushToServer(message: string | Uint8Array): PushToServer {
  const record = readRecord(message);
  switch (record['type']) {
    case 'register':
    case 'unregister':
      return { type: record['type'], tokens: readTokens(record['tokens']) };
    case 'received':
      return { type: 'received', id: readId(record['id']) };
    default:
      throw protocolError('PUSH_MALFORMED', 'a message of no known type from a device');
  }
}

/** Reads what a push service sent. Throws PUSH_MALFORMED. */
export function decodePushToClient(message: string | Uint8Array): PushToClient {
  const record = readRecord(message);
  switch (record['type']) {
    case 'registered':
      return { type: 'registered', tokens: readTokens(record['tokens']) };
    case 'notification': {
      const { payload } = record;
      if (typeof payload !== 'string' || payload.length > pushLimits.maxPayloadLength)
        throw protocolError('PUSH_MALFORMED', `a payload that is no text of at most ${pushLimits.maxPayloadLength}`);
      return { type: 'notification', token: readToken(record['token']), id: readId(record['id']), payload };
    }
    default:
      throw protocolError('PUSH_MALFORMED', 'a message of no known type from the push service');
  }
}

function readRecord(message: string | Uint8Array): JsonObject {
  const { maxBytes } = pushLimits;
  // Counted in UTF-16 units first: no text of more units has fewer bytes.
  if (message.length > maxBytes)
    throw protocolError('PUSH_MALFORMED', `${message.length} bytes where ${maxBytes} are allowed`);
  const bytes = typeof message === 'string' ? Buffer.from(message, 'utf8') : message;
  return readJsonObject(bytes, 'push message', refuseWith('PUSH_MALFORMED'), { maxBytes, maxDepth: 4 });
}

function readTokens(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > pushLimits.maxTokens)
    throw protocolError('PUSH_MALFORMED', `tokens that are no list of at most ${pushLimits.maxTokens}`);
  return value.map(readToken);
}

function readToken(value: unknown): string {
  if (typeof value !== 'string' || !tokenPattern.test(value))
    throw protocolError('PUSH_MALFORMED', 'a token not in hex');
  return value;
}

function readId(value: unknown): string {
  if (typeof value !== 'string' || !idPattern.test(value)) throw protocolError('PUSH_MALFORMED', 'an id that is none');
  return value;
}
