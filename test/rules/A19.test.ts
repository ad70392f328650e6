import { expect, it } from 'vitest';
import { authorityOf, certificatePath, enrolled, history, pushes, ruleTenant, setAuthority } from '../support/rules.js';
import { type Caller, openStage, platformsOfRules, type Stage } from '../support/stage.js';

/** What only administrators may do, of what there is by now: access to mail comes with later rules. */
const acts: readonly (readonly [what: string, act: (stage: Stage, by: Caller) => Promise<{ status: number }>])[] = [
  ['set the authority', (stage, by) => setAuthority(stage, 'intune', by)],
  ['add coexistence', (stage, by) => stage.admin('POST', '/stub/v1/coexistence', { enabled: true }, by)],
  [
    'upload a push certificate',
    (stage, by) => stage.admin('PATCH', certificatePath, { appleIdentifier: 'eve@contoso.example' }, by),
  ],
  [
    'change licences',
    (stage, by) => stage.admin('POST', '/v1.0/users/carol/assignLicense', { addLicenses: [], removeLicenses: [] }, by),
  ],
  ['withdraw a consent', (stage, by) => stage.admin('PUT', '/stub/v1/consents/applePush', { given: false }, by)],
  ['look at consents', (stage, by) => stage.admin('GET', '/stub/v1/consents', undefined, by)],
  ['activate BMS', (stage, by) => stage.admin('POST', '/stub/v1/bms', {}, by)],
  ['exclude groups from BMS', (stage, by) => stage.admin('PUT', '/stub/v1/bms/exclusions', { groups: [] }, by)],
  ['move the clock', (stage, by) => stage.admin('POST', '/stub/v1/clock', { advance: '1h' }, by)],
];

async function seen(stage: Stage) {
  const { body: coexistence } = await stage.admin('GET', '/stub/v1/coexistence');
  const { body: certificate } = await stage.admin('GET', certificatePath);
  const { body: clock } = await stage.admin('GET', '/stub/v1/clock');
  const { body: consents } = await stage.admin('GET', '/stub/v1/consents');
  const { body: bms } = await stage.admin('GET', '/stub/v1/bms');
  return [
    await authorityOf(stage),
    coexistence,
    consents,
    bms,
    certificate,
    clock,
    await history(stage),
    await pushes(stage),
  ];
}

it('A19: setting authority, coexistence, push certificate and the like needs the administrator; for others nothing changes, nobody is notified', async () => {
  const stage = await openStage(ruleTenant());
  for (const platform of platformsOfRules) await enrolled(stage.on(platform), 1);
  const before = await seen(stage);
  for (const [what, act] of acts) {
    for (const [by, status] of [
      ['helpDesk', 403],
      ['reader', 403],
      ['nobody', 401],
    ] as const)
      expect([what, by, (await act(stage, by)).status]).toEqual([what, by, status]);
  }
  expect(await seen(stage)).toEqual(before);
  expect((await setAuthority(stage, 'intune', 'administrator')).status).toBe(200);
});

it('A19: no route that changes anything takes less, but those by which the help desk helps', async () => {
  const stage = await openStage(ruleTenant());
  const { body } = await stage.admin('GET', '/stub/v1/roles', undefined, 'reader');
  const changing = body.value.filter(({ method }) => method !== 'GET');
  const others = changing
    .filter(({ roles }) => `${roles}` !== 'administrator')
    .map(({ method, path }) => `${method} ${path}`);
  expect(changing.length).toBeGreaterThan(30);
  expect(others.every((each) => /syncDevice|remoteLock|notify/.test(each))).toBe(true);
});
