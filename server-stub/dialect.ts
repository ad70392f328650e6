// The contract between the stub and the platforms that it serves. This file is all that a new platform has to read: its folder
// exports one Dialect from dialect.ts, and registry.ts names it in one line. What people want to see of its devices in the log
// (ENROLLED, CHECKED_IN, COMMAND, LEFT) the core says; a dialect says what it refuses, at `warn`, by an error's code.
import type { Clock } from '../base/clock.js';
import type { Log } from '../base/log.js';
import type { Authority, PlatformName, Profile, ProfileKind } from '../protocol/vocabulary.js';
import type { Addresses } from './addresses.js';
import type { AdminRoute } from './admin/graph.js';
import type { GraphWords } from './admin/platform-words.js';
import type { Ca } from './ca.js';
import type { Tenant } from './core/interfaces.js';
import type { Woken } from './core/push-types.js';
import type { PlatformTraits } from './core/traits.js';
import type { DeviceRecord } from './core/types.js';
import type { About } from './faults/faults.js';
import type { Route, StubAnswer, StubRequest } from './http-types.js';
import type { Keep } from './keep.js';
import type { KeyMaker } from './key-maker.js';
import type { Network } from './network.js';
import type { PushService } from './push/service.js';
import type { Challenges } from './scep/challenges.js';

/** What a platform's folder exports. `Options` all have defaults; `Handle` is what a library user may do with the running dialect. */
export interface Dialect<Options extends object = object, Handle extends object = object> {
  readonly name: PlatformName;
  /** What the check-in core's rules must know of the platform. */
  readonly traits: PlatformTraits;
  /** What the admin API says of the platform's devices. */
  readonly graph: GraphWords;
  /** Tables of the data folder that are this dialect's alone. A name that stands on somebody's disk is not used for anything else. */
  readonly tables: readonly string[];
  /** Tables that folders of before may hold: what is in them goes elsewhere when it opens. */
  readonly tablesOfBefore?: readonly string[];
  /** What the built-in organisation of this domain has for the platform alone. */
  builtIn(domain: string): BuiltIn;
  /**
   * What is remembered of a device that was made after another (device-records.ts), with all that is worked out from the rest of it worked
   * out anew. `sent`: what the device was sent as one text, where its platform has such.
   */
  settled?(memory: Readonly<Record<string, unknown>>, sent: string): Readonly<Record<string, unknown>>;
  /** Begins to serve the platform. Throws DATA_CORRUPT, PORT_TAKEN, REQUEST_INVALID, and leaves nothing open then. */
  open(services: StubServices, options: Options): Promise<OpenDialect<Handle>>;
}

export interface BuiltIn {
  /** Configurations whose type is the platform's own word: no other platform's device could read them. */
  profiles(authority: Exclude<Authority, 'unknown'>): readonly Profile[];
  /** The topic of its push certificate, for a platform that needs one. */
  readonly pushTopic?: string;
}

/** A dialect that serves. The core is asked for decisions; what is here turns them into the protocol's messages. */
export interface OpenDialect<Handle extends object = object> {
  /** Its endpoints. Whatever arrives there is hostile: it is refused in the protocol's own words, and nothing stored is lost. */
  readonly routes: readonly Route[];
  /**
   * What its protocol answers at a path where its clients may ask and nothing is: 404, 400 where the path is not well-formed, 405.
   * Absent, or undefined: an error in JSON.
   */
  unroutable?(path: string, status: number): StubAnswer | undefined;
  /** Its part of the admin API, below /stub/v1 where Graph has no word for it. The bearer token has been judged already. */
  readonly adminRoutes: readonly AdminRoute[];
  readonly handle: Handle;
  /**
   * What the core calls the profile that the device holds under this name, where its platform has names of its own (a network's, a
   * thumbprint). Absent, or undefined: the same.
   */
  profileNamed?(device: DeviceRecord, kind: ProfileKind, name: string): string | undefined;
  /**
   * What a request to one of its routes is of, for the faults of the wire (faults/): asked only while a fault is set, before the
   * request is judged. Throws nothing for what arrives. Absent: only the platform is known.
   */
  recognise?(request: StubRequest): About;
  /** Called once for each of the platform's devices that a data folder held, before anything is served. */
  resume(device: DeviceRecord): void;
  /**
   * Asks this device to check in, through the push service or in the platform's own way. Returns at once, throws nothing, and says
   * what became of it: `refused` where the device has told no address yet, or its push service does not take it.
   */
  wake(device: DeviceRecord): Woken;
  /**
   * The enrollment has ended: what the device was given (certificates, tokens, sessions) is worth nothing from now on.
   * May still be called after `close`, by a request that ends while the stub stops.
   */
  forget(device: DeviceRecord): void;
  /** What people and scripts are told at start. Asked for once the stub listens. */
  announce(): readonly Announcement[];
  /** Ends what the dialect opened and what keeps a request waiting. New requests are accepted no more by then. */
  close(): Promise<void>;
}

export interface Announcement {
  /** `--json`: `announced.<platform>.<key>`. */
  readonly key: string;
  /** `enroll an iOS device` */
  readonly label: string;
  /** An address that answers, of HTTP or another protocol. */
  readonly url: string;
}

/** What the stub has for every dialect. */
export interface StubServices {
  readonly tenant: Tenant;
  readonly ca: Ca;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly log: Log;
  readonly push: PushService;
  /** For a server of the dialect's own. */
  readonly network: Network;
  /** Give one to a device that is to fetch a certificate at `scepPath`. */
  readonly challenges: Pick<Challenges, 'issue' | 'onRefused'>;
  readonly addresses: Addresses;
  /** Makes a key for whoever asks over the network, within bounds. */
  readonly keys: Pick<KeyMaker, 'make'>;
  /** One of the dialect's own tables; undefined without a data folder. */
  keep(table: string): Keep | undefined;
}

/** Dialects by the name of their platform: what registry.ts exports. */
export type Dialects = { readonly [K in PlatformName]?: Dialect };

/** Options of each dialect, by its platform. */
export type OptionsOf<D> = {
  readonly [K in keyof D]?: NonNullable<D[K]> extends Dialect<infer Options, infer _> ? Options : never;
};

/** Handle of each dialect, by its platform. */
export type HandlesOf<D> = {
  readonly [K in keyof D]: NonNullable<D[K]> extends Dialect<infer _, infer Handle> ? Handle : never;
};
