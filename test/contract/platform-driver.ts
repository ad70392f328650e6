import { afterAll, describe, expect, it } from 'vitest';
import { agentError } from '../../agent/errors.js';
import { seededRandom } from '../../agent/io/random.js';
import { applyCommand, newDevice } from '../../agent/model/apply-command.js';
import type { Happening } from '../../agent/model/happening.js';
import type { Leniency } from '../../agent/model/leniency.js';
import type { Ports, WakeOwner } from '../../agent/model/ports.js';
import type { DeviceState } from '../../agent/model/state.js';
import {
  type Apply,
  checkInReasons,
  type Driver,
  type Invitation,
  type Link,
  type Platform,
} from '../../agent/platform/driver.js';
import { packState, unpackState } from '../../agent/store/pack.js';
import type { Command, Outcome, Profile } from '../../protocol/vocabulary.js';

/** An authority that speaks the platform's protocol and does what the suite asks. One for all tests of a suite. */
export interface PlatformHarness {
  /** The world with this authority in it; the device's own randomness is the suite's. */
  readonly ports: Ports;
  invitation(): Invitation;
  /** An invitation that this authority refuses. */
  badInvitation(): Invitation;
  /** Lets the next session of this device carry the command, and asks the device to check in. */
  queue(deviceId: string, command: Command): Promise<void>;
  /** The outcomes that this device has reported for what was queued here, in order. */
  outcomes(deviceId: string): Promise<readonly Outcome['status'][]>;
  /** Forgets the device without telling it. */
  disown(deviceId: string): Promise<void>;
  /** How a device hears of that in its next session: it is refused, or told to leave. */
  readonly disowned: 'refused' | 'told';
  /** A new name is the device's at once, or when it next starts. */
  readonly renames: 'at-once' | 'at-start';
  /** Commands one by one, or what the device is to be like as one document: then it does not see what was wanted in between. */
  readonly delivers: 'commands' | 'document';
  /** Whether the protocol has a word for a device that leaves. */
  readonly leaves: 'told' | 'silent';
  /** Ids of the devices that are enrolled. */
  devices(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Its name is its SSID: some platforms know a network by no other. */
const wifi = (name: string, hidden = false): Profile => ({
  kind: 'wifi',
  name,
  ssid: name,
  hidden,
  autoJoin: true,
  security: 'wpa2',
  passphrase: 'a long passphrase',
});

/** What every folder under platform/ must do, whatever its protocol. */
export function platformDriverContract(platform: Platform, open: () => Promise<PlatformHarness>): void {
  const { name } = platform;

  let opened: Promise<PlatformHarness> | undefined;
  let devices = 0;
  const links: Link[] = [];
  let kept: ReturnType<typeof enrolled> | undefined;

  /** The least of a device that a driver can work for; each is another one. */
  async function setUp(owner?: WakeOwner) {
    opened ??= open();
    const harness = await opened;
    const index = ++devices;
    const { wake } = harness.ports;
    const ports: Ports = {
      ...harness.ports,
      random: seededRandom(`contract ${name}`, index),
      ...(wake === undefined || owner === undefined ? {} : { wake: wake.ownedBy(owner) }),
    };
    const happenings: Happening[] = [];
    const tell = (happening: Happening) => void happenings.push(happening);
    const view = { state: newDevice(platform.describe(ports.random), 50), lenient: new Set<Leniency>(), tell };
    const commands: Command[] = [];
    const apply: Apply = async (command, whose) => {
      commands.push(command);
      const carried = applyCommand(view.state, command, 'contract', ports.clock.now(), whose);
      view.state = carried.state;
      return carried.outcome;
    };
    const controller = new AbortController();
    const driver: Driver = platform.create(view, ports);
    const enroll = async (): Promise<Link> => {
      const link = await driver.enroll(harness.invitation(), apply, controller.signal);
      view.state = { ...view.state, lifecycle: 'enrolled', link: link.saved };
      links.push(link);
      return link;
    };
    /** Checks in until the authority has nothing more, as what it gives at the beginning may take several sessions. */
    const settle = async (link: Link): Promise<void> => {
      for (let sessions = 1; ; sessions++) {
        const { commands: count } = await link.checkIn({ reason: 'by-hand', apply, signal: controller.signal });
        commands.length = 0;
        if (count === 0) return;
        if (sessions === 20) throw new Error('the authority has something new in each session');
      }
    };
    return {
      harness,
      ports,
      view,
      happenings,
      commands,
      apply,
      signal: controller.signal,
      driver,
      enroll,
      settle,
      id: view.state.facts.id,
    };
  }

  /** One that has enrolled and has nothing more to be told. */
  async function enrolled(owner?: WakeOwner) {
    const parts = await setUp(owner);
    const link = await parts.enroll();
    await parts.settle(link);
    return { ...parts, link };
  }

  /** One for all tests that leave it enrolled. */
  async function keptOne() {
    kept ??= enrolled();
    const one = await kept;
    await one.settle(one.link);
    one.happenings.length = 0;
    return one;
  }

  describe(`the driver contract: ${name}`, () => {
    afterAll(async () => {
      for (const link of links) await link.forget();
      await opened?.then((harness) => harness.close());
    });

    it('invents the same device from the same randomness and another from another', () => {
      const invent = (index: number) => platform.describe(seededRandom('facts', index));
      expect(invent(1)).toEqual(invent(1));
      const many = Array.from({ length: 200 }, (_, index) => invent(index));
      for (const key of ['id', 'serial', 'wifiMac', 'bluetoothMac'] as const)
        expect([key, new Set(many.map((facts) => facts[key])).size]).toEqual([key, 200]);
      for (const facts of many) {
        expect(facts.platform).toBe(name);
        expect(facts.id).toMatch(/^[A-Za-z0-9._-]{1,200}$/); // safe in a file name
      }
    });

    it('joins, and keeps what it needs as plain values under the label it was given', async () => {
      const { harness, enroll, view, id } = await setUp();
      const link = await enroll();
      expect(link.saved).toMatchObject({ platform: name, authority: harness.invitation().authority });
      expect(await harness.devices()).toContain(id);
      expect(unpackState(packState(view.state))).toEqual(view.state);
    });

    it('leaves nothing behind at an authority that refuses', async () => {
      const { harness, driver, apply, signal, view, id } = await setUp();
      const before = view.state;
      await expect(driver.enroll(harness.badInvitation(), apply, signal)).rejects.toThrow();
      expect(view.state.holdings).toEqual(before.holdings);
      expect(await harness.devices()).not.toContain(id);
    });

    it('stops at once when told to, before and during an enrollment', async () => {
      const { harness, driver, apply, id } = await setUp();
      const stopped = AbortSignal.abort(new Error('stopped'));
      await expect(driver.enroll(harness.invitation(), apply, stopped)).rejects.toThrow();
      const controller = new AbortController();
      const enrolling = expect(driver.enroll(harness.invitation(), apply, controller.signal)).rejects.toThrow();
      setImmediate(() => controller.abort(new Error('stopped')));
      await enrolling;
      expect(await harness.devices()).not.toContain(id);
    });

    it('ends a session when the authority has no more, and says how it went', async () => {
      const { apply, signal, link } = await keptOne();
      const report = await link.checkIn({ reason: 'by-hand', apply, signal });
      expect(report).toMatchObject({ commands: 0, later: 0 });
      expect(report.requests).toBeGreaterThan(0);
      expect(report.left).toBeUndefined();
    });

    it('turns what the authority asks into neutral commands, in order, and reports each outcome', async () => {
      const { harness, apply, signal, view, commands, happenings, id, link } = await keptOne();
      happenings.length = 0;
      const before = (await harness.outcomes(id)).length;
      const isDocument = harness.delivers === 'document';
      const least = isDocument ? 2 : 3;
      await harness.queue(id, { kind: 'install-profile', profile: wifi('contract') });
      await harness.queue(id, { kind: 'install-profile', profile: wifi('contract', true) });
      await harness.queue(id, { kind: 'rename', deviceName: 'Contract' });
      expect(await link.checkIn({ reason: 'by-hand', apply, signal })).toMatchObject({
        commands: expect.toSatisfy((count: number) => count >= least), // a protocol may need more than one for it
        later: 0,
      });
      const isNamed = harness.renames === 'at-once';
      const installs = isDocument ? ['install-profile'] : ['install-profile', 'install-profile'];
      const carriedOut = [...installs, ...(isNamed ? ['rename'] : [])];
      const kinds = commands.map(({ kind }) => kind);
      expect(isDocument ? kinds.sort() : kinds).toEqual(carriedOut); // a document has an order of its own
      expect(view.state.condition.deviceName === 'Contract').toBe(isNamed);
      const told = happenings.flatMap((each) => (each.type === 'command' ? [each] : []));
      expect(told.length).toBeGreaterThanOrEqual(least);
      expect(new Set(told.map(({ status }) => status))).toEqual(new Set(['done']));
      expect(new Set(told.map((each) => each.id)).size).toBe(told.length);
      expect(told.every((each) => each.name !== '' && each.said !== '')).toBe(true);
      const held = view.state.holdings.filter(({ profile }) => profile.name === 'contract');
      expect(held.map(({ profile }) => profile)).toMatchObject([{ kind: 'wifi', ssid: 'contract', hidden: true }]);
      expect((await harness.outcomes(id)).slice(before)).toEqual(['done', 'done', 'done']);
      await harness.queue(id, { kind: 'remove-profile', name: 'contract' });
      await link.checkIn({ reason: 'by-hand', apply, signal });
      expect(view.state.holdings.some(({ profile }) => profile.name === 'contract')).toBe(false);
    });

    it('keeps what a command changed before the authority hears of it', async () => {
      const { harness, apply, signal, view, id, link } = await keptOne();
      const heardBefore = (await harness.outcomes(id)).length;
      await harness.queue(id, { kind: 'install-profile', profile: wifi('kept') });
      const kept: { isHeld: boolean; heard: number; saved: unknown }[] = [];
      const save = async () => {
        kept.push({
          isHeld: view.state.holdings.some(({ profile }) => profile.name === 'kept'),
          heard: (await harness.outcomes(id)).length - heardBefore,
          saved: link.saved,
        });
      };
      await link.checkIn({ reason: 'by-hand', apply, signal, save });
      const first = kept.find(({ isHeld }) => isHeld);
      expect(first?.heard).toBe(0);
      // of a document the link notes when it has told of it, too
      if (harness.delivers === 'commands') expect(first?.saved).toEqual(link.saved);
      else expect(first?.saved).toBeDefined();
    });

    it('says so when the authority wiped or retired the device', async () => {
      for (const [kind, left] of [
        ['retire', 'removed'],
        ['wipe', 'wiped'],
      ] as const) {
        const { harness, apply, signal, id, link } = await enrolled();
        await harness.queue(id, { kind });
        expect((await link.checkIn({ reason: 'by-hand', apply, signal })).left).toBe(left);
      }
    });

    it('goes on in a later process with what was saved', async () => {
      const { harness, ports, apply, signal, view, id, link } = await enrolled();
      const stored = unpackState(packState({ ...view.state, link: link.saved }));
      const later = platform.create(
        {
          get state() {
            return view.state;
          },
          lenient: view.lenient,
          tell: view.tell,
        },
        { ...ports, random: seededRandom('contract', 1, 'later') },
      );
      if (stored.link === undefined) throw new Error('nothing was stored');
      const resumed = later.resume(stored.link);
      await harness.queue(id, { kind: 'rename', deviceName: 'Resumed' });
      expect(await resumed.checkIn({ reason: 'by-hand', apply, signal })).toMatchObject({ commands: 1 });
      expect(await harness.devices()).toContain(id);
    });

    it('does not pick up a link that it cannot read', async () => {
      const { driver } = await setUp();
      const corrupt = expect.objectContaining({ code: 'STATE_CORRUPT' });
      for (const data of [undefined, null, 'x', [], {}, { identity: 1 }] satisfies unknown[])
        expect(() => driver.resume({ platform: platform.name, authority: 'x', data })).toThrow(corrupt);
    });

    it('learns that it was disowned', async () => {
      const { harness, apply, signal, id, link } = await enrolled();
      await harness.disown(id);
      const session = link.checkIn({ reason: 'by-hand', apply, signal });
      if (harness.disowned === 'told') await expect(session).resolves.toMatchObject({ left: 'removed' });
      else await expect(session).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
    });

    it('stops a session when told to, and can hold another', async () => {
      const { apply, signal, link } = await keptOne();
      await expect(
        link.checkIn({ reason: 'by-hand', apply, signal: AbortSignal.abort(new Error('stopped')) }),
      ).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
      await expect(link.checkIn({ reason: 'by-hand', apply, signal })).resolves.toMatchObject({ commands: 0 });
    });

    it('hears when the authority asks it to check in, until it listens no more', async () => {
      const { harness, id, link } = await keptOne();
      const controller = new AbortController();
      const wakeups = link.wakeups(controller.signal)[Symbol.asyncIterator]();
      const woken = wakeups.next();
      await harness.queue(id, { kind: 'inventory' });
      expect((await woken).done).toBe(false);
      const next = wakeups.next().then(async (result) => (result.done ? result : wakeups.next()));
      controller.abort();
      expect((await next).done).toBe(true);
    });

    it('is woken while nobody listens, as when it is packed: its owner is told, and a session answers it', async () => {
      let told = () => {};
      const { harness, ports, apply, signal, id, link } = await enrolled({ woken: () => told() });
      if (link.wakeAsk !== undefined) ports.wake?.answered(link.wakeAsk); // what it was woken for is settled
      const woken = new Promise<void>((resolve) => {
        told = resolve;
      });
      await harness.queue(id, { kind: 'inventory' });
      await woken;
      const commands = harness.delivers === 'document' ? 0 : 1; // an inventory changes no document
      expect(await link.checkIn({ reason: 'woken', apply, signal })).toMatchObject({ commands });
      expect(link.wakeAsk === undefined ? [] : ports.wake?.answered(link.wakeAsk)).toEqual([]);
    });

    it('asks to be woken in plain data, the same in a later process', async () => {
      const { driver, view, link } = await keptOne();
      const { wakeAsk, saved } = link;
      expect(wakeAsk).toBeDefined();
      expect(JSON.parse(JSON.stringify(wakeAsk))).toEqual(wakeAsk);
      const stored = unpackState(packState({ ...view.state, link: saved })).link;
      if (stored === undefined) throw new Error('nothing was stored');
      expect(driver.resume(stored).wakeAsk).toEqual(wakeAsk);
    });

    it('states what it does by itself: later than it is asked about, and the same each time', async () => {
      const { ports, view, link } = await keptOne();
      const before = [link.saved, view.state];
      const now = ports.clock.now();
      for (const after of [Number.NEGATIVE_INFINITY, 0, now - 1, now, now + 60_000, now + 400 * 86_400_000]) {
        const planned = link.nextCheckIn?.(after);
        expect(planned?.at ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after);
        expect(link.nextCheckIn?.(after)).toEqual(planned);
        expect(link.nextLocalAct?.(after) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after);
      }
      expect([link.saved, view.state]).toEqual(before);
    });

    it('tries a broken session again after a while, and not for ever', async () => {
      const { link } = await keptOne();
      const retry: Link['retry'] = (failed) => link.retry(failed);
      const error = agentError('TRANSPORT_LOST', 'no answer');
      for (const fraction of [0, 0.999]) {
        let tries = 1;
        for (
          let pause = retry({ tries, error, fraction });
          pause !== undefined;
          pause = retry({ tries, error, fraction })
        ) {
          expect(pause).toBeGreaterThan(0);
          expect(pause).toBeLessThanOrEqual(86_400_000);
          expect(++tries).toBeLessThan(1000);
        }
      }
    });

    it('holds a session for whatever reason', async () => {
      const { apply, signal, link } = await keptOne();
      for (const reason of checkInReasons)
        await expect(link.checkIn({ reason, apply, signal })).resolves.toMatchObject({ commands: 0 });
    });

    it('tells the authority that it leaves', async () => {
      const { harness, enroll, signal, id } = await setUp();
      const link = await enroll();
      await link.leave(signal);
      await link.forget();
      await link.forget();
      if (harness.leaves === 'told') expect(await harness.devices()).not.toContain(id);
    });

    it('may enroll again after it has left', async () => {
      const { harness, enroll, apply, signal, id } = await setUp();
      const first: DeviceState['link'] = await enroll().then(async (link) => {
        await link.leave(signal);
        await link.forget();
        return link.saved;
      });
      const again = await enroll();
      expect(again.saved).not.toEqual(first);
      await again.checkIn({ reason: 'by-hand', apply, signal });
      expect(await harness.devices()).toContain(id);
    });
  });
}
