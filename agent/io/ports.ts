import type { Clock } from '../../base/clock.js';
import { realClock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import { silentLog } from '../../base/log.js';
import type { Trace } from '../../base/trace.js';
import type { Http, Ports, WakeObservation } from '../model/ports.js';
import { createHttp, type HttpOptions } from './http.js';
import { type KeyBits, type KeyPool, openKeyPool } from './key-pool.js';
import { systemRandom } from './random.js';
import { longPollReadMs } from './wake/headwind-poll.js';
import { headwindWays } from './wake/headwind-ways.js';
import { ownConnections } from './wake/own-connections.js';
import { pushDialer } from './wake/push-dialer.js';
import { sharedSocket } from './wake/shared-socket.js';
import { createWakeUps, type WakeUpClient } from './wake/wake-ups.js';
import type { OpenWay } from './wake/way.js';

/** How the push service is spoken to. */
interface PushOptions {
  /** Hears of every connection on which devices are woken, MQTT's too, that was opened or could not be. */
  readonly observe?: (observation: WakeObservation) => void;
  readonly shared?: boolean;
  readonly askTimeoutMs?: number;
  /**
   * Hears of a connection that had begun and is lost, with why, and of one that has begun again, without: nothing is asked for
   * meanwhile, and whoever waits to be woken waits in vain. Of a connection that never began `ask` tells.
   */
  readonly changed?: (lost: Error | undefined) => void;
}

/** What the real ports are made from; everything has a default. */
export interface PortsOptions {
  /** The time the devices live in. Default: the real one. Network waits and keep-alive are in real time always. */
  readonly clock?: Clock;
  readonly log?: Log;
  /**
   * PEM certificates that are trusted besides the public roots that Node carries, as by the hand of the person at the device
   * (those of NODE_EXTRA_CA_CERTS count likewise).
   * Which servers only they make trusted is told as `trouble`: a real device would not have spoken to them.
   */
  readonly ca?: string | readonly string[];
  readonly allowHttp?: boolean;
  /**
   * Addresses of this machine that connections are made from: sessions one after the other that name none themselves; on
   * connections that wait for wake-ups each device always the same. Default: the system's choice.
   */
  readonly localAddresses?: readonly string[];
  readonly http?: Omit<HttpOptions, 'ca' | 'allowHttp' | 'trace' | 'localAddresses'>;
  /** ws:// or wss:// address of a push service (docs/push.md). Without it what is woken through it acts by its own schedule only. */
  readonly pushUrl?: string;
  /** Hears of every exchange and of what goes over the push WebSocket (docs/trace.md); also the devices' `ports.trace`. */
  readonly trace?: Trace;
  /** One socket to that service for all devices (the default), or one for each; how long an enrollment waits for it: 30 s. */
  readonly push?: PushOptions;
  /** `pool`: up to `size` keys, then shared. `fresh`: one for each device, `size` of them made in advance. Default: 1 fresh. */
  readonly keys?: {
    readonly mode: 'pool' | 'fresh';
    readonly size: number;
    readonly folder?: string;
    readonly bits?: KeyBits;
    readonly parallel?: number;
  };
}

/** Ports that are open, with the parts that have a say of their own. `close` ends them all. */
export interface OpenPorts {
  /** With the system's randomness; a fleet puts `seededRandom(seed, index)` in its place, device by device. */
  readonly ports: Ports;
  readonly keys: KeyPool;
  readonly http: Http;
  readonly wake: WakeUpClient;
  close(): Promise<void>;
}

/**
 * The ports made real: network, disk, processors. One for all devices of a process; close it after them.
 *
 * @example
 * const { ports, close } = await createPorts({ ca: authority.caPem, pushUrl: authority.pushUrl });
 */
export async function createPorts(options: PortsOptions = {}): Promise<OpenPorts> {
  const { clock = realClock, log = silentLog, ca, allowHttp = false, pushUrl, trace } = options;
  const { mode, size, ...keyOptions } = options.keys ?? { mode: 'fresh', size: 1 };
  const trust = ca === undefined ? {} : { ca };
  const traced = trace === undefined ? {} : { trace };
  const from = options.localAddresses === undefined ? {} : { localAddresses: options.localAddresses };
  const httpOptions = { now: () => clock.now(), ...options.http, ...trust, ...traced, ...from, allowHttp };
  const http = createHttp(httpOptions);
  const opened: { close(): void }[] = [http];
  const keys = openKeyPool({ ...keyOptions, size, reuse: mode === 'pool', log });
  const { askTimeoutMs, changed } = options.push ?? {};
  const headwind = headwindWays({
    ...traced,
    ...from,
    observe: options.push?.observe,
    ca: pemsOf(ca),
    now: () => clock.now(),
    random: systemRandom,
    log,
    http,
    openPatientHttp() {
      const patient = createHttp({ ...httpOptions, timeoutMs: longPollReadMs });
      opened.push(patient);
      return patient;
    },
  });
  const push = pushUrl === undefined ? undefined : pushService(pushUrl, options, log);
  const watch = (way: OpenWay): OpenWay => (changed === undefined ? way : watched(way, changed));
  const ways = {
    ...Object.fromEntries(Object.entries(headwind).map(([name, way]) => [name, watch(way)])),
    ...(push === undefined ? {} : { 'push-service': watch(push) }),
  };
  const wake = createWakeUps({ ways, log, ...(askTimeoutMs === undefined ? {} : { askTimeoutMs }) });
  return {
    ports: { clock, random: systemRandom, http, log, keys, wake, ...traced },
    keys,
    http,
    wake,
    async close() {
      wake.close();
      for (const each of opened) each.close();
      await keys.close();
    },
  };
}

const pemsOf = (ca: PortsOptions['ca'] = []): readonly string[] => (typeof ca === 'string' ? [ca] : ca);

/** The stub's push service: iOS, and whatever else is notified through it. */
function pushService(
  url: string,
  { ca, push, trace, clock = realClock, localAddresses = [] }: PortsOptions,
  log: Log,
): OpenWay {
  const socket = { url, now: () => clock.now(), ca: pemsOf(ca), ...(trace === undefined ? {} : { trace }) };
  const common = { random: systemRandom, log, observe: push?.observe };
  if (push?.shared === false)
    return ownConnections({ ...common, dial: pushDialer({ ...socket, localAddresses, clock: realClock }) });
  return sharedSocket({ ...common, ...socket, localAddress: localAddresses[0] });
}

/** The same way; it is told once when it is lost, however often it is tried again, and once when it has begun again. */
function watched(open: OpenWay, changed: (lost: Error | undefined) => void): OpenWay {
  let state: 'new' | 'begun' | 'lost' = 'new';
  return (events) =>
    open({
      ...events,
      ready: (address) => {
        if (state === 'lost') changed(undefined);
        state = 'begun';
        events.ready(address);
      },
      lost: (address, cause) => {
        if (state === 'begun') {
          state = 'lost';
          changed(cause);
        }
        events.lost?.(address, cause);
      },
    });
}
