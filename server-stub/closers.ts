/** What was opened, to be ended in the opposite order. */
export class Closers {
  readonly #ends: (() => unknown)[] = [];

  add(...ends: readonly (() => unknown)[]): void {
    this.#ends.push(...ends);
  }

  /** Ends everything once; a second call finds nothing left. */
  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
