// Groups, members and licences as administrators script them, with the official client.
import { describe, expect, test } from 'vitest';
import { assigned, user, wifi } from '../core/support.js';
import { type AdminBench, bearer, failure, type Json, openAdmin, tokens } from './support.js';

const intune = '061f9ace-7d42-4136-88ac-31dc755f143f';
const basic = '3b555118-da6a-4418-894f-7df1e2096870';
const configurations = '/deviceManagement/deviceConfigurations';
const target = (name: string, more: Json = {}) => ({
  target: { '@odata.type': `#microsoft.graph.${name}AssignmentTarget`, ...more },
});

const makeGroup = async (
  { graph }: AdminBench,
  displayName: string,
  members: readonly string[] = [],
): Promise<string> => {
  const body = { displayName, mailEnabled: false, mailNickname: displayName, securityEnabled: true };
  const bound = members.map((id) => `https://graph.microsoft.com/v1.0/directoryObjects/${id}`);
  const made = await graph()
    .api('/groups')
    .post(bound.length === 0 ? body : { ...body, 'members@odata.bind': bound });
  return made.id;
};

const lobby = { ...assigned('office365', wifi('lobby')), id: 'lobby' };

const names = (list: Json): string[] => list.value.map(({ displayName }: Json) => displayName);

describe('groups', () => {
  test('are made, found, renamed, deleted; their members are users and groups', async () => {
    const bench = await openAdmin();
    const { graph } = bench;
    const all = await makeGroup(bench, 'All');
    const staff = await makeGroup(bench, 'Staff', ['id-ada']);
    const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` });
    const members = (id: string) => graph().api(`/groups/${id}/members`);
    await graph().api(`/groups/${all}/members/$ref`).post(reference(staff));
    await graph().api(`/groups/${staff}/members/$ref`).post(reference('id-ben'));
    expect(names(await members(staff).get())).toEqual(['ada', 'ben']);
    expect((await members(all).get()).value[0]['@odata.type']).toBe('#microsoft.graph.group');
    expect(names(await graph().api(`/groups/${all}/transitiveMembers`).get())).toEqual(['ada', 'ben', 'Staff']);
    expect(names(await graph().api('/users/id-ada/memberOf').get())).toEqual(['Staff']);
    expect(names(await graph().api('/users/id-ada/transitiveMemberOf').get()).sort()).toEqual(['All', 'Staff']);
    expect(names(await graph().api(`/groups/${staff}/memberOf`).get())).toEqual(['All']);
    const page = await members(staff).top(1).select('displayName').get();
    expect([page.value, page['@odata.nextLink']]).toEqual([
      [{ '@odata.type': '#microsoft.graph.user', displayName: 'ada' }],
      expect.any(String),
    ]);

    expect(await failure(graph().api(`/groups/${staff}/members/$ref`).post(reference('id-ben')))).toBe(
      '400 BadRequest',
    );
    expect(await failure(graph().api(`/groups/${staff}/members/$ref`).post(reference(all)))).toBe('400 BadRequest');
    expect(await failure(graph().api(`/groups/${staff}/members/$ref`).post(reference('nobody')))).toBe(
      '404 Request_ResourceNotFound',
    );
    await graph().api(`/groups/${staff}/members/id-ben/$ref`).delete();
    expect(await failure(graph().api(`/groups/${staff}/members/id-ben/$ref`).delete())).toBe(
      '404 Request_ResourceNotFound',
    );
    await graph().api(`/groups/${staff}`).patch({ displayName: 'Crew' });
    expect(names(await graph().api('/groups').filter("displayName eq 'Crew'").get())).toEqual(['Crew']);
    expect(names(await members(staff).get())).toEqual(['ada']);
    await graph().api(`/groups/${all}`).delete();
    expect(await failure(graph().api(`/groups/${all}`).get())).toBe('404 Request_ResourceNotFound');
    expect(names(await graph().api('/users/id-ada/transitiveMemberOf').get())).toEqual(['Crew']);
  });

  test('with a member that does not exist is not made; neither is one that is no security group', async () => {
    const bench = await openAdmin();
    expect(await failure(makeGroup(bench, 'Staff', ['id-ada', 'nobody']))).toBe('404 Request_ResourceNotFound');
    const mail = { displayName: 'Mail', mailEnabled: true, securityEnabled: false };
    expect(await failure(bench.graph().api('/groups').post(mail))).toBe('400 BadRequest');
    expect((await bench.graph().api('/groups').get()).value).toEqual([]);
    expect((await bench.graph().api('/users/id-ada/memberOf').get()).value).toEqual([]);
  });
});

describe('licences', () => {
  test('C7: are counted, and over the number bought nobody is changed', async () => {
    const { graph } = await openAdmin({ licences: { INTUNE_A: 1 }, users: [user('ada', []), user('ben', [])] });
    const assign = (name: string, add: string[], remove: string[] = []) =>
      graph()
        .api(`/users/${name}@contoso.example/assignLicense`)
        .post({ addLicenses: add.map((skuId) => ({ skuId, disabledPlans: [] })), removeLicenses: remove });
    const skus = async () =>
      (await graph().api('/subscribedSkus').get()).value.map((sku: Json) => [
        sku.skuPartNumber,
        sku.prepaidUnits.enabled,
        sku.consumedUnits,
      ]);
    expect(await skus()).toEqual([['INTUNE_A', 1, 0]]);
    await assign('ada', [intune]);
    expect(await failure(assign('ben', [intune, basic]))).toBe('400 BadRequest');
    expect(await skus()).toEqual([['INTUNE_A', 1, 1]]);
    await assign('ada', [basic], [intune]);
    expect(await skus()).toEqual([
      ['INTUNE_A', 1, 0],
      ['O365_BUSINESS_ESSENTIALS', 2 ** 31 - 1, 1],
    ]);
    const [first] = (await graph().api('/subscribedSkus').get()).value;
    expect(await graph().api(`/subscribedSkus/${first.id}`).get()).toMatchObject({ skuId: intune, appliesTo: 'User' });
    expect(await failure(assign('ben', [], [intune]))).toBe('400 BadRequest');
  });

  test('C9: of a group reach its members with one change, which is accepted with 202', async () => {
    const bench = await openAdmin({
      authority: 'intune',
      coexistence: true,
      users: [user('ada', []), user('ben', [])],
    });
    const { graph, raw, tenant } = bench;
    tenant.putUser(user('ada', ['O365_BUSINESS_ESSENTIALS']));
    bench.enroll('d');
    bench.notified();
    const id = await makeGroup(bench, 'Staff', ['id-ada']);
    const body = JSON.stringify({ addLicenses: [{ skuId: intune }], removeLicenses: [] });
    const answer = await raw(`/v1.0/groups/${id}/assignLicense`, {
      method: 'POST',
      ...bearer(tokens.administrator),
      body,
    });
    expect([answer.status, answer.body.assignedLicenses]).toEqual([202, [{ skuId: intune, disabledPlans: [] }]]);
    expect(bench.notified()).toEqual([]);
    const ada = await graph().api('/users/id-ada').get();
    expect(ada.assignedLicenses.map(({ skuId }: Json) => skuId)).toEqual([basic, intune]);
    expect(ada.licenseAssignmentStates).toMatchObject([{ assignedByGroup: null }, { assignedByGroup: id }]);
    const details = await graph().api('/users/id-ada/licenseDetails').get();
    expect(details.value.map(({ skuPartNumber }: Json) => skuPartNumber)).toContain('INTUNE_A');
    const changes = await raw('/stub/v1/authority/changes', bearer(tokens.reader));
    expect(changes.body.value).toMatchObject([{ cause: 'licence', by: 'administrator', waiting: 1, notified: 0 }]);
    expect(await failure(graph().api(`/groups/${id}`).delete())).toBe('400 BadRequest');
  });

  test('are changed by assignLicense alone: writing them to a user or a group is refused, and not passed over', async () => {
    const bench = await openAdmin();
    const { graph, tenant } = bench;
    const id = await makeGroup(bench, 'Staff', []);
    const before = tenant.user('id-ada');
    for (const [path, said] of [
      ['/users/id-ada', { rollcall: { products: ['INTUNE_A'] } }],
      ['/users/id-ada', { assignedLicenses: [{ skuId: intune }] }],
      [`/groups/${id}`, { assignedLicenses: [{ skuId: intune }] }],
    ] as const) {
      expect(await failure(graph().api(path).patch(said))).toBe('400 BadRequest');
    }
    expect(tenant.user('id-ada')).toEqual(before);
  });

  test('a user is changed in place, and keeps licences and groups', async () => {
    const bench = await openAdmin();
    const { graph, tenant } = bench;
    await makeGroup(bench, 'Staff', ['id-ada']);
    const before = tenant.user('id-ada');
    await graph()
      .api('/users/id-ada')
      .patch({ displayName: 'Ada L.', passwordProfile: { password: 'new' } });
    expect(tenant.user('id-ada')).toEqual({ ...before, displayName: 'Ada L.', password: 'new' });
    expect(await failure(graph().api('/users/id-ada').patch({ userPrincipalName: 'ben@contoso.example' }))).toBe(
      '400 BadRequest',
    );
  });
});

describe('assignments of configurations', () => {
  test('B2: go to groups, to users, not to an excluded group; the devices that they concern are asked to check in', async () => {
    const bench = await openAdmin({ profiles: [assigned('office365', wifi('lobby'))] });
    const { graph, enroll, session, notified } = bench;
    enroll('a', 'ada');
    enroll('b', 'ben');
    for (const device of ['a', 'b']) session(device);
    notified();
    const staff = await makeGroup(bench, 'Staff', ['id-ada', 'id-ben']);
    const guests = await makeGroup(bench, 'Guests', ['id-ben']);
    const profile = { kind: 'wifi', name: 'Office', ssid: 'Office', hidden: false, autoJoin: true, security: 'none' };
    const { id } = await graph().api(configurations).post({ rollcall: { profile } });
    expect(notified()).toEqual([]);
    const assign = (...assignments: Json[]) => graph().api(`${configurations}/${id}/assign`).post({ assignments });
    const answer = await assign(target('group', { groupId: staff }), target('exclusionGroup', { groupId: guests }));
    expect(answer.value.map((each: Json) => each.id)).toEqual([`${id}_${staff}`, `${id}_${guests}`]);
    expect((await graph().api(`${configurations}/${id}/assignments`).get()).value).toEqual(answer.value);
    expect(notified()).toEqual(['a']);
    expect([session('a'), session('b')]).toEqual([['+Office'], []]);

    await assign({ target: { '@odata.type': '#rollcall.userTarget', userId: 'ben@contoso.example' } });
    expect(notified()).toEqual(['a', 'b']);
    expect([session('a'), session('b')]).toEqual([['-Office'], ['+Office']]);
    const { id: other } = await graph()
      .api(configurations)
      .post({ rollcall: { profile, authority: 'intune' } });
    await graph()
      .api(`${configurations}/${other}/assign`)
      .post({ assignments: [target('allDevices')] });
    expect(notified()).toEqual([]); // they are managed by office365

    await assign();
    expect(notified()).toEqual(['b']);
    expect(session('b')).toEqual(['-Office']);
  });

  test.each([
    ['a group that does not exist', target('group', { groupId: 'x' })],
    ['a group without an id', target('group')],
    ['a user who does not exist', { target: { '@odata.type': '#rollcall.userTarget', userId: 'x' } }],
    ['another target of Graph', target('configurationManagerCollection', { collectionId: 'x' })],
    ['no target', {}],
  ])('to %s are a 400, and nothing is changed', async (_, assignment) => {
    const { graph, tenant } = await openAdmin({ profiles: [lobby] });
    expect(
      await failure(
        graph()
          .api(`${configurations}/lobby/assign`)
          .post({ assignments: [assignment] }),
      ),
    ).toBe('400 BadRequest');
    expect(tenant.profile('lobby')?.assignment.to).toBe('all');
  });
});

describe('a PATCH of a configuration', () => {
  const open = () => openAdmin({ profiles: [lobby] });
  const path = `${configurations}/lobby`;

  test('changes the fields that it names, on the devices too, and keeps the secrets', async () => {
    const { graph, enroll, session, notified, tenant } = await open();
    enroll('d');
    session('d');
    notified();
    const changed = await graph()
      .api(path)
      .patch({ rollcall: { profile: { ssid: 'Lobby 2' } } });
    expect(changed.rollcall.profile).toMatchObject({ ssid: 'Lobby 2', passphrase: '(secret)' });
    expect(tenant.profile('lobby')?.profile).toEqual({ ...wifi('lobby'), ssid: 'Lobby 2' });
    expect(notified()).toEqual(['d']);
    expect(session('d')).toEqual(['+lobby']);
    await graph()
      .api(path)
      .patch({ rollcall: { profile: { security: 'none', passphrase: null } } });
    expect(tenant.profile('lobby')?.profile).not.toHaveProperty('passphrase');
    await graph()
      .api(path)
      .patch({ displayName: 'Hall', rollcall: { platforms: ['ios'] } });
    expect(tenant.profile('lobby')).toMatchObject({ profile: { name: 'Hall' }, platforms: ['ios'] });
    await graph()
      .api(path)
      .patch({ rollcall: { platforms: null } });
    expect(tenant.profile('lobby')).not.toHaveProperty('platforms');
  });

  test.each([
    ['a secret as it is shown', { rollcall: { profile: { passphrase: '(secret)' } } }],
    ['an unknown field', { rollcall: { profile: { colour: 'red' } } }],
    ['two names', { displayName: 'One', rollcall: { profile: { name: 'Two' } } }],
    ['another authority', { rollcall: { authority: 'intune' } }],
    ['a kind that its fields do not fit', { rollcall: { profile: { kind: 'vpn' } } }],
  ])('with %s is a 400 and changes nothing', async (_, body) => {
    const { graph, tenant } = await open();
    expect(await failure(graph().api(path).patch(body))).toBe('400 BadRequest');
    expect(tenant.profile('lobby')).toEqual(lobby);
  });
});
