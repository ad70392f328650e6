// What went over the wire, as it went, for people to read: the device's side and the stub's are traced alike.

/** One HTTP exchange as it went, secrets included: whoever shows it masks them (protocol/printers.ts). */
export interface TracedExchange {
  /** Whose requests these are to the tracer: the device's own, or those that a server was sent. */
  readonly side: 'device' | 'server';
  /** Milliseconds since the epoch, in real time. */
  readonly startedAt: number;
  readonly method: string;
  readonly url: string;
  /** The other end's address, where it is known. */
  readonly remote?: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody?: Uint8Array;
  /** Absent where no answer came. */
  readonly status?: number;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** Decoded, where it was compressed. */
  readonly responseBody?: Uint8Array;
  /** The error's code, where there was no usable answer. */
  readonly code?: string;
  readonly message?: string;
  /** Real milliseconds: TCP and TLS set-up of a new connection, time to the first byte of the answer, all of it. */
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly ttfbMs?: number;
  readonly totalMs: number;
}

/** Hears of every exchange once it is over. Must not throw, and must not keep the bodies for long. */
export interface Trace {
  exchanged(exchange: TracedExchange): void;
}
