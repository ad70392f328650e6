// A stub authority, for whatever dialects it is handed: opened, started, and ended as one.
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { makeFolder } from '../base/folders.js';
import { writeWholeFile } from '../base/whole-file.js';
import type { AdminTokens } from './admin/graph.js';
import type { CommonAuthority, CommonOptions } from './authority-options.js';
import { Closers } from './closers.js';
import type { Dialects, HandlesOf, OptionsOf } from './dialect.js';
import { stubError } from './errors.js';
import { type Listeners, listen } from './listeners.js';
import { ServedDialects } from './served-dialects.js';
import { servedTraits } from './served-traits.js';
import { openServices, type Services } from './services.js';

/** Throws PORT_TAKEN, DATA_CORRUPT, DATA_LOCKED, REQUEST_INVALID; nothing is left running then. */
export async function openAuthority<D extends Dialects>(
  options: CommonOptions & OptionsOf<D>,
  dialects: D,
): Promise<CommonAuthority & HandlesOf<D>> {
  const { pushRate, maxConnections } = options;
  if (maxConnections !== undefined && !(Number.isSafeInteger(maxConnections) && maxConnections >= 8)) {
    throw stubError('REQUEST_INVALID', `${maxConnections} connections: it must be a whole number from 8 up`);
  }
  if (pushRate !== undefined && !(pushRate > 0 && Number.isFinite(pushRate))) {
    throw stubError('REQUEST_INVALID', `a push rate of ${pushRate}: it must be above 0`);
  }
  const closers = new Closers();
  try {
    const services = await openServices(options, dialects, closers);
    const { tenant, clock, log, ca, journal, addresses } = services;
    const served = new ServedDialects(tenant, services.faults);
    closers.add(() => served.close());
    await served.open(dialects, services, { ...options });
    journal?.release(); // all of it was read: the folder is none that must be refused
    served.start(); // before the first request: none may end an enrollment unheard
    const tokens = { ...newTokens(services), ...options.adminTokens };
    const words = new Map(Object.values(dialects).map((dialect) => [dialect.name, dialect.graph]));
    const random = { uuid: () => randomUUID().toUpperCase() };
    const listeners = await listen(
      options,
      services,
      served,
      {
        tenant,
        tokens,
        clock,
        log,
        random,
        words,
        traits: servedTraits(dialects),
        originFor: (request) => addresses.originFor(request),
        ...(journal !== undefined && { aside: journal, store: journal }),
      },
      closers,
    );
    if (options.caFile !== undefined) await publishCa(options.caFile, ca.certificatePem);
    const common = running(options, services, served, listeners, tokens, closers);
    return Object.assign(common, served.handles as HandlesOf<D>); // each dialect's own, by its name
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function publishCa(path: string, pem: string): Promise<void> {
  makeFolder(dirname(path));
  await writeWholeFile(path, pem, { mode: 0o644 });
}

const newTokens = ({ random }: Services): AdminTokens => ({
  administrator: random(24).toString('base64url'),
  reader: random(24).toString('base64url'),
  helpDesk: random(24).toString('base64url'),
});

function running(
  options: CommonOptions,
  { addresses, ca, clock, journal, tenant, push, scep }: Services,
  served: ServedDialects,
  { http, sockets, apns }: Listeners,
  adminTokens: AdminTokens,
  closers: Closers,
): CommonAuthority {
  const { dataFolder } = options;
  const caFile = options.caFile ?? (dataFolder === undefined ? undefined : join(dataFolder, 'ca.pem'));
  return {
    url: addresses.origin,
    pushUrl: addresses.pushUrl,
    apnsUrl: `https://${addresses.at(apns.port)}`,
    caPem: ca.certificatePem,
    ...(caFile !== undefined && { caFile }),
    adminTokens,
    tenant,
    clock,
    push,
    scep: scep.requests,
    announced: served.announce(),
    get counters() {
      return {
        devices: tenant.deviceCount().all,
        answers: Object.fromEntries(http.answers),
        pushes: push.progress.pushed,
        pushSockets: sockets.count + push.joinedConnections,
        connections: http.connections.open + apns.connections.open + push.joinedConnections,
        pushProgress: push.progress,
        certificates: ca.issued.size,
        aside: journal?.aside.length ?? 0,
      };
    },
    stored: async () => journal?.durable(),
    close: () => closers.close(),
  };
}
