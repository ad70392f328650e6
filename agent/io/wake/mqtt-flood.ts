// How fast one broker may be read: small packets cost a device far more than the broker that sends them.
import type { Clock } from '../../../base/clock.js';

/** What is taken from one connection. A backlog of 2 000 messages of QoS 2 fits into the first. */
export interface FloodBound {
  /** Packets and octets at once. */
  readonly packets: number;
  readonly bytes: number;
  /** Packets and octets that are added to what is left in each second, up to those. */
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Far more than Headwind MDM sends to any device. */
export const usualFloodBound: FloodBound = {
  packets: 4_000,
  bytes: 8 * 1024 * 1024,
  packetsPerSecond: 100,
  bytesPerSecond: 256 * 1024,
};

/** Counts what a connection brings against its bound. */
export class FloodGauge {
  readonly #bound: FloodBound;
  readonly #clock: Clock;
  #packets: number;
  #bytes: number;
  #at: number;

  constructor(bound: FloodBound, clock: Clock) {
    this.#bound = bound;
    this.#clock = clock;
    this.#packets = bound.packets;
    this.#bytes = bound.bytes;
    this.#at = clock.now();
  }

  /** False where that is more than may come. */
  take(packets: number, bytes: number): boolean {
    const { packets: mostPackets, bytes: mostBytes, packetsPerSecond, bytesPerSecond } = this.#bound;
    const now = this.#clock.now();
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#packets = Math.min(mostPackets, this.#packets + seconds * packetsPerSecond) - packets;
    this.#bytes = Math.min(mostBytes, this.#bytes + seconds * bytesPerSecond) - bytes;
    return this.#packets >= 0 && this.#bytes >= 0;
  }
}
