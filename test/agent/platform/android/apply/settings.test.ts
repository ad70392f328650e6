import { describe, expect, it } from 'vitest';
import { qualityFault } from '../../../../../agent/model/passcode.js';
import type { JsonValue } from '../../../../../base/json.js';
import { labelsSetting, writeLabels } from '../../../../../protocol/headwind/labels.js';
import { openAndroid } from './apply-stage.js';

const labelled = (labels: Readonly<Record<string, string>>): JsonValue => [
  {
    ...writeLabels(Object.entries(labels).map(([carrier, name]) => ({ carrier, name, authority: 'Contoso' }))),
  } as Record<string, JsonValue>,
];

describe('what a configuration sets on the device', () => {
  it('is its name, once', async () => {
    const device = openAndroid();
    await device.take({ description: 'Till 4' });
    await device.take({ description: 'Till 4' });
    expect(device.state().condition.deviceName).toBe('Till 4');
    expect(device.carriedOut).toEqual([{ kind: 'rename', deviceName: 'Till 4' }]);
    await device.take({ description: ' ' });
    expect(device.carriedOut).toHaveLength(1);
  });

  it('is a lock, with a message, until it is taken back', async () => {
    const device = openAndroid();
    await device.take({ lock: true, lockMessage: 'Call 5' });
    expect(device.state().condition).toMatchObject({ locked: true, lockMessage: 'Call 5' });
    await device.take({ lock: true, lockMessage: 'Call 5' });
    expect(device.carriedOut).toHaveLength(1);
    await device.take({ lock: true, lockMessage: 'Call 6' });
    expect(device.state().condition.lockMessage).toBe('Call 6');
    await device.take({ lock: false });
    expect(device.state().condition.locked).toBe(false);
    expect(device.memory.data.lockedWith).toBeUndefined();
    await device.take({});
    expect(device.carriedOut).toHaveLength(3);
  });

  it('leaves a device with a passcode to be unlocked by the person', async () => {
    const device = openAndroid({ condition: { passcode: '2580' } });
    await device.take({ lock: true });
    await device.take({});
    expect(device.state().condition.locked).toBe(true);
  });

  it.each([
    ['present', '1', ''],
    ['easy', '846251', '84625'],
    ['moderate', 'abcd4321', '84625109'],
    ['strong', 'Abc-4321', 'abcd4321'],
  ])('is a passcode policy: %s takes %s and refuses %s', async (passwordMode, good, bad) => {
    const device = openAndroid();
    await device.take({ passwordMode });
    const [holding] = device.state().holdings;
    expect(holding?.profile).toMatchObject({ kind: 'configuration', name: 'passwordMode', type: 'headwind' });
    const passcode = holding?.profile.kind === 'configuration' ? holding.profile.passcode : undefined;
    expect(passcode).toBeDefined();
    if (passcode === undefined) return;
    expect(qualityFault(good, passcode)).toBeUndefined();
    expect(qualityFault(bad === '' ? undefined : bad, passcode)).toBeDefined();
    expect(device.lines()).toContain('4 Active password quality sufficient: false');
  });

  it('goes again with the setting, and a mode that nobody knows asks for nothing', async () => {
    const device = openAndroid();
    await device.take({ passwordMode: 'easy' });
    await device.take({ passwordMode: 'constructor' });
    expect(device.state().holdings[0]?.profile).not.toHaveProperty('passcode');
    await device.take({ passwordMode: null });
    expect(device.state().holdings).toEqual([]);
    expect(device.commands().map(({ id, name }) => `${id} ${name}`)).toEqual([
      '1.1 configuration',
      '2.1 configuration',
      '3.1 configuration',
    ]);
  });

  it('cannot ask for a passcode where the launcher is no device administrator', async () => {
    const device = openAndroid({ manners: { management: 'application' } });
    expect(await device.take({ passwordMode: 'easy' })).toMatchObject({ failed: 1 });
    expect(device.state().holdings).toEqual([]);
    expect(device.lines()).toContain('2 Failed to update password quality: no device administrator');
  });

  it('is what a server of ours has labelled, under the names that it gives', async () => {
    const device = openAndroid();
    const document = {
      passwordMode: 'easy',
      restrictions: 'no_camera,no_config_vpn',
      kioskExit: true,
      applicationSettings: labelled({
        'configuration:passwordMode': 'Passcode',
        'configuration:restrictions': 'Locked down',
        'configuration:kioskExit': 'Locked down',
        'configuration:absent': 'Nothing',
      }),
    };
    await device.take(document);
    await device.take(document);
    expect(device.state().holdings.map(({ profile }) => profile)).toEqual([
      {
        kind: 'configuration',
        name: 'Passcode',
        type: 'headwind',
        passcode: expect.anything(),
        settings: { passwordMode: 'easy' },
      },
      {
        kind: 'configuration',
        name: 'Locked down',
        type: 'headwind',
        settings: { restrictions: 'no_camera,no_config_vpn', kioskExit: true },
      },
    ]);
    expect(device.carriedOut).toHaveLength(2);
    await device.take({ ...document, applicationSettings: [] });
    expect(device.state().holdings.map(({ profile }) => profile.name)).toEqual(['passwordMode']);
  });

  it('is not set in the background by launcher 6.36; elsewhere it is, and that is told', async () => {
    const document = { passwordMode: 'easy', lock: true };
    const launcher = openAndroid({ manners: { mode: 'launcher' } });
    expect(await launcher.take(document, { ground: 'background' })).toMatchObject({ sendsInfo: false, isEnded: false });
    expect(launcher.carriedOut).toEqual([]);
    expect(await launcher.take(document)).toMatchObject({ sendsInfo: true });
    const device = openAndroid();
    await device.take(document, { ground: 'background' });
    expect(device.carriedOut).toHaveLength(2);
    expect(device.troubles('LAUNCHER_DIFFERS').map(({ about }) => about)).toEqual(['settings', 'sync/info']);
    await device.take(document, { ground: 'background', isByTimer: true }); // nothing is new
    expect(device.troubles('LAUNCHER_DIFFERS')).toHaveLength(2);
  });

  it('is a time zone for the owner of the device', async () => {
    const device = openAndroid();
    await device.take({ timeZone: 'Europe/Berlin' });
    expect(device.memory.data.timeZone).toBe('Europe/Berlin');
    await device.take({ timeZone: 'Mars/Olympus' });
    expect(device.troubles('HEADWIND_IGNORED')).toMatchObject([{ about: 'timeZone' }]);
    expect(device.memory.data.timeZone).toBe('Europe/Berlin');
    await device.take({ timeZone: 'auto' });
    expect(device.memory.data.timeZone).toBeUndefined();
    const other = openAndroid({ manners: { management: 'work-profile' } });
    await other.take({ timeZone: 'Europe/Berlin' });
    expect(other.memory.data.timeZone).toBeUndefined();
  });

  it('is kiosk mode with an app that is there, told once', async () => {
    const device = openAndroid();
    await device.take({ kioskMode: true, mainApp: 'com.android.chrome' });
    await device.take({ kioskMode: true, mainApp: 'com.android.chrome' });
    await device.take({ kioskMode: true, mainApp: 'com.example.none' });
    await device.take({ kioskMode: false });
    expect(device.commands().map(({ about, said }) => `${about} ${said}`)).toEqual([
      'com.android.chrome on',
      'com.example.none failed',
      'com.example.none off',
    ]);
    expect(device.troubles('LAUNCHER_DIFFERS')[0]?.message).toContain('has no kiosk mode');
  });

  it('takes twenty thousand settings in its stride', async () => {
    const device = openAndroid({ data: { logRules: [] } });
    const applicationSettings = Array.from({ length: 20_000 }, (_, index) => ({
      packageId: 'com.example',
      name: `k${index % 1000}`,
      value: '9999999999',
    }));
    await device.take({
      applicationSettings: [
        ...applicationSettings,
        { packageId: 'com.hmdm.launcher', name: labelsSetting, value: '[[[' },
      ],
    });
    expect(device.state().holdings).toEqual([]);
  });
});
