import { OldestFirst } from './oldest-first.js';
import type { EnrollmentFailureRecord } from './types.js';

/** Anybody can begin an attempt that names no device: once the log is full, this part of it is for the failures of those. */
const shareOfNobodys = 0.1;

interface Entry {
  /** How many came before it in this process. */
  readonly number: number;
  /** Under which it is stored. */
  readonly key: string;
  readonly failure: EnrollmentFailureRecord;
}

/** A log's entries, or those of one user of it: of devices, and of attempts in which no device was named. */
type Kinds = { [K in 'devices' | 'nobodys']?: OldestFirst<Entry> };

const kindOf = ({ deviceId }: EnrollmentFailureRecord) => (deviceId === undefined ? 'nobodys' : 'devices');

/**
 * The refusals to enroll, oldest first, and those of each user without a look at the others. Beyond `limit` the oldest go: of those that
 * name no device, where these are more than a tenth of the limit, so that a crowd of them displaces no other.
 */
export class FailureLog {
  readonly #all = { devices: new OldestFirst<Entry>(), nobodys: new OldestFirst<Entry>() };
  readonly #byUser = new Map<string, Kinds>();
  #added = 0;
  #dropped = 0;
  /** Keys that were never used, from this one on, and those that are used no more. */
  #freshKey = 0;
  readonly #freeKeys: string[] = [];

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#all.devices.size + this.#all.nobodys.size;
  }

  /** How many were dropped because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The key under which it is to be stored: of one that was dropped, once there are as many as are kept. */
  add(failure: EnrollmentFailureRecord): string {
    if (this.size >= this.limit) this.#drop();
    const key = this.#freeKeys.pop() ?? keyOf(this.#freshKey++);
    this.#put(key, failure);
    return key;
  }

  /** Those that are stored, oldest first, each with its key: into an empty log, and before others are added. */
  restore(stored: Iterable<readonly [key: string, failure: EnrollmentFailureRecord]>): void {
    const used = new Set<string>();
    for (const [key, failure] of stored) {
      used.add(key);
      this.#put(key, failure);
    }
    if (used.size === 0) return;
    this.#freshKey = this.limit;
    for (let index = this.limit - 1; index >= 0; index--) {
      if (!used.has(keyOf(index))) this.#freeKeys.push(keyOf(index));
    }
    while (this.size > this.limit) this.#drop();
  }

  list(): readonly EnrollmentFailureRecord[] {
    return inOrder(this.#all);
  }

  /** The newest first, each with its number: the first of this process has 0. Those before a number, where one is given. */
  *newestFirst(before = this.#added): Generator<readonly [number: number, EnrollmentFailureRecord]> {
    const { devices, nobodys } = this.#all;
    for (let number = before; ; ) {
      const [one, other] = [devices.lastBefore(number), nobodys.lastBefore(number)];
      const next = (one?.number ?? -1) > (other?.number ?? -1) ? one : other;
      if (next === undefined) return;
      number = next.number;
      yield [number, next.failure];
    }
  }

  /** Of the user of this id, or of a name that was nobody's. */
  of(idOrUpn: string): readonly EnrollmentFailureRecord[] {
    const own = this.#byUser.get(idOrUpn) ?? this.#byUser.get(idOrUpn.toLowerCase());
    return own === undefined ? [] : inOrder(own);
  }

  #put(key: string, failure: EnrollmentFailureRecord): void {
    const entry = { number: this.#added++, key, failure };
    const kind = kindOf(failure);
    this.#all[kind].add(entry);
    const user = userKey(failure);
    if (user === undefined) return;
    const own = this.#byUser.get(user) ?? {};
    own[kind] ??= new OldestFirst();
    own[kind].add(entry);
    this.#byUser.set(user, own);
  }

  #drop(): void {
    const { devices, nobodys } = this.#all;
    const isCrowded = nobodys.size > this.limit * shareOfNobodys;
    const isOlder = (nobodys.oldest?.number ?? Infinity) < (devices.oldest?.number ?? Infinity);
    const kind = isCrowded || isOlder ? 'nobodys' : 'devices';
    const dropped = this.#all[kind].take();
    if (dropped === undefined) return;
    this.#dropped++;
    this.#freeKeys.push(dropped.key);
    const user = userKey(dropped.failure) ?? '';
    const own = this.#byUser.get(user);
    own?.[kind]?.take(); // those of a kind are in the same order
    if ((own?.devices?.size ?? 0) + (own?.nobodys?.size ?? 0) === 0) this.#byUser.delete(user);
  }
}

function inOrder({ devices, nobodys }: Kinds): readonly EnrollmentFailureRecord[] {
  const entries = [...(devices?.list() ?? []), ...(nobodys?.list() ?? [])];
  return entries.sort((one, other) => one.number - other.number).map(({ failure }) => failure);
}

const keyOf = (index: number): string => String(index).padStart(8, '0');

const userKey = ({ userId, userUpn }: EnrollmentFailureRecord): string | undefined => userId ?? userUpn?.toLowerCase();
