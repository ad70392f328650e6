// How far the pushes of a service have come, in figures.

/** How far the pushes have come. The first four are of now, the others count from the start. */
export interface PushProgress {
  readonly tokens: number;
  /** For devices that are connected: not sent yet. */
  readonly waiting: number;
  /** Sent, and its device has not said that it has it. */
  readonly unconfirmed: number;
  /** For devices that are not connected. */
  readonly kept: number;
  /** Taken from senders, refused ones included. */
  readonly pushed: number;
  /** Written to connections, each time counted. */
  readonly sent: number;
  /** Of `sent`: again, because a connection ended before the device had confirmed. */
  readonly repeated: number;
  readonly confirmed: number;
  /** Made void by a newer one for the same device before it was confirmed. */
  readonly replaced: number;
  /** Too old when they could have been sent. */
  readonly expired: number;
}

/** What another service of the stub's says of its pushes: a broker of MQTT. */
export interface JoinedPush extends PushProgress {
  /** Devices connected to it. */
  readonly connections: number;
  /** Devices that wait for a push by a long poll. */
  readonly polls?: number;
}

/** Of two services together. */
export function sumOf(one: PushProgress, other: PushProgress): PushProgress {
  return {
    tokens: one.tokens + other.tokens,
    waiting: one.waiting + other.waiting,
    unconfirmed: one.unconfirmed + other.unconfirmed,
    kept: one.kept + other.kept,
    pushed: one.pushed + other.pushed,
    sent: one.sent + other.sent,
    repeated: one.repeated + other.repeated,
    confirmed: one.confirmed + other.confirmed,
    replaced: one.replaced + other.replaced,
    expired: one.expired + other.expired,
  };
}
