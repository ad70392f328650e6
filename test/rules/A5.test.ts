import { expect, it } from 'vitest';
import {
  enrolled,
  latestChange,
  newReach,
  reach,
  renewPushCertificate,
  ruleTenant,
  switchTo,
  until,
} from '../support/rules.js';
import { nextEvent, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A5 %s: after a change every enrolled device is sent a notification to check in, apart from its schedule',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const devices = [
      await enrolled(stage, 1),
      await enrolled(stage, 2),
      await enrolled(stage, 3, 'bob@contoso.example'),
    ];
    const woken = devices.map((device) => nextEvent(device, 'woken'));
    for (const device of devices) stage.alive(device);
    await switchTo(stage, 'intune', false);
    await renewPushCertificate(stage); // A11: before it nothing can be sent to Apple devices
    await Promise.all(woken);
    for (const device of devices) await until(device, () => reach(device).toString() === newReach.toString());
    expect(await latestChange(stage)).toMatchObject({ from: 'office365', to: 'intune', notified: 3, moved: 3 });
  },
);
