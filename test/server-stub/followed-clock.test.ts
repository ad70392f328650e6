// A device that lives by the stub's clock: what the stub does with its time happens to the device's, over the wire.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  enrollAddress,
  type FollowOptions,
  followClock,
  seededRandom,
} from '../../agent/index.js';
import { type Clock, settle } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import { memoryLog, silentLog } from '../../base/log.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { type AuthorityOptions, startAuthority } from '../../server-stub/index.js';
import { authorityKeys, deviceKeys } from '../support/keys.js';
import { nextEvent } from '../support/stage.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

async function open(options: AuthorityOptions = {}) {
  const log = memoryLog();
  const running = await startAuthority({
    port: 0,
    clockSetting: 'manual',
    log,
    newRsaKey: authorityKeys(),
    ...options,
  });
  onTestFinished(() => running.close());
  return { ...running, stub: running, log };
}

async function follow(options: FollowOptions) {
  const clock = await followClock({ log: silentLog, ...options });
  onTestFinished(() => clock.close());
  return clock;
}

const codeOf = async (attempt: Promise<unknown>): Promise<string> => {
  const [result] = await Promise.allSettled([attempt]);
  if (result.status === 'fulfilled') return 'none';
  return isRollcallError(result.reason) ? result.reason.code : String(result.reason);
};

describe('a clock that follows the stub’s', () => {
  it('is moved with it: timers on the way fire in order, each at its own time, and before the stub has come further', async () => {
    const { stub, url, caPem: ca } = await open();
    const clock = await follow({ url, ca });
    const start = stub.clock.now();
    expect(clock.now()).toBe(start);
    const seen: string[] = [];
    const note =
      (name: string, on = clock as Clock) =>
      () =>
        seen.push(`${name} ${(on.now() - start) / hourMs}`);
    clock.after(30 * hourMs, note('device'));
    clock.after(2 * hourMs, note('device'));
    stub.clock.after(8 * hourMs, note('stub', stub.clock));
    stub.clock.after(24 * hourMs, note('stub', stub.clock));
    await stub.clock.advance(2 * dayMs);
    expect(seen).toEqual(['device 2', 'stub 8', 'stub 24', 'device 30']);
    expect(clock.now()).toBe(start + 2 * dayMs);
  });

  it('tells what is due next: the stub stands at that time until it is done, and nowhere else', async () => {
    const { stub, url, caPem: ca } = await open({ tls: false });
    const clock = await follow({ url, ca });
    const start = stub.clock.now();
    const apart: number[] = [];
    const again = (left: number) => () => {
      const release = clock.hold(); // a session, that takes its time and then says when the next one is
      void fetch(`${url}/stub/v1/clock`).then(() => {
        apart.push(stub.clock.now() - clock.now());
        if (left > 0) clock.after(8 * hourMs + 7, again(left - 1));
        release();
      });
    };
    clock.after(8 * hourMs + 7, again(4));
    const before = stub.clock.changes;
    await stub.clock.advance(180 * dayMs);
    expect(apart).toEqual([0, 0, 0, 0, 0]);
    expect(clock.now()).toBe(start + 180 * dayMs);
    expect(stub.clock.changes - before).toBeLessThan(60); // 720 it would be in steps of six hours
  });

  it('stands while a device holds it, and the stub’s move waits for that', async () => {
    const { stub, url, caPem: ca } = await open({ tls: false });
    const clock = await follow({ url, ca });
    const [start, before] = [stub.clock.now(), stub.clock.changes];
    const release = clock.hold();
    const moved = stub.clock.advance(hourMs);
    while (stub.clock.changes === before) await settle();
    for (let count = 0; count < 3; count++) await fetch(`${url}/stub/v1/clock`);
    expect(clock.now()).toBe(start);
    release();
    await moved;
    expect(clock.now()).toBe(start + hourMs);
  });

  it('changes its pace when the stub’s does', async () => {
    const { stub, url, caPem: ca } = await open();
    const clock = await follow({ url, ca });
    const slept = clock.sleep(10 * hourMs);
    await stub.clock.set(1_000_000);
    await slept;
    await stub.clock.set('manual');
    await stub.clock.advance(dayMs);
    const apart = clock.now() - stub.clock.now();
    expect(apart).toBeGreaterThanOrEqual(0); // an answer travels for a while, and the pace was great
    await stub.clock.advance(30 * dayMs);
    expect(clock.now() - stub.clock.now()).toBeLessThanOrEqual(apart);
  });

  it('is told by a server whose certificate has no date in common with the machine’s, but by no other than the CA’s', async () => {
    const first = await open();
    await first.stub.clock.advance(15 * 365 * dayMs);
    const clock = await follow({ url: first.url, ca: first.caPem });
    expect(clock.now()).toBe(first.stub.clock.now());
    expect(await codeOf(followClock({ url: first.url }))).toBe('TLS_UNTRUSTED');
  });

  it('has devices check in as the stub’s schedule says, with the time that the stub has', async () => {
    const {
      stub,
      tenant,
      url,
      pushUrl,
      caPem: ca,
      log,
    } = await open({
      tenant: defaultTenant({ authority: 'office365', users: 1 }),
    });
    const clock = await follow({ url, ca });
    const made = await createPorts({ clock, ca, pushUrl, keys: deviceKeys(1) });
    onTestFinished(() => made.close());
    const device = createDevice({ platform: 'ios', ports: { ...made.ports, random: seededRandom('follows', 1) } });
    onTestFinished(() => device.close());
    const user = tenant.users()[0]?.upn ?? '';
    await device.enroll({ authority: 'stub', url: enrollAddress('ios', url, user), user });
    await device.checkIn();
    const living = new AbortController();
    onTestFinished(() => living.abort(new Error('the test has ended')));
    void device.run(living.signal);
    const start = stub.clock.now();
    for (const days of [2, 1]) {
      const came = nextEvent(device, 'checked-in');
      await stub.clock.advance(days * dayMs);
      expect((await came).at - start).toBeGreaterThanOrEqual(8 * hourMs);
    }
    expect(log.lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([]);
  });

  it('is told in time that there is none: at a server of another kind', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url?.startsWith('/stub/v1/clock') ? 200 : 404;
      response.end('{"now":"soon","scale":1,"changes":0}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await codeOf(followClock({ url }))).toBe('ANSWER_MALFORMED');
  });

  it('goes on when the stub is gone, and follows the next one at its address, though its time lies before', async () => {
    const { stub, url, caPem: ca } = await open({ tls: false });
    await stub.clock.advance(30 * dayMs);
    const log = memoryLog();
    const clock = await follow({ url, ca, log });
    const port = Number(new URL(url).port);
    await stub.close();
    const { stub: next } = await open({ tls: false, port });
    const found = clock.now();
    const start = next.clock.now();
    expect(found).toBeGreaterThan(start);
    while (clock.now() >= found) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(start);
    await next.clock.advance(hourMs);
    expect(clock.now()).toBe(start + hourMs);
    expect(log.lines.map(({ event }) => event)).toContain('CLOCK_BEHIND');
  });
});
