// Endpoints of devices, as faults let them be reached.
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import type { About, Faults } from './faults.js';

export interface DisturbedPorts {
  readonly faults: Faults;
  /** The tenant's. */
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the stub begins to stop: late answers are given up then. */
  readonly closing: AbortSignal;
}

/** Nothing of an answer is sent: the connection ends. */
const cutOff: StubAnswer = { status: 200, stream: (to) => to.destroy() };

/** `recognise` says what a request is of; it is asked only while a fault is set. */
export function disturbed(route: Route, ports: DisturbedPorts, recognise: (request: StubRequest) => About): Route {
  const { faults } = ports;
  return {
    ...route,
    handle: (request) => (faults.isQuiet ? route.handle(request) : disturb(route, request, recognise(request), ports)),
  };
}

async function disturb(route: Route, request: StubRequest, about: About, ports: DisturbedPorts): Promise<StubAnswer> {
  const { faults, clock, log, closing } = ports;
  const told = (fault: string, kind: string) =>
    log.info('FAULT', { fault, kind, path: request.path, device: about.deviceId, operation: about.operation });
  const refused = faults.strike('http.status', about);
  if (refused !== undefined) {
    told(refused.id, refused.kind);
    return { status: refused.status ?? 503 };
  }
  const lost = about.operation === 'checkOut' ? faults.strike('checkout.drop', about) : undefined;
  if (lost !== undefined) {
    told(lost.id, lost.kind);
    return cutOff;
  }
  const answer = await route.handle(request);
  const late = faults.strike('answer.delay', about);
  if (late !== undefined) {
    told(late.id, late.kind);
    await clock.sleep(late.delayMs ?? 0, closing).catch(() => {}); // the stub stops: it is answered now
  }
  const unheard = faults.strike('answer.drop', about);
  if (unheard === undefined) return answer;
  told(unheard.id, unheard.kind);
  return cutOff;
}
