// What all servers of a stub have in common, those that a dialect opens for itself included.
import type { Clock } from '../base/clock.js';
import type { Trace } from '../base/trace.js';
import { defaultMaxConnections, shareConnections } from './descriptors.js';
import { FanOut } from './push/fan-out.js';

/** What a server needs beside its port. */
export interface Network {
  /** Of what happens on the network. It is the real one, whatever clock devices live by, but in tests. */
  readonly clock: Clock;
  /** Who sends a push next, over all kinds of push (docs/push.md). */
  readonly fanOut: FanOut;
  readonly trace: Trace | undefined;
  readonly connections: ConnectionShares;
}

interface NetworkOptions {
  readonly clock: Clock;
  readonly pushRate?: number;
  readonly maxConnections?: number;
  readonly trace?: Trace;
}

export function openNetwork(options: NetworkOptions): Network {
  const { clock, pushRate: ratePerSecond, maxConnections, trace } = options;
  return {
    clock,
    trace,
    fanOut: new FanOut({ clock, ratePerSecond }),
    connections: new ConnectionShares(maxConnections ?? defaultMaxConnections()),
  };
}

/** The connections that the process may have open, shared among its servers. */
class ConnectionShares {
  /** For senders of pushes. */
  readonly push: number;
  #rest: number;

  constructor(max: number) {
    const { http, push } = shareConnections(max);
    this.push = push;
    this.#rest = http;
  }

  /** What is left for HTTP. */
  get rest(): number {
    return this.#rest;
  }

  /** For a server to which devices stay connected: half of what is left, asked for before HTTP is served. */
  half(): number {
    const half = Math.floor(this.#rest / 2);
    this.#rest -= half;
    return half;
  }
}
