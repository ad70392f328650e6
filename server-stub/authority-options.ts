import type { Clock } from '../base/clock.js';
import type { Log } from '../base/log.js';
import type { Trace } from '../base/trace.js';
import type { AdminTokens } from './admin/graph.js';
import type { NewRsaKey } from './ca.js';
import type { Tenant } from './core/interfaces.js';
import type { TenantConfig } from './core/types.js';
import type { Announcement } from './dialect.js';
import type { PushProgress, PushService } from './push/service.js';
import type { RootPem } from './root-files.js';
import type { ScepServerOptions } from './scep/open.js';
import type { CertificateRequests } from './scep/requests.js';
import type { ClockSetting, TenantClock } from './tenant-clock.js';

/** What may be set of a stub authority, whatever platforms it serves. */
export interface CommonOptions {
  /** 0 (the default) takes a free port; `url` says which. */
  readonly port?: number;
  /** Of the APNs-shaped service; 0 (the default) takes a free one. */
  readonly pushPort?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Names and addresses, beside localhost's, under which clients reach the stub. The first is used in `url`. */
  readonly hostnames?: readonly string[];
  /** Default: the built-in one. */
  readonly tenant?: TenantConfig;
  /** Keeps CA, certificates and tenant; without it all is gone at the end. */
  readonly dataFolder?: string;
  /** A root certificate and its RSA key (PEM) to use instead of making one. */
  readonly root?: RootPem;
  /** Makes the RSA keys of root and signers: where many authorities are started, from a stock. Default: each natively made. */
  readonly newRsaKey?: NewRsaKey;
  /** Where the CA certificate is written for others to trust. */
  readonly caFile?: string;
  /** Drives the tenant's clock. Default: the machine's. */
  readonly clock?: Clock;
  /**
   * How the tenant's clock goes: as `clock` does, not at all but when it is moved (POST /stub/v1/clock), or so many times as fast.
   * Default: as the data folder has it, or else `real`.
   */
  readonly clockSetting?: ClockSetting;
  readonly random?: (length: number) => Buffer;
  readonly log?: Log;
  /** Hears of every request with its answer, push senders' included, and of what goes over the devices' WebSockets. Default: nobody does. */
  readonly trace?: Trace;
  /** False: plain HTTP, for tools that cannot be told to trust a CA. Default true. */
  readonly tls?: boolean;
  /** Those of roles that are not named are made. */
  readonly adminTokens?: Partial<AdminTokens>;
  /** How long a device's certificate is valid, where the tenant's `mdmCertificateMs` is as usual (365 days). */
  readonly deviceCertificateMs?: number;
  /** SCEP through a registration authority: GetCACert answers with two certificates. Default false. */
  readonly registrationAuthority?: boolean;
  readonly scep?: ScepServerOptions;
  /** Refuse pushes from senders without a client certificate. Default false. */
  readonly requirePushCertificate?: boolean;
  /**
   * Notifications sent to devices per second, over all push connections together (docs/push.md). Default: no bound but that of
   * the connections, each of which gets no more than it takes.
   */
  readonly pushRate?: number;
  /**
   * Connections open at the same time, push senders' included, which have an eighth (docs/reliability.md). Default: what
   * `ulimit -n` allows less 64, 50 000 at most.
   */
  readonly maxConnections?: number;
  /** The clock of network and disk: push rate, clients that stop reading, stopping, a disk that failed. Default: the real one, whatever `clock` says. */
  readonly networkClock?: Clock;
}

/** A stub authority that serves, whatever platforms. */
export interface CommonAuthority {
  /** Scheme, host and port. */
  readonly url: string;
  /** WebSocket at which devices wait for notifications. */
  readonly pushUrl: string;
  /** Of the APNs-shaped service. */
  readonly apnsUrl: string;
  readonly caPem: string;
  readonly caFile?: string;
  readonly adminTokens: AdminTokens;
  readonly tenant: Tenant;
  /** The tenant's own: it may be set and moved. */
  readonly clock: TenantClock;
  readonly push: PushService;
  /** Certificate requests that wait for approval. */
  readonly scep: Pick<CertificateRequests, 'pending' | 'approve' | 'reject'>;
  /** What each platform tells people and scripts at start. */
  readonly announced: readonly (Announcement & { readonly platform: string })[];
  readonly counters: Counters;
  /**
   * Resolves once everything that was changed here until now is on the disk, at once where there is no data folder: for library
   * users; answers over the wire wait by themselves. Throws STORE_UNWRITABLE where it could not be written.
   */
  stored(): Promise<void>;
  /** Ends everything; running requests are answered first, for four seconds at most. */
  close(): Promise<void>;
}

export interface Counters {
  readonly devices: number;
  /** Requests answered, by HTTP status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly pushes: number;
  readonly pushSockets: number;
  /** Open now, at both ports, whatever they have come to. */
  readonly connections: number;
  /** How far the pushes have come. */
  readonly pushProgress: PushProgress;
  readonly certificates: number;
  /** Stored records that could not be read and were set aside. */
  readonly aside: number;
}
