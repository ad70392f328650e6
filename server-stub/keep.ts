/**
 * Where a dialect keeps what belongs to no device, so that it is there after a restart: plain values (and bytes) by key.
 * Without a data folder there is none, and all is gone at the end.
 */
export interface Keep {
  /** Everything stored, as it was stored. Not yet judged: the dialect does that. */
  entries(): readonly (readonly [key: string, value: unknown])[];
  /** Returns at once; later values of a key replace earlier ones, `undefined` forgets it. */
  put(key: string, value: unknown): void;
}
