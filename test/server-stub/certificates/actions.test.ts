// M4: remote actions and their results, as administrators see them; and devices without a user by a bulk token.
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../agent/index.js';
import { enrolled, managedDevices, ruleTenant } from '../../support/rules.js';
import { openStage, platformsOfRules, type Stage } from '../../support/stage.js';

async function acting(stage: Stage, device: Device) {
  const [row] = await managedDevices(stage);
  const path = `/v1.0/deviceManagement/managedDevices/${String(row?.['id'])}`;
  const results = async (): Promise<Record<string, unknown>> => {
    const { body } = await stage.admin('GET', path);
    const list = (body['deviceActionResults'] ?? []) as { actionName: string; actionState: string }[];
    return Object.fromEntries(list.map(({ actionName, actionState }) => [actionName, actionState]));
  };
  const act = async (...names: string[]): Promise<void> => {
    for (const name of names) expect((await stage.admin('POST', `${path}/${name}`)).status).toBe(204);
  };
  return { path, results, act, device };
}

describe.each(platformsOfRules)('a remote action (%s)', (platform) => {
  it('has a result: pending until the device came, then done', async () => {
    const stage = await openStage(ruleTenant({ authority: 'intune' }), platform);
    const device = await enrolled(stage, 1);
    await device.setPasscode('135790');
    const { results, act } = await acting(stage, device);
    await act('syncDevice', 'remoteLock', 'resetPasscode');
    expect(await results()).toEqual({ syncDevice: 'pending', remoteLock: 'pending', resetPasscode: 'pending' });
    await device.checkIn();
    expect(await results()).toEqual({ syncDevice: 'done', remoteLock: 'done', resetPasscode: 'done' });
    await act('syncDevice');
    expect(await results()).toMatchObject({ syncDevice: 'pending', remoteLock: 'done' });
  });

  it('that the device cannot do is not supported', async () => {
    const stage = await openStage(ruleTenant({ authority: 'intune' }), platform);
    const device = await stage.device(1, platform === 'ios' ? { facts: { supervised: false } } : {});
    await device.enroll(stage.invitation('alice@contoso.example'));
    await device.checkIn();
    const { results, act } = await acting(stage, device);
    const name = { ios: 'rebootNow', windows: 'remoteLock', android: 'shutDown' }[platform]; // not supervised, no PIN, no word
    await act(name);
    await device.checkIn();
    expect(await results()).toEqual({ [name]: 'notSupported' });
  });

  it.each(['retire', 'wipe'])('%s ends the enrollment, and the record goes with it', async (name) => {
    const stage = await openStage(ruleTenant({ authority: 'intune' }), platform);
    const device = await enrolled(stage, 1);
    const { path, act } = await acting(stage, device);
    await act(name);
    await device.checkIn();
    expect((await stage.admin('GET', path)).status).toBe(404);
    expect(device.state.lifecycle).not.toBe('enrolled');
    expect(device.state.holdings).toEqual([]);
  });
});

describe('a bulk token', () => {
  it('enrolls PCs without a user for as long as it says, and is the administrator’s to give', async () => {
    const stage = await openStage(ruleTenant({ authority: 'intune' }), 'windows');
    const path = '/stub/v1/windows/bulkTokens';
    for (const validFor of ['soon', '0d', '4000d', '-1d'])
      expect((await stage.admin('POST', path, { validFor })).status).toBe(400);
    const { status, body } = await stage.admin('POST', path, { validFor: '2d' });
    expect([status, Date.parse(String(body['expires']))]).toEqual([201, stage.clock.now() + 2 * 86_400_000]);
    const token = String(body['token']);
    const { user: _, secret: __, ...invitation } = stage.invitation('');
    for (const index of [1, 2]) {
      const device = await stage.device(index);
      await device.enroll({ ...invitation, token });
      await device.checkIn();
    }
    for (const row of await managedDevices(stage))
      expect(row).toMatchObject({ userId: '', deviceEnrollmentType: 'windowsBulkUserless' });
    const userless = await stage.admin('GET', '/stub/v1/userless');
    expect(userless.status).toBe(200);
    await stage.clock.advance(2 * 86_400_000);
    const late = await stage.device(3);
    await expect(late.enroll({ ...invitation, token })).rejects.toMatchObject({ code: 'ENROLL_REFUSED' });
  });
});
