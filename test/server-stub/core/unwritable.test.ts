// While changes cannot be stored, whatever would change something is refused before it does.
import { describe, expect, it } from 'vitest';
import { toAll } from '../../../server-stub/core/assignment.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import type { Persistence } from '../../../server-stub/core/persistence.js';
import { assigned, open, refusal, user, wifi } from './support.js';

const team = { id: 'team', displayName: 'Team', groups: [], products: [] };
const other = { id: 'other', displayName: 'Other', groups: [], products: ['EMS'] };
const policy = {
  id: 'policy',
  authority: 'office365',
  name: 'Policy',
  pin: false,
  encryption: false,
  graceMs: 0,
  assignment: toAll,
} as const;
const licence = { add: ['EMS'], remove: [] };

function failing() {
  const saved: string[] = [];
  const told = { changes: 0 };
  let failure: string | undefined;
  const persistence: Persistence = {
    load: () => undefined,
    get changes() {
      return told.changes;
    },
    changed: () => void told.changes++,
    durable: async () => {},
    get failure() {
      return failure;
    },
    save: (table, key) => void saved.push(`${table} ${key}`),
    setAside: () => {},
    aside: [],
    close: async () => {},
  };
  const bench = open(
    { groups: [team, other], compliance: [policy], users: [user('ada'), { ...user('ben'), groups: ['team'] }] },
    persistence,
  );
  bench.enroll('d');
  bench.session('d');
  bench.enroll('kiosk', '');
  bench.tenant.putComanagement({ serial: 'S-of another', userId: 'id-ben', workloads: [] }, 'admin');
  return {
    ...bench,
    told,
    saved,
    fail: (reason: string | undefined) => {
      failure = reason;
    },
  };
}

const request = { platform: 'windows', deviceId: 'new', serial: 'S', userId: 'id-ada' } as const;
const changes: readonly (readonly [string, (tenant: Tenant) => unknown])[] = [
  ['a user added', (tenant) => tenant.putUser(user('cleo'))],
  ['a user removed', (tenant) => tenant.removeUser('id-ben')],
  ['a profile assigned', (tenant) => tenant.putProfile(assigned('intune', wifi('another')))],
  ['a profile taken away', (tenant) => tenant.removeProfile('office365/both')],
  ['a new authority', (tenant) => tenant.setAuthority('intune', 'admin')],
  ['a renewed push certificate', (tenant) => tenant.renewPushCertificate('admin')],
  ['a person who begins to enroll', (tenant) => tenant.admit({ platform: 'windows', user: 'ada@contoso.example' })],
  ['a device that enrolls', (tenant) => tenant.enroll(request)],
  ['a device that enrolls again', (tenant) => tenant.enroll({ ...request, deviceId: 'd' })],
  ['a device that leaves', (tenant) => tenant.unenroll('d', 'left')],
  ['a command', (tenant) => tenant.queue('d', { kind: 'lock' })],
  ['what a dialect remembers', (tenant) => tenant.setDialect('d', { pushToken: 'x' })],
  ['a tenant in its place', (tenant) => tenant.replace({ ...tenant.config(), displayName: 'x' }, 'admin')],
  ['a group', (tenant) => tenant.putGroup({ ...team, id: 'third', groups: ['team'] })],
  ['a group removed', (tenant) => tenant.removeGroup('team')],
  ['members added', (tenant) => tenant.addMembers('team', ['id-ada', 'other'])],
  ['a member removed', (tenant) => tenant.removeMember('team', 'id-ben')],
  ['licences of a user', (tenant) => tenant.assignLicences('id-ada', licence, 'admin')],
  ['licences of a group', (tenant) => tenant.assignGroupLicences('team', licence, 'admin')],
  ['co-management', (tenant) => tenant.putComanagement({ serial: 'S', userId: 'id-ada', workloads: [] }, 'admin')],
  [
    'co-management of a device',
    (tenant) => tenant.comanage('d', 'ada@contoso.example', ['deviceConfiguration'], 'admin'),
  ],
  ['co-management that ends', (tenant) => tenant.removeComanagement('S-of another', 'admin')],
  ['a compliance policy', (tenant) => tenant.putCompliancePolicy({ ...policy, id: 'second', name: 'Second' })],
  ['a compliance policy removed', (tenant) => tenant.removeCompliancePolicy('policy')],
  ['coexistence', (tenant) => tenant.enableCoexistence('admin')],
  ['a certificate of a device', (tenant) => tenant.setCertificate('d', 7)],
  ['a device that is asked to check in', (tenant) => tenant.sync('d')],
  ['facts', (tenant) => tenant.updateFacts('d', { model: 'other' })],
  ['an enrollment restriction', (tenant) => tenant.putRestriction({ ...limit, id: 'third', priority: 3 })],
  ['the priority of an enrollment restriction', (tenant) => tenant.setRestrictionPriority('second', 1)],
  ['an enrollment restriction removed', (tenant) => tenant.removeRestriction('first')],
  ['least versions', (tenant) => tenant.setEnrollmentSettings({ minimumOs: { ios: '16' } }, 'admin')],
  ['a corporate identifier', (tenant) => tenant.putCorporateDevice({ ...identifier, id: 'other', value: 'T' })],
  ['a corporate identifier removed', (tenant) => tenant.removeCorporateDevice('corporate')],
  ['a bulk token', (tenant) => tenant.putBulkToken({ ...token, id: 'other', name: 'office', token: 'U' })],
  ['a bulk token removed', (tenant) => tenant.removeBulkToken('token')],
  ['a device for Autopilot', (tenant) => tenant.putAutopilotDevice({ id: 'pc 2', serial: 'T', createdAt: 0 })],
  ['a device taken from Autopilot', (tenant) => tenant.removeAutopilotDevice('pc')],
  [
    'a profile of Autopilot',
    (tenant) => tenant.putAutopilotProfile({ ...deployment, id: 'other', displayName: 'Office' }),
  ],
  ['a profile of Autopilot removed', (tenant) => tenant.removeAutopilotProfile('deployment')],
  ['a consent', (tenant) => tenant.setConsent('applePush', false, 'admin')],
  ['exclusions of BMS', (tenant) => tenant.setBmsExclusions(['team'])],
];

const limit = { kind: 'limit', displayName: 'Limit', groups: ['team'], limit: 2 } as const;
const identifier = { id: 'corporate', type: 'serialNumber', value: 'S', createdAt: 0 } as const;
const token = { id: 'token', name: 'warehouse', expiresAt: 1, token: 'T' };
const deployment = { id: 'deployment', displayName: 'Kiosk', mode: 'selfDeploying' } as const;

/** One of each of what decides who may enroll. */
function admit(tenant: Tenant): void {
  tenant.putRestriction({ ...limit, id: 'first', priority: 1 });
  tenant.putRestriction({ ...limit, id: 'second', priority: 2 });
  tenant.putCorporateDevice(identifier);
  tenant.putBulkToken(token);
  tenant.putAutopilotProfile(deployment);
  tenant.putAutopilotDevice({ id: 'pc', serial: 'S', createdAt: 0 });
}

const look = (tenant: Tenant) => ({
  users: tenant.users(),
  groups: tenant.groups(),
  policies: tenant.compliancePolicies(),
  licences: tenant.licences(),
  comanagement: tenant.comanagement(),
  coexistence: tenant.coexistence,
  profiles: tenant.profiles(),
  authority: tenant.authority,
  changes: tenant.changes(),
  certificate: tenant.pushCertificate(),
  devices: tenant.devices(),
  commands: tenant.commands('d'),
  restrictions: tenant.restrictions(),
  least: tenant.settings.minimumOs,
  corporate: tenant.corporateDevices(),
  tokens: tenant.bulkTokens(),
  autopilot: tenant.autopilotDevices(),
  deployment: tenant.autopilotProfiles(),
  consent: tenant.consent('applePush'),
  bms: tenant.bms(),
});

describe('while the disk takes no changes', () => {
  it.each(changes)('%s is refused, and nothing is changed', (_, change) => {
    const { tenant, told, fail, notified } = failing();
    admit(tenant);
    notified();
    const [before, count] = [structuredClone(look(tenant)), told.changes];
    fail('ENOSPC');
    expect(refusal(() => change(tenant))).toBe('STORE_UNWRITABLE');
    expect([look(tenant), told.changes, notified()]).toEqual([before, count, []]);
    fail(undefined);
    expect(refusal(() => change(tenant))).toBe('none');
    expect(told.changes).toBeGreaterThan(count - Number(_ === 'a person who begins to enroll')); // the dialect stores that
  });

  it('a device without a user is not to be moved, until that can be stored', () => {
    const { tenant, fail } = failing();
    tenant.setAuthority('intune', 'admin');
    fail('ENOSPC');
    expect(refusal(() => tenant.moveUserless(['kiosk'], 'admin'))).toBe('STORE_UNWRITABLE');
    expect(tenant.changes()).toHaveLength(1);
    fail(undefined);
    expect(tenant.moveUserless(['kiosk'], 'admin')).toEqual([2]);
  });

  it('a device does not move, and does when that can be stored', () => {
    const { tenant, fail, session } = failing();
    tenant.setAuthority('intune', 'admin');
    fail('ENOSPC');
    expect(refusal(() => tenant.openSession('d'))).toBe('STORE_UNWRITABLE');
    expect(tenant.device('d')).toMatchObject({ managedBy: 'office365' });
    expect(tenant.changes()).toMatchObject([{ moved: 0, waiting: 1 }]);
    fail(undefined);
    session('d');
    expect(tenant.device('d')).toMatchObject({ managedBy: 'intune' });
    expect(tenant.changes()).toMatchObject([{ moved: 1, waiting: 0 }]);
  });

  it('a check-in with nothing to tell goes on, and waits for no disk', async () => {
    const { told, saved, fail, session, tenant } = failing();
    await Promise.resolve();
    session('d');
    const before = told.changes;
    saved.length = 0;
    fail('ENOSPC');
    expect(session('d')).toEqual([]);
    expect(told.changes).toBe(before);
    await Promise.resolve();
    expect(saved).toEqual(['device d']); // when it was seen is stored when there is time for it
    expect(tenant.device('d')?.lastSyncAt).toBeDefined();
  });

  it('a session that only takes back what waited is a change, and its answer waits', () => {
    const { tenant, told } = failing();
    tenant.enroll(request);
    tenant.confirm('new');
    tenant.openSession('new');
    tenant.removeProfile('office365/both');
    const before = told.changes;
    tenant.openSession('new');
    expect(
      tenant.commands('new').map(({ command }) => command.kind === 'install-profile' && command.profile.name),
    ).not.toContain('both');
    expect(told.changes).toBeGreaterThan(before);
    const after = told.changes;
    tenant.openSession('new');
    expect(told.changes).toBe(after);
  });

  it('a command is not sent, and an answer not taken, until that can be stored', () => {
    const { tenant, fail, session } = failing();
    const { id } = tenant.queue('d', { kind: 'lock' });
    tenant.openSession('d');
    fail('ENOSPC');
    expect(refusal(() => tenant.next('d'))).toBe('STORE_UNWRITABLE');
    expect(tenant.commands('d').find((each) => each.id === id)?.status).toBe('waiting');
    fail(undefined);
    expect(tenant.next('d')?.id).toBe(id);
    fail('ENOSPC');
    expect(refusal(() => tenant.report('d', id, { status: 'done' }))).toBe('STORE_UNWRITABLE');
    expect(tenant.report('d', 'of nobody', { status: 'done' })).toBe(false); // changes nothing
    fail(undefined);
    expect(tenant.report('d', id, { status: 'done' })).toBe(true);
    expect(session('d')).toEqual([]);
  });

  it('an enrollment that is complete already is confirmed again', () => {
    const { tenant, fail } = failing();
    fail('ENOSPC');
    expect(tenant.confirm('d').status).toBe('enrolled');
    fail(undefined);
    tenant.enroll(request);
    fail('ENOSPC');
    expect(refusal(() => tenant.confirm('new'))).toBe('STORE_UNWRITABLE');
    fail(undefined);
    expect(tenant.confirm('new').status).toBe('enrolled');
  });

  it('an enrollment that takes too long ends all the same', async () => {
    const { tenant, fail, clock } = failing();
    tenant.enroll(request);
    fail('ENOSPC');
    await clock.advance(tenant.settings.enrollmentMs);
    expect(tenant.device('new')).toBeUndefined();
  });
});
