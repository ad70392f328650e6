// Reading DER (X.690), and as much BER as CMS senders use: indefinite lengths and constructed octet strings.
// Nothing is parsed before it is asked for; each step checks lengths against the bytes that are really there.
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { type protocolCatalogue, protocolError } from '../errors.js';

/** Identifier octets (class, constructed bit and number in one byte) of what this project reads and writes. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  bmpString: 0x1e,
  constructedOctetString: 0x24,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context tag: [0] to [30], constructed (EXPLICIT, or IMPLICIT of a SET or SEQUENCE) or primitive. */
export const context = (number: number): number => 0xa0 | number;
export const contextPrimitive = (number: number): number => 0x80 | number;

/** One element: its whole encoding, and what it holds. Both are views of the bytes that were given, not copies. */
export interface DerNode {
  readonly tag: number;
  readonly bytes: Buffer;
  readonly content: Buffer;
  readonly depth: number;
}

const maxDepth = 32;
const maxChildren = 4096;

const malformed = (message: string): RollcallError => protocolError('DER_MALFORMED', message);
const hex = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

/** A view as Buffer, without a copy. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the content of the element at `offset` lies; `end` is after the element, end-of-contents octets included. */
interface Extent {
  readonly tag: number;
  readonly start: number;
  readonly stop: number;
  readonly end: number;
}

function extent(bytes: Buffer, offset: number, depth: number): Extent {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw malformed('the bytes end inside a tag or length');
  if ((tag & 0x1f) === 0x1f) throw malformed(`tag ${hex(tag)}: tag numbers above 30 are not used here`);
  let start = offset + 2;
  let length = first;
  if (first === 0x80) {
    if ((tag & 0x20) === 0) throw malformed(`tag ${hex(tag)} is primitive and has no length`);
    const stop = endOfContents(bytes, start, depth + 1);
    return { tag, start, stop, end: stop + 2 };
  }
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4 || start + count > bytes.length) throw malformed(`tag ${hex(tag)}: a length of ${count} octets`);
    length = bytes.readUIntBE(start, count);
    start += count;
  }
  const stop = start + length;
  if (stop > bytes.length) throw malformed(`tag ${hex(tag)} claims ${length} bytes, ${bytes.length - start} are there`);
  return { tag, start, stop, end: stop };
}

/** Where the 00 00 stands that ends a content of indefinite length (X.690 §8.1.3.6). */
function endOfContents(bytes: Buffer, from: number, depth: number): number {
  if (depth > maxDepth) throw malformed(`nested deeper than ${maxDepth}`);
  let at = from;
  while (!(bytes[at] === 0 && bytes[at + 1] === 0)) at = extent(bytes, at, depth).end;
  return at;
}

/** The element that begins at `offset`. */
export function nodeAt(bytes: Buffer, offset: number, depth: number): DerNode {
  if (depth > maxDepth) throw malformed(`nested deeper than ${maxDepth}`);
  const { tag, start, stop, end } = extent(bytes, offset, depth);
  const whole = offset === 0 && end === bytes.length ? bytes : bytes.subarray(offset, end);
  return { tag, bytes: whole, content: bytes.subarray(start, stop), depth };
}

/** The one element that these bytes are; bytes after it are refused. Throws DER_MALFORMED. */
export function readDer(bytes: Uint8Array): DerNode {
  const node = nodeAt(asBuffer(bytes), 0, 0);
  if (node.bytes.length !== bytes.length) throw malformed(`${bytes.length - node.bytes.length} bytes after the end`);
  return node;
}

/** The elements inside a constructed one. */
export function children(node: DerNode): DerNode[] {
  if ((node.tag & 0x20) === 0) throw malformed(`tag ${hex(node.tag)} is primitive, elements were expected in it`);
  const nodes: DerNode[] = [];
  for (let at = 0; at < node.content.length; ) {
    if (nodes.length === maxChildren) throw malformed(`more than ${maxChildren} elements in one`);
    const child = nodeAt(node.content, at, node.depth + 1);
    nodes.push(child);
    at += child.bytes.length;
  }
  return nodes;
}

/** Takes the elements of a SEQUENCE one after the other, as its ASN.1 lists them. */
export class DerFields {
  readonly #nodes: DerNode[];
  readonly #what: string;
  #at = 0;

  constructor(node: DerNode, what: string, tag: number = tags.sequence) {
    if (node.tag !== tag) throw malformed(`${what}: tag ${hex(node.tag)} where ${hex(tag)} is due`);
    this.#nodes = children(node);
    this.#what = what;
  }

  /** The next element, which must have this tag (any, if none is given). */
  take(tag?: number): DerNode {
    const node = this.#nodes[this.#at];
    if (node === undefined) throw malformed(`${this.#what} ends early`);
    if (tag !== undefined && node.tag !== tag)
      throw malformed(`${this.#what}: tag ${hex(node.tag)} where ${hex(tag)} is due`);
    this.#at++;
    return node;
  }

  /** The next element if it has this tag. */
  maybe(tag: number): DerNode | undefined {
    const node = this.#nodes[this.#at];
    if (node?.tag !== tag) return undefined;
    this.#at++;
    return node;
  }

  rest(): DerNode[] {
    const nodes = this.#nodes.slice(this.#at);
    this.#at = this.#nodes.length;
    return nodes;
  }
}

export const fields = (node: DerNode, what: string, tag?: number): DerFields => new DerFields(node, what, tag);

/** The one element inside an EXPLICIT tag. */
export function inner(node: DerNode): DerNode {
  const [only, second] = children(node);
  if (only === undefined || second !== undefined) throw malformed(`tag ${hex(node.tag)} must hold one element`);
  return only;
}

/** Runs a reader of a larger structure; what it finds malformed as DER is reported as malformed of that structure. */
export function within<T>(code: keyof typeof protocolCatalogue, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (code === 'DER_MALFORMED' || !isRollcallError(cause, 'DER_MALFORMED')) throw cause;
    throw protocolError(code, `${what}: ${cause.message}`, { cause });
  }
}
