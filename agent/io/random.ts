import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Random } from '../model/ports.js';

const zeros = Buffer.alloc(512);

/** Everything a Random offers, made from a source of bytes. */
function randomOf(bytes: (length: number) => Buffer): Random {
  return {
    bytes,
    integer(below) {
      if (!Number.isInteger(below) || below < 1 || below > 2 ** 48) throw new RangeError(`no integer below ${below}`);
      const width = below <= 2 ** 32 ? 4 : 6;
      const range = width === 4 ? 2 ** 32 : 2 ** 48;
      const fair = range - (range % below); // beyond it the small numbers would come more often
      for (;;) {
        const drawn = bytes(width).readUIntBE(0, width);
        if (drawn < fair) return drawn % below;
      }
    },
    fraction() {
      const drawn = bytes(7);
      return (drawn.readUIntBE(0, 6) * 32 + ((drawn[6] ?? 0) & 31)) / 2 ** 53;
    },
    uuid() {
      const drawn = Buffer.from(bytes(16));
      drawn.writeUInt8((drawn.readUInt8(6) & 0x0f) | 0x40, 6); // RFC 9562 §5.4
      drawn.writeUInt8((drawn.readUInt8(8) & 0x3f) | 0x80, 8);
      const hex = drawn.toString('hex').toUpperCase();
      // By a pattern, for its result is one string: put together it would hold nine parts as long as somebody keeps it.
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  };
}

/**
 * Randomness that is a function of (seed, index, stream): AES-256-CTR keyed by an HMAC of the three. It starts from its
 * beginning each time, so whoever goes on with a stored device must name another `stream`, or nonces come again.
 *
 * @example
 * seededRandom('rollcall', 7).uuid() === seededRandom('rollcall', 7).uuid(); // true: device 7 of this seed
 */
export function seededRandom(seed: string, index: number, stream = ''): Random {
  let key: Buffer | undefined;
  let block = 0;
  let ahead: Buffer = Buffer.alloc(0);
  let used = 0;

  /** Key stream from the next 16-byte counter on; no cipher object outlives the call, so a device at rest holds none. */
  function draw(length: number): Buffer {
    key ??= createHmac('sha256', `rollcall ${seed}`).update(`${index}/${stream}`).digest();
    const counter = Buffer.alloc(16);
    counter.writeUIntBE(block, 10, 6);
    block += Math.ceil(length / 16);
    const plain = length <= zeros.length ? zeros.subarray(0, length) : Buffer.alloc(length);
    return createCipheriv('aes-256-ctr', key, counter).update(plain);
  }

  return randomOf((length) => {
    if (length > zeros.length) return draw(length);
    if (used + length > ahead.length) {
      ahead = draw(zeros.length);
      used = 0;
    }
    used += length;
    return Buffer.from(ahead.subarray(used - length, used));
  });
}

/** The operating system's randomness. */
export const systemRandom: Random = randomOf(randomBytes);
