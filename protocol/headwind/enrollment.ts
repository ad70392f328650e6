// The body of an enrollment (specs/android.md §1.3).
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { readFields } from './beans.js';
import { readJacksonBytes, writeJackson } from './jackson.js';
import { malformed } from './refusal.js';
import type { EnrollingDevice, EnrollmentRequest } from './types.js';

/** By convention: what the device tells of itself. The server passes over keys that it does not know. */
const ownKey = 'rollcall';

/**
 * The body as launcher 6.36 writes it: its fields in the order in which Android's reflection lists them (by name), and `groupSet`,
 * which a getter of its bean makes of the groups and the server passes over. What a device tells of itself (convention) is behind them.
 */
export function writeEnrollment({ customer, configuration, groups, device }: EnrollmentRequest): Buffer {
  const list = groups === null ? null : [...groups];
  const set = groups === null ? null : [...new Set(groups)];
  const own = device === undefined ? {} : { [ownKey]: { ...device } };
  return Buffer.from(writeJackson({ configuration, customer, groups: list, groupSet: set, ...own }));
}

/**
 * The body as the server reads it; undefined where there is none. Throws HEADWIND_MALFORMED for what the server answers with HTTP
 * 400 and a text.
 */
export function readEnrollment(bytes: Uint8Array): EnrollmentRequest | undefined {
  if (bytes.length === 0) return undefined;
  const body = readJacksonBytes(bytes, 'the body');
  if (body === null) return undefined;
  if (!isObject(body)) throw malformed('the body', 'is not a JSON object');
  const { customer = null, configuration = null } = readFields({ customer: 'text', configuration: 'text' }, body, '');
  const device = deviceIn(body[ownKey]);
  return { customer, configuration, groups: textsOf(body, 'groups'), ...(device !== undefined && { device }) };
}

const deviceKeys = ['androidVersion', 'manufacturer', 'model', 'serial', 'imei'] as const;
const longestWord = 256;

/** What is of another type, empty or longer than any true word is passed over: a server that does not know the key takes all of it. */
function deviceIn(value: JsonValue | undefined): EnrollingDevice | undefined {
  if (!isObject(value)) return undefined;
  const said = deviceKeys.flatMap((key) => {
    const word = value[key];
    return typeof word === 'string' && word !== '' && word.length <= longestWord ? [[key, word] as const] : [];
  });
  const { mdmMode } = value;
  const owner = typeof mdmMode === 'boolean' ? { mdmMode } : {};
  const device: EnrollingDevice = { ...Object.fromEntries(said), ...owner };
  return Object.keys(device).length === 0 ? undefined : device;
}

function textsOf(body: JsonObject, name: string): readonly string[] | null {
  const value: JsonValue | undefined = body[name];
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw malformed(name, 'is not a list');
  return value.flatMap((item, index) => {
    const { text } = readFields({ text: 'text' }, { text: item }, `${name}/${index}`);
    return text === undefined ? [] : [text];
  });
}
