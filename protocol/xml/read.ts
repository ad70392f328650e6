// Reading XML from strangers: saxes parses, what is built here is bounded (specs/windows.md section 0, "Parsers, measured").
import { isUtf8 } from 'node:buffer';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import type { XmlAttribute, XmlElement } from './element.js';
import { type Shortened, withoutLongRuns } from './long-runs.js';

export interface XmlReading {
  /** Of the whole document, and so of all its text, which no entity makes longer; default 4 MiB. */
  readonly maxBytes?: number;
  /** Of elements in elements, the root counted; default 64. */
  readonly maxDepth?: number;
  /** Of the whole document; default 100,000. */
  readonly maxElements?: number;
  /** Of the whole document, declarations of namespaces counted; default 100,000. One element has 256 at most. */
  readonly maxAttributes?: number;
  /**
   * As Windows reads: one byte order mark, prefixes that nothing binds (the prefix stands for the namespace then), and a
   * declaration of UTF-16 over bytes that are UTF-8. A stub reads strictly.
   */
  readonly isLiberal?: boolean;
}

const mostAttributesOfOne = 256;
/** Each costs an error object of saxes. */
const mostUnbound = 2_000;
const noAttributes: readonly XmlAttribute[] = [];
const xmlns = 'http://www.w3.org/2000/xmlns/';

/**
 * The root element of a document in UTF-8. Comments and processing instructions are passed over; a DOCTYPE is refused
 * wherever it stands, so there are no entities but the five of XML and references to characters.
 *
 * @throws XML_MALFORMED with line and column where XML 1.0 with namespaces does not allow what stands there; XML_LIMIT for
 * what is too large, too deep or has too many parts.
 */
export function readXml(bytes: Uint8Array, reading: XmlReading = {}): XmlElement {
  const { maxBytes = 4 * 1024 * 1024, isLiberal = false } = reading;
  if (bytes.length > maxBytes) throw protocolError('XML_LIMIT', `${bytes.length} bytes, ${maxBytes} are allowed`);
  const text = textOfBytes(bytes, isLiberal);
  const asItIs: Shortened = { text, whole: (reported) => reported };
  try {
    return parsed(withoutLongRuns(text) ?? asItIs, bytes, reading, false);
  } catch (error) {
    if (!isRollcallError(error, 'XML_MALFORMED')) throw error;
    return parsed(asItIs, bytes, reading, true); // once more, for the line and column
  }
}

/** `position`: errors say line and column, which costs to keep. */
function parsed({ text, whole }: Shortened, bytes: Uint8Array, reading: XmlReading, position: boolean): XmlElement {
  const { isLiberal = false } = reading;
  const builder = new Builder(reading, whole);
  const parser = new SaxesParser({ xmlns: true, position, defaultXMLVersion: '1.0', forceXMLVersion: true });
  let unbound = 0;
  parser.on('error', (error) => {
    if (!(isLiberal && /^(?:\d+:\d+: )?unbound namespace prefix: /.test(error.message))) throw malformed(error.message);
    if (++unbound > mostUnbound) throw tooMany(`more than ${mostUnbound} prefixes that nothing binds`);
  });
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw malformed('this is not XML 1.0');
    if (encoding !== undefined) checkEncoding(encoding, bytes, isLiberal);
  });
  parser.on('doctype', () => {
    throw malformed('a DOCTYPE, which is not read');
  });
  parser.on('attribute', () => builder.countAttribute());
  parser.on('opentagstart', () => builder.start());
  parser.on('opentag', (tag) => builder.open(tag));
  parser.on('closetag', () => builder.close());
  parser.on('text', (part) => builder.text(part));
  parser.on('cdata', (part) => builder.text(part));
  parser.write(text).close();
  return builder.root();
}

const malformed = (message: string) => protocolError('XML_MALFORMED', shortened(message));
/** Names of the document stand in messages of saxes. */
const shortened = (message: string): string => (message.length > 200 ? `${message.slice(0, 200)}...` : message);

function textOfBytes(bytes: Uint8Array, isLiberal: boolean): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 0) throw malformed('there is nothing');
  if (!isUtf8(buffer)) throw malformed('this is not UTF-8');
  const text = buffer.toString('utf8');
  if (!text.startsWith('\ufeff')) return text;
  if (!isLiberal) throw malformed('a byte order mark');
  if (text.startsWith('\ufeff', 1)) throw malformed('two byte order marks');
  return text.slice(1);
}

function checkEncoding(encoding: string, bytes: Uint8Array, isLiberal: boolean): void {
  if (/^(?:utf-8|us-ascii)$/i.test(encoding)) return;
  if (isLiberal && (/^utf-16$/i.test(encoding) || bytes.every((byte) => byte < 0x80))) return;
  throw malformed(`the encoding is said to be ${encoding}`);
}

interface OpenElement extends XmlElement {
  readonly children: (XmlElement | string)[];
}

/** Builds the tree and counts its parts, each before it is kept. */
class Builder {
  readonly #maxDepth: number;
  readonly #maxElements: number;
  readonly #maxAttributes: number;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | undefined;
  #text = '';
  #elements = 0;
  #attributes = 0;
  #attributesOfOne = 0;

  readonly #whole: (reported: string) => string;

  constructor(
    { maxDepth = 64, maxElements = 100_000, maxAttributes = 100_000 }: XmlReading,
    whole: (reported: string) => string,
  ) {
    this.#whole = whole;
    this.#maxDepth = maxDepth;
    this.#maxElements = maxElements;
    this.#maxAttributes = maxAttributes;
  }

  start(): void {
    this.#attributesOfOne = 0;
    if (++this.#elements > this.#maxElements) throw tooMany(`more than ${this.#maxElements} elements`);
    if (this.#open.length >= this.#maxDepth) throw tooMany(`elements nested deeper than ${this.#maxDepth}`);
  }

  countAttribute(): void {
    if (++this.#attributesOfOne > mostAttributesOfOne) {
      throw tooMany(`more than ${mostAttributesOfOne} attributes of one element`);
    }
    if (++this.#attributes > this.#maxAttributes) throw tooMany(`more than ${this.#maxAttributes} attributes`);
  }

  open(tag: SaxesTagNS): void {
    this.#endText();
    const attributes = Object.values(tag.attributes).filter(({ uri }) => uri !== xmlns);
    const element: OpenElement = {
      name: tag.local,
      namespace: this.#whole(tag.uri),
      attributes:
        attributes.length === 0
          ? noAttributes
          : attributes.map(({ local, uri, value }) => ({
              name: local,
              namespace: this.#whole(uri),
              value: this.#whole(value),
            })),
      children: [],
    };
    this.#open.at(-1)?.children.push(element);
    this.#open.push(element);
  }

  close(): void {
    this.#endText();
    this.#root = this.#open.pop();
  }

  text(text: string): void {
    if (this.#open.length > 0) this.#text += this.#whole(text);
  }

  root(): XmlElement {
    if (this.#root === undefined) throw malformed('there is no element');
    return this.#root;
  }

  #endText(): void {
    if (this.#text === '') return;
    this.#open.at(-1)?.children.push(this.#text);
    this.#text = '';
  }
}

const tooMany = (message: string) => protocolError('XML_LIMIT', message);
