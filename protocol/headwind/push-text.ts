// The text of a push (specs/android.md §1.5, §0a.6): spliced together by the server, read by Android's org.json.
import { isRollcallError } from '../../base/errors.js';
import { isObject, type JsonValue } from '../../base/json.js';
import { writeJackson } from './jackson.js';
import { isOrgObject, type OrgObject, readOrgObject } from './org-json.js';
import { plainObject, textAt } from './org-text.js';
import type { PolledMessage } from './polling.js';
import type { PushMessage } from './types.js';

/**
 * A push of MQTT, as the launcher reads it; undefined where it passes it over: no object, or one without `messageType`.
 *
 * @example
 * readPushText('{messageType: "runApp", payload: {pkg: com.example}}'); // { messageType: 'runApp', payload: { pkg: 'com.example' } }
 */
export function readPushText(text: string): PushMessage | undefined {
  const message = objectOf(text);
  const messageType = message === undefined ? undefined : textAt(message, 'messageType');
  if (message === undefined || messageType === undefined) return undefined;
  const payload = message.get('payload');
  return isOrgObject(payload) ? { messageType, payload: plainObject(payload) } : { messageType };
}

/** A message of a poll: its payload is a text of its own, and no payload where that cannot be read. */
export function readPolledMessage({ messageType, payload }: PolledMessage): PushMessage {
  const object = payload === undefined || payload === null ? undefined : objectOf(payload);
  return object === undefined ? { messageType } : { messageType, payload: plainObject(object) };
}

function objectOf(text: string): OrgObject | undefined {
  try {
    return readOrgObject(text);
  } catch (error) {
    if (isRollcallError(error, 'HEADWIND_MALFORMED')) return undefined;
    throw error;
  }
}

/** The text of a push as the server publishes it: names without quotes, the text of the payload as it is, with nothing escaped. */
export const writePushText = (messageType: string, payload?: string | null): string =>
  `{messageType: "${messageType}"${payload === undefined || payload === null ? '' : `, payload: ${payload}`}}`;

/** A message that was read, as a text that `readPushText` reads to the same: strict JSON. */
export function pushTextOf({ messageType, payload }: PushMessage): string {
  const message =
    payload === undefined ? { messageType } : { messageType, payload: payload as Record<string, JsonValue> };
  return writeJackson(message);
}

/**
 * A member of a payload as a text, as `getString` and `optString` give it: `{pkg: 5}` has the package `5`, a list or an object is
 * its JSON. Undefined where there is none.
 */
export function payloadText(payload: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = payload[name];
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value).replaceAll('/', '\\/');
  return String(value);
}

/** A member of a payload that is an object (`optJSONObject`). */
export function payloadObject(
  payload: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = payload[name] as JsonValue | undefined;
  return isObject(value) ? value : undefined;
}
