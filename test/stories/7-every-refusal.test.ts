// Story 7: every way to be refused, and back. What each code says, its pairs and what cannot be recorded are in test/rules.
import { expect, it } from 'vitest';
import type { Device } from '../../index.js';
import {
  declare,
  deviceWith,
  enrolls,
  meansOf,
  onEachPlatform,
  personalDevice,
  refused,
  restrict,
  setConsent,
  stoppedAtDevice,
} from '../support/admission.js';
import { bob, failedEnrollments, left, renewPushCertificate, ruleTenant, switchTo } from '../support/rules.js';
import { openStage, type Stage } from '../support/stage.js';

/** Made once for each platform: everything in this story happens to the same device. */
const devices = new Map<string, Device>();
const device = (stage: Stage): Device => {
  const found = devices.get(stage.platform);
  if (found === undefined) throw new Error(`${stage.platform} has no device yet`);
  return found;
};

const unrestricted = {
  platformBlocked: false,
  personalDeviceEnrollmentBlocked: false,
  osMinimumVersion: null,
  osMaximumVersion: null,
};

it('story 7: of one tenant, one device of each platform meets every refusal that holds for it, is cured of it, and enrolls', async () => {
  const stage = await openStage(ruleTenant({ authority: 'none', settings: { deviceLimitPerUser: 1 } }));
  let told = 0;
  const expectTold = async (more: number): Promise<void> => {
    told += more;
    expect(await failedEnrollments(stage)).toHaveLength(told);
  };

  await onEachPlatform(stage, async (on) => {
    devices.set(on.platform, await personalDevice(on, 1));
    await refused(on, device(on), 'E04');
    await expectTold(1);
  });
  await switchTo(stage, 'intune', false);
  await refused(stage.on('ios'), device(stage.on('ios')), 'E18');
  await expectTold(1);
  await renewPushCertificate(stage);

  await onEachPlatform(stage, async (on, { portals, restriction, versions }) => {
    const phone = device(on);
    const [, usual] = versions;

    // What never reaches the service is told at the device alone (E22, B6).
    await phone.setNetwork('none');
    await stoppedAtDevice(on, phone, { details: { check: 'network' } });
    await phone.setNetwork('cellular');
    await phone.setCompanyPortal({ version: portals.good, isBroken: true });
    await stoppedAtDevice(on, phone, { details: { check: 'companyPortal' } });
    await expectTold(0);

    await phone.setCompanyPortal({ version: portals.old });
    await refused(on, phone, 'E05');
    await phone.setCompanyPortal({ version: portals.good });
    await refused(on, phone, 'E02', { user: 'nobody@contoso.example' });
    await expectTold(2);

    const only = (words: object) => restrict(on, { [restriction]: { ...unrestricted, ...words } });
    await only({ platformBlocked: true });
    await refused(on, phone, 'E11');
    await only({ osMinimumVersion: `${usual}.1` });
    await refused(on, phone, 'E08');
    await only({ osMaximumVersion: '9.0' }); // no system of today is as old
    await refused(on, phone, 'E09');
    await only({ personalDeviceEnrollmentBlocked: true });
    await refused(on, phone, 'E10');
    await expectTold(4);
    await declare(on, phone);
    await enrolls(on, phone);
    await left(on, phone);
    await only({});
  });

  await onEachPlatform(stage, async (on) => {
    const phone = device(on);
    const first = await deviceWith(on, 2);
    await enrolls(on, first, on.invitation(bob));
    await refused(on, phone, 'E17', { user: bob }); // bob may have one
    await expectTold(1);
    await left(on, first);
    await enrolls(on, phone, on.invitation(bob));
    await left(on, phone);
  });
});

it('story 7: with the consent for a way of enrolling withdrawn that way alone fails, on that platform alone', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  let index = 10;
  await onEachPlatform(stage, async (on) => {
    const { consent } = meansOf(on);
    if (consent === undefined) return;
    await setConsent(on, consent.act, false);
    const phone = await deviceWith(on, 1, { native: consent.native });
    await refused(on, phone, 'E20');
    await onEachPlatform(stage, async (other) => enrolls(other, await deviceWith(other, index++)));
    await setConsent(on, consent.act, true);
    await enrolls(on, phone);
  });
});

it('story 7: kinds of failure can be filtered, and a word that is none is refused', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const path = '/v1.0/deviceManagement/troubleshootingEvents';
  await refused(stage, await stage.device(1), 'E02', { user: 'nobody@contoso.example' });
  const of = (filter: string) => stage.admin('GET', `${path}?$filter=${encodeURIComponent(filter)}`);
  expect((await of("failureCategory eq 'userValidation'")).body.value).toHaveLength(1);
  expect((await of("failureCategory eq 'authorization'")).body.value).toEqual([]);
  expect((await of("failureCategory eq 'nonsense'")).status).toBe(400);
  expect((await of("nonsense eq 'userValidation'")).status).toBe(400);
});
