// Randomness of schedules and choices: a function of names and numbers, cheap enough to be drawn anew for each start. Nothing secret
// comes of it; devices have their own (agent/io/random.ts).

/** What is drawn from one seed and its names. */
export interface Draw {
  /** A number in [0, 1). */
  fraction(): number;
  /** An integer in [0, below). */
  integer(below: number): number;
}

/** 32 bits of a text: FNV-1a, mixed. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

/** 32 bits that depend on both numbers in every bit (the finalizer of MurmurHash3, twice). */
export const hashWith = (hash: number, value: number): number => mixed(Math.imul(hash, 0x9e3779b1) ^ mixed(value));

function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A number in [0, 1) for each number, from one hash. */
export const fractionOf = (hash: number, value: number): number =>
  (hashWith(hash, value) * 0x200000 + (hashWith(hash ^ 0x5bd1e995, value) & 0x1fffff)) / 2 ** 53;

/** What is drawn of this hash, one after another. */
export function drawOf(hash: number): Draw {
  let drawn = 0;
  const fraction = (): number => fractionOf(hash, drawn++);
  return { fraction, integer: (below) => Math.floor(fraction() * below) };
}
