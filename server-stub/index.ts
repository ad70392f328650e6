// The door of the stub authority: one call starts all its servers, one call ends them.

import { randomBytes, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Clock, realClock } from '../base/clock.js';
import { createLog, type Log } from '../base/log.js';
import { type AdminPorts, type AdminTokens, guard } from './admin/graph.js';
import { adminRoutes } from './admin/routes.js';
import { type NewRsaKey, openCa, type RootPem } from './ca.js';
import { openJournal } from './core/journal.js';
import { createTenant } from './core/tenant.js';
import { defaultTenant } from './core/tenant-file.js';
import type { Tenant, TenantConfig } from './core/types.js';
import { stubError } from './errors.js';
import { writeFileSafely } from './files.js';
import { serveHttp } from './http.js';
import type { StubRequest } from './http-types.js';
import { iosAdminRoutes } from './ios/administration.js';
import { createChallenges } from './ios/challenges.js';
import type { IosContext, IosSettings } from './ios/context.js';
import { createDeclarations, type DeclarationToSet } from './ios/declarations.js';
import { createDocuments } from './ios/documents.js';
import { iosRoutes } from './ios/routes.js';
import { createScepServer, type ScepServer } from './ios/scep.js';
import { setDeclarations } from './ios/synchronise.js';
import { forgetDevices, wakeDevices } from './ios/wake.js';
import { pushRoutes } from './push/administration.js';
import { type RunningApns, serveApns } from './push/apns.js';
import { type PushProgress, PushService } from './push/service.js';
import { apnsHosts, attachTunnel } from './push/tunnel.js';
import { attachPushSockets } from './push/websocket.js';
import { resourceRoutes } from './resources.js';

export interface AuthorityOptions {
  /** 0 (the default) takes a free port; `url` says which. */
  readonly port?: number;
  /** Of the APNs-shaped service; 0 (the default) takes a free one. */
  readonly pushPort?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Names and addresses, beside localhost's, under which clients reach the stub. The first is used in `url`. */
  readonly hostnames?: readonly string[];
  readonly tenant?: TenantConfig;
  /** Keeps CA, certificates and tenant; without it all is gone at the end. */
  readonly dataFolder?: string;
  /** A root certificate and its RSA key (PEM) to use instead of making one. */
  readonly root?: RootPem;
  /** Makes the RSA keys of root and signers: where many authorities are started, from a stock. Default: each natively made. */
  readonly newRsaKey?: NewRsaKey;
  /** Where the CA certificate is written for others to trust. */
  readonly caFile?: string;
  readonly clock?: Clock;
  readonly random?: (length: number) => Buffer;
  readonly log?: Log;
  /** False: plain HTTP, for tools that cannot be told to trust a CA. Default true. */
  readonly tls?: boolean;
  readonly adminTokens?: AdminTokens;
  /** How long a device's certificate is valid. Default 365 days. */
  readonly deviceCertificateMs?: number;
  /** SCEP through a registration authority: GetCACert answers with two certificates. Default false. */
  readonly registrationAuthority?: boolean;
  /** Refuse pushes from senders without a client certificate. Default false. */
  readonly requirePushCertificate?: boolean;
  /**
   * Notifications sent to devices per second, over all push connections together (docs/push.md). Default: no bound but that of
   * the connections, each of which gets no more than it takes.
   */
  readonly pushRate?: number;
  /** The clock of the network: the push rate, clients that stop reading. Default: the real one, whatever `clock` says. */
  readonly networkClock?: Clock;
  readonly ios?: Partial<IosSettings>;
}

export interface RunningAuthority {
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
  readonly push: PushService;
  readonly scep: Pick<ScepServer, 'pending' | 'approve' | 'reject'>;
  /** Replaces the declarations of declarative management and tells every enrolled iOS device. Throws REQUEST_INVALID. */
  setDeclarations(declarations: readonly DeclarationToSet[]): void;
  /** Keeps a document, a profile by default, for declarations to refer to, and answers its URL. Throws REQUEST_INVALID. */
  addDocument(content: Uint8Array, contentType?: string): string;
  readonly counters: Counters;
  /** Ends everything; running requests are answered first. */
  close(): Promise<void>;
}

export interface Counters {
  readonly devices: number;
  /** Requests answered, by HTTP status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly pushes: number;
  readonly pushSockets: number;
  /** How far the pushes have come. */
  readonly pushProgress: PushProgress;
  readonly certificates: number;
}

const uuid = () => randomUUID().toUpperCase();
const dayMs = 24 * 3_600_000;
const defaultIosSettings: Omit<IosSettings, 'challengeMs'> = {
  keySizeBits: 2048,
  scepApproval: 'automatic',
  tokens: {},
};

/** Throws PORT_TAKEN, DATA_CORRUPT, DATA_LOCKED, REQUEST_INVALID; nothing is left running then. */
export async function startAuthority(options: AuthorityOptions = {}): Promise<RunningAuthority> {
  const { host = '127.0.0.1', tls = true, dataFolder, random = randomBytes } = options;
  const clock = options.clock ?? realClock;
  const log = options.log ?? createLog({ level: 'warn' });
  if (options.pushRate !== undefined && !(options.pushRate > 0 && Number.isFinite(options.pushRate)))
    throw stubError('REQUEST_INVALID', `a push rate of ${options.pushRate}: it must be above 0`);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const journal = dataFolder === undefined ? undefined : openJournal(dataFolder, log);
    closers.push(() => journal?.close());
    const ca = await openCa({
      clock,
      random,
      hostnames: [...(options.hostnames ?? []), ...(isReachable(host) ? [host] : [])],
      ...(dataFolder !== undefined && { dataFolder }),
      ...(options.root !== undefined && { root: options.root }),
      ...(options.newRsaKey !== undefined && { newRsaKey: options.newRsaKey }),
      withRegistrationAuthority: options.registrationAuthority ?? false,
      deviceCertificateMs: options.deviceCertificateMs ?? 365 * dayMs,
      keep: journal?.keep('issued'),
    });
    const ports = { clock, random: { bytes: random, uuid }, log };
    const tenant = createTenant(options.tenant ?? defaultTenant(), ports, journal);
    closers.push(() => tenant.close());

    const scheme = tls ? 'https' : 'http';
    const mainName = options.hostnames?.[0] ?? (isReachable(host) ? host : 'localhost');
    let port = 0;
    const challengeMs = tenant.settings.enrollmentMs;
    const settings: IosSettings = { ...defaultIosSettings, challengeMs, ...options.ios };
    const push = new PushService({ clock });
    const keep = journal?.keep('ios-challenges');
    const challenges = createChallenges({ clock, random, validMs: settings.challengeMs, keep });
    const context: IosContext = {
      tenant,
      ca,
      clock,
      random,
      log,
      push,
      challenges,
      declarations: createDeclarations(
        clock,
        journal && { set: journal.keep('ios-declarations'), reports: journal.keep('ios-status') },
      ),
      sessions: new Set(),
      settings,
      originFor: (request) =>
        `${scheme}://${addressFor(request, ca.server.hostnames) ?? `${urlHost(mainName)}:${port}`}`,
    };
    const scep = createScepServer({
      ca,
      challenges,
      clock,
      random,
      log,
      approval: settings.scepApproval,
      signingSkewMs: settings.signingSkewMs,
      keep: journal?.keep('ios-transactions'),
    });
    const adminTokens = options.adminTokens ?? {
      administrator: random(24).toString('base64url'),
      reader: random(24).toString('base64url'),
    };
    const documents = createDocuments(random, journal?.keep('ios-documents'));
    const admin: AdminPorts = { tenant, tokens: adminTokens, clock, log, random: { uuid } };
    const http = await serveHttp({
      port: options.port ?? 0,
      host,
      ...(tls && { tls: ca.server }),
      routes: [
        ...iosRoutes(context),
        ...scep.routes,
        ...documents.routes,
        ...resourceRoutes(tenant, ca),
        ...adminRoutes(admin),
        ...guard(pushRoutes(push, options.pushRate), admin),
        ...guard(iosAdminRoutes(context, scep, documents), admin),
      ],
      log,
    });
    port = http.port;
    const sockets = attachPushSockets({
      server: http.server,
      path: '/push',
      service: push,
      clock: options.networkClock ?? realClock,
      ratePerSecond: options.pushRate,
      log,
    });
    closers.push(() => {
      sockets.close();
      return http.close();
    });
    const apns: RunningApns = await serveApns({
      port: options.pushPort ?? 0,
      host,
      tls: ca.serverFor(apnsHosts),
      requireCertificate: options.requirePushCertificate ?? false,
      service: push,
      clock,
      log,
    });
    closers.push(() => apns.close());
    attachTunnel({ server: http.server, adopt: apns.adopt, log });
    closers.push(wakeDevices(context), forgetDevices(context));

    const caFile = options.caFile ?? (dataFolder === undefined ? undefined : join(dataFolder, 'ca.pem'));
    if (options.caFile !== undefined) await writeFileSafely(options.caFile, ca.certificatePem, 0o644);
    const origin = `${urlHost(mainName)}:${port}`;
    return {
      url: `${scheme}://${origin}`,
      pushUrl: `${tls ? 'wss' : 'ws'}://${origin}/push`,
      apnsUrl: `https://${urlHost(mainName)}:${apns.port}`,
      caPem: ca.certificatePem,
      ...(caFile !== undefined && { caFile }),
      adminTokens,
      tenant,
      push,
      scep,
      setDeclarations: (declarations) => setDeclarations(context, declarations),
      addDocument: (content, contentType) => `${scheme}://${origin}${documents.add(content, contentType)}`,
      get counters() {
        return {
          devices: tenant.devices().length,
          answers: Object.fromEntries(http.answers),
          pushes: push.progress.pushed,
          pushSockets: sockets.count,
          pushProgress: push.progress,
          certificates: ca.issued.size,
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const unspecified = new Set(['0.0.0.0', '::', '']);
/** Whether what is listened on is an address that a client can use. */
const isReachable = (host: string): boolean => !unspecified.has(host);

const urlHost = (name: string): string => (isIP(name) === 6 ? `[${name}]` : name);

/** The Host that the client used, if it is one that the server's certificate is for: others are not repeated to anybody. */
function addressFor(request: StubRequest, names: readonly string[]): string | undefined {
  const [, bracketed, plain] =
    /^(?:\[([0-9a-fA-F:]+)\]|([^:]+))(?::\d{1,5})?$/.exec(request.headers['host'] ?? '') ?? [];
  const name = (bracketed ?? plain)?.toLowerCase();
  return name !== undefined && names.includes(name) ? request.headers['host'] : undefined;
}
