import { describe, expect, it } from 'vitest';
import { readInfo, writeInfo } from '../../../../../protocol/headwind/info.js';
import { recordings, replyOf } from '../../../../protocol/headwind/recordings.js';
import { describeWithFixtures } from '../../../../support/shared.js';
import { apk, apkOf, app, at, file, openAndroid, someFacts, startAt } from './apply-stage.js';

const notes = 'com.example.notes';

describe('what a device says of itself', () => {
  it('is all of it where the launcher owns the device', () => {
    const device = openAndroid();
    expect(device.info()).toEqual({
      deviceId: 'h0101',
      model: 'Pixel 8',
      permissions: [1, 1, 1, 0],
      applications: [],
      files: [],
      imei: someFacts.imei,
      ...(typeof someFacts.native['Imei2'] === 'string' ? { imei2: someFacts.native['Imei2'] } : {}),
      iccid: expect.stringMatching(/^8988211\d{12}$/),
      imsi: expect.stringMatching(/^00101\d{10}$/),
      serial: someFacts.serial,
      cpu: 'arm64-v8a',
      batteryLevel: 80,
      batteryCharging: '',
      androidVersion: '15',
      mdmMode: true,
      kioskMode: false,
      launcherType: 'opensource',
      launcherPackage: 'com.hmdm.launcher',
      defaultLauncher: true,
    });
  });

  it('has no hardware identifiers in a work profile, where the system’s launcher stays', async () => {
    const device = openAndroid({ manners: { management: 'work-profile' } });
    await device.take({ imei: '490154203237518', phone: '+15550100' });
    const info = device.info();
    expect(info).toMatchObject({ imei: '490154203237518', phone: '+15550100', serial: 'unknown', mdmMode: false });
    expect(info).toMatchObject({ permissions: [1, 1, 1, 0], launcherPackage: 'com.google.android.apps.nexuslauncher' });
    expect(info.defaultLauncher).toBe(false);
    expect(info).not.toHaveProperty('imsi');
  });

  it('has no administrator’s permission in application mode', () => {
    const device = openAndroid({ manners: { management: 'application' } });
    expect(device.info()).toMatchObject({ permissions: [0, 1, 1, 0], mdmMode: false, defaultLauncher: true });
  });

  it('lists configured apps that are installed, each package once, under the first name', async () => {
    const device = openAndroid({ files: { [apkOf(notes, '2')]: apk } });
    await device.take({
      applications: [
        app('com.android.chrome', '0', { url: null, name: 'Browser' }),
        app(notes, '1', { remove: true }),
        app(notes, '2', { name: 'Notes' }),
        app(notes.toUpperCase(), '2', { name: 'Other' }),
        app(notes, '3', { name: 'Third', skipVersion: true }),
        app('com.example.gone', '1', { url: null }),
        { type: 'web', name: 'Site', url: 'https://x.example' },
      ],
    });
    expect(device.info().applications).toEqual([
      { name: 'Browser', pkg: 'com.android.chrome', version: expect.any(String) },
      { name: 'Notes', pkg: notes, version: '2' },
    ]);
  });

  it('lists configured files that exist, with the moment that came with them', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a', [at('root')]: 'r' } });
    await device.take({ files: [file('a'), file('//root', { url: at('root') }), file('gone')] });
    await device.take({ files: [file('a', { lastUpdate: 900 }), file('//root', { url: at('root') })] });
    expect(device.info().files).toEqual([
      { path: 'a', lastUpdate: 1000, remove: false },
      { path: '//root', lastUpdate: 1000, remove: false },
    ]);
    expect(device.troubles('LAUNCHER_DIFFERS').map(({ about }) => about)).toEqual(['//root']);
  });

  it('never lists a file outside shared storage in mode launcher: it looks for it elsewhere', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a' }, manners: { mode: 'launcher' } });
    await device.take({ files: [file('//data/a', { url: at('a') }), file('/a')] });
    expect(device.info().files).toEqual([{ path: '/a', lastUpdate: 1000, remove: false }]);
  });

  it('does not list what the launcher passed over, although an older one is there', async () => {
    const files: Record<string, string | number> = { [at('a')]: 'a' };
    const device = openAndroid({ files, manners: { mode: 'launcher' } });
    await device.take({ files: [file('a')] });
    files[at('a')] = 500;
    await device.take({ files: [file('a', { lastUpdate: 2000 })] });
    expect(device.info().files).toEqual([]);
    await device.take({ files: [file('a')] });
    expect(device.info().files).toHaveLength(1);
  });

  it('has kiosk mode only where a launcher has it: not the open-source one of mode launcher', async () => {
    const kiosk = { kioskMode: true, mainApp: 'com.android.chrome' };
    const launcher = openAndroid({ manners: { mode: 'launcher' } });
    await launcher.take(kiosk);
    expect(launcher.info().kioskMode).toBe(false);
    const paid = openAndroid({ manners: { mode: 'launcher' }, facts: { native: { LauncherType: 'pro' } } });
    await paid.take(kiosk);
    expect(paid.info()).toMatchObject({ kioskMode: true, launcherType: 'pro' });
    await paid.take({ ...kiosk, mainApp: 'com.example.none' });
    expect(paid.info().kioskMode).toBe(false);
  });

  it('says where it is when that is asked for and allowed, and the same again at the same moment', async () => {
    const device = openAndroid();
    await device.take({ requestUpdates: 'gps' });
    const { location } = device.info();
    expect(location).toMatchObject({ ts: startAt });
    expect(device.info().location).toEqual(location);
    for (const not of [
      { requestUpdates: null },
      { requestUpdates: 'gps', disableLocation: true },
      { requestUpdates: 'gps', gps: false },
      { requestUpdates: 'gps', appPermissions: 'denylocation' },
    ]) {
      await device.take(not);
      expect(device.info()).not.toHaveProperty('location');
    }
  });

  it('says that it is charging at night', async () => {
    const device = openAndroid();
    await device.clock.advance(10 * 3_600_000);
    expect(['usb', 'ac']).toContain(device.info().batteryCharging);
  });

  it('survives the way over the wire', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a' } });
    await device.take({ requestUpdates: 'gps', files: [file('a')] });
    const { batteryCharging: _notSent, ...sent } = device.info();
    expect(readInfo(writeInfo(device.info()))).toMatchObject(sent);
  });
});

describeWithFixtures('the recorded documents of a real server', () => {
  const documents = recordings().filter(({ name, dir, status }) => {
    if (status !== 200 || !/^(?:sync|enroll|vars|custom|appset|sig|ctx|rename|move)/.test(name)) return false;
    const { data } = JSON.parse(replyOf({ dir, name }).body.toString('utf8')) ?? {};
    return typeof data === 'object' && data !== null && 'applicationSettings' in data;
  });

  it.each(documents.map(({ dir, name }) => [name, dir]))(
    '%s is applied, and every fault is told',
    async (name, dir) => {
      const { data } = JSON.parse(replyOf({ dir, name }).body.toString('utf8'));
      const device = openAndroid();
      const applied = await device.take(data);
      expect(applied.sendsInfo).toBe(true);
      expect(device.troubles('HEADWIND_FAILED').length).toBeGreaterThanOrEqual(applied.failed > 0 ? 1 : 0);
      const again = await device.take(data);
      expect(again.isEnded).toBe(false);
    },
  );

  it('are some', () => {
    expect(documents.length).toBeGreaterThan(10);
  });

  it('bring the files of the first one to where they belong', async () => {
    const { data } = JSON.parse(replyOf({ dir: 'rest', name: 'sync-01-get' }).body.toString('utf8'));
    const device = openAndroid({
      files: {
        'http://127.0.0.1:17080/files/certs/ca.pem': replyOf({ dir: 'rest', name: 'file-01-signed' }).body,
        'http://127.0.0.1:17080/files/wifi.json': replyOf({ dir: 'rest', name: 'file-03-template' }).body,
        'http://127.0.0.1:17080/files/my notes.txt': 'notes',
      },
    });
    await device.take(data);
    expect(device.paths()).toEqual([
      '/data/local/tmp/my notes.txt',
      '/storage/emulated/0/certs/ca.pem',
      '/storage/emulated/0/config/wifi.json',
    ]);
    expect(device.textAt('/storage/emulated/0/config/wifi.json')).toContain('h0101');
    expect(device.lines()).toContain('3 Certificate installed: /storage/emulated/0/certs/ca.pem');
    expect(device.info().files?.map(({ path }) => path)).toEqual([
      '/certs/ca.pem',
      '/config/wifi.json',
      '//data/local/tmp/my notes.txt',
      '/certs/ca.pem',
    ]);
  });
});
