// The values inside DER elements: object identifiers, numbers, strings, times, bit and octet strings.
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { contextPrimitive, type DerNode, nodeAt, tags } from './der.js';

const malformed = (message: string): RollcallError => protocolError('DER_MALFORMED', message);

function expectTag(node: DerNode, tag: number, what: string): void {
  if (node.tag !== tag) throw malformed(`tag 0x${node.tag.toString(16)} where ${what} is due`);
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function readOid(node: DerNode): string {
  expectTag(node, tags.oid, 'an object identifier');
  return oidText(node.content);
}

const oidTexts = new Map<string, string>();

/** Dotted text of an identifier's content octets. A text once read is kept, the first few hundred of them. */
function oidText(content: Buffer): string {
  if (content.length === 0 || content.length > 64) throw malformed(`an object identifier of ${content.length} octets`);
  const key = content.toString('latin1');
  const known = oidTexts.get(key);
  if (known !== undefined) return known;
  const arcs: string[] = [];
  let arc = 0n;
  let started = false;
  for (const octet of content) {
    if (!started && octet === 0x80) throw malformed('an object identifier with a padded arc');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    started = (octet & 0x80) !== 0;
    if (started) continue;
    if (arcs.length === 0) {
      const root = arc < 40n ? 0n : arc < 80n ? 1n : 2n; // X.690 §8.19.4
      arcs.push(root.toString());
      arc -= root * 40n;
    }
    arcs.push(arc.toString());
    arc = 0n;
  }
  if (started) throw malformed('an object identifier ends inside an arc');
  const text = arcs.join('.');
  if (oidTexts.size < 512) oidTexts.set(key, text);
  return text;
}

/** Content octets of an INTEGER, two's complement, big endian. */
export function readInteger(node: DerNode): Buffer {
  expectTag(node, tags.integer, 'an integer');
  if (node.content.length === 0 || node.content.length > 4096) throw malformed('an integer of impossible length');
  return node.content;
}

/** A non-negative INTEGER below 2^31. */
export function readSmallInteger(node: DerNode): number {
  const octets = readInteger(node);
  if (octets.length > 4 || (octets[0] ?? 0) > 0x7f) throw malformed('an integer that is negative or too large');
  return octets.readUIntBE(0, octets.length);
}

export function readBoolean(node: DerNode): boolean {
  expectTag(node, tags.boolean, 'a boolean');
  if (node.content.length !== 1) throw malformed('a boolean of more or less than one octet');
  return node.content[0] !== 0;
}

/** The octets of an OCTET STRING (or of [n] IMPLICIT OCTET STRING when `implicit` is given), joined when sent in pieces. */
export function readOctets(node: DerNode, implicit?: number): Buffer {
  const primitive = implicit === undefined ? tags.octetString : contextPrimitive(implicit);
  if (node.tag === primitive) return node.content;
  expectTag(node, primitive | 0x20, 'an octet string');
  const joined = Buffer.allocUnsafe(node.content.length); // the pieces are shorter than what holds them
  return joined.subarray(0, joinPieces(node, joined, 0));
}

const maxPieces = 65_536; // senders cut at a thousand bytes or more: 10 MiB is some ten thousand pieces

function joinPieces(node: DerNode, into: Buffer, from: number): number {
  let end = from;
  let pieces = 0;
  for (let at = 0; at < node.content.length; ) {
    if (++pieces > maxPieces) throw malformed(`an octet string in more than ${maxPieces} pieces`);
    const piece = nodeAt(node.content, at, node.depth + 1);
    if (piece.tag === tags.constructedOctetString) end = joinPieces(piece, into, end);
    else {
      expectTag(piece, tags.octetString, 'a piece of an octet string');
      end += piece.content.copy(into, end);
    }
    at += piece.bytes.length;
  }
  return end;
}

/** The octets of a BIT STRING that holds whole octets: keys, signatures. */
export function readBitOctets(node: DerNode): Buffer {
  expectTag(node, tags.bitString, 'a bit string');
  if (node.content[0] !== 0) throw malformed('a bit string that is not whole octets');
  return node.content.subarray(1);
}

/** The named bits that are set, by number (bit 0 is the first). */
export function readNamedBits(node: DerNode): number[] {
  expectTag(node, tags.bitString, 'a bit string');
  const [unused, ...octets] = node.content.subarray(0, 5);
  if (unused === undefined || unused > 7) throw malformed('a bit string without its count of unused bits');
  const bits: number[] = [];
  octets.forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.push(index * 8 + bit);
  });
  return bits;
}

/** Text of any of the string types that names and SCEP attributes use. */
export function readText(node: DerNode): string {
  switch (node.tag) {
    case tags.utf8String:
      return node.content.toString('utf8');
    case tags.printableString:
    case tags.ia5String:
    case tags.visibleString:
    case tags.t61String:
    case 0x12: // NumericString
      return node.content.toString('latin1');
    case tags.bmpString: {
      if (node.content.length % 2 !== 0) throw malformed('a BMPString of an odd number of octets');
      return Buffer.from(node.content).swap16().toString('utf16le');
    }
    default:
      throw malformed(`tag 0x${node.tag.toString(16)} where text is due`);
  }
}

/** A UTCTime or GeneralizedTime, in the forms that X.509 and CMS allow (RFC 5280 §4.1.2.5). */
export function readTime(node: DerNode): Date {
  const text = node.content.length <= 24 ? node.content.toString('latin1') : '';
  const short = node.tag === tags.utcTime;
  if (!short) expectTag(node, tags.generalizedTime, 'a time');
  const match = (short ? utcTime : generalizedTime).exec(text);
  if (match === null) throw malformed(`"${text}" is not a time`);
  const [, year = '', month, day, hour, minute, second = '00'] = match;
  const full = short ? `${Number(year) < 50 ? '20' : '19'}${year}` : year;
  const time = new Date(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime()) || time.getUTCDate() !== Number(day)) throw malformed(`there is no time "${text}"`);
  return time;
}

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/;
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?Z$/;
