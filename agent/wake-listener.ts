import type { Clock } from '../base/clock.js';
import { asError, isRollcallError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Link } from './platform/driver.js';

/** How long after the wake-up port failed it is listened to again. */
const listenAgainAfterMs = 30_000;

interface WakeListenerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly woken: () => void;
}

/** Listens for wake-ups of one link until closed. */
export class WakeListener {
  readonly link: Link;
  readonly #options: WakeListenerOptions;
  readonly #closing = new AbortController();

  constructor(link: Link, options: WakeListenerOptions) {
    this.link = link;
    this.#options = options;
    void this.#listen(this.#closing.signal);
  }

  close(): void {
    this.#closing.abort(new Error('no longer listened for'));
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { clock, log, woken } = this.#options;
    while (!signal.aborted) {
      try {
        for await (const _ of this.link.wakeups(signal)) woken(); // it was taken, so it counts, though it was closed meanwhile
      } catch (error) {
        if (signal.aborted) return;
        log.warn(isRollcallError(error) ? error.code : 'BUG', { during: 'wake-ups', error: asError(error) });
      }
      await clock.sleep(listenAgainAfterMs, signal).catch(() => {});
    }
  }
}
