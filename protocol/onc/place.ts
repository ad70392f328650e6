// Values of a document that came from somebody else, and where in it they stand.
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';

/** A part is refused; the reader goes on with the next. */
export class Refused extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

const longestText = 4096;

/** An object of a document: every key is one of those that are known. */
export class Place {
  readonly #from: JsonObject;

  constructor(
    value: JsonValue | undefined,
    readonly path: string,
    known: readonly string[],
  ) {
    if (!isObject(value)) throw new Refused(path, 'is no object');
    this.#from = value;
    for (const key of Object.keys(value))
      if (!known.includes(key)) throw new Refused(this.at(key.slice(0, 60)), 'is not supported');
  }

  at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  value(key: string): JsonValue | undefined {
    return Object.hasOwn(this.#from, key) ? this.#from[key] : undefined;
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw new Refused(this.at(key), 'is no text');
    if (value.length > longestText) throw new Refused(this.at(key), `has more than ${longestText} characters`);
    return value;
  }

  /** A text that is there and says something. */
  word(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') throw new Refused(this.at(key), 'is missing');
    return value;
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise;
    if (typeof value !== 'boolean') throw new Refused(this.at(key), 'is neither true nor false');
    return value;
  }

  oneOf<T extends string>(key: string, options: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const found = options.find((option) => option === value);
    if (found === undefined)
      throw new Refused(this.at(key), `"${value.slice(0, 60)}" is none of ${options.join(', ')}`);
    return found;
  }

  texts(key: string, most = 100): readonly string[] {
    return this.list(key, most).map((item, number) => {
      if (typeof item !== 'string' || item === '' || item.length > longestText)
        throw new Refused(`${this.at(key)}[${number}]`, 'is no text');
      return item;
    });
  }

  list(key: string, most = 100): readonly JsonValue[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw new Refused(this.at(key), 'is no list');
    if (value.length > most) throw new Refused(this.at(key), `holds more than ${most}`);
    return value;
  }
}
