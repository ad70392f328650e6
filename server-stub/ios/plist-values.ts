// Plain values (of a tenant file, of the admin API, of the core) and property list values.
import { isDict, type PlistDict, PlistReal, type PlistValue } from '../../protocol/plist/value.js';

/** What a property list has no word for is left out; numbers with a fraction become reals. `{ "$data": base64 }` is data, `{ "$date": ISO }` a date. */
export function toPlist(value: unknown): PlistValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? value : new PlistReal(value);
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return undefined;
  if (value instanceof Uint8Array || value instanceof Date || value instanceof PlistReal) return value;
  if (Array.isArray(value)) return value.map(toPlist).filter((entry) => entry !== undefined);
  const entries = Object.entries(value);
  const [only, second] = entries;
  if (only !== undefined && second === undefined && typeof only[1] === 'string') {
    if (only[0] === '$data') return Buffer.from(only[1], 'base64');
    const date = only[0] === '$date' ? new Date(only[1]) : undefined;
    if (date !== undefined && !Number.isNaN(date.getTime())) return date;
  }
  return plistDictOf(value);
}

export function plistDictOf(value: object): PlistDict {
  const made: PlistDict = Object.create(null);
  for (const [key, entry] of Object.entries(value)) {
    const converted = toPlist(entry);
    if (converted !== undefined) made[key] = converted;
  }
  return made;
}

/** A property list's values as JSON has them: data in base64, dates as ISO text, large integers as text. */
export function toJson(value: PlistValue): unknown {
  if (value instanceof PlistReal) return value.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  return isDict(value) ? toJsonObject(value) : value;
}

export function toJsonObject(from: PlistDict): Record<string, unknown> {
  const made: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(from)) if (value !== undefined) made[key] = toJson(value);
  return made;
}
