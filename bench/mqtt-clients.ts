// Devices of the MQTT bench that wait, in a process of their own. argv: ours | bare, DEVICES, PORT. It tells its parent what they cost.
import { connect } from 'mqtt';
import { systemRandom } from '../agent/io/random.js';
import { mqttWay } from '../agent/io/wake/mqtt.js';
import { createWakeUps } from '../agent/io/wake/wake-ups.js';
import { realClock } from '../base/clock.js';
import { silentLog } from '../base/log.js';
import { cpuSeconds } from './cpu.js';
import type { MqttClients } from './mqtt-messages.js';
import { settledRss } from './settled.js';

const [kind, devices, port] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const url = `mqtt://127.0.0.1:${port}`;
const credentials = { username: 'hmdm', password: 'D54F553ED2EAC4DCF371B38366EBFA1B5973811A' };
const wide = 200;

/** The wake-up port, as a device asks it that is packed. */
function ours(): (n: number) => Promise<void> {
  const common = { clock: realClock, random: systemRandom, log: silentLog };
  const wake = createWakeUps({ ways: { mqtt: mqttWay({ ...common, maxOpening: wide }) }, log: silentLog });
  return (n) => {
    const clientId = `h${n}`;
    const data = { url, clientId, topic: clientId, keepalive: 300, qos: 2, ...credentials };
    return wake.ask({ way: 'mqtt', address: `${clientId}@127.0.0.1:${port}`, data, keeps: 64 }, () => true);
  };
}

const held: unknown[] = [];

/** mqtt.js with what a device needs of it, and nothing around it. */
function bare(): (n: number) => Promise<void> {
  return (n) =>
    new Promise((resolve, reject) => {
      const clientId = `h${n}`;
      const client = connect(url, {
        ...credentials,
        clientId,
        protocolVersion: 4,
        clean: false,
        keepalive: 300,
        reconnectPeriod: 0,
      });
      held.push(client);
      client.on('message', () => {});
      client.on('error', reject);
      client.on('connect', () =>
        client.subscribe(clientId, { qos: 2 }, (error) => (error ? reject(error) : resolve())),
      );
    });
}

const open = kind === 'ours' ? ours() : bare();
let next = 0;
async function openTo(end: number): Promise<void> {
  const lane = async () => {
    while (next < end) await open(next++);
  };
  await Promise.all(Array.from({ length: wide }, lane));
}

const warm = Math.min(500, Math.ceil(devices / 4));
await openTo(warm);
const before = await settledRss();
const [began, spent] = [performance.now(), cpuSeconds()];
await openTo(warm + devices);
const figures = {
  perCpuSecond: devices / (cpuSeconds() - spent),
  perSecond: (devices / (performance.now() - began)) * 1000,
};
const message: MqttClients = { ...figures, bytesEach: ((await settledRss()) - before) / devices };
process.send?.(message, () => process.exit());
