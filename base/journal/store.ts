/** Values by table and key that outlast the process. */
export interface Store {
  /** Everything in a table that is on the disk, in no order. */
  entries(table: string): [key: string, value: unknown][];
  /** The keys of a table, in no order. */
  keys(table: string): string[];
  /** One value as it is on the disk; undefined where there is none. Throws `errors.damaged` where it can no longer be read. */
  value(table: string, key: string): unknown;
  /**
   * Returns at once. The value (plain values and bytes) is copied now, `undefined` forgets the key; what is put in one turn of the
   * event loop is on the disk together or not at all. Throws what `v8.serialize` throws for what cannot be copied.
   */
  put(table: string, key: string, value: unknown): void;
  /**
   * Resolves once everything put until now is on the disk: all who ask meanwhile share one write and one sync. Throws
   * `errors.unwritable` where that attempt failed, and at once while `failure` is set and no attempt is under way.
   */
  durable(): Promise<void>;
  /** Why nothing can be written at present; undefined while it can. What waits is tried again every second. */
  readonly failure: string | undefined;
  /**
   * Makes one more attempt to write what is not on the disk yet, and ends. Resolves to false where the disk did not answer in
   * time: a write is still under way then, and the folder must not be given to another.
   */
  close(): Promise<boolean>;
}
