// JSON as Android's org.json reads it (AOSP's JSONTokener, JSONObject, JSONArray): far more than JSON, and not JSON5.
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { javaDouble, javaLong } from './java-numbers.js';
import { malformed } from './refusal.js';

/** A number with the type that Java gave it: 5 is an integer, 5000000000 a long, 5.0 and 5e0 a double. */
export class OrgNumber {
  constructor(
    readonly type: 'integer' | 'long' | 'double',
    readonly value: number | bigint,
  ) {}
}

/** `undefined` in a list is Java's null, for a value that was left out; `null` is JSONObject.NULL. */
export type OrgArray = readonly (OrgJson | undefined)[];
/** In the order of the text; a later member of the same name takes the place of an earlier one. */
export type OrgObject = ReadonlyMap<string, OrgJson>;
export type OrgJson = null | boolean | string | OrgNumber | OrgArray | OrgObject;

export const isOrgArray = (value: OrgJson | undefined): value is OrgArray => Array.isArray(value);
export const isOrgObject = (value: OrgJson | undefined): value is OrgObject => value instanceof Map;

/** What is read of one text. Android has no bound of its own: a text that is nested too deep ends the launcher's process. */
interface OrgLimits {
  readonly maxCharacters: number;
  readonly maxDepth: number;
}

export const orgLimits: OrgLimits = { maxCharacters: 1024 * 1024, maxDepth: 200 };

/**
 * What `new JSONObject(text)` makes of a text: names and texts may be without quotes or in single ones, `=` and `=>` stand for a
 * colon, `;` for a comma, comments are `//`, `#` and the long one, and whatever stands behind the closing brace is not looked at.
 * Throws HEADWIND_MALFORMED with Android's words and the offset (`details.at`: `character 12`).
 *
 * @example
 * readOrgObject('{id=>5; name: two words}'); // throws: Unterminated object at character 19
 */
export function readOrgObject(text: string, limits: OrgLimits = orgLimits): OrgObject {
  const tokener = new Tokener(text, limits);
  const value = tokener.nextValue(0);
  if (!isOrgObject(value)) throw tokener.wrong('a value that is no JSONObject');
  return value;
}

const endOfInput = -1;
const code = (character: string): number => character.charCodeAt(0);

class Tokener {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, { maxCharacters, maxDepth }: OrgLimits) {
    if (text.length > maxCharacters) throw malformed('', `the text is longer than ${maxCharacters} characters`);
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#maxDepth = maxDepth;
  }

  wrong(why: string): RollcallError {
    const at = `character ${this.#at}`;
    return protocolError('HEADWIND_MALFORMED', `${why} at ${at}`, { details: { at } });
  }

  nextValue(depth: number): OrgJson {
    if (depth > this.#maxDepth) throw this.wrong(`nested deeper than ${this.#maxDepth}`);
    const next = this.#nextClean();
    switch (next) {
      case endOfInput:
        throw this.wrong('End of input');
      case code('{'):
        return this.#object(depth);
      case code('['):
        return this.#array(depth);
      case code("'"):
      case code('"'):
        return this.#quoted(next);
      default:
        this.#at--;
        return this.#literal();
    }
  }

  /** The next character that is neither blank nor in a comment, and past it. */
  #nextClean(): number {
    while (this.#at < this.#text.length) {
      const next = this.#text.charCodeAt(this.#at++);
      switch (next) {
        case code('\t'):
        case code(' '):
        case code('\n'):
        case code('\r'):
          break;
        case code('/'):
          if (!this.#comment()) return next;
          break;
        case code('#'):
          this.#lineEnd();
          break;
        default:
          return next;
      }
    }
    return endOfInput;
  }

  /** Behind a slash: past the comment that it begins, if it does. */
  #comment(): boolean {
    switch (this.#text[this.#at]) {
      case '*': {
        const end = this.#text.indexOf('*/', this.#at + 1);
        this.#at++;
        if (end === -1) throw this.wrong('Unterminated comment');
        this.#at = end + 2;
        return true;
      }
      case '/':
        this.#at++;
        this.#lineEnd();
        return true;
      default:
        return false;
    }
  }

  #lineEnd(): void {
    while (this.#at < this.#text.length) {
      const next = this.#text[this.#at++];
      if (next === '\r' || next === '\n') return;
    }
  }

  #quoted(quote: number): string {
    const parts: string[] = [];
    let start = this.#at;
    while (this.#at < this.#text.length) {
      const next = this.#text.charCodeAt(this.#at++);
      if (next === quote) {
        parts.push(this.#text.slice(start, this.#at - 1));
        return parts.join('');
      }
      if (next === code('\\')) {
        if (this.#at === this.#text.length) throw this.wrong('Unterminated escape sequence');
        parts.push(this.#text.slice(start, this.#at - 1), this.#escaped());
        start = this.#at;
      }
    }
    throw this.wrong('Unterminated string');
  }

  #escaped(): string {
    const escaped = this.#text[this.#at++] ?? '';
    if (escaped !== 'u') return controls[escaped] ?? escaped;
    if (this.#at + 4 > this.#text.length) throw this.wrong('Unterminated escape sequence');
    const digits = this.#text.slice(this.#at, this.#at + 4);
    this.#at += 4;
    const unit = javaLong(digits, 16);
    if (unit === undefined) throw this.wrong(`Invalid escape sequence: ${digits}`);
    return String.fromCharCode(Number(unit)); // a sign is taken: -1 is U+FFFF
  }

  #literal(): OrgJson {
    const start = this.#at;
    while (this.#at < this.#text.length && !endsLiteral.has(this.#text.charCodeAt(this.#at))) this.#at++;
    const literal = this.#text.slice(start, this.#at);
    if (literal === '') throw this.wrong('Expected literal value');
    const word = literal.length > 5 ? undefined : words.get(literal.toLowerCase());
    if (word !== undefined) return word;
    return numberOf(literal) ?? literal;
  }

  #object(depth: number): OrgObject {
    const members = new Map<string, OrgJson>();
    const first = this.#nextClean();
    if (first === code('}')) return members;
    if (first !== endOfInput) this.#at--;
    for (;;) {
      const name = this.nextValue(depth + 1);
      if (typeof name !== 'string') throw this.wrong('Names must be strings');
      const separator = this.#nextClean();
      if (separator !== code(':') && separator !== code('=')) throw this.wrong("Expected ':' after a name");
      if (this.#text[this.#at] === '>') this.#at++;
      const value = this.nextValue(depth + 1);
      if (value instanceof OrgNumber && !Number.isFinite(Number(value.value)))
        throw this.wrong('Forbidden numeric value');
      members.set(name, value);
      const end = this.#nextClean();
      if (end === code('}')) return members;
      if (end !== code(';') && end !== code(',')) throw this.wrong('Unterminated object');
    }
  }

  #array(depth: number): OrgArray {
    const items: (OrgJson | undefined)[] = [];
    let isSeparated = false;
    for (;;) {
      const next = this.#nextClean();
      if (next === endOfInput) throw this.wrong('Unterminated array');
      if (next === code(']')) {
        if (isSeparated) items.push(undefined);
        return items;
      }
      if (next === code(',') || next === code(';')) {
        items.push(undefined); // a separator without a value before it
        isSeparated = true;
        continue;
      }
      this.#at--;
      items.push(this.nextValue(depth + 1));
      const end = this.#nextClean();
      if (end === code(']')) return items;
      if (end !== code(',') && end !== code(';')) throw this.wrong('Unterminated array');
      isSeparated = true;
    }
  }
}

const controls: Readonly<Record<string, string>> = { t: '\t', b: '\b', n: '\n', r: '\r', f: '\f' };
const endsLiteral: ReadonlySet<number> = new Set([...'{}[]/\\:,=;# \t\f\r\n'].map(code));
const words: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);

/** `0x` is hexadecimal, a zero before other digits octal; what is neither may still be a double (`08`, `1d`, `NaN`). */
function numberOf(literal: string): OrgNumber | undefined {
  const whole = literal.includes('.') ? undefined : wholeOf(literal);
  if (whole !== undefined) {
    const isInteger = whole >= -2_147_483_648n && whole <= 2_147_483_647n;
    return isInteger ? new OrgNumber('integer', Number(whole)) : new OrgNumber('long', whole);
  }
  const double = javaDouble(literal);
  return double === undefined ? undefined : new OrgNumber('double', double);
}

function wholeOf(literal: string): bigint | undefined {
  if (/^0x/i.test(literal)) return javaLong(literal.slice(2), 16);
  return literal.startsWith('0') && literal.length > 1 ? javaLong(literal.slice(1), 8) : javaLong(literal, 10);
}
