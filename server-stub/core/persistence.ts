/** Where a tenant is remembered. Tables of plain values (and bytes) by key; `undefined` forgets one. */
export const tables = ['meta', 'user', 'profile', 'device', 'change', 'moved', 'failure'] as const;
export type Table = (typeof tables)[number];

export interface Persistence {
  /** Everything stored, as it was stored, in the order of keys; undefined when nothing ever was. Not yet judged: the core does that. */
  load(): Readonly<Record<Table, readonly (readonly [key: string, value: unknown])[]>> | undefined;
  /** Must return at once; later values of a key replace earlier ones. */
  save(table: Table, key: string, value: unknown): void;
  close(): Promise<void>;
}
