// What is kept for a time, and not without bound.

/** Expired entries that one `put` looks for, beside the one that it adds: more than are added, so that they do not pile up. */
const stepsOfPut = 2;

/**
 * Entries in the order in which they were put. Each `put` removes at most two of the oldest that have expired, and the oldest one above
 * `most`: never a walk over all. Where they do not expire in that order, one that has waits for those before it, and counts until then.
 */
export class Expiring<T extends { readonly expiresAt: number }> {
  readonly #entries = new Map<string, T>();
  /** Kept from one to the next: a new one would walk over all that were removed before it. */
  #place = this.#entries.entries();
  #oldest: readonly [string, T] | undefined;

  constructor(
    readonly clock: { now(): number },
    readonly most: number,
  ) {}

  /** How many are kept, with those that have expired and were not removed yet. */
  get size(): number {
    return this.#entries.size;
  }

  /** Undefined where there is none, or it has expired. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresAt <= this.clock.now() ? undefined : entry;
  }

  /** It is the newest now, also where there was one of this key. */
  put(key: string, entry: T): void {
    const now = this.clock.now();
    this.#entries.delete(key);
    for (let step = 0; step < stepsOfPut; step++) {
      const oldest = this.#first();
      if (oldest === undefined || oldest[1].expiresAt > now) break;
      this.#entries.delete(oldest[0]);
    }
    const oldest = this.#entries.size >= this.most ? this.#first() : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest[0]);
    this.#entries.set(key, entry);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  #first(): readonly [string, T] | undefined {
    while (this.#oldest === undefined || this.#entries.get(this.#oldest[0]) !== this.#oldest[1]) {
      let at = this.#place.next();
      if (at.done === true) {
        this.#place = this.#entries.entries(); // one that has come to its end stays there
        at = this.#place.next();
        if (at.done === true) return undefined;
      }
      this.#oldest = at.value;
    }
    return this.#oldest;
  }
}
