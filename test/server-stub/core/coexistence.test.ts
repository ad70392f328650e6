// Intune is added to office365, and licences decide user by user (C1, C7, C9, C10); what support does for userless devices (A26).
import { describe, expect, test } from 'vitest';
import { assigned, dayMs, hourMs, open, refusal, user, wifi } from './support.js';

const profiles = [
  assigned('office365', wifi('both', 'old')),
  assigned('office365', wifi('old only')),
  assigned('intune', wifi('both', 'new')),
  assigned('intune', wifi('new only')),
];
const ann = user('ann', ['INTUNE_A']);
const ben = user('ben', ['O365_BUSINESS_ESSENTIALS']);

function coexisting() {
  const bench = open({ users: [{ ...ann, products: ['SPB'] }, ben], profiles });
  bench.enroll('ann 1', 'ann', 'ios');
  bench.enroll('ben 1', 'ben', 'android');
  bench.session('ann 1');
  bench.session('ben 1');
  bench.notified();
  return bench;
}

describe('coexistence', () => {
  test('C1, C9: every device is notified once, those of licensed users move and lose what office365 gave, the others change nothing', () => {
    const { tenant, session, held, notified } = coexisting();
    expect(tenant.enableCoexistence('admin')).toBe(1);
    expect([tenant.authority, tenant.coexistence]).toEqual(['intune', true]);
    expect(notified()).toEqual(['ann 1', 'ben 1']); // A24: the push certificate holds on
    expect(tenant.pushes().slice(-2)).toEqual([
      expect.objectContaining({ deviceId: 'ann 1', why: 'change', result: 'sent' }),
      expect.objectContaining({ deviceId: 'ben 1', why: 'change', result: 'sent' }),
    ]);
    expect(session('ann 1')).toEqual(['-old only', '+both', '+new only']);
    expect(held('ann 1')).toEqual(['both (intune)', 'new only (intune)']);
    expect(session('ben 1')).toEqual([]);
    expect(held('ben 1')).toEqual(['both (office365)', 'old only (office365)']);
    expect(tenant.change(1)).toMatchObject({
      cause: 'coexistence',
      from: 'office365',
      to: 'intune',
      toNotify: 2,
      notified: 2,
      moved: 1,
      stayed: 1,
      waiting: 0,
    });
    expect(tenant.coexistenceChange()).toMatchObject({ by: 'admin' });
  });

  test('C10: it has no end; a new device joins the authority of its user, and nobody else is touched in 30 days', async () => {
    const { tenant, clock, enroll, session, held } = coexisting();
    tenant.enableCoexistence('admin');
    session('ben 1');
    for (const to of ['office365', 'intune'] as const) {
      expect(refusal(() => tenant.setAuthority(to, 'admin'))).toBe('CONFLICT');
    }
    expect(refusal(() => tenant.setAuthority('sccm', 'admin'))).toBe('AUTHORITY_FORBIDDEN');
    expect(tenant.enableCoexistence('admin')).toBe(tenant.changes().length); // it is so already
    for (let hours = 0; hours < 30 * 24; hours += 8) {
      await clock.advance(8 * hourMs);
      expect(session('ben 1')).toEqual([]);
    }
    expect(held('ben 1')).toEqual(['both (office365)', 'old only (office365)']);
    enroll('ben 2', 'ben', 'ios');
    enroll('ann 2', 'ann', 'ios');
    expect([tenant.device('ben 2')?.managedBy, tenant.device('ann 2')?.managedBy]).toEqual(['office365', 'intune']);
    expect(tenant.changes()).toHaveLength(1);
  });

  test('what is assigned under one authority is told to the devices that it manages', () => {
    const { tenant, session, notified } = coexisting();
    tenant.enableCoexistence('admin');
    session('ann 1');
    session('ben 1');
    notified();
    tenant.putProfile(assigned('intune', wifi('third')));
    expect(notified()).toEqual(['ann 1']);
    tenant.putProfile(assigned('office365', wifi('fourth')));
    expect(notified()).toEqual(['ben 1']);
  });

  test('a device that stays away through it has no days of grace that end', async () => {
    const { tenant, clock } = coexisting();
    tenant.enableCoexistence('admin');
    await clock.advance(30 * dayMs);
    expect(tenant.resource('ann 1', 'wifi', 'old only').allowed).toBe(true);
  });

  test('C1, C7: only office365 has intune added, and only with a licence of Intune, bought or assigned', () => {
    for (const authority of ['unknown', 'intune', 'sccm'] as const) {
      const { tenant } = open({ authority });
      expect(refusal(() => tenant.enableCoexistence('admin'))).toBe('CONFLICT');
    }
    const poor = open({ users: [ben], licences: { INTUNE_A: 0, O365_BUSINESS_ESSENTIALS: 3 } });
    expect(() => poor.tenant.enableCoexistence('admin')).toThrow(/licence that includes Intune/);
    expect([poor.tenant.authority, poor.tenant.coexistence, poor.tenant.changes()]).toEqual(['office365', false, []]);
    expect(open({ users: [ben], licences: { INTUNE_A: 1 } }).tenant.enableCoexistence('admin')).toBe(1);
    expect(open({ users: [ben, ann], licences: {} }).tenant.enableCoexistence('admin')).toBe(1);
  });

  test('A24: a push certificate that is uploaded later is none that it waited for', () => {
    const { tenant } = coexisting();
    tenant.enableCoexistence('admin');
    tenant.renewPushCertificate('admin');
    expect(tenant.change(1)).not.toHaveProperty('certificate');
  });

  test('C5: what an administrator installed by a command of its own stays, and what goes is gone before anything comes', () => {
    const { tenant, session, held } = coexisting();
    tenant.queue('ann 1', { kind: 'install-profile', profile: wifi('by hand') });
    session('ann 1');
    tenant.putProfile(assigned('intune', wifi('third')));
    tenant.enableCoexistence('admin');
    expect(session('ann 1')).toEqual(['-old only', '+both', '+new only', '+third']);
    expect(held('ann 1')).toContain('by hand (office365, stale)');
  });

  test('C4, C5: who comes back before anything was removed has all of it, and nothing is about to go', () => {
    const { tenant, session } = coexisting();
    const held = () => tenant.device('ann 1')?.held;
    const before = held();
    tenant.enableCoexistence('admin');
    tenant.openSession('ann 1'); // it moves, and is told nothing yet
    expect(held()).not.toEqual(before);
    tenant.assignLicences('id-ann', { add: ['O365_BUSINESS_ESSENTIALS'], remove: ['SPB'] }, 'admin');
    expect(session('ann 1')).toEqual([]);
    expect(held()).toEqual(before);
  });

  test('A9, C5: of a device that stayed away from a switch before it, all that has ended goes before anything comes', async () => {
    const { tenant, clock, enroll, session } = open({
      authority: 'sccm',
      users: [{ ...ann, products: ['SPB'] }],
      profiles: [...profiles, assigned('sccm', wifi('both', 'older')), assigned('sccm', wifi('older only'))],
    });
    enroll('ann 1', 'ann');
    session('ann 1');
    tenant.setAuthority('office365', 'admin');
    await clock.advance(8 * dayMs);
    tenant.enableCoexistence('admin');
    expect(session('ann 1')).toEqual(['-both', '-older only', '+both', '+new only']);
  });

  test('A11: a certificate that waited to be renewed is not renewed by it', () => {
    const { tenant, enroll } = open({ authority: 'intune', profiles });
    enroll('phone', 'ada', 'ios');
    tenant.setAuthority('office365', 'admin');
    tenant.enableCoexistence('admin');
    expect(refusal(() => tenant.openSession('phone'))).toBe('CHECKIN_UNAVAILABLE');
    tenant.renewPushCertificate('admin');
    tenant.openSession('phone');
    expect(tenant.changes().map(({ notified, moved, stayed }) => [notified, moved, stayed])).toEqual([
      [1, 1, 0],
      [1, 0, 1],
    ]);
  });
});

describe('A10, A26: devices without a user', () => {
  function changed() {
    const bench = open({ profiles });
    bench.enroll('kiosk', '');
    bench.enroll('lobby', '');
    bench.enroll('laptop');
    bench.session('kiosk');
    bench.notified();
    bench.tenant.setAuthority('intune', 'admin');
    return { ...bench, id: (deviceId: string) => bench.tenant.device(deviceId)?.id ?? '' };
  }

  test('are notified of the change, stay, and move when support was asked for it', () => {
    const { tenant, session, held, notified, id } = changed();
    expect(notified()).toEqual(['kiosk', 'lobby', 'laptop']);
    expect(session('kiosk')).toEqual([]);
    tenant.queue('kiosk', { kind: 'lock' });
    expect(session('kiosk')).toEqual(['lock']);
    expect(tenant.userless().devices.map(({ deviceId }) => deviceId)).toEqual(['kiosk', 'lobby']);
    expect(tenant.userless().advice).toMatch(/contact support/);
    notified();
    expect(tenant.moveUserless([id('kiosk')], 'admin')).toEqual([2]);
    expect(notified()).toEqual(['kiosk']);
    expect(tenant.pushes().at(-1)).toMatchObject({ deviceId: 'kiosk', why: 'support' });
    expect(session('kiosk')).toEqual(['+both', '+new only']);
    expect(held('kiosk')).toEqual(['both (intune)', 'new only (intune)', 'old only (office365, stale)']);
    expect(tenant.userless().devices.map(({ deviceId }) => deviceId)).toEqual(['lobby']);
    expect(tenant.changes()).toMatchObject([
      { moved: 1, waiting: 1, userless: 1, userlessDevices: [id('lobby')] },
      { cause: 'support', from: 'office365', to: 'intune', toNotify: 1, notified: 1, moved: 1, waiting: 0, stale: 1 },
    ]);
  });

  test('that support has moved stay again with the authority that is left next', () => {
    const { tenant, session, id } = changed();
    tenant.moveUserless([id('kiosk')], 'admin');
    session('kiosk');
    tenant.setAuthority('office365', 'admin');
    expect(session('kiosk')).toEqual([]);
    expect(tenant.device('kiosk')?.managedBy).toBe('intune');
    expect(tenant.userless().devices.map(({ deviceId }) => deviceId)).toEqual(['kiosk']); // of lobby office365 goes on
  });

  test('are refused, and none of them is moved, where one is unknown, has a user, or moves already', () => {
    const { tenant, session, id } = changed();
    const move = (...ids: string[]) => refusal(() => tenant.moveUserless(ids, 'admin'));
    expect(move()).toBe('REQUEST_INVALID');
    expect(move(id('kiosk'), 'nobody')).toBe('NOT_FOUND');
    expect(move(id('kiosk'), id('laptop'))).toBe('REQUEST_INVALID');
    expect(tenant.changes()).toHaveLength(1);
    expect(session('kiosk')).toEqual([]);
    expect(move(id('kiosk'))).toBe('none');
    expect(move(id('kiosk'))).toBe('REQUEST_INVALID');
    session('kiosk');
    expect(move(id('kiosk'))).toBe('REQUEST_INVALID');
  });
});

test('A16: what an earlier change left behind is not counted as stale of coexistence, by which the device did not move', () => {
  const { tenant, session } = coexisting();
  for (const to of ['intune', 'office365'] as const) {
    tenant.setAuthority(to, 'admin');
    tenant.renewPushCertificate('admin');
    session('ben 1');
  }
  tenant.enableCoexistence('admin');
  session('ben 1');
  expect(tenant.change(3)).toMatchObject({ cause: 'coexistence', moved: 0, stayed: 1, stale: 0 });
  expect(tenant.change(2)).toMatchObject({ moved: 1, stale: 1 });
});

describe('a device of a licensed user that missed the way back to office365', () => {
  test('C5: loses at coexistence what office365 had left behind on it, though intune managed it before and after', () => {
    const { tenant, session, held } = coexisting();
    tenant.setAuthority('intune', 'admin');
    tenant.renewPushCertificate('admin');
    session('ann 1');
    session('ben 1');
    expect(held('ann 1')).toContain('old only (office365, stale)'); // A8
    tenant.setAuthority('office365', 'admin');
    tenant.renewPushCertificate('admin');
    const [told] = tenant.dryRun({ coexistence: true }).users;
    expect(told).toMatchObject({
      from: 'office365',
      to: 'intune',
      devices: [{ removed: ['old only'], leftBehind: [] }],
    });
    tenant.enableCoexistence('admin');
    expect(session('ann 1')).toEqual(['-old only']);
    expect(held('ann 1')).toEqual(['both (intune)', 'new only (intune)']);
    expect(tenant.changes().map(({ stale }) => stale)).toEqual([1, 0, 0]); // ben's, which has not come yet
    session('ben 1');
    expect(held('ben 1')).toEqual(['both (office365)', 'new only (intune, stale)', 'old only (office365)']);
  });
});
