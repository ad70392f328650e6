import { defaultRetry } from '../../agent/index.js';
import { isRollcallError } from '../../base/errors.js';
import type { Scheduler } from './scheduler.js';
import { Appointed, type Begin } from './sources.js';
import type { StepScene } from './step-scene.js';
import type { World } from './world.js';

/** Sessions that broke and are tried again, as a device does it by itself. Whoever has none costs nothing. */
export class Retries {
  readonly #world: World;
  readonly #scene: StepScene;
  readonly #scheduler: Scheduler;
  readonly #begin: Begin;
  /** How often each has tried, and when it was meant to begin. */
  readonly #tries = new Map<number, { readonly tries: number; readonly dueAt: number }>();
  /** What broke the sessions of those who wait for another try. */
  readonly #waiting = new Map<number, unknown>();
  #source: Appointed | undefined;
  #isOver = false;

  constructor(world: World, scene: StepScene, scheduler: Scheduler, begin: Begin) {
    this.#world = world;
    this.#scene = scene;
    this.#scheduler = scheduler;
    this.#begin = begin;
  }

  /** How many wait for another try. */
  get left(): number {
    return this.#source?.left ?? 0;
  }

  /** When the first try was meant to begin, in elapsed ms; undefined: this is it. */
  dueAt(slot: number): number | undefined {
    return this.#tries.get(slot)?.dueAt;
  }

  /** It is over, whichever way. */
  forget(slot: number): void {
    this.#tries.delete(slot);
  }

  /** Nothing is tried again any more. Who waited for another try is given out, with what broke the last. */
  close(each: (slot: number, error: unknown) => void): void {
    this.#isOver = true;
    this.#source?.endAt(Number.NEGATIVE_INFINITY);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [slot, error] of waiting) each(slot, error);
  }

  /** True when it is tried again, after the pause that devices make; counted so. */
  triesAgain(slot: number, index: number, error: unknown, dueAt: number): boolean {
    const { elapsed, population, signal, sink } = this.#world;
    if (this.#isOver || signal.aborted || !isRollcallError(error) || !error.retry) return false;
    const tries = (this.#tries.get(slot)?.tries ?? 0) + 1;
    const fraction = this.#scene.random(index, `try ${population.turnsOf(index)}`).fraction();
    const pauseMs = defaultRetry({ tries, error, fraction });
    if (pauseMs === undefined) return false;
    this.#tries.set(slot, { tries, dueAt });
    sink.count(this.#scene.subject(index), 'retries', 1, this.#scene.ageMs());
    if (this.#source === undefined) {
      this.#source = new Appointed(population.size, (each, at) => {
        this.#waiting.delete(each);
        return this.#begin(each, at);
      });
      this.#scheduler.add(this.#source);
    }
    this.#waiting.set(slot, error);
    this.#source.appoint(slot, elapsed() + pauseMs / this.#scene.scale);
    return true;
  }
}
