import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { memoryLog } from '../../../base/log.js';
import { Deadlines } from '../../../server-stub/core/deadlines.js';
import type { TenantDevice } from '../../../server-stub/core/device-state.js';
import { Expiries } from '../../../server-stub/core/expiries.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { stubError } from '../../../server-stub/errors.js';
import { dayMs, hourMs, open, refusal } from './support.js';

const life = defaultSettings.mdmCertificateMs;
const removeAfter = defaultSettings.removeAfterMs;

/** A tenant with one device whose certificate was issued now. */
function withCertificate(change: Parameters<typeof open>[0] = {}) {
  const bench = open(change);
  bench.enroll('D1');
  const expiresAt = bench.clock.now() + life;
  bench.tenant.setCertificate('D1', expiresAt);
  const events = () =>
    bench.tenant.eventsAfter(0, 10_000).events.flatMap(({ type, state, why }) => {
      if (type === 'certificate') return [`certificate ${state}`];
      return type === 'removed' || type === 'left' ? [`${type} ${why}`] : [];
    });
  return { ...bench, expiresAt, events };
}

describe('the certificate of a device', () => {
  it('is renewed from 42 days before its end on, until that', async () => {
    const { tenant, clock } = withCertificate();
    const due = () => tenant.isRenewalDue('D1');
    expect(due()).toBe(false);
    await clock.advance(life - 42 * dayMs - 1);
    expect(due()).toBe(false);
    await clock.advance(1);
    expect(due()).toBe(true);
    await clock.advance(42 * dayMs);
    expect(due()).toBe(true);
    await clock.advance(1);
    expect(due()).toBe(false);
  });

  it('is renewed in the second half of its life where the window would be all of it', async () => {
    const settings = { ...defaultSettings, mdmCertificateMs: 10 * dayMs };
    const { tenant, clock } = open({ settings });
    expect(tenant.renewalMs()).toBe(5 * dayMs);
    tenant.enroll({ platform: 'windows', deviceId: 'D1', serial: 'S', userId: 'id-ada' });
    tenant.setCertificate('D1', clock.now() + 10 * dayMs);
    await clock.advance(hourMs / 4);
    expect(tenant.isRenewalDue('D1')).toBe(false); // it is not enrolled yet
    tenant.confirm('D1');
    expect(tenant.isRenewalDue('D1')).toBe(false);
    await clock.advance(5 * dayMs);
    expect(tenant.isRenewalDue('D1')).toBe(true);
  });

  it('that has ended lets the device check in no more, and one that was renewed does', async () => {
    const { tenant, clock, expiresAt, session, events } = withCertificate();
    await clock.advance(life);
    session('D1');
    await clock.advance(1);
    expect(refusal(() => session('D1'))).toBe('DEVICE_IDENTITY');
    expect(refusal(() => tenant.requireCertificate('D1'))).toBe('DEVICE_IDENTITY');
    expect(tenant.device('D1')).toMatchObject({ status: 'enrolled', lastSyncAt: expiresAt });
    tenant.setCertificate('D1', clock.now() + life);
    session('D1');
    expect(events()).toEqual(['certificate issued', 'certificate expired', 'certificate renewed']);
  });

  it('that ended 180 days ago takes the record with it, and frees its place of the user’s', async () => {
    const settings = { ...defaultSettings, deviceLimitPerUser: 1 };
    const { tenant, clock, events, enroll } = withCertificate({ settings });
    const gone: string[] = [];
    tenant.onGone(({ deviceId }) => gone.push(deviceId));
    const { id } = tenant.device('D1') ?? {};
    await clock.advance(life + removeAfter - hourMs);
    expect(tenant.deviceByRecordId(id ?? '')).toBeDefined();
    expect(refusal(() => enroll('D2'))).toBe('E17');
    await clock.advance(2 * hourMs);
    expect(tenant.deviceByRecordId(id ?? '')).toBeUndefined();
    expect(tenant.devicesOf('id-ada')).toEqual([]);
    expect(gone).toEqual(['D1']);
    expect(events()).toEqual(['certificate issued', 'certificate expired', 'removed expired']);
    enroll('D2');
    enroll('D1', 'ben');
    expect(tenant.device('D1')?.id).not.toBe(id);
  });

  it('moves its end with each renewal, and that alone', async () => {
    const { tenant, clock, session } = withCertificate();
    for (let year = 1; year <= 3; year++) {
      await clock.advance(330 * dayMs);
      session('D1');
      tenant.setCertificate('D1', clock.now() + life);
    }
    const { certificateExpiresAt: end = 0 } = tenant.device('D1') ?? {};
    session('D1');
    await clock.advance(end + removeAfter - clock.now() - 1);
    expect(tenant.device('D1')).toBeDefined();
    await clock.advance(1);
    expect(tenant.device('D1')).toBeUndefined();
  });

  it('is that of its last contact where a device has none: it stays as long as it comes', async () => {
    const { tenant, clock, enroll, session } = open();
    enroll('D1');
    await clock.advance(life + removeAfter - dayMs);
    session('D1');
    await clock.advance(life + removeAfter - 1);
    expect(tenant.device('D1')).toBeDefined();
    expect(tenant.eventsAfter(0, 10_000).events.filter(({ type }) => type === 'certificate')).toEqual([]); // none has ended
    await clock.advance(1);
    expect(tenant.device('D1')).toBeUndefined();
    enroll('D2');
    tenant.setCertificate('D2', clock.now() + 10 * dayMs);
    tenant.setCertificate('D2', undefined); // it counts from the last contact again
    await clock.advance(11 * dayMs);
    session('D2');
    expect(tenant.device('D2')).not.toHaveProperty('certificateExpiresAt');
  });

  it('counts the device as one that left a change without having moved', async () => {
    const { tenant, clock } = withCertificate();
    tenant.setAuthority('intune', 'admin');
    await clock.advance(life + removeAfter);
    expect(tenant.change(1)).toMatchObject({ left: 1, waiting: 0, moved: 0 });
  });
});

describe('the lane of devices that wait for a time of their own', () => {
  function stage(onDue: (deviceId: string) => void = () => {}) {
    const clock = manualClock(0);
    const log = memoryLog();
    const met: string[] = [];
    const deadlines = new Deadlines(clock, log);
    const expiries = new Expiries({
      clock,
      deadlines,
      key: 'certificates',
      onDue({ record }, at) {
        onDue(record.deviceId);
        met.push(`${record.deviceId} ${at}`);
      },
    });
    const device = (deviceId: string) => ({ record: { deviceId } }) as TenantDevice;
    return { clock, log, met, deadlines, expiries, device };
  }

  it('has one deadline, whatever their number, and forgets those that are dropped', async () => {
    const { clock, met, deadlines, expiries, device } = stage();
    const [one, two] = [device('one'), device('two')];
    expiries.put(one, 30);
    expiries.put(two, 20);
    expiries.put(device('three'), 10);
    expiries.put(two, 25);
    expiries.drop(one);
    expiries.drop(one);
    expect([expiries.size, deadlines.size]).toEqual([2, 1]);
    await clock.advance(100);
    expect(met).toEqual(['three 10', 'two 25']);
    expect([expiries.size, deadlines.size, clock.pending]).toEqual([0, 0, 0]);
  });

  it('meets as many at one time as there are', async () => {
    const { clock, met, expiries, device } = stage();
    for (let count = 0; count < 250; count++) expiries.put(device(String(count)), 10);
    await clock.advance(10);
    expect(met).toHaveLength(250);
  });

  it('tries again what could not be stored, and loses nobody by a bug', async () => {
    let failure: unknown = stubError('STORE_UNWRITABLE', 'full');
    const { clock, log, met, expiries, device } = stage((deviceId) => {
      if (deviceId === 'bad') throw failure;
    });
    expiries.put(device('bad'), 10);
    expiries.put(device('good'), 10);
    await clock.advance(10);
    expect(met).toEqual([]);
    failure = new Error('a bug');
    await clock.advance(60_000);
    expect(log.lines.map(({ event }) => event)).toEqual(['STORE_UNWRITABLE', 'BUG']);
    expect(met).toEqual(['good 10']);
    expiries.put(device('next'), clock.now() + 5);
    await clock.advance(5);
    expect(met).toHaveLength(2);
  });
});
