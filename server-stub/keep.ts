/**
 * Where a dialect keeps what belongs to no device, so that it is there after a restart: plain values (and bytes) by key.
 * Without a data folder there is none, and all is gone at the end.
 */
export interface Keep {
  /** Everything stored, in the present version of its form. Not yet judged: the dialect does that, with `readKept`. */
  entries(): readonly (readonly [key: string, value: unknown])[];
  /** Returns at once; later values of a key replace earlier ones, `undefined` forgets it. */
  put(key: string, value: unknown): void;
  /** Takes a value that cannot be read out of the table, and keeps it where an administrator finds it, with the reason. */
  setAside(key: string, reason: string): void;
}
