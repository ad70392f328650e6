import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeviceOf } from '../../agent/device.js';
import type { Device, DeviceEvent, DeviceOptions } from '../../agent/device-types.js';
import { agentError } from '../../agent/errors.js';
import type { DeviceState } from '../../agent/model/state.js';
import type { Invitation } from '../../agent/platform/driver.js';
import { exponentialRetry } from '../../agent/platform/schedule.js';
import type { ManualClock } from '../../base/clock.js';
import type { Command } from '../../protocol/vocabulary.js';
import { FakeAuthority, type FakeSchedule, fakePlatform, fakePorts } from '../support/fake-platform.js';

const here: Invitation = { authority: 'intune', url: 'https://a.test' };
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** In the manner of Windows: three poll tiers, three tries, a renewal after 323 days that is tried again every week. */
const windows: FakeSchedule = {
  tiers: [{ everyMs: 3 * minute, times: 5 }, { everyMs: 15 * minute, times: 8 }, { everyMs: 8 * hour }],
  renewal: { afterMs: 323 * day, everyMs: 7 * day },
  retry: exponentialRetry({ maxTries: 3, firstPauseMs: 16_000, longestPauseMs: day }),
};

const install = (name: string): Command => ({
  kind: 'install-profile',
  profile: { kind: 'wifi', name, ssid: name, hidden: false, autoJoin: true, security: 'none' },
});

interface SetUp {
  readonly authority: FakeAuthority;
  readonly device: Device;
  readonly clock: ManualClock;
  readonly events: DeviceEvent[];
  readonly saved: DeviceState[];
  readonly log: ReturnType<typeof fakePorts>['log'];
  /** A later process with what was saved last. */
  again(options?: Partial<DeviceOptions>): Device;
}

function setUp(schedule: FakeSchedule, options: Partial<DeviceOptions> = {}): SetUp {
  const authority = new FakeAuthority();
  authority.schedule = schedule;
  const ports = fakePorts();
  const saved: DeviceState[] = [];
  const store = {
    load: () => saved.at(-1),
    save: async (state: DeviceState) => void saved.push(state),
    delete: async () => {},
    ids: () => [],
    close: async () => {},
  };
  const events: DeviceEvent[] = [];
  const open = (more: Partial<DeviceOptions>): Device => {
    const device = createDeviceOf(fakePlatform(authority), { platform: 'ios', ports, store, ...options, ...more });
    onTestFinished(() => device.close());
    device.onEvent((event) => events.push(event));
    return device;
  };
  const again = (more: Partial<DeviceOptions> = {}) => {
    const state = saved.at(-1);
    return open({ ...(state === undefined ? {} : { state }), ...more });
  };
  return { authority, device: open({}), events, saved, again, ...ports };
}

function running(device: Device): { stop(): Promise<void> } {
  const controller = new AbortController();
  const lived = device.run(controller.signal);
  const stop = async () => {
    controller.abort();
    await lived;
  };
  onTestFinished(stop);
  return { stop };
}

const reasonsOf = (events: readonly DeviceEvent[]) =>
  events.flatMap((event) => (event.type === 'check-in' ? [event.reason] : []));
const types = (events: readonly DeviceEvent[]) => events.map(({ type }) => type);
const names = (device: Device) => device.state.holdings.map(({ profile }) => profile.name);

describe('a device with a schedule of its platform', () => {
  it('checks in at its moments, counted from the enrollment, and says that it was its schedule', async () => {
    const { authority, device, clock, events } = setUp(windows);
    await device.enroll(here);
    running(device);
    const began = clock.now();
    const moments: number[] = [];
    authority.during = () => void moments.push((clock.now() - began) / minute);
    await clock.advance(24 * hour);
    expect(moments).toEqual([3, 6, 9, 12, 15, 30, 45, 60, 75, 90, 105, 120, 135, 615, 1095]);
    expect([...new Set(authority.reasons), ...new Set(reasonsOf(events))]).toEqual(['scheduled', 'scheduled']);
    expect(clock.pending).toBe(1);
  });

  it('goes on where it was in a later process; what it missed is one check-in', async () => {
    const { authority, device, clock, again } = setUp(windows);
    await device.enroll(here);
    const first = running(device);
    await clock.advance(7 * minute);
    expect(authority.sessions).toBe(2);
    await first.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(33 * minute); // 9, 12, 15 and 30 go by
    const second = again();
    expect(second.nextActAt).toBe(clock.now() - 31 * minute);
    running(second);
    await clock.advance(0);
    expect(authority.sessions).toBe(3);
    await clock.advance(5 * minute);
    expect(authority.sessions).toBe(4); // at 45
  });

  it('is answered by a check-in by hand only for the moments that are past', async () => {
    const { authority, device, clock } = setUp(windows);
    await device.enroll(here);
    running(device);
    await clock.advance(2 * minute);
    await device.checkIn();
    await clock.advance(2 * minute);
    expect(authority.reasons).toEqual(['by-hand', 'scheduled']);
  });

  it('tries again as the link says, for the same reason, and then waits for the next moment', async () => {
    const { authority, device, clock } = setUp(windows);
    await device.enroll(here);
    running(device);
    authority.failures = ['busy', 'busy', 'busy', 'busy'];
    await clock.advance(3 * minute);
    expect(authority.sessions).toBe(1);
    await clock.advance(16_000);
    expect(authority.sessions).toBe(2);
    await clock.advance(2 * minute - 16_000);
    expect(authority.sessions).toBe(3); // and no fourth try before 6
    await clock.advance(minute);
    expect(authority.sessions).toBe(4);
    await clock.advance(16_000);
    expect([authority.sessions, new Set(authority.reasons)]).toEqual([5, new Set(['scheduled'])]);
  });

  it('catches up when it is online again, once', async () => {
    const { authority, device, clock } = setUp(windows);
    await device.enroll(here);
    running(device);
    await device.setOnline(false);
    await clock.advance(10 * minute);
    expect(authority.sessions).toBe(0);
    await device.setOnline(true);
    await clock.advance(0);
    expect(authority.reasons).toEqual(['scheduled']);
    await clock.advance(2 * minute);
    expect(authority.sessions).toBe(2); // at 12
  });

  it('renews its certificate when the window opens, and after an interval where that failed', async () => {
    const { renewal, retry } = windows;
    const { authority, device, clock, saved } = setUp({ ...(renewal && { renewal }), ...(retry && { retry }) });
    await device.enroll(here);
    running(device);
    authority.failures = ['lost', 'lost', 'lost'];
    await clock.advance(323 * day - 1);
    expect(authority.sessions).toBe(0);
    await clock.advance(hour);
    expect(authority.reasons).toEqual(['renewal-due', 'renewal-due', 'renewal-due']);
    expect(saved.at(-1)?.link?.data).not.toHaveProperty('renewedAt');
    await clock.advance(7 * day);
    expect(authority.sessions).toBe(4);
    expect(saved.at(-1)?.link?.data).toHaveProperty('renewedAt');
    await clock.advance(300 * day);
    expect(authority.sessions).toBe(4);
  });

  it('has the user’s own schedule beside it', async () => {
    const { authority, device, clock } = setUp({ tiers: [{ everyMs: 8 * hour }] }, { checkInEveryMs: 5 * hour });
    await device.enroll(here);
    running(device);
    await clock.advance(16 * hour);
    expect(authority.sessions).toBe(5); // at 5, 8, 10, 15, 16
  });

  it('has none of the user’s where that is 0 ms', async () => {
    const { authority, device, clock } = setUp({}, { checkInEveryMs: 0 });
    await device.enroll(here);
    const run = running(device);
    authority.during = () => {
      if (authority.sessions > 50) void run.stop(); // so that sessions without a pause end
    };
    await clock.advance(day);
    expect([authority.sessions, clock.pending]).toEqual([0, 0]);
  });

  it('acts when it is asked to by whoever keeps it, without a timer', async () => {
    const { authority, device, clock } = setUp(windows);
    expect([device.nextActAt, await device.actIfDue()]).toEqual([undefined, undefined]);
    await device.enroll(here);
    const began = clock.now();
    expect(device.nextActAt).toBe(began + 3 * minute);
    await clock.advance(3 * minute - 1);
    expect(await device.actIfDue()).toBeUndefined();
    await clock.advance(1);
    expect(await device.actIfDue()).toMatchObject({ commands: 0 });
    expect([authority.reasons, device.nextActAt, clock.pending]).toEqual([['scheduled'], began + 6 * minute, 0]);
    await clock.advance(3 * minute);
    authority.failures = ['busy'];
    await expect(device.actIfDue()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(device.nextActAt).toBe(began + 9 * minute);
  });
});

describe('a device that begins by itself after an enrollment', () => {
  it('does so after each, at the same moment too, and says why', async () => {
    const { authority, device, clock } = setUp({ begins: true });
    await device.enroll(here);
    running(device);
    await clock.advance(0);
    expect(authority.reasons).toEqual(['enrolled']);
    authority.failures = ['disown'];
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
    await device.enroll(here);
    await clock.advance(0);
    expect(authority.reasons).toEqual(['enrolled', 'by-hand', 'enrolled']);
    await device.switchTo({ authority: 'office365', url: 'https://b.test' });
    expect(device.state.lastCheckInAt).toBeUndefined();
    await clock.advance(0);
    expect(authority.reasons.slice(3)).toEqual(['enrolled']);
    await clock.advance(day);
    expect(authority.sessions).toBe(4);
  });
});

describe('why a device checks in', () => {
  it('is told to the authority: by hand, woken, unlocked, logged in', async () => {
    const { authority, device, clock, events } = setUp({});
    await device.enroll(here);
    await device.checkIn();
    await device.checkIn(undefined, 'login');
    await device.setPasscode('1');
    await device.lock();
    authority.commands = [install('office')];
    await device.checkIn();
    await device.unlock();
    running(device);
    await clock.advance(0);
    authority.wake();
    await clock.advance(0);
    expect(authority.reasons).toEqual(['by-hand', 'login', 'by-hand', 'unlocked', 'woken']);
    expect(reasonsOf(events)).toEqual(authority.reasons);
  });

  it('stays the same when it is tried again, unless something newer comes', async () => {
    const { authority, device, clock } = setUp({}, { checkInEveryMs: hour });
    await device.enroll(here);
    running(device);
    authority.failures = ['busy', 'busy', 'busy', 'hang'];
    await clock.advance(hour + 2_000);
    authority.wake();
    for (let turns = 0; turns < 3; turns++) await clock.advance(0);
    expect(authority.reasons).toEqual(['scheduled', 'scheduled', 'woken']);
    await clock.advance(2_000);
    await device.setOnline(false);
    await clock.advance(0);
    await device.setOnline(true);
    await clock.advance(0);
    expect(authority.reasons.slice(3)).toEqual(['woken', 'woken']);
  });

  it('is the newest reason, when another came while a second try waited for its turn', async () => {
    const { authority, device, clock } = setUp({}, { checkInEveryMs: hour });
    await device.enroll(here);
    running(device);
    authority.failures = ['busy'];
    await clock.advance(hour);
    let end: () => void = () => {};
    authority.during = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    const byHand = device.checkIn();
    await clock.advance(3_000); // the second try waits for its turn
    authority.wake();
    await clock.advance(0);
    authority.during = () => {};
    end();
    await byHand;
    await clock.advance(minute);
    expect(authority.reasons).toEqual(['scheduled', 'by-hand', 'woken']);
  });

  it('is kept when the last try broke because the device went offline', async () => {
    const retry = exponentialRetry({ maxTries: 1, firstPauseMs: 1, longestPauseMs: 1 });
    const { authority, device, clock } = setUp({ retry });
    await device.enroll(here);
    running(device);
    authority.failures = ['hang'];
    authority.wake();
    await clock.advance(0);
    await device.setOnline(false);
    await clock.advance(0);
    await device.setOnline(true);
    await clock.advance(0);
    expect(authority.reasons).toEqual(['woken', 'woken']);
  });

  it('is still pending when the session that was to answer it never began', async () => {
    const { authority, device, clock, saved } = setUp({ expires: { brief: 1 } });
    await device.enroll(here);
    running(device);
    await clock.advance(1);
    authority.commands = [install('brief')];
    authority.during = async () => {
      authority.during = () => {};
      authority.wake();
      await new Promise((resolve) => setImmediate(resolve));
    };
    const push = saved.push.bind(saved);
    const first = device.checkIn().then(() => {
      saved.push = () => {
        saved.push = push; // once
        throw agentError('STATE_UNSAVED', 'no room');
      };
    });
    const second = expect(device.checkIn()).rejects.toMatchObject({ code: 'STATE_UNSAVED' }); // takes the wake-up with it
    await first;
    await second;
    await clock.advance(minute);
    expect(authority.reasons).toEqual(['by-hand', 'woken']);
  });
});

describe('what a device does by its own clock', () => {
  it('happens at its moment, without the network, and is saved before it is told', async () => {
    const { authority, device, clock, events, saved } = setUp({ expires: { brief: 2 * hour } });
    await device.enroll(here);
    authority.commands = [install('brief'), install('stays')];
    await device.checkIn();
    running(device);
    await device.setOnline(false);
    events.length = 0;
    let wasSaved: unknown;
    device.onEvent((event) => {
      if (event.type === 'local-act') wasSaved = saved.at(-1);
    });
    await clock.advance(2 * hour - 1);
    expect([names(device), clock.pending]).toEqual([['brief', 'stays'], 1]);
    await clock.advance(1);
    expect([names(device), clock.pending, authority.sessions]).toEqual([['stays'], 0, 1]);
    expect(events).toMatchObject([
      { type: 'local-act', command: { kind: 'remove-profile', name: 'brief' }, outcome: { status: 'done' } },
    ]);
    expect(wasSaved).toMatchObject({ holdings: [{ profile: { name: 'stays' } }], link: { data: { removed: 1 } } });
  });

  it('is caught up on at the next session by a device that does not run', async () => {
    const { authority, device, clock, events } = setUp({ expires: { brief: hour } });
    await device.enroll(here);
    authority.commands = [install('brief')];
    await device.checkIn();
    await clock.advance(day);
    expect([names(device), device.nextActAt]).toEqual([['brief'], clock.now() - day + hour]);
    events.length = 0;
    await device.checkIn();
    expect(types(events)).toEqual(['local-act', 'check-in', 'checked-in']);
    expect([names(device), device.nextActAt]).toEqual([[], undefined]);
  });

  it('is done by whoever keeps it, with no session', async () => {
    const { authority, device, clock } = setUp({ expires: { brief: hour } });
    await device.enroll(here);
    authority.commands = [install('brief')];
    await device.checkIn();
    await clock.advance(hour);
    expect([await device.actIfDue(), names(device), authority.sessions]).toEqual([undefined, [], 1]);
  });

  it('ends the enrollment when that has expired, and says goodbye where it can', async () => {
    for (const isOnline of [true, false]) {
      const { authority, device, clock, events } = setUp({ expires: { management: hour } });
      await device.enroll(here);
      await device.setOnline(isOnline);
      running(device);
      await clock.advance(hour);
      expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
      expect([types(events).slice(-2), authority.goodbyes]).toEqual([
        ['local-act', 'left'],
        isOnline ? ['intune'] : [],
      ]);
      expect([clock.pending, authority.listening]).toEqual([0, 0]);
    }
  });

  it('may be silent: a device that lost contact unenrolls without a word', async () => {
    const { authority, device, clock } = setUp({ lostContactMs: 30 * day });
    await device.enroll(here);
    await clock.advance(10 * day);
    await device.checkIn();
    running(device);
    await clock.advance(30 * day - 1);
    expect(device.state.lifecycle).toBe('enrolled');
    await clock.advance(1);
    expect([device.state.lifecycle, authority.goodbyes, authority.forgotten]).toEqual(['unenrolled', [], ['intune']]);
  });

  it('is no session for a device that has left by it when it was to check in', async () => {
    const { authority, device, clock } = setUp({ expires: { management: hour } });
    await device.enroll(here);
    await clock.advance(hour);
    expect(await device.checkIn()).toEqual({ commands: 0, later: 0, requests: 0, left: 'removed' });
    expect([authority.sessions, device.state.lifecycle]).toEqual([0, 'unenrolled']);
  });

  it('comes before a check-in that is planned later, and waits for nobody who keeps a device that is off', async () => {
    const { authority, device, clock } = setUp({ tiers: [{ everyMs: 8 * hour }], expires: { brief: hour } });
    await device.enroll(here);
    const began = clock.now();
    authority.commands = [install('brief'), { kind: 'shut-down' }];
    await device.checkIn();
    expect(device.nextActAt).toBeUndefined(); // whoever keeps it need not look again and again
    await clock.advance(9 * hour);
    expect([await device.actIfDue(), names(device)]).toEqual([undefined, ['brief']]);
    await device.setOnline(true);
    expect(device.nextActAt).toBe(began + hour);
    await device.setOnline(false);
    expect([await device.actIfDue(), names(device), authority.sessions]).toEqual([undefined, [], 1]);
    expect(device.nextActAt).toBeUndefined();
    await device.setOnline(true);
    expect(device.nextActAt).toBe(began + 8 * hour);
    expect(await device.actIfDue()).toMatchObject({ commands: 0 });
  });

  it('that could not be saved keeps the device from its next session, which is tried again as the link says', async () => {
    const { authority, device, clock, saved } = setUp({ tiers: [{ everyMs: hour }], expires: { brief: hour } });
    await device.enroll(here);
    authority.commands = [install('brief')];
    await device.checkIn();
    running(device);
    const { push } = saved;
    let writes = 0;
    saved.push = (state) => {
      if (++writes > 100) return push.call(saved, state);
      throw agentError('STATE_UNSAVED', 'no room');
    };
    await clock.advance(hour);
    expect([writes, authority.sessions]).toEqual([2, 1]);
    saved.push = push;
    await clock.advance(minute);
    expect([saved.at(-1)?.holdings, authority.sessions]).toEqual([[], 2]);
  });

  it('is looked at once where the link says when it acts, but not how', async () => {
    const { authority, ...ports } = { authority: new FakeAuthority(), ...fakePorts() };
    const platform = fakePlatform(authority);
    let looks = 0;
    const device = createDeviceOf(
      {
        ...platform,
        create(view, own) {
          const driver = platform.create(view, own);
          return {
            ...driver,
            async enroll(...given) {
              const { actLocally: _none, ...link } = await driver.enroll(...given);
              return { ...link, nextLocalAct: (after) => (after < 1 && ++looks < 100 ? 1 : undefined) };
            },
          };
        },
      },
      { platform: 'ios', ports },
    );
    onTestFinished(() => device.close());
    await device.enroll(here);
    running(device);
    await ports.clock.advance(hour);
    expect(looks).toBe(1);
  });

  it('waits while the device is switched off', async () => {
    const { authority, device, clock } = setUp({ expires: { brief: hour } });
    await device.enroll(here);
    authority.commands = [install('brief'), { kind: 'shut-down' }];
    await device.checkIn();
    running(device);
    await clock.advance(day);
    expect(names(device)).toEqual(['brief']);
    await device.setOnline(true);
    await clock.advance(0);
    expect([names(device), authority.sessions]).toEqual([[], 1]);
  });

  it('that cannot be saved or done is not tried without end', async () => {
    const failing = setUp({ expires: { brief: hour } });
    await failing.device.enroll(here);
    failing.authority.commands = [install('brief')];
    await failing.device.checkIn();
    running(failing.device);
    failing.saved.push = () => {
      throw agentError('STATE_UNSAVED', 'no room');
    };
    await failing.clock.advance(day);
    expect([failing.authority.localActs, failing.log.lines.map(({ event }) => event)]).toEqual([2, ['STATE_UNSAVED']]);

    const refused = setUp(
      { expires: { brief: hour } },
      { decide: ({ kind }) => (kind === 'remove-profile' ? { status: 'failed', reason: 'no' } : undefined) },
    );
    await refused.device.enroll(here);
    refused.authority.commands = [install('brief')];
    await refused.device.checkIn();
    running(refused.device);
    await refused.clock.advance(day);
    expect([refused.authority.localActs, names(refused.device)]).toEqual([2, ['brief']]); // one of them before the session
  });
});
