import type { Writable } from 'node:stream';

/** One request, its body already read and bounded. */
export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** DER of the TLS client certificate, offered and proven, not yet judged. */
  readonly clientCertificate?: Buffer | undefined;
  /** Values of `:name` parts of the route's path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly remote: string;
  /** True once its connection has ended: nobody gets the answer. */
  readonly isGone?: boolean;
  /** Calls back when its connection ends before the whole answer is out. */
  onDropped?(call: () => void): void;
}

export interface StubAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Instead of a body, one that is written piece by piece, for as long as it takes; it ends by `end`, or when its reader goes ('close'). */
  readonly stream?: (to: Writable) => void;
}

/** An address and what answers it. `maxBytes` bounds the body (default 1 MiB): beyond it the answer is 413. */
export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `/v1.0/users/:id`; a part that starts with `:` matches one segment, `devices(deviceId=':id')` a part of one. */
  readonly path: string;
  readonly maxBytes?: number;
  readonly handle: (request: StubRequest) => StubAnswer | Promise<StubAnswer>;
  /** Called where the connection ends within the body, which is empty here. */
  readonly cutOff?: (request: StubRequest) => void;
}
