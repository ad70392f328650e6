// Who may enroll, as an administrator sets it: in Graph's words, by its official client; and what Graph has no word for.
import { describe, expect, test } from 'vitest';
import { android } from '../../../server-stub/android/dialect.js';
import { ios } from '../../../server-stub/ios/dialect.js';
import { windows } from '../../../server-stub/windows/dialect.js';
import { dayMs } from '../core/support.js';
import { bearer, failure, openAdmin, tokens } from './support.js';

const words = new Map([ios, windows, android].map(({ name, graph }) => [name, graph]));
const traits = new Map([ios, windows, android].map(({ name, traits: each }) => [name, each]));
const group = { id: 'g-sales', displayName: 'Sales', groups: [], products: [] };
const opened = (authority: 'intune' | 'office365' = 'intune') =>
  openAdmin({ authority, groups: [group], profiles: [] }, { words, traits });

const configurations = '/deviceManagement/deviceEnrollmentConfigurations';
const limitType = '#microsoft.graph.deviceEnrollmentLimitConfiguration';
const platformsType = '#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration';
const toSales = {
  enrollmentConfigurationAssignments: [
    { target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: 'g-sales' } },
  ],
};

describe('enrollment configurations', () => {
  test('have two defaults, which restrict nothing and allow 15 devices, and stay', async () => {
    const { graph, tenant } = await opened();
    const { value } = await graph('reader').api(configurations).get();
    const open = {
      '@odata.type': 'microsoft.graph.deviceEnrollmentPlatformRestriction',
      platformBlocked: false,
      personalDeviceEnrollmentBlocked: false,
      osMinimumVersion: null,
      osMaximumVersion: null,
    };
    expect(value).toEqual([
      {
        '@odata.type': limitType,
        id: 'tenant_DefaultLimit',
        displayName: 'All users and all devices',
        description: '',
        priority: 0,
        limit: 15,
      },
      {
        '@odata.type': platformsType,
        id: 'tenant_DefaultPlatformRestrictions',
        displayName: 'All users and all devices',
        description: '',
        priority: 0,
        iosRestriction: open,
        windowsRestriction: open,
        androidRestriction: open,
      },
    ]);
    const limit = `${configurations}/tenant_DefaultLimit`;
    expect(await graph().api(limit).patch({ '@odata.type': limitType, limit: 5 })).toMatchObject({ limit: 5 });
    expect((await graph().api(limit).get()).limit).toBe(5);
    expect(tenant.settings.deviceLimitPerUser).toBe(5);
    const blocked = { iosRestriction: { platformBlocked: true, osMaximumVersion: '18.0' } };
    await graph().api(`${configurations}/tenant_DefaultPlatformRestrictions`).patch(blocked);
    expect(tenant.restriction('default')).toMatchObject({ platforms: { ios: { blocked: true, osMaximum: '18.0' } } });
    for (const id of ['tenant_DefaultLimit', 'tenant_DefaultPlatformRestrictions']) {
      const at = `${configurations}/${id}`;
      expect(await failure(graph().api(at).delete())).toBe('400 BadRequest');
      expect(await failure(graph().api(`${at}/assign`).post(toSales))).toBe('400 BadRequest');
      expect(await failure(graph().api(`${at}/setPriority`).post({ priority: 1 }))).toBe('400 BadRequest');
    }
    expect(await failure(graph().api(`${configurations}/default`).get())).toBe('404 Request_ResourceNotFound');
  });

  test('are made, changed field by field, assigned to groups, put in order and taken away', async () => {
    const { graph, tenant } = await opened();
    const posted = async (body: object) => (await graph().api(configurations).post(body)).id as string;
    const limit = await posted({ '@odata.type': limitType, displayName: 'Few', description: 'two', limit: 2 });
    const [first, second] = [
      await posted({
        '@odata.type': platformsType,
        displayName: 'First',
        windowsRestriction: { platformBlocked: false, personalDeviceEnrollmentBlocked: true, osMinimumVersion: '10.0' },
        macOSRestriction: { platformBlocked: false, osMinimumVersion: '' },
      }),
      await posted({
        '@odata.type': platformsType,
        displayName: 'Second',
        androidRestriction: { platformBlocked: true },
      }),
    ];
    const of = (id: string) => tenant.restrictions().find((each) => each.id === id);
    expect(of(first)).toMatchObject({
      priority: 1,
      platforms: { windows: { personalBlocked: true, osMinimum: '10.0' } },
    });
    await graph()
      .api(`${configurations}/${first}`)
      .patch({ windowsRestriction: { osMinimumVersion: null } });
    expect(of(first)).toMatchObject({ platforms: { windows: { personalBlocked: true } } });
    expect(of(first)).not.toHaveProperty('platforms.windows.osMinimum');
    await graph().api(`${configurations}/${second}/setPriority`).post({ priority: 1 });
    expect([of(first)?.priority, of(second)?.priority]).toEqual([2, 1]);
    await graph().api(`${configurations}/${limit}/assign`).post(toSales);
    expect(of(limit)).toMatchObject({ limit: 2, description: 'two', groups: ['g-sales'] });
    const { value } = await graph().api(`${configurations}/${limit}/assignments`).get();
    expect(value).toMatchObject([{ id: `${limit}_g-sales`, target: { groupId: 'g-sales' } }]);
    await graph().api(`${configurations}/${second}`).delete();
    expect(of(first)?.priority).toBe(1);
    expect(await failure(graph().api(`${configurations}/${second}`).get())).toBe('404 Request_ResourceNotFound');
  });

  test('know blocked manufacturers in beta alone, which keeps what v1.0 does not show', async () => {
    const { graph, tenant } = await opened();
    const body = {
      '@odata.type': platformsType,
      displayName: 'No Acme',
      androidRestriction: { blockedManufacturers: ['Acme'] },
    };
    expect(await failure(graph().api(configurations).post(body))).toBe('400 BadRequest');
    const { id } = await graph().api(configurations).version('beta').post(body);
    const patched = await graph()
      .api(`${configurations}/${id}`)
      .patch({ androidRestriction: { platformBlocked: false } });
    expect(patched.androidRestriction).not.toHaveProperty('blockedManufacturers');
    expect(tenant.restriction(id)).toMatchObject({ platforms: { android: { blockedManufacturers: ['Acme'] } } });
    const shown = await graph().api(`${configurations}/${id}`).version('beta').get();
    expect(shown).toMatchObject({
      deviceEnrollmentConfigurationType: 'platformRestrictions',
      androidRestriction: { blockedManufacturers: ['Acme'] },
    });
    const defaults = await graph()
      .api(configurations)
      .version('beta')
      .filter("deviceEnrollmentConfigurationType eq 'defaultLimit'")
      .get();
    expect(defaults.value.map((each: { id: string }) => each.id)).toEqual(['tenant_DefaultLimit']);
  });

  test('refuse what they would not keep, so that nobody takes it for kept', async () => {
    const { graph, tenant } = await opened();
    const before = tenant.restrictions().length;
    for (const body of [
      {},
      { '@odata.type': '#microsoft.graph.windows10EnrollmentCompletionPageConfiguration', displayName: 'X' },
      { '@odata.type': platformsType },
      { '@odata.type': platformsType, displayName: 'X', macOSRestriction: { platformBlocked: true } },
      { '@odata.type': platformsType, displayName: 'X', iosRestriction: { platformBlocked: 'yes' } },
      { '@odata.type': platformsType, displayName: 'X', iosRestriction: { blocked: true } },
      { '@odata.type': platformsType, displayName: 'X', iosRestriction: { osMinimumVersion: 'seventeen' } },
      { '@odata.type': platformsType, displayName: 'X', limit: 3 },
      { '@odata.type': limitType, displayName: 'X', limit: 0 },
      { '@odata.type': limitType, displayName: 'X', limit: 3, iosRestriction: { platformBlocked: true } },
    ])
      expect(`${JSON.stringify(body)} ${await failure(graph().api(configurations).post(body))}`).toMatch(
        /400 BadRequest$/,
      );
    const assign = `${configurations}/tenant_DefaultLimit`;
    expect(await failure(graph().api(assign).patch({ priority: 3 }))).toBe('400 BadRequest');
    expect(await failure(graph().api(assign).patch({ displayName: 'Other' }))).toBe('400 BadRequest');
    expect(tenant.restrictions()).toHaveLength(before);
  });
});

test('corporate identifiers are imported with what became of each, listed and taken away', async () => {
  const { graph, enroll, tenant } = await opened();
  const api = (path = '') => graph().api(`/deviceManagement/importedDeviceIdentities${path}`).version('beta');
  const made = await api().post({ importedDeviceIdentifier: 'S-pc', importedDeviceIdentityType: 'serialNumber' });
  expect(made).toMatchObject({
    importedDeviceIdentifier: 'S-pc',
    enrollmentState: 'notContacted',
    platform: 'unknown',
  });
  enroll('pc');
  expect(await api(`/${made.id}`).get()).toMatchObject({ enrollmentState: 'enrolled', platform: 'windows' });
  const list = (mayOverwrite: boolean) =>
    api('/importDeviceIdentityList').post({
      importedDeviceIdentities: [
        { importedDeviceIdentifier: 's-PC', importedDeviceIdentityType: 'serialNumber', description: 'Lobby' },
        { importedDeviceIdentifier: '49 015420 323751 8', importedDeviceIdentityType: 'imei' },
      ],
      overwriteImportedDeviceIdentities: mayOverwrite,
    });
  const status = ({ value }: { value: { status: boolean }[] }) => value.map((each) => each.status);
  expect(status(await list(false))).toEqual([false, true]);
  expect((await api(`/${made.id}`).get()).description).toBe('');
  expect(status(await list(true))).toEqual([true, true]);
  expect((await api(`/${made.id}`).get()).description).toBe('Lobby');
  const lobby = { importedDeviceIdentifier: ' S-9', importedDeviceIdentityType: 'serialNumber' };
  const words = [lobby, { ...lobby, importedDeviceIdentifier: 's-9 ', description: 'Hall' }];
  const twice = await api('/importDeviceIdentityList').post({ importedDeviceIdentities: words });
  expect(status(twice)).toEqual([true, false]);
  await api(`/${twice.value[1].id}`).delete();
  const imeis = await api().filter("importedDeviceIdentityType eq 'imei'").get();
  expect(imeis.value).toHaveLength(1);
  expect(await failure(api().filter("importedDeviceIdentityType eq 'colour'").get())).toBe('400 BadRequest');
  const type = 'manufacturerModelSerial';
  const unknown = { importedDeviceIdentifier: 'x', importedDeviceIdentityType: type };
  expect(await failure(api().post(unknown))).toBe('400 BadRequest');
  const ofPc = await api().post({ ...unknown, importedDeviceIdentifier: 'Lenovo,ThinkPad T14,S-pc' });
  expect(ofPc).toMatchObject({ importedDeviceIdentityType: type, enrollmentState: 'enrolled', platform: 'windows' });
  expect((await api().filter(`importedDeviceIdentityType eq '${type}'`).get()).value).toHaveLength(1);
  await api(`/${ofPc.id}`).delete();
  await api(`/${made.id}`).delete();
  expect(tenant.corporateDevices().map(({ type: each }) => each)).toEqual(['imei']);
});

test('Autopilot devices are imported, given a user and a deployment profile, and leave a trace when they are removed', async () => {
  const { graph, tenant, raw } = await opened();
  const api = (path: string, version = 'v1.0') => graph().api(`/deviceManagement/${path}`).version(version);
  const imported = await api('importedWindowsAutopilotDeviceIdentities').post({
    '@odata.type': '#microsoft.graph.importedWindowsAutopilotDeviceIdentity',
    serialNumber: 'PC-1',
    groupTag: 'kiosk',
    hardwareIdentifier: Buffer.from('hash').toString('base64'),
    assignedUserPrincipalName: 'ada@contoso.example',
  });
  expect(imported.state).toMatchObject({ deviceImportStatus: 'complete', deviceErrorCode: 0 });
  const identity = `windowsAutopilotDeviceIdentities/${imported.id}`;
  expect(await api(identity).get()).toMatchObject({
    serialNumber: 'PC-1',
    groupTag: 'kiosk',
    userPrincipalName: 'ada@contoso.example',
    enrollmentState: 'notContacted',
  });
  const { value } = await api('importedWindowsAutopilotDeviceIdentities/import').post({
    importedWindowsAutopilotDeviceIdentities: [{ serialNumber: 'PC-1', groupTag: 'lobby' }, { serialNumber: 'PC-2' }],
  });
  expect(value.map(({ id }: { id: string }) => id === imported.id)).toEqual([true, false]);
  const twice = ['PC-3', ' pc-3 ', 'PC-4'].map((serialNumber) => ({ serialNumber }));
  const listed = (rows: readonly object[]) =>
    api('importedWindowsAutopilotDeviceIdentities/import').post({ importedWindowsAutopilotDeviceIdentities: rows });
  const unknownUser = { serialNumber: 'PC-5', assignedUserPrincipalName: 'nobody@contoso.example' };
  expect(await failure(listed([...twice, unknownUser]))).toBe('400 BadRequest');
  expect(tenant.autopilotDevices()).toHaveLength(2);
  const { value: three } = await listed(twice);
  expect(new Set(three.map(({ id }: { id: string }) => id)).size).toBe(2);
  for (const serial of ['PC-3', 'PC-4']) tenant.removeAutopilotDevice(tenant.findAutopilotDevice(serial)?.id ?? '');
  await api(`${identity}/unassignUserFromDevice`).post({});
  expect(await api(identity).get()).toMatchObject({ userPrincipalName: '', groupTag: 'lobby' });
  await api(`${identity}/assignUserToDevice`).post({ userPrincipalName: 'ben@contoso.example' });
  await api(`${identity}/updateDeviceProperties`).post({ groupTag: 'hall', displayName: '' });
  const named = { displayName: 'Hall 1' };
  expect(await failure(api(`${identity}/updateDeviceProperties`).post(named))).toBe('400 BadRequest');
  expect(await api(identity).get()).toMatchObject({ userPrincipalName: 'ben@contoso.example', groupTag: 'hall' });
  const nobody = { userPrincipalName: 'nobody@contoso.example' };
  expect(await failure(api(`${identity}/assignUserToDevice`).post(nobody))).toBe('400 BadRequest');

  const profiles = 'windowsAutopilotDeploymentProfiles';
  const profile = await api(profiles, 'beta').post({
    '@odata.type': '#microsoft.graph.azureADWindowsAutopilotDeploymentProfile',
    displayName: 'Kiosks',
    outOfBoxExperienceSetting: { deviceUsageType: 'shared' },
  });
  expect(profile.rollcall).toEqual({ mode: 'selfDeploying' });
  await api(`${profiles}/${profile.id}/assign`, 'beta').post({ deviceIds: [imported.id] });
  expect(await api(identity, 'beta').get()).toMatchObject({ deploymentProfileAssignmentStatus: 'assignedInSync' });
  const assigned = await api(`${profiles}/${profile.id}/assignedDevices`, 'beta').get();
  expect(assigned.value.map(({ id }: { id: string }) => id)).toEqual([imported.id]);
  const changed = { outOfBoxExperienceSettings: { deviceUsageType: 'singleUser' } };
  expect((await api(`${profiles}/${profile.id}`, 'beta').patch(changed)).rollcall.mode).toBe('userDriven');
  const path = `/stub/v1/autopilotDevices/${imported.id}/deploymentProfile`;
  expect((await raw(path, { method: 'DELETE', ...bearer(tokens.administrator) })).status).toBe(204);
  expect(await api(identity, 'beta').get()).toMatchObject({ deploymentProfileAssignmentStatus: 'notAssigned' });
  // To all devices, and to those whose group tag is the name of a group.
  const group = (
    await graph()
      .api('/groups')
      .post({ displayName: 'Hall', mailEnabled: false, mailNickname: 'hall', securityEnabled: true })
  ).id;
  const assignments = `${profiles}/${profile.id}/assignments`;
  const assign = (type: string, more: object = {}) =>
    api(assignments, 'beta').post({ target: { '@odata.type': `#microsoft.graph.${type}AssignmentTarget`, ...more } });
  expect(await failure(assign('exclusionGroup', { groupId: group }))).toBe('400 BadRequest');
  expect(await failure(assign('group', { groupId: 'none' }))).toBe('400 BadRequest');
  const toGroup = await assign('group', { groupId: group });
  expect(toGroup).toMatchObject({ target: { groupId: group }, source: 'direct' });
  const status = async () => (await api(identity, 'beta').get()).deploymentProfileAssignmentStatus;
  expect(await status()).toBe('assignedInSync'); // the tag is "hall"
  const toAll = await assign('allDevices');
  const ids = async () => (await api(assignments, 'beta').get()).value.map(({ id }: { id: string }) => id);
  expect(await ids()).toEqual([toAll.id, toGroup.id]);
  await api(`${profiles}/${profile.id}`, 'beta').patch({ displayName: 'Halls' });
  await api(`${assignments}/${toGroup.id}`, 'beta').delete();
  expect([await ids(), await status()]).toEqual([[toAll.id], 'assignedInSync']);
  expect((await api(`${profiles}/${profile.id}/assignedDevices`, 'beta').get()).value).toHaveLength(2);
  await api(`${assignments}/${toAll.id}`, 'beta').delete();
  expect(await status()).toBe('notAssigned');
  expect(await failure(api(`${assignments}/${toAll.id}`, 'beta').get())).toBe('404 Request_ResourceNotFound');

  // As scripts end: the import is deleted, and the device stays; a sync is over with the call.
  const imports = 'importedWindowsAutopilotDeviceIdentities';
  await api(`${imports}/${imported.id}`).delete();
  expect(await failure(api(`${imports}/${imported.id}`).get())).toBe('404 Request_ResourceNotFound');
  expect((await api(imports).get()).value).toHaveLength(1);
  expect((await api('windowsAutopilotDeviceIdentities').get()).value).toHaveLength(2);
  expect((await api('windowsAutopilotSettings', 'beta').get()).syncStatus).toBe('unknown');
  await api('windowsAutopilotSettings/sync', 'beta').post({});
  const synced = { syncStatus: 'completed', lastSyncDateTime: '2026-11-21T08:00:00.000Z' };
  expect(await api('windowsAutopilotSettings', 'beta').get()).toMatchObject(synced);

  await api(`${profiles}/${profile.id}`, 'beta').delete();
  expect((await api(profiles, 'beta').get()).value).toEqual([]);
  await api(identity).delete();
  expect(await failure(api(identity).get())).toBe('404 Request_ResourceNotFound');
  expect(tenant.autopilotDevices().map(({ serial }) => serial)).toEqual(['PC-2']);
});

const asked = async ({ raw }: Awaited<ReturnType<typeof opened>>, method: string, path: string, body?: object) =>
  raw(path, {
    method,
    headers: { authorization: `Bearer ${tokens.administrator}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test('a bulk token is shown once, when it is made, and says when it expires', async () => {
  const bench = await opened();
  const ask = (method: string, path: string, body?: object) => asked(bench, method, `/stub/v1/${path}`, body);
  const made = await ask('POST', 'bulkTokens', { name: 'Kiosks', validFor: '1d' });
  expect(made.status).toBe(201);
  expect(bench.tenant.findBulkToken(made.body.token)?.id).toBe(made.body.id);
  const listed = await ask('GET', 'bulkTokens');
  const row = { id: made.body.id, name: 'Kiosks', expirationDateTime: '2026-11-22T08:00:00.000Z', isExpired: false };
  expect(listed.body.value).toEqual([row]);
  await bench.clock.advance(dayMs);
  expect((await ask('GET', `bulkTokens/${made.body.id}`)).body).toEqual({ ...row, isExpired: true });
  for (const body of [{}, { name: 'Kiosks' }, { name: 'X', validFor: 'soon' }, { name: 'X', validFor: '0s' }])
    expect((await ask('POST', 'bulkTokens', body)).status).toBe(400);
  expect((await ask('DELETE', `bulkTokens/${made.body.id}`)).status).toBe(204);
  expect((await ask('GET', `bulkTokens/${made.body.id}`)).status).toBe(404);
});

test('A17, A25: consents say who gave them and what is sent to whom; without that of the push certificate none is taken', async () => {
  const bench = await opened();
  const ask = (method: string, path: string, body?: object) => asked(bench, method, path, body);
  const { body } = await ask('GET', '/stub/v1/consents');
  expect(body.value).toMatchObject([
    { act: 'androidWorkProfiles', given: true, by: null, at: null, sentTo: 'Google' },
    { act: 'applePush', given: true, sentTo: 'Apple', fields: expect.arrayContaining(['PushMagic']) },
    {
      act: 'appleAutomatedEnrollment',
      given: true,
      sentTo: 'Apple',
      fields: expect.arrayContaining(['serial_number']),
    },
  ]);
  const push = '/stub/v1/consents/applePush';
  const taken = await ask('PUT', push, { given: false });
  expect(taken.body).toMatchObject({ given: false, by: 'administrator', at: '2026-11-21T08:00:00.000Z' });
  const upload = () =>
    ask('PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate', { topicIdentifier: 'topic' });
  const before = bench.tenant.pushCertificate();
  const refused = await upload();
  expect([refused.status, refused.body.error.code]).toEqual([403, 'Forbidden']);
  expect(refused.body.error.message).toContain('applePush');
  expect(bench.tenant.pushCertificate()).toEqual(before);
  await ask('PUT', push, { given: true });
  expect((await upload()).status).toBe(200);
  const activities = bench.tenant.auditEntries().map(({ activity, target }) => `${activity} ${target}`);
  expect(activities.slice(0, 2)).toEqual(['patch consents applePush', 'patch consents applePush']);
  expect((await ask('PUT', push, { given: 'yes' })).status).toBe(400);
  expect((await ask('GET', '/stub/v1/consents/all')).status).toBe(404);
});

test('B2, B10: BMS tells its state, has one exclusion list of groups, and is not taken away', async () => {
  const bench = await opened('office365');
  const ask = (method: string, path: string, body?: object) => asked(bench, method, `/stub/v1/bms${path}`, body);
  const before = (await ask('GET', '')).body;
  expect(before).toHaveProperty('state');
  expect((await ask('DELETE', '')).status).toBe(409);
  expect((await ask('PUT', '/exclusions', { groups: ['g-sales'] })).body).toEqual({ groups: ['g-sales'] });
  expect((await ask('PUT', '/exclusions', { groups: ['none'] })).status).toBe(400);
  expect((await ask('GET', '/exclusions')).body).toEqual({ groups: ['g-sales'] });
  expect((await ask('GET', '')).body).toEqual(before);
});

test('E20, E25: least versions and the MDM user scope are set', async () => {
  const bench = await opened();
  const scope = '/policies/mobileDeviceManagementPolicies/0000000a-0000-0000-c000-000000000000';
  await bench.graph().api(scope).version('beta').patch({ appliesTo: 'none' });
  expect((await bench.graph().api(scope).version('beta').get()).appliesTo).toBe('none');
  expect(bench.tenant.settings.mdmUserScope).toBe('none');
  const path = '/stub/v1/enrollmentSettings';
  const set = await asked(bench, 'PATCH', path, { minimumOs: { ios: '16.0' } });
  expect(set.body.minimumOs.ios).toBe('16.0');
  await asked(bench, 'PATCH', path, { minimumOs: { android: '10' }, minimumCompanyPortal: { ios: '5.2' } });
  expect(bench.tenant.settings).toMatchObject({
    minimumOs: { ios: '16.0', android: '10' },
    minimumCompanyPortal: { ios: '5.2' },
  });
  expect((await asked(bench, 'PATCH', path, { minimumOs: { ios: 'new' } })).status).toBe(400);
  await asked(bench, 'PATCH', path, { minimumOs: { ios: null } });
  expect((await asked(bench, 'GET', path)).body).toMatchObject({
    minimumOs: { ios: '15.0', android: '10' },
    minimumCompanyPortal: { ios: '5.2' },
    sources: { minimumOs: { ios: 'service', android: 'tenant' }, minimumCompanyPortal: { ios: 'tenant' } },
  });
  const { body } = await asked(bench, 'PATCH', path, { minimumOs: { android: null }, minimumCompanyPortal: null });
  expect(body.sources.minimumCompanyPortal.ios).toBe('service');
  expect(Object.keys(bench.tenant.settings)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^minimum/)]));
});
