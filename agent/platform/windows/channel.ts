import { onAbort } from '../../../base/abort.js';
import { isRollcallError } from '../../../base/errors.js';
import type { Ports, WakeAsk, WakeUps } from '../../model/ports.js';
import type { DeviceView } from '../driver.js';
import { troubleOf } from '../trouble.js';
import type { WindowsMemory } from './memory.js';
import { isWakeUp, wakeAskOf } from './wake.js';

/** The channel of one link: asked for when the server gives a PFN, given up and asked for anew when it changes. */
export class Channel {
  readonly #device: DeviceView;
  readonly #ports: Pick<Ports, 'wake' | 'log'>;
  readonly #memory: WindowsMemory;
  /** What was asked in this process. */
  #asked: WakeAsk | undefined;
  #changed: (() => void) | undefined;

  constructor(device: DeviceView, ports: Pick<Ports, 'wake' | 'log'>, memory: WindowsMemory) {
    this.#device = device;
    this.#ports = ports;
    this.#memory = memory;
  }

  get ask(): WakeAsk | undefined {
    return wakeAskOf(this.#memory.data);
  }

  /** What was queued before a session is answered by it. */
  answered(): void {
    const { ask } = this;
    if (ask !== undefined) this.#ports.wake?.answered(ask);
  }

  /** After a session: asks for a channel that has come, gives up one that has gone. Throws INTERRUPTED. */
  async follow(signal: AbortSignal): Promise<void> {
    const { wake } = this.#ports;
    const { ask } = this;
    if (wake === undefined || ask?.address === this.#asked?.address) return;
    const before = this.#asked;
    if (before !== undefined) await wake.withdraw(before);
    this.#asked = undefined;
    if (ask !== undefined) await this.#begin(wake, ask, signal);
    this.#changed?.();
  }

  /** Yields each wake-up, of whatever channel the link has at the time. */
  async *wakeups(signal: AbortSignal): AsyncIterable<void> {
    const { wake } = this.#ports;
    while (!signal.aborted) {
      const { ask } = this;
      const turn = new AbortController();
      const forget = onAbort(signal, () => turn.abort(signal.reason));
      const changed = new Promise<void>((resolve) => {
        this.#changed = () => {
          turn.abort(new Error('another channel'));
          resolve();
        };
        onAbort(turn.signal, resolve);
      });
      try {
        if (wake !== undefined && ask !== undefined) {
          if (this.#asked?.address !== ask.address) await this.#begin(wake, ask, signal);
          for await (const _ of wake.listen(ask, isWakeUp, turn.signal)) yield;
          if (!turn.signal.aborted) return; // the way ended it
        }
        await changed;
      } finally {
        forget();
      }
    }
  }

  async forget(): Promise<void> {
    const { ask } = this;
    if (ask === undefined) return;
    try {
      await this.#ports.wake?.withdraw(ask);
    } catch (error) {
      this.#ports.log.debug('PUSH_LOST', { during: 'withdraw', problem: String(error) });
    }
    this.#asked = undefined;
  }

  /** Told once where it cannot be: the way goes on trying, and wakes the device when it can. */
  async #begin(wake: WakeUps, ask: WakeAsk, signal: AbortSignal): Promise<void> {
    this.#asked = ask;
    try {
      await wake.ask(ask, isWakeUp, signal);
    } catch (error) {
      if (!isRollcallError(error, 'PUSH_LOST')) throw error;
      this.#device.tell(troubleOf(error, 'push'));
    }
  }
}
