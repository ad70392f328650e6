// The service of Basic Mobility and Security: its activation (B1, B8), and the exclusion list (B10).
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { disk } from './disk.js';
import { assigned, type Bench, dayMs, hourMs, open, refusal, user, wifi } from './support.js';

const unset = { authority: 'unknown', profiles: [] } as const;
const policy = assigned('office365', wifi('w'));
const compliance = {
  id: 'pin',
  authority: 'office365',
  name: 'PIN',
  pin: true,
  encryption: false,
  graceMs: 0,
  assignment: { to: 'all', except: [] },
} as const;
const enroll = ({ tenant }: Bench, authority = 'office365') =>
  refusal(() =>
    tenant.enroll({ platform: 'windows', deviceId: 'd', serial: 'S', userId: authority === 'none' ? '' : 'id-ada' }),
  );
const made = ({ tenant }: Bench) => [
  refusal(() => tenant.putProfile(policy)),
  refusal(() => tenant.putCompliancePolicy(compliance)),
];
/** What was told of it, in order. */
const told = ({ tenant }: Bench) =>
  tenant.eventsAfter(0, 100).events.flatMap((event) => (event.type === 'bms' ? [event['state']] : []));

/** The next process, on the disk as the one before left it without a word. */
async function killed(before: Bench, store: ReturnType<typeof disk>, at = before.clock.now(), hold?: () => undefined) {
  await new Promise(setImmediate);
  const left = store.asNow();
  const bench = open({ ...unset, authority: 'intune' }, left.persistence(), manualClock(at), undefined, hold);
  return { bench, store: left };
}

describe('the activation of Basic Mobility and Security', () => {
  test.each([
    ['by itself', ({ tenant }: Bench) => tenant.activateBms('admin')],
    ['by the authority', ({ tenant }: Bench) => tenant.setAuthority('office365', 'admin')],
  ])('%s: office365 at once, ready an hour later; until then E04 and no policy (B1, B8)', async (_, activate) => {
    const bench = open(unset);
    const { tenant, clock } = bench;
    expect([tenant.bms().status, enroll(bench), made(bench)]).toEqual(['none', 'E04', ['CONFLICT', 'CONFLICT']]);
    expect(refusal(() => tenant.putProfile(assigned('intune', wifi('i'))))).toBe('none');
    activate(bench);
    const now = clock.now();
    expect([tenant.authority, tenant.bms()]).toEqual([
      'office365',
      { status: 'provisioning', since: now, activatedAt: now, exclusions: [] },
    ]);
    expect(tenant.changes()).toMatchObject([{ from: 'unknown', to: 'office365', by: 'admin' }]);
    expect([enroll(bench), made(bench)]).toEqual(['E04', ['CONFLICT', 'CONFLICT']]);
    expect(() => tenant.putProfile(policy)).toThrow(/state is provisioning/);
    tenant.activateBms('admin'); // nothing
    expect(tenant.changes()).toHaveLength(1);
    await clock.advance(hourMs - 1);
    expect(tenant.bms().status).toBe('provisioning');
    await clock.advance(1);
    expect([tenant.bms().status, tenant.bms().since - now]).toEqual(['ready', hourMs]);
    expect([enroll(bench), made(bench)]).toEqual(['none', ['none', 'none']]);
    expect(told(bench)).toEqual(['provisioning', 'ready']);
  });

  test('held back it is stuck after a day, and may become ready all the same: when it is let go, or by its time', async () => {
    let hold: { until: number } | undefined = { until: Number.POSITIVE_INFINITY };
    const bench = open(unset, undefined, undefined, undefined, () => hold);
    const { tenant, clock } = bench;
    tenant.activateBms('admin');
    await clock.advance(dayMs - 1);
    expect(tenant.bms().status).toBe('provisioning');
    await clock.advance(1);
    expect(tenant.bms().status).toBe('stuck');
    expect(() => tenant.putProfile(policy)).toThrow(/state is stuck\. Contact support/);
    expect(enroll(bench)).toBe('E04');
    hold = { until: clock.now() + hourMs };
    tenant.bmsHoldChanged();
    await clock.advance(hourMs - 1);
    expect(tenant.bms().status).toBe('stuck');
    hold = undefined;
    await clock.advance(1);
    expect(tenant.bms().status).toBe('ready');
    expect(told(bench)).toEqual(['provisioning', 'stuck', 'ready']);

    const other = open(unset, undefined, undefined, undefined, () => hold);
    hold = { until: Number.POSITIVE_INFINITY };
    other.tenant.activateBms('admin');
    await other.clock.advance(2 * hourMs);
    hold = undefined;
    other.tenant.bmsHoldChanged();
    expect(other.tenant.bms().status).toBe('ready');
  });

  test('that is let go while nothing can be stored becomes ready as soon as it can', async () => {
    let [hold, failure]: [{ until: number } | undefined, string | undefined] = [{ until: Infinity }, undefined];
    const persistence = Object.defineProperty(disk().persistence(), 'failure', { get: () => failure });
    const { tenant, clock } = open(unset, persistence, undefined, undefined, () => hold);
    tenant.activateBms('admin');
    await clock.advance(2 * hourMs);
    [hold, failure] = [undefined, 'the disk is full'];
    tenant.bmsHoldChanged();
    expect(tenant.bms().status).toBe('provisioning');
    failure = undefined;
    await clock.advance(hourMs);
    expect(tenant.bms().status).toBe('ready');
  });

  test('is only the first of a tenant without an authority: a file and a switch from intune are ready at once', async () => {
    expect(open({ authority: 'office365' }).tenant.bms().status).toBe('ready');
    const both = open({ authority: 'intune', coexistence: true, licences: { INTUNE_A: 1 } });
    expect(both.tenant.bms().status).toBe('ready');
    const bench = open({ authority: 'intune' });
    const { tenant } = bench;
    expect(tenant.bms().status).toBe('none');
    expect(refusal(() => tenant.activateBms('admin'))).toBe('CONFLICT');
    expect(made(bench)).toEqual(['none', 'none']); // before the switch
    tenant.setAuthority('office365', 'admin');
    expect([tenant.bms().status, enroll(bench)]).toEqual(['ready', 'none']);
    expect(refusal(() => tenant.deactivateBms())).toBe('CONFLICT');
    expect([tenant.authority, tenant.bms().status]).toEqual(['office365', 'ready']);
  });

  test('goes on while intune manages, whose devices enroll', async () => {
    const bench = open(unset);
    bench.tenant.activateBms('admin');
    bench.tenant.setAuthority('intune', 'admin');
    expect(enroll(bench)).toBe('none');
    await bench.clock.advance(hourMs);
    expect(bench.tenant.bms().status).toBe('ready');
  });

  test('under coexistence keeps those out whom it manages until it is ready, and nobody whom intune manages', async () => {
    const users = [user('ada'), user('ben', ['O365_BUSINESS_ESSENTIALS'])];
    const { tenant, clock } = open({ ...unset, users, licences: { INTUNE_A: 1 } });
    tenant.activateBms('admin');
    tenant.enableCoexistence('admin');
    expect(tenant.activateBms('admin').status).toBe('provisioning'); // it is there already
    const enrollOf = (name: string) =>
      refusal(() => tenant.enroll({ platform: 'windows', deviceId: name, serial: name, userId: `id-${name}` }));
    expect([enrollOf('ada'), enrollOf('ben')]).toEqual(['none', 'E04']);
    await clock.advance(hourMs);
    expect(enrollOf('ben')).toBe('none');
  });

  test('survives processes that are killed, and what falls due meanwhile is done by the next one', async () => {
    const first = disk();
    const before = open(unset, first.persistence());
    before.tenant.activateBms('admin');
    const start = before.clock.now();
    const { bench, store } = await killed(before, first);
    expect([bench.tenant.authority, bench.tenant.bms()]).toMatchObject([
      'office365',
      { status: 'provisioning', activatedAt: start },
    ]);
    await bench.clock.advance(hourMs - 1);
    expect(bench.tenant.bms().status).toBe('provisioning');
    bench.tenant.setConsent('applePush', false, 'ada');
    const late = await killed(bench, store, start + 3 * dayMs);
    expect(late.bench.tenant.consent('applePush')).toEqual({ given: false, by: 'ada', at: bench.clock.now() });
    await late.bench.clock.advance(0);
    expect(late.bench.tenant.bms()).toMatchObject({ status: 'ready', since: start + 3 * dayMs });
    const last = await killed(late.bench, late.store, start + 9 * dayMs);
    await last.bench.clock.advance(0);
    expect(last.bench.tenant.bms()).toMatchObject({ status: 'ready', since: start + 3 * dayMs }); // it was stored
  });

  test('waits its own time: the settings say how long, and when it is stuck', async () => {
    const settings = { ...defaultSettings, bmsProvisioningMs: 2 * hourMs, bmsProvisioningLimitMs: hourMs };
    const { tenant, clock } = open({ ...unset, settings });
    tenant.activateBms('admin');
    await clock.advance(hourMs);
    expect(tenant.bms().status).toBe('stuck');
    await clock.advance(hourMs);
    expect(tenant.bms().status).toBe('ready');
  });
});

describe('the exclusion list of Basic Mobility and Security', () => {
  const groups = ['Staff', 'Board', 'Inner'].map((name) => ({
    id: name,
    displayName: name,
    groups: name === 'Inner' ? ['Board'] : [],
    products: [],
  }));
  const member = (name: string, ...of: string[]) => ({ ...user(name), groups: of });
  const toStaff = { to: { users: [], groups: ['Staff'] }, except: [] };
  const people = {
    groups,
    users: [member('ada', 'Staff', 'Inner'), member('ben', 'Staff')],
    profiles: [assigned('office365', wifi('old')), { ...assigned('office365', wifi('staff')), assignment: toStaff }],
    compliance: [compliance],
  };

  test('takes its members, those of groups within, out of every profile and compliance policy at the next check-in', () => {
    const { tenant, enroll: enrolled, session, held, notified } = open(people);
    for (const name of ['ada', 'ben']) {
      enrolled(name, name);
      session(name, (command) =>
        command.kind === 'inventory' ? { status: 'done', data: { hasPasscode: false } } : { status: 'done' },
      );
    }
    const state = (id: string) => tenant.complianceOf(id).state;
    expect([held('ada').length, state('ada'), state('ben')]).toEqual([2, 'noncompliant', 'noncompliant']);
    notified();
    tenant.setBmsExclusions(['Board', 'Board']);
    expect([tenant.bms().exclusions, notified()]).toEqual([['Board'], ['ada']]);
    expect([state('ada'), state('ben')]).not.toContain('compliant');
    expect(state('ada')).not.toBe('noncompliant');
    expect(
      session('ada')
        .filter((each) => each !== 'inventory')
        .sort(),
    ).toEqual(['-old', '-staff']);
    expect([held('ada'), tenant.device('ada')?.status]).toEqual([[], 'enrolled']);
    expect(session('ben').filter((each) => each !== 'inventory')).toEqual([]);
    tenant.setBmsExclusions(['Board']);
    expect(notified()).toEqual([]);
    tenant.setBmsExclusions([]);
    expect(notified()).toEqual(['ada']);
    expect(
      session('ada')
        .filter((each) => each !== 'inventory')
        .sort(),
    ).toEqual(['+old', '+staff']);
    expect(state('ada')).toBe('noncompliant');
  });

  test('concerns no profile of intune, and the dry run of a switch knows it', () => {
    const profiles = [assigned('office365', wifi('old')), assigned('intune', wifi('new'))];
    const { tenant, enroll: enrolled, session, held } = open({ ...people, profiles, authority: 'intune' });
    enrolled('ada', 'ada');
    session('ada');
    expect(held('ada')).toEqual(['new (intune)']);
    const fate = () => tenant.dryRun({ authority: 'office365' }).users[0]?.devices[0];
    tenant.setBmsExclusions(['Board']);
    expect(held('ada')).toEqual(['new (intune)']);
    expect(fate()).toMatchObject({ leftBehind: ['new'] });
    expect(session('ada').filter((each) => each !== 'inventory')).toEqual([]);
  });

  test('names groups that are there, survives a process that is killed, and forgets a group that is removed', async () => {
    const first = disk();
    const before = open(people, first.persistence());
    expect(refusal(() => before.tenant.setBmsExclusions(['Board', 'nobody']))).toBe('REQUEST_INVALID');
    before.tenant.setBmsExclusions(['Inner']);
    for (const _ of ['first', 'again']) before.tenant.setBmsExclusions(['Board']);
    expect(told(before)).toHaveLength(2);
    const { bench } = await killed(before, first);
    expect(bench.tenant.bms()).toMatchObject({ status: 'ready', exclusions: ['Board'] });
    bench.enroll('ada', 'ada');
    expect(bench.session('ada').filter((each) => each !== 'inventory')).toEqual([]);
    bench.tenant.removeGroup('Board');
    expect(bench.tenant.bms().exclusions).toEqual([]);
    expect(
      bench
        .session('ada')
        .filter((each) => each !== 'inventory')
        .sort(),
    ).toEqual(['+old', '+staff']);
  });

  test('is of a thousand groups at most', () => {
    const ids = Array.from({ length: 1001 }, (_, index) => `group ${index}`);
    const groups = ids.map((id) => ({ id, displayName: id, groups: [], products: [] }));
    const { tenant } = open({ groups });
    expect(refusal(() => tenant.setBmsExclusions(ids))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.setBmsExclusions([...ids.slice(1), 'group 1']))).toBe('none');
  });

  test('is part of the whole tenant, and those who come or go are asked to check in', () => {
    const { tenant, enroll: enrolled, session, notified } = open(people);
    enrolled('ada', 'ada');
    session('ada');
    notified();
    expect(tenant.replace({ ...tenant.config(), bmsExclusions: ['Inner'] }, 'admin')).toEqual(['bms']);
    expect([notified(), tenant.config().bmsExclusions]).toEqual([['ada'], ['Inner']]);
  });
});

test('B8: the whole tenant is replaced with no policies of office365 while they cannot be made', async () => {
  const { tenant, clock } = open(unset);
  tenant.activateBms('admin');
  const config = () => ({ ...tenant.config(), profiles: [policy] });
  expect(() => tenant.replace(config(), 'admin')).toThrow(
    /profiles: those of office365 cannot be made \(B8\): .*provisioning/,
  );
  await clock.advance(hourMs);
  expect(tenant.replace(config(), 'admin')).toEqual(['profiles']);

  const { tenant: other } = open(unset);
  const file = { ...other.config(), authority: 'office365', profiles: [policy] } as const;
  expect(other.replace(file, 'admin')).toEqual(['authority', 'profiles']);
  expect(other.bms()).toMatchObject({ status: 'ready' }); // as a file is at the start
});
