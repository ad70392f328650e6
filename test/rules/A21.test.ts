import { expect, it } from 'vitest';
import {
  alice,
  enrolled,
  enrolledUserless,
  heldOf,
  history,
  pushes,
  recordOf,
  ruleTenant,
  switchTo,
} from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A21 %s: the dry run of a switch lists what would be overwritten and left behind, changes nothing, and the switch does what it said',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    const userless = await enrolledUserless(stage, 2);
    const [{ id }, { id: without }] = [await recordOf(stage, device), await recordOf(stage, userless)];
    const held = await heldOf(stage, device);
    const notified = await pushes(stage);
    const { status, body } = await stage.admin('POST', '/stub/v1/dryRun', { change: { authority: 'intune' } });
    expect(status).toBe(200);
    const user = { userPrincipalName: alice, from: 'office365', to: 'intune' };
    const lists = { overwritten: ['corp-mail', 'corp-wifi'], leftBehind: ['legacy-wifi'], removed: [] };
    expect(body).toMatchObject({
      users: [{ ...user, devices: [{ id, ...lists, overwritten: expect.arrayContaining(lists.overwritten) }] }],
      userless: [without],
      missing: platform === 'ios' ? ['pushCertificate'] : [],
    });
    expect(await history(stage)).toEqual([]);
    expect(await pushes(stage)).toEqual(notified);
    await device.checkIn();
    expect(await heldOf(stage, device)).toEqual(held);

    await switchTo(stage, 'intune');
    await device.checkIn();
    await userless.checkIn();
    const after = await heldOf(stage, device);
    const names = (by: (each: Record<string, unknown>) => boolean) =>
      after
        .filter(by)
        .map(({ name }) => name)
        .sort();
    expect(names(({ authority }) => authority === 'intune')).toEqual(lists.overwritten);
    expect(names(({ stale }) => stale === true)).toEqual(lists.leftBehind);
    expect(after).toHaveLength(held.length);
    expect((await heldOf(stage, userless)).every(({ authority }) => authority === 'office365')).toBe(true);
  },
);
