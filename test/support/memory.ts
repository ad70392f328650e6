import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: ((options?: { readonly type: 'minor' }) => void) | undefined;

function collector(): NonNullable<typeof collect> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NonNullable<typeof collect>;
  }
  return collect;
}

function bytesNow(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes in use once everything that can go has gone: compare two of these to see what was kept. */
export function bytesInUse(): number {
  collector()();
  return bytesNow();
}

/** More than are in use, by what is not collected yet: with the young objects alone that takes a hundredth of the time. */
export function bytesAtMost(): number {
  collector()({ type: 'minor' });
  return bytesNow();
}
