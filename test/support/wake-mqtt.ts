import { mqttWay } from '../../agent/io/wake/mqtt.js';
import type { WakeAsk } from '../../agent/model/ports.js';
import type { WakeService } from '../contract/wake-way.js';
import { openRelay, type TestBroker } from './brokers.js';

/** How a device asks to be woken by MQTT at this port. */
export const mqttAsk = (number: string, port: number, more: WakeAsk['data'] = {}): WakeAsk => ({
  way: 'mqtt',
  address: `${number}@127.0.0.1:${port}`,
  data: {
    url: `mqtt://127.0.0.1:${port}`,
    clientId: number,
    topic: number,
    username: 'hmdm',
    password: 'D54F553ED2EAC4DCF371B38366EBFA1B5973811A',
    keepalive: 300,
    qos: 2,
    ...more,
  },
  keeps: 64,
});

/** A broker behind a relay, so that its connections can be cut. */
export async function openMqttService(open: () => Promise<TestBroker>): Promise<WakeService> {
  const broker = await open();
  const relay = await openRelay(() => broker.port);
  return {
    open: (ports, { most }) => mqttWay({ ...ports, ...(most === undefined ? {} : { maxConnections: most }) }),
    ask: (n) => mqttAsk(`h${n}`, relay.port),
    reaches: (n) => broker.subscribed.has(`h${n}`),
    send: (n, payload) => void broker.publish(`h${n}`, payload).catch(() => {}),
    cut: relay.cut,
    serve: relay.serve,
    close() {
      relay.close();
      void broker.close();
    },
  };
}
