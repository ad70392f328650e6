// Our broker with a clock that tests set, and clients of MQTT.js, which nobody here wrote.
import { createServer } from 'node:net';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { onTestFinished } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { type BrokerOptions, openBroker } from '../../../server-stub/mqtt/index.js';
import { listening } from '../../support/brokers.js';
import { eventually } from '../../support/eventually.js';
import { readLogLine } from '../../support/log-lines.js';

/** Of the default secret (specs/android.md §1.2). */
export const devicePassword = 'D54F553ED2EAC4DCF371B38366EBFA1B5973811A';

/** Waits for a state, however long that takes a busy machine. */
export const until = eventually;

export async function openBrokerStage(options: Partial<BrokerOptions> = {}) {
  const clock = manualClock(Date.parse('2026-11-26T12:00:00Z'));
  const networkClock = manualClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(readLogLine(line)) } });
  const broker = await openBroker({ clock, networkClock, log, devicePassword, maxConnections: 1000, ...options });
  onTestFinished(() => broker.close());
  return {
    broker,
    clock,
    networkClock,
    lines,
    /** A device with this number that has subscribed as the launcher does. */
    async device(number: string, more: IClientOptions = {}) {
      const client = device(broker.url, number, more);
      await client.ready;
      return client;
    },
  };
}

/** A device of MQTT.js: persistent session, QoS 2, the handlers before the connection. */
export function device(url: string, number: string, more: IClientOptions = {}) {
  const client: MqttClient = connect(url, {
    clientId: number,
    username: 'hmdm',
    password: devicePassword,
    clean: false,
    keepalive: 300,
    reconnectPeriod: 0,
    protocolVersion: 4,
    rejectUnauthorized: false,
    ...more,
  });
  onTestFinished(() => void client.end(true));
  const received: string[] = [];
  let sessionPresent: boolean | undefined;
  client.on('error', () => {});
  client.on('message', (_topic, payload) => void received.push(payload.toString()));
  const ready = new Promise<void>((resolve, reject) => {
    client.once('connect', (connack) => {
      sessionPresent = connack.sessionPresent;
      client.subscribe(number, { qos: 2 }, (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
    client.once('error', reject);
  });
  ready.catch(() => {});
  return {
    client,
    received,
    ready,
    get sessionPresent() {
      return sessionPresent;
    },
    leave: () => client.endAsync(),
    cut: () => client.endAsync(true),
  };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
