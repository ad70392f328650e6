import { isDict, type PlistDict, type PlistValue } from '../../../protocol/plist/value.js';

/** A command whose parameters do not fit its schema: answered with CommandFormatError. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** Reads a command's parameters. Every reader throws FormatError when the value is missing or of another type. */
export class Parameters {
  readonly body: PlistDict;
  /** Where the parameters stand, for messages. */
  readonly #at: string;

  constructor(body: PlistDict, at = 'Command') {
    this.body = body;
    this.#at = at;
  }

  has(key: string): boolean {
    return this.body[key] !== undefined;
  }

  string(key: string): string {
    const value = this.#required(key);
    if (typeof value !== 'string') throw this.wrong(key, 'a string');
    return value;
  }

  /** A string that names something: neither empty nor longer than 1024 characters. */
  name(key: string): string {
    const value = this.string(key);
    if (value.length === 0 || value.length > 1024) throw this.wrong(key, 'a name');
    return value;
  }

  optionalString(key: string): string | undefined {
    return this.has(key) ? this.string(key) : undefined;
  }

  boolean(key: string): boolean {
    const value = this.#required(key);
    if (typeof value !== 'boolean') throw this.wrong(key, 'a boolean');
    return value;
  }

  optionalBoolean(key: string): boolean | undefined {
    return this.has(key) ? this.boolean(key) : undefined;
  }

  integer(key: string, allowed?: readonly number[]): number {
    const value = this.#required(key);
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.wrong(key, 'an integer');
    if (allowed !== undefined && !allowed.includes(value)) throw this.wrong(key, `one of ${allowed.join(', ')}`);
    return value;
  }

  optionalInteger(key: string, allowed?: readonly number[]): number | undefined {
    return this.has(key) ? this.integer(key, allowed) : undefined;
  }

  choice<const T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.string(key);
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw this.wrong(key, `one of ${allowed.join(', ')}`);
    return found;
  }

  data(key: string): Uint8Array {
    const value = this.#required(key);
    if (!(value instanceof Uint8Array)) throw this.wrong(key, 'data');
    return value;
  }

  optionalData(key: string): Uint8Array | undefined {
    return this.has(key) ? this.data(key) : undefined;
  }

  /** Each text once: none means more for being said again. */
  strings(key: string): readonly string[] {
    const value = this.#required(key);
    if (!Array.isArray(value)) throw this.wrong(key, 'an array');
    const texts = new Set<string>();
    for (const entry of value) {
      if (typeof entry !== 'string') throw this.wrong(key, 'an array of strings');
      texts.add(entry);
    }
    return [...texts];
  }

  optionalStrings(key: string): readonly string[] | undefined {
    return this.has(key) ? this.strings(key) : undefined;
  }

  dict(key: string): Parameters {
    const value = this.#required(key);
    if (!isDict(value)) throw this.wrong(key, 'a dictionary');
    return new Parameters(value, `${this.#at}/${key}`);
  }

  optionalDict(key: string): Parameters | undefined {
    return this.has(key) ? this.dict(key) : undefined;
  }

  dicts(key: string): readonly Parameters[] {
    const value = this.#required(key);
    if (!Array.isArray(value)) throw this.wrong(key, 'an array');
    return value.map((entry, index) => {
      if (!isDict(entry)) throw this.wrong(key, 'an array of dictionaries');
      return new Parameters(entry, `${this.#at}/${key}/${index}`);
    });
  }

  wrong(key: string, what: string): FormatError {
    return new FormatError(`${this.#at}/${key} is not ${what}`);
  }

  #required(key: string): PlistValue {
    const value = this.body[key];
    if (value === undefined) throw new FormatError(`${this.#at}/${key} is missing`);
    return value;
  }
}
