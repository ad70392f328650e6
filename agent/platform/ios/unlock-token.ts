import { createHash } from 'node:crypto';

/** The UnlockToken of TokenUpdate: opaque, a few hundred bytes, and grown from a seed so that only the seed is stored. */
export function unlockToken(seed: Uint8Array): Buffer {
  return createHash('shake256', { outputLength: 512 }).update('rollcall unlock token').update(seed).digest();
}
