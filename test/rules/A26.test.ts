import { expect, it } from 'vitest';
import {
  enrolledUserless,
  history,
  latestChange,
  newReach,
  oldReach,
  pushes,
  reach,
  recordOf,
  ruleTenant,
  switchTo,
  until,
} from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A26 %s: a device without a user is notified and served as before, and moves only when support moves it',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolledUserless(stage, 1);
    await device.setPasscode('246810');
    const { id } = await recordOf(stage, device);
    await switchTo(stage, 'intune');
    await stage.event(({ type, why }) => type === 'notified' && why === 'change');
    expect((await pushes(stage, device))[0]).toMatchObject({ why: 'change', result: 'sent' });
    await device.checkIn();
    expect(reach(device)).toEqual(oldReach);
    expect((await stage.admin('POST', `/v1.0/deviceManagement/managedDevices/${id}/remoteLock`)).status).toBe(204);
    await device.checkIn();
    expect(device.state.condition.locked).toBe(true);
    await device.unlock();

    const moved = await stage.admin('POST', '/stub/v1/support/moveUserless', { devices: [id] });
    expect(moved.status).toBe(200);
    expect(moved.body['changes']).toEqual([2]);
    expect(await latestChange(stage)).toMatchObject({ cause: 'support', from: 'office365', to: 'intune', waiting: 1 });
    stage.alive(device);
    await stage.event(({ type, why }) => type === 'notified' && why === 'support');
    await device.checkIn();
    await until(device, () => reach(device).toString() === newReach.toString());
    expect(await history(stage)).toMatchObject([
      { userless: 0, moved: 1 },
      { moved: 1, waiting: 0, stale: 1 },
    ]);
    expect((await stage.admin('GET', '/stub/v1/userless')).body.value).toEqual([]);
  },
);
