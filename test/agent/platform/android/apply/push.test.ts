import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../../agent/errors.js';
import { applyConfiguration } from '../../../../../agent/platform/android/apply/apply.js';
import { keepConfiguration } from '../../../../../agent/platform/android/apply/configuration.js';
import { handlePush } from '../../../../../agent/platform/android/apply/push.js';
import { readConfiguration } from '../../../../../protocol/headwind/configuration.js';
import { apk, apkOf, app, at, file, openAndroid, startAt } from './apply-stage.js';

const storage = '/storage/emulated/0';
const notes = 'com.example.notes';

async function withFiles(paths: readonly string[]) {
  const device = openAndroid({ files: Object.fromEntries(paths.map((path) => [at(path), 'x'])) });
  await device.take({ files: paths.map((path) => file(path)) });
  return device;
}

async function withApp() {
  const device = openAndroid({ files: { [apkOf(notes, '1.0')]: apk } });
  await device.take({ applications: [app(notes, '1.0')] });
  return device;
}

describe('a push', () => {
  it('is logged by its type, told with an id of its own, and kept before that', async () => {
    const device = openAndroid();
    const before = device.saves.count;
    expect(await device.push('configUpdated')).toBe('sync');
    expect(await device.push('appConfigUpdated')).toBe('done');
    expect(device.commands()).toMatchObject([
      { id: 'p1.1', name: 'configUpdated', status: 'done' },
      { id: 'p2.1', name: 'appConfigUpdated', said: 'broadcast as com.hmdm.push.appConfigUpdated' },
    ]);
    expect(device.lines()).toEqual([
      '3 Got Push Message, type configUpdated',
      '3 Got Push Message, type appConfigUpdated',
    ]);
    expect(device.saves.count).toBe(before + 2);
    expect(device.troubles()).toEqual([]);
  });

  it('begins its ids anew, also where a session has several of them and a configuration', async () => {
    const device = openAndroid({ files: { [at('a')]: 'a', [at('b')]: 'b' } });
    const session = device.context();
    await handlePush(session, { messageType: 'adminPanel' });
    await handlePush(session, { messageType: 'permissiveMode' });
    const document = { files: [file('a'), file('b')] };
    const received = { configuration: readConfiguration(document), text: JSON.stringify(document) };
    keepConfiguration(session, received);
    await applyConfiguration(session, received, { ground: 'foreground' });
    expect(device.commands().map(({ id }) => id)).toEqual(['p1.1', 'p2.1', '1.1', '1.2']);
  });

  it('that the launcher does not know is handed on to apps, and told; its name is shown, not obeyed', async () => {
    const device = openAndroid();
    for (const type of ['sos', '\u001b[2J', '__proto__', 'constructor', 'x'.repeat(100_000)]) await device.push(type);
    expect(device.troubles('HEADWIND_IGNORED')).toHaveLength(5);
    expect(device.commands().map(({ said }) => said.slice(0, 40))).toEqual([
      'broadcast as com.hmdm.push.sos',
      'broadcast as com.hmdm.push.\\u001b[2J',
      'broadcast as com.hmdm.push.__proto__',
      'broadcast as com.hmdm.push.constructor',
      'broadcast as com.hmdm.push.xxxxxxxxxxxxx',
    ]);
  });
});

describe('pushes about files', () => {
  it('delete one file, or what is none', async () => {
    const device = await withFiles(['a', 'd/b']);
    await device.push('deleteFile', { path: 'a' });
    await device.push('deleteFile', { path: '/d' });
    await device.push('deleteFile', { path: 'd/../../../../etc/hosts' });
    expect(device.paths()).toEqual([`${storage}/d/b`]);
    expect(device.commands().slice(-3)).toMatchObject([
      { said: 'deleted' },
      { said: 'nothing: no such file' },
      { said: expect.stringContaining('Permission denied') },
    ]);
    expect(device.lines().filter((line) => line.includes('Deleted file'))).toHaveLength(3);
  });

  it('delete a folder with all that lies in it', async () => {
    const device = await withFiles(['d/a', 'd/e/b', 'dd/c']);
    await device.push('deleteDir', { path: 'd/' });
    expect(device.paths()).toEqual([`${storage}/dd/c`]);
    await device.push('deleteDir', { path: '' });
    expect(device.paths()).toEqual([]);
  });

  it('purge a folder of its files, or of everything', async () => {
    const device = await withFiles(['d/a', 'd/e/b']);
    await device.push('purgeDir', { path: 'd' });
    expect(device.paths()).toEqual([`${storage}/d/e/b`]);
    await device.push('purgeDir', { path: 'd', recursive: 1 });
    expect(device.paths()).toEqual([]);
    await device.push('purgeDir', { path: 'nowhere' });
    expect(device.lines().at(-1)).toBe('2 Directory purge failed: not a directory: nowhere');
  });

  it.each(['deleteFile', 'deleteDir', 'purgeDir'])('say what is missing: %s', async (type) => {
    const device = openAndroid();
    await device.push(type);
    await device.push(type, { file: 'a' });
    await device.push(type, { path: 'x'.repeat(5000) });
    expect(device.commands().map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(device.commands()[1]?.reason).toBe('No value for path');
  });

  it('leave a file that was deleted to be fetched again', async () => {
    const device = await withFiles(['a']);
    await device.push('deleteFile', { path: 'a' });
    await device.take({ files: [file('a')] });
    expect(device.fetched).toHaveLength(2);
  });
});

describe('pushes about apps', () => {
  it('start, clear and remove one that is installed', async () => {
    const device = await withApp();
    await device.push('runApp', { pkg: notes, action: 'x.VIEW', data: 'geo:1,2', extra: { a: 1, b: 'c' } });
    await device.push('clearAppData', { pkg: notes });
    await device.push('uninstallApp', { pkg: notes });
    expect(device.commands().slice(1)).toMatchObject([
      { name: 'runApp', about: notes, said: 'started: x.VIEW, geo:1,2, extras a, b' },
      { name: 'clearAppData', said: 'cleared' },
      { name: 'app', about: notes, said: 'removed' },
    ]);
    expect(device.state().apps).toEqual([]);
    expect(device.lines()).toContain(`3 Uninstalled application: ${notes}`);
  });

  it('fail at one that is not, and at a payload that says none', async () => {
    const device = openAndroid();
    for (const type of ['runApp', 'clearAppData', 'uninstallApp'])
      for (const payload of [undefined, {}, { pkg: 'com.example.none' }, { pkg: null }, { pkg: { a: [] } }])
        await device.push(type, payload);
    expect(device.commands()).toHaveLength(15);
    expect(new Set(device.commands().map(({ status }) => status))).toEqual(new Set(['failed']));
  });

  it('clear nothing of the launcher itself, as it administers the device', async () => {
    const device = openAndroid();
    await device.push('clearAppData', { pkg: 'com.hmdm.launcher' });
    expect(device.commands()).toMatchObject([{ status: 'failed', about: 'com.hmdm.launcher' }]);
    expect(device.lines()).toContain('3 App data for com.hmdm.launcher not cleared');
  });

  it('are refused where the launcher does not own the device', async () => {
    const device = openAndroid({ manners: { management: 'work-profile' } });
    await device.push('uninstallApp', { pkg: notes });
    await device.push('grantPermissions');
    expect(device.commands().map(({ reason }) => reason)).toEqual([
      'no device owner',
      'the launcher does not own the device',
    ]);
    expect(device.lines()).toContain('2 Uninstall request failed: no device owner');
  });

  it('grant permissions to one, to several, to all that have an address', async () => {
    const device = await withApp();
    await device.push('grantPermissions');
    await device.push('grantPermissions', { pkg: 'a.b' });
    await device.push('grantPermissions', { pkg: ['a.b', 5] });
    expect(device.commands().slice(1)).toMatchObject([{ about: notes }, { about: 'a.b' }, { about: 'a.b, 5' }]);
  });

  it('broadcast and call intents: written down, nothing is executed', async () => {
    const device = openAndroid();
    await device.push('broadcast', { pkg: 'a.b', action: 'x' });
    await device.push('broadcast');
    await device.push('intent', { action: 'android.settings.SETTINGS' });
    await device.push('intent', { data: 'x' });
    expect(device.commands().map(({ said }) => said)).toEqual([
      'broadcast: x',
      'failed',
      'written down, not executed: android.settings.SETTINGS',
      'failed',
    ]);
    expect(device.lines()).toContain('2 Calling intent failed: No value for action');
    expect(device.carriedOut).toEqual([]);
  });
});

describe('pushes about the device', () => {
  it('run no command: it is logged and told', async () => {
    const device = openAndroid();
    await device.push('runCommand', { command: 'rm -rf / \u0007' });
    await device.push('runCommand', {});
    expect(device.commands()).toMatchObject([
      { about: 'rm -rf / \\u0007', said: 'written down, not executed' },
      { status: 'failed', reason: 'No value for command' },
    ]);
    expect(device.lines()).toContain('4 Executed a command: rm -rf / \u0007');
    expect(device.carriedOut).toEqual([]);
  });

  it('restart it where the launcher owns it, and nowhere else', async () => {
    const owned = openAndroid({ condition: { passcode: '2580' } });
    await owned.push('reboot');
    expect(owned.carriedOut).toEqual([{ kind: 'restart' }]);
    expect(owned.state().condition.locked).toBe(true);
    expect(owned.commands()).toMatchObject([{ id: 'p1.1', name: 'reboot', status: 'done' }]);
    expect(owned.lines().slice(1)).toEqual([
      '2 Rebooting by a Push message',
      '3 Shutting down the device',
      '4 Got the BOOT_RECEIVER broadcast',
      '3 MDM Launcher 6.36-opensource started',
    ]);
    for (const [management, line] of [
      ['work-profile', '2 Reboot failed'],
      ['application', '2 Reboot failed: no permissions'],
    ] as const) {
      const other = openAndroid({ manners: { management } });
      await other.push('reboot');
      expect(other.carriedOut).toEqual([]);
      expect(other.lines().at(-1)).toBe(line);
    }
  });

  it('start the apps that run at boot, where they are installed', async () => {
    const device = openAndroid({ files: { [apkOf(notes, '1.0')]: apk } });
    await device.take({
      applications: [
        app(notes, '1.0', { runAtBoot: true }),
        app('com.example.gone', '1', { url: null, runAtBoot: true }),
        app('com.android.chrome', '0', { url: null }),
      ],
    });
    await device.push('reboot');
    expect(device.commands().slice(1)).toMatchObject([{ name: 'reboot' }, { name: 'runAtBoot', about: notes }]);
  });

  it('say that a restart came to nothing', async () => {
    const device = openAndroid({ decide: () => 'failed' });
    await device.push('reboot');
    expect(device.commands()).toMatchObject([{ status: 'failed', reason: 'the person said no' }]);
    expect(device.lines().at(-1)).toBe('2 Reboot failed');
  });

  it('allow everything for three minutes, and leave kiosk mode until the next configuration', async () => {
    const device = openAndroid();
    const kiosk = { kioskMode: true, mainApp: 'com.android.chrome' };
    await device.take(kiosk);
    expect(device.info().kioskMode).toBe(true);
    await device.push('permissiveMode');
    expect(device.memory.data.permissiveUntil).toBe(startAt + 180_000);
    expect(device.info().kioskMode).toBe(false);
    await device.clock.advance(180_000);
    expect(device.info().kioskMode).toBe(true);
    await device.push('exitKiosk');
    expect(device.info().kioskMode).toBe(false);
    await device.take(kiosk);
    expect(device.info().kioskMode).toBe(true);
  });

  it('open the administrator’s panel', async () => {
    const device = openAndroid();
    await device.push('adminPanel');
    expect(device.lines().at(-1)).toBe('3 Administrator panel opened');
  });
});

describe('a text message', () => {
  it('is said to be delivered, then read', async () => {
    const asked: [string, number][] = [];
    const device = openAndroid({
      api: {
        async messageStatus(id, status) {
          asked.push([id, status]);
        },
      },
    });
    await device.push('textMessage', { id: 5, text: 'hi \u001b' });
    expect(asked).toEqual([
      ['5', 1],
      ['5', 2],
    ]);
    expect(device.commands()).toMatchObject([{ about: '5: hi \\u001b', said: 'delivered and read' }]);
  });

  it('whose status cannot be said is told as failed; an id that is no number goes into no address', async () => {
    const device = openAndroid({
      api: {
        messageStatus() {
          throw agentError('AUTHORITY_BUSY', 'messaging answered 503');
        },
      },
    });
    await device.push('textMessage', { id: '5', text: 'hi' });
    await device.push('textMessage', { id: '5/../../x', text: 'hi' });
    await device.push('textMessage');
    expect(device.commands().map(({ reason }) => reason)).toEqual([
      'messaging answered 503',
      'its id is no number',
      'it has no payload',
    ]);
    expect(device.troubles()).toMatchObject([{ code: 'AUTHORITY_BUSY', about: 'messaging' }]);
  });
});
