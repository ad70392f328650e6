// Reading WBXML 1.2 of SyncML (WAP-192 §5, §8): bytes to elements, bounded.
import { isUtf8 } from 'node:buffer';
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { elementOf, textIn, type XmlAttribute, type XmlElement } from '../xml/element.js';
import type { SyncMlReading } from './read.js';
import { charsets, globals, hasAttributes, hasContent, pages, publicIds, tagMask, tagName } from './wbxml-tokens.js';
import { metInfNamespace, syncMlNamespace } from './write.js';

const namespaces = [syncMlNamespace, metInfNamespace] as const;
/** Elements in elements, elements, and characters of text out of tables: what few bytes may stand for (ours). */
const limits = { maxDepth: 64, maxElements: 200_000, maxCharacters: 16 * 1024 * 1024, maxBytes: 4 * 1024 * 1024 };

export const malformed = (why: string): RollcallError => protocolError('WBXML_MALFORMED', `WBXML: ${why}`);

/** The elements that WBXML of SyncML stands for. Throws WBXML_MALFORMED. */
export function readWbxml(
  bytes: Uint8Array,
  { maxBytes = limits.maxBytes, isLiberal = false }: SyncMlReading = {},
): XmlElement {
  if (bytes.length > maxBytes) throw malformed(`${bytes.length} bytes, ${maxBytes} are allowed`);
  return new WbxmlReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), isLiberal).document();
}

/** An element whose content is being read. */
interface OpenElement extends XmlElement {
  readonly children: (XmlElement | string)[];
}

class WbxmlReader {
  readonly #bytes: Buffer;
  readonly #isLiberal: boolean;
  #at = 0;
  #table: Buffer = Buffer.alloc(0);
  #page = 0;
  #elementsLeft = limits.maxElements;
  #charactersLeft = limits.maxCharacters;

  constructor(bytes: Buffer, isLiberal: boolean) {
    this.#bytes = bytes;
    this.#isLiberal = isLiberal;
  }

  document(): XmlElement {
    this.#head();
    const root = this.#root();
    if (this.#at < this.#bytes.length) throw malformed(`${this.#bytes.length - this.#at} bytes behind the root`);
    return root;
  }

  /** Version, public identifier, charset, string table. */
  #head(): void {
    const version = this.#octet();
    if (version < 1 || version > 3) throw malformed(`version octet ${version}, 1 to 3 are read`);
    const publicId = this.#number();
    const tableIndex = publicId === 0 ? this.#number() : undefined;
    const charset = this.#number();
    if (charset !== charsets.utf8 && charset !== charsets.ascii && charset !== 0)
      throw malformed(`charset ${charset} is not UTF-8`);
    this.#table = this.#take(this.#number());
    const name = tableIndex === undefined ? publicId : this.#tableString(tableIndex);
    const isKnown =
      name === publicIds.syncMl12 ||
      name === '-//SYNCML//DTD SyncML 1.2//EN' ||
      (this.#isLiberal && (name === publicIds.syncMl11 || name === publicIds.syncMl10 || name === 1));
    if (!isKnown) throw malformed(`public identifier ${JSON.stringify(name).slice(0, 60)} is not SyncML 1.2's`);
  }

  #root(): XmlElement {
    const open: OpenElement[] = [];
    let token = this.#tagToken();
    for (;;) {
      const element = this.#element(token);
      open.at(-1)?.children.push(element);
      if ((token & hasContent) !== 0) open.push(element);
      if (open.length > limits.maxDepth) throw malformed(`elements nested deeper than ${limits.maxDepth}`);
      const next = this.#content(open, element);
      if (typeof next !== 'number') return next;
      token = next;
    }
  }

  /** Reads strings and ends; the token of the next tag, or the root where that has ended. */
  #content(open: OpenElement[], last: OpenElement): number | XmlElement {
    let ended: XmlElement = last;
    for (let within = open.at(-1); within !== undefined; within = open.at(-1)) {
      const token = this.#tagToken();
      if (token === globals.end) {
        open.pop();
        ended = within;
      } else if (isText(token)) {
        this.#append(within, this.#text(token, within, open.at(-2)));
      } else return token;
    }
    return ended;
  }

  #append({ children }: OpenElement, text: string): void {
    if (text === '') return;
    const last = children.length - 1;
    const before = children[last];
    if (typeof before === 'string') children[last] = before + text;
    else children.push(text);
  }

  /** The next token; pages are switched on the way. */
  #tagToken(): number {
    let token = this.#octet();
    while (token === globals.switchPage) {
      this.#page = this.#octet();
      if (this.#page >= pages) throw malformed(`code page ${this.#page}`);
      token = this.#octet();
    }
    return token;
  }

  #element(token: number): OpenElement {
    if (--this.#elementsLeft < 0) throw malformed(`more than ${limits.maxElements} elements`);
    const tag = token & tagMask;
    const name = tag === globals.literal ? this.#tableString(this.#number()) : tagName(this.#page, tag);
    if (name === undefined || !/^[A-Za-z_][\w.-]{0,60}$/.test(name))
      throw malformed(`0x${token.toString(16)} at ${this.#at - 1} is no tag of code page ${this.#page}`);
    const namespace = namespaces[this.#page] ?? syncMlNamespace;
    return { name, namespace, attributes: (token & hasAttributes) === 0 ? [] : this.#attributes(), children: [] };
  }

  /** SyncML has no tokens of attributes: each is named by the string table, and has texts for a value. */
  #attributes(): readonly XmlAttribute[] {
    const attributes: XmlAttribute[] = [];
    let name: string | undefined;
    let value = '';
    for (let token = this.#octet(); ; token = this.#octet()) {
      const isEnd = token === globals.end;
      if (!isEnd && isText(token) && name !== undefined) {
        value += this.#text(token);
        continue;
      }
      if (name !== undefined) attributes.push({ name, namespace: '', value });
      if (isEnd) return attributes;
      if (token !== globals.literal || attributes.length >= 16)
        throw malformed(`0x${token.toString(16)} at ${this.#at - 1} is no attribute`);
      name = this.#tableString(this.#number()).replace(/^.*:/s, '');
      value = '';
    }
  }

  #text(token: number, within?: XmlElement, around?: XmlElement): string {
    if (token === globals.inlineString) return this.#inlineString();
    if (token === globals.tableString) return this.#tableString(this.#number());
    if (token === globals.entity) {
      const character = this.#number();
      if (character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) throw malformed(`entity ${character}`);
      return String.fromCodePoint(character);
    }
    const bytes = this.#take(this.#number());
    const isBytes = !isUtf8(bytes) || (within?.name === 'Data' && around?.name === 'Item' && isBinary(around));
    return bytes.toString(isBytes ? 'base64' : 'utf8');
  }

  #inlineString(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw malformed('a string does not end');
    const text = utf8(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  #tableString(index: number): string {
    if (index >= this.#table.length) throw malformed(`there is nothing at ${index} of the string table`);
    const end = this.#table.indexOf(0, index);
    const text = utf8(this.#table.subarray(index, end < 0 ? undefined : end));
    this.#charactersLeft -= text.length;
    if (this.#charactersLeft < 0)
      throw malformed(`more than ${limits.maxCharacters} characters out of the string table`);
    return text;
  }

  #number(): number {
    let value = 0;
    for (let octets = 0; octets < 5; octets++) {
      const octet = this.#octet();
      value = value * 128 + (octet & 0x7f);
      if (octet < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw malformed('a number has more than 32 bits');
  }

  #octet(): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) throw malformed('the bytes end too early');
    this.#at++;
    return octet;
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw malformed(`${length} bytes are said to follow, they do not`);
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

const isText = (token: number): boolean =>
  token === globals.inlineString ||
  token === globals.tableString ||
  token === globals.opaque ||
  token === globals.entity;

function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('a string is not UTF-8');
  return bytes.toString('utf8');
}

/** Whether Data of this Item is base64 in XML, and bytes in WBXML. */
export function isBinary(item: XmlElement): boolean {
  const meta = elementOf(item, 'Meta');
  return meta !== undefined && textIn(elementOf(meta, 'MetInf') ?? meta, 'Format')?.toLowerCase() === 'bin';
}
