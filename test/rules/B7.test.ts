import { expect, it } from 'vitest';
import { enrolled, managedDevices, recordOf, ruleTenant, switchTo } from '../support/rules.js';
import { type Method, openStage, platformsOfRules } from '../support/stage.js';

const management = '/v1.0/deviceManagement';
const configurations = `${management}/deviceEnrollmentConfigurations`;
const platformsType = '#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration';
const graceful = {
  displayName: 'PIN',
  rollcall: { pin: true },
  scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 24 }] }],
};

/** Of what lies outside of BMS, each kind that there is; and what intune answers. */
const outside: readonly (readonly [what: RegExp, method: Method, path: string, status: number, body?: object])[] = [
  [/platform restrictions/, 'POST', configurations, 201, { '@odata.type': platformsType, displayName: 'Sales' }],
  [/platform restrictions/, 'PATCH', `${configurations}/{id}_DefaultPlatformRestrictions`, 200, {}],
  [/platform restrictions/, 'GET', `${configurations}/{id}_DefaultPlatformRestrictions`, 200],
  [
    /Corporate identifiers/,
    'POST',
    '/beta/deviceManagement/importedDeviceIdentities',
    201,
    { importedDeviceIdentifier: 'S1', importedDeviceIdentityType: 'serialNumber' },
  ],
  [/Corporate identifiers/, 'GET', '/beta/deviceManagement/importedDeviceIdentities', 200],
  [/Autopilot/, 'POST', `${management}/importedWindowsAutopilotDeviceIdentities`, 201, { serialNumber: 'PC1' }],
  [/Autopilot/, 'POST', '/beta/deviceManagement/windowsAutopilotDeploymentProfiles', 201, { displayName: 'Kiosk' }],
  [/Autopilot/, 'GET', `${management}/windowsAutopilotDeviceIdentities`, 200],
  [
    /Co-management/,
    'POST',
    '/stub/v1/comanagement',
    201,
    { userPrincipalName: 'alice@contoso.example', serial: 'PC1', workloads: [] },
  ],
  [/grace/, 'POST', `${management}/deviceCompliancePolicies`, 201, graceful],
];

it('B7: what lies outside of BMS is refused with the reason while it manages alone; intune takes it, and the devices are the same', async () => {
  const stage = await openStage(ruleTenant());
  const { body: organizations } = await stage.admin('GET', '/v1.0/organization');
  const tenantId = String(organizations.value[0]?.['id']);
  const ask = (method: Method, path: string, body?: object) =>
    stage.admin(method, path.replace('{id}', tenantId), body);
  const records = new Map<string, unknown>();
  for (const platform of platformsOfRules) {
    const device = await enrolled(stage.on(platform), 1);
    records.set(platform, (await recordOf(stage, device))['id']);
  }

  for (const [what, method, path, , body] of outside) {
    const answer = await ask(method, path, body);
    expect([path, answer.status]).toEqual([path, 403]);
    expect(answer.body.error.code).toBe('Forbidden');
    expect(answer.body.error.message).toMatch(/^B7: /);
    expect(answer.body.error.message).toMatch(what);
  }
  const { body: limits } = await ask('GET', configurations);
  expect(limits.value.map(({ id }) => id)).toEqual([`${tenantId}_DefaultLimit`]);
  const allowed: readonly (readonly [Method, string, object?])[] = [
    ['PATCH', `${configurations}/{id}_DefaultLimit`, { limit: 7 }],
    ['POST', `${management}/deviceCompliancePolicies`, { displayName: 'Without grace', rollcall: { pin: true } }],
    ['PUT', '/stub/v1/bms/exclusions', { groups: [] }],
    ['POST', `${management}/managedDevices/${records.get('ios')}/syncDevice`],
  ];
  for (const [method, path, body] of allowed) expect((await ask(method, path, body)).status).toBeLessThan(300);

  await switchTo(stage, 'intune');
  for (const [, method, path, status, body] of outside)
    expect([path, (await ask(method, path, body)).status]).toEqual([path, status]);
  expect((await managedDevices(stage)).map(({ id }) => id).sort()).toEqual([...records.values()].sort());
});
