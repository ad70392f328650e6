// What went over the wire, as it went, for people to read: the device's side and the stub's are traced alike.
import type { LogValues } from './log.js';
import type { Colour } from './terminal.js';

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
  /** Bytes of the body that went over the wire, where they are known: fewer than it has where it was compressed or cut off. */
  readonly receivedBytes?: number;
  /** The error's code, where there was no usable answer. */
  readonly code?: string;
  readonly message?: string;
  /** Real milliseconds: TCP and TLS set-up of a new connection, time to the first byte of the answer, all of it. */
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly ttfbMs?: number;
  readonly totalMs: number;
}

/** One message of a connection that both sides speak on, such as a WebSocket; secrets included. */
export interface TracedMessage {
  readonly side: 'device' | 'server';
  /** Milliseconds since the epoch, in real time. */
  readonly at: number;
  readonly url: string;
  readonly direction: 'sent' | 'received';
  readonly body: Uint8Array;
}

/** Hears of every exchange once it is over. Must not throw, and must not keep the bodies for long. */
export interface Trace {
  exchanged(exchange: TracedExchange): void;
  /** Absent where such messages are not wanted. */
  messaged?(message: TracedMessage): void;
}

/** One line of a trace as people read it, and its colour where there are colours. */
export interface TraceLine {
  readonly text: string;
  readonly colour?: Colour;
}

/** How exchanges are shown, secrets masked: protocol/traced.ts is that of all protocols here. */
export interface TraceForm {
  exchange(exchange: TracedExchange): readonly TraceLine[];
  message(message: TracedMessage): readonly TraceLine[];
  /** What the log says of it in one line. */
  summary(exchange: TracedExchange): LogValues;
  /** An entry of a HAR file. Messages have no place there. */
  har(exchange: TracedExchange): Readonly<Record<string, unknown>>;
}
