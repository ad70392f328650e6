// The sockets of a stub authority: HTTP with the devices' WebSocket and the push tunnel on it, and the APNs-shaped service.
import { clockRoutes } from './admin/clock.js';
import { type AdminPorts, adminUnroutable } from './admin/graph.js';
import { adminRoutes } from './admin/routes.js';
import type { CommonOptions } from './authority-options.js';
import type { Closers } from './closers.js';
import { faultRoutes } from './faults/administration.js';
import { disturbed } from './faults/disturbed.js';
import { healthRoute } from './health.js';
import { type RunningHttp, serveHttp } from './http.js';
import { pushAdminRoutes } from './push/administration.js';
import { type RunningApns, serveApns } from './push/apns.js';
import { apnsHosts, attachTunnel, isApnsTarget } from './push/tunnel.js';
import { attachPushSockets } from './push/websocket.js';
import { isWnsHost, wnsHosts, wnsRoutes } from './push/wns.js';
import { resourceRoutes } from './resources.js';
import { scepAdminRoutes } from './scep/administration.js';
import type { ServedDialects } from './served-dialects.js';
import type { Services } from './services.js';
import { answeredWhenStored } from './stored-answers.js';

export interface Listeners {
  readonly http: RunningHttp;
  readonly sockets: ReturnType<typeof attachPushSockets>;
  readonly apns: RunningApns;
}

/** Throws PORT_TAKEN; what was opened until then is in `closers`. */
export async function listen(
  options: CommonOptions,
  services: Services,
  served: ServedDialects,
  admin: AdminPorts,
  closers: Closers,
): Promise<Listeners> {
  const { clock, clockFollowers, log, addresses, ca, tenant, scep, push, journal, network, faults } = services;
  const { host } = addresses;
  const { clock: networkClock, trace, connections: share } = network;
  const closing = new AbortController();
  const disturbing = { clock, log, faults, closing: closing.signal };
  const scepRoutes = scep.server.routes.map((route) =>
    disturbed(route, disturbing, () => ({ operation: 'certificate' })),
  );
  const http = await serveHttp({
    port: options.port ?? 0,
    host,
    ...(options.tls !== false && { tls: ca.server }),
    routes: [
      ...answeredWhenStored([...served.routes(disturbing), ...scepRoutes], journal),
      ...resourceRoutes(tenant, ca, served),
      healthRoute(journal),
      ...adminRoutes({ ...admin, networkClock, closing: closing.signal }, [
        ...clockRoutes(clock, clockFollowers, tenant),
        ...scepAdminRoutes(scep.requests),
        ...pushAdminRoutes(push, options.pushRate),
        ...served.adminRoutes,
        ...faultRoutes({ ...admin, faults }),
      ]),
    ],
    unroutable: (path, status) => adminUnroutable(path, status) ?? served.unroutable(path, status),
    maxConnections: share.rest,
    clock: networkClock,
    log,
    trace,
  });
  addresses.listening(http.port, ca.server.hostnames);
  const sockets = attachPushSockets({
    server: http.server,
    connections: http.connections,
    path: '/push',
    service: push,
    clock: networkClock,
    fanOut: network.fanOut,
    log,
    trace,
  });
  closers.add(async () => {
    sockets.close();
    closing.abort();
    const ended = http.close(); // takes no more requests from here on
    clockFollowers.close(); // answers those that wait for the clock
    await served.close(); // answers those that a dialect lets wait
    await ended;
  });
  const apns = await serveApns({
    port: options.pushPort ?? 0,
    host,
    tls: ca.serverFor(apnsHosts),
    requireCertificate: options.requirePushCertificate ?? false,
    service: push,
    clock,
    networkClock,
    maxConnections: share.push,
    log,
    trace,
  });
  closers.add(() => apns.close());
  const wns = await serveHttp({
    host,
    tls: ca.serverFor(wnsHosts),
    routes: wnsRoutes({ service: push, clock, random: services.random, log }),
    maxConnections: share.push,
    clock: networkClock,
    log,
    trace,
  });
  closers.add(() => wns.close());
  attachTunnel({
    server: http.server,
    connections: http.connections,
    services: [
      { isFor: isApnsTarget, adopt: apns.adopt },
      { isFor: (name, port) => port === '443' && isWnsHost(name), adopt: wns.adopt },
    ],
    log,
  });
  return { http, sockets, apns };
}
