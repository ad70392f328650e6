// What an emulated device needs of the world. Drivers and device.ts see these and nothing else; agent/io makes them real.

import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import type { RollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Trace } from '../../base/trace.js';
import type { Operation } from './operations.js';
import type { ServerTrust } from './server-rules.js';

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

/** One HTTP request of a device. */
export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  readonly url: string;
  /** What it is in its protocol, such as `TokenUpdate`: a name of docs/metrics.md, for figures. It is not sent. */
  readonly operation?: Operation;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Upper bound of the answer's body; beyond it the request fails with HTTP_TOO_LARGE. Default 1 MiB. */
  readonly maxBytes?: number;
  /**
   * Takes the body of a 200 piece by piece as it comes, as it was sent (a Content-Encoding is not undone): the answer's `body` is
   * empty then, whatever its status, and nothing of it is held. A request that fails after some of it throws as any other.
   */
  readonly into?: (chunk: Uint8Array) => void;
  /** False: a redirect is an answer like any other. Default: followed, as `HttpSession.request` says. */
  readonly followsRedirects?: false;
  /** Longest that it may take with all redirects, in real time; beyond it TRANSPORT_LOST. Default: the port's bound for each. */
  readonly withinMs?: number;
  /** How the connection fails this request, on purpose: for tests of a server under load. */
  readonly fault?: HttpFault;
  readonly signal?: AbortSignal;
}

/** What a bad network does to one request. */
export interface HttpFault {
  /** The connection ends when half of the body is sent, or when the head of the answer has come: TRANSPORT_LOST. */
  readonly breaks?: 'sending' | 'answering';
  /** The answer's body is read no faster, in octets a second of real time. */
  readonly bytesPerSecond?: number;
}

/** What came back, whatever its status; the body is bounded by the request's `maxBytes`. */
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

/** One HTTP exchange as it went, for metrics. Times are real milliseconds from the moment the request was made. */
export interface HttpObservation {
  /** The request's: its redirects and second tries have it too. */
  readonly operation?: Operation;
  readonly method: string;
  readonly origin: string;
  /** Without the query. */
  readonly path: string;
  readonly status?: number;
  /** The error's code, where there was no usable answer. */
  readonly code?: string;
  /** A kept connection was used again. Otherwise one was opened, or was to be. */
  readonly reused: boolean;
  /** Of a connection with TLS that was opened for this request: whether its session was resumed. */
  readonly resumed?: boolean;
  /** The same request was sent again, on another connection. */
  readonly isRetry?: true;
  /** TCP and TLS set-up, for a connection that was opened for this request. */
  readonly connectMs?: number;
  readonly tlsMs?: number;
  /** Until the first byte of the answer. */
  readonly ttfbMs?: number;
  readonly totalMs: number;
  /** Of bodies as they travel; of neither heads nor TLS. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** One device's conversation: connections are kept alive inside it and closed with it. */
export interface HttpSession {
  /** Follows up to 5 redirects, https only unless the port allows http. Throws TRANSPORT_LOST when no answer comes. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** Opens sessions to servers. One for all devices of a process. */
export interface Http {
  /**
   * `identity` is offered in the TLS handshake. `pins`, if given, are DER certificates one of which the server's chain must hold.
   * `server`: how the platform judges server certificates; without it the chain and the name count alone.
   * `allowsHttp`: http:// addresses too, whatever the port allows: for SCEP, whose messages protect themselves, and where the
   * platform itself lets them through.
   * `observe`: told of every exchange of this session, redirects and second tries included. `localAddress`: the address of this
   * machine that connections are made from; default: the system's choice. `connections`: as in the port's own options, for this
   * session; default: as the port was told.
   */
  open(options?: {
    readonly identity?: TlsIdentity;
    readonly pins?: readonly Uint8Array[];
    readonly server?: ServerTrust;
    readonly allowsHttp?: boolean;
    readonly observe?: (observation: HttpObservation) => void;
    readonly localAddress?: string;
    readonly connections?: 'per-session' | 'shared';
  }): HttpSession;
}

/** How a connection on which devices are woken came about, for metrics. */
export interface WakeObservation {
  readonly operation: 'mqtt-connect' | 'push-connect';
  /** The ask's; absent for a socket that all devices share. */
  readonly address?: string;
  /** Real milliseconds until the service knew the device (SUBACK, `registered`), or the shared socket was open; or until it failed. */
  readonly totalMs: number;
  /** PUSH_LOST or PUSH_FLOOD, where it failed. */
  readonly code?: string;
}

/**
 * A device asks to be woken. Plain data, made from what the link has saved, so that the same ask can be made again in a later
 * process: a packed device stays woken.
 */
export interface WakeAsk {
  /** By which way (agent/io/wake), such as `push-service`. */
  readonly way: string;
  /** Who is to be woken, in that way's words: a push token, a topic, an address to poll. One ask for each way and address. */
  readonly address: string;
  /** What else the way or the judge needs: a broker, credentials, a PushMagic. Never logged. */
  readonly data?: Readonly<Record<string, string | number | boolean>>;
  /** How many wake-ups are kept while nobody listens; beyond that the newest win. Default 1. */
  readonly keeps?: number;
}

/**
 * Says whether what arrived wakes this device. The driver's, and pure: it is called while the device is packed, too, so it
 * knows nothing but the ask.
 */
export type WakeJudge = (ask: WakeAsk, payload: string) => boolean;

/** Whoever holds a device that may be packed. */
export interface WakeOwner {
  /** A wake-up came while nobody listened; it is kept. */
  woken(): void;
  /**
   * Its way is lost, or could not begin and nobody waits for it in `ask`: PUSH_LOST, each time, and the way goes on trying; or
   * PUSH_FLOOD, likewise after a longer pause; or PUSH_DUPLICATE, and it does not.
   */
  lost?(error: RollcallError): void;
}

/** Wakes devices: by a socket that many share, by connections of their own, by long polls. Waiting costs no timer of a device. */
export interface WakeUps {
  /**
   * From now on this device is woken, listened for or not. Resolves when the way has begun; a way that is not at hand never
   * wakes anybody, and that is no error. Throws PUSH_LOST when it cannot begin for now: the ask stands all the same, and the way
   * goes on trying until it is withdrawn. Throws INTERRUPTED.
   */
  ask(ask: WakeAsk, judge: WakeJudge, signal?: AbortSignal): Promise<void>;
  /** Yields what arrived and was judged a wake-up, what came while nobody listened first. The newest listener has it. */
  listen(ask: WakeAsk, judge: WakeJudge, signal: AbortSignal): AsyncIterable<string>;
  /** Drops what is kept and gives it back, oldest first: what the device asks now answers it. */
  answered(ask: WakeAsk): readonly string[];
  /**
   * How many wake-ups of an ask that keeps several went for newer ones since this was last asked. Absent: nothing is dropped, or
   * nobody can say.
   */
  dropped?(ask: WakeAsk): number;
  /** This device is not to be woken any more, for good. */
  withdraw(ask: WakeAsk): Promise<void>;
  /** The device has no network, or is off: its own connection or poll ends until it resumes. What was asked for stays asked. */
  pause(ask: WakeAsk): void;
  /** The device is back. Nothing happens where it was not paused; to listen or to ask again resumes too. */
  resume(ask: WakeAsk): void;
  /** A connection that is lost or was given up is tried at once, without waiting for it. Else nothing happens. */
  tryAgain(ask: WakeAsk): void;
  /** The same port for a device that may be packed: its owner is told of wake-ups that nobody listens for. */
  ownedBy(owner: WakeOwner): WakeUps;
}

/** Where a private key is kept: in the shared pool by number, or in the device's own record (PKCS#8 DER, base64). */
export type KeyRef = { readonly pool: string } | { readonly pkcs8: string };

/** An RSA key pair and where it is kept. */
export interface DeviceKey {
  readonly ref: KeyRef;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Where devices get their keys from. */
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
  /** Absent where nothing can wake a device: it then acts only by its own schedule or by hand. */
  readonly wake?: WakeUps;
  readonly log: Log;
  readonly keys: Keys;
  /**
   * What is made of a message before it is signed and sent, of a device that is broken. Absent: it is sent as it is. `http` sends what
   * it is given.
   */
  readonly distort?: (message: Uint8Array, operation: Operation) => Uint8Array;
  /** Hears of what goes over the wire. `http` tells it of every exchange; ways that are no HTTP tell it themselves. */
  readonly trace?: Trace;
}
