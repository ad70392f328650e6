import { expect, it } from 'vitest';
import {
  deviceWith,
  enrolls,
  onEachPlatform,
  platformsOfAdmission,
  refused,
  setConsent,
} from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E20: a way of enrolling whose consent is missing is refused, and other ways go on; with the consent the same device enrolls', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const shown: string[] = [];
  await onEachPlatform(stage, async (on, { consent: needed }) => {
    if (needed === undefined) return;
    shown.push(needed.act);
    await setConsent(on, needed.act, false);
    const device = await deviceWith(on, 1, { native: needed.native });
    const record = await refused(on, device, 'E20');
    expect(record).toMatchObject({
      failureCategory: 'featureNotSupported',
      failureReason: expect.stringContaining(needed.act),
    });
    await enrolls(on, await deviceWith(on, 2));
    await setConsent(on, needed.act, true);
    await enrolls(on, device);
  });
  expect(platformsOfAdmission.includes('ios')).toBe(shown.includes('appleAutomatedEnrollment'));
});
