import { expect, it } from 'vitest';
import {
  deviceWith,
  enrolls,
  onEachPlatform,
  platformsOfAdmission,
  refused,
  setConsent,
} from '../support/admission.js';
import { alice, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';
import { nowIs } from '../support/windows-admission.js';

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

it('E20 windows: while the MDM user scope is none a PC that joins Entra is refused, and one whose user enrolls it goes on', async () => {
  const scope = (mdmUserScope: 'all' | 'none') => ({ authority: 'intune', settings: { mdmUserScope } }) as const;
  const stage = await openStage(ruleTenant(scope('none')), 'windows');
  const device = await deviceWith(stage, 1);
  const joining = { ...stage.invitation(alice), entra: new URL('/entra', stage.invitation(alice).url).href };
  await refused(stage, device, 'E20', { invitation: joining });
  await enrolls(stage, await deviceWith(stage, 2));
  await nowIs(stage, scope('all'));
  await enrolls(stage, device, joining);
});
