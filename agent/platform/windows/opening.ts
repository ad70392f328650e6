// What a session begins with: its number, its headers, and what package 1 says.
import type { CheckInReason } from '../driver.js';
import type { SessionContext } from './context.js';
import { Exchange } from './exchange.js';
import { type DevInfo, genericAlertHeader } from './package-one.js';
import { providerValue, syncVersion } from './provider.js';
import type { QueuedAlert } from './saved.js';

/** How a session is begun. */
export interface SessionOpening {
  readonly reason: CheckInReason;
  /** What is said in it; one marked fatal or critical is named by every message's head. */
  readonly alerts: readonly QueuedAlert[];
  /** The device leaves: what the server has for it is not heard any more. */
  readonly isGoodbye?: true;
}

/** SessionIDs are of two bytes; then they begin anew. 0 is kept for the first session after a start (case D1). */
const lastSessionId = 0xffff;

/** Opens the exchange of a session, and counts it. */
export function openSession(
  { device, ports, memory, server, identities }: SessionContext,
  { reason, alerts }: SessionOpening,
): { readonly exchange: Exchange; readonly sessionId: string } {
  const { data } = memory;
  const { next, vector, count } = data.sessions;
  const version = syncVersion(data);
  memory.change({ sessions: { vector, next: next >= lastSessionId ? 1 : next + 1, count: count + 1 } });
  const genericAlert = genericAlertHeader(alerts);
  const exchange = new Exchange({
    http: ports.http,
    distort: ports.distort,
    clock: ports.clock,
    server,
    identity: identities.of(data.identity),
    address: data.account.address,
    wbxml: data.account.wbxml === true,
    mode: (device.state.condition.signedIn ?? 'user') === 'none' ? 'Machine' : 'Maintenance',
    headers: {
      clientRequestId: headerValue(providerValue(data, 'EntDMID')) ?? '0',
      vector: `${vector}.0.0.${count}`,
      ...(genericAlert === undefined ? {} : { genericAlert }),
      ...(version >= 4 ? { origin: origins[reason] } : {}),
    },
  });
  return { exchange, sessionId: version >= 2 ? next.toString(16).toUpperCase() : String(next) };
}

/** What a server wrote, where it can stand in a head. */
const headerValue = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined;

/** UserAgentOrigin: 1 user, 2 schedule, 3 WNS, 4 login, 5 after the enrollment, 6 CSP; what has no word of its own by convention. */
const origins: Readonly<Record<CheckInReason, string>> = {
  'by-hand': '1',
  scheduled: '2',
  woken: '3',
  login: '4',
  unlocked: '1',
  enrolled: '5',
  'renewal-due': '2',
  'report-due': '6',
};

/** `./DevInfo`, the same that a Get of its leaves gives. */
export function devInfoOf({ device, memory }: Pick<SessionContext, 'device' | 'memory'>): DevInfo {
  const { manufacturer, model, native } = device.state.facts;
  const locale = native['Locale'];
  return {
    deviceId: memory.data.deviceId,
    manufacturer,
    model,
    language: typeof locale === 'string' ? locale : 'en-US',
  };
}
