import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../protocol/vocabulary.js';
import { assigned, open, refusal, user, wifi } from './support.js';

const passcode: Profile = { kind: 'configuration', name: 'code', type: 'native', settings: { minLength: 6 } };

/** Intune, with a Wi-Fi and a configuration for everybody. */
const ofIntune = {
  authority: 'intune' as const,
  profiles: [assigned('intune', wifi('net')), assigned('intune', passcode)],
};

const root: Profile = {
  kind: 'certificate',
  name: 'root',
  role: 'root',
  source: { type: 'der', der: Buffer.from([1, 2]) },
};

/** What an enrolled PC holds, by name. */
const names = (held: readonly string[]) => held.map((each) => each.split(' ')[0]);

describe('a co-managed PC', () => {
  test('is given what intune has been handed, and the rest as each workload moves; a changed flag asks for a session at once', () => {
    const { tenant, enroll, session, held, notified } = open(ofIntune);
    tenant.putComanagement({ userId: 'id-ada', serial: 's-PC', workloads: [] }, 'admin');
    enroll('PC', '');
    expect(tenant.device('PC')).toMatchObject({ userId: 'id-ada', enrollmentType: 'comanaged', managedBy: 'intune' });
    session('PC');
    expect(held('PC')).toEqual([]);
    notified();
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin');
    expect(notified()).toEqual(['PC']);
    expect(session('PC')).toEqual(['+net']);
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess', 'deviceConfiguration'], 'admin');
    expect(session('PC')).toEqual(['+code']);
    notified();
    tenant.comanage('PC', 'ada@contoso.example', ['deviceConfiguration', 'resourceAccess'], 'admin');
    expect(notified()).toEqual([]); // the same flags
  });

  test('has email, VPN, Wi-Fi and certificates by resource access, and configurations by device configuration', () => {
    const { tenant, enroll, session } = open({
      ...ofIntune,
      profiles: [...ofIntune.profiles, assigned('intune', root)],
    });
    tenant.putComanagement({ userId: 'id-ada', serial: 'S-PC', workloads: ['clientApps'] }, 'admin');
    enroll('PC');
    expect(session('PC')).toEqual(['inventory']);
    tenant.comanage('PC', 'ada@contoso.example', ['deviceConfiguration'], 'admin');
    expect(session('PC')).toEqual(['+code']);
    tenant.comanage('PC', 'ada@contoso.example', ['deviceConfiguration', 'resourceAccess'], 'admin');
    expect(session('PC')).toEqual(['+root', '+net']);
  });

  test('C8: whose user moves by that is asked to check in once, with the user’s other devices', async () => {
    const { tenant, clock, enroll, session, notified } = open({
      users: [user('ben', ['O365_BUSINESS_ESSENTIALS']), user('ada')],
    });
    for (const id of ['PC', 'phone']) {
      enroll(id, 'ben');
      session(id);
    }
    tenant.enableCoexistence('admin');
    await clock.advance(1);
    notified();
    tenant.comanage('PC', 'ben@contoso.example', ['resourceAccess'], 'admin');
    await clock.advance(1);
    expect(notified().sort()).toEqual(['PC', 'phone']);
  });

  test('keeps what intune gave when a workload goes back, until it is overwritten', () => {
    const { tenant, enroll, session, held } = open(ofIntune);
    enroll('PC');
    session('PC');
    tenant.comanage('PC', 'ada@contoso.example', [], 'admin');
    expect(session('PC')).toEqual([]);
    expect(names(held('PC'))).toEqual(['code', 'net']);
    tenant.putProfile(assigned('intune', wifi('net', 'another')));
    expect(session('PC')).toEqual([]);
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin');
    expect(session('PC')).toEqual(['+net']);
  });

  test('of another serial number, or enrolled by another user, is not bound', () => {
    const { tenant, enroll } = open(ofIntune);
    tenant.putComanagement({ userId: 'id-ada', serial: 'S-PC', workloads: [] }, 'admin');
    enroll('other', '');
    enroll('PC', 'ben');
    enroll('phone', '', 'android');
    tenant.putComanagement({ userId: 'id-ada', serial: 'S-phone', workloads: [] }, 'admin');
    enroll('phone', '', 'android'); // a serial number alone makes no PC
    for (const id of ['other', 'PC', 'phone']) expect(tenant.device(id)).not.toHaveProperty('enrollmentType');
    expect(refusal(() => tenant.comanage('PC', 'ada@contoso.example', [], 'admin'))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.comanage('phone', 'ada@contoso.example', [], 'admin'))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.comanage('other', 'nobody', [], 'admin'))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.comanage('none', 'ada@contoso.example', [], 'admin'))).toBe('DEVICE_UNKNOWN');
  });

  test("without a user gets the one whom ConfigMgr names, and counts as that user's", () => {
    const { tenant, enroll } = open(ofIntune);
    enroll('PC', '');
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin');
    expect(tenant.devicesOf('id-ada').map(({ deviceId }) => deviceId)).toEqual(['PC']);
  });
});

test('C8: co-management of a PC lets its user enroll others without a licence where intune manages, and not under office365 alone', () => {
  const users = [user('ada', [])];
  const refused = (authority: 'intune' | 'office365') => {
    const { tenant } = open({ authority, users });
    tenant.putComanagement({ userId: 'id-ada', serial: 'S-PC', workloads: [] }, 'admin');
    return refusal(() => tenant.admit({ platform: 'android', user: 'ada@contoso.example' }));
  };
  expect([refused('intune'), refused('office365')]).toEqual(['none', 'E02']);
});

describe('co-management under coexistence', () => {
  const both = () => {
    const bench = open({ users: [user('ada', []), user('ben')] });
    bench.tenant.putUser({ ...user('ada', ['O365_BUSINESS_ESSENTIALS']) });
    bench.enroll('PC');
    bench.enroll('phone', 'ada', 'android');
    bench.session('PC');
    bench.tenant.openDocument('phone');
    bench.tenant.enableCoexistence('admin');
    bench.session('PC');
    bench.tenant.openDocument('phone');
    bench.notified();
    return bench;
  };

  test('of one PC moves all devices of its user, and notifies them; without it they move back (C8)', () => {
    const { tenant, session, notified } = both();
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin');
    expect(new Set(notified())).toEqual(new Set(['PC', 'phone']));
    session('PC');
    tenant.openDocument('phone');
    expect(tenant.devices().map(({ managedBy }) => managedBy)).toEqual(['intune', 'intune']);
    expect(tenant.changes().at(-1)).toMatchObject({
      cause: 'comanagement',
      from: 'office365',
      to: 'intune',
      toNotify: 2,
      notified: 2,
      moved: 2,
      waiting: 0,
    });
    tenant.removeComanagement('S-PC', 'admin');
    session('PC');
    tenant.openDocument('phone');
    expect(tenant.devices().map(({ managedBy }) => managedBy)).toEqual(['office365', 'office365']);
  });

  test('of a PC that is another user’s from now on moves the devices of both', () => {
    const { tenant, session } = both();
    tenant.comanage('PC', 'ada@contoso.example', ['resourceAccess'], 'admin');
    session('PC');
    tenant.openDocument('phone');
    tenant.putComanagement({ userId: 'id-ben', serial: 'S-PC', workloads: [] }, 'admin');
    tenant.openDocument('phone');
    expect(tenant.device('phone')?.managedBy).toBe('office365');
    expect(tenant.changes().at(-1)).toMatchObject({
      cause: 'comanagement',
      from: 'intune',
      to: 'office365',
      toNotify: 2,
    });
  });
});
