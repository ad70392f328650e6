import { PageIterator } from '@microsoft/microsoft-graph-client';
import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { hourMs, words } from '../core/support.js';
import { bearer, failure, type Json, openAdmin, tokens } from './support.js';

const devices = '/deviceManagement/managedDevices';
const everybody = { assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }] };

describe('who may call', () => {
  test('without a token, or with a wrong one, nothing is answered', async () => {
    const { raw } = await openAdmin();
    for (const init of [{}, bearer('wrong'), { headers: { authorization: `Basic ${tokens.administrator}` } }]) {
      const { status, body, headers } = await raw('/v1.0/organization', init);
      expect([status, body.error.code]).toEqual([401, 'InvalidAuthenticationToken']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect((await raw('/stub/v1/health', init)).status).toBe(401);
    }
  });

  test('a reader reads everything and changes nothing', async () => {
    const { graph, enroll, tenant } = await openAdmin();
    enroll('d');
    const reader = graph('reader');
    const [device] = (await reader.api(devices).get()).value;
    expect(await failure(reader.api(`${devices}/${device.id}/wipe`).post({}))).toBe('403 Authorization_RequestDenied');
    expect(await failure(reader.api(`${devices}/${device.id}`).delete())).toBe('403 Authorization_RequestDenied');
    expect(await failure(reader.api('/users').post({}))).toBe('403 Authorization_RequestDenied');
    expect(tenant.device('d')?.status).toBe('enrolled');
  });
});

describe('the organisation', () => {
  test('shows its authority and sets it: no body means intune, as in Graph', async () => {
    const { graph, tenant } = await openAdmin();
    const [organization] = (await graph().api('/organization').get()).value;
    expect(organization).toEqual({
      id: 'tenant',
      displayName: 'Contoso',
      mobileDeviceManagementAuthority: 'office365',
    });
    const action = `/organization/${organization.id}/setMobileDeviceManagementAuthority`;
    expect(await graph().api(action).post(undefined)).toMatchObject({ value: 1 });
    expect(await graph().api(action).post({ mobileDeviceManagementAuthority: 'office365' })).toMatchObject({
      value: 3,
    });
    expect(await graph().api(action).post({ mobileDeviceManagementAuthority: 'office365' })).toMatchObject({
      value: 3,
    });
    expect(tenant.changes().map(({ by, to }) => [by, to])).toEqual([
      ['administrator', 'intune'],
      ['administrator', 'office365'],
    ]);
  });

  test('A3: refuses to go back to unknown, and changes nothing', async () => {
    const { graph, tenant } = await openAdmin();
    const action = '/organization/tenant/setMobileDeviceManagementAuthority';
    expect(await failure(graph().api(action).post({ mobileDeviceManagementAuthority: 'unknown' }))).toBe(
      '400 BadRequest',
    );
    expect(await failure(graph().api(action).post({ mobileDeviceManagementAuthority: 'jamf' }))).toBe('400 BadRequest');
    expect(await failure(graph().api(action.replace('tenant', 'other')).post({}))).toBe('404 Request_ResourceNotFound');
    expect(tenant.authority).toBe('office365');
  });

  test('lists the changes and the devices without a user that stayed behind', async () => {
    const { graph, enroll, tenant, raw } = await openAdmin();
    enroll('kiosk', '');
    await graph().api('/organization/tenant/setMobileDeviceManagementAuthority').post({});
    const changes = await raw('/stub/v1/authority/changes', bearer(tokens.reader));
    expect(changes.body.value).toEqual([
      expect.objectContaining({
        from: 'office365',
        to: 'intune',
        userless: 1,
        notified: 1,
        at: '2026-11-21T08:00:00.000Z',
      }),
    ]);
    const userless = await raw('/stub/v1/userless', bearer(tokens.reader));
    expect(userless.body.advice).toMatch(/support/);
    expect(userless.body.value.map(({ id }: Json) => id)).toEqual([tenant.device('kiosk')?.id]);
  });
});

describe('managed devices', () => {
  test('has the fields that administrators script with', async () => {
    const { graph, tenant, clock, session } = await openAdmin();
    tenant.enroll({
      platform: 'ios',
      deviceId: 'UDID',
      serial: 'C02',
      userId: 'id-ada',
      osVersion: '26.1',
      model: 'iPhone15,2',
      deviceName: "Ada's phone",
      imei: '35 000000 000000 0',
    });
    expect((await graph().api(devices).get()).value).toEqual([]);
    tenant.confirm('UDID');
    await clock.advance(hourMs);
    session('UDID');
    const [listed] = (await graph().api(devices).get()).value;
    expect(await graph().api(`${devices}/${listed.id}`).get()).toMatchObject(listed);
    expect(listed).toMatchObject({
      deviceName: "Ada's phone",
      userId: 'id-ada',
      userPrincipalName: 'ada@contoso.example',
      operatingSystem: 'iOS',
      osVersion: '26.1',
      enrolledDateTime: '2026-11-21T08:00:00.000Z',
      lastSyncDateTime: '2026-11-21T09:00:00.000Z',
      managementAgent: 'mdm',
      deviceEnrollmentType: 'userEnrollment',
      serialNumber: 'C02',
      imei: '35 000000 000000 0',
      model: 'iPhone15,2',
      manufacturer: 'Apple',
      complianceState: 'unknown',
      exchangeAccessState: 'none',
      deviceActionResults: [],
    });
    expect(listed.rollcall.heldProfiles.map(({ name }: Json) => name)).toEqual(['both', 'old only']);
    const beta = await graph().api(`${devices}/${listed.id}`).version('beta').get(); // the value is the beta version's alone
    expect(beta).toMatchObject({ id: listed.id, managementAgent: 'microsoft365ManagedMdm' });
  });

  test('are filtered, selected, counted and paged as OData says', async () => {
    const { graph, enroll } = await openAdmin({ settings: { ...limits, deviceLimitPerUser: 500 } });
    for (let index = 0; index < 25; index++)
      enroll(`d${index}`, index % 5 === 0 ? 'ben' : 'ada', index % 2 === 0 ? 'ios' : 'windows');
    const ask = (filter: string) =>
      graph().api(devices).filter(filter).count(true).top(3).select(['serialNumber', 'operatingSystem']).get();
    const page = await ask("userPrincipalName eq 'BEN@contoso.example' and operatingSystem eq 'iOS'");
    expect(page['@odata.count']).toBe(3);
    expect(page.value[0]).toEqual({ serialNumber: 'S-d0', operatingSystem: 'iOS' });
    expect(page['@odata.nextLink']).toBeUndefined();
    expect((await ask("operatingSystem ne 'iOS'"))['@odata.count']).toBe(12);
    expect(
      (await ask("serialNumber eq 'S-d1' or (serialNumber eq 'S-d2' and not (operatingSystem eq 'Unknown'))"))[
        '@odata.count'
      ],
    ).toBe(2);
    expect(
      (await ask('enrolledDateTime ge 2026-11-21T09:00:00%2B01:00 and enrolledDateTime lt 2027-01-01'))['@odata.count'],
    ).toBe(25);
    expect((await ask("startswith(serialNumber,'s-d1')"))['@odata.count']).toBe(11);

    const seen: string[] = [];
    const first = await graph().api(devices).top(4).select('serialNumber').get();
    expect(first['@odata.nextLink']).toMatch(/^https:/);
    await new PageIterator(graph(), first, ({ serialNumber }: Json) => {
      seen.push(serialNumber);
      return true;
    }).iterate();
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `S-d${index}`));
  });

  test.each([
    ['no field', "secret eq 'x'"],
    ['a quote left open', "deviceName eq 'open"],
    ['no value', 'deviceName eq'],
    ['no operator', "deviceName like 'x'"],
    ['a bracket left open', "(deviceName eq 'x'"],
    ['two expressions', "deviceName eq 'x' deviceName eq 'y'"],
    ['too deep', `${'('.repeat(40)}deviceName eq 'x'${')'.repeat(40)}`],
    ['a word of JavaScript', "deviceName constructor 'x'"],
    ['a function of every object', "constructor(deviceName,'x')"],
    ['no function at all', "__proto__(deviceName,'x')"],
    ['too long', `deviceName eq '${'x'.repeat(5000)}'`],
  ])("a $filter with %s is a 400, in Graph's own shape", async (_, filter) => {
    const { raw } = await openAdmin();
    const { status, body } = await raw(`/v1.0${devices}?$filter=${encodeURIComponent(filter)}`, bearer(tokens.reader));
    expect(status).toBe(400);
    expect(body.error).toEqual({ code: 'BadRequest', message: expect.any(String) });
  });

  test.each(['$top=0', '$top=-1', '$top=x', '$skip=-1', '$select=password', '$expand=users', '$orderby=a,b'])(
    '%s is a 400',
    async (query) => {
      const { raw } = await openAdmin();
      expect((await raw(`/v1.0${devices}?${query}`, bearer(tokens.reader))).status).toBe(400);
    },
  );

  test('M4: each action reaches the device, and its result shows', async () => {
    const { graph, enroll, session, tenant, notified } = await openAdmin();
    enroll('d');
    session('d');
    notified();
    const id = tenant.device('d')?.id;
    for (const action of ['remoteLock', 'resetPasscode', 'rebootNow', 'locateDevice', 'shutDown']) {
      expect(await graph().api(`${devices}/${id}/${action}`).post({})).toBeUndefined();
    }
    await graph().api(`${devices}/${id}/syncDevice`).post({});
    expect(notified()).toHaveLength(6);
    const states = async () =>
      (await graph().api(`${devices}/${id}`).get()).deviceActionResults.map(
        (result: Json) => `${result.actionName} ${result.actionState}`,
      );
    expect(await states()).toEqual(
      ['remoteLock', 'resetPasscode', 'rebootNow', 'locateDevice', 'shutDown', 'syncDevice'].map(
        (name) => `${name} pending`,
      ),
    );
    expect(
      session('d', ({ kind }) => (kind === 'locate' ? { status: 'failed', reason: 'not lost' } : { status: 'done' })),
    ).toEqual(['lock', 'clear-passcode', 'restart', 'locate', 'shut-down']);
    expect(await states()).toEqual([
      'remoteLock done',
      'resetPasscode done',
      'rebootNow done',
      'locateDevice failed',
      'shutDown done',
      'syncDevice done',
    ]);
  });

  test('retire takes away what was installed and ends the enrollment; wipe and delete end it too', async () => {
    const { graph, enroll, session, tenant } = await openAdmin();
    for (const deviceId of ['a', 'b', 'c']) {
      enroll(deviceId);
      session(deviceId);
    }
    const id = (deviceId: string) => tenant.device(deviceId)?.id;
    await graph()
      .api(`${devices}/${id('a')}/retire`)
      .post({});
    expect(
      await failure(
        graph()
          .api(`${devices}/${id('a')}/remoteLock`)
          .post({}),
      ),
    ).toBe('400 BadRequest');
    expect(session('a')).toEqual(['-both', '-old only', 'retire']);
    await graph()
      .api(`${devices}/${id('b')}/wipe`)
      .post({ keepUserData: false });
    expect(session('b')).toEqual(['wipe']);
    await graph()
      .api(`${devices}/${id('c')}`)
      .delete();
    expect(tenant.devices()).toEqual([]);
    expect(await failure(graph().api(`${devices}/nobody/retire`).post({}))).toBe('404 Request_ResourceNotFound');
  });
});

describe('users', () => {
  test('are added, licensed, listed with their devices, and removed; passwords never come back', async () => {
    const { graph, tenant, enroll } = await openAdmin();
    const created = await graph()
      .api('/users')
      .post({
        accountEnabled: true,
        userPrincipalName: 'eve@contoso.example',
        displayName: 'Eve',
        mailNickname: 'eve',
        passwordProfile: { password: 'open sesame', forceChangePasswordNextSignIn: false },
      });
    expect(created).toMatchObject({ userPrincipalName: 'eve@contoso.example', assignedLicenses: [] });
    expect(JSON.stringify(created)).not.toContain('sesame');
    expect(tenant.user('EVE@contoso.example')?.password).toBe('open sesame');
    const licensed = await graph()
      .api(`/users/${created.id}/assignLicense`)
      .post({ addLicenses: [{ skuId: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46' }], removeLicenses: [] });
    expect(licensed.rollcall.products).toEqual(['SPB']);
    const half = await graph()
      .api(`/users/eve@contoso.example/assignLicense`)
      .post({ addLicenses: [], removeLicenses: ['cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46'] });
    expect(half.rollcall.products).toEqual([]);
    expect(
      await failure(
        graph()
          .api(`/users/${created.id}/assignLicense`)
          .post({ addLicenses: [{ skuId: 'x' }], removeLicenses: [] }),
      ),
    ).toBe('400 BadRequest');
    expect(
      await failure(graph().api('/users').post({ userPrincipalName: 'Eve@contoso.example', displayName: 'E' })),
    ).toBe('400 BadRequest');
    enroll('d');
    expect((await graph().api('/users/ada@contoso.example/managedDevices').get()).value).toHaveLength(1);
    expect((await graph().api(`/users/${created.id}/managedDevices`).get()).value).toEqual([]);
    await graph().api(`/users/${created.id}`).delete();
    expect(await failure(graph().api(`/users/${created.id}`).get())).toBe('404 Request_ResourceNotFound');
    expect((await graph().api('/users').count(true).get())['@odata.count']).toBe(2);
  });
});

describe('device configurations', () => {
  const profile = { kind: 'certificate', name: 'Root', role: 'root', source: { type: 'der', der: 'AQID' } };
  const path = '/deviceManagement/deviceConfigurations';

  test('one for other platforms reaches none of these devices', async () => {
    const { graph, enroll, session } = await openAdmin();
    enroll('pc');
    enroll('phone', 'ada', 'ios');
    for (const device of ['pc', 'phone']) session(device);
    const rollcall = { profile, platforms: ['ios'] };
    const made = await graph().api(path).post({ rollcall });
    expect(made.rollcall).toEqual({
      ...rollcall,
      authority: 'office365',
      assignment: { to: { users: [], groups: [] }, except: [] },
    });
    await graph().api(`${path}/${made.id}/assign`).post(everybody);
    expect([session('pc'), session('phone')]).toEqual([[], ['+Root']]);
    const wrong = { profile, platforms: ['symbian'] };
    expect(await failure(graph().api(path).post({ rollcall: wrong }))).toBe('400 BadRequest');
  });

  test('one that is made and assigned to everybody reaches the devices, one that is deleted leaves them', async () => {
    const { graph, enroll, session, tenant, notified } = await openAdmin();
    enroll('d');
    session('d');
    notified();
    const made = await graph()
      .api(path)
      .post({ '@odata.type': '#rollcall.deviceConfiguration', displayName: 'Root', rollcall: { profile } });
    expect(made.rollcall).toEqual({
      profile,
      authority: 'office365',
      assignment: { to: { users: [], groups: [] }, except: [] },
    });
    expect(session('d')).toEqual([]);
    const assigned = await graph().api(`${path}/${made.id}/assign`).post(everybody);
    expect(assigned.value[0].target['@odata.type']).toBe('#microsoft.graph.allDevicesAssignmentTarget');
    expect(notified()).toEqual(['d']);
    expect(session('d')).toEqual(['+Root']);
    expect((await graph().api(path).filter("displayName eq 'Root'").get()).value).toHaveLength(1);
    await graph().api(`${path}/${made.id}`).delete();
    expect(session('d')).toEqual(['-Root']);
    expect(tenant.device('d')?.held.map(({ name }) => name)).toEqual(['both', 'old only']);
  });

  test('do not show secrets', async () => {
    const { raw } = await openAdmin();
    const { body } = await raw(`/v1.0${path}`, bearer(tokens.reader));
    expect(body.value[0].rollcall.profile.passphrase).toBe('(secret)');
  });

  test.each([
    ['an unknown kind', { rollcall: { profile: { ...profile, kind: 'poster' } } }],
    ['a field too many', { rollcall: { profile: { ...profile, colour: 'red' } } }],
    ['no base64', { rollcall: { profile: { ...profile, source: { type: 'der', der: '?' } } } }],
    ['a foreign type', { '@odata.type': '#microsoft.graph.iosDeviceFeaturesConfiguration', rollcall: { profile } }],
    ['a name of its own', { displayName: 'Other', rollcall: { profile } }],
    ['a taken name', { rollcall: { profile: { ...profile, name: 'both' } } }],
    ['nothing', {}],
  ])('with %s is a 400 and is not kept', async (_, body) => {
    const { graph, tenant } = await openAdmin();
    expect(await failure(graph().api(path).post(body))).toBe('400 BadRequest');
    expect(tenant.profiles()).toHaveLength(4);
  });

  test('that do not exist, and groups that do not exist, are not assigned', async () => {
    const { graph } = await openAdmin();
    const group = {
      assignments: [{ target: { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: 'g' } }],
    };
    expect(
      await failure(
        graph()
          .api(`${path}/${encodeURIComponent('office365')}/assign`)
          .post(group),
      ),
    ).toBe('404 Request_ResourceNotFound');
    const [first] = (await graph().api(path).get()).value;
    const made = await graph().api(path).post({ rollcall: { profile } });
    expect(first.id).not.toBe(made.id);
    expect(await failure(graph().api(`${path}/${made.id}/assign`).post(group))).toBe('400 BadRequest');
  });
});

describe('the push certificate', () => {
  const path = '/deviceManagement/applePushNotificationCertificate';

  test('A11: a PATCH is the upload of a renewed one', async () => {
    const { graph, tenant } = await openAdmin();
    expect(await graph().api(path).get()).toMatchObject({
      topicIdentifier: 'topic',
      rollcall: { authority: 'office365' },
    });
    tenant.setAuthority('intune', 'admin');
    const renewed = await graph().api(path).patch({
      appleIdentifier: 'it@contoso.example',
      topicIdentifier: 'com.apple.mgmt.x',
      expirationDateTime: '2027-11-21T00:00:00Z',
    });
    expect(renewed).toMatchObject({
      topicIdentifier: 'com.apple.mgmt.x',
      expirationDateTime: '2027-11-21T00:00:00.000Z',
      rollcall: { authority: 'intune', unreached: 0 },
    });
    expect(await failure(graph().api(path).patch({ certificate: 'nonsense' }))).toBe('400 BadRequest');
    expect(await failure(graph().api(path).patch({ expirationDateTime: '2020-01-01T00:00:00Z' }))).toBe(
      '400 BadRequest',
    );
  });

  test('of another topic says how many enrolled devices it does not reach', async () => {
    const { graph, tenant, enroll } = await openAdmin();
    enroll('d', 'ada', 'ios');
    tenant.setDialect('d', { topic: 'topic' });
    expect(await graph().api(path).get()).toMatchObject({ rollcall: { unreached: 0 } });
    const renewed = await graph().api(path).patch({ topicIdentifier: 'com.apple.mgmt.x' });
    expect(renewed).toMatchObject({ topicIdentifier: 'com.apple.mgmt.x', rollcall: { unreached: 1 } });
  });

  test('there is none before one was uploaded', async () => {
    const { graph } = await openAdmin({ authority: 'unknown' });
    expect(await failure(graph().api(path).get())).toBe('404 Request_ResourceNotFound');
  });
});

describe('what the stub adds', () => {
  test('a neutral command is queued, delivered, and its answer shown', async () => {
    const { raw, enroll, session, tenant } = await openAdmin();
    enroll('d');
    session('d');
    const post = (body: unknown) =>
      raw('/stub/v1/devices/d/commands', {
        method: 'POST',
        ...bearer(tokens.administrator),
        body: JSON.stringify(body),
      });
    expect(await post({ kind: 'rename', deviceName: 'Lobby' })).toMatchObject({
      status: 201,
      body: { status: 'waiting', by: 'administrator' },
    });
    expect(session('d')).toEqual(['rename']);
    expect((await raw('/stub/v1/devices/d/commands', bearer(tokens.reader))).body.value.at(-1)).toMatchObject({
      status: 'done',
      command: { kind: 'rename', deviceName: 'Lobby' },
    });
    expect((await post({ kind: 'explode' })).status).toBe(400);
    expect((await post({ kind: 'rename' })).status).toBe(400);
    for (let index = 0; index < 200; index++) tenant.queue('d', { kind: 'lock' });
    expect((await post({ kind: 'lock' })).status).toBe(400);
    expect(tenant.commands('d').slice(0, 1).map(words)).toEqual(['lock']);
  });

  test('a failed enrollment is listed in Graph and with its remedies', async () => {
    const { graph, tenant, raw } = await openAdmin();
    expect(() => tenant.admit({ platform: 'ios', user: 'nobody@contoso.example' })).toThrow();
    const [event] = (await graph('helpDesk').api('/deviceManagement/troubleshootingEvents').get()).value;
    expect(event).toMatchObject({
      operatingSystem: 'iOS',
      failureCategory: 'userValidation',
      rollcall: { code: 'E02' },
    });
    const { body } = await raw('/stub/v1/failures', bearer(tokens.helpDesk));
    expect(body.value[0].rollcall).toMatchObject({
      userPrincipalName: 'nobody@contoso.example',
      remedies: expect.any(String),
    });
  });

  test('failures are paged newest first: one that comes between two pages is in neither of them', async () => {
    const { tenant, raw } = await openAdmin();
    const fail = (name: string) => expect(() => tenant.admit({ platform: 'ios', user: name })).toThrow();
    const names = (value: { rollcall: { userPrincipalName: string } }[]) =>
      value.map(({ rollcall }) => rollcall.userPrincipalName);
    for (const name of ['a', 'b', 'c', 'd', 'e']) fail(name);
    const { body: one } = await raw('/stub/v1/failures?$top=2', bearer(tokens.helpDesk));
    fail('late');
    const next = new URL(one['@odata.nextLink']);
    const { body: two } = await raw(next.pathname + next.search, bearer(tokens.helpDesk));
    const last = new URL(two['@odata.nextLink']);
    const { body: three } = await raw(last.pathname + last.search, bearer(tokens.helpDesk));
    expect([names(one.value), names(two.value), names(three.value)]).toEqual([['e', 'd'], ['c', 'b'], ['a']]);
    expect(three).not.toHaveProperty('@odata.nextLink');
  });

  test('health says what time it is there, and notify wakes a device', async () => {
    const { raw, enroll, notified } = await openAdmin();
    enroll('d');
    notified();
    expect((await raw('/stub/v1/health', bearer(tokens.reader))).body).toMatchObject({
      status: 'ok',
      authority: 'office365',
    });
    await raw('/stub/v1/devices/d/notify', { method: 'POST', ...bearer(tokens.administrator) });
    expect(notified()).toEqual(['d']);
    expect((await raw('/stub/v1/devices/x/notify', { method: 'POST', ...bearer(tokens.administrator) })).status).toBe(
      404,
    );
  });

  test('a body that is no JSON is a 400, a huge one is refused', async () => {
    const { raw } = await openAdmin();
    const post = (body: string) => raw('/v1.0/users', { method: 'POST', ...bearer(tokens.administrator), body });
    expect((await post('{')).body.error.code).toBe('BadRequest');
    expect((await post('[]')).status).toBe(400);
    expect((await post('null')).status).toBe(400);
    // Before each of them is found to be wrong, and all mistakes are kept to tell ten.
    const flood = await post(`{"value":[${'1,'.repeat(500_000)}1]}`);
    expect([flood.status, flood.body.error.message]).toEqual([
      400,
      'The body is wrong: body: holds more than 20000 values',
    ]);
    expect((await post(`{"a":"${',['.repeat(50_000)}"}`)).body.error.message).not.toContain('values');
    expect((await post(`{"__proto__":{"a":1},"displayName":"${'['.repeat(100_000)}"}`)).status).toBe(400);
    expect((await post('x'.repeat(1024 * 1024 + 1))).status).toBe(413);
  });
});

const limits = {
  ...defaultSettings,
  deviceLimitPerUser: 15,
  profileGraceMs: 7 * 24 * hourMs,
  checkInEveryMs: 8 * hourMs,
  enrollmentMs: hourMs / 2,
  pushCertificateMs: 365 * 24 * hourMs,
};
