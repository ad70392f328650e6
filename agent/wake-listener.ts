import type { Clock } from '../base/clock.js';
import { isRollcallError } from '../base/errors.js';
import type { RunningDevice } from './device-run.js';
import type { Link } from './platform/driver.js';

/** How long after the wake-up port failed it is listened to again. */
const listenAgainAfterMs = 30_000;

/** Listens for wake-ups of one link until closed. */
export class WakeListener {
  readonly link: Link;
  readonly #device: Pick<RunningDevice, 'pending' | 'woken' | 'log'>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  constructor(link: Link, device: Pick<RunningDevice, 'pending' | 'woken' | 'log'>, clock: Clock) {
    this.link = link;
    this.#device = device;
    this.#clock = clock;
    void this.#listen(this.#closing.signal);
  }

  close(): void {
    this.#closing.abort(new Error('no longer listened for'));
  }

  async #listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const _ of this.link.wakeups(signal)) {
          if (signal.aborted) return;
          this.#device.woken();
          this.#device.pending.become('woken');
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#device.log.warn(isRollcallError(error) ? error.code : 'BUG', { during: 'wake-ups', error });
      }
      await this.#clock.sleep(listenAgainAfterMs, signal).catch(() => {});
    }
  }
}
