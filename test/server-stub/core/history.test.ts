// The history of who managed whom adds up, whatever devices do meanwhile (A16).
import { expect, test } from 'vitest';
import { seededRandom } from '../../../agent/io/random.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { open } from './support.js';

const sum = (tenant: Tenant) =>
  tenant.changes().map(({ moved, stayed, waiting, left, userless }) => moved + stayed + waiting + left + userless);

test('moved, stayed, waiting, left and userless are those that were enrolled, after each of many random steps', () => {
  for (let round = 0; round < 20; round++) {
    const random = seededRandom('history', round);
    const pick = (count: number) => random.integer(count);
    const { tenant, enroll, session } = open({ settings: { ...defaultSettings, deviceLimitPerUser: 100 } });
    const enrolled = new Set<string>();
    const totals: number[] = [];
    let isAlways = false;
    for (let step = 0; step < 120; step++) {
      const deviceId = `d${pick(12)}`;
      const at = pick(9);
      if (at < 2 && !enrolled.has(deviceId)) {
        enroll(deviceId, ['ada', 'ben', ''][pick(3)]);
        enrolled.add(deviceId);
      } else if (at === 2 && !enrolled.has(deviceId)) {
        tenant.enroll({ platform: 'windows', deviceId, serial: `S-${deviceId}`, userId: 'id-ada' });
      } else if (at < 5 && enrolled.has(deviceId)) session(deviceId);
      else if (at === 5 && enrolled.has(deviceId)) {
        tenant.unenroll(deviceId, 'left');
        enrolled.delete(deviceId);
      } else if (at === 6) {
        const some = tenant
          .userless()
          .devices.slice(0, 1)
          .map(({ id }) => id);
        if (some.length > 0 && pick(2) === 0) {
          try {
            tenant.moveUserless(some, 'admin');
            totals.push(1);
          } catch {} // it moves already
        }
      } else if (at === 7 && !isAlways && pick(3) === 0) {
        totals.push(enrolled.size);
        if (tenant.authority === 'office365' && pick(3) === 0) {
          tenant.enableCoexistence('admin');
          isAlways = true;
        } else tenant.setAuthority(tenant.authority === 'intune' ? 'office365' : 'intune', 'admin');
      }
      expect(sum(tenant)).toEqual(totals);
      for (const { waiting, stuck, stale, moved } of tenant.changes()) {
        expect(waiting).toBeGreaterThanOrEqual(0);
        expect(stuck).toBeLessThanOrEqual(waiting);
        expect(stale).toBeLessThanOrEqual(moved);
      }
    }
    for (const deviceId of enrolled) session(deviceId);
    expect(tenant.changes().every(({ waiting }) => waiting === 0)).toBe(true);
  }
});

test('a device that was given a document before a change and completed its enrollment after it is one of those that pass it', () => {
  const { tenant, enroll, session } = open();
  enroll('d');
  for (const deviceId of ['half', 'other']) {
    tenant.enroll({ platform: 'android', deviceId, serial: deviceId, userId: 'id-ada' });
  }
  tenant.openDocument('half');
  tenant.setAuthority('intune', 'admin');
  expect(tenant.change(1)).toMatchObject({ toNotify: 1, waiting: 1 });
  tenant.confirm('half');
  tenant.confirm('other'); // it has nothing of before
  expect(tenant.change(1)).toMatchObject({ toNotify: 1, waiting: 2 });
  session('half');
  expect(tenant.device('half')?.managedBy).toBe('intune');
  expect(tenant.change(1)).toMatchObject({ moved: 1, waiting: 1 });
});
