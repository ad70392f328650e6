// The tenant's events: what is told of, in which order, and what is kept for who resumes.
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { EventHub, keptEvents } from '../../../server-stub/core/event-hub.js';
import { assigned, open, refusal, user, wifi } from './support.js';

const told = (bench: ReturnType<typeof open>, after = 0) =>
  bench.tenant.eventsAfter(after, 1000).events.map(({ seq: _, at: __, ...event }) => event);

describe('the events of a tenant', () => {
  it('tell of a device from its enrollment to its end, by ids, names and states', () => {
    const bench = open();
    bench.enroll('pc');
    bench.session('pc');
    bench.tenant.unenroll('pc', 'left');
    const about = {
      deviceId: 'pc',
      managedDeviceId: expect.any(String),
      platform: 'windows',
      user: 'ada@contoso.example',
    };
    expect(told(bench)).toEqual([
      { type: 'enrolled', ...about, authority: 'office365' },
      { type: 'notified', ...about, why: 'action', result: 'sent' },
      { type: 'checkedIn', ...about, authority: 'office365', waiting: 3 },
      ...['inventory', 'install-profile', 'install-profile'].map((command) =>
        expect.objectContaining({ type: 'command', ...about, command, status: 'done' }),
      ),
      { type: 'left', ...about, why: 'left' },
    ]);
  });

  it('tell of a refused enrollment, a change of the authority, and each device that moves, before its check-in', () => {
    const bench = open({ pushCertificate: {} });
    bench.enroll('pc');
    bench.session('pc');
    const before = bench.tenant.lastEvent();
    expect(refusal(() => bench.enroll('other', 'nobody'))).toBe('E02');
    bench.tenant.setAuthority('intune', 'administrator');
    bench.session('pc');
    bench.session('pc');
    const events = told(bench, before).filter(({ type }) => type !== 'command');
    expect(events).toMatchObject([
      { type: 'refused', deviceId: 'other', platform: 'windows', user: 'id-nobody', code: 'E02' },
      { type: 'authorityChanged', n: 1, cause: 'authority', from: 'office365', to: 'intune', by: 'administrator' },
      { type: 'notified', deviceId: 'pc', why: 'change', result: 'sent' },
      { type: 'moved', deviceId: 'pc', from: 'office365', to: 'intune', cause: 'authority' },
      { type: 'checkedIn', deviceId: 'pc', authority: 'intune' },
      { type: 'checkedIn', deviceId: 'pc', waiting: 0 },
    ]);
  });

  it('tell of no move of a device that a coexistence leaves where it is', () => {
    const bench = open({ users: [user('ada', ['O365_BUSINESS_ESSENTIALS']), user('ben')] });
    bench.enroll('pc');
    bench.session('pc');
    bench.tenant.enableCoexistence('administrator');
    bench.session('pc');
    expect(bench.tenant.changes()).toMatchObject([{ stayed: 1, moved: 0 }]);
    expect(told(bench).filter(({ type }) => type === 'moved')).toEqual([]);
  });

  it('tell of profiles without their contents', () => {
    const bench = open();
    bench.tenant.putProfile(assigned('intune', wifi('office', 'a secret')));
    bench.tenant.removeProfile('intune/office');
    bench.tenant.removeProfile('intune/office');
    expect(told(bench)).toEqual([
      { type: 'assignment', profile: 'intune/office', name: 'office', authority: 'intune' },
      { type: 'assignment', profile: 'intune/office', removed: true },
    ]);
  });

  it('are numbered from 1 without what the tenant starts with, at the tenant’s time', async () => {
    const bench = open();
    expect(bench.tenant.lastEvent()).toBe(0);
    await bench.clock.advance(60_000);
    bench.tenant.emit({ type: 'clock' });
    expect(bench.tenant.eventsAfter(0, 10)).toEqual({
      events: [{ seq: 1, at: bench.clock.now(), type: 'clock' }],
      isWhole: true,
    });
  });
});

describe('the events that are kept', () => {
  const hub = () => new EventHub(manualClock(), silentLog);

  it('are the newest; who asks for older ones is told that some are missing', () => {
    const events = hub();
    for (let n = 1; n <= keptEvents + 5; n++) events.emit({ type: 'checkedIn', n });
    expect(events.after(5, 1)).toMatchObject({ events: [{ seq: 6, n: 6 }], isWhole: true });
    expect(events.after(4, 1)).toMatchObject({ events: [{ seq: 6, n: 6 }], isWhole: false });
    expect(events.after(0, 1_000_000).events).toHaveLength(keptEvents);
    expect(events.after(events.last, 10)).toEqual({ events: [], isWhole: true });
  });

  it('are not those of an earlier start: their numbers are lower, and those that follow are known to be others', () => {
    const [former, events] = [hub(), hub()];
    former.emit({ type: 'clock' });
    let starts = 1;
    events.startAfter(starts, () => starts++);
    expect([events.last, starts]).toEqual([1_000_000_000, 1]);
    events.emit({ type: 'clock' });
    events.emit({ type: 'clock' });
    expect(starts).toBe(2);
    expect(events.after(former.last, 10)).toMatchObject({
      events: [{ seq: 1_000_000_001 }, { seq: 1_000_000_002 }],
      isWhole: false,
    });
    expect(events.after(1_000_000_001, 10)).toMatchObject({ events: [{ seq: 1_000_000_002 }], isWhole: true });
  });

  it('follow a number that nobody gave: all there are, and it is told that this is not what was asked for', () => {
    const events = hub();
    events.emit({ type: 'clock' });
    expect(events.after(77, 10)).toMatchObject({ events: [{ seq: 1 }], isWhole: false });
  });

  it('a listener that throws harms neither the others nor whoever emits', () => {
    const events = hub();
    let heard = 0;
    events.onEvent(() => {
      throw new Error('a bug of a listener');
    });
    const end = events.onEvent(() => heard++);
    events.emit({ type: 'clock' });
    end();
    events.emit({ type: 'clock' });
    expect(heard).toBe(1);
  });
});
