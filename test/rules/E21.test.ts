import { expect, it } from 'vitest';
import {
  declare,
  deviceWith,
  enrolls,
  meansOf,
  onEachPlatform,
  refused,
  restrict,
  setConsent,
} from '../support/admission.js';
import { assignLicence } from '../support/coexistence.js';
import { both, failedEnrollments, intune, renewPushCertificate, ruleTenant, setAuthority } from '../support/rules.js';
import { openStage, platformsOfRules, type Stage } from '../support/stage.js';

const sam = 'sam@contoso.example';
/** Two people of each platform: a limit is of all devices of a user. */
const first = ({ platform }: Stage) => `first-${platform}@contoso.example`;
const second = ({ platform }: Stage) => `second-${platform}@contoso.example`;
// Each cause is cured when it has been told, and all behind it in the order are still there: so each pair of neighbours is shown with
// both causes true. A device of its own for the first three: what Setup Assistant enrolls starts in no Company Portal.
it('E21 ios: of several causes the first of the order is told and recorded, once: E04 E18 E20 E02 E05 E06 E11 E08, E09 E19 E10', async () => {
  const stage = await openStage(
    ruleTenant({
      authority: 'none',
      pushCertificate: false,
      users: [{ id: 'sam', upn: sam, displayName: 'Sam' }],
      consents: { appleAutomatedEnrollment: 'withdrawn' },
      enrollment: {
        restrictions: [
          {
            default: true,
            ios: { platform: 'block', personal: 'block', osMinimum: '17.0' },
            windows: { personal: 'block' },
            android: { personal: 'block' },
          },
        ],
      },
    }),
  );
  const { versions, unsupported, portals, consent } = meansOf(stage);
  if (consent === undefined) throw new Error('a way that needs a consent is asked for');
  const told: string[] = [];
  const expectTold = async (code: string, how: Parameters<typeof deviceWith>[2], portal?: string) => {
    const device = await deviceWith(stage, 1, how);
    if (portal !== undefined) await device.setCompanyPortal({ version: portal });
    await refused(stage, device, code, { user: sam });
    told.push(code);
    return device;
  };
  const automated = { osVersion: unsupported, native: consent.native };
  await expectTold('E04', automated);
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  await expectTold('E18', automated);
  await renewPushCertificate(stage);
  await expectTold('E20', automated);
  await setConsent(stage, consent.act, true);
  await expectTold('E02', { osVersion: unsupported }, portals.old);
  expect((await assignLicence(stage, 'users/sam', { add: [intune] })).status).toBeLessThan(300);
  await expectTold('E05', { osVersion: unsupported }, portals.old);
  await expectTold('E06', { osVersion: unsupported }, portals.good);
  await expectTold('E11', { osVersion: versions[0] }, portals.good);
  await restrict(stage, { iosRestriction: { platformBlocked: false } });
  await expectTold('E08', { osVersion: versions[0] }, portals.good);
  await restrict(stage, { iosRestriction: { osMinimumVersion: null, osMaximumVersion: '17.9' } });
  await expectTold('E09', { osVersion: versions[2] }, portals.good);
  await expectTold('E19', {}, portals.good);
  await restrict(stage, { androidRestriction: { personalDeviceEnrollmentBlocked: false } });
  const device = await expectTold('E10', {}, portals.good);
  await declare(stage, device);
  await enrolls(stage, device, stage.invitation(sam));
  const codes = (await failedEnrollments(stage)).map(({ rollcall }) => (rollcall as { code: string }).code);
  expect(codes.reverse()).toEqual(told);
});

it('E21: E10 is told before E03, and E03 before E17; a Company Portal that asks is told the same', async () => {
  const users = platformsOfRules.flatMap((platform) =>
    ['first', 'second'].map((name) => ({ upn: `${name}-${platform}@contoso.example`, licences: [both] })),
  );
  const stage = await openStage(ruleTenant({ authority: 'intune', users, settings: { deviceLimitPerUser: 1 } }));
  await onEachPlatform(stage, async (on, { portals }) => {
    const user = second(on);
    await enrolls(on, await deviceWith(on, 1), on.invitation(first(on)));
    await enrolls(on, await deviceWith(on, 2), on.invitation(user));
    await restrict(on, { [meansOf(on).restriction]: { personalDeviceEnrollmentBlocked: true } });
    for (const portal of [portals.good, undefined]) {
      const restored = await deviceWith(on, 1);
      if (portal !== undefined) await restored.setCompanyPortal({ version: portal });
      await refused(on, restored, 'E10', { user });
    }
    await restrict(on, { [meansOf(on).restriction]: { personalDeviceEnrollmentBlocked: false } });
    const restored = await deviceWith(on, 1);
    await restored.setCompanyPortal({ version: portals.good });
    await refused(on, restored, 'E03', { user });
    await refused(on, await deviceWith(on, 3), 'E17', { user });
  });
});

it('E21 android: the same order at the POST: E04 E20 E02 E05 E06 E11 E08, E09 E19 E10 E07 E03 E17', async () => {
  const other = 'other@contoso.example';
  const stage = await openStage(
    ruleTenant({
      authority: 'none',
      users: [
        { id: 'sam', upn: sam, displayName: 'Sam' },
        { upn: other, licences: [both] },
      ],
      settings: { deviceLimitPerUser: 1 },
      consents: { androidWorkProfiles: 'withdrawn' },
    }),
    'android',
  );
  const { versions, unsupported, portals, consent } = meansOf(stage);
  if (consent === undefined) throw new Error('a way that needs a consent is asked for');
  const [low, usual, high] = versions;
  const told: string[] = [];
  const expectTold = async (code: string, osVersion: string, portal: string, native = {}) => {
    const device = await deviceWith(stage, 1, { osVersion, native });
    await device.setCompanyPortal({ version: portal });
    await refused(stage, device, code, { user: sam });
    told.push(code);
    return device;
  };
  const { manufacturer } = (await stage.device(1)).state.facts;
  await expectTold('E04', unsupported, portals.old, consent.native);
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  await expectTold('E20', unsupported, portals.old, consent.native);
  // its hardware is another's by now, who has enrolled it as long as nothing was restricted
  await enrolls(stage, await deviceWith(stage, 1), stage.invitation(other));
  await setConsent(stage, consent.act, true);
  await expectTold('E02', unsupported, portals.old, consent.native);
  expect((await assignLicence(stage, 'users/sam', { add: [intune] })).status).toBeLessThan(300);
  await enrolls(stage, await deviceWith(stage, 2), stage.invitation(sam)); // as many as the limit allows
  const blocked = { personalDeviceEnrollmentBlocked: true };
  await restrict(stage, {
    iosRestriction: blocked,
    windowsRestriction: blocked,
    androidRestriction: {
      ...blocked,
      platformBlocked: true,
      osMinimumVersion: usual,
      blockedManufacturers: [manufacturer],
    },
  });
  await expectTold('E05', unsupported, portals.old);
  await expectTold('E06', unsupported, portals.good);
  await expectTold('E11', low, portals.good);
  await restrict(stage, { androidRestriction: { platformBlocked: false } });
  await expectTold('E08', low, portals.good);
  await restrict(stage, { androidRestriction: { osMinimumVersion: null, osMaximumVersion: usual } });
  await expectTold('E09', high, portals.good);
  await expectTold('E19', usual, portals.good);
  await restrict(stage, { iosRestriction: { personalDeviceEnrollmentBlocked: false } });
  const device = await expectTold('E10', usual, portals.good);
  await declare(stage, device);
  await expectTold('E07', usual, portals.good);
  await restrict(stage, { androidRestriction: { blockedManufacturers: [] } });
  await expectTold('E03', usual, portals.good);
  const { body } = await stage.admin('GET', `/v1.0/users/${other}/managedDevices`);
  expect(
    (await stage.admin('DELETE', `/v1.0/deviceManagement/managedDevices/${String(body.value[0]?.['id'])}`)).status,
  ).toBe(204);
  await expectTold('E17', usual, portals.good);
  const codes = (await failedEnrollments(stage)).map(({ rollcall }) => (rollcall as { code: string }).code);
  expect(codes.reverse()).toEqual(told);
});
