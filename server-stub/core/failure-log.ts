import type { EnrollmentFailureRecord } from './types.js';

/** The refusals to enroll, oldest first, and those of each user without a look at the others. Beyond `limit` the oldest go. */
export class FailureLog {
  #items: (EnrollmentFailureRecord | undefined)[] = [];
  #first = 0;
  readonly #byUser = new Map<string, EnrollmentFailureRecord[]>();
  #dropped = 0;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** How many were dropped because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  add(failure: EnrollmentFailureRecord): void {
    this.#items.push(failure);
    const key = userKey(failure);
    if (key !== undefined) {
      const own = this.#byUser.get(key);
      if (own === undefined) this.#byUser.set(key, [failure]);
      else own.push(failure);
    }
    if (this.size > this.limit) this.#drop();
  }

  list(): readonly EnrollmentFailureRecord[] {
    return this.#items.slice(this.#first) as EnrollmentFailureRecord[];
  }

  /** Of the user of this id, or of a name that was nobody's. */
  of(idOrUpn: string): readonly EnrollmentFailureRecord[] {
    return this.#byUser.get(idOrUpn) ?? this.#byUser.get(idOrUpn.toLowerCase()) ?? [];
  }

  #drop(): void {
    const oldest = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    this.#dropped++;
    const key = oldest && userKey(oldest);
    const own = key === undefined ? undefined : this.#byUser.get(key);
    if (own?.[0] === oldest) own?.shift();
    if (own?.length === 0 && key !== undefined) this.#byUser.delete(key);
    if (this.#first >= this.limit) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }
}

const userKey = ({ userId, userUpn }: EnrollmentFailureRecord): string | undefined => userId ?? userUpn?.toLowerCase();
