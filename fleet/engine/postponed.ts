import type { ActReason } from '../steps/kind.js';
import type { Scheduler } from './scheduler.js';
import { Queued } from './sources.js';

interface Start {
  readonly dueAt: number;
  readonly why: ActReason;
}

/** Starts of devices that are in their turn: each waits for its end, one at most. Nothing is made until the first has to. */
export class Postponed {
  readonly #scheduler: Scheduler;
  readonly #begin: (slot: number, dueAt: number, why: ActReason) => Promise<void> | undefined;
  readonly #starts = new Map<number, Start>();
  #source: Queued | undefined;

  constructor(scheduler: Scheduler, begin: (slot: number, dueAt: number, why: ActReason) => Promise<void> | undefined) {
    this.#scheduler = scheduler;
    this.#begin = begin;
  }

  get left(): number {
    return this.#starts.size;
  }

  has(slot: number): boolean {
    return this.#starts.has(slot);
  }

  put(slot: number, start: Start): void {
    this.#starts.set(slot, start);
  }

  /** Its turn has ended. */
  turned(slot: number): void {
    const start = this.#starts.get(slot);
    if (start === undefined) return;
    if (this.#source === undefined) {
      this.#source = new Queued((each) => this.#take(each));
      this.#scheduler.add(this.#source);
    }
    this.#source.add(slot, start.dueAt);
  }

  #take(slot: number): Promise<void> | undefined {
    const start = this.#starts.get(slot);
    this.#starts.delete(slot);
    return start === undefined ? undefined : this.#begin(slot, start.dueAt, start.why);
  }
}
