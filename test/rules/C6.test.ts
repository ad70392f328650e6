import { expect, it } from 'vitest';
import {
  alice,
  both,
  enrolled,
  heldOf,
  passcode,
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
  profiles: [
    wifi('corp-wifi', 'intune', 'corp-network'),
    passcode('corp-passcode', 'intune', 6, { platforms: ['windows'] }),
  ],
});

it('C6 windows: workloads move one by one; a changed flag starts a check-in at once; what ConfigMgr keeps stays as it is', async () => {
  const stage = await openStage(tenant, 'windows');
  const device = await stage.device(1);
  const { serial } = device.state.facts;
  const none = { userPrincipalName: alice, serial, workloads: [] };
  expect((await stage.admin('POST', '/stub/v1/comanagement', none)).status).toBe(201);
  await device.enroll(stage.invitation(alice));
  await device.checkIn();
  const held = async () => (await heldOf(stage, device)).map(({ name }) => name).sort();
  expect(await held()).toEqual([]); // ConfigMgr has all of it

  stage.alive(device);
  const { id } = await recordOf(stage, device);
  const hand = async (...workloads: string[]) => {
    const answer = await stage.admin('POST', '/stub/v1/comanagement', {
      userPrincipalName: alice,
      deviceId: id,
      workloads,
    });
    expect(answer.status).toBe(200);
    expect(answer.body['workloads']).toEqual(workloads);
  };
  await hand('resourceAccess');
  await until(device, () => reach(device).includes('corp-network'));
  expect((await pushes(stage, device))[0]).toMatchObject({ why: 'workload', result: 'sent' });
  expect(await held()).toEqual(['corp-wifi']); // device configuration is ConfigMgr's still

  const isSet = () => device.state.holdings.some(({ profile }) => profile.kind === 'configuration');
  await hand('resourceAccess', 'deviceConfiguration');
  await until(device, isSet);
  expect(await held()).toEqual(['corp-passcode', 'corp-wifi']);

  await hand('deviceConfiguration');
  await stage.event(({ type, why, seq }) => type === 'notified' && why === 'workload' && seq > 0);
  await device.checkIn();
  expect(await held()).toEqual(['corp-passcode', 'corp-wifi']); // of the side that had it: it stays until it is overwritten

  const notified = (await pushes(stage, device)).length;
  await hand('deviceConfiguration', 'endpointProtection'); // a flag and no more, by convention
  expect((await pushes(stage, device))[0]).toMatchObject({ why: 'workload', result: 'sent' });
  expect(await pushes(stage, device)).toHaveLength(notified + 1);
  await device.checkIn();
  expect(await held()).toEqual(['corp-passcode', 'corp-wifi']);
  const [newest] = (await stage.admin('GET', '/v1.0/deviceManagement/auditEvents')).body.value;
  expect(newest).toMatchObject({
    activity: expect.stringContaining('comanagement'),
    rollcall: { by: 'administrator' },
  });
});

it('C6: in a tenant without co-management a PC is given everything', async () => {
  const stage = await openStage(tenant, 'windows');
  const device = await enrolled(stage, 1);
  expect((await heldOf(stage, device)).map(({ name }) => name).sort()).toEqual(['corp-passcode', 'corp-wifi']);
});
