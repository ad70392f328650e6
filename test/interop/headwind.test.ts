// A Headwind MDM server that somebody runs, as the outside judge of the Android device. Set
//   HMDM_URL        its address with the context path, such as http://localhost:8080 or http://localhost:8081/hmdm
//   HMDM_LOGIN      the administrator (default admin), with HMDM_PASSWORD (default admin)
//   HMDM_MQTT_PORT  where it pushes (default 31000)
//   HMDM_SECRET     its hash.secret, where that is not the public default
//   HMDM_OTHER_URL  a second server, of the same administrator, to which devices are moved (optional)
// Each test leaves a configuration and a device behind whose names begin with "rollcall".
import { expect, it } from 'vitest';
import { type HeadwindAdmin, launcher, type MadeConfiguration } from './headwind-admin.js';
import {
  adminOf,
  describeHere,
  describeMove,
  live,
  newName,
  type Opened,
  openDevice,
  other,
  url,
  whenTold,
} from './headwind-device.js';

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
