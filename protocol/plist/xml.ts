// XML property lists as CoreFoundation reads them (CFPropertyList.c: parseXMLPropertyList and what it calls).
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { looseDate, looseInteger, looseReal } from './loose.js';
import { malformedAt, Strictness } from './refusal.js';
import { readBase64, readDate, readInteger, readReal } from './scalars.js';
import { type PlistDict, type PlistLimits, PlistReal, type PlistValue } from './value.js';
import { isSpace, skipBetween, skipProlog } from './xml-between.js';
import { XmlText } from './xml-text.js';

const [lt, gt, slash] = [0x3c, 0x3e, 0x2f];

/** An element's name as a number: five bits a letter, so no two names of up to seven letters are alike. */
const tagOf = (name: string): number => [...Buffer.from(name)].reduce((code, byte) => code * 32 + byte - 0x60, 0);
const names = ['plist', 'dict', 'array', 'key', 'string', 'data', 'integer', 'real', 'date', 'true', 'false'] as const;
type Name = (typeof names)[number];
const tags = Object.fromEntries(names.map((name) => [name, tagOf(name)])) as Record<Name, number>;
const { plist: plistTag, dict: dictTag, array: arrayTag, key: keyTag, string: stringTag, integer: integerTag } = tags;

/**
 * Reads an XML property list in one pass over its bytes: no recursion, no entity is ever expanded, nothing of the input is kept
 * alive. What stands behind the first element is not looked at; the last of two equal keys wins; attributes are ignored.
 * `bytes` is UTF-8 without a byte order mark, and the caller has checked `maxBytes`. Throws PLIST_MALFORMED, with the place in
 * its details, or PLIST_LIMIT.
 */
export function parseXmlPlist(bytes: Buffer, limits: PlistLimits, strictness = new Strictness()): PlistValue {
  return new XmlReader(bytes, limits, strictness).read();
}

class XmlReader {
  readonly #bytes: Buffer;
  readonly #limits: PlistLimits;
  readonly #text: XmlText;
  readonly #strictness: Strictness;
  #pos = 0;
  #nodes = 0;
  /** Whether the tag that `open` read last was `<x/>`. */
  #empty = false;

  constructor(bytes: Buffer, limits: PlistLimits, strictness: Strictness) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#text = new XmlText(bytes, strictness);
    this.#strictness = strictness;
  }

  read(): PlistValue {
    this.#pos = skipProlog(this.#bytes);
    return this.#content();
  }

  /**
   * The one value. `holders` and `keys` are the open containers outside `holder` and the keys they wait at; a <plist>, which
   * may stand wherever a value may, is a container of one: `wrapper` is the innermost that is open.
   */
  #content(): PlistValue {
    const holders: (PlistDict | PlistValue[])[] = [];
    const keys: (string | undefined)[] = [];
    const wrappers: PlistValue[][] = [];
    let wrapper: PlistValue[] | undefined;
    let holder: PlistDict | PlistValue[] | undefined;
    let key: string | undefined;
    for (;;) {
      this.#pos = skipBetween(this.#bytes, this.#pos);
      if (this.#bytes[this.#pos] !== lt) throw this.#malformed('an element was expected');
      let value: PlistValue | undefined;
      if (this.#bytes[this.#pos + 1] === slash) {
        if (holder === undefined) throw this.#malformed('a close tag stands where the value belongs');
        if (key !== undefined) throw this.#malformed('a key has no value');
        if (holder === wrapper) {
          this.#close(plistTag);
          [value] = wrapper;
          if (value === undefined) throw this.#malformed('<plist> is empty');
          wrapper = wrappers.pop();
        } else {
          this.#close(Array.isArray(holder) ? arrayTag : dictTag);
          value = holder;
        }
        holder = holders.pop();
        key = keys.pop();
      } else {
        const tag = this.#open();
        if (holder !== undefined && key === undefined && !Array.isArray(holder)) {
          if (tag !== keyTag) throw this.#malformed('a value in <dict> has no key');
          key = this.#string(keyTag);
          continue;
        }
        if (holder === wrapper && wrapper?.length === 1) throw this.#malformed('<plist> holds more than one value');
        if (tag !== plistTag && ++this.#nodes > this.#limits.maxNodes)
          throw protocolError('PLIST_LIMIT', `the property list has more than ${this.#limits.maxNodes} values`);
        if (tag === dictTag || tag === arrayTag || tag === plistTag) {
          const open =
            holders.length + (holder === undefined ? 0 : 1) - wrappers.length - (wrapper === undefined ? 0 : 1);
          if ((tag === plistTag ? wrappers.length : open) >= this.#limits.maxDepth)
            throw protocolError('PLIST_LIMIT', `the property list is nested deeper than ${this.#limits.maxDepth}`);
          if (tag === plistTag && this.#empty) throw this.#malformed('<plist> is empty');
          const made: PlistDict | PlistValue[] = tag === dictTag ? Object.create(null) : [];
          if (!this.#empty) {
            if (holder !== undefined) {
              holders.push(holder);
              keys.push(key);
            }
            if (tag === plistTag && Array.isArray(made)) {
              if (wrapper !== undefined) wrappers.push(wrapper);
              wrapper = made;
            }
            holder = made;
            key = undefined;
            continue;
          }
          value = made;
        } else value = this.#scalar(tag);
      }
      if (holder === undefined) return value;
      if (Array.isArray(holder)) holder.push(value);
      else if (key !== undefined) {
        holder[key] = value;
        key = undefined;
      }
    }
  }

  /** A value that is no container. A <key> where a value belongs is a string. */
  #scalar(tag: number): PlistValue {
    switch (tag) {
      case stringTag:
      case keyTag:
        return this.#string(tag);
      case tags.true:
      case tags.false:
        return this.#flag(tag);
      case integerTag:
        return this.#plain(tag, 'an <integer> of 64 bits', readInteger, looseInteger);
      case tags.date:
        return this.#plain(tag, 'a <date> of the form 2026-01-31T12:00:00Z', readDate, looseDate);
      case tags.real: {
        this.#refuseEmpty('<real/>');
        const at = this.#pos;
        const text = this.#string(tag);
        const number = readReal(text) ?? this.#lift('not a <real>', at, looseReal(text));
        return new PlistReal(number);
      }
      case tags.data:
        return this.#data();
      default:
        throw this.#malformed('an element that property lists do not have');
    }
  }

  #string(tag: number): string {
    if (this.#empty) return '';
    const text = this.#text.read(this.#pos);
    this.#pos = this.#text.end;
    this.#close(tag);
    return text;
  }

  #flag(tag: number): boolean {
    const at = this.#pos;
    if (!this.#empty) {
      if (this.#bytes[at] !== lt || this.#bytes[at + 1] !== slash) {
        this.#lift('<true> and <false> hold nothing, not even white space', at, true);
        this.#pos = skipBetween(this.#bytes, this.#pos);
      }
      this.#close(tag);
    }
    return tag === tags.true;
  }

  /** An element whose content has neither entities nor CDATA: `read` is given its bytes as ISO-8859-1. */
  #plain<T>(
    tag: number,
    what: string,
    read: (text: string) => T | undefined,
    loose: (text: string) => T | undefined,
  ): T {
    this.#refuseEmpty(`not ${what}: it is empty`);
    const bytes = this.#bytes;
    const at = this.#pos;
    let end = at;
    while (end < bytes.length && bytes[end] !== lt) end++;
    const value = end - at > 4096 ? undefined : read(bytes.toString('latin1', at, end));
    if (value !== undefined && bytes[end + 1] === slash) {
      this.#pos = end;
      this.#close(tag);
      return value;
    }
    if (!this.#strictness.isLenient) throw this.#malformed(`not ${what}`, at);
    return this.#lift(`not ${what}`, at, loose(this.#string(tag)));
  }

  #data(): Buffer {
    const bytes = this.#bytes;
    const at = this.#pos;
    if (this.#empty)
      return this.#lift('<data/>, which CoreFoundation does not read: write <data></data>', at, Buffer.alloc(0));
    const end = bytes.indexOf(lt, at);
    if (end === -1) throw this.#malformed('the property list ends within <data>');
    const value = readBase64(bytes, at, end);
    if (value === undefined) throw this.#malformed('a byte beyond ASCII in <data>', at);
    if (bytes[end + 1] !== slash && this.#strictness.isLenient) {
      const text = Buffer.from(this.#string(tags.data)); // comments and instructions within it are lifted there
      return readBase64(text, 0, text.length) ?? value;
    }
    this.#pos = end;
    this.#close(tags.data);
    return value;
  }

  /** Reads `<name ...>`, standing at its `<`; answers the tag, or -1, and notes in `empty` whether it closed itself. */
  #open(): number {
    const bytes = this.#bytes;
    const tag = this.#name(this.#pos + 1);
    const byte = bytes[this.#pos];
    if (byte === gt) {
      this.#empty = false;
      this.#pos++;
      return tag;
    }
    if (byte === slash && bytes[this.#pos + 1] === gt) {
      this.#empty = true;
      this.#pos += 2;
      return tag;
    }
    return this.#openWithAttributes(tag);
  }

  /** The tag ends at the first `>`, in quotes or not; its name at the first white space (parseXMLElement). */
  #openWithAttributes(tag: number): number {
    const bytes = this.#bytes;
    const nameEnd = this.#pos;
    const end = bytes.indexOf(gt, nameEnd);
    if (end === -1) throw this.#malformed('a tag does not end');
    this.#empty = bytes[end - 1] === slash;
    this.#pos = end + 1;
    return isSpace(bytes[nameEnd]) ? tag : -1;
  }

  #close(tag: number): void {
    const bytes = this.#bytes;
    const at = this.#pos;
    if (bytes[at] !== lt || bytes[at + 1] !== slash) throw this.#malformed(`a close tag was expected`);
    if (this.#name(at + 2) !== tag) throw this.#malformed('the close tag does not match', at);
    while (isSpace(bytes[this.#pos])) this.#pos++;
    if (bytes[this.#pos] !== gt) throw this.#malformed('a close tag does not end', at);
    this.#pos++;
  }

  /** The tag whose name begins at `from`; unknown names are -1. Leaves `pos` behind the letters of the name. */
  #name(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let tag = 0;
    for (; ; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x61 || byte > 0x7a) break;
      tag = tag * 32 + byte - 0x60;
      if (at - from > 6) {
        this.#pos = at;
        return -1;
      }
    }
    this.#pos = at;
    return at === from ? -1 : tag;
  }

  #refuseEmpty(what: string): void {
    if (this.#empty) throw this.#malformed(what);
  }

  /** The value that other readers see here, where leniency lifts the refusal. */
  #lift<T>(what: string, at: number, value: T | undefined): T {
    if (value === undefined) throw this.#malformed(what, at);
    this.#strictness.lift(() => this.#malformed(what, at));
    return value;
  }

  #malformed(what: string, at = this.#pos): RollcallError {
    return malformedAt(what, this.#bytes, at);
  }
}
