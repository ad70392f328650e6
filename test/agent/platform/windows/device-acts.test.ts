// What a server may have the device do: lock, wipe, restart; and the policies that it writes.
import { describe, expect, it } from 'vitest';
import { qualityFault, withPasscode } from '../../../../agent/model/passcode.js';
import { nextScheduledReboot, readMoment } from '../../../../agent/platform/windows/csp/reboot.js';
import { restart } from '../../../../agent/platform/windows/leaving.js';
import { deviceLockPolicy, passcodeManners } from '../../../../agent/platform/windows/passcode.js';
import { nextRestart } from '../../../../agent/platform/windows/schedule.js';
import { openCsps } from './csp-stage.js';

const dayMs = 86_400_000;

describe('RemoteLock', () => {
  const at = (name: string) => `./Device/Vendor/MSFT/RemoteLock/${name}`;

  it('locks a device that has a PIN, and answers 405 where it has none', async () => {
    const without = openCsps();
    expect(await without.exec(at('Lock'))).toBe(405);
    expect(without.state.condition.locked).toBe(false);
    const csps = openCsps({ condition: { passcode: '4711' } });
    expect(await csps.exec('./Vendor/MSFT/RemoteLock/Lock')).toBe(200);
    expect(csps.state.condition.locked).toBe(true);
  });

  it.each(['LockAndResetPIN', 'LockAndRecoverPIN'])('%s sets a new PIN, which is said once', async (name) => {
    const csps = openCsps({ condition: { passcode: '4711' } });
    expect(await csps.get(at('NewPINValue'))).toBe(404);
    expect(await csps.exec(at(name))).toBe(200);
    const pin = csps.state.condition.passcode;
    expect(pin).toMatch(/^\d{6}$/);
    expect(csps.state.condition.locked).toBe(true);
    expect(await csps.get(at('NewPINValue'))).toBe(pin);
    expect(await csps.get(at('NewPINValue'))).toBe(404);
  });

  it('sets a PIN that the policies on the device allow', async () => {
    const csps = openCsps({ condition: { passcode: '4711' } });
    const policy = {
      DevicePasswordEnabled: '0',
      MinDevicePasswordLength: '10',
      AlphanumericDevicePasswordRequired: '0',
      AllowSimpleDevicePassword: '0',
    };
    for (const [name, value] of Object.entries(policy))
      await csps.replace(`./Device/Vendor/MSFT/Policy/Config/DeviceLock/${name}`, value, 'int');
    expect(await csps.exec(at('LockAndRecoverPIN'))).toBe(200);
    const rules = deviceLockPolicy(policy);
    expect(rules && qualityFault(csps.state.condition.passcode, rules, passcodeManners)).toBeUndefined();
    expect(csps.state.condition.passcode).toMatch(/^(?=.*[a-z])(?=.*\d).{10,}$/i);
  });
});

describe('RemoteWipe', () => {
  it.each([
    ['doWipe', 200],
    ['doWipeProtected', 200],
    ['doWipePersistProvisionedData', 200],
    ['doWipePersistUserData', 200],
    ['doWipeCloud', 202],
    ['doWipeCloudPersistUserData', 202],
    ['doWipeCloudPersistProvisionedData', 202],
  ])('%s is accepted with %d, and happens after the session', async (name, code) => {
    const csps = openCsps();
    expect(await csps.exec(`./Device/Vendor/MSFT/RemoteWipe/${name}`)).toBe(code);
    expect(csps.effects).toEqual([{ kind: 'wipe', how: name }]);
    expect(csps.carriedOut).toEqual([]);
  });

  it('is not read, and not written', async () => {
    const csps = openCsps();
    expect(await csps.get('./Device/Vendor/MSFT/RemoteWipe/doWipe')).toBe(405);
    expect(await csps.replace('./Device/Vendor/MSFT/RemoteWipe/doWipe', 'x')).toBe(405);
  });

  it('redeploys where there is power enough', async () => {
    const base = './Device/Vendor/MSFT/RemoteWipe/AutomaticRedeployment';
    const csps = openCsps({ condition: { batteryPercent: 80 } });
    expect(await csps.get(`${base}/Status`)).toBe('0');
    expect(await csps.exec(`${base}/doAutomaticRedeployment`)).toBe(202);
    expect(await csps.get(`${base}/Status`)).toBe('10');
    expect(csps.effects).toEqual([{ kind: 'wipe', how: 'doAutomaticRedeployment' }]);
    const empty = openCsps({ condition: { batteryPercent: 10 } });
    expect(await empty.exec(`${base}/doAutomaticRedeployment`)).toBe(500);
    expect(empty.effects).toEqual([]);
    expect(
      await openCsps({ condition: { batteryPercent: 10 }, facts: { model: 'OptiPlex 7010' } }).exec(
        `${base}/doAutomaticRedeployment`,
      ),
    ).toBe(202);
  });
});

describe('Reboot', () => {
  const at = (name: string) => `./Device/Vendor/MSFT/Reboot/${name}`;

  it('restarts after the session', async () => {
    const csps = openCsps();
    expect(await csps.exec(at('RebootNow'))).toBe(200);
    expect(csps.effects).toEqual([{ kind: 'reboot' }]);
  });

  it('keeps a schedule in ISO 8601, and says it with a time zone', async () => {
    const csps = openCsps();
    expect(await csps.get(at('Schedule/Single'))).toBe(404);
    expect(await csps.add(at('Schedule/Single'), '2026-11-27T18:00:00')).toBe(200);
    expect(await csps.get(at('Schedule/Single'))).toBe('2026-11-27T18:00:00+00:00');
    expect(await csps.replace(at('Schedule/DailyRecurrent'), '2026-11-27T03:00:00+02:00')).toBe(200);
    expect(await csps.get(at('Schedule/DailyRecurrent'))).toBe('2026-11-27T01:00:00+00:00');
    expect(await csps.replace(at('Schedule/Single'), '')).toBe(200); // an empty date takes it away
    expect(await csps.get(at('Schedule/Single'))).toBe(404);
  });

  it.each(['tomorrow', '2026-11-27', '18:00:00', '2026-02-30T18:00:00', '2026-11-27T25:00:00', '2026-11-27 18:00:00'])(
    'takes no date and time such as “%s”',
    async (text) => {
      const csps = openCsps();
      expect(await csps.add(at('Schedule/Single'), text)).toBe(500);
      expect(nextScheduledReboot(csps.memory.data, 0)).toBeUndefined();
    },
  );

  it('is due at the moments of its schedule, as a function of what is written', async () => {
    const csps = openCsps();
    const start = readMoment('2026-11-27T18:00:00Z') ?? Number.NaN;
    const next = (after: number) => nextScheduledReboot(csps.memory.data, after);
    expect(next(start)).toBeUndefined();
    await csps.add(at('Schedule/Single'), '2026-11-27T18:00:00Z');
    expect([next(start - 1), next(start)]).toEqual([start, undefined]);
    await csps.add(at('Schedule/WeeklyRecurrent'), '2026-11-27T18:00:00Z');
    expect([next(start - 9 * dayMs), next(start), next(start + 7 * dayMs)]).toEqual([
      start,
      start + 7 * dayMs,
      start + 14 * dayMs,
    ]);
    await csps.add(at('Schedule/DailyRecurrent'), '2026-11-27T20:00:00Z');
    expect(next(start)).toBe(start + 7_200_000);
    expect(next(start + 10 * dayMs)).toBe(start + 10 * dayMs + 7_200_000);
  });
});

describe('a restart by schedule', () => {
  const at = (name: string) => `./Device/Vendor/MSFT/Reboot/Schedule/${name}`;
  const noon = Date.UTC(2026, 10, 27, 12);

  it('comes at the moments that lie ahead when the schedule is written, and those slept through are one', async () => {
    const csps = openCsps();
    await csps.add(at('Single'), '2026-11-20T12:00:00Z'); // over by then
    expect(nextRestart(csps.memory.data, 0)).toBeUndefined();
    await csps.add(at('DailyRecurrent'), '2026-11-27T12:00:00Z');
    expect(nextRestart(csps.memory.data, 0)).toBe(noon);
    await restart(csps.memory, csps.apply, noon, noon + 5.5 * dayMs);
    expect(nextRestart(csps.memory.data, 0)).toBe(noon + 6 * dayMs);
    await csps.remove(at('DailyRecurrent'));
    expect(nextRestart(csps.memory.data, 0)).toBeUndefined();
  });

  it('has the device take the name that was written, once', async () => {
    const csps = openCsps({ condition: { passcode: '4711' } });
    await csps.replace('./DevDetail/Ext/Microsoft/DeviceName', 'SALES-7');
    await restart(csps.memory, csps.apply, noon, noon + 60_000);
    expect(csps.state.condition).toMatchObject({ deviceName: 'SALES-7', locked: true, signedIn: 'none' });
    expect(csps.memory.data.sessions.next).toBe(0);
    await csps.apply({ kind: 'rename', deviceName: 'by hand' });
    await restart(csps.memory, csps.apply, noon + dayMs, noon + dayMs);
    expect(csps.state.condition.deviceName).toBe('by hand');
  });
});

describe('Policy', () => {
  const at = (path: string) => `./Device/Vendor/MSFT/Policy/${path}`;

  it('holds each area as a configuration profile, and reads back what is in force', async () => {
    const csps = openCsps();
    expect(await csps.replace(at('Config/Update/AllowAutoUpdate'), '6', 'int')).toBe(200);
    expect(await csps.replace(at('Config/Update/ActiveHoursStart'), '9', 'int')).toBe(200);
    expect(csps.state.holdings.map(({ profile }) => profile)).toEqual([
      {
        kind: 'configuration',
        name: 'Update',
        type: './Device/Vendor/MSFT/Policy/Config/Update',
        settings: { AllowAutoUpdate: '6', ActiveHoursStart: '9' },
      },
    ]);
    expect(await csps.ask('Get', at('Result/Update/AllowAutoUpdate'))).toEqual({ code: 200, data: '6', format: 'int' });
    expect(await csps.get(at('Result'))).toBe('Update');
    expect(await csps.get(at('Result/Update'))).toBe('AllowAutoUpdate/ActiveHoursStart');
    expect(await csps.get(at('Result/Update/Other'))).toBe(404);
  });

  it('reads back what the same message wrote, whatever it is called', async () => {
    const csps = openCsps();
    const [config, result] = ['Config', 'Result'].map((part) => at(`${part}/My%20area/Don%27t%20(ask)`));
    const meta = { format: 'int' };
    const { answers } = await csps.run([
      { verb: 'Replace', cmdId: '2', items: [{ target: String(config), data: '1', meta }] },
      { verb: 'Get', cmdId: '3', items: [{ target: String(result) }] },
    ]);
    expect(answers.map(({ statuses }) => statuses[0]?.code)).toEqual([200, 200]);
    expect(answers[1]?.results).toEqual([{ source: result, data: '1', meta }]);
    expect(csps.state.holdings[0]?.profile).toMatchObject({ name: 'My area', settings: { "Don't (ask)": '1' } });
  });

  it('drops the profile with the last policy of its area', async () => {
    const csps = openCsps();
    await csps.replace(at('Config/Update/AllowAutoUpdate'), '6', 'int');
    expect(await csps.remove(at('Config/Update/AllowAutoUpdate'))).toBe(200);
    expect(csps.state.holdings).toEqual([]);
    expect(await csps.get(at('Result/Update/AllowAutoUpdate'))).toBe(404);
  });

  it('tells a user’s areas from the device’s', async () => {
    const csps = openCsps();
    await csps.replace(at('Config/Experience/AllowCopyPaste'), '0', 'int');
    expect(await csps.replace('./User/Vendor/MSFT/Policy/Config/Experience/AllowCopyPaste', '0', 'int')).toBe(200);
    expect(csps.state.holdings.map(({ profile }) => profile.name)).toEqual(['Experience', 'Experience (user)']);
  });

  it('takes an ADMX file once', async () => {
    const csps = openCsps();
    const file = at('ConfigOperations/ADMXInstall/Contoso/Policy/Contoso1');
    expect(await csps.add(file, '<policyDefinitions/>')).toBe(200);
    expect(await csps.add(file, '<policyDefinitions/>')).toBe(418);
  });

  it('lets a person set no passcode that DeviceLock does not allow, in Windows’ words', async () => {
    const csps = openCsps();
    const policies = { DevicePasswordEnabled: '0', MinDevicePasswordLength: '8', AllowSimpleDevicePassword: '0' };
    for (const [name, value] of Object.entries(policies))
      await csps.replace(at(`Config/DeviceLock/${name}`), value, 'int');
    const set = (passcode: string | undefined) => withPasscode(csps.state, passcode, 0, passcodeManners);
    for (const wrong of ['short', '12345678', 'aaaabcxy', undefined])
      expect(() => set(wrong)).toThrow(
        expect.objectContaining({
          code: 'PASSCODE_REFUSED',
          details: expect.objectContaining({ code: 'HRESULT 0x8007052D ERROR_PASSWORD_RESTRICTION' }),
        }),
      );
    expect(set('correct horse').condition.passcode).toBe('correct horse');
  });
});

describe('the policies of DeviceLock as rules', () => {
  it('count where DevicePasswordEnabled is 0', () => {
    expect(deviceLockPolicy({ MinDevicePasswordLength: '8' })).toEqual({ required: false });
    expect(deviceLockPolicy({ DevicePasswordEnabled: '1', MinDevicePasswordLength: '8' })).toEqual({ required: false });
    expect(deviceLockPolicy({ ScreenTimeoutWhileLocked: '10' })).toBeUndefined();
  });

  it('are read each', () => {
    expect(
      deviceLockPolicy({
        DevicePasswordEnabled: '0',
        MinDevicePasswordLength: '6',
        MaxDevicePasswordFailedAttempts: '10',
        MaxInactivityTimeDeviceLock: '15',
        DevicePasswordHistory: '5',
        DevicePasswordExpiration: '90',
        AlphanumericDevicePasswordRequired: '0',
        MinDevicePasswordComplexCharacters: '4',
        AllowSimpleDevicePassword: '0',
      }),
    ).toEqual({
      required: true,
      minLength: 6,
      maxFailedAttempts: 10,
      maxInactivityMinutes: 15,
      historyLength: 5,
      maxAgeDays: 90,
      requireAlphanumeric: true,
      minComplexCharacters: 1,
      allowSimple: false,
    });
  });

  it('leave out no bound, and what the neutral policy cannot say', () => {
    const numbers = {
      DevicePasswordHistory: '0',
      DevicePasswordExpiration: '0',
      MaxDevicePasswordFailedAttempts: '999',
    };
    expect(deviceLockPolicy({ DevicePasswordEnabled: '0', ...numbers, MinDevicePasswordLength: 'x' })).toEqual({
      required: true,
    });
  });
});
