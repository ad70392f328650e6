// The envelope of every JSON reply: {"status":...,"message":...,"data":...} (specs/android.md §1.1).
import { isObject, type JsonValue } from '../../base/json.js';
import { type Fields, readFields } from './beans.js';
import { readJackson, withoutMark, writeJackson } from './jackson.js';
import { malformed } from './refusal.js';

/** A reply, read. */
export interface Reply {
  /** `OK`, `ERROR`, `WARNING`, or whatever the server wrote; empty without one. */
  readonly status: string;
  readonly message: string | null;
  readonly data: JsonValue | undefined;
  /** What is signed: all behind the first `"data":` but for the last character; undefined without one. */
  readonly dataText: string | undefined;
}

const marker = '"data":';
const envelope = { status: 'text', message: 'text' } as const satisfies Fields;

/** Reads a reply as the launcher does. Throws HEADWIND_MALFORMED for what is no JSON object. */
export function readReply(bytes: Uint8Array): Reply {
  const text = withoutMark(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  const reply = readJackson(text, 'the reply');
  if (!isObject(reply)) throw malformed('the reply', 'is not a JSON object');
  const { status = '', message = null } = readFields(envelope, reply, '');
  const at = text.indexOf(marker);
  return {
    status,
    message,
    data: reply['data'],
    dataText: at === -1 ? undefined : text.slice(at + marker.length, Math.max(at + marker.length, text.length - 1)),
  };
}

/** A reply of success, byte for byte as the server writes it. */
export const writeReply = (data: JsonValue): Buffer =>
  Buffer.from(`{"status":"OK","message":null,"data":${writeJackson(data)}}`);

/** A reply of failure, which goes with HTTP 200. */
export const writeError = (message: string | null): Buffer =>
  Buffer.from(`{"status":"ERROR","message":${writeJackson(message)},"data":null}`);
