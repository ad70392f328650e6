// The history adds up under coexistence too, whatever is licensed, joined and left meanwhile (A16, C4, C9).
import { expect, test } from 'vitest';
import { seededRandom } from '../../../agent/io/random.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { open, refusal, user } from './support.js';

const names = ['ada', 'ben', 'cem', 'dee'];
const groups = ['g1', 'g2'];

test('what was counted of a change of licences stays the same in sum, and nobody waits after a session of each', () => {
  for (let round = 0; round < 40; round++) {
    const random = seededRandom('history of licences', round);
    const pick = <T>(some: readonly T[]): T => some[random.integer(some.length)] as T;
    const { tenant, enroll, session } = open({
      authority: 'intune',
      coexistence: true,
      settings: { ...defaultSettings, deviceLimitPerUser: 100 },
      users: names.map((name) => user(name, ['O365_BUSINESS_ESSENTIALS'])),
      groups: groups.map((id) => ({ id, displayName: id, groups: [], products: [] })),
    });
    const enrolled = new Map<string, string>();
    const sums: number[] = [];
    const log: string[] = [];
    for (let step = 0; step < 150; step++) {
      const deviceId = `d${random.integer(10)}`;
      const userId = `id-${pick(names)}`;
      const group = pick(groups);
      const change = pick([
        { add: ['INTUNE_A'], remove: [] },
        { add: [], remove: ['INTUNE_A'] },
      ]);
      const at = random.integer(13);
      log.push(`${at} ${deviceId} ${userId} ${group} ${JSON.stringify(change)}`);
      if (at === 0 && !enrolled.has(deviceId)) {
        const name = pick([...names, '']);
        const code = refusal(() => enroll(deviceId, name)); // E02: was removed, or has no licence at all
        if (code !== 'E02') enrolled.set(deviceId, name);
      } else if (at === 1 && !enrolled.has(deviceId)) {
        refusal(() => tenant.enroll({ platform: 'windows', deviceId, serial: `S-${deviceId}`, userId }));
      } else if (at === 2 && enrolled.has(deviceId)) session(deviceId);
      else if (at === 3 && enrolled.has(deviceId) && random.integer(2) === 0) {
        tenant.unenroll(deviceId, 'left');
        enrolled.delete(deviceId);
      } else if (at === 4) refusal(() => tenant.assignLicences(userId, change, 'admin'));
      else if (at === 5) refusal(() => tenant.assignGroupLicences(group, change, 'admin'));
      else if (at === 6) refusal(() => tenant.addMembers(group, [userId], 'admin'));
      else if (at === 7) refusal(() => tenant.removeMember(group, userId, 'admin'));
      else if (at === 8 && enrolled.has(deviceId))
        tenant.openSession(deviceId); // and no more of it
      else if (at === 9 && enrolled.has(deviceId)) {
        refusal(() => tenant.comanage(deviceId, `${pick(names)}@contoso.example`, ['resourceAccess'], 'admin'));
      } else if (at === 10) refusal(() => tenant.removeComanagement(`S-${deviceId}`, 'admin'));
      else if (at === 11 && random.integer(3) === 0) tenant.removeUser(userId, 'admin');
      else if (at === 12) {
        const known = tenant.user(userId);
        const products = pick([['INTUNE_A'], ['O365_BUSINESS_ESSENTIALS'], []]);
        const groupsThen = pick([['g1'], ['g2'], ['g1', 'g2'], []]);
        tenant.putUser({ ...(known ?? user(userId.slice(3))), products, groups: groupsThen }, 'admin');
      }
      const now = tenant.changes().map((c) => c.moved + c.stayed + c.waiting + c.left + c.userless);
      expect(now.slice(0, sums.length), `${round}/${step}: ${log.slice(-12).join('\n')}`).toEqual(sums);
      sums.push(...now.slice(sums.length));
    }
    for (const deviceId of enrolled.keys()) session(deviceId);
    expect(tenant.changes().filter(({ waiting }) => waiting !== 0)).toEqual([]);
    for (const deviceId of enrolled.keys()) {
      const device = tenant.device(deviceId);
      if (device?.userId === undefined) continue;
      expect(device.managedBy, `${round} ${deviceId}`).toBe(tenant.managerOf(device.userId));
    }
  }
});
