// What all fuzz tests share: one seed, one source of chance, one way to wound bytes, one bound on memory.
import { expect, inject } from 'vitest';
import { bytesAtMost, bytesInUse } from '../support/memory.js';

/** One for the whole run, printed at its end and with every finding; FUZZ_SEED=n does the same run again. */
export const seed = inject('fuzzSeed');

/** How many inputs each codec is given: 2,000 in the suite, 100,000 by `npm run fuzz`, or FUZZ_INPUTS. */
export const inputsPerCodec = inject('fuzzInputs');

/** This many of each 100 inputs. */
export const percent = (share: number): number => Math.ceil((inputsPerCodec * share) / 100);

/** Every place at which a file can be cut, or as many of them by chance as a third of the codec's inputs lets each file have. */
export function cutsOf(length: number, files: number, random: Random): number[] {
  const most = Math.ceil(inputsPerCodec / 3 / files);
  if (length < most) return Array.from({ length: length + 1 }, (_, at) => at);
  return Array.from({ length: most }, () => random(length + 1));
}

/** A number from 0 to below `below`. */
export type Random = (below: number) => number;

/** 32 random bits a call, the same for the same seed (mulberry32). */
export function randomOf(start: number): Random {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Octets that readers of binary formats have stumbled over. */
const edges = [
  0x00, 0x01, 0x0f, 0x10, 0x13, 0x14, 0x33, 0x3c, 0x5f, 0x6f, 0x7f, 0x80, 0xa0, 0xaf, 0xd0, 0xdf, 0xef, 0xff,
];

/** One to three random wounds: bits, bytes, pieces lost, doubled, moved from another file, words of the format, the end cut. */
export function wound(
  original: Buffer,
  { others, words, random }: { others: readonly Buffer[]; words: readonly Buffer[]; random: Random },
): Buffer {
  let bytes = Buffer.from(original);
  for (let wounds = 1 + random(3); wounds > 0; wounds--) {
    const at = random(bytes.length + 1);
    const span = 1 + random(random(4) === 0 ? bytes.length + 1 : 8);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const other = others[random(others.length)] ?? original;
    const put = (octet: number, place = at): void => {
      if (place >= 0 && place < bytes.length) bytes[place] = octet;
    };
    switch (random(9)) {
      case 0:
        put((bytes[at] ?? 0) ^ (1 << random(8)));
        break;
      case 1:
        put(random(256));
        break;
      case 2:
        put(edges[random(edges.length)] ?? 0);
        break;
      case 3:
        bytes = Buffer.concat([before, after.subarray(span)]);
        break;
      case 4:
        bytes = Buffer.concat([before, after.subarray(0, span), after]);
        break;
      case 5:
        bytes = Buffer.concat([before, other.subarray(random(other.length)).subarray(0, span), after]);
        break;
      case 6:
        bytes = Buffer.concat([before, words[random(words.length)] ?? before, after]);
        break;
      case 7: // a binary property list keeps its table and trailer at the end: lies are most costly there
        put(random(256), bytes.length - 1 - random(48));
        break;
      default:
        if (random(2) === 0) bytes = Buffer.from(before);
    }
  }
  return bytes;
}

const mostBytesKept = 32 * 1024 * 1024;
/** Growth since the last full collection that is taken to be none. */
const littleBytes = 8 * 1024 * 1024;
let lastInUse: number | undefined;

/**
 * Runs, and looks whether much of what it read was kept; all is collected only where that is not plain without, for it takes longer than
 * most runs. Errors carry no stack meanwhile, which is half the time of a run;
 * one that is repeated by FUZZ_SEED has them.
 */
export function keepsLittle(run: () => void): void {
  let before = bytesAtMost();
  if (lastInUse === undefined || Math.abs(before - lastInUse) > littleBytes) {
    lastInUse = bytesInUse();
    before = lastInUse;
  }
  const depth = Error.stackTraceLimit;
  if (process.env['FUZZ_SEED'] === undefined) Error.stackTraceLimit = 0;
  try {
    run();
  } finally {
    Error.stackTraceLimit = depth;
  }
  if (bytesAtMost() - lastInUse < mostBytesKept) return;
  lastInUse = bytesInUse();
  expect(lastInUse - before, `bytes kept, FUZZ_SEED=${seed}`).toBeLessThan(mostBytesKept);
}
