import { expect, it } from 'vitest';
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
} from '../support/admission.js';
import { assignLicence, license } from '../support/coexistence.js';
import {
  alice,
  bob,
  both,
  failedEnrollments,
  intune,
  renewPushCertificate,
  ruleTenant,
  setAuthority,
} from '../support/rules.js';
import { openStage, platformsOfRules, type Stage } from '../support/stage.js';
import { byAutopilot, nowIs, ofAutopilot, refusedPc } from '../support/windows-admission.js';

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
    await enrolls(on, await personalDevice(on, 1), on.invitation(first(on)));
    await enrolls(on, await deviceWith(on, 2), on.invitation(user));
    await restrict(on, { [meansOf(on).restriction]: { personalDeviceEnrollmentBlocked: true } });
    for (const portal of [portals.good, undefined]) {
      const restored = await personalDevice(on, 1);
      if (portal !== undefined) await restored.setCompanyPortal({ version: portal });
      await refused(on, restored, 'E10', { user });
    }
    await restrict(on, { [meansOf(on).restriction]: { personalDeviceEnrollmentBlocked: false } });
    const restored = await personalDevice(on, 1);
    await restored.setCompanyPortal({ version: portals.good });
    await refused(on, restored, 'E03', { user });
    await refused(on, await deviceWith(on, 3), 'E17', { user });
  });
});

/** HRESULTs of Windows' refusals. */
const hresults: Readonly<Record<string, string>> = {
  E02: '0x80180018',
  E04: '0x80180015',
  E06: '0x80180014',
  E08: '0x80180014',
  E09: '0x80180014',
  E10: '0x80180014',
  E11: '0x80180014',
  E12: '0x80180002',
  E17: '0x80180013',
  E19: '0x80180014',
  E20: '0x80180015',
};
const as = (code: string) => ({ code, hresult: hresults[code] ?? '0x80180003', category: expect.any(String) });

it('E21 windows: of what stands against a user’s PC the first of the order is told, and with each cure the next, until it enrolls', async () => {
  const none = { enrollment: { minimumCompanyPortal: { windows: '11.2' }, minimumOs: { windows: '10.0.26100' } } };
  const stage = await openStage(
    ruleTenant({ authority: 'none', settings: { mdmUserScope: 'none' }, ...none }),
    'windows',
  );
  const old = { osVersion: '10.0.22621.4317', osBuild: '22621.4317' };
  const entra = new URL('/entra', stage.invitation(alice).url).href;
  const joined = { ...stage.invitation(alice), entra };
  const first = await stage.device(1, { facts: old });
  await refusedPc(stage, first, joined, as('E04'));
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  await refusedPc(stage, first, joined, as('E20'));

  // Bob's device, and one of Alice's, who may have one: then the first hardware comes back as hers.
  const is = (words: object, more: object = {}) => nowIs(stage, { authority: 'intune', enrollment: words, ...more });
  await is({});
  await first.enroll(stage.invitation(bob));
  await first.checkIn();
  const hers = await stage.device(2);
  await hers.enroll(stage.invitation(alice));
  await hers.checkIn();
  const device = await stage.device(1, { facts: old });
  const { serial, manufacturer } = device.state.facts;
  const by = { ...stage.invitation(alice), companyPortal: '11.1' };
  const personal = { personal: 'block' };
  const windows = { ...personal, platform: 'block', osMinimum: '10.0.26100', blockedManufacturers: [manufacturer] };
  const defaults = (more: object) => ({
    default: true,
    ios: personal,
    android: personal,
    windows: { ...windows, ...more },
  });
  const all = {
    deviceLimit: 1,
    minimumCompanyPortal: { windows: '11.2' },
    minimumOs: { windows: '10.0.26100' },
    restrictions: [defaults({})],
  };
  await is(all);
  await license(stage, 'alice', { remove: [both] });
  await refusedPc(stage, device, by, as('E02'));
  await license(stage, 'alice', { add: [both] });
  await refusedPc(stage, device, by, as('E05'));
  const newer = { ...by, companyPortal: '11.2' };
  await refusedPc(stage, device, newer, as('E06'));
  const limit = { deviceLimit: 1 };
  await is({ ...limit, restrictions: [defaults({})] });
  await refusedPc(stage, device, newer, as('E11'));
  await is({ ...limit, restrictions: [defaults({ platform: 'allow' })] });
  await refusedPc(stage, device, newer, as('E08'));
  const { osMinimum: _, ...any } = { ...windows, platform: 'allow' };
  const restricted = (more: object, others: object) => ({
    ...limit,
    restrictions: [{ default: true, windows: { ...any, ...more }, ...others }],
  });
  await is(restricted({ osMaximum: '10.0.19045' }, { ios: personal, android: personal }));
  await refusedPc(stage, device, newer, as('E09'));
  await is(restricted({}, { ios: personal, android: personal }));
  await refusedPc(stage, device, newer, as('E19'));
  await is(restricted({}, { ios: personal }));
  await refusedPc(stage, device, newer, as('E10'));
  const declared = { corporateDevices: [{ serial }] };
  await is(restricted({}, {}), declared);
  await refusedPc(stage, device, newer, as('E07'));
  await is(restricted({ blockedManufacturers: [] }, {}), declared);
  await refusedPc(stage, device, newer, as('E03'));
  await first.leave();
  await refusedPc(stage, device, newer, as('E17'));
  await is({ deviceLimit: 2 });
  await device.enroll(newer);
  await device.checkIn();
});

it('E21 windows: of what stands against a PC in Autopilot the first of the order is told, and with each cure the next, until it enrolls', async () => {
  const autopilotProfiles = [
    { name: 'Office', mode: 'userDriven' },
    { name: 'Kiosk', mode: 'selfDeploying' },
  ];
  const bulkTokens = [{ name: 'warehouse', expires: '2020-01-01', token: '0F1E2D3C4B5A' }];
  const fixed = { autopilotProfiles, bulkTokens };
  const minimumOs = { windows: '10.0.26100' };
  const blocked = { default: true, windows: { platform: 'block' } };
  const file = (authority: 'office365' | 'intune', autopilot: readonly object[], enrollment: object) => ({
    ...fixed,
    authority,
    autopilot,
    enrollment,
  });
  const old = { osVersion: '10.0.22621.4317', osBuild: '22621.4317' };
  const stage = await openStage(ruleTenant(file('office365', [], { minimumOs, restrictions: [blocked] })), 'windows');
  const device = await stage.device(1, { facts: old });
  const { serial } = device.state.facts;
  const known = { serial, profile: 'Office' };
  await nowIs(stage, file('office365', [known], { minimumOs, restrictions: [blocked] }));
  await nowIs(stage, file('office365', [], { minimumOs, restrictions: [blocked] })); // its record is removed
  const withToken = { ...byAutopilot(stage, alice), token: '0F1E2D3C4B5A' };
  await refusedPc(stage, device, withToken, as('E20'));
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  await refusedPc(stage, device, withToken, as('E12'));
  const by = byAutopilot(stage, alice);
  await refusedPc(stage, device, by, as('E06'));
  const is = (autopilot: readonly object[], enrollment: object = { restrictions: [blocked] }) =>
    nowIs(stage, file('intune', autopilot, enrollment));
  await is([]);
  await refusedPc(stage, device, by, ofAutopilot('E16')); // it is not known either (E13)
  await refusedPc(stage, await stage.device(2), by, ofAutopilot('E13')); // nor has it a profile (E14)
  await is([{ serial }]);
  await refusedPc(stage, device, by, ofAutopilot('E14'));
  await is([{ serial, profile: 'Kiosk' }]);
  await refusedPc(stage, device, by, ofAutopilot('E15'));
  await is([known]);
  await refusedPc(stage, device, by, as('E11'));
  await is([known], {});
  await device.enroll(by);
  await device.checkIn();
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
  const { versions, unsupported, portals, consent, personal } = meansOf(stage);
  if (consent === undefined) throw new Error('a way that needs a consent is asked for');
  const [low, usual, high] = versions;
  const told: string[] = [];
  const expectTold = async (code: string, osVersion: string, portal: string, native = personal) => {
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
