import type { EnrollmentFailureRecord } from './types.js';

/** The refusals to enroll, oldest first, and those of each user without a look at the others. Beyond `limit` the oldest go. */
export class FailureLog {
  readonly #all = new OldestFirst();
  readonly #byUser = new Map<string, OldestFirst>();
  #dropped = 0;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#all.size;
  }

  /** How many were dropped because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  add(failure: EnrollmentFailureRecord): void {
    this.#all.add(failure);
    const key = userKey(failure);
    if (key !== undefined) {
      const own = this.#byUser.get(key) ?? new OldestFirst();
      this.#byUser.set(key, own);
      own.add(failure);
    }
    if (this.size > this.limit) this.#drop();
  }

  list(): readonly EnrollmentFailureRecord[] {
    return this.#all.list();
  }

  /** The newest first, each with its number: the first of this process has 0. Those before a number, where one is given. */
  *newestFirst(before = this.#dropped + this.size): Generator<readonly [number: number, EnrollmentFailureRecord]> {
    for (let number = Math.min(before, this.#dropped + this.size) - 1; number >= this.#dropped; number--) {
      const failure = this.#all.at(number - this.#dropped);
      if (failure !== undefined) yield [number, failure];
    }
  }

  /** Of the user of this id, or of a name that was nobody's. */
  of(idOrUpn: string): readonly EnrollmentFailureRecord[] {
    return (this.#byUser.get(idOrUpn) ?? this.#byUser.get(idOrUpn.toLowerCase()))?.list() ?? [];
  }

  #drop(): void {
    const oldest = this.#all.take();
    this.#dropped++;
    const key = oldest && userKey(oldest);
    if (key === undefined) return;
    const own = this.#byUser.get(key);
    own?.take(); // they are in the same order
    if (own?.size === 0) this.#byUser.delete(key);
  }
}

/** Taking the oldest moves no other, however many there are. */
class OldestFirst {
  #items: (EnrollmentFailureRecord | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  add(failure: EnrollmentFailureRecord): void {
    this.#items.push(failure);
  }

  list(): readonly EnrollmentFailureRecord[] {
    return this.#items.slice(this.#first) as EnrollmentFailureRecord[];
  }

  at(index: number): EnrollmentFailureRecord | undefined {
    return this.#items[this.#first + index];
  }

  take(): EnrollmentFailureRecord | undefined {
    const oldest = this.#items[this.#first];
    if (oldest === undefined) return undefined;
    this.#items[this.#first++] = undefined;
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return oldest;
  }
}

const userKey = ({ userId, userUpn }: EnrollmentFailureRecord): string | undefined => userId ?? userUpn?.toLowerCase();
