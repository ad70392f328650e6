// A Headwind MDM server that somebody runs, as the outside judge of the Android device. Set
//   HMDM_URL        its address with the context path, such as http://localhost:8080 or http://localhost:8081/hmdm
//   HMDM_LOGIN      the administrator (default admin), with HMDM_PASSWORD (default admin)
//   HMDM_MQTT_PORT  where it pushes (default 31000)
//   HMDM_SECRET     its hash.secret, where that is not the public default
//   HMDM_OTHER_URL  a second server, of the same administrator, to which devices are moved (optional)
// Each test leaves a configuration and a device behind whose names begin with "rollcall".
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  type Device,
  type DeviceEvent,
  platforms,
  seededRandom,
} from '../../agent/index.js';
import { memoryLog } from '../../base/log.js';
import { describeIf } from '../support/outside.js';
import { HeadwindAdmin, launcher, type MadeConfiguration } from './headwind-admin.js';

const url = process.env['HMDM_URL'] ?? 'http://localhost:9';
const other = process.env['HMDM_OTHER_URL'];
const login = process.env['HMDM_LOGIN'] ?? 'admin';
const password = process.env['HMDM_PASSWORD'] ?? 'admin';
const secret = process.env['HMDM_SECRET'];
const mqttPort = Number(process.env['HMDM_MQTT_PORT'] ?? 31_000);
const describeHere = describeIf(process.env['HMDM_URL'] !== undefined, 'HMDM_URL');
const describeMove = describeIf(process.env['HMDM_URL'] !== undefined && other !== undefined, 'HMDM_OTHER_URL');

const adminOf = (address: string) => HeadwindAdmin.signIn(address, login, password);
const newName = () => `rollcall-${randomUUID().slice(0, 8)}`;

/** The launcher's package with a Gmail account of the organization's. */
const mail = (host: string) => ({
  pkg: 'com.google.android.gm',
  name: 'managedConfig',
  value: JSON.stringify({
    email_address: 'ann@contoso.example',
    exchange_host: host,
    exchange_username: 'ann',
    exchange_ssl_required: true,
  }),
});

interface Opened {
  readonly device: Device;
  readonly events: DeviceEvent[];
  readonly number: string;
  enroll(way: { readonly key: string } | 'by number'): Promise<void>;
}

async function openDevice(number = newName()): Promise<Opened> {
  const made = await createPorts({ log: memoryLog(), keys: { size: 1, mode: 'fresh' }, allowHttp: true });
  onTestFinished(() => made.close());
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
function live({ device }: Opened): void {
  const living = new AbortController();
  onTestFinished(() => living.abort(new Error('the test has ended')));
  void device.run(living.signal);
}

/** Resolves with the next event for which this is so, or one that came already after `from`. */
function whenTold(opened: Opened, isIt: (event: DeviceEvent) => boolean): Promise<DeviceEvent> {
  return new Promise((resolve) => {
    const forget = opened.device.onEvent((event) => {
      if (!isIt(event)) return;
      forget();
      resolve(event);
    });
  });
}

const hostOf = ({ device }: Opened) =>
  device.state.holdings.flatMap(({ profile }) => (profile.kind === 'email' ? [profile.incoming.host] : []));

async function configured(settings = [mail('mail-1.contoso.example')]): Promise<[HeadwindAdmin, MadeConfiguration]> {
  const admin = await adminOf(url);
  const configuration = await admin.makeConfiguration(newName());
  await admin.change(configuration.id, { settings });
  return [admin, configuration];
}

describeHere('a Headwind MDM server', () => {
  it('takes a device by the QR code of a configuration, gives it that, and hears what it is', async () => {
    const [admin, { qrCodeKey: key }] = await configured();
    const opened = await openDevice();
    await opened.enroll({ key });
    expect(opened.device.state.lifecycle).toBe('enrolled');
    expect(hostOf(opened)).toEqual(['mail-1.contoso.example']);
    const { facts } = opened.device.state;
    const known = await admin.device(opened.number);
    expect(known.lastUpdate).toBeGreaterThan(0);
    expect(JSON.stringify(known)).toContain(facts.serial);
    await opened.device.checkIn();
    expect(opened.events.filter(({ type }) => type === 'trouble')).toEqual([]);
  });

  it('takes a device by its number', async () => {
    const [admin, { id }] = await configured();
    const opened = await openDevice();
    await admin.addDevice(opened.number, id);
    await opened.enroll('by number');
    expect(hostOf(opened)).toEqual(['mail-1.contoso.example']);
  });

  it.each(['mqttAlarm', 'polling'] as const)(
    'wakes a device by %s when its configuration changes',
    async (pushOptions) => {
      const [admin, { id, qrCodeKey: key }] = await configured();
      await admin.change(id, { pushOptions });
      const opened = await openDevice();
      await opened.enroll({ key });
      live(opened);
      const moved = whenTold(
        opened,
        ({ type }) => type === 'checked-in' && hostOf(opened).includes('mail-2.contoso.example'),
      );
      await admin.change(id, { settings: [mail('mail-2.contoso.example')] });
      await moved;
      expect(hostOf(opened)).toEqual(['mail-2.contoso.example']);
      const pushed = whenTold(opened, (event) => event.type === 'command' && event.name === 'runCommand');
      await admin.push(opened.number, 'runCommand', '{command: "reboot now"}');
      expect(await pushed).toMatchObject({ type: 'command' });
      expect(opened.device.state.condition.powered).toBe(true); // said, and never executed
    },
  );

  it('renames a device, which goes on under its new number', async () => {
    const [admin, { qrCodeKey: key }] = await configured();
    const opened = await openDevice();
    await opened.enroll({ key });
    const renamed = newName();
    await admin.rename(opened.number, renamed);
    await opened.device.checkIn();
    await opened.device.checkIn();
    const before = (await admin.device(renamed)).lastUpdate;
    expect(before).toBeGreaterThan(0);
    await admin.removeDevice(renamed);
    await expect(opened.device.checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
  });

  it('refuses a number that it does not know, and the device says so', async () => {
    const opened = await openDevice();
    await expect(opened.enroll('by number')).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringContaining('error.notfound.device'),
    });
    expect(opened.device.state.lifecycle).not.toBe('enrolled');
  });

  it('gives settings of the launcher itself, which stay where they are', async () => {
    const [, { qrCodeKey: key }] = await configured([{ pkg: launcher, name: 'greeting', value: 'héllo – 世界' }]);
    const opened = await openDevice();
    await opened.enroll({ key });
    expect(opened.events.filter(({ type }) => type === 'trouble')).toEqual([]); // its signature verifies
  });
});

describeMove('two Headwind MDM servers', () => {
  it('hand a device over by newServerUrl: it stays where the other does not know it, and moves once it does', async () => {
    const [admin, { id, qrCodeKey: key }] = await configured();
    const elsewhere = await adminOf(other ?? '');
    const there = await elsewhere.makeConfiguration(newName());
    await elsewhere.change(there.id, { settings: [mail('mail-3.contoso.example')] });
    const opened = await openDevice();
    await opened.enroll({ key });
    await admin.change(id, { newServerUrl: other ?? '' });
    await opened.device.checkIn();
    expect(hostOf(opened)).toEqual(['mail-1.contoso.example']);
    expect(opened.events.filter(({ type }) => type === 'trouble').length).toBeGreaterThan(0);
    await elsewhere.addDevice(opened.number, there.id);
    await opened.device.checkIn();
    expect(hostOf(opened)).toEqual(['mail-3.contoso.example']);
    expect((await elsewhere.device(opened.number)).lastUpdate).toBeGreaterThan(0);
    expect(opened.device.state.link?.origin).toBe(new URL(other ?? '').origin);
  });
});
