import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../protocol/vocabulary.js';
import { assigned, open, refusal, user, wifi } from './support.js';

const passcode: Profile = { kind: 'configuration', name: 'code', type: 'native', settings: { minLength: 6 } };

/** Intune, with a Wi-Fi and a configuration for everybody. */
const ofIntune = {
  authority: 'intune' as const,
  profiles: [assigned('intune', wifi('net')), assigned('intune', passcode)],
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
      moved: 2,
      waiting: 0,
    });
    tenant.removeComanagement('S-PC', 'admin');
    session('PC');
    tenant.openDocument('phone');
    expect(tenant.devices().map(({ managedBy }) => managedBy)).toEqual(['office365', 'office365']);
  });
});
