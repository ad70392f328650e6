// The buckets of an HDR histogram with three significant digits from 1 to 24 h in microseconds, as hdr-histogram-js has them:
// whole numbers to 2047 have a bucket each, from there on each doubling has 1024.

/** The largest value that is told apart: 24 h in microseconds, or a thousand days in milliseconds. */
export const largest = 24 * 3_600_000_000;

/** The bucket of a whole number from 0 to `largest`: an index below 28,672. */
export function bucketOf(value: number): number {
  if (value < 2048) return value;
  const doublings = (value < 2 ** 31 ? 31 - Math.clz32(value) : Math.floor(Math.log2(value))) - 10;
  return doublings * 1024 + Math.floor(value / 2 ** doublings);
}

/** The least value of a bucket. */
export function leastOf(bucket: number): number {
  return bucket < 2048 ? bucket : ((bucket & 1023) + 1024) * 2 ** ((bucket >> 10) - 1);
}

/** A time as it is counted: a whole number of units, none below 0, none above `largest`. */
export const counted = (value: number): number => (value > 0 ? (value < largest ? Math.round(value) : largest) : 0);

const most = 8192;

/** Values since the last `take`: an append for each, sorted when they are taken. */
export class Bag {
  #buckets = new Uint16Array(16);
  #length = 0;
  /** Counts by bucket of what did not fit. */
  #folded: Map<number, number> | undefined;

  add(value: number): void {
    if (this.#length === this.#buckets.length) this.#grow();
    this.#buckets[this.#length++] = bucketOf(value);
  }

  get isEmpty(): boolean {
    return this.#length === 0 && this.#folded === undefined;
  }

  /** [least value of the bucket, count], the least first; the bag is empty afterwards. */
  take(): readonly (readonly [number, number])[] {
    const samples: [number, number][] = [];
    if (this.#folded !== undefined) {
      this.#fold();
      for (const bucket of [...this.#folded.keys()].sort((one, other) => one - other))
        samples.push([leastOf(bucket), this.#folded.get(bucket) ?? 0]);
      this.#folded = undefined;
      return samples;
    }
    const buckets = this.#buckets.subarray(0, this.#length).sort();
    let last: [number, number] | undefined;
    let before = -1;
    for (const bucket of buckets) {
      if (last !== undefined && bucket === before) last[1]++;
      else {
        last = [leastOf(bucket), 1];
        samples.push(last);
        before = bucket;
      }
    }
    this.#length = 0;
    return samples;
  }

  #grow(): void {
    if (this.#length < most) {
      const larger = new Uint16Array(this.#length * 4);
      larger.set(this.#buckets);
      this.#buckets = larger;
    } else this.#fold();
  }

  #fold(): void {
    this.#folded ??= new Map();
    for (let k = 0; k < this.#length; k++) {
      const bucket = this.#buckets[k] ?? 0;
      this.#folded.set(bucket, (this.#folded.get(bucket) ?? 0) + 1);
    }
    this.#length = 0;
  }
}
