/** Keeps the newest `limit` items, oldest first. Adding costs O(1), spread over many. */
export class BoundedList<T> {
  #items: T[] = [];

  constructor(readonly limit: number) {}

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.limit * 2) this.#items = this.#items.slice(-this.limit);
  }

  list(): readonly T[] {
    return this.#items.slice(-this.limit);
  }
}
