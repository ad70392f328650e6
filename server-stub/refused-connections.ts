import type { Clock } from '../base/clock.js';
import type { Log } from '../base/log.js';

/** How long refusals are counted before they are told again. */
const tellMs = 10_000;

/** Says that a server is full: at once the first time, then how often it was in each ten seconds, and nothing while it is not. */
export class Refusals {
  readonly #about: { readonly server: string; readonly max: number };
  readonly #log: Log;
  readonly #clock: Clock;
  #refused = 0;
  #ended = 0;
  #cancel: (() => void) | undefined;

  constructor(server: string, max: number, log: Log, clock: Clock) {
    this.#about = { server, max };
    this.#log = log;
    this.#clock = clock;
  }

  /** A new connection was not taken. */
  refused(): void {
    this.#refused++;
    this.#tellSoon();
  }

  /** One was ended to make room. */
  ended(): void {
    this.#ended++;
    this.#tellSoon();
  }

  close(): void {
    if (this.#cancel !== undefined && this.#refused + this.#ended > 0) this.#tell();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #tellSoon(): void {
    if (this.#cancel !== undefined) return;
    this.#tell();
    this.#cancel = this.#clock.after(tellMs, () => {
      this.#cancel = undefined;
      if (this.#refused + this.#ended > 0) this.#tellSoon();
    });
  }

  #tell(): void {
    this.#log.warn('CONNECTIONS_FULL', { ...this.#about, refused: this.#refused, ended: this.#ended });
    this.#refused = 0;
    this.#ended = 0;
  }
}
