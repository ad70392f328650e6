import { describe, expect, it } from 'vitest';
import {
  agentError,
  type DeviceState,
  enrollAddress,
  type Ports,
  type WakeOwner,
  type WakeUps,
} from '../../agent/index.js';
import { manualClock } from '../../base/clock.js';
import { Population } from '../../fleet/engine/population.js';
import { crowdOf } from '../../fleet/engine/selection.js';
import type { Target } from '../../fleet/engine/target.js';
import { payload, profile } from '../agent/platform/ios/harness.js';
import { openPorts, openTarget, userOf } from './stub.js';

/** For devices that never go near a network. */
const noPorts = () => {
  throw new Error('nothing is to be sent');
};
const idlePorts = {
  clock: { now: () => 0, after: noPorts, sleep: noPorts },
  http: { open: noPorts },
  keys: { take: noPorts, open: noPorts, adopt: noPorts },
  log: { debug() {}, info() {}, warn() {}, error() {}, child: noPorts },
} as unknown as Omit<Ports, 'random'>; // what a device does alone needs none of it

const population = (seed: string, count: number) =>
  new Population({ seed, ...crowdOf({ ios: count }), ports: idlePorts });

const invitation = (target: Target, index: number) => {
  const user = userOf(index);
  return { authority: target.url, url: `${target.url}/enroll/ios?user=${user}`, user };
};

async function facts(of: Population): Promise<DeviceState['facts'][]> {
  return Promise.all(
    Array.from({ length: of.size }, (_, index) => of.turn(index, async (device) => device.state.facts)),
  );
}

describe('a population', () => {
  it('of the same seed has the same devices, of another seed others, and none twice', async () => {
    const first = await facts(population('a', 20));
    expect(await facts(population('a', 20))).toEqual(first);
    expect((await facts(population('a', 5))).length).toBe(5);
    expect(await facts(population('a', 5))).toEqual(first.slice(0, 5));
    const other = await facts(population('b', 20));
    expect(new Set([...first, ...other].map(({ id }) => id)).size).toBe(40);
  });

  it('gives a device one turn at a time, in the order they were asked for', async () => {
    const crowd = population('a', 2);
    const order: string[] = [];
    const turn = (index: number, name: string) =>
      crowd.turn(index, async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
      });
    await Promise.all([turn(0, 'a'), turn(0, 'b'), turn(1, 'other'), turn(0, 'c')]);
    const mine = order.filter((each) => !each.startsWith('other'));
    expect(mine).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(order.indexOf('other begins')).toBeLessThan(order.indexOf('a ends'));
  });

  it('tells who is woken and whose way to be woken is lost, packed as they are', async () => {
    const owners: WakeOwner[] = [];
    const ownedBy = (owner: WakeOwner): WakeUps => {
      owners.push(owner);
      return wake;
    };
    const wake = { ownedBy } as unknown as WakeUps;
    const lost: string[] = [];
    const woken: number[] = [];
    const crowd = new Population({
      seed: 'a',
      ...crowdOf({ ios: 2 }),
      ports: { ...idlePorts, wake },
      onWakeLost: ({ code }) => lost.push(code),
    });
    crowd.onWake((index) => woken.push(index));
    await facts(crowd);
    owners[1]?.lost?.(agentError('PUSH_DUPLICATE', 'two with one number'));
    owners[1]?.woken();
    expect([lost, woken]).toEqual([['PUSH_DUPLICATE'], [1]]);
  });

  it('lets go of a turn that failed, and keeps what the device had become', async () => {
    const crowd = population('a', 1);
    const failing = crowd.turn(0, async (device) => {
      await device.rename('Renamed');
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(await crowd.turn(0, async (device) => device.state.condition.deviceName)).toBe('Renamed');
  });

  it('marks who failed', () => {
    const crowd = population('a', 2);
    crowd.markFailed(1);
    expect([crowd.hasFailed(0), crowd.hasFailed(1)]).toEqual([false, true]);
    expect(() => crowd.hasFailed(2)).toThrow(RangeError);
  });

  it('packs an enrolled device small and unpacks it as it was', async () => {
    const { target } = await openTarget();
    const made = await openPorts(target);
    const crowd = new Population({
      seed: 'packed',
      ...crowdOf({ ios: 2 }),
      ports: made.ports,
      constants: () => made.keys.publicKeys(),
    });
    const states: DeviceState[] = [];
    for (const index of [0, 1])
      await crowd.turn(index, async (device) => {
        const user = userOf(index);
        await device.enroll({ authority: target.url, url: `${target.url}/enroll/ios?user=${user}`, user });
        await device.checkIn();
        states.push(device.state);
      });
    expect(crowd.peek(0)).toEqual(states[0]);
    expect(crowd.peek(1)).toEqual(states[1]);
    const before = crowd.packedBytes();
    expect(before / 2).toBeLessThan(16 * 1024);
    const { commands } = await crowd.turn(1, (device) => device.checkIn());
    expect(commands).toBe(0);
    expect(crowd.packedBytes()).toBe(before);
    expect(crowd.peek(1)?.lastCheckInAt).toBeGreaterThanOrEqual(states[1]?.lastCheckInAt ?? Number.POSITIVE_INFINITY);
  });

  it('packs devices of each platform by one of their own, in a mixed fleet too', async () => {
    const { target } = await openTarget();
    const { ports, keys } = await openPorts(target);
    const devices = crowdOf({ ios: 1, windows: 2 });
    const crowd = new Population({ seed: 'mixed', ...devices, ports, constants: () => keys.publicKeys() });
    const sizes: number[] = [];
    for (const index of [0, 1, 2]) {
      const user = userOf(index);
      const before = crowd.packedBytes();
      await crowd.turn(index, async (device) => {
        const url = enrollAddress(crowd.platformOf(index), target.url, user);
        await device.enroll({ authority: target.url, url, user, secret: '' });
        await device.checkIn();
      });
      sizes.push(crowd.packedBytes() - before);
    }
    expect(crowd.peek(2)?.holdings.length).toBeGreaterThan(3);
    expect(sizes[2]).toBeLessThan(2048); // by an iPhone it was nearly 5000
  });

  it('is told who was woken while packed, and nobody is by a notification that is for another enrollment', async () => {
    const { authority, target } = await openTarget();
    const { ports } = await openPorts(target);
    const crowd = new Population({ seed: 'woken', ...crowdOf({ ios: 3 }), ports });
    for (const index of [0, 1, 2])
      await crowd.turn(index, async (device) => {
        await device.enroll(invitation(target, index));
        await device.checkIn();
      });
    const woken: number[] = [];
    let told: () => void = () => undefined;
    const forget = crowd.onWake((index) => {
      woken.push(index);
      told();
    });
    const data = crowd.peek(2)?.link?.data as { pushToken: Uint8Array };
    const token = Buffer.from(data.pushToken).toString('hex');
    const expiresAt = Date.now() + 60_000;
    authority.push.push({ token, id: 'foreign', payload: '{"mdm":"another"}', expiresAt });
    for (const index of [2, 1]) {
      const next = new Promise<void>((resolve) => {
        told = resolve;
      });
      authority.tenant.queue(crowd.peek(index)?.facts.id ?? '', { kind: 'inventory' });
      await next;
    }
    expect(woken).toEqual([2, 1]);
    forget();
    const { commands } = await crowd.turn(1, (device) => device.checkIn(undefined, 'woken'));
    expect(commands).toBe(1);
  });

  it('says when a packed device has to act by itself, and has it act then', async () => {
    const { authority, target } = await openTarget();
    const { ports } = await openPorts(target);
    const clock = manualClock(Date.now());
    const crowd = new Population({ seed: 'due', ...crowdOf({ ios: 1 }), ports: { ...ports, clock } });
    expect(crowd.nextActAt(0)).toBeUndefined();
    await crowd.turn(0, async (device) => {
      await device.enroll(invitation(target, 0));
      await device.checkIn();
    });
    expect(crowd.nextActAt(0)).toBeUndefined();
    const open = '<key>SSID_STR</key><string>brief</string><key>EncryptionType</key><string>None</string>';
    const wifi = payload('com.apple.wifi.managed', 47, open);
    const body = { Payload: profile('brief', [wifi], '<key>DurationUntilRemoval</key><real>60</real>') };
    const id = crowd.peek(0)?.facts.id ?? '';
    authority.tenant.queue(id, { kind: 'native', platform: 'ios', name: 'InstallProfile', body });
    await crowd.turn(0, (device) => device.checkIn());
    const at = clock.now() + 60_000;
    expect(crowd.nextActAt(0)).toBe(at);
    await clock.advance(60_000);
    expect(await crowd.turn(0, (device) => device.actIfDue())).toBeUndefined();
    expect(crowd.nextActAt(0)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});
