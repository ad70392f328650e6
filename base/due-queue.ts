/** Something to do at a time. `call` is gone once it was made or taken back. */
export interface DueEntry {
  readonly at: number;
  readonly order: number;
  call: (() => void) | undefined;
}

const isBefore = (a: DueEntry, b: DueEntry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Due times in a binary heap: earliest first, equal times in the order they were added. Cancelling is O(1), swept later. */
export class DueQueue {
  #heap: DueEntry[] = [];
  #order = 0;
  #cancelled = 0;

  /** How many entries still wait. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Throws RangeError for a time that is no number: it is neither before nor after another, and would hide those behind it. */
  add(at: number, call: () => void): DueEntry {
    if (Number.isNaN(at)) throw new RangeError('a due time is no number');
    const entry: DueEntry = { at, order: this.#order++, call };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  cancel(entry: DueEntry): void {
    if (entry.call === undefined) return;
    entry.call = undefined;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled > this.#heap.length / 2) this.#sweep();
  }

  /** The earliest entry that still waits. */
  first(): DueEntry | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.call !== undefined) return top;
      this.#removeTop();
      this.#cancelled--;
    }
  }

  /** Takes out the earliest entry if it is due at `now`; its call is the caller's to make. */
  take(now: number): (() => void) | undefined {
    const top = this.first();
    if (top === undefined || top.at > now) return undefined;
    this.#removeTop();
    const call = top.call;
    top.call = undefined;
    return call;
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => entry.call !== undefined);
    this.#cancelled = 0;
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const entry = heap[start];
    if (entry === undefined) return;
    let index = start;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = heap[above];
      if (other === undefined || !isBefore(entry, other)) break;
      heap[index] = other;
      index = above;
    }
    heap[index] = entry;
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const entry = heap[start];
    if (entry === undefined) return;
    let index = start;
    for (;;) {
      let below = 2 * index + 1;
      let other = heap[below];
      if (other === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, other)) {
        below++;
        other = right;
      }
      if (!isBefore(other, entry)) break;
      heap[index] = other;
      index = below;
    }
    heap[index] = entry;
  }
}
