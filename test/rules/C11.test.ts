import { expect, it } from 'vitest';
import {
  alice,
  both,
  enrolled,
  heldOf,
  portal,
  pushes,
  reach,
  recordOf,
  tenantFile,
  until,
  wifi,
} from '../support/rules.js';
import { openStage } from '../support/stage.js';

const tenant = tenantFile({
  authority: 'intune',
  users: [{ upn: alice, licences: [both] }],
  profiles: [wifi('corp-wifi', 'intune', 'corp-network')],
});
const comanagement = '/stub/v1/comanagement';

it('C11 windows: a co-managed PC enrolls by itself with a token of the device, and its record has the user whom ConfigMgr names', async () => {
  const stage = await openStage(tenant, 'windows');
  const device = await stage.device(1);
  const { serial } = device.state.facts;
  const entry = { userPrincipalName: alice, serial, workloads: ['clientApps'] };
  expect((await stage.admin('POST', comanagement, entry)).status).toBe(201);
  await device.enroll(await stage.userlessInvitation());
  stage.alive(device);
  await device.checkIn();
  expect(await recordOf(stage, device)).toMatchObject({
    deviceEnrollmentType: 'windowsCoManagement',
    managementAgent: 'configurationManagerClientMdm',
    userPrincipalName: alice,
  });
  expect(reach(device)).toEqual([]);

  const { id } = await recordOf(stage, device);
  const handed = { userPrincipalName: alice, deviceId: id, workloads: ['clientApps', 'resourceAccess'] };
  expect((await stage.admin('POST', comanagement, handed)).body).toMatchObject({ workloads: handed.workloads });
  await until(device, () => reach(device).includes('corp-network'));
  expect((await pushes(stage, device))[0]).toMatchObject({ why: 'workload', result: 'sent' });
  expect(await heldOf(stage, device)).toMatchObject([{ name: 'corp-wifi', authority: 'intune' }]);
  expect(await portal(stage, 'intune')).toEqual([serial]);
});

it.each(['ios', 'android'] as const)(
  'C11 %s: co-management is for Windows only: refused, and nothing changes',
  async (platform) => {
    const stage = await openStage(tenant, platform);
    const device = await enrolled(stage, 1);
    const before = await recordOf(stage, device);
    const handed = { userPrincipalName: alice, deviceId: before['id'], workloads: ['resourceAccess'] };
    expect((await stage.admin('POST', comanagement, handed)).status).toBe(400);
    expect((await stage.admin('GET', comanagement)).body.value).toEqual([]);
    expect(await recordOf(stage, device)).toEqual(before);
    expect((await pushes(stage)).filter(({ why }) => why === 'workload')).toEqual([]);
  },
);
