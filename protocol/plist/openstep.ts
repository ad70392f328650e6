// Old-style property lists, `{ key = value; }`, and strings files (CFOldStylePList.c). CoreFoundation tries them when the bytes
// are no XML property list, unless its caller names formats, and MDM is not known to. Their values are strings, data, arrays
// and dictionaries; mistakes that CoreFoundation passes over are passed over here.
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { type PlistDict, type PlistLimits, type PlistValue, wellFormed } from './value.js';

const unquoted = /[a-zA-Z0-9_$/:.-]/;
const space = /[\t-\r \u2028\u2029]/;
const dataSpace = /[ \n\t\r\u2028\u2029]/;

/** Throws PLIST_MALFORMED, whose details hold the place, or PLIST_LIMIT. White space alone is an empty dictionary. */
export function parseOpenStepPlist(text: string, limits: PlistLimits): PlistValue {
  return new OpenStepReader(text, limits).read();
}

class OpenStepReader {
  readonly #text: string;
  readonly #limits: PlistLimits;
  #pos = 0;
  #nodes = 0;
  #problem = 'there is no value';

  constructor(text: string, limits: PlistLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  read(): PlistValue {
    if (!this.#skip()) return Object.create(null);
    const value = this.#value(0);
    if (value === undefined) throw this.#refusal();
    if (!this.#skip()) return value;
    if (typeof value !== 'string') {
      this.#problem = 'something follows the value';
      throw this.#refusal();
    }
    this.#pos = 0; // a strings file: a dictionary without its braces; what follows its last entry is not looked at
    const entries = this.#entries(0);
    if (entries === undefined) throw this.#refusal();
    return entries;
  }

  #refusal(): RollcallError {
    const before = this.#text.slice(0, this.#pos).split(/\r\n?|\n/);
    const [line, column] = [before.length, (before.at(-1) ?? '').length + 1];
    return protocolError('PLIST_MALFORMED', `${this.#problem} (line ${line}, column ${column})`, {
      details: { at: this.#pos, line, column },
    });
  }

  /** Undefined where none can be read; the position is then where CoreFoundation's is. */
  #value(depth: number): PlistValue | undefined {
    if (depth > this.#limits.maxDepth)
      throw protocolError('PLIST_LIMIT', `the property list is nested deeper than ${this.#limits.maxDepth}`);
    if (++this.#nodes > this.#limits.maxNodes)
      throw protocolError('PLIST_LIMIT', `the property list has more than ${this.#limits.maxNodes} values`);
    if (!this.#skip()) return this.#fail('it ends where a value is expected');
    switch (this.#text[this.#pos]) {
      case '{':
        this.#pos++;
        return this.#dictionary(depth);
      case '(':
        this.#pos++;
        return this.#array(depth);
      case '<':
        this.#pos++;
        return this.#data();
      default:
        return this.#string();
    }
  }

  #dictionary(depth: number): PlistDict | undefined {
    const entries = this.#entries(depth);
    if (entries === undefined) return undefined;
    if (!this.#skip() || this.#text[this.#pos] !== '}') return this.#fail('a dictionary does not end with "}"');
    this.#pos++;
    return entries;
  }

  #entries(depth: number): PlistDict | undefined {
    const made: PlistDict = Object.create(null);
    for (;;) {
      const key = this.#skip() ? this.#string() : undefined;
      if (key === undefined) return made;
      if (!this.#skip()) return this.#fail('a key has no value');
      let value: PlistValue | undefined = key; // a key alone is its own value
      if (this.#text[this.#pos] === '=') {
        this.#pos++;
        value = this.#value(depth + 1);
        if (value === undefined) return undefined;
      } else if (this.#text[this.#pos] !== ';') return this.#fail('neither "=" nor ";" stands behind a key');
      made[key] = value;
      if (!this.#skip() || this.#text[this.#pos] !== ';') return this.#fail('no ";" stands behind a value');
      this.#pos++;
    }
  }

  #array(depth: number): PlistValue[] | undefined {
    const made: PlistValue[] = [];
    for (let value = this.#value(depth + 1); value !== undefined; value = this.#value(depth + 1)) {
      made.push(value);
      if (!this.#skip()) return this.#fail('an array does not end');
      if (this.#text[this.#pos] !== ',') break;
      this.#pos++;
    }
    if (!this.#skip() || this.#text[this.#pos] !== ')') return this.#fail('an array does not end with ")"');
    this.#pos++;
    return made;
  }

  /** Pairs of hexadecimal digits, of which CoreFoundation looks at the low eight bits. */
  #data(): Buffer | undefined {
    const end = this.#text.indexOf('>', this.#pos);
    const octets = Buffer.alloc(((end === -1 ? this.#text.length : end) - this.#pos) >> 1);
    let size = 0;
    for (; this.#pos < this.#text.length; this.#pos++) {
      const high = this.#hexAt(this.#pos);
      if (high !== undefined) {
        const low = this.#hexAt(++this.#pos);
        if (low === undefined) return this.#fail('data with an odd number of digits');
        octets[size++] = high * 16 + low;
        continue;
      }
      const character = this.#text[this.#pos] ?? '';
      if (character === '>') {
        this.#pos++;
        return octets.subarray(0, size);
      }
      if (!dataSpace.test(character)) return this.#fail('data that is not hexadecimal');
    }
    return this.#fail('data does not end with ">"');
  }

  #hexAt(at: number): number | undefined {
    const code = this.#text.charCodeAt(at) & 0xff; // NaN & 0xff is 0
    if (code >= 0x30 && code <= 0x39) return code - 0x30;
    const letter = code | 0x20;
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
  }

  #string(): string | undefined {
    const first = this.#text[this.#pos] ?? '';
    if (first === '"' || first === "'") return this.#quoted(first);
    const from = this.#pos;
    while (unquoted.test(this.#text[this.#pos] ?? '')) this.#pos++;
    return this.#pos === from
      ? this.#fail('neither a string, data, an array nor a dictionary')
      : this.#text.slice(from, this.#pos);
  }

  #quoted(quote: string): string | undefined {
    const from = this.#pos++;
    const parts: string[] = [];
    for (let mark = this.#pos; this.#pos < this.#text.length; ) {
      const character = this.#text[this.#pos];
      if (character === quote) {
        parts.push(this.#text.slice(mark, this.#pos++));
        return wellFormed(parts.join(''));
      }
      if (character === '\\') {
        parts.push(this.#text.slice(mark, this.#pos++));
        if (this.#pos === this.#text.length) break;
        parts.push(this.#escaped());
        mark = this.#pos;
      } else this.#pos++;
    }
    this.#pos = from;
    return this.#fail('a quoted string does not end');
  }

  #escaped(): string {
    const [octal = ''] = /^[0-7]{1,3}/.exec(this.#text.slice(this.#pos, this.#pos + 3)) ?? [];
    if (octal !== '') {
      this.#pos += octal.length;
      return nextStep(Number.parseInt(octal, 8) & 0xff);
    }
    const character = this.#text[this.#pos++] ?? '';
    if (character !== 'U') return escapes[character] ?? character;
    const [digits = ''] = /^[0-9a-fA-F]{0,4}/.exec(this.#text.slice(this.#pos, this.#pos + 4)) ?? [];
    this.#pos += digits.length;
    return String.fromCharCode(digits === '' ? 0 : Number.parseInt(digits, 16));
  }

  /** Passes over white space and comments; false at the end. */
  #skip(): boolean {
    const text = this.#text;
    for (; this.#pos < text.length; ) {
      if (space.test(text[this.#pos] ?? '')) this.#pos++;
      else if (text.startsWith('//', this.#pos)) {
        while (this.#pos < text.length && !/[\n\r\u2028\u2029]/.test(text[this.#pos] ?? '')) this.#pos++;
      } else if (text.startsWith('/*', this.#pos)) {
        const end = text.indexOf('*/', this.#pos + 2);
        this.#pos = end === -1 ? text.length : end + 2;
      } else return true;
    }
    return false;
  }

  #fail(problem: string): undefined {
    this.#problem = problem;
    return undefined;
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The upper half of the NeXTSTEP character set (Unicode's NEXTSTEP.TXT); it has no 0xFE and no 0xFF. */
const upperHalf =
  '\xa0ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖÙÚÛÜÝÞµ×÷©¡¢£⁄¥ƒ§¤’“«‹›ﬁﬂ®–†‡·¦¶•‚„”»…‰¬¿¹ˋ´ˆ˜¯˘˙¨²˚¸³˝˛ˇ—±¼½¾àáâãäåçèéêëìÆíªîïðñŁØŒºòóôõöæùúûıüýłøœßþÿ';

const nextStep = (octet: number): string =>
  octet < 0x80 ? String.fromCharCode(octet) : (upperHalf[octet - 0x80] ?? '\0');
