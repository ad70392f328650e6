/** Where a tenant is remembered. Tables of plain values (and bytes) by key; `undefined` forgets one. */
export const tables = [
  'meta',
  'user',
  'group',
  'profile',
  'compliance',
  'comanagement',
  'content',
  'device',
  'change',
  'moved',
  'asking',
  'asked',
  'failure',
  'attempt',
  'restriction',
  'corporate',
  'bulkToken',
  'autopilot',
  'autopilotProfile',
  'audit',
] as const;
export type Table = (typeof tables)[number];

/** What an answer waits for: that what it tells of is stored. */
export interface Stored {
  /** Grows whenever something changed that must be stored before it is told to anybody. */
  readonly changes: number;
  /** Resolves once everything saved until now is on the disk. Throws STORE_UNWRITABLE where it could not be written. */
  durable(): Promise<void>;
  /** Why changes cannot be stored at present; undefined while they can. What waits is tried again by itself. */
  readonly failure: string | undefined;
}

export interface Persistence extends Stored {
  /**
   * Everything stored, as it was stored, in the order of keys; undefined when nothing ever was. Values are read one after another,
   * as they are asked for. Not yet judged: the core does that.
   */
  load(): Readonly<Record<Table, Iterable<readonly [key: string, value: unknown]>>> | undefined;
  /** From now on `changes` is another: whoever is answered next is told of it only when it is stored. */
  changed(): void;
  /** Must return at once; later values of a key replace earlier ones. Alone it makes no answer wait: `changed` does. */
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
