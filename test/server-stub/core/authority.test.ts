import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { assigned, config, dayMs, hourMs, open, refusal, wifi } from './support.js';

describe('setting the authority', () => {
  test('A1: while no authority is set, nobody enrolls on any platform', () => {
    const { tenant } = open({ authority: 'unknown' });
    for (const platform of ['ios', 'windows', 'android'] as const) {
      expect(refusal(() => tenant.admit({ platform, user: 'ada@contoso.example' }))).toBe('E04');
      expect(refusal(() => tenant.enroll({ platform, deviceId: 'd', serial: 's', userId: 'id-ada' }))).toBe('E04');
    }
    expect(tenant.devices()).toEqual([]);
    expect(tenant.failures().map(({ code, failureCategory }) => [code, failureCategory])).toEqual(
      Array.from({ length: 6 }, () => ['E04', 'accountValidation']),
    );
  });

  test('A3: going back to unknown is refused and changes nothing', () => {
    const { tenant, enroll, notified } = open();
    enroll('d');
    notified();
    expect(refusal(() => tenant.setAuthority('unknown', 'admin'))).toBe('AUTHORITY_FORBIDDEN');
    expect(tenant.authority).toBe('office365');
    expect(tenant.changes()).toEqual([]);
    expect(notified()).toEqual([]);
  });

  test('A3: intune and office365 can follow each other and what was before; to itself nothing changes', () => {
    for (const before of ['unknown', 'sccm'] as const) {
      const { tenant } = open({ authority: before });
      for (const [index, to] of (['intune', 'office365', 'intune'] as const).entries()) {
        expect(tenant.setAuthority(to, 'admin')).toBe(index + 1);
        expect(tenant.change(index + 1)?.to).toBe(to);
        expect(tenant.authority).toBe(to);
        expect(tenant.setAuthority(to, 'admin')).toBe(index + 1);
      }
      expect(tenant.changes()).toHaveLength(3);
    }
  });

  test('A18: sccm can be left and is never a target: that is refused with the reason, and changes nothing', () => {
    for (const authority of ['intune', 'sccm', 'unknown', 'office365'] as const) {
      const { tenant, notified } = open({ authority });
      expect(() => tenant.setAuthority('sccm', 'admin')).toThrow(/legacy hybrid/);
      expect(refusal(() => tenant.setAuthority('sccm', 'admin'))).toBe('AUTHORITY_FORBIDDEN');
      expect([tenant.authority, tenant.changes(), notified(), tenant.pushes()]).toEqual([authority, [], [], []]);
    }
  });

  test('A5: on a change every enrolled device is notified, Apple ones once a push certificate is there, none that is still enrolling', () => {
    const { tenant, enroll, notified } = open();
    enroll('phone', 'ada', 'ios');
    enroll('laptop', 'ben', 'windows');
    enroll('kiosk', '', 'android');
    tenant.enroll({ platform: 'ios', deviceId: 'half', serial: 's', userId: 'id-ada' });
    notified();
    const n = tenant.setAuthority('intune', 'admin');
    expect(tenant.change(n)).toMatchObject({ toNotify: 3, notified: 2 });
    expect(notified()).toEqual(['laptop', 'kiosk']); // A11: nothing can be sent to the phone yet
    tenant.renewPushCertificate('admin');
    expect(notified()).toEqual(['phone']);
    expect(tenant.changes().at(-1)?.notified).toBe(3);
    tenant.renewPushCertificate('admin');
    expect(tenant.changes().at(-1)?.notified).toBe(3);
  });

  test('A5: a listener that throws keeps no other device from being notified', () => {
    const { tenant, enroll, notified } = open();
    tenant.onNotify(() => {
      throw new Error('push is down');
    });
    enroll('a');
    enroll('b');
    notified();
    tenant.setAuthority('intune', 'admin');
    expect(notified()).toEqual(['a', 'b']);
  });

  test('A6: the next session moves the device and brings the new settings in that same session', () => {
    const { tenant, enroll, session, held } = open();
    enroll('d');
    session('d');
    tenant.setAuthority('intune', 'admin');
    expect(tenant.device('d')?.managedBy).toBe('office365');
    session('d');
    expect(tenant.device('d')?.managedBy).toBe('intune');
    expect(held('d')).toContain('new only (intune)');
  });

  test('A7: a device that missed the notification is notified again 8 hours after it was last seen', async () => {
    const { tenant, clock, enroll, session, notified } = open();
    enroll('d');
    await clock.advance(hourMs);
    session('d');
    tenant.setAuthority('intune', 'admin');
    notified();
    await clock.advance(8 * hourMs - 1);
    expect(notified()).toEqual([]);
    await clock.advance(1);
    expect(notified()).toEqual(['d']);
    await clock.advance(16 * hourMs);
    expect(notified()).toEqual(['d', 'd']);
    expect(tenant.changes()[0]).toMatchObject({ waiting: 1, stuck: 1 });
  });

  test('A7: however many devices there are, one clock timer waits for the one that is due first', async () => {
    const { clock, enroll, session, notified } = open({ settings: { ...settings, deviceLimitPerUser: 1000 } });
    for (let index = 0; index < 200; index++) enroll(`d${index}`);
    expect(clock.pending).toBe(1);
    await clock.advance(4 * hourMs);
    for (let index = 0; index < 100; index++) session(`d${index}`);
    expect(clock.pending).toBe(1);
    notified();
    await clock.advance(4 * hourMs);
    expect(notified()).toHaveLength(100);
    await clock.advance(4 * hourMs);
    expect(notified()).toHaveLength(100);
    expect(clock.pending).toBe(1);
  });

  test('A8: a setting of the same name is overwritten, one of another name is left behind and reported stale', () => {
    const { tenant, enroll, session, held } = open();
    enroll('d');
    expect(session('d')).toEqual(['inventory', '+both', '+old only']);
    tenant.setAuthority('intune', 'admin');
    expect(session('d')).toEqual(['+both', '+new only']);
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)', 'old only (office365, stale)']);
    expect(tenant.changes()[0]).toMatchObject({ moved: 1, waiting: 0, stale: 1 });
    expect(tenant.resource('d', 'wifi', 'old only').allowed).toBe(true);
    expect(session('d')).toEqual([]);
  });

  test('A8: what is about to be overwritten is not stale, and what is the same under both becomes the new authority’s', () => {
    const same = (['office365', 'intune'] as const).map((authority) => assigned(authority, wifi('same')));
    const { tenant, enroll, session, held } = open({ profiles: [...config().profiles, ...same] });
    enroll('d');
    session('d');
    tenant.setAuthority('intune', 'admin');
    tenant.openSession('d'); // and nothing is answered
    expect(held('d')).toEqual(['both (office365)', 'old only (office365, stale)', 'same (office365)']);
    expect(session('d')).toEqual(['+both', '+new only', '+same']);
    expect(held('d')).toContain('same (intune)');
  });

  test('A8: a setting whose replacement the device refuses counts as left behind', () => {
    const { tenant, enroll, session, held } = open();
    enroll('d');
    session('d');
    tenant.setAuthority('intune', 'admin');
    session('d', (command) =>
      command.kind === 'install-profile' ? { status: 'failed', reason: 'no' } : { status: 'done' },
    );
    expect(held('d')).toEqual(['both (office365, stale)', 'old only (office365, stale)']);
  });

  test('A8: back under the old authority its settings are no longer stale, and are not sent twice', () => {
    const { tenant, enroll, session, held } = open();
    enroll('d');
    session('d');
    tenant.setAuthority('intune', 'admin');
    session('d');
    tenant.setAuthority('office365', 'admin');
    expect(session('d')).toEqual(['+both']);
    expect(held('d')).toEqual(['both (office365)', 'new only (intune, stale)', 'old only (office365)']);
  });

  test('A10: a device without a user stays with the old authority, keeps its settings, and is listed', async () => {
    const { tenant, clock, enroll, session, held } = open();
    enroll('kiosk', '', 'windows');
    session('kiosk');
    const change = tenant.change(tenant.setAuthority('intune', 'admin'));
    expect(change).toMatchObject({ userless: 1, userlessDevices: [tenant.device('kiosk')?.id], waiting: 0 });
    expect(change?.advice).toMatch(/contact support/);
    expect(session('kiosk')).toEqual([]);
    expect(tenant.device('kiosk')?.managedBy).toBe('office365');
    await clock.advance(30 * dayMs);
    expect(tenant.resource('kiosk', 'wifi', 'both').allowed).toBe(true);
    expect(held('kiosk')).toEqual(['both (office365)', 'old only (office365)']);
  });

  test('A12: a check-in that the user starts by hand moves the device at once, unasked', () => {
    const { tenant, enroll, session } = open();
    enroll('d');
    tenant.setAuthority('intune', 'admin');
    session('d');
    expect(tenant.device('d')?.managedBy).toBe('intune');
    expect(tenant.changes()[0]).toMatchObject({ moved: 1, waiting: 0 });
  });

  test('A13: a newly enrolled device, a lock, and a stuck device enrolled again all show the new authority', () => {
    const { tenant, enroll, session } = open();
    enroll('stuck');
    tenant.setAuthority('intune', 'admin');
    tenant.renewPushCertificate('admin');
    enroll('new', 'ben');
    expect(tenant.device('new')?.managedBy).toBe('intune');
    const lock = tenant.queue('new', { kind: 'lock' });
    session('new');
    expect(tenant.commands('new').find(({ id }) => id === lock.id)?.status).toBe('done');
    tenant.unenroll('stuck', 'left');
    enroll('stuck');
    expect(tenant.device('stuck')?.managedBy).toBe('intune');
  });

  test('A16: the history says who, when, from, to, and how many moved, wait or are stuck', async () => {
    const { tenant, clock, enroll, session } = open();
    enroll('quick');
    enroll('slow');
    const at = clock.now();
    tenant.setAuthority('intune', 'ada');
    session('quick');
    await clock.advance(9 * hourMs);
    expect(tenant.changes()).toEqual([
      expect.objectContaining({
        at,
        by: 'ada',
        from: 'office365',
        to: 'intune',
        notified: 2,
        moved: 1,
        waiting: 1,
        stuck: 1,
      }),
    ]);
    tenant.setAuthority('office365', 'ben');
    session('slow');
    expect(tenant.changes().map(({ moved, waiting }) => [moved, waiting])).toEqual([
      [2, 0],
      [1, 1],
    ]);
  });
});

describe('A9: a device that stays away while the authority changes', () => {
  const away = async (ms: number) => {
    const bench = open();
    bench.enroll('d');
    bench.session('d');
    bench.tenant.setAuthority('intune', 'admin');
    await bench.clock.advance(ms);
    return bench;
  };

  test('keeps using its profiles 6 days and 23 hours later', async () => {
    const { tenant, session } = await away(6 * dayMs + 23 * hourMs);
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(true);
    expect(session('d')).toEqual(['+both', '+new only']);
  });

  test('is refused 7 days and 1 hour later, and its old profiles go before the new ones come', async () => {
    const { tenant, session, held } = await away(7 * dayMs + hourMs);
    const decision = tenant.resource('d', 'wifi', 'both');
    expect(decision).toEqual({ allowed: false, reason: expect.stringContaining('office365') });
    expect(session('d')).toEqual(['-both', '-old only', '+both', '+new only']);
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)']);
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(true);
  });

  test('is still refused when it connected but could not remove the old profiles yet', async () => {
    const { tenant, session, held } = await away(8 * dayMs);
    session('d', () => ({ status: 'later', reason: 'locked' }));
    expect(tenant.resource('d', 'wifi', 'old only').allowed).toBe(false);
    expect(session('d')).toEqual(['-both', '-old only', '+both', '+new only']);
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)']);
  });

  test('loses nothing new when the removal was put off and the replacement came first', async () => {
    const { tenant, session, held } = await away(8 * dayMs);
    session('d', (command) =>
      command.kind === 'remove-profile' ? { status: 'later', reason: 'busy' } : { status: 'done' },
    );
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(true);
    expect(session('d')).toEqual(['-old only']);
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)']);
  });

  test('may have dropped them by its own clock: a failed removal then leaves none on record', async () => {
    const { session, held } = await away(8 * dayMs);
    session('d', (command) =>
      command.kind === 'remove-profile' ? { status: 'failed', reason: 'not installed' } : { status: 'done' },
    );
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)']);
  });

  test('counts the days of grace from the change that it missed, not from one before', async () => {
    const { tenant, clock, session } = await away(hourMs);
    session('d');
    await clock.advance(10 * dayMs);
    tenant.setAuthority('office365', 'admin');
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(true);
    await clock.advance(7 * dayMs - 1);
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(true);
    await clock.advance(1);
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(false);
  });
});

describe('A11: the push certificate', () => {
  test('from the change until it is renewed no iOS device enrolls or checks in; the others go on', () => {
    const { tenant, enroll, session, held, notified } = open();
    enroll('phone', 'ada', 'ios');
    enroll('laptop', 'ben', 'windows');
    session('phone');
    session('laptop');
    tenant.setAuthority('intune', 'admin');

    expect(refusal(() => tenant.admit({ platform: 'ios', user: 'ada@contoso.example' }))).toBe('E18');
    expect(refusal(() => enroll('phone2', 'ada', 'ios'))).toBe('E18');
    expect(refusal(() => tenant.openSession('phone'))).toBe('CHECKIN_UNAVAILABLE');
    expect(tenant.device('phone')?.managedBy).toBe('office365');
    expect(session('laptop')).toEqual(['+both', '+new only']);
    enroll('tablet', 'ada', 'android');

    notified();
    tenant.renewPushCertificate('admin');
    expect(notified()).toEqual(['phone']);
    expect(session('phone')).toEqual(['+both', '+new only']);
    expect(held('phone')).toContain('both (intune)');
    enroll('phone2', 'ada', 'ios');
  });

  test('a session that the change overtook is told no more, but what it has done is taken', () => {
    const { tenant, enroll } = open();
    enroll('phone', 'ada', 'ios');
    tenant.openSession('phone');
    const first = tenant.next('phone');
    tenant.setAuthority('intune', 'admin');
    expect(tenant.report('phone', first?.id ?? '', { status: 'done' })).toBe(true);
    expect(refusal(() => tenant.next('phone'))).toBe('CHECKIN_UNAVAILABLE');
    expect(refusal(() => tenant.requireCheckIn('phone'))).toBe('CHECKIN_UNAVAILABLE');
    expect(refusal(() => tenant.requireCheckIn('nobody'))).toBe('DEVICE_UNKNOWN');
    tenant.renewPushCertificate('admin');
    tenant.requireCheckIn('phone');
    expect(tenant.next('phone')?.command.kind).toBe('install-profile');
  });

  test('A24: one that has expired stops enrollments and notifications of iOS, and no check-in that a device starts', async () => {
    const { tenant, clock, enroll, session, notified } = open();
    enroll('phone', 'ada', 'ios');
    await clock.advance(365 * dayMs);
    notified();
    expect(tenant.notify('phone')).toEqual({ result: 'refused', reason: expect.stringContaining('expired') });
    expect(tenant.pushes().at(-1)).toMatchObject({
      deviceId: 'phone',
      platform: 'ios',
      why: 'sync',
      result: 'refused',
    });
    expect(notified()).toEqual([]);
    expect(session('phone')).toContain('+both');
    expect(refusal(() => enroll('other', 'ada', 'ios'))).toBe('E18');
    tenant.renewPushCertificate('admin');
    expect(tenant.notify('phone').result).toBe('sent');
    expect(tenant.pushCertificate()).toMatchObject({ authority: 'office365', topic: 'topic' });
    enroll('other', 'ada', 'ios');
  });

  test('A11: back under the authority of before, the certificate that was uploaded to it then is not renewed by that', () => {
    const { tenant, enroll } = open();
    enroll('phone', 'ada', 'ios');
    tenant.setAuthority('intune', 'admin');
    tenant.setAuthority('office365', 'admin');
    expect(refusal(() => tenant.openSession('phone'))).toBe('CHECKIN_UNAVAILABLE');
    tenant.renewPushCertificate('admin');
    tenant.openSession('phone');
    expect(tenant.changes().map(({ notified }) => notified)).toEqual([1, 1]);
  });

  test('A11: one of another topic is taken with a warning in the history, until the right one is uploaded', () => {
    const { tenant, clock, enroll, notified } = open();
    enroll('phone', 'ada', 'ios');
    const leave = tenant.onNotify(() =>
      tenant.pushCertificate()?.topic === 'topic' ? undefined : { result: 'refused', reason: 'DeviceTokenNotForTopic' },
    );
    tenant.setAuthority('intune', 'admin');
    tenant.renewPushCertificate('eve', { topic: 'another' });
    expect(tenant.change(1)).toMatchObject({
      notified: 0,
      certificate: { at: clock.now(), by: 'eve', topic: 'another', warning: expect.stringContaining('enroll again') },
    });
    notified();
    tenant.renewPushCertificate('admin', { topic: 'topic' });
    expect(notified()).toEqual(['phone']);
    tenant.renewPushCertificate('admin', { topic: 'topic' });
    expect(notified()).toEqual([]); // nobody twice
    expect(tenant.change(1)).toMatchObject({ notified: 1, certificate: { by: 'admin', topic: 'topic' } });
    expect(tenant.change(1)?.certificate?.warning).toBeUndefined();
    leave();
  });

  test('a missing one is E18, and one that has expired already or has no authority to belong to is refused', () => {
    const bare = open({ authority: 'unknown' });
    expect(refusal(() => bare.tenant.renewPushCertificate('admin'))).toBe('AUTHORITY_FORBIDDEN');
    bare.tenant.setAuthority('intune', 'admin');
    expect(refusal(() => bare.enroll('d', 'ada', 'ios'))).toBe('E18');
    const past = { topic: 't', expiresAt: bare.clock.now() };
    expect(refusal(() => bare.tenant.renewPushCertificate('admin', past))).toBe('REQUEST_INVALID');
    bare.tenant.renewPushCertificate('admin', { topic: 't', expiresAt: bare.clock.now() + dayMs });
    bare.enroll('d', 'ada', 'ios');
  });
});

const settings = {
  ...defaultSettings,
  deviceLimitPerUser: 15,
  profileGraceMs: 7 * dayMs,
  checkInEveryMs: 8 * hourMs,
  enrollmentMs: hourMs / 2,
  pushCertificateMs: 365 * dayMs,
};
