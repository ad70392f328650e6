// The reply of both polls (specs/android.md §1.5).
import { isObject, type JsonValue } from '../../base/json.js';
import { readBeans, readFields } from './beans.js';
import { readReply, writeReply } from './envelope.js';
import { malformed } from './refusal.js';

/** One message of a reply: the payload is JSON as a text, or null. */
export interface PolledMessage {
  readonly messageType: string;
  readonly payload?: string | null;
}

/**
 * The messages of a reply with HTTP 2xx, in their order; undefined where its status is not OK or it has no list, which the launcher
 * takes for a poll without messages. Messages without a type are left out. Throws HEADWIND_MALFORMED.
 */
export function readPollReply(bytes: Uint8Array): readonly PolledMessage[] | undefined {
  const { status, data } = readReply(bytes);
  if (data === undefined || data === null) return undefined;
  if (!Array.isArray(data)) throw malformed('data', `is ${isObject(data) ? 'an object' : 'no list'}`);
  const read = readBeans({ data }, 'data', '', (bean, at) =>
    readFields({ messageType: 'text', payload: 'text' }, bean, at),
  );
  if (status !== 'OK') return undefined;
  return (read ?? []).flatMap(({ messageType, payload }) =>
    messageType === undefined ? [] : [{ messageType, payload: payload ?? null }],
  );
}

/** The reply of a poll that has messages, byte for byte as the server writes it. */
export const writePollReply = (messages: readonly PolledMessage[]): Buffer =>
  writeReply(messages.map(({ messageType, payload = null }): JsonValue => ({ messageType, payload })));
