// Where starts come from: arrivals, recurrences, devices' own schedules, wake-ups. Each holds a few numbers for each device, in arrays.
import { DueHeap } from './due-heap.js';
import type { Source } from './scheduler.js';

/** Begins what device `slot` does; `dueAt` in elapsed ms. */
export type Begin = (slot: number, dueAt: number) => Promise<void> | undefined;

/** Each once, in this order, at a time that only rises. Nothing is stored: a cursor. */
export class Arriving implements Source {
  readonly #slots: ArrayLike<number>;
  readonly #atOf: (k: number) => number;
  readonly #begin: Begin;
  readonly #dropped: (slot: number) => void;
  #k = 0;
  #next: number;
  #until = Number.POSITIVE_INFINITY;

  /** `atOf`: when the k-th of `slots` is due. */
  constructor(
    slots: ArrayLike<number>,
    atOf: (k: number) => number,
    begin: Begin,
    dropped: (slot: number) => void = () => undefined,
  ) {
    this.#slots = slots;
    this.#atOf = atOf;
    this.#begin = begin;
    this.#dropped = dropped;
    this.#next = slots.length === 0 ? Number.POSITIVE_INFINITY : atOf(0);
  }

  /** How many have not begun and will. */
  get left(): number {
    return this.#next < this.#until ? this.#slots.length - this.#k : 0;
  }

  next(): number {
    return this.#next < this.#until ? this.#next : Number.POSITIVE_INFINITY;
  }

  /** What is due at or after this moment does not begin. */
  endAt(until: number): void {
    this.#until = until;
  }

  start(dueAt: number): Promise<void> | undefined {
    return this.#begin(this.#take(), dueAt);
  }

  drop(): void {
    this.#dropped(this.#take());
  }

  /** Takes out all that have not begun. */
  rest(each: (slot: number) => void): void {
    while (this.#k < this.#slots.length) each(this.#take());
  }

  #take(): number {
    const slot = this.#slots[this.#k++] ?? 0;
    this.#next = this.#k >= this.#slots.length ? Number.POSITIVE_INFINITY : this.#atOf(this.#k);
    return slot;
  }
}

/** One after another, so many at a time: the next begins when one has ended. */
export class Closed implements Source {
  readonly #slots: ArrayLike<number>;
  readonly #users: number;
  readonly #now: () => number;
  readonly #begin: Begin;
  #k = 0;
  #going = 0;
  #isClosed = false;

  constructor(slots: ArrayLike<number>, users: number, now: () => number, begin: Begin) {
    this.#slots = slots;
    this.#users = users;
    this.#now = now;
    this.#begin = begin;
  }

  get left(): number {
    return this.#isClosed ? 0 : this.#slots.length - this.#k;
  }

  /** Nobody begins any more. */
  close(): void {
    this.#isClosed = true;
  }

  next(): number {
    return this.left === 0 || this.#going >= this.#users ? Number.POSITIVE_INFINITY : this.#now();
  }

  start(dueAt: number): Promise<void> | undefined {
    const begun = this.#begin(this.#slots[this.#k++] ?? 0, dueAt);
    if (begun === undefined) return undefined;
    this.#going++;
    return begun.finally(() => {
      this.#going--;
    });
  }

  rest(each: (slot: number) => void): void {
    while (this.#k < this.#slots.length) each(this.#slots[this.#k++] ?? 0);
  }
}

/** Each again and again: `atOf(slot, n)` is when its n-th time is due, counted from 0; undefined: never again. */
export class Recurring implements Source {
  readonly #heap: DueHeap;
  readonly #times: Uint32Array;
  readonly #atOf: (slot: number, n: number) => number | undefined;
  readonly #begin: Begin;
  readonly #dropped: (slot: number) => void;
  #until = Number.POSITIVE_INFINITY;

  constructor(
    size: number,
    slots: ArrayLike<number>,
    atOf: (slot: number, n: number) => number | undefined,
    begin: Begin,
    dropped: (slot: number) => void = () => undefined,
  ) {
    this.#heap = new DueHeap(size);
    this.#times = new Uint32Array(size);
    this.#atOf = atOf;
    this.#begin = begin;
    this.#dropped = dropped;
    for (let at = 0; at < slots.length; at++) this.#plan(slots[at] ?? 0);
  }

  /** How many have another time before them. */
  get left(): number {
    return this.#heap.firstAt < this.#until ? this.#heap.size : 0;
  }

  next(): number {
    const at = this.#heap.firstAt;
    return at < this.#until ? at : Number.POSITIVE_INFINITY;
  }

  /** What is due at or after this moment does not begin. */
  endAt(until: number): void {
    this.#until = until;
  }

  start(dueAt: number): Promise<void> | undefined {
    const slot = this.#heap.take();
    this.#plan(slot);
    return this.#begin(slot, dueAt);
  }

  drop(): void {
    const slot = this.#heap.take();
    this.#plan(slot);
    this.#dropped(slot);
  }

  /** It does not do it any more. */
  end(slot: number): void {
    this.#heap.delete(slot);
  }

  #plan(slot: number): void {
    const n = this.#times[slot] ?? 0;
    this.#times[slot] = n + 1;
    const at = this.#atOf(slot, n);
    if (at !== undefined) this.#heap.set(slot, at);
  }
}

/** Each at a time that is said, once; said again it is another time. By a clock of its own: `elapsedAt` says when that is here. */
export class Appointed implements Source {
  readonly #heap: DueHeap;
  readonly #elapsedAt: (at: number) => number;
  readonly #begin: Begin;
  /** What is due later does not begin. */
  #until = Number.POSITIVE_INFINITY;

  constructor(size: number, begin: Begin, elapsedAt: (at: number) => number = (at) => at) {
    this.#heap = new DueHeap(size);
    this.#begin = begin;
    this.#elapsedAt = elapsedAt;
  }

  get left(): number {
    return this.#heap.firstAt < this.#until ? this.#heap.size : 0;
  }

  /** Undefined: not any more. */
  appoint(slot: number, at: number | undefined): void {
    if (at === undefined) this.#heap.delete(slot);
    else this.#heap.set(slot, at);
  }

  /** What is due at or after this moment, by its own clock, does not begin. */
  endAt(until: number): void {
    this.#until = until;
  }

  next(): number {
    const at = this.#heap.firstAt;
    return at < this.#until ? this.#elapsedAt(at) : Number.POSITIVE_INFINITY;
  }

  start(dueAt: number): Promise<void> | undefined {
    return this.#begin(this.#heap.take(), dueAt);
  }
}

/** First come, first served, each once until it has begun. */
export class Queued implements Source {
  readonly #slots: number[] = [];
  readonly #times: number[] = [];
  readonly #has = new Set<number>();
  readonly #begin: Begin;
  #first = 0;

  constructor(begin: Begin) {
    this.#begin = begin;
  }

  get left(): number {
    return this.#slots.length - this.#first;
  }

  add(slot: number, at: number): void {
    if (this.#has.has(slot)) return;
    this.#has.add(slot);
    this.#slots.push(slot);
    this.#times.push(at);
  }

  next(): number {
    return this.#times[this.#first] ?? Number.POSITIVE_INFINITY;
  }

  start(dueAt: number): Promise<void> | undefined {
    return this.#begin(this.#take(), dueAt);
  }

  /** Takes out all that have not begun. */
  rest(each: (slot: number) => void): void {
    while (this.left > 0) each(this.#take());
  }

  #take(): number {
    const slot = this.#slots[this.#first++] ?? 0;
    this.#has.delete(slot);
    if (this.#first > 1024 && this.#first * 2 > this.#slots.length) {
      this.#slots.splice(0, this.#first);
      this.#times.splice(0, this.#first);
      this.#first = 0;
    }
    return slot;
  }
}
