import { isUtf8 } from 'node:buffer';
import { protocolError } from '../errors.js';
import { readBase64, readDate, readInteger, readReal } from './scalars.js';
import { type PlistDict, type PlistLimits, PlistReal, type PlistValue } from './value.js';
import { skipDoctype, skipPast, XmlText } from './xml-text.js';

const [lt, gt, slash, bang, question] = [0x3c, 0x3e, 0x2f, 0x21, 0x3f];

/** An element's name as a number: five bits a letter, so no two names of up to seven letters are alike. */
const tagOf = (name: string): number => [...Buffer.from(name)].reduce((code, byte) => code * 32 + byte - 0x60, 0);
const tags = {
  plist: tagOf('plist'),
  dict: tagOf('dict'),
  array: tagOf('array'),
  key: tagOf('key'),
  string: tagOf('string'),
  data: tagOf('data'),
  integer: tagOf('integer'),
  real: tagOf('real'),
  date: tagOf('date'),
  true: tagOf('true'),
  false: tagOf('false'),
};
const { dict: dictTag, array: arrayTag, key: keyTag, string: stringTag, integer: integerTag } = tags;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d;

/**
 * Reads an XML property list in one pass over its bytes: no recursion, no entity is ever expanded, nothing of the input is kept alive.
 * As Apple's own reader does, it lets the last of two equal keys win and ignores attributes.
 * Throws PLIST_MALFORMED (details.at: byte offset) or PLIST_LIMIT. The caller has checked `maxBytes`.
 */
export function parseXmlPlist(bytes: Buffer, limits: PlistLimits): PlistValue {
  if (bytes.length === 0) throw protocolError('PLIST_MALFORMED', 'the property list is empty');
  const [first, second] = bytes;
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe) || first === 0 || second === 0)
    throw protocolError('PLIST_MALFORMED', 'an XML property list is UTF-8, this one looks like UTF-16');
  if (!isUtf8(bytes)) throw protocolError('PLIST_MALFORMED', 'the property list is not UTF-8');
  return new XmlReader(bytes, limits).read();
}

class XmlReader {
  readonly #bytes: Buffer;
  readonly #limits: PlistLimits;
  readonly #text: XmlText;
  #pos = 0;
  #nodes = 0;
  /** Whether the tag that `open` read last was `<x/>`. */
  #empty = false;

  constructor(bytes: Buffer, limits: PlistLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#text = new XmlText(bytes);
  }

  read(): PlistValue {
    if (this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb && this.#bytes[2] === 0xbf) this.#pos = 3; // byte order mark
    this.#skip(true);
    if (this.#bytes[this.#pos] !== lt || this.#open() !== tags.plist) throw this.#malformed('the root is not <plist>');
    if (this.#empty) throw this.#malformed('<plist> is empty');
    const root = this.#content();
    this.#skip();
    this.#close(tags.plist);
    this.#skip();
    if (this.#pos < this.#bytes.length) throw this.#malformed('something follows </plist>');
    return root;
  }

  /** The one value in <plist>. `holders` and `keys` are the open containers outside `holder` and the keys they wait at. */
  #content(): PlistValue {
    const holders: (PlistDict | PlistValue[])[] = [];
    const keys: (string | undefined)[] = [];
    let holder: PlistDict | PlistValue[] | undefined;
    let key: string | undefined;
    for (;;) {
      this.#skip();
      if (this.#bytes[this.#pos] !== lt) throw this.#malformed('an element was expected');
      let value: PlistValue;
      if (this.#bytes[this.#pos + 1] === slash) {
        if (holder === undefined) throw this.#malformed('<plist> is empty');
        if (key !== undefined) throw this.#malformed('a key has no value');
        this.#close(Array.isArray(holder) ? arrayTag : dictTag);
        value = holder;
        holder = holders.pop();
        key = keys.pop();
      } else {
        const tag = this.#open();
        if (tag === keyTag) {
          if (holder === undefined || Array.isArray(holder) || key !== undefined)
            throw this.#malformed('a key stands where a value belongs');
          key = this.#string(keyTag);
          continue;
        }
        if (holder !== undefined && key === undefined && !Array.isArray(holder))
          throw this.#malformed('a value in <dict> has no key');
        if (++this.#nodes > this.#limits.maxNodes)
          throw protocolError('PLIST_LIMIT', `the property list has more than ${this.#limits.maxNodes} values`);
        if (tag === dictTag || tag === arrayTag) {
          const depth = holders.length + (holder === undefined ? 1 : 2);
          if (depth > this.#limits.maxDepth)
            throw protocolError('PLIST_LIMIT', `the property list is nested deeper than ${this.#limits.maxDepth}`);
          const made: PlistDict | PlistValue[] = tag === arrayTag ? [] : Object.create(null);
          if (!this.#empty) {
            if (holder !== undefined) {
              holders.push(holder);
              keys.push(key);
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

  #scalar(tag: number): PlistValue {
    if (tag === stringTag) return this.#string(stringTag);
    const at = this.#pos;
    switch (tag) {
      case tags.true:
      case tags.false:
        if (!this.#empty) {
          this.#skip();
          this.#close(tag);
        }
        return tag === tags.true;
      case integerTag:
        return readInteger(this.#string(tag)) ?? this.#refuse('an <integer> of 64 bits', at);
      case tags.real: {
        const number = readReal(this.#string(tag));
        return number === undefined ? this.#refuse('a <real>', at) : new PlistReal(number);
      }
      case tags.date:
        return readDate(this.#string(tag)) ?? this.#refuse('a <date> of the form 2026-01-31T12:00:00Z', at);
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

  #data(): Buffer {
    if (this.#empty) return Buffer.alloc(0);
    const at = this.#pos;
    const end = this.#bytes.indexOf(lt, at);
    if (end !== -1 && this.#bytes[end + 1] === slash) {
      const plain = readBase64(this.#bytes, at, end);
      if (plain !== undefined) {
        this.#pos = end;
        this.#close(tags.data);
        return plain;
      }
    }
    // Go's encoder writes line ends as &#xA;: take the entities, comments and CDATA away and look again.
    const text = Buffer.from(this.#string(tags.data));
    return readBase64(text, 0, text.length) ?? this.#refuse('base64 in <data>', at);
  }

  /** Reads `<name ...>`, standing at its `<`; answers the tag and notes in `empty` whether it closed itself. */
  #open(): number {
    const tag = this.#name(this.#pos + 1);
    let byte = this.#bytes[this.#pos];
    if (byte !== gt && byte !== slash) byte = this.#attributes();
    this.#empty = byte === slash;
    if (this.#empty) this.#pos++;
    if (this.#bytes[this.#pos] !== gt) throw this.#malformed('a tag does not end');
    this.#pos++;
    return tag;
  }

  #close(tag: number): void {
    const bytes = this.#bytes;
    if (bytes[this.#pos] !== lt || bytes[this.#pos + 1] !== slash || this.#name(this.#pos + 2) !== tag)
      throw this.#malformed('the close tag does not match');
    while (isSpace(bytes[this.#pos])) this.#pos++;
    if (bytes[this.#pos] !== gt) throw this.#malformed('a close tag does not end');
    this.#pos++;
  }

  /** The tag whose name begins at `from`; unknown names are -1. Leaves `pos` behind the name. */
  #name(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let tag = 0;
    for (; ; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x61 || byte > 0x7a) break;
      tag = tag * 32 + byte - 0x60;
      if (at - from > 6) throw this.#malformed('an element that property lists do not have');
    }
    this.#pos = at;
    return at === from ? -1 : tag;
  }

  /** Skips attributes, which carry nothing; answers the `>` or `/` it stands at. */
  #attributes(): number | undefined {
    if (!isSpace(this.#bytes[this.#pos])) throw this.#malformed('an element that property lists do not have');
    for (; ; this.#pos++) {
      const byte = this.#bytes[this.#pos];
      if (byte === gt || byte === slash) return byte;
      if (byte === undefined || byte === lt) throw this.#malformed('a tag does not end');
      if (byte === 0x22 || byte === 0x27) this.#pos = skipPast(this.#bytes, this.#pos + 1, byte) - 1;
    }
  }

  /** Skips white space, comments and processing instructions, and before the root a DOCTYPE. */
  #skip(prolog = false): void {
    const bytes = this.#bytes;
    for (;;) {
      while (isSpace(bytes[this.#pos])) this.#pos++;
      if (bytes[this.#pos] !== lt) return;
      const next = bytes[this.#pos + 1];
      if (next === question) {
        const end = skipPast(bytes, this.#pos + 2, '?>');
        if (prolog) this.#checkEncoding(end);
        this.#pos = end;
      } else if (next === bang) {
        if (bytes[this.#pos + 2] === 0x2d && bytes[this.#pos + 3] === 0x2d)
          this.#pos = skipPast(bytes, this.#pos + 4, '-->');
        else if (prolog) this.#pos = skipDoctype(bytes, this.#pos);
        else throw this.#malformed('a declaration or CDATA stands where an element belongs');
      } else return;
    }
  }

  #checkEncoding(end: number): void {
    const declaration = this.#bytes.toString('latin1', this.#pos, Math.min(end, this.#pos + 256));
    const [, encoding] = /^<\?xml\s.*?encoding\s*=\s*["']([\w.-]+)["']/is.exec(declaration) ?? [];
    if (encoding !== undefined && !/^(utf-?8|us-ascii|ascii)$/i.test(encoding))
      throw this.#malformed(`the encoding ${encoding} is not read, only UTF-8`);
  }

  #refuse(expected: string, at: number): never {
    throw protocolError('PLIST_MALFORMED', `not ${expected} at byte ${at}`, { details: { at } });
  }

  #malformed(what: string): Error {
    return protocolError('PLIST_MALFORMED', `${what} at byte ${this.#pos}`, { details: { at: this.#pos } });
  }
}
