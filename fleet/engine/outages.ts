import type { ProfileKind } from '../../protocol/vocabulary.js';
import type { EngineContext } from '../steps/kind.js';

/**
 * How long devices were shut out: from the first refused use of a kind after an allowed one to the next that is allowed, or to the end
 * of the phase. What was never allowed is no outage.
 */
export class Outages {
  readonly #context: EngineContext;
  readonly #kinds: readonly ProfileKind[];
  /** By device and kind: 1 where a use was allowed before. */
  readonly #wasAllowed: Uint8Array;
  /** Age of the step at which the first use was refused. */
  readonly #since = new Map<number, number>();

  constructor(context: EngineContext, kinds: readonly ProfileKind[]) {
    this.#context = context;
    this.#kinds = kinds;
    const chosen = context.chosen();
    const last = chosen.length === 0 ? -1 : (chosen[chosen.length - 1] ?? -1);
    this.#wasAllowed = new Uint8Array((last + 1) * kinds.length);
  }

  allowed(index: number, kind: ProfileKind): void {
    const { ageMs, sink, subject } = this.#context;
    const age = ageMs();
    sink.count(subject(index), 'allowed', 1, age);
    sink.count(subject(index, `use.${kind}`), 'allowed', 1, age);
    const place = this.#placeOf(index, kind);
    this.#wasAllowed[place] = 1;
    const since = this.#since.get(place);
    if (since === undefined) return;
    this.#since.delete(place);
    sink.lasted(subject(index, `outage.${kind}`), age - since, age);
  }

  refused(index: number, kind: ProfileKind): void {
    const { ageMs, sink, subject } = this.#context;
    const age = ageMs();
    sink.count(subject(index), 'refused', 1, age);
    sink.count(subject(index, `use.${kind}`), 'refused', 1, age);
    const place = this.#placeOf(index, kind);
    if (this.#wasAllowed[place] === 1 && !this.#since.has(place)) this.#since.set(place, age);
  }

  /** Those that last still have lasted until now. */
  end(): void {
    const { ageMs, sink, subject } = this.#context;
    const age = ageMs();
    for (const [place, since] of this.#since) {
      const kind = this.#kinds[place % this.#kinds.length];
      sink.lasted(subject(Math.floor(place / this.#kinds.length), `outage.${kind}`), age - since, age);
    }
    this.#since.clear();
  }

  #placeOf(index: number, kind: ProfileKind): number {
    return index * this.#kinds.length + this.#kinds.indexOf(kind);
  }
}
