// Large objects (OMA-TS-DM_Protocol 1.2 §7, specs/windows.md §1.10): an Item's Data in chunks over several messages. Pure functions:
// who sends and answers them is the session's to decide. Windows itself says LrgObj false.
import type { AlertCommand, Item, Meta, TreeVerb } from './message.js';

/**
 * The Items that carry one, each with Data that takes `room` bytes of XML at most, the first `firstRoom`: it stands in a message that
 * may have something in it already. The first says the Size and has the Meta, all but the last have MoreData. One that fits is
 * itself. Size counts the bytes of Data in UTF-8, of base64 those of the base64 (OMA leaves it open; ours).
 * A character is never cut, so that a chunk may be longer than a room of less than six bytes.
 *
 * @example
 * splitItem({ target: './A', data: 'abcdef' }, 4).map(({ data }) => data); // ['abcd', 'ef']
 */
export function splitItem(item: Item, firstRoom: number, room = firstRoom): readonly Item[] {
  const { data = '', meta, moreData: _, ...place } = item;
  const parts = partsOf(data, firstRoom, room);
  if (parts.length <= 1) return [item];
  return parts.map((part, at) => ({
    ...place,
    ...(at === 0 && { meta: { ...meta, size: sizeOf(data) } }),
    data: part,
    ...(at < parts.length - 1 && { moreData: true as const }),
  }));
}

const sizeOf = (data: string): number => Buffer.byteLength(data, 'utf8');

function partsOf(data: string, firstRoom: number, room: number): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  let left = firstRoom;
  for (let at = 0; at < data.length; ) {
    const character = data.codePointAt(at) ?? 0;
    const cost = bytesInXml(character);
    if (cost > left && at > from) {
      parts.push(data.slice(from, at));
      from = at;
      left = room;
    }
    left -= cost;
    at += character > 0xffff ? 2 : 1;
  }
  if (from < data.length) parts.push(data.slice(from));
  return parts;
}

/** Bytes of a character as encodeSyncMl writes it. */
function bytesInXml(character: number): number {
  if (character === 0x26 || character === 0x0d) return 5; // &amp; &#13;
  if (character === 0x3c || character === 0x3e) return 4; // &lt; &gt;
  if (character > 0xffff) return 4;
  if (character >= 0x800 || (character < 0x20 && character !== 0x09 && character !== 0x0a)) return 3; // U+FFFD too
  return character < 0x80 ? 1 : 2;
}

/** An object of which some chunks have come. Nothing of it is carried out before it is whole. */
export interface OpenObject {
  readonly verb: TreeVerb | 'Results';
  readonly target?: string;
  readonly source?: string;
  /** Of the first chunk. */
  readonly meta: Meta;
  /** Bytes that the whole is said to have, and that have come. */
  readonly size: number;
  readonly bytes: number;
  readonly parts: readonly string[];
}

/** What a recipient bears. */
interface ObjectLimits {
  /** Bytes of one object: its MaxObjSize. */
  readonly maxBytes: number;
  /** Chunks of one object. */
  readonly maxChunks: number;
}

/** Ours: a profile with a PFX and its certificates has far less. */
const objectLimits: ObjectLimits = { maxBytes: 4 * 1024 * 1024, maxChunks: 10_000 };

/** What becomes of an Item that arrived. */
type Receipt = {
  /** The object that was open and whose end did not come: to be told by `noEndOfData`, and dropped. */
  readonly interrupted?: OpenObject;
} & (
  | { /** To be carried out: never part of something, or now whole. */ readonly kind: 'whole'; readonly item: Item }
  | {
      /** To be answered 213 and, at the end of the message, Alert 1222. */ readonly kind: 'chunk';
      readonly open: OpenObject;
    }
  | {
      /** 411 no Size, 413 too many chunks, 416 too large, 424 not as large as was said: dropped. */
      readonly kind: 'refused';
      readonly status: 411 | 413 | 416 | 424;
    }
);

/**
 * Takes an Item; `open` is the object that the Items before it left unfinished. A chunk goes on with it where verb, Target and
 * Source are the same and no other Size is said; anything else begins anew.
 *
 * @example
 * const first = receiveItem(undefined, 'Add', { target: './A', meta: { size: 6 }, data: 'abcd', moreData: true });
 * // { kind: 'chunk', open }; then of the rest: { kind: 'whole', item: { target: './A', meta: {}, data: 'abcdef' } }
 */
export function receiveItem(
  open: OpenObject | undefined,
  verb: OpenObject['verb'],
  item: Item,
  limits: ObjectLimits = objectLimits,
): Receipt {
  if (open !== undefined && continues(open, verb, item)) return grown(open, item, limits);
  const interrupted = open === undefined ? {} : { interrupted: open };
  if (item.moreData !== true) return { kind: 'whole', item, ...interrupted };
  const { target, source, meta = {} } = item;
  if (meta.size === undefined) return { kind: 'refused', status: 411, ...interrupted };
  if (meta.size > limits.maxBytes) return { kind: 'refused', status: 416, ...interrupted };
  const place = { ...(target !== undefined && { target }), ...(source !== undefined && { source }) };
  return { ...grown({ verb, ...place, meta, size: meta.size, bytes: 0, parts: [] }, item, limits), ...interrupted };
}

const continues = (open: OpenObject, verb: OpenObject['verb'], { target, source, meta }: Item): boolean =>
  open.verb === verb &&
  open.target === target &&
  open.source === source &&
  (meta?.size === undefined || meta.size === open.size);

function grown(open: OpenObject, { data = '', moreData }: Item, { maxChunks }: ObjectLimits): Receipt {
  const bytes = open.bytes + sizeOf(data);
  const parts = [...open.parts, data];
  if (bytes > open.size) return { kind: 'refused', status: 424 };
  if (moreData === true) {
    return parts.length < maxChunks
      ? { kind: 'chunk', open: { ...open, bytes, parts } }
      : { kind: 'refused', status: 413 };
  }
  if (bytes !== open.size) return { kind: 'refused', status: 424 };
  const { size: _, ...meta } = open.meta;
  const { target, source } = open;
  const place = { ...(target !== undefined && { target }), ...(source !== undefined && { source }) };
  return { kind: 'whole', item: { ...place, meta, data: parts.join('') } };
}

/** Alert 1225, without its CmdID: the end of this object did not come; the sender begins again. */
export const noEndOfData = ({ target, source }: OpenObject): AlertCommand => ({
  verb: 'Alert',
  data: '1225',
  items: [{ ...(target !== undefined && { target }), ...(source !== undefined && { source }) }],
});
