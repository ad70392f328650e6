// Device logs: the rules and the lines (specs/android.md §1.6).
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { type Fields, readBeans, readFields } from './beans.js';
import { readReply, writeReply } from './envelope.js';
import { readJacksonBytes, writeJackson } from './jackson.js';
import { malformed } from './refusal.js';
import type { LogItem, LogRule } from './types.js';

/** What the server sends for a device without rules of its own. */
export const defaultLogRules: readonly LogRule[] = [{ packageId: 'com.hmdm.launcher', logLevel: 5 }];

const rule = { packageId: 'text', logLevel: 'integer', filter: 'text' } as const satisfies Fields;
const line = { timestamp: 'long', logLevel: 'integer', packageId: 'text', message: 'text' } as const satisfies Fields;

/** The rules in a reply; undefined where its status is not OK or it has none. Throws HEADWIND_MALFORMED. */
export function readLogRules(bytes: Uint8Array): readonly LogRule[] | undefined {
  const { status, data = null } = readReply(bytes);
  const rules = readBeans({ data }, 'data', '', (bean, at) => {
    const fields = readFields(rule, bean, at);
    const { packageId = '', logLevel = 0, filter } = fields;
    return { packageId, logLevel, ...(filter === undefined ? {} : { filter }) };
  });
  return status === 'OK' ? rules : undefined;
}

/** The reply with the rules. */
export const writeLogRules = (rules: readonly LogRule[]): Buffer =>
  writeReply(
    rules.map(
      ({ packageId, logLevel, filter }): JsonObject => ({
        packageId,
        logLevel,
        ...(filter === undefined ? {} : { filter }),
      }),
    ),
  );

/** The body of an upload, as launcher 6.36 writes it: fields by name. */
export const writeLogItems = (items: readonly LogItem[]): Buffer =>
  Buffer.from(
    writeJackson(
      items.map(
        ({ logLevel, message, packageId, timestamp }): JsonValue => ({ logLevel, message, packageId, timestamp }),
      ),
    ),
  );

/** The body of an upload, as the server reads it. Throws HEADWIND_MALFORMED. */
export function readLogItems(bytes: Uint8Array): readonly LogItem[] {
  const data = readJacksonBytes(bytes, 'the body');
  if (!Array.isArray(data)) throw malformed('the body', `is ${isObject(data) ? 'an object' : 'no list'}`);
  const items = readBeans({ body: data }, 'body', '', (bean, at) => {
    const { timestamp = 0, logLevel = 0, packageId = '', message = '' } = readFields(line, bean, at);
    return { timestamp, logLevel, packageId, message };
  });
  return items ?? [];
}
