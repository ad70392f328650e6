/** Where a tenant is remembered. Tables of plain values (and bytes) by key; `undefined` forgets one. */
export const tables = ['meta', 'user', 'profile', 'content', 'device', 'change', 'moved', 'failure'] as const;
export type Table = (typeof tables)[number];

export interface Persistence {
  /**
   * Everything stored, as it was stored, in the order of keys; undefined when nothing ever was. Values are read one after another,
   * as they are asked for. Not yet judged: the core does that.
   */
  load(): Readonly<Record<Table, Iterable<readonly [key: string, value: unknown]>>> | undefined;
  /** Must return at once; later values of a key replace earlier ones. */
  save(table: Table, key: string, value: unknown): void;
  /** Takes a record that cannot be read out of its table, and keeps it, as it is, with the reason. */
  setAside(table: Table, key: string, reason: string): void;
  /** What was set aside, now or at an earlier start. */
  readonly aside: readonly AsideRecord[];
  close(): Promise<void>;
}

/** A record that could not be read. As it was stored it lies in the store's table `aside`, under this id. */
export interface AsideRecord {
  readonly id: string;
  readonly table: string;
  readonly key: string;
  readonly reason: string;
}
