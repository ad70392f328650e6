// SyncML 1.2 as WBXML 1.2 (specs/windows.md §1.10 "WBXML"): `application/vnd.syncml.dm+wbxml`. The same messages as in XML.
import type { XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read.js';
import type { SyncMlMessage } from './message.js';
import { messageOf, type SyncMlReading } from './read.js';
import { isBinary, malformed, readWbxml } from './wbxml-read.js';
import { charsets, globals, hasContent, publicIds, tagToken } from './wbxml-tokens.js';
import { encodeSyncMl, metInfNamespace } from './write.js';

/**
 * Writes a message, without string table. By way of its XML, so that both forms have the same order. Data of Add and Replace is
 * OPAQUE, as libwbxml writes it; where the Format is `bin`, which is base64 in a SyncMlMessage, the bytes themselves.
 * The attribute `msft:originalerror` is left out: SyncML has no code page of attributes.
 */
export function encodeWbxml(message: SyncMlMessage): Buffer {
  const most = Number.POSITIVE_INFINITY;
  const root = readXml(encodeSyncMl(message), {
    maxBytes: most,
    maxElements: most,
    maxAttributes: most,
    maxDepth: most,
  });
  const writer = new WbxmlWriter();
  writer.element(root, []);
  return writer.bytes();
}

class WbxmlWriter {
  // Version 1.2, public identifier 0x1201, UTF-8, no string table.
  readonly #parts: Buffer[] = [Buffer.from([0x02, ...multiByte(publicIds.syncMl12), charsets.utf8, 0])];
  #page = 0;

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  element(element: XmlElement, above: readonly XmlElement[]): void {
    const page = element.namespace === metInfNamespace ? 1 : 0;
    const token = tagToken(page, element.name);
    if (token === undefined) throw malformed(`there is no token of <${element.name.slice(0, 40)}>`);
    if (page !== this.#page) this.#octets(globals.switchPage, page);
    this.#page = page;
    const isEmpty = element.children.length === 0;
    this.#octets(isEmpty ? token : token | hasContent);
    if (isEmpty) return;
    for (const child of element.children) {
      if (typeof child === 'string') this.#text(child, element, above);
      else this.element(child, [...above, element]);
    }
    this.#octets(globals.end);
  }

  #text(text: string, { name }: XmlElement, above: readonly XmlElement[]): void {
    const item = above.at(-1);
    const command = above.at(-2)?.name;
    const isData = name === 'Data' && item?.name === 'Item';
    const bytes = isData && isBinary(item) ? Buffer.from(text, 'base64') : undefined;
    if (bytes?.toString('base64') === text) this.#opaque(bytes);
    else if (isData && (command === 'Add' || command === 'Replace')) this.#opaque(Buffer.from(text, 'utf8'));
    else this.#string(text);
  }

  #string(text: string): void {
    this.#octets(globals.inlineString);
    this.#parts.push(Buffer.from(text, 'utf8'));
    this.#octets(0);
  }

  #opaque(bytes: Buffer): void {
    this.#octets(globals.opaque, ...multiByte(bytes.length));
    this.#parts.push(bytes);
  }

  #octets(...octets: number[]): void {
    this.#parts.push(Buffer.from(octets));
  }
}

/** mb_u_int32: seven bits an octet, the most significant first. */
function multiByte(value: number): number[] {
  const octets = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) octets.unshift((rest & 0x7f) | 0x80);
  return octets;
}

/**
 * Reads a message. Of OPAQUE the text is kept where it is UTF-8, else, and of an Item of Format `bin`, its base64.
 * Throws WBXML_MALFORMED for bytes that are none, SYNCML_MALFORMED for what is no message (see decodeSyncMl).
 */
export function decodeWbxml(bytes: Uint8Array, reading: SyncMlReading = {}): SyncMlMessage {
  return messageOf(readWbxml(bytes, reading), reading);
}
