import { deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { PlistReal } from '../../protocol/plist/value.js';
import { agentError } from '../errors.js';
import { isJudged, noteJudged } from '../model/judged.js';
import type { DeviceState } from '../model/state.js';
import { assertFits, readState, trust } from './stored-form.js';

// A device as bytes: mark, version, length of the JSON (4 bytes, big endian), the JSON, then all byte strings one after
// another. Outside the JSON they stay binary, which is a quarter shorter and deflates better than base64.

const mark = 0x52;
/** Of bytes that stay in this process: the link's data was made or checked by it. */
const judgedMark = 0x53;
const version = 1;
const headBytes = 6;
const maxBytes = 16 * 1024 * 1024;
/** A profile may be nested 128 deep, and lies some levels down in the state. */
const maxDepth = 256;

const corrupt = (reason: string, cause?: unknown) =>
  agentError('STATE_CORRUPT', `the stored device cannot be read: ${reason}`, cause === undefined ? {} : { cause });

/**
 * The device as bytes for a file. Takes plain values, byte strings, dates, bigints and property-list reals. Throws STATE_INVALID
 * where the state does not fit its description, STATE_CORRUPT where the link's own data is too deep.
 *
 * @example
 * writeFileSync('phone.device', packState(device.state), { mode: 0o600 });
 */
export function packState(state: DeviceState): Buffer {
  return write(state, mark);
}

function write(state: DeviceState, first: number): Buffer {
  assertFits(state);
  const blobs = new Blobs();
  const json = JSON.stringify(toTagged(state, blobs, 0));
  const jsonBytes = Buffer.byteLength(json);
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(first, 0);
  head.writeUInt8(version, 1);
  head.writeUInt32BE(jsonBytes, 2);
  return Buffer.concat([head, Buffer.from(json), ...blobs.parts]);
}

/**
 * Reads what packState wrote and checks it to the last field. Throws STATE_CORRUPT.
 *
 * @example
 * const device = createDevice({ platform: 'ios', ports, state: unpackState(readFileSync('phone.device')) });
 */
export function unpackState(packed: Uint8Array): DeviceState {
  const value = readPacked(packed);
  try {
    return readState(value);
  } catch (cause) {
    throw corrupt(cause instanceof Error ? cause.message : 'not a device', cause);
  }
}

/** Packs many devices that are alike, for a fleet's memory: what they have in common is said once. */
export interface Packer {
  /** What its devices have in common. `packerOf` makes a packer of it again that reads what this one packed. */
  readonly dictionary: Uint8Array;
  pack(state: DeviceState): Buffer;
  /** Reads what was packed by such a packer in another process, checked to the last field. Throws STATE_CORRUPT. */
  read(packed: Uint8Array): DeviceState;
  /** Reads what this same packer packed in this process; not checked again. */
  unpack(packed: Uint8Array): DeviceState;
}

/** How far back deflate looks, less what it may look ahead: what lies farther off in the dictionary would never be found. */
const windowBytes = 31 * 1024;

/**
 * Packs devices that are much alike into few bytes.
 *
 * @example
 * const packer = createPacker([device.state]);
 * const bytes = packer.pack(device.state);
 *
 * `sample`: one or a few devices such as those to come, enrolled and with profiles; the last are the best remembered.
 * `constants`: bytes that recur in them, such as the public keys that they share; as many as there is room for.
 */
export function createPacker(sample: readonly DeviceState[] = [], constants: readonly Uint8Array[] = []): Packer {
  const alike = Buffer.concat(sample.map(packState)).subarray(-windowBytes);
  return packerOf(Buffer.concat([alike, ...fitting(constants, windowBytes - alike.length)]));
}

/**
 * The packer that says once for all what is in this dictionary: of `Packer.dictionary`, in a later process.
 *
 * @example
 * const again = packerOf(packer.dictionary);
 * const state = again.read(packed);
 */
export function packerOf(dictionary: Uint8Array): Packer {
  const options = dictionary.length === 0 ? { level: 6 } : { level: 6, dictionary };
  return {
    dictionary,
    read(packed) {
      const bytes = inflated(packed, options);
      if (bytes[0] === judgedMark) bytes[0] = mark;
      return unpackState(bytes);
    },
    pack(state) {
      const deflated = deflateRawSync(write(state, holdsJudged(state) ? judgedMark : mark), options);
      const own = Buffer.allocUnsafeSlow(deflated.length); // zlib's own result would hold on to a block of 16 KiB
      deflated.copy(own);
      return own;
    },
    unpack(packed) {
      const bytes = inflateRawSync(packed, { ...options, maxOutputLength: maxBytes });
      const wasJudged = bytes[0] === judgedMark;
      if (wasJudged) bytes[0] = mark;
      const state = trust(readPacked(bytes) as DeviceState);
      if (wasJudged && state.link !== undefined) noteJudged(state.link.data, state.link.platform);
      return state;
    },
  };
}

/** Throws STATE_CORRUPT for what nobody deflated with this dictionary. */
function inflated(packed: Uint8Array, options: ZlibOptions): Buffer {
  try {
    return inflateRawSync(packed, { ...options, maxOutputLength: maxBytes });
  } catch (cause) {
    throw corrupt('it cannot be inflated', cause);
  }
}

const holdsJudged = ({ link }: DeviceState): boolean => link !== undefined && isJudged(link.data, link.platform);

function readPacked(packed: Uint8Array): unknown {
  if (packed.length > maxBytes) throw corrupt(`${packed.length} bytes`);
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  if (buffer.length < headBytes || buffer.readUInt8(0) !== mark) throw corrupt('it is something else');
  if (buffer.readUInt8(1) !== version) throw corrupt(`version ${buffer.readUInt8(1)}`);
  const blobsAt = headBytes + buffer.readUInt32BE(2);
  if (blobsAt > buffer.length) throw corrupt('it is cut off');
  const json = buffer.toString('utf8', headBytes, blobsAt);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw corrupt('no JSON', cause);
  }
  return json.includes('"$') ? fromTagged(value, buffer.subarray(blobsAt), 0) : value;
}

// What JSON has no words for is an object of one key that begins with $. Keys of others that begin so get another $.
// $b: bytes [offset, length]. $d: date in ms. $i: bigint. $r: property-list real. $n: NaN or infinite.

/** Byte strings on their way behind the JSON: a certificate that is held twice is written once. */
class Blobs {
  readonly parts: Uint8Array[] = [];
  readonly #offsets = new Map<string, number>();
  #bytes = 0;

  /** Where it lies. */
  add(bytes: Uint8Array): readonly [offset: number, length: number] {
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const known = this.#offsets.get(content);
    if (known !== undefined) return [known, bytes.length];
    const offset = this.#bytes;
    this.#offsets.set(content, offset);
    this.parts.push(bytes);
    this.#bytes += bytes.length;
    return [offset, bytes.length];
  }
}

function toTagged(value: unknown, blobs: Blobs, depth: number): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $i: String(value) };
    case 'number':
      return Number.isFinite(value) ? value : { $n: String(value) };
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (depth > maxDepth) throw corrupt(`deeper than ${maxDepth}`);
  if (value instanceof Uint8Array) return { $b: blobs.add(value) };
  if (value instanceof Date) return { $d: value.getTime() };
  if (value instanceof PlistReal) return { $r: toTagged(value.value, blobs, depth + 1) };
  if (Array.isArray(value)) return value.map((entry) => toTagged(entry, blobs, depth + 1));
  const made: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== undefined) define(made, key.startsWith('$') ? `$${key}` : key, toTagged(entry, blobs, depth + 1));
  }
  return made;
}

function fromTagged(value: unknown, blobs: Buffer, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) throw corrupt(`deeper than ${maxDepth}`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = fromTagged(value[index], blobs, depth + 1);
    return value;
  }
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record);
  if (!keys.some((key) => key.startsWith('$'))) {
    for (const key of keys) {
      const entry = record[key];
      if (typeof entry === 'object' && entry !== null) define(record, key, fromTagged(entry, blobs, depth + 1));
    }
    return record;
  }
  const [first = ''] = keys;
  if (keys.length === 1 && !first.startsWith('$$')) return untagged(first, record[first], blobs);
  const made: Record<string, unknown> = {}; // an object of someone's with keys that begin with $
  for (const key of keys)
    define(made, key.startsWith('$$') ? key.slice(1) : key, fromTagged(record[key], blobs, depth + 1));
  return made;
}

function untagged(tag: string, value: unknown, blobs: Buffer): unknown {
  switch (tag) {
    case '$b': {
      const [offset, length] = Array.isArray(value) ? value : [];
      if (!isIndex(offset) || !isIndex(length) || offset + length > blobs.length) throw corrupt('bytes out of bounds');
      return blobs.subarray(offset, offset + length);
    }
    case '$d':
      return new Date(typeof value === 'number' ? value : Number.NaN);
    case '$i':
      if (typeof value !== 'string' || !/^-?[0-9]{1,100}$/.test(value)) throw corrupt('no integer');
      return BigInt(value);
    case '$n':
      return Number(value);
    case '$r': {
      const number = typeof value === 'number' ? value : fromTagged(value, blobs, 0);
      if (typeof number !== 'number') throw corrupt('no real');
      return new PlistReal(number);
    }
    default:
      throw corrupt(`an unknown tag ${tag.slice(0, 10)}`);
  }
}

const isIndex = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** Sets a key of anybody's choosing as a plain property: `__proto__` too is only a name. */
function define(into: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  else into[key] = value;
}

function fitting(parts: readonly Uint8Array[], room: number): Uint8Array[] {
  let left = room;
  return parts.filter((part) => {
    left -= part.length;
    return left >= 0;
  });
}
