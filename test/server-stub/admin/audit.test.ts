// Who changed what: every changing call of the admin API, in Graph's words.
import { expect, it } from 'vitest';
import { assigned, wifi } from '../core/support.js';
import { bearer, failure, openAdmin, tokens } from './support.js';

const root = '/deviceManagement/auditEvents';

it('every call that changed something is in the audit, newest first: who, when, what, on what', async () => {
  const { graph, enroll, tenant, clock } = await openAdmin();
  enroll('pc');
  const id = tenant.device('pc')?.id;
  await graph().api('/organization/tenant/setMobileDeviceManagementAuthority').post({});
  await clock.advance(1000);
  await graph('helpDesk').api(`/deviceManagement/managedDevices/${id}/remoteLock`).post({});
  const made = await graph().api('/users').post({ userPrincipalName: 'eve@contoso.example', displayName: 'Eve' });
  await graph().api(`/users/${made.id}`).delete();
  const { value } = await graph('reader').api(root).get();
  const rows = (value as Record<string, unknown>[]).map(({ activity, activityOperationType, category, rollcall }) => {
    const { by, target } = rollcall as { by: string; target: string | null };
    return [by, activity, activityOperationType, category, target];
  });
  expect(rows).toEqual([
    ['administrator', 'delete users', 'Delete', 'users', made.id],
    ['administrator', 'create users', 'Create', 'users', made.id],
    ['helpDesk', 'remoteLock', 'Action', 'managedDevices', id],
    ['administrator', 'setMobileDeviceManagementAuthority', 'Action', 'organization', 'tenant'],
  ]);
  expect(value[0]).toMatchObject({
    activityDateTime: new Date(clock.now()).toISOString(),
    activityResult: 'Success',
    actor: { userPrincipalName: 'administrator' },
  });
  expect(value[3].activityDateTime).toBe(new Date(clock.now() - 1000).toISOString());
  expect(await graph('reader').api(`${root}/${value[2].id}`).get()).toMatchObject({ activity: 'remoteLock' });
  expect(await failure(graph().api(`${root}/none`).get())).toBe('404 Request_ResourceNotFound');
  const locks = await graph().api(root).filter(`activity eq 'remoteLock'`).get();
  expect(locks.value).toHaveLength(1);
});

it('names the fields that were written, and none of their values', async () => {
  const { graph, raw } = await openAdmin();
  const { profile } = assigned('intune', wifi('office', 'a very secret word'));
  await graph().api('/deviceManagement/deviceConfigurations').post({ rollcall: { profile } });
  await graph()
    .api('/users')
    .post({
      userPrincipalName: 'eve@contoso.example',
      displayName: 'Eve',
      passwordProfile: { password: 'another secret' },
    });
  const { body } = await raw('/v1.0/deviceManagement/auditEvents', bearer(tokens.administrator));
  const text = JSON.stringify(body);
  expect(
    body.value[0].resources[0].modifiedProperties.map((each: { displayName: string }) => each.displayName),
  ).toEqual(['userPrincipalName', 'displayName', 'passwordProfile']);
  expect(text).not.toMatch(/secret word|another secret|eve@/);
});

it('what was refused, and what only reads, is not in it', async () => {
  const { graph, tenant } = await openAdmin();
  await failure(graph('reader').api('/users').post({ userPrincipalName: 'eve@contoso.example', displayName: 'Eve' }));
  await failure(graph().api('/users').post({ displayName: 'Eve' }));
  await failure(graph().api('/users/nobody').delete());
  await graph().api('/users').get();
  expect(tenant.auditEntries()).toEqual([]);
});
