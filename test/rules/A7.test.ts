import { expect, it } from 'vitest';
import {
  enrolled,
  latestChange,
  loseNotifications,
  newReach,
  oldReach,
  pushes,
  reach,
  ruleTenant,
  switchTo,
} from '../support/rules.js';
import { hourMs, openStage, platformsOfRules } from '../support/stage.js';

/** How long after the change each platform's device comes by itself: a launcher asks every hour, the others every eight. */
const withinMs = { ios: 8 * hourMs, windows: 8 * hourMs, android: hourMs };

it.each(platformsOfRules)(
  'A7 %s: a device that missed the notification moves at its next scheduled check-in, 8 hours after the change at most',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    stage.alive(device);
    await loseNotifications(stage, 1);
    await switchTo(stage, 'intune');
    const { at } = await stage.event(({ type }) => type === 'authorityChanged');
    await stage.event(({ type, result }) => type === 'notified' && result === 'dropped');
    expect((await pushes(stage, device))[0]).toMatchObject({ why: 'change', result: 'dropped' });
    expect(await latestChange(stage)).toMatchObject({ moved: 0, waiting: 1 });

    if (platform === 'ios') {
      await stage.clock.advance(8 * hourMs - 1); // only the authority's notification, which comes by its schedule, lets it check in
      expect(reach(device)).toEqual(oldReach);
    }
    await stage.clock.advance(withinMs[platform] - (platform === 'ios' ? 8 * hourMs - 1 : 0));
    const moved = await stage.event(({ type }) => type === 'moved');
    expect(Date.parse(moved.at) - Date.parse(at)).toBeLessThanOrEqual(withinMs[platform]);
    expect(reach(device)).toEqual(newReach);
    expect(await latestChange(stage)).toMatchObject({ moved: 1, waiting: 0 });
  },
);
