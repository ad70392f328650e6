// The server of test/interop/headwind*.test.ts, and devices that are tried at it.
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  type Device,
  type DeviceEvent,
  type OpenPorts,
  platforms,
  seededRandom,
} from '../../agent/index.js';
import { memoryLog } from '../../base/log.js';
import { describeIf } from '../support/outside.js';
import { HeadwindAdmin } from './headwind-admin.js';

/** The server's address. */
export const url = process.env['HMDM_URL'] ?? 'http://localhost:9';
/** That of the second one. */
export const other = process.env['HMDM_OTHER_URL'];
const login = process.env['HMDM_LOGIN'] ?? 'admin';
const password = process.env['HMDM_PASSWORD'] ?? 'admin';
const secret = process.env['HMDM_SECRET'];
const mqttPort = Number(process.env['HMDM_MQTT_PORT'] ?? 31_000);
export const describeHere = describeIf(process.env['HMDM_URL'] !== undefined, 'HMDM_URL');
export const describeMove = describeIf(process.env['HMDM_URL'] !== undefined && other !== undefined, 'HMDM_OTHER_URL');

export const adminOf = (address: string) => HeadwindAdmin.signIn(address, login, password);
/** A name for what a test makes. */
export const newName = () => `rollcall-${randomUUID().slice(0, 8)}`;

export interface Opened {
  readonly device: Device;
  readonly events: DeviceEvent[];
  readonly number: string;
  enroll(way: { readonly key: string } | 'by number'): Promise<void>;
}

/** The network for devices of one test. */
export async function openPorts(): Promise<OpenPorts> {
  const made = await createPorts({ log: memoryLog(), keys: { size: 1, mode: 'fresh' }, allowHttp: true });
  onTestFinished(() => made.close());
  return made;
}

/** A new device; without a number one whose name tells where it came from. */
export async function openDevice(number = newName(), ports?: OpenPorts): Promise<Opened> {
  const made = ports ?? (await openPorts());
  const random = seededRandom(randomUUID(), 0);
  const android = platforms.find(({ name }) => name === 'android');
  if (android === undefined) throw new Error('there is no Android');
  const facts = android.describe(random, { id: number });
  const device = createDevice({
    platform: 'android',
    ports: { ...made.ports, random },
    facts: { ...facts, native: { ...facts.native, MqttPort: mqttPort } },
  });
  onTestFinished(() => device.close());
  const events: DeviceEvent[] = [];
  device.onEvent((event) => events.push(event));
  return {
    device,
    events,
    number,
    enroll: (way) =>
      device.enroll({
        authority: 'interop',
        url: way === 'by number' ? url : `${url}/rest/public/qr/json/${way.key}?create=1&deviceId=${number}`,
        allowHttp: true,
        ...(secret === undefined ? {} : { token: secret }),
      }),
  };
}

/** The device lives until the test ends. */
export function live({ device }: Opened): void {
  const living = new AbortController();
  onTestFinished(() => living.abort(new Error('the test has ended')));
  void device.run(living.signal);
}

/** Resolves with the next event for which this is so, or one that came already after `from`. */
export function whenTold(opened: Opened, isIt: (event: DeviceEvent) => boolean): Promise<DeviceEvent> {
  return new Promise((resolve) => {
    const forget = opened.device.onEvent((event) => {
      if (!isIt(event)) return;
      forget();
      resolve(event);
    });
  });
}
