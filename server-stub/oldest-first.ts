/** Keys in the order in which they were added, of which the oldest is taken: each in constant time, however many were removed. */
export class OldestFirst {
  readonly #keys = new Set<string>();
  /** Kept from one to the next: a new one would walk over all that were removed before it. */
  #place = this.#keys.values();

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    this.#keys.add(key);
  }

  delete(key: string): boolean {
    return this.#keys.delete(key);
  }

  /** Removes the oldest and answers it; undefined when there is none. */
  take(): string | undefined {
    let at = this.#place.next();
    if (at.done === true) {
      this.#place = this.#keys.values(); // none was added since the last look, or all were taken
      at = this.#place.next();
      if (at.done === true) return undefined;
    }
    this.#keys.delete(at.value);
    return at.value;
  }

  /** The oldest, which stays. */
  get first(): string | undefined {
    const [first] = this.#keys;
    return first;
  }
}
