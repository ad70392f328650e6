import type { Clock } from '../../../base/clock.js';
import type { Log } from '../../../base/log.js';
import type { Random, WakeAsk, WakeObservation } from '../../model/ports.js';

/** One way of waking devices: it carries payloads, and knows nothing of who listens, what counts or what is kept. */
export interface WakeWay {
  /**
   * From now on, through every break, until removed. `events.ready` follows once it has begun. Asked again for the same address
   * it goes on with the new ask. Throws PUSH_LOST when no more fit.
   */
  add(ask: WakeAsk): void;
  remove(address: string): void;
  /**
   * The device is switched off or has no network: what is its own (a connection, a poll) ends until it is added again, and the
   * service keeps what it keeps for such a device. Absent: the way is shared, and what arrives meanwhile is kept here.
   */
  pause?(address: string): void;
  /** Does at once what it would do after a pause, or not any more. Absent: its pauses are short. */
  tryAgain?(address: string): void;
  /** Ends everything at once. */
  close(): void;
}

/** What a way tells, by the address of the ask. */
export interface WayEvents {
  ready(address: string): void;
  received(address: string, payload: string): void;
  /** It could not begin, or what had begun is lost; the way goes on trying, and `ready` follows when it has begun. */
  lost?(address: string, cause: Error): void;
}

/** A way that is open: it begins and ends asks, and tells of payloads. */
export type OpenWay = (events: WayEvents) => WakeWay;

/** What every way needs of the world. */
export interface WayPorts {
  /** Default: the real clock, for the network does not hurry with the devices' time. */
  readonly clock?: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A way that opens connections. */
export interface Observed {
  /** Hears of every connection that was opened, or could not be. */
  readonly observe?: ((observation: WakeObservation) => void) | undefined;
}
