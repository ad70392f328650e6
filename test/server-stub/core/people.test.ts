// Groups, licences, and what a change of them makes of devices.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../base/log.js';
import type { Assignment } from '../../../server-stub/core/assignment.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { AssignedProfile, Group, TenantConfig } from '../../../server-stub/core/types.js';
import { temporaryFolder } from '../../support/programs.js';
import { assigned, type Bench, open, refusal, user, wifi } from './support.js';

const basic = 'O365_BUSINESS_ESSENTIALS';
const intune = 'INTUNE_A';

const group = (name: string, parents: readonly string[] = [], products: readonly string[] = []): Group => ({
  id: `g-${name}`,
  displayName: name,
  groups: parents.map((parent) => `g-${parent}`),
  products,
});

const staff = (...groups: readonly Group[]) => ({ groups });

/** Both authorities, user by user; ada and ben have Business Basic. */
const together = (change: Partial<TenantConfig> = {}): Partial<TenantConfig> => ({
  authority: 'intune',
  coexistence: true,
  users: [user('ada', [basic]), user('ben', [basic])],
  ...change,
});

const rows = ({ tenant }: Bench) =>
  tenant.changes().map(({ cause, from, to, toNotify, notified, moved, stayed, waiting, left }) => ({
    cause,
    way: `${from}>${to}`,
    toNotify,
    notified,
    counts: `${moved} moved, ${stayed} stayed, ${waiting} waiting, ${left} left`,
  }));

describe('licences', () => {
  test('C4: a device moves at the next check-in after a licence, and back after its removal; nobody is notified', () => {
    const bench = open(together());
    const { tenant, enroll, session, held, notified } = bench;
    enroll('phone');
    expect(session('phone')).toEqual(['inventory', '+both', '+old only']);
    notified();

    tenant.assignLicences('ada@contoso.example', { add: [intune], remove: [] }, 'eve');
    expect(notified()).toEqual([]);
    expect(tenant.device('phone')?.managedBy).toBe('office365');
    expect(rows(bench)).toEqual([
      {
        cause: 'licence',
        way: 'office365>intune',
        toNotify: 0,
        notified: 0,
        counts: '0 moved, 0 stayed, 1 waiting, 0 left',
      },
    ]);
    expect(tenant.changes()[0]).toMatchObject({ by: 'eve', userless: 0 });
    expect(session('phone')).toEqual(['-old only', '+both', '+new only']);
    expect(held('phone')).toEqual(['both (intune)', 'new only (intune)']);
    expect(rows(bench)[0]?.counts).toBe('1 moved, 0 stayed, 0 waiting, 0 left');

    tenant.assignLicences('id-ada', { add: [], remove: [intune] }, 'eve');
    expect(session('phone')).toEqual(['-new only', '+both', '+old only']);
    expect(rows(bench)[1]).toMatchObject({ way: 'intune>office365', counts: '1 moved, 0 stayed, 0 waiting, 0 left' });
    expect(session('phone')).toEqual([]);
  });

  test('a change that changes no manager makes no row: another product, a second one of intune, a tenant of one authority', () => {
    const bench = open(together());
    const { tenant, enroll } = bench;
    enroll('phone');
    tenant.assignLicences('id-ada', { add: ['O365_BUSINESS_PREMIUM'], remove: [basic] }, 'eve');
    expect(rows(bench)).toEqual([]);
    tenant.assignLicences('id-ada', { add: ['EMS'], remove: [] }, 'eve');
    tenant.assignLicences('id-ada', { add: [intune], remove: ['EMS'] }, 'eve');
    tenant.assignLicences('id-ben', { add: [intune], remove: [] }, 'eve'); // without a device
    expect(rows(bench)).toHaveLength(1);

    const alone = open({ users: [user('ada', [basic])] });
    alone.enroll('phone');
    alone.tenant.assignLicences('id-ada', { add: [intune], remove: [] }, 'eve');
    expect(rows(alone)).toEqual([]);
  });

  test('C9: with notifyOnLicenceChange the devices of the user are notified', () => {
    const bench = open(together({ settings: { ...defaultSettings, notifyOnLicenceChange: true } }));
    const { tenant, enroll, notified } = bench;
    for (const [device, name] of [
      ['a1', 'ada'],
      ['a2', 'ada'],
      ['b', 'ben'],
    ] as const)
      enroll(device, name);
    notified();
    tenant.assignLicences('id-ada', { add: [intune], remove: [] }, 'eve');
    expect(notified()).toEqual(['a1', 'a2']);
    expect(rows(bench)[0]).toMatchObject({ toNotify: 2, notified: 2 });
  });

  test('C7: more than were bought is refused, and nobody is changed', () => {
    const bench = open(together({ licences: { [intune]: 1 } }));
    const { tenant, enroll, session } = bench;
    enroll('phone', 'ben');
    session('phone');
    tenant.assignLicences('id-ada', { add: [intune], remove: [] }, 'eve');
    const ben = tenant.user('id-ben');
    expect(refusal(() => tenant.assignLicences('id-ben', { add: [intune], remove: [basic] }, 'eve'))).toBe(
      'LICENCES_SHORT',
    );
    expect(tenant.user('id-ben')).toBe(ben);
    expect(rows(bench)).toEqual([]);
    expect(session('phone')).toEqual([]);
    tenant.assignLicences('id-ada', { add: [], remove: [intune] }, 'eve');
    tenant.assignLicences('id-ben', { add: [intune], remove: [] }, 'eve');
    tenant.assignLicences('id-ben', { add: [intune], remove: [] }, 'eve'); // has it already
    expect(tenant.licences()).toEqual([
      { sku: intune, bought: 1, consumed: 1 },
      { sku: basic, consumed: 2 },
    ]);
  });

  test('C7: where more are in use than were bought, as after a replacement, some can be taken away', () => {
    const { tenant } = open();
    tenant.replace({ ...tenant.config(), licences: { SPB: 0 } }, 'admin');
    expect(refusal(() => tenant.assignLicences('id-ada', { add: [], remove: ['SPB'] }, 'admin'))).toBe('none');
  });

  test('what a user does not have directly cannot be removed', () => {
    const { tenant } = open(together(staff(group('staff', [], ['EMS']))));
    tenant.addMembers('g-staff', ['id-ada']);
    for (const remove of [[intune], ['EMS']]) {
      expect(refusal(() => tenant.assignLicences('id-ada', { add: [], remove }, 'eve'))).toBe('REQUEST_INVALID');
    }
    expect(refusal(() => tenant.assignLicences('id-ada', { add: [basic], remove: [basic] }, 'eve'))).toBe(
      'REQUEST_INVALID',
    );
    expect(refusal(() => tenant.assignLicences('nobody', { add: [basic], remove: [] }, 'eve'))).toBe('NOT_FOUND');
    expect(tenant.productsOf('id-ada')).toEqual([basic, 'EMS']);
  });

  test('the devices of a user who is removed move to office365; whoever comes back under this id has them move again', () => {
    const bench = open(together({ users: [user('ada', [intune]), user('ben', [basic])] }));
    const { tenant, enroll, session } = bench;
    enroll('phone');
    session('phone');
    tenant.removeUser('id-ada');
    expect(session('phone')).toEqual(['-new only', '+both', '+old only']);
    tenant.putUser(user('ada', [intune]));
    expect(rows(bench).map(({ way }) => way)).toEqual(['intune>office365', 'office365>intune']);
    expect(tenant.licences().map(({ consumed }) => consumed)).toEqual([1, 1]);
  });
});

describe('enrollment under coexistence', () => {
  test('C2, C10: of whoever has a licence of Intune joins intune, by a group too; of others with a licence office365', () => {
    const { tenant, enroll } = open(together(staff(group('staff', [], ['EMS']))));
    tenant.addMembers('g-staff', ['id-ben']);
    enroll('a', 'ada');
    enroll('b', 'ben');
    expect(['a', 'b'].map((device) => tenant.device(device)?.managedBy)).toEqual(['office365', 'intune']);
  });

  test('C8: of whoever has no licence at all is E02; a device that is there stays, and goes to office365', () => {
    const { tenant, enroll, session } = open(together({ users: [user('ada', [intune])] }));
    enroll('a');
    session('a');
    tenant.assignLicences('id-ada', { add: [], remove: [intune] }, 'eve');
    expect(session('a')).toEqual(['-new only', '+both', '+old only']);
    expect(refusal(() => tenant.admit({ platform: 'windows', user: 'ada@contoso.example' }))).toBe('E02');
  });

  test('a device whose enrollment is not complete when the licence comes joins the new authority, and no row counts it', () => {
    const bench = open(together());
    const { tenant, session } = bench;
    tenant.enroll({ platform: 'windows', deviceId: 'a', serial: 'S-a', userId: 'id-ada' });
    tenant.assignLicences('id-ada', { add: [intune], remove: [] }, 'eve');
    tenant.confirm('a');
    expect(session('a')).toEqual(['inventory', '+both', '+new only']);
    expect(rows(bench).map(({ counts }) => counts)).toEqual(['0 moved, 0 stayed, 0 waiting, 0 left']);
  });
});

describe('licences of a group', () => {
  test('C9: one row for all members; who had a licence stays, who is no member is not concerned', () => {
    const bench = open(together(staff(group('staff'))));
    const { tenant, enroll, session, notified } = bench;
    for (const name of ['cem', 'dee']) tenant.putUser(user(name, [basic]));
    for (const name of ['ada', 'ben', 'cem', 'dee']) enroll(`pc-${name}`, name);
    for (const name of ['ada', 'ben', 'cem', 'dee']) session(`pc-${name}`);
    tenant.addMembers('g-staff', ['id-ada', 'id-ben', 'id-cem']);
    tenant.assignLicences('id-ben', { add: [intune], remove: [] }, 'eve');
    session('pc-ben');
    notified();
    tenant.assignGroupLicences('g-staff', { add: [intune], remove: [] }, 'eve');
    expect(notified()).toEqual([]);
    expect(rows(bench)[1]?.counts).toBe('0 moved, 0 stayed, 3 waiting, 0 left');
    expect(session('pc-ada')).toEqual(['-old only', '+both', '+new only']);
    expect(session('pc-ben')).toEqual([]);
    expect(session('pc-dee')).toEqual([]);
    tenant.unenroll('pc-cem', 'left');
    expect(rows(bench)[1]?.counts).toBe('1 moved, 1 stayed, 0 waiting, 1 left');
    tenant.assignGroupLicences('g-staff', { add: [], remove: [intune] }, 'eve');
    expect(session('pc-ada')).toEqual(['-new only', '+both', '+old only']);
    expect(session('pc-ben')).toEqual([]);
  });

  test('C7: each member counts once, and over the number bought nobody is changed', () => {
    const bench = open(together({ licences: { [intune]: 2 }, ...staff(group('staff'), group('board')) }));
    const { tenant } = bench;
    tenant.putUser(user('cem', [basic]));
    tenant.addMembers('g-staff', ['id-ada', 'id-ben', 'id-cem']);
    tenant.addMembers('g-board', ['id-ada', 'id-ben']);
    const consumed = () => tenant.licences().find(({ sku }) => sku === intune)?.consumed;
    expect(refusal(() => tenant.assignGroupLicences('g-staff', { add: [intune], remove: [] }, 'eve'))).toBe(
      'LICENCES_SHORT',
    );
    expect(tenant.group('g-staff')?.products).toEqual([]);
    expect([consumed(), rows(bench)]).toEqual([0, []]);
    tenant.assignLicences('id-ada', { add: [intune], remove: [] }, 'eve');
    tenant.assignGroupLicences('g-board', { add: [intune], remove: [] }, 'eve');
    expect(consumed()).toBe(2);
    expect(refusal(() => tenant.addMembers('g-board', ['id-cem']))).toBe('LICENCES_SHORT');
    expect(tenant.memberOf('id-cem').map(({ displayName }) => displayName)).toEqual(['staff']);
    tenant.assignLicences('id-ada', { add: [], remove: [intune] }, 'eve');
    expect(consumed()).toBe(2);
    tenant.removeMember('g-board', 'id-ben');
    expect(consumed()).toBe(1);
    tenant.addMembers('g-board', ['id-cem']);
    tenant.assignGroupLicences('g-board', { add: ['EMS'], remove: [intune] }, 'eve');
    expect(consumed()).toBe(0);
  });

  test('whoever has a product by two groups counts once, and a group that has one of intune already makes no row', () => {
    const bench = open(together(staff(group('staff'), group('board'))));
    const { tenant } = bench;
    for (const id of ['g-staff', 'g-board']) {
      tenant.addMembers(id, ['id-ada']);
      tenant.assignGroupLicences(id, { add: [intune], remove: [] }, 'eve');
    }
    const consumed = () => tenant.licences().find(({ sku }) => sku === intune)?.consumed ?? 0;
    expect(consumed()).toBe(1);
    tenant.assignGroupLicences('g-staff', { add: [], remove: [intune] }, 'eve');
    expect(consumed()).toBe(1);
    const before = rows(bench).length;
    tenant.assignGroupLicences('g-board', { add: ['EMS'], remove: [] }, 'eve');
    tenant.assignGroupLicences('g-board', { add: [], remove: [intune] }, 'eve');
    expect([consumed(), rows(bench).length]).toEqual([0, before]);
  });

  test('several that come together are counted together: all of them or none', () => {
    const { tenant } = open(together({ licences: { [intune]: 1 }, ...staff(group('staff', [], [intune])) }));
    expect(refusal(() => tenant.addMembers('g-staff', ['id-ada', 'id-ben']))).toBe('LICENCES_SHORT');
    expect(tenant.groupMembers('g-staff').users).toEqual([]);
  });

  test('who enters a group with licences moves, who leaves it moves back; rows of before keep their counts', () => {
    const bench = open(together(staff(group('staff'), group('board'))));
    const { tenant, enroll, session } = bench;
    enroll('a', 'ada');
    enroll('b', 'ben');
    for (const device of ['a', 'b']) session(device);
    tenant.addMembers('g-staff', ['id-ada']);
    tenant.assignGroupLicences('g-staff', { add: [intune], remove: [] }, 'eve');
    tenant.removeMember('g-staff', 'id-ada'); // before its device has connected
    tenant.addMembers('g-staff', ['id-ben']); // after the licence: it is concerned by this, not by that
    expect(rows(bench).map(({ counts }) => counts)).toEqual([
      '0 moved, 0 stayed, 1 waiting, 0 left',
      '0 moved, 0 stayed, 1 waiting, 0 left',
      '0 moved, 0 stayed, 1 waiting, 0 left',
    ]);
    expect(session('a')).toEqual([]);
    expect(session('b')).toEqual(['-old only', '+both', '+new only']);
    expect(rows(bench).map(({ counts }) => counts)).toEqual([
      '0 moved, 1 stayed, 0 waiting, 0 left',
      '0 moved, 1 stayed, 0 waiting, 0 left',
      '1 moved, 0 stayed, 0 waiting, 0 left',
    ]);
    expect(session('a')).toEqual([]);
  });

  test('licences of a group do not reach the members of a group within it', () => {
    const bench = open(together(staff(group('all'), group('staff', ['all']))));
    const { tenant, enroll, session } = bench;
    enroll('a', 'ada');
    session('a');
    tenant.addMembers('g-staff', ['id-ada']);
    tenant.assignGroupLicences('g-all', { add: [intune], remove: [] }, 'eve');
    expect([tenant.productsOf('id-ada'), session('a'), rows(bench)]).toEqual([[basic], [], []]);
    expect(refusal(() => tenant.removeGroup('g-all'))).toBe('REQUEST_INVALID');
  });
});

describe('groups', () => {
  const assignedTo = (name: string, assignment: Assignment): AssignedProfile => ({
    ...assigned('office365', wifi(name)),
    assignment,
  });
  const toGroup = (...groups: readonly string[]): Assignment => ({ to: { users: [], groups }, except: [] });

  test('B2: what is assigned reaches members of members, but for those of an excluded group; a group that goes takes it along', () => {
    const { tenant, enroll, session } = open({
      profiles: [assignedTo('for all', { ...toGroup('g-all'), except: ['g-guests'] })],
      ...staff(group('all'), group('staff', ['all']), group('guests')),
    });
    enroll('a', 'ada');
    enroll('b', 'ben');
    for (const device of ['a', 'b']) expect(session(device)).toEqual(['inventory']);
    tenant.addMembers('g-staff', ['id-ada', 'id-ben']);
    expect([session('a'), session('b')]).toEqual([['+for all'], ['+for all']]);
    tenant.addMembers('g-guests', ['id-ben']);
    expect([session('a'), session('b')]).toEqual([[], ['-for all']]);
    tenant.removeMember('g-guests', 'id-ben');
    expect(session('b')).toEqual(['+for all']);
    tenant.removeMember('g-all', 'g-staff');
    expect(session('a')).toEqual(['-for all']);
    tenant.addMembers('g-all', ['g-staff']);
    expect(session('a')).toEqual(['+for all']);
    tenant.removeGroup('g-all');
    expect(session('a')).toEqual(['-for all']);
  });

  test('cannot lie in a circle, and nothing is changed then', () => {
    const { tenant } = open(staff(group('a'), group('b', ['a']), group('c', ['b'])));
    expect(refusal(() => tenant.addMembers('g-c', ['g-a']))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.addMembers('g-a', ['g-a']))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.addMembers('g-c', ['id-ada', 'g-a']))).toBe('REQUEST_INVALID');
    expect(tenant.memberOf('id-ada')).toEqual([]);
    expect(refusal(() => tenant.putGroup(group('a', ['c'])))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.putGroup(group('d', ['nobody'])))).toBe('REQUEST_INVALID');
    expect(tenant.groups()).toEqual([group('a'), group('b', ['a']), group('c', ['b'])]);
    tenant.addMembers('g-a', ['g-c']); // twice below, and no circle
    expect(
      tenant
        .memberOf('g-c', 'all')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['g-a', 'g-b']);
  });

  test('members are listed directly and at any depth, each once', () => {
    const { tenant } = open(staff(group('a'), group('b', ['a']), group('c', ['b'])));
    tenant.addMembers('g-a', ['id-ada']);
    tenant.addMembers('g-c', ['id-ada', 'ben@contoso.example']);
    const names = (all?: 'all') => {
      const { users, groups } = tenant.groupMembers('g-a', all);
      return [users.map(({ displayName }) => displayName), groups.map(({ displayName }) => displayName)];
    };
    expect(names()).toEqual([['ada'], ['b']]);
    expect(names('all')).toEqual([
      ['ada', 'ben'],
      ['b', 'c'],
    ]);
    expect(tenant.memberOf('id-ada').map(({ displayName }) => displayName)).toEqual(['a', 'c']);
    expect(refusal(() => tenant.addMembers('g-a', ['id-ada']))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.removeMember('g-a', 'id-ben'))).toBe('NOT_FOUND');
    expect(refusal(() => tenant.addMembers('g-a', ['id-ben', 'nobody']))).toBe('NOT_FOUND');
    expect(names()).toEqual([['ada'], ['b']]);
  });

  test('all of it is there after a restart: members, licences, who is waiting for which change', async () => {
    const folder = join(temporaryFolder(), 'data');
    const change = together({ licences: { [intune]: 5 }, ...staff(group('staff'), group('board', ['staff'])) });
    let bench = open(change, openJournal(folder, silentLog));
    bench.enroll('a', 'ada');
    bench.session('a');
    bench.tenant.addMembers('g-staff', ['id-ada', 'id-ben']);
    bench.tenant.assignGroupLicences('g-staff', { add: [intune], remove: [] }, 'eve');
    bench.tenant.removeMember('g-staff', 'id-ada');
    const seen = ({ tenant }: Bench) => [
      rows(bench),
      tenant.licences(),
      [...tenant.groups()].sort((one, other) => (one.id < other.id ? -1 : 1)),
      tenant.groupMembers('g-staff'),
      tenant.memberOf('id-ada'),
    ];
    const before = seen(bench);
    await bench.tenant.close();
    bench = open({}, openJournal(folder, silentLog), bench.clock);
    expect(seen(bench)).toEqual(before);
    expect(bench.session('a')).toEqual([]);
    expect(rows(bench).map(({ counts }) => counts)).toEqual([
      '0 moved, 1 stayed, 0 waiting, 0 left',
      '0 moved, 1 stayed, 0 waiting, 0 left',
    ]);
  });
});
