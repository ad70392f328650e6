// All sessions of our broker, and whom a publication reaches.
import { hasWildcard, matches } from './filters.js';
import type { Message, Qos } from './message.js';
import { Session, type SessionGround } from './session.js';

interface SessionsOptions extends SessionGround {
  readonly maxSessions: number;
  /** How long one waits for its device. */
  readonly sessionMs: number;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #all = new Map<string, Session>();
  /** By topic: those that have subscribed to just that. */
  readonly #byTopic = new Map<string, Set<Session>>();
  readonly #withWildcards = new Set<Session>();
  /** In the order in which their connections ended. */
  readonly #away = new Set<Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  /** A push waits, or a device is away: `expire` will have something to do. */
  get areAging(): boolean {
    const { kept, waiting } = this.#options.tally;
    return this.#away.size > 0 || kept + waiting > 0;
  }

  get(id: string): Session | undefined {
    return this.#all.get(id);
  }

  /** The session that a client of this id goes on with, or a new one. [MQTT-3.1.2-4], [MQTT-3.1.2-6] */
  open(id: string, isClean: boolean): Session {
    const known = this.#all.get(id);
    if (known !== undefined && !isClean && !known.isClean) return known;
    if (known !== undefined) this.end(known);
    if (this.#all.size >= this.#options.maxSessions) this.#makeRoom();
    const session = new Session(id, isClean, this.#options);
    this.#all.set(id, session);
    this.#away.add(session); // until its connection is ready
    return session;
  }

  connected(session: Session): void {
    this.#away.delete(session);
  }

  /** Its connection ended. */
  left(session: Session): void {
    if (this.#all.get(session.id) !== session) return;
    if (session.isClean) this.end(session);
    else this.#away.add(session);
  }

  end(session: Session): void {
    if (this.#all.get(session.id) === session) this.#all.delete(session.id);
    this.#away.delete(session);
    this.unsubscribe(session, [...session.subscriptions.keys()]);
    session.end();
  }

  subscribe(session: Session, filter: string, qos: Qos): void {
    if (this.#all.get(session.id) !== session) return;
    session.subscriptions.set(filter, qos);
    if (hasWildcard(filter)) {
      this.#withWildcards.add(session);
      return;
    }
    const subscribers = this.#byTopic.get(filter);
    if (subscribers === undefined) this.#byTopic.set(filter, new Set([session]));
    else subscribers.add(session);
  }

  unsubscribe(session: Session, filters: readonly string[]): void {
    for (const filter of filters) {
      session.subscriptions.delete(filter);
      const subscribers = this.#byTopic.get(filter);
      subscribers?.delete(session);
      if (subscribers?.size === 0) this.#byTopic.delete(filter);
    }
    if (![...session.subscriptions.keys()].some(hasWildcard)) this.#withWildcards.delete(session);
  }

  /** Offers it to each session that has subscribed, once, whatever several subscriptions of its match. [MQTT-3.3.5-1] */
  publish(message: Message): void {
    this.#options.tally.pushed++;
    const { topic } = message;
    for (const session of this.#byTopic.get(topic) ?? []) {
      if (!this.#withWildcards.has(session)) session.offer(message, session.subscriptions.get(topic) ?? 0);
    }
    for (const session of this.#withWildcards) {
      const granted = [...session.subscriptions].filter(([filter]) => matches(filter, topic)).map(([, qos]) => qos);
      if (granted.length > 0) session.offer(message, Math.max(...granted) as Qos);
    }
  }

  /** What waits for a device that is enrolled no more, and its session where it is away. */
  forget(topic: string): void {
    for (const session of this.#byTopic.get(topic) ?? []) session.forget(topic);
    const own = this.#all.get(topic);
    if (own !== undefined && own.link === undefined) this.end(own);
  }

  /** Drops what is too old, pushes and sessions. */
  expire(): void {
    const before = this.#options.now() - this.#options.sessionMs;
    for (const session of this.#away) {
      if (session.awaySince === undefined || session.awaySince > before) break; // the others left later
      this.end(session);
    }
    for (const session of this.#all.values()) session.expire();
  }

  close(): void {
    for (const session of [...this.#all.values()]) this.end(session);
  }

  #makeRoom(): void {
    const [longestAway] = this.#away;
    if (longestAway !== undefined) this.end(longestAway);
  }
}
