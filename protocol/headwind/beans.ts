// How Jackson makes a field of a bean from JSON that has another type: the coercions of its defaults.
import { emptyObject, isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { malformed } from './refusal.js';

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
 * a fraction loses its end, an empty text is no number, a number or a boolean is a text; an object or a list is neither.
 * Throws HEADWIND_MALFORMED with the place of what it refuses.
 */
export function readFields<T extends Fields>(table: T, from: JsonObject, at: string): Read<T> {
  const read: Partial<Record<string, string | number | boolean>> = {};
  for (const [name, kind] of Object.entries(table)) {
    const value = from[name];
    if (value === undefined || value === null) continue;
    const coerced = coerce(kind, value, at === '' ? name : `${at}/${name}`);
    if (coerced !== undefined) read[name] = coerced;
  }
  return read as Read<T>;
}

/** What the table does not name, as it came. */
export function restOf(table: Readonly<Record<string, unknown>>, from: JsonObject): JsonObject {
  const rest = emptyObject();
  for (const [name, value] of Object.entries(from)) if (!Object.hasOwn(table, name)) rest[name] = value;
  return rest;
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

function coerce(kind: keyof Kinds, value: JsonValue, at: string): string | number | boolean | undefined {
  if (typeof value === 'object') throw malformed(at, `is ${Array.isArray(value) ? 'a list' : 'an object'}`);
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? value : String(value);
    case 'flag':
      return flag(value, at);
    case 'double':
      return double(value, at);
    default:
      return whole(value, kind, at);
  }
}

const isNothing = (text: string): boolean => text === '' || text === 'null';

function flag(value: string | number | boolean | null, at: string): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return value !== 0;
    throw malformed(at, 'is no boolean');
  }
  const text = (value ?? '').trim();
  if (isNothing(text)) return undefined;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  throw malformed(at, 'is no boolean');
}

const bounds = {
  integer: { least: -2_147_483_648, most: 2_147_483_647 },
  long: { least: -(2 ** 63), most: 2 ** 63 },
} as const;

function whole(value: string | number | boolean | null, kind: 'integer' | 'long', at: string): number | undefined {
  if (typeof value === 'boolean') throw malformed(at, 'is no number');
  const text = typeof value === 'string' ? value.trim() : '';
  if (typeof value === 'string' && isNothing(text)) return undefined;
  if (typeof value === 'string' && !/^[-+]?\d+$/.test(text)) throw malformed(at, 'is no whole number');
  const number = Math.trunc(typeof value === 'number' ? value : Number(text)) + 0;
  const { least, most } = bounds[kind];
  if (!(number >= least && number <= most)) throw malformed(at, 'is out of the range of its type');
  return number;
}

function double(value: string | number | boolean | null, at: string): number | undefined {
  if (typeof value === 'number') return value;
  const text = typeof value === 'string' ? value.trim() : '?';
  if (isNothing(text)) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) throw malformed(at, 'is no number');
  return number;
}
