import { describe, expect, it } from 'vitest';
import { compareVersions, isSameVersion } from '../../../../../agent/platform/android/apply/versions.js';
import { apk, apkOf, app, at, file, openAndroid, startAt } from './apply-stage.js';

const notes = 'com.example.notes';
const files = {
  [apkOf(notes, '1.0')]: apk,
  [apkOf(notes, '1.1')]: apk,
  [apkOf(notes, '2.0')]: apk,
  [apkOf('com.example.mail', '3')]: apk,
};
const installed = (version: string, code?: number) => ({ version, code: code ?? 0 });
const own = { id: notes, name: 'notes', version: '1.1', sizeBytes: 1, managed: true };

describe('versions', () => {
  it('are equal by their code where the configuration has one that is not 0, else by digits and points', () => {
    expect(isSameVersion(installed('1.0', 7), { version: '2.0', code: 7 })).toBe(true);
    expect(isSameVersion(installed('1.0', 7), { version: '1.0', code: 8 })).toBe(false);
    expect(isSameVersion(installed('v1.0-beta'), { version: '1.0', code: 0 })).toBe(true);
    expect(isSameVersion(installed('1.0'), { version: '1.0.0' })).toBe(false);
  });

  it.each([
    ['1.9', '1.10', -1],
    ['2', '1.9.9', 1],
    ['1.0', '1.0.0', -1],
    ['1.0.', '1.0', 0],
    ['r1.2', '1.2-7', -1],
    ['', '1', 0],
    ['99999999999', '1', 0],
  ])('%s compares with %s as %i', (one, other, sign) => {
    expect(compareVersions(installed(one), { version: other })).toBe(sign);
  });

  it('compare by code before anything else', () => {
    expect(compareVersions(installed('9', 1), { version: '1', code: 2 })).toBe(-1);
    expect(compareVersions(installed('1', 3), { version: '9', code: 2 })).toBe(1);
  });
});

describe('apps of a configuration', () => {
  it('are fetched, looked at, and installed with the version that the configuration names', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.0', { code: 5 })] });
    expect(device.state().apps).toMatchObject([{ id: notes, version: '1.0', managed: true }]);
    expect(device.commands()).toMatchObject([
      { id: '1.1', name: 'app', about: notes, said: expect.stringContaining('SHA-256 ') },
    ]);
    expect(device.lines()).toEqual(
      expect.arrayContaining([
        `4 Downloading app: ${notes}`,
        `3 Silently installing app ${notes} 1.0`,
        `4 App ${notes} installed successfully`,
      ]),
    );
    await device.take({ applications: [app(notes, '9.9', { code: 5 })] }); // the same code
    expect(device.fetched).toHaveLength(1);
  });

  it('are left alone with skipVersion, with version 0, and where they are installed in that version', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.0')] });
    await device.take({ applications: [app(notes, '2.0', { skipVersion: true })] });
    await device.take({ applications: [app(notes, '0')] });
    await device.take({ applications: [app(notes, 'v1.0')] });
    expect(device.fetched).toHaveLength(1);
    await device.take({ applications: [app(notes, '2.0')] });
    expect(device.state().apps[0]?.version).toBe('2.0');
  });

  it('are not replaced by an older version unless the newer one is removed by the same configuration', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.1')] });
    await device.take({ applications: [app(notes, '1.0')] });
    expect(device.state().apps[0]?.version).toBe('1.1');
    expect(device.lines()).toContain(`4 Ignoring downgrade request for ${notes}: remove current version first!`);
    await device.take({ applications: [app(notes, '1.0'), app(notes, '1.1', { remove: true })] });
    expect(device.state().apps[0]?.version).toBe('1.0');
    expect(device.commands().slice(-2)).toMatchObject([{ said: 'removed' }, { id: '3.2' }]);
  });

  it('are removed in the version that is named, in any where that is 0', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.0')] });
    await device.take({ applications: [app(notes, '2.0', { remove: true })] });
    expect(device.state().apps).toHaveLength(1);
    await device.take({ applications: [app(notes, '0', { remove: true, url: null })] });
    expect(device.state().apps).toHaveLength(0);
    expect(device.lines()).toContain(`3 Silently uninstall app ${notes}`);
  });

  it('without an address are the system’s, and web and intent items are none', async () => {
    const device = openAndroid();
    const applied = await device.take({
      applications: [
        app(notes, '1.0', { url: null }),
        app('a.b', '1', { url: '  ' }),
        { type: 'web', name: 'Site', url: 'https://x.example' },
        { type: 'intent', name: 'Dial', intent: 'android.intent.action.DIAL' },
      ],
    });
    expect(applied.commands).toBe(0);
    expect(device.troubles()).toEqual([]);
  });

  it('are installed once each: the same package and version twice are one', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.0'), app(notes.toUpperCase(), '1.0'), app(notes, '1.0')] });
    expect(device.fetched).toHaveLength(1);
  });

  it('of one package in two versions are both installed, and the older one after the newer one fails', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.0'), app(notes, '2.0')] });
    expect(device.state().apps).toMatchObject([{ version: '2.0' }]);
    const other = openAndroid({ files });
    await other.take({ applications: [app(notes, '2.0'), app(notes, '1.0')] });
    expect(other.state().apps).toMatchObject([{ version: '2.0' }]);
    expect(other.lines()).toContain(`1 ${notes} Install failed: CONFLICT, extra: INSTALL_FAILED_VERSION_DOWNGRADE`);
    expect(other.troubles('HEADWIND_FAILED')).toHaveLength(1);
  });

  it('that came with the device stay', async () => {
    const device = openAndroid();
    await device.take({ applications: [app('com.android.chrome', '0', { remove: true })] });
    expect(device.troubles('HEADWIND_FAILED')).toMatchObject([{ about: 'com.android.chrome' }]);
  });

  it('are asked for where the launcher does not own the device: the person says yes', async () => {
    const device = openAndroid({ files, manners: { management: 'application' } });
    await device.take({ applications: [app(notes, '1.0')] });
    expect(device.state().apps).toHaveLength(1);
    expect(device.lines()).toContain(`3 Asking user to install app ${notes} 1.0`);
  });

  it('may come from Google Play and from a file of the device', async () => {
    const device = openAndroid({ files: { [at('n.apk')]: apk } });
    await device.take({
      files: [file('/n.apk')],
      applications: [
        app('com.example.play', '0', { url: 'market://details?id=com.example.play' }),
        app(notes, '4', { url: 'file:///storage/emulated/0/n.apk' }),
        app('com.example.none', '4', { url: 'file:///storage/emulated/0/%6e2.apk' }),
      ],
    });
    expect(device.state().apps.map(({ id }) => id)).toEqual(['com.example.play', notes]);
    expect(device.troubles('HEADWIND_FAILED')).toMatchObject([{ about: 'com.example.none' }]);
  });

  it('that are no archive would not be installed by Android: told, and installed all the same', async () => {
    const device = openAndroid({ files: { [apkOf(notes, '1.0')]: 'a stand-in' } });
    await device.take({ applications: [app(notes, '1.0')] });
    expect(device.troubles('LAUNCHER_DIFFERS')[0]?.message).toContain('sends is no APK (10 bytes');
    expect(device.state().apps).toHaveLength(1);
  });

  it('that are no archive fail in mode launcher, and are not fetched again by themselves', async () => {
    const device = openAndroid({ files: { [apkOf(notes, '1.0')]: 'a stand-in' }, manners: { mode: 'launcher' } });
    await device.take({ applications: [app(notes, '1.0')] });
    await device.take({ applications: [app(notes, '1.0')] });
    expect(device.state().apps).toHaveLength(0);
    expect(device.fetched).toHaveLength(1);
    expect(device.lines()).toContain(`1 ${notes} Install failed: INVALID`);
  });

  it('are started after they were installed, where that is asked for', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '1.0', { runAfterInstall: true })] }, { ground: 'background' });
    expect(device.commands()).toContainEqual(expect.objectContaining({ name: 'runAfterInstall', about: notes }));
    expect(device.lines()).toContain(`3 Launched app after install: ${notes}`);
  });
});

describe('an app that fails', () => {
  const two = { applications: [app('com.example.gone', '1'), app(notes, '1.0')] };

  it('is told, and the next one comes all the same', async () => {
    const device = openAndroid({ files });
    expect(await device.take(two)).toMatchObject({ failed: 1, sendsInfo: true, isEnded: false });
    expect(device.state().apps.map(({ id }) => id)).toEqual([notes]);
    expect(device.troubles()).toMatchObject([
      {
        code: 'HEADWIND_FAILED',
        about: 'com.example.gone',
        message: 'app com.example.gone: failed to download: Bad server response: 404',
      },
    ]);
  });

  it('ends the update of launcher 6.36 in the background, and is passed over in the foreground', async () => {
    const behind = openAndroid({ files, manners: { mode: 'launcher' } });
    expect(await behind.take(two, { ground: 'background' })).toMatchObject({ isEnded: true, sendsInfo: false });
    expect(behind.state().apps).toEqual([]);
    const before = openAndroid({ files, manners: { mode: 'launcher' } });
    expect(await before.take(two)).toMatchObject({ isEnded: false, sendsInfo: true });
    expect(before.state().apps).toHaveLength(1);
    expect(before.memory.data.skippedApps).toEqual(['com.example.gone']);
  });

  it('is told where the device itself refuses it', async () => {
    const device = openAndroid({ files, decide: () => 'failed' });
    await device.take({ applications: [app(notes, '1.0')] });
    expect(device.troubles('HEADWIND_FAILED')[0]?.message).toBe(`app ${notes}: the person said no`);
    expect(device.memory.data.appCodes).toBeUndefined();
  });

  it('has no package or no version: launcher 6.36 breaks off with an exception', async () => {
    const applications = [{ type: 'app', name: 'x', url: 'http://x/x.apk' }, app(notes, '1.0')];
    const device = openAndroid({ files });
    await device.take({ applications });
    expect(device.troubles('LAUNCHER_DIFFERS')[0]?.message).toContain('NullPointerException');
    expect(device.state().apps).toHaveLength(1);
    const launcher = openAndroid({ files, manners: { mode: 'launcher' } });
    expect(await launcher.take({ applications })).toMatchObject({ isEnded: true, sendsInfo: false });
    expect(launcher.state().apps).toHaveLength(0);
  });

  it('has a package that is no name of one', async () => {
    const device = openAndroid();
    await device.take({ applications: [app('__proto__', '1'), app('con.\u001b[2J', '1')] });
    expect(device.troubles('HEADWIND_FAILED').map(({ message }) => message)).toEqual([
      'app __proto__: __proto__ is no name of a package',
      'app con.\\u001b[2J: con.\\u001b[2J is no name of a package',
    ]);
    expect(device.fetched).toEqual([]);
  });

  it('among three thousand is one of a thousand that are looked at', async () => {
    const device = openAndroid({ data: { logRules: [] } });
    const applications = Array.from({ length: 3000 }, (_, index) => app(`com.example.a${index}`, '1'));
    await device.take({ applications });
    expect(device.fetched).toHaveLength(1000);
    expect(device.troubles('HEADWIND_FAILED')[0]?.message).toBe('3000 apps: the first 1000 are looked at');
  });
});

describe('the time of app updates', () => {
  const at14 = { appUpdateFrom: '14:00', appUpdateTo: '16:00', applications: [app(notes, '1.0')] };

  it('holds apps back until it begins, when the configuration is fetched again', async () => {
    const device = openAndroid({ files }); // it is 12:00
    expect(await device.take(at14)).toMatchObject({ later: 1, failed: 0 });
    expect(device.fetched).toEqual([]);
    expect(device.lines()).toContain('4 Application update not enabled. Scheduled time: 14:00');
    expect(device.memory.data.nextUpdateAt).toBe(startAt + 2 * 3_600_000);
    await device.clock.advance(2 * 3_600_000);
    await device.take(at14);
    expect(device.state().apps).toHaveLength(1);
    expect(device.memory.data.nextUpdateAt).toBe(startAt + 26 * 3_600_000);
  });

  it('does not hold back what a person asks for', async () => {
    const device = openAndroid({ files });
    await device.take(at14, { isByHand: true });
    expect(device.state().apps).toHaveLength(1);
  });

  it('is that of the device’s time zone, and may go past midnight', async () => {
    const device = openAndroid({ files, data: { timeZone: 'Asia/Tokyo' } }); // it is 21:00 there
    await device.take({ appUpdateFrom: '20:30', appUpdateTo: '02:00', applications: [app(notes, '1.0')] });
    expect(device.state().apps).toHaveLength(1);
    const other = openAndroid({ files, data: { timeZone: 'Asia/Tokyo' } });
    await other.take({ appUpdateFrom: '22:00', appUpdateTo: '02:00', applications: [app(notes, '1.0')] });
    expect(other.state().apps).toHaveLength(0);
    expect(other.memory.data.nextUpdateAt).toBe(startAt + 3_600_000);
  });

  it('is noticed by a timer of 15 minutes: launcher 6.36 misses one that lies between two looks', async () => {
    const short = { appUpdateFrom: '14:01', appUpdateTo: '14:10', applications: [app(notes, '1.0')] };
    const launcher = openAndroid({ files, manners: { mode: 'launcher' } });
    await launcher.take(short);
    expect(launcher.memory.data.nextUpdateAt).toBeUndefined();
    const device = openAndroid({ files });
    await device.take(short);
    expect(device.memory.data.nextUpdateAt).toBe(startAt + 121 * 60_000);
  });

  it('without a length, or of words, is all day', async () => {
    for (const window of [
      { appUpdateFrom: '14:00', appUpdateTo: '14:00' },
      { appUpdateFrom: 'aa', appUpdateTo: '' },
    ]) {
      const device = openAndroid({ files });
      await device.take({ ...window, applications: [app(notes, '1.0')] });
      expect(device.state().apps).toHaveLength(1);
    }
  });
});

describe('own apps', () => {
  it('come under management when the configuration names them', async () => {
    const device = openAndroid({ files });
    await device.take({ applications: [app(notes, '2.0')] });
    expect(device.state().apps).toMatchObject([{ ...own, version: '2.0', sizeBytes: expect.any(Number) }]);
  });
});
