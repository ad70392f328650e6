/** A list that grows at its end and is taken from at its beginning; taking the oldest moves no other, however many there are. */
export class OldestFirst<T extends { readonly number: number }> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  get oldest(): T | undefined {
    return this.#items[this.#first];
  }

  /** Its number must be above those of all others. */
  add(item: T): void {
    this.#items.push(item);
  }

  list(): readonly T[] {
    return this.#items.slice(this.#first) as T[];
  }

  /** The newest whose number is below this one. */
  lastBefore(number: number): T | undefined {
    let [low, high] = [this.#first, this.#items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low === this.#first ? undefined : this.#items[low - 1];
  }

  take(): T | undefined {
    const { oldest } = this;
    if (oldest === undefined) return undefined;
    this.#items[this.#first++] = undefined;
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return oldest;
  }
}
