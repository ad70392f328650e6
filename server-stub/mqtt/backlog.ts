// Pushes that wait for a broker: one queue for all topics, bounded as a whole and for each of them.
import { isSame, type Message } from './message.js';

interface BacklogBounds {
  readonly max: number;
  readonly maxPerTopic: number;
}

/** What became of one that was added. */
type Added = 'added' | 'merged' | 'replaced-own' | 'replaced-oldest';

export class Backlog {
  readonly #bounds: BacklogBounds;
  /** In the order of publishing. A place is a number that only rises. */
  readonly #places = new Map<number, Message>();
  readonly #byTopic = new Map<string, Set<number>>();
  #lastPlace = 0;

  constructor(bounds: BacklogBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Of more than there is room for the newest are kept: of this topic, then of all. */
  add(message: Message): Added {
    const own = this.#byTopic.get(message.topic) ?? new Set<number>();
    for (const place of own) {
      const other = this.#places.get(place);
      if (other === undefined || !isSame(other, message)) continue;
      this.#places.set(place, message); // in its place, and as long to live as the newer
      return 'merged';
    }
    this.#places.set(++this.#lastPlace, message);
    own.add(this.#lastPlace);
    this.#byTopic.set(message.topic, own);
    const [oldestOwn] = own;
    if (own.size > this.#bounds.maxPerTopic && oldestOwn !== undefined) {
      this.#remove(oldestOwn);
      return 'replaced-own';
    }
    const [oldest] = this.#places.keys();
    if (this.#places.size <= this.#bounds.max || oldest === undefined) return 'added';
    this.#remove(oldest);
    return 'replaced-oldest';
  }

  take(): Message | undefined {
    const [first] = this.#places;
    if (first === undefined) return undefined;
    this.#remove(first[0]);
    return first[1];
  }

  /** Drops what is too old; answers how many that were. Later ones need not live longer: a clock may be set back. */
  expire(now: number): number {
    return this.#removeAll(({ expiresAt }) => expiresAt <= now);
  }

  forget(topic: string): number {
    return this.#removeAll((message) => message.topic === topic);
  }

  #removeAll(isRemoved: (message: Message) => boolean): number {
    const before = this.#places.size;
    for (const [place, message] of this.#places) if (isRemoved(message)) this.#remove(place);
    return before - this.#places.size;
  }

  #remove(place: number): void {
    const topic = this.#places.get(place)?.topic ?? '';
    this.#places.delete(place);
    const own = this.#byTopic.get(topic);
    own?.delete(place);
    if (own?.size === 0) this.#byTopic.delete(topic);
  }
}
