/** What was opened, to be ended in the opposite order. */
export class Closers {
  readonly #ends: (() => unknown)[] = [];

  add(...ends: readonly (() => unknown)[]): void {
    this.#ends.push(...ends);
  }

  /** Ends everything once; a second call finds nothing left. What fails keeps the others from nothing; the first failure is thrown. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
