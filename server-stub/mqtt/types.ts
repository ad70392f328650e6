// The stub's push by MQTT, whoever the broker is: our own, or one that runs already.
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { Trace } from '../../base/trace.js';
import type { FanOut } from '../push/fan-out.js';
import type { PushProgress } from '../push/service.js';
import type { Served } from '../server-certificate.js';

/** Where pushes are handed in. */
export interface PushBroker {
  /** What we listen on; undefined where the broker is another program. */
  readonly port: number | undefined;
  /** `mqtt://host:port` or `mqtts://host:port`, without a user. */
  readonly url: string;
  /**
   * Sends this text to whoever has subscribed to the topic, a device's number: QoS 2, not retained. Returns at once and throws nothing;
   * a topic that cannot be one is logged and dropped. As with every broker, a push for a topic that nobody has ever subscribed to is lost.
   */
  publish(topic: string, text: string): void;
  /** The device with this number is enrolled no more: what waits for it is dropped, and the session that it left behind ends. */
  forget(topic: string): void;
  figures(): BrokerFigures;
  /** Ends every connection. What waits is lost, as it is lost with a broker that keeps its sessions in memory. */
  close(): Promise<void>;
}

/** How far the pushes have come (of `PushProgress`, `tokens` are sessions) and what is open. */
export interface BrokerFigures extends PushProgress {
  /** Devices and others that are connected; at an external broker 1 while we are. */
  readonly connections: number;
  /** Inclusive of those whose devices are away. */
  readonly sessions: number;
}

/** Bounds of what waits. */
export interface WaitingBounds {
  /** How long a push waits for its device, by the tenant's clock. Default: an hour. */
  readonly expiryMs?: number;
  /** Pushes that wait for one device; of more the newest are kept. Default 100. */
  readonly maxPerDevice?: number;
}

interface CommonBrokerOptions extends WaitingBounds {
  /** The tenant's clock: of pushes that grow old and of sessions that nobody comes back to. */
  readonly clock: Clock;
  /** Of what happens on the network. Default: the real one, whatever `clock` says. */
  readonly networkClock?: Clock;
  readonly log: Log;
  /** Hears of every packet of both sides. */
  readonly trace?: Trace | undefined;
  /** Who sends next, over all kinds of push: the stub's. Default: one of its own, without a bound. */
  readonly fanOut?: FanOut;
}

export interface BrokerOptions extends CommonBrokerOptions {
  /** 0 (the default) takes a free one; the launcher's is 31000. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The name in `url`. Default: `host`. */
  readonly name?: string;
  /** With it the broker speaks TLS and nothing else. */
  readonly tls?: Served;
  /** Of the user `hmdm`: `mqttPassword(secret)`, compared octet by octet. */
  readonly devicePassword: string;
  /** Of the user `admin`, who alone may publish. Default: Headwind's own, `dd3V5YDkrX`. */
  readonly adminPassword?: string;
  /** A device may subscribe to its own number and nothing else. Default false: to whatever it likes, as at a real server. */
  readonly confined?: boolean;
  /** Open at the same time. Default: as many as there are descriptors for. */
  readonly maxConnections?: number;
  /** Sessions, of devices that are away too; of more the one that is away longest ends. Default 100 000. */
  readonly maxSessions?: number;
  /** How long a session waits for its device, by the tenant's clock. Default 7 days. */
  readonly sessionMs?: number;
  /** How long a client may take for its CONNECT. Default 15 s. */
  readonly connectMs?: number;
  /** Of a packet of a client that is signed in. Default 256 KiB. */
  readonly maxPacketBytes?: number;
}

export interface ExternalBrokerOptions extends CommonBrokerOptions {
  /** `mqtt://` or `mqtts://`. A user and a password in it win over the options. */
  readonly mqttUrl: string;
  /** Default `admin`. */
  readonly username?: string;
  /** Default: Headwind's own, `dd3V5YDkrX`. */
  readonly password?: string;
  /** PEM: what the broker's certificate is judged by, beside what Node trusts. */
  readonly caPem?: string;
  /** Octets that make our client id unlike everybody's. Default: of node:crypto. */
  readonly random?: (length: number) => Buffer;
  /** Pushes that wait while the broker is away; of more the newest are kept. Default 10 000. */
  readonly maxWaiting?: number;
}
