// Who sends next. Pushes for any number of devices are not written where they are asked for: each connection keeps what waits
// for its devices, and the fan-out gives connections their turns, one after the other, as the rate and their sockets allow.
import type { Clock } from '../../base/clock.js';
import { Rate } from './rate.js';

/** One that has notifications to send: a connection. */
export interface Sender {
  /** True when something waits and the connection takes more. */
  readonly isReady: boolean;
  /** Sends up to `most` and answers how many went; what was already of no use does not count. */
  send(most: number): number;
}

interface FanOutOptions {
  /** Of the rate. */
  readonly clock: Clock;
  /** Pushes per second over all connections. Default: as fast as the connections take them. */
  readonly ratePerSecond?: number | undefined;
}

/** What one connection sends before the next has its turn. */
const shareOfTurn = 32;
/** What is sent in one turn of the event loop: a few milliseconds' work, after which others are heard. */
const perTurn = 512;

export class FanOut {
  readonly #rate: Rate;
  readonly #clock: Clock;
  readonly #share: number;
  readonly #ready = new Set<Sender>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor({ clock, ratePerSecond }: FanOutOptions) {
    this.#clock = clock;
    this.#rate = new Rate(clock, ratePerSecond);
    this.#share = this.#rate.shareOf(shareOfTurn);
  }

  get ratePerSecond(): number | undefined {
    return this.#rate.perSecond;
  }

  /** This one is ready to send, or may be again. */
  wake(sender: Sender): void {
    if (this.#isClosed || !sender.isReady) return;
    this.#ready.add(sender);
    if (this.#cancel === undefined) this.#goOnSoon();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#ready.clear();
  }

  #goOnSoon(): void {
    const turn = setImmediate(this.#takeTurn);
    this.#cancel = () => clearImmediate(turn);
  }

  readonly #takeTurn = (): void => {
    this.#cancel = undefined;
    let left = perTurn;
    for (const sender of this.#ready) {
      if (left <= 0) break;
      if (!sender.isReady) {
        this.#ready.delete(sender);
        continue;
      }
      const granted = this.#rate.take(Math.min(this.#share, left));
      if (granted === 0) {
        this.#cancel = this.#clock.after(this.#rate.waitMs, this.#takeTurn);
        return;
      }
      const sent = sender.send(granted);
      this.#rate.giveBack(granted - sent);
      left -= Math.max(1, sent);
      this.#ready.delete(sender);
      if (sender.isReady) this.#ready.add(sender); // behind the others
    }
    if (this.#ready.size > 0) this.#goOnSoon();
  };
}
