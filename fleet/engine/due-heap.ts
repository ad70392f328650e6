/**
 * When each of `size` numbered things is due, at most once each: a binary heap in typed arrays, with the place of each, so that a
 * time may be moved or taken back. 16 bytes each, whatever happens. Equal times: the lower number first.
 */
export class DueHeap {
  readonly #at: Float64Array;
  readonly #heap: Uint32Array;
  /** Place in the heap from 1 on; 0: not in it. */
  readonly #place: Uint32Array;
  #size = 0;

  constructor(size: number) {
    this.#at = new Float64Array(size);
    this.#heap = new Uint32Array(size + 1);
    this.#place = new Uint32Array(size);
  }

  /** How many are due at some time. */
  get size(): number {
    return this.#size;
  }

  /** When the first is due; Infinity where none is. */
  get firstAt(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#timeOf(this.#entry(1));
  }

  /** When `id` is due; undefined where it is not. */
  atOf(id: number): number | undefined {
    return this.#place[id] === 0 ? undefined : this.#timeOf(id);
  }

  /** `id` is due at this time, whatever was said before. Throws RangeError for a time that is no number and an id that is none. */
  set(id: number, at: number): void {
    if (Number.isNaN(at) || id >= this.#place.length) throw new RangeError(`${id} due at ${at}`);
    this.#at[id] = at;
    let place = this.#placeOf(id);
    if (place === 0) place = this.#put(++this.#size, id);
    this.#sink(this.#rise(place));
  }

  /** Takes `id` out; nothing where it is not due. */
  delete(id: number): void {
    const place = this.#placeOf(id);
    if (place === 0) return;
    this.#place[id] = 0;
    const last = this.#entry(this.#size--);
    if (last === id) return;
    this.#put(place, last);
    this.#sink(this.#rise(place));
  }

  /** Takes the first out. Throws RangeError where there is none. */
  take(): number {
    if (this.#size === 0) throw new RangeError('nothing is due');
    const first = this.#entry(1);
    this.delete(first);
    return first;
  }

  #timeOf(id: number): number {
    return this.#at[id] ?? 0;
  }

  #placeOf(id: number): number {
    return this.#place[id] ?? 0;
  }

  #entry(place: number): number {
    return this.#heap[place] ?? 0;
  }

  #put(place: number, id: number): number {
    this.#heap[place] = id;
    this.#place[id] = place;
    return place;
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#timeOf(one), this.#timeOf(other)];
    return a < b || (a === b && one < other);
  }

  #rise(from: number): number {
    const id = this.#entry(from);
    let place = from;
    for (let above = place >> 1; above > 0; above = place >> 1) {
      const other = this.#entry(above);
      if (!this.#isBefore(id, other)) break;
      this.#put(place, other);
      place = above;
    }
    return this.#put(place, id);
  }

  #sink(from: number): void {
    const id = this.#entry(from);
    let place = from;
    for (let below = place << 1; below <= this.#size; below = place << 1) {
      if (below < this.#size && this.#isBefore(this.#entry(below + 1), this.#entry(below))) below++;
      const other = this.#entry(below);
      if (!this.#isBefore(other, id)) break;
      this.#put(place, other);
      place = below;
    }
    this.#put(place, id);
  }
}
