import { expect, it } from 'vitest';
import {
  ann,
  ben,
  bmsReach,
  coexistenceTenant,
  enableCoexistence,
  enrolledOf,
  intuneReach,
} from '../support/coexistence.js';
import { changesOn, enrolled, heldOf, portal, reach } from '../support/rules.js';
import { dayMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'C10 %s: coexistence has no end: for 30 days nothing changes for who is not licensed, and new devices join by their user, at one address',
  async (platform) => {
    const stage = await openStage(coexistenceTenant(), platform);
    const [device] = await enrolledOf(stage, ben);
    expect((await enableCoexistence(stage)).status).toBe(200);
    const held = await heldOf(stage, device);
    const changes = changesOn(device);
    for (let day = 0; day < 30; day += 10) {
      await device.checkIn();
      await stage.clock.advance(10 * dayMs);
    }
    await device.checkIn();
    expect(changes).toEqual([]);
    expect(await heldOf(stage, device)).toEqual(held);
    await device.useResource('email');

    const [unlicensed, licensed] = [await enrolled(stage, 8, ben), await enrolled(stage, 9, ann)];
    expect(reach(unlicensed)).toEqual(bmsReach);
    expect(reach(licensed)).toEqual(intuneReach);
    const serials = [device, unlicensed].map(({ state }) => state.facts.serial).sort();
    expect(await portal(stage, 'office365')).toEqual(serials);
    expect(await portal(stage, 'intune')).toEqual([licensed.state.facts.serial]);
  },
);
