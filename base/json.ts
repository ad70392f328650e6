import { isUtf8 } from 'node:buffer';
import type { Refuse, RollcallError } from './errors.js';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Bounds on JSON that comes from outside; all of them are looked at before anything is built. */
export interface JsonLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
  /** Values in objects and arrays together: each of them may be a mistake that somebody lists. Default: no bound of its own. */
  readonly maxValues?: number;
}

export const jsonLimits: JsonLimits = { maxBytes: 1024 * 1024, maxDepth: 64 };

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object without prototype, so that no key of a peer's choosing means anything but itself. */
export function emptyObject(): JsonObject {
  return Object.create(null);
}

/** Reads one JSON object. Size and depth are checked before anything is built; throws what `refuse` makes for whatever does not fit. */
export function readJsonObject(
  bytes: Uint8Array,
  what: string,
  refuse: Refuse,
  limits: JsonLimits = jsonLimits,
): JsonObject {
  const wrong = (why: string, cause?: unknown): RollcallError =>
    refuse(`${what}: ${why}`, { cause, details: { at: what } });
  if (bytes.length > limits.maxBytes) throw wrong(`${bytes.length} bytes, at most ${limits.maxBytes} are read`);
  if (!isUtf8(bytes)) throw wrong('is not UTF-8');
  const { maxDepth, maxValues = Number.POSITIVE_INFINITY } = limits;
  const { depth, values } = shapeOf(bytes, maxDepth, maxValues);
  if (depth > maxDepth) throw wrong(`is nested deeper than ${maxDepth}`);
  if (values > maxValues) throw wrong(`holds more than ${maxValues} values`);
  let value: JsonValue;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    throw wrong('is not JSON', cause);
  }
  if (!isObject(value)) throw wrong('is not a JSON object');
  return value;
}

/** How deep brackets nest outside strings, and how many values they hold at most; stops counting one beyond the bounds. */
function shapeOf(bytes: Uint8Array, maxDepth: number, maxValues: number): { depth: number; values: number } {
  let depth = 0;
  let deepest = 0;
  let values = 0;
  let inString = false;
  for (let i = 0; i < bytes.length && deepest <= maxDepth && values <= maxValues; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c)
        i++; // a backslash takes the next byte with it
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      deepest = Math.max(deepest, ++depth);
      values++; // its first value; each comma is one more
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === 0x2c) values++;
  }
  return { depth: deepest, values };
}

/** Reads typed members of a JSON object and names the one that is wrong. */
export class Members {
  readonly #from: JsonObject;
  readonly #refuse: Refuse;

  constructor(
    from: JsonObject,
    readonly at: string,
    refuse: Refuse,
  ) {
    this.#from = from;
    this.#refuse = refuse;
  }

  string(key: string): string {
    const value = this.#from[key];
    if (typeof value !== 'string') throw this.wrong(key, value === undefined ? 'is missing' : 'is not a string');
    return value;
  }

  optionalString(key: string): string | undefined {
    return this.#from[key] === undefined ? undefined : this.string(key);
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.#from[key];
    if (value !== undefined && typeof value !== 'boolean') throw this.wrong(key, 'is not a boolean');
    return value;
  }

  boolean(key: string): boolean {
    const value = this.optionalBoolean(key);
    if (value === undefined) throw this.wrong(key, 'is missing');
    return value;
  }

  object(key: string): JsonObject {
    const value = this.#from[key];
    if (!isObject(value)) throw this.wrong(key, value === undefined ? 'is missing' : 'is not an object');
    return value;
  }

  optionalObject(key: string): JsonObject | undefined {
    return this.#from[key] === undefined ? undefined : this.object(key);
  }

  /** The members object under a key. */
  inside(key: string): Members {
    return new Members(this.object(key), `${this.at}/${key}`, this.#refuse);
  }

  /** An array of objects, each as Members. */
  objects(key: string): Members[] {
    const value = this.#from[key];
    if (!Array.isArray(value)) throw this.wrong(key, value === undefined ? 'is missing' : 'is not an array');
    return value.map((entry, index) => {
      if (!isObject(entry)) throw this.wrong(`${key}/${index}`, 'is not an object');
      return new Members(entry, `${this.at}/${key}/${index}`, this.#refuse);
    });
  }

  optionalObjects(key: string): Members[] | undefined {
    return this.#from[key] === undefined ? undefined : this.objects(key);
  }

  wrong(key: string, why: string): RollcallError {
    return this.#refuse(`${this.at}: ${key} ${why}`, { details: { at: `${this.at}/${key}` } });
  }
}
