// How Jackson makes a field of a bean from JSON that has another type: the coercions of its defaults.
import { emptyObject, isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { javaDouble, javaLong } from './java-numbers.js';
import { malformed } from './refusal.js';

/** The launcher's Jackson, and the server's, which takes fewer texts for booleans. */
type JacksonVersion = '2.21' | '2.10';

interface Kinds {
  text: string;
  /** A Java int. */
  integer: number;
  /** A Java long. */
  long: number;
  double: number;
  flag: boolean;
}

/** Fields of a bean by name. */
export type Fields = Readonly<Record<string, keyof Kinds>>;

/** What a bean holds after reading. Null, and absent, are absent. */
export type Read<T extends Fields> = { -readonly [Name in keyof T]?: Kinds[T[Name]] };

/**
 * The fields of the table, as Jackson with its defaults sets them: a text of digits is a number, a number other than zero is true,
 * a fraction loses its end, an empty text is no number, a number or a boolean is a text; an object or a list is neither. Numbers
 * are taken by their value, not by their spelling: `1.0` is 1, where Jackson sees a fraction.
 * Throws HEADWIND_MALFORMED with the place of what it refuses.
 */
export function readFields<T extends Fields>(
  table: T,
  from: JsonObject,
  at: string,
  version: JacksonVersion = '2.21',
): Read<T> {
  const read: Partial<Record<string, string | number | boolean>> = {};
  for (const [name, kind] of entriesOf(table)) {
    const value = from[name];
    if (value === undefined || value === null) continue;
    const coerced = isOf(kind, value) ? value : coerce(kind, value, at === '' ? name : `${at}/${name}`, version);
    if (coerced !== undefined) read[name] = coerced;
  }
  return read as Read<T>;
}

/** Tables are few, and read by thousands of times. */
const entries = new WeakMap<Fields, readonly (readonly [string, keyof Kinds])[]>();

function entriesOf(table: Fields): readonly (readonly [string, keyof Kinds])[] {
  const known = entries.get(table);
  if (known !== undefined) return known;
  const made = Object.entries(table);
  entries.set(table, made);
  return made;
}

/** A text for a text, a boolean for a boolean: what nearly every value is, and stays as it is. */
const isOf = (kind: keyof Kinds, value: JsonValue): value is string | boolean =>
  typeof value === 'string' ? kind === 'text' : typeof value === 'boolean' && kind === 'flag';

/** What the table does not name, as it came. */
export function restOf(table: Readonly<Record<string, unknown>>, from: JsonObject): JsonObject {
  const rest = emptyObject();
  for (const [name, value] of Object.entries(from)) if (!Object.hasOwn(table, name)) rest[name] = writable(value);
  return rest;
}

/** The same with null for each number beyond a double. */
function writable(value: JsonValue): JsonValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(writable);
  if (!isObject(value)) return value;
  const object = emptyObject();
  for (const [name, each] of Object.entries(value)) object[name] = writable(each);
  return object;
}

/** A list of beans; null entries are passed over, as nothing can be done with them. Undefined where there is none. */
export function readBeans<T>(
  from: JsonObject,
  name: string,
  at: string,
  read: (bean: JsonObject, at: string) => T,
): readonly T[] | undefined {
  const value = from[name];
  const place = at === '' ? name : `${at}/${name}`;
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw malformed(place, 'is not a list');
  const beans: T[] = [];
  for (const [index, entry] of value.entries()) {
    if (entry === null) continue;
    if (!isObject(entry)) throw malformed(`${place}/${index}`, 'is not an object');
    beans.push(read(entry, `${place}/${index}`));
  }
  return beans;
}

function coerce(
  kind: keyof Kinds,
  value: JsonValue,
  at: string,
  version: JacksonVersion,
): string | number | boolean | undefined {
  if (typeof value === 'object') throw malformed(at, `is ${Array.isArray(value) ? 'a list' : 'an object'}`);
  switch (kind) {
    case 'text':
      return String(value);
    case 'flag':
      return flag(value, at, version);
    case 'double':
      return double(value, at);
    default:
      return whole(value, kind, at);
  }
}

const isNothing = (text: string): boolean => text === '' || text === 'null';

const flags = {
  '2.21': { yes: /^(?:true|True|TRUE)$/, no: /^(?:false|False|FALSE)$/ },
  '2.10': { yes: /^[tT]rue$/, no: /^[fF]alse$/ },
} as const;

function flag(value: string | number | boolean, at: string, version: JacksonVersion): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return value !== 0;
    throw malformed(at, 'is no boolean');
  }
  const text = value.trim();
  if (isNothing(text)) return undefined;
  if (flags[version].yes.test(text)) return true;
  if (flags[version].no.test(text)) return false;
  throw malformed(at, 'is no boolean');
}

const bounds = {
  integer: { least: -2_147_483_648, most: 2_147_483_647 },
  long: { least: -(2 ** 63), most: 2 ** 63 },
} as const;

function whole(value: string | number | boolean, kind: 'integer' | 'long', at: string): number | undefined {
  if (typeof value === 'boolean') throw malformed(at, 'is no number');
  if (typeof value === 'string' && isNothing(value.trim())) return undefined;
  const given = typeof value === 'number' ? value : javaLong(value.trim(), 10);
  if (given === undefined) throw malformed(at, 'is no whole number');
  const number = Math.trunc(Number(given)) + 0; // no negative zero
  const { least, most } = bounds[kind];
  if (!(number >= least && number <= most)) throw malformed(at, 'is out of the range of its type');
  return number;
}

/** What is beyond a double, which Java takes for infinite, is left out: JSON has no word to write it again. */
function double(value: string | number | boolean, at: string): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') throw malformed(at, 'is no number');
  if (isNothing(value.trim())) return undefined;
  const number = javaDouble(value);
  if (number === undefined) throw malformed(at, 'is no number');
  return Number.isFinite(number) ? number : undefined;
}
