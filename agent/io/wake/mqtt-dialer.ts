import type { MqttClient, Store } from 'mqtt';
import type { Clock } from '../../../base/clock.js';
import { realClock } from '../../../base/clock.js';
import type { Trace } from '../../../base/trace.js';
import { addressFor, boundTo } from '../local-addresses.js';
import { rememberingLookup } from '../lookup.js';
import { brokerOf, type MqttBroker } from './mqtt-broker.js';
import { MqttConnection, type MqttParts } from './mqtt-connection.js';
import { type FloodBound, usualFloodBound } from './mqtt-flood.js';
import type { ConnectionEvents, WakeDialer } from './own-connections.js';
import { type OpenSocket, type SocketTrust, socketOpener } from './push-transport.js';

/** How brokers are spoken to; whom to trust counts for `mqtts:` addresses. */
export interface MqttOptions extends SocketTrust {
  readonly clock: Clock;
  /** The longest packet that is taken, in octets. Default 256 KiB. */
  readonly maxPacketBytes?: number;
  /** What is read from one connection, and how fast. Default: 4 000 packets and 8 MiB, and 100 and 256 KiB more each second. */
  readonly flood?: FloodBound;
  /** Addresses of this machine that connections are made from, each device's always from the same. Default: the system's choice. */
  readonly localAddresses?: readonly string[];
  /** Hears of every control packet of both sides, its octets as they are: the CONNECT with its password. */
  readonly trace?: Trace;
}

/**
 * A connection of one device to an MQTT broker (MQTT 3.1.1, QoS 2, a session that stays). The ask's data: `url` (`mqtt://host:port`,
 * `mqtts:` with TLS), `clientId`, `topic`, and where there are any `username`, `password`, `keepalive` (seconds, 300 without it).
 * What comes before the SUBSCRIBE is answered counts. The package is loaded when the first device asks.
 */
export function mqttDialer(options: MqttOptions): WakeDialer {
  let parts: MqttParts | undefined;
  let loading: Promise<MqttParts> | undefined;
  const openers = { 'mqtt:': undefined as OpenSocket | undefined, 'mqtts:': undefined as OpenSocket | undefined };
  const lookup = rememberingLookup(realClock);

  async function load(): Promise<MqttParts> {
    const loaded = await import('mqtt');
    parts = { ...partsOf(loaded, options), openSocket };
    return parts;
  }

  function openSocket({ url, address }: MqttBroker) {
    const scheme = url.protocol === 'mqtts:' ? 'mqtts:' : 'mqtt:';
    openers[scheme] ??= socketOpener({ ca: options.ca, now: options.now, isSecure: scheme === 'mqtts:' });
    const from = boundTo(addressFor(options.localAddresses, address));
    const port = Number(url.port) || (scheme === 'mqtts:' ? 8883 : 1883);
    return openers[scheme]({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, lookup, ...from });
  }

  return (ask, events) => {
    const broker = brokerOf(ask);
    if (parts !== undefined) return new MqttConnection(parts, broker, events);
    loading ??= load();
    return loadedLater(loading, (ready) => new MqttConnection(ready, broker, events), events);
  };
}

function partsOf(
  { MqttClient: Client, Store: Kept }: { MqttClient: typeof MqttClient; Store: typeof Store },
  { clock, trace, maxPacketBytes = 256 * 1024, flood = usualFloodBound }: MqttOptions,
): Omit<MqttParts, 'openSocket'> {
  return {
    Client,
    clock,
    maxPacketBytes,
    flood,
    trace,
    unreleased: new Map(),
    nothingSent: new Kept({ clean: false }), // devices publish nothing: one for all
    timers: {
      set(act, ms = 0) {
        const timer = { cancel: () => {} };
        const tick = (): void => {
          timer.cancel = clock.after(ms, tick);
          act();
        };
        timer.cancel = clock.after(ms, tick);
        return timer as unknown as number; // what `clear` is given; mqtt.js does not look into it
      },
      clear: (timer) => (timer as unknown as { cancel(): void }).cancel(),
    },
  };
}

/** The connection of a device that came before the package was there. */
function loadedLater(
  loading: Promise<MqttParts>,
  open: (parts: MqttParts) => MqttConnection,
  events: ConnectionEvents,
): ReturnType<WakeDialer> {
  let connection: MqttConnection | undefined;
  let isOver = false;
  loading
    .then((parts) => {
      if (isOver) return;
      events.began?.();
      connection = open(parts);
    })
    .catch((error: Error) => {
      if (!isOver) events.closed(error);
    });
  return {
    close(forGood) {
      isOver = true;
      connection?.close(forGood);
    },
  };
}
