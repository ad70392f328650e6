// What an emulated device needs of the world. Drivers and device.ts see these and nothing else; agent/io makes them real.

import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';

/** Randomness. For a fleet it is a function of (seed, device index), so the same seed gives the same devices. */
export interface Random {
  bytes(length: number): Buffer;
  /** An integer in [0, below). */
  integer(below: number): number;
  /** A number in [0, 1). */
  fraction(): number;
  /** An RFC 9562 version 4 UUID, upper case. */
  uuid(): string;
}

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Upper bound of the answer's body; beyond it the request fails with HTTP_TOO_LARGE. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The URL that answered, after redirects. */
  readonly url: string;
}

/** A TLS client identity: certificate chain (DER, leaf first) and its key. */
export interface TlsIdentity {
  readonly certificates: readonly Uint8Array[];
  readonly key: KeyObject;
}

/** One device's conversation: connections are kept alive inside it and closed with it. */
export interface HttpSession {
  /** Follows up to 5 redirects, https only unless the port allows http. Throws TRANSPORT_LOST when no answer comes. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

export interface Http {
  /** `identity` is offered in the TLS handshake. `pins`, if given, are DER certificates one of which the server's chain must hold. */
  open(options?: { readonly identity?: TlsIdentity; readonly pins?: readonly Uint8Array[] }): HttpSession;
}

/** Tells what a push service delivers for one device's token. Waiting costs no timer and, shared, no socket. */
export interface Push {
  /** Tells the service that this token is live here. Resolves when it is known there. */
  register(token: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Tells the service that this token is gone for good. */
  unregister(token: Uint8Array): Promise<void>;
  /** Yields the payload (JSON text) of each notification; one waiting while nobody listened is yielded at once. */
  notifications(token: Uint8Array, signal: AbortSignal): AsyncIterable<string>;
  /** Drops the one that waits, if any: what the device asks now answers it. */
  answered?(token: Uint8Array): void;
}

/** Where a private key is kept: in the shared pool by number, or in the device's own record (PKCS#8 DER, base64). */
export type KeyRef = { readonly pool: string } | { readonly pkcs8: string };

export interface DeviceKey {
  readonly ref: KeyRef;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Keys {
  /** An RSA key of this size: fresh, or one of the pool's, as the pool was told. */
  take(bits: 1024 | 2048 | 3072 | 4096, signal?: AbortSignal): Promise<DeviceKey>;
  /** The key that an earlier take gave, after a restart too. Throws KEY_MISSING when it is gone. */
  open(ref: KeyRef): DeviceKey;
  /** Keeps a key that came from outside (PKCS#12). */
  adopt(privateKey: KeyObject): DeviceKey;
}

/** Everything a device may touch. One object for a whole fleet but for `random` and `log`, which are the device's own. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: Http;
  /** Absent where no push service is at hand: the device then wakes only by its own schedule or by hand. */
  readonly push?: Push;
  readonly log: Log;
  readonly keys: Keys;
}
