// The wake-ups of a link whose ask changes under it: by the server's word, by age, by a renaming.
import { onAbort } from '../../base/abort.js';
import { isRollcallError } from '../../base/errors.js';
import type { Ports, WakeAsk, WakeJudge } from '../model/ports.js';
import type { DeviceView } from './driver.js';
import { troubleOf } from './trouble.js';

/** What a link's wake-ups are made of. */
interface ChangingWakeOptions {
  readonly ports: Pick<Ports, 'wake' | 'log'>;
  readonly device: Pick<DeviceView, 'tell'>;
  /** What the link asks for now; undefined where nothing can wake it. Asked often: it should cost little. */
  readonly ask: () => WakeAsk | undefined;
  readonly judge: WakeJudge;
  /** Hears what arrived, before the listener is woken by it. */
  readonly received?: (payload: string) => void;
}

/** Asks, listens and withdraws, whatever the ask is at the time. */
export class ChangingWake {
  readonly #options: ChangingWakeOptions;
  /** What this link has asked for. */
  #asked: WakeAsk | undefined;
  #changed: (() => void) | undefined;

  constructor(options: ChangingWakeOptions) {
    this.#options = options;
  }

  /** What was kept while nobody listened; it is kept no more. */
  answered(): readonly string[] {
    const { ports, ask } = this.#options;
    const now = ask();
    return now === undefined ? [] : (ports.wake?.answered(now) ?? []);
  }

  /** How many were dropped for newer ones since this was last asked. */
  dropped(): number {
    const { ports, ask } = this.#options;
    const now = ask();
    return now === undefined ? 0 : (ports.wake?.dropped?.(now) ?? 0);
  }

  /** Asks for what is to be asked for now where that is another; `before`: the ask that stood. What was kept for that is received. */
  async follow(before: WakeAsk | undefined, signal: AbortSignal): Promise<void> {
    const now = this.#options.ask();
    if (isSameAsk(now, before)) return;
    if (before !== undefined) {
      const { ports, received } = this.#options;
      if (received !== undefined) for (const payload of ports.wake?.answered(before) ?? []) received(payload);
      await this.#withdraw(before);
    }
    if (now !== undefined && !signal.aborted) await this.#begin(now, signal); // else when it is listened for
    this.#changed?.();
  }

  /** Yields each wake-up, of whichever ask there is. */
  async *listen(signal: AbortSignal): AsyncIterable<void> {
    while (!signal.aborted) {
      const own = new AbortController();
      const forget = onAbort(signal, () => own.abort(signal.reason));
      this.#changed = () => own.abort(new Error('another ask'));
      try {
        yield* this.#listenOnce(own.signal);
      } finally {
        forget();
      }
    }
  }

  async forget(): Promise<void> {
    const now = this.#options.ask();
    if (now !== undefined) await this.#withdraw(now);
  }

  async *#listenOnce(signal: AbortSignal): AsyncIterable<void> {
    const { ports, ask, judge, received } = this.#options;
    const now = ask();
    if (ports.wake === undefined || now === undefined) {
      await new Promise<void>((resolve) => onAbort(signal, resolve));
      return;
    }
    if (!isSameAsk(this.#asked, now)) await this.#begin(now, signal);
    for await (const payload of ports.wake.listen(now, judge, signal)) {
      received?.(payload);
      yield;
    }
  }

  /** Told where it cannot be: the way goes on trying, and wakes the device when it can. */
  async #begin(ask: WakeAsk, signal: AbortSignal): Promise<void> {
    const { ports, device, judge } = this.#options;
    this.#asked = ask;
    try {
      await ports.wake?.ask(ask, judge, signal);
    } catch (error) {
      if (!isRollcallError(error, 'PUSH_LOST')) throw error;
      device.tell(troubleOf(error, 'push'));
    }
  }

  async #withdraw(ask: WakeAsk): Promise<void> {
    this.#asked = undefined;
    const { ports } = this.#options;
    try {
      await ports.wake?.withdraw(ask);
    } catch (error) {
      ports.log.debug('PUSH_LOST', { during: 'withdraw', problem: String(error) });
    }
  }
}

/** The same way, address and data. */
const isSameAsk = (one: WakeAsk | undefined, other: WakeAsk | undefined): boolean =>
  one === other || (one?.way === other?.way && one?.address === other?.address && isSame(one?.data, other?.data));

const isSame = (one: WakeAsk['data'] = {}, other: WakeAsk['data'] = {}): boolean =>
  Object.keys({ ...one, ...other }).every((key) => one[key] === other[key]);
