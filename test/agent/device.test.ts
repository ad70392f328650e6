import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeviceOf } from '../../agent/device.js';
import type { Device, DeviceEvent, DeviceOptions } from '../../agent/device-types.js';
import { agentError } from '../../agent/errors.js';
import type { DeviceState } from '../../agent/model/state.js';
import type { Invitation } from '../../agent/platform/driver.js';
import type { Command, Profile } from '../../protocol/vocabulary.js';
import { FakeAuthority, fakeHttp, fakePlatform, fakePorts } from '../support/fake-platform.js';

const here: Invitation = { authority: 'office365', url: 'https://a.test' };
const there: Invitation = { authority: 'intune', url: 'https://b.test' };

const wifi = (name: string, ssid = name): Profile => ({
  kind: 'wifi',
  name,
  ssid,
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase: 'hunter2',
});
const install = (name: string, ssid?: string): Command => ({ kind: 'install-profile', profile: wifi(name, ssid) });

function setUp(options: Partial<DeviceOptions> = {}) {
  const authority = new FakeAuthority();
  const ports = fakePorts();
  const device = createDeviceOf(fakePlatform(authority), { platform: 'ios', ports, ...options });
  onTestFinished(() => device.close());
  const events: DeviceEvent[] = [];
  device.onEvent((event) => events.push(event));
  return { authority, device, events, ...ports };
}

/** Lets the device live until the test ends. */
function alive(device: Device): Promise<void> {
  const controller = new AbortController();
  const lived = device.run(controller.signal);
  onTestFinished(async () => {
    controller.abort();
    await lived;
  });
  return lived;
}

const types = (events: readonly DeviceEvent[]) => events.map(({ type }) => type);
const names = (device: Device) => device.state.holdings.map(({ profile }) => profile.name);

/** Everything saved so far, newest last. */
function recordingStore() {
  const saved: DeviceState[] = [];
  return {
    saved,
    store: {
      load: () => saved.at(-1),
      save: async (state: DeviceState) => void saved.push(state),
      delete: async () => {},
      ids: () => [],
      close: async () => {},
    },
  };
}

describe('enrolling', () => {
  it('joins, keeps what came with it, and saves before it returns', async () => {
    const { saved, store } = recordingStore();
    const { device, events, authority } = setUp({ store });
    authority.first = [install('first')];
    await device.enroll(here);
    expect(device.state).toMatchObject({ lifecycle: 'enrolled', link: { authority: 'office365' } });
    expect(names(device)).toEqual(['first']);
    expect(device.state.holdings[0]).toMatchObject({ authority: 'office365', installedAt: 1_790_000_000_000 });
    expect(saved.at(-1)).toEqual(device.state);
    expect(types(events)).toEqual(['enrolling', 'enrolled']);
    expect(events.at(-1)).toMatchObject({ changes: [{ outcome: { status: 'done' } }] });
  });

  it.each(['busy', 'lost', 'disown', 'bug'] as const)(
    'leaves everything as it was when it fails (%s)',
    async (failure) => {
      const { device, events, authority, log } = setUp();
      const before = device.state;
      authority.first = [install('half')];
      authority.enrollFailures = [failure];
      await expect(device.enroll(here)).rejects.toThrow();
      expect(device.state).toEqual(before);
      expect(events.at(-1)).toMatchObject({ type: 'failed', during: 'enroll' });
      expect(log.lines).toHaveLength(1);
      await device.enroll(here);
      expect(device.state.lifecycle).toBe('enrolled');
    },
  );

  it('is refused to a device that has an authority', async () => {
    const { device } = setUp();
    await device.enroll(here);
    await expect(device.enroll(there)).rejects.toMatchObject({ code: 'ALREADY_ENROLLED' });
    expect(device.state.link?.authority).toBe('office365');
  });

  it('can be stopped', async () => {
    const { device, authority } = setUp();
    authority.enrollFailures = ['hang'];
    const controller = new AbortController();
    const enrolling = device.enroll(here, controller.signal);
    controller.abort();
    await expect(enrolling).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(device.state.lifecycle).toBe('unenrolled');
  });
});

describe('a check-in', () => {
  it('carries commands out and tells of each, without secrets', async () => {
    const { device, authority, events } = setUp();
    await device.enroll(here);
    authority.commands = [
      install('office'),
      install('office', 'other'),
      { kind: 'remove-profile', name: 'none' },
      { kind: 'rename', deviceName: 'Alice' },
      { kind: 'inventory' },
    ];
    expect(await device.checkIn()).toEqual({ commands: 5, later: 0, requests: 6 });
    expect(device.state.holdings.map(({ profile }) => profile)).toEqual([wifi('office', 'other')]);
    expect(device.state.condition.deviceName).toBe('Alice');
    expect(device.state.lastCheckInAt).toBe(1_790_000_000_000);
    expect(authority.outcomes.map(({ status }) => status)).toEqual(['done', 'done', 'failed', 'done', 'done']);
    expect(JSON.stringify(events)).not.toContain('hunter2');
    expect(types(events).slice(2)).toEqual(['check-in', ...new Array(5).fill('command'), 'checked-in']);
  });

  it('runs one at a time, however many are asked for', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.during = () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all([device.checkIn(), device.checkIn(), device.checkIn()]);
    expect([authority.sessions, authority.mostAtOnce]).toEqual([3, 1]);
  });

  it('waits for its turn only until it is stopped', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.failures = ['hang'];
    const first = new AbortController();
    const second = new AbortController();
    const running = device.checkIn(first.signal);
    const waiting = device.checkIn(second.signal);
    second.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    first.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(device.checkIn()).resolves.toBeDefined();
  });

  it('is refused to a device that is not enrolled', async () => {
    await expect(setUp().device.checkIn()).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
  });

  it('that breaks keeps the enrollment, what was applied, and what the link learned', async () => {
    const { saved, store } = recordingStore();
    const { device, authority } = setUp({ store });
    await device.enroll(here);
    authority.commands = [install('office')];
    authority.failures = ['busy'];
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect([device.state.lifecycle, names(device)]).toEqual(['enrolled', ['office']]);
    expect(saved.at(-1)?.link?.data).toMatchObject({ sessions: 1 });
  });

  it('by a device the authority disowned ends the enrollment and takes all that was managed', async () => {
    const { device, authority, events } = setUp();
    await device.enroll(here);
    authority.commands = [install('office')];
    await device.checkIn();
    authority.failures = ['disown'];
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
    expect(device.state.link).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: 'disowned', authority: 'office365' });
    expect([authority.forgotten, authority.goodbyes]).toEqual([['office365'], []]);
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
  });

  it('lets the caller decide in the device’s place', async () => {
    const { device, authority } = setUp({
      decide: ({ kind }) => (kind === 'rename' ? { status: 'failed', reason: 'no' } : undefined),
    });
    await device.enroll(here);
    const { deviceName } = device.state.condition;
    authority.commands = [{ kind: 'rename', deviceName: 'Bob' }];
    await device.checkIn();
    expect(authority.outcomes).toEqual([{ status: 'failed', reason: 'no' }]);
    expect(device.state.condition.deviceName).toBe(deviceName);
  });

  it('goes on when a listener throws', async () => {
    const { device, log } = setUp();
    device.onEvent(() => {
      throw new Error('listener');
    });
    await device.enroll(here);
    expect(log.lines.map(({ event }) => event)).toContain('BUG');
  });
});

describe('a device that cannot be saved', () => {
  it('ends the session before the authority is told, by name and once', async () => {
    const { store } = recordingStore();
    const { device, log, events } = setUp({ store });
    await device.enroll(here);
    store.save = () => Promise.reject(agentError('STATE_UNSAVED', 'no room'));
    await expect(device.rename('x')).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    expect(log.lines.map(({ event }) => event)).toEqual(['STATE_UNSAVED']);
    expect(types(events)).not.toContain('checked-in');
    expect(device.state.lifecycle).toBe('enrolled');
  });
});

describe('leaving', () => {
  it('says goodbye, drops what was managed and keeps what is its own', async () => {
    const { device, authority, events } = setUp();
    await device.enroll(here);
    await device.rename('mine');
    authority.commands = [install('office')];
    await device.checkIn();
    await device.leave();
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [], condition: { deviceName: 'mine' } });
    expect([authority.goodbyes, authority.forgotten]).toEqual([['office365'], ['office365']]);
    expect(events.at(-1)).toMatchObject({ type: 'left', authority: 'office365' });
  });

  it('leaves the user the apps that are to stay', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    const app = (id: string, rest: object) => ({ id, name: id, version: '1', sizeBytes: 1, ...rest });
    const apps = [
      app('own', { managed: false }),
      app('goes', { managed: true }),
      app('stays', { managed: true, stays: true }),
    ];
    authority.commands = [{ kind: 'native', platform: 'ios', name: 'InstallApplication', body: { change: { apps } } }];
    await device.checkIn();
    await device.leave();
    expect(device.state.apps).toEqual([app('own', { managed: false }), app('stays', { managed: false })]);
  });

  it('succeeds although the authority does not answer, or the device is offline', async () => {
    for (const isOnline of [true, false]) {
      const { device, authority } = setUp();
      await device.enroll(here);
      authority.failures = ['lost'];
      await device.setOnline(isOnline);
      await device.leave();
      expect([device.state.lifecycle, authority.goodbyes]).toEqual(['unenrolled', []]);
    }
  });

  it('by the authority’s wish ends with the session (retire)', async () => {
    const { device, authority, events } = setUp();
    await device.enroll(here);
    authority.commands = [install('office'), { kind: 'retire' }];
    expect(await device.checkIn()).toMatchObject({ left: 'removed' });
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
    expect(types(events).slice(-2)).toEqual(['checked-in', 'left']);
  });

  it('by a wipe takes everything, also when the authority never heard that it was done', async () => {
    const { device, authority, events } = setUp();
    await device.enroll(here);
    await device.setPasscode('1234');
    await device.rename('mine');
    authority.commands = [install('office'), { kind: 'wipe' }];
    authority.failures = ['lost'];
    expect(await device.checkIn()).toMatchObject({ left: 'wiped', commands: 2 });
    expect(device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [], condition: { deviceName: 'iPhone' } });
    expect(device.state.condition.passcode).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: 'wiped' });
  });

  it('by a wipe with Return to Service is followed by the next enrollment', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.next = there;
    authority.commands = [{ kind: 'wipe' }];
    expect(await device.checkIn()).toMatchObject({ left: 'wiped', next: there });
    expect(device.state).toMatchObject({ lifecycle: 'enrolled', link: { authority: 'intune' } });
  });

  it('tries the enrollment after a wipe again while it lives, for as long as that can help', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    authority.next = there;
    authority.commands = [{ kind: 'wipe' }];
    authority.enrollFailures = ['busy', 'lost'];
    await device.checkIn();
    expect(device.state.link).toBeUndefined();
    await clock.advance(60_000);
    expect(device.state).toMatchObject({ lifecycle: 'enrolled', link: { authority: 'intune' } });
  });
});

describe('switching', () => {
  it('leaves the one authority and joins the other', async () => {
    const { device, authority, events } = setUp();
    await device.enroll(here);
    authority.commands = [install('office')];
    await device.checkIn();
    await device.switchTo(there);
    expect(device.state).toMatchObject({ lifecycle: 'enrolled', link: { authority: 'intune' }, holdings: [] });
    expect([authority.goodbyes, authority.forgotten]).toEqual([['office365'], ['office365']]);
    expect(types(events).slice(-3)).toEqual(['left', 'enrolling', 'enrolled']);
  });

  it('is stored as having left before the old authority’s key is forgotten', async () => {
    const { saved, store } = recordingStore();
    const { device, authority } = setUp({ store });
    await device.enroll(here);
    authority.enrollFailures = ['hang'];
    const stop = new AbortController();
    const switching = expect(device.switchTo(there, stop.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(saved.at(-1)).toMatchObject({ lifecycle: 'switching', holdings: [] });
    expect(saved.at(-1)?.link).toBeUndefined();
    stop.abort();
    await switching;
  });

  it('leaves an orphan when the other refuses, which may enroll later', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.enrollFailures = ['busy'];
    await expect(device.switchTo(there)).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(device.state).toMatchObject({ lifecycle: 'orphaned', holdings: [] });
    expect(device.state.link).toBeUndefined();
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
    await device.enroll(there);
    expect(device.state.lifecycle).toBe('enrolled');
  });

  it('is not begun by a device that is offline or not enrolled', async () => {
    const { device } = setUp();
    await expect(device.switchTo(there)).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
    await device.enroll(here);
    await device.setOnline(false);
    await expect(device.switchTo(there)).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    expect(device.state).toMatchObject({ lifecycle: 'enrolled', link: { authority: 'office365' } });
  });
});

describe('a locked device', () => {
  it('answers later, owes a check-in and makes it when unlocked', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    await device.setPasscode('1234');
    await device.lock();
    authority.commands = [install('office')];
    expect(await device.checkIn()).toMatchObject({ later: 1 });
    expect([device.state.owesCheckIn, names(device)]).toEqual([true, []]);
    await device.unlock();
    expect([device.state.owesCheckIn, names(device)]).toEqual([false, ['office']]);
  });

  it('lives on and makes the owed check-in by itself', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    await device.setPasscode('1234');
    await device.lock();
    void alive(device);
    authority.commands = [install('office')];
    authority.wake();
    await clock.advance(0);
    expect(device.state.owesCheckIn).toBe(true);
    await device.unlock();
    await clock.advance(0);
    expect(names(device)).toEqual(['office']);
  });

  it('is locked after a restart if it has a passcode, and unlocked by clearing it', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.commands = [{ kind: 'restart' }];
    await device.checkIn();
    expect(device.state.condition.locked).toBe(false);
    await device.setPasscode('1');
    authority.commands = [{ kind: 'restart' }];
    await device.checkIn();
    expect(device.state.condition.locked).toBe(true);
    authority.commands = [{ kind: 'clear-passcode' }];
    await device.checkIn();
    expect(device.state.condition).toMatchObject({ locked: false });
    expect(device.state.condition.passcode).toBeUndefined();
  });
});

describe('a person at a managed device', () => {
  it('cannot set a passcode that a policy forbids, and changes nothing by trying', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    await device.setPasscode('111111');
    const policy = { required: true, minLength: 6, allowSimple: false } as const;
    const profile = { kind: 'configuration', name: 'policy', type: 't', passcode: policy, settings: {} } as const;
    authority.commands = [{ kind: 'install-profile', profile }];
    await device.checkIn();
    expect(device.state.condition.passcode).toBe('111111'); // only not compliant
    const { state } = device;
    for (const [passcode, fault] of [
      ['4829', 'short'],
      ['222222', 'repeats'],
      [undefined, 'missing'],
    ] as const)
      await expect(device.setPasscode(passcode)).rejects.toMatchObject({
        code: 'PASSCODE_REFUSED',
        details: { fault },
      });
    expect(device.state).toBe(state);
    await device.setPasscode('482915');
    expect(device.state.condition.passcode).toBe('482915');
  });
});

describe('a lost device', () => {
  it('is not unlocked by whoever holds it', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    await device.setPasscode('1234');
    authority.commands = [{ kind: 'lost-mode', on: true, message: 'Please call', footnote: 'Example Ltd' }];
    await device.checkIn();
    await device.unlock();
    expect(device.state.condition).toMatchObject({
      locked: true,
      lostMode: { message: 'Please call', footnote: 'Example Ltd' },
    });
    authority.commands = [{ kind: 'lost-mode', on: false }];
    await device.checkIn();
    await device.unlock();
    expect(device.state.condition.locked).toBe(false);
  });

  it('shows the message of a lock until it is unlocked', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.commands = [{ kind: 'lock', message: 'Call us' }];
    await device.checkIn();
    expect(device.state.condition.lockMessage).toBe('Call us');
    await device.unlock();
    expect(device.state.condition).not.toHaveProperty('lockMessage');
  });
});

describe('a device that is offline', () => {
  it('does not talk', async () => {
    const { http, requests } = fakeHttp(() => ({ status: 200 }));
    const { device, authority } = setUp({ ports: fakePorts(http) });
    await device.setOnline(false);
    await expect(device.enroll(here)).rejects.toMatchObject({ code: 'TRANSPORT_LOST', details: { reason: 'offline' } });
    await device.setOnline(true);
    await device.enroll(here);
    await device.setOnline(false);
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    expect([authority.sessions, requests.length]).toEqual([0, 0]);
  });

  it('breaks the session that runs', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.failures = ['hang'];
    const session = expect(device.checkIn()).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    await new Promise((resolve) => setImmediate(resolve));
    await device.setOnline(false);
    await session;
    expect(device.state.lifecycle).toBe('enrolled');
  });

  it('misses wake-ups and checks in when it is online again, if one was kept', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    await device.setOnline(false);
    await clock.advance(0);
    expect(authority.listening).toBe(0);
    authority.wake();
    authority.wake();
    await clock.advance(3_600_000);
    expect(authority.sessions).toBe(0);
    await device.setOnline(true);
    await clock.advance(0);
    expect(authority.sessions).toBe(1);
  });

  it('comes to itself again after a shut-down when it is brought online', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    authority.commands = [{ kind: 'shut-down' }];
    await device.checkIn();
    expect(device.state.condition.powered).toBe(false);
    const off = {
      code: 'DEVICE_OFF',
      message: 'the device is switched off',
      hint: expect.not.stringContaining('--ca'),
    };
    await expect(device.checkIn()).rejects.toMatchObject(off);
    await expect(device.useResource('wifi')).rejects.toMatchObject(off);
    await expect(device.switchTo(here)).rejects.toMatchObject(off);
    await device.setOnline(true);
    await device.checkIn();
    expect(authority.sessions).toBe(2);
  });
});

describe('a living device', () => {
  it('answers wake-ups; those during a session are one', async () => {
    const { device, authority, clock, events } = setUp();
    await device.enroll(here);
    void alive(device);
    await clock.advance(0);
    let isFirst = true;
    authority.during = async () => {
      if (!isFirst) return;
      isFirst = false;
      for (let count = 0; count < 5; count++) {
        authority.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    authority.wake();
    for (let turns = 0; turns < 20; turns++) await clock.advance(0);
    expect(authority.sessions).toBe(2);
    expect(types(events)).toContain('woken');
  });

  it('does not check in for a wake-up that a check-in by hand has answered, but does for one that failed', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    await clock.advance(0);
    const first = device.checkIn(); // takes its turn at once
    authority.during = async () => {
      authority.during = () => {};
      await new Promise((resolve) => setImmediate(resolve));
    };
    const second = device.checkIn(); // waits: what wakes the device meanwhile came before it
    authority.wake();
    await Promise.all([first, second]);
    for (let turns = 0; turns < 20; turns++) await clock.advance(0);
    expect(authority.sessions).toBe(2);
    authority.during = () => {
      authority.during = () => {};
      authority.wake();
    };
    const third = device.checkIn();
    authority.failures = ['hang'];
    const stop = new AbortController();
    const fourth = expect(device.checkIn(stop.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    stop.abort();
    await fourth;
    await device.setOnline(false);
    await expect(third).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    await device.setOnline(true);
    for (let turns = 0; turns < 20; turns++) await clock.advance(0);
    expect(authority.sessions).toBe(4);
  });

  it('owns no timer while nothing is due', async () => {
    const { device, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    await clock.advance(0);
    expect(clock.pending).toBe(0);
  });

  it('keeps its own schedule', async () => {
    const { device, authority, clock } = setUp({ checkInEveryMs: 8 * 3_600_000 });
    await device.enroll(here);
    void alive(device);
    await clock.advance(24 * 3_600_000 + 1);
    expect(authority.sessions).toBe(3);
  });

  it('tries again after longer and longer pauses, a bounded number of times', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    authority.failures = new Array(100).fill('busy');
    authority.wake();
    await clock.advance(0);
    expect(authority.sessions).toBe(1);
    await clock.advance(24 * 3_600_000);
    expect(authority.sessions).toBe(6);
    authority.failures = ['lost', 'busy'];
    authority.wake();
    await clock.advance(60_000);
    expect(authority.sessions).toBe(9);
    expect(clock.pending).toBe(0);
  });

  it('does not wait out its pause when the authority asks again meanwhile', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    authority.failures = ['busy', 'busy'];
    for (const sessions of [1, 2, 3]) {
      authority.wake();
      await clock.advance(0);
      await clock.advance(0);
      expect(authority.sessions).toBe(sessions);
    }
    expect(clock.pending).toBe(0);
  });

  it('does not try again what cannot help, and lives on after being disowned', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    authority.failures = ['bug'];
    authority.wake();
    await clock.advance(3_600_000);
    expect(authority.sessions).toBe(1);
    authority.failures = ['disown'];
    authority.wake();
    await clock.advance(3_600_000);
    expect([authority.sessions, device.state.lifecycle, authority.listening]).toEqual([2, 'unenrolled', 0]);
    await device.enroll(there);
    authority.wake();
    await clock.advance(0);
    expect([authority.sessions, authority.listening]).toEqual([3, 1]);
  });

  it('goes on after an interruption by offline when it is online again', async () => {
    const { device, authority, clock } = setUp();
    await device.enroll(here);
    void alive(device);
    authority.failures = ['hang'];
    authority.wake();
    await clock.advance(0);
    await device.setOnline(false);
    await clock.advance(3_600_000);
    expect(authority.sessions).toBe(1);
    await device.setOnline(true);
    await clock.advance(0);
    expect(authority.sessions).toBe(2);
  });

  it('stops at once, in a pause as in a session, and when it is closed', async () => {
    for (const failure of ['hang', 'busy'] as const) {
      const { device, authority, clock } = setUp();
      await device.enroll(here);
      const controller = new AbortController();
      const lived = device.run(controller.signal);
      authority.failures = [failure];
      authority.wake();
      await clock.advance(0);
      controller.abort();
      await lived;
      expect(authority.listening).toBe(0);
      const again = device.run(new AbortController().signal);
      await device.close();
      await again;
      await expect(device.checkIn()).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(clock.pending).toBe(0);
    }
  });
});

describe('a stored device', () => {
  it('is picked up with its link, and its state is what it was', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    await device.checkIn();
    const again = createDeviceOf(fakePlatform(authority), { platform: 'ios', ports: fakePorts(), state: device.state });
    expect(again.state).toBe(device.state);
    await again.checkIn();
    expect(again.state.link?.data).toMatchObject({ sessions: 2 });
    expect(authority.enrolled).toHaveLength(1);
  });

  it('that was cut off in the middle is in a state that goes on', async () => {
    const { device, authority } = setUp();
    const unlinked = device.state;
    await device.enroll(here);
    const linked = device.state;
    const pickUp = (state: DeviceState) =>
      createDeviceOf(fakePlatform(authority), { platform: 'ios', ports: fakePorts(), state }).state.lifecycle;
    expect(pickUp({ ...unlinked, lifecycle: 'enrolling' })).toBe('unenrolled');
    expect(pickUp({ ...unlinked, lifecycle: 'switching' })).toBe('orphaned');
    expect(pickUp({ ...linked, lifecycle: 'switching' })).toBe('enrolled');
    const half = { profile: wifi('half'), authority: 'x', installedAt: 0 };
    const again = createDeviceOf(fakePlatform(authority), {
      platform: 'ios',
      ports: fakePorts(),
      state: { ...unlinked, lifecycle: 'enrolling', holdings: [half] },
    });
    expect(again.state.holdings).toEqual([]);
    const corrupt = expect.objectContaining({ code: 'STATE_CORRUPT' });
    expect(() => pickUp({ ...unlinked, lifecycle: 'enrolled' })).toThrow(corrupt);
    expect(() => pickUp({ ...linked, facts: { ...linked.facts, platform: 'windows' } })).toThrow(corrupt);
  });

  it('with a link that cannot be read says so', async () => {
    const { device, authority } = setUp();
    await device.enroll(here);
    const state: DeviceState = { ...device.state, link: { platform: 'ios', authority: 'x', data: {} } };
    const again = createDeviceOf(fakePlatform(authority), { platform: 'ios', ports: fakePorts(), state });
    await expect(again.checkIn()).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
  });

  it('is the same for the same randomness, but for the facts that were given', () => {
    const states = [{}, { serial: 'S1' }].map((facts) => setUp({ facts }).device.state);
    expect(states[1]).toEqual({ ...states[0], facts: { ...states[0]?.facts, serial: 'S1' } });
  });
});

describe('using a resource', () => {
  async function holding(answer: Parameters<typeof fakeHttp>[0]) {
    const { http, requests } = fakeHttp(answer);
    const made = setUp({ ports: fakePorts(http) });
    await made.device.enroll(here);
    made.authority.commands = [install('office')];
    await made.device.checkIn();
    return { ...made, requests };
  }

  it('shows the gate what the profile gave', async () => {
    const { device, requests } = await holding(() => ({ status: 204 }));
    await device.useResource('wifi', 'office');
    await device.useResource('wifi');
    expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://gate.test/resources/wifi' });
    expect(JSON.parse(String(requests[0]?.body))).toEqual({
      deviceId: device.state.facts.id,
      name: 'office',
      secret: 'hunter2',
    });
  });

  it('shows it an identity, not the root that came before it', async () => {
    const { device, authority, requests } = await holding(() => ({ status: 204 }));
    const certificate = (name: 'root' | 'identity'): Command => ({
      kind: 'install-profile',
      profile: { kind: 'certificate', name, role: name, source: { type: 'der', der: Buffer.from(name) } },
    });
    authority.commands = [certificate('root'), certificate('identity')];
    await device.checkIn();
    await device.useResource('certificate');
    await device.useResource('certificate', 'root');
    expect(requests.map(({ body }) => JSON.parse(String(body)).name)).toEqual(['identity', 'root']);
  });

  it('is refused with the gate’s reason, or the status where it gives none', async () => {
    for (const [status, body, reason] of [
      [403, '{"reason":"profile is stale"}', 'profile is stale'],
      [404, '<html>', 'status 404'],
      [409, '[]', 'status 409'],
    ] as const) {
      const { device } = await holding(() => ({ status, body }));
      await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED', details: { reason } });
    }
    const { device } = await holding(() => ({ status: 503 }));
    await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
  });

  it('is not even tried with a profile that is not held', async () => {
    const { device, requests } = await holding(() => ({ status: 204 }));
    for (const [kind, name] of [['email'], ['wifi', 'other']] as const)
      await expect(device.useResource(kind, name)).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
    await device.leave();
    await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'NOT_ENROLLED' });
    expect(requests).toHaveLength(0);
  });
});
