import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../base/log.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { openAuthority } from '../../server-stub/authority.js';
import type { Tenant } from '../../server-stub/core/interfaces.js';
import { openJournal } from '../../server-stub/core/journal.js';
import type { DeviceRecord } from '../../server-stub/core/types.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import type { Dialect, Dialects, OpenDialect } from '../../server-stub/dialect.js';
import type { Route } from '../../server-stub/http-types.js';
import * as registry from '../../server-stub/registry.js';
import { createRouter } from '../../server-stub/router.js';
import {
  type AnyStub,
  emptyTenant,
  openStubOf,
  type Reply,
  type Send,
  type StubOptions,
  user1,
  user2,
} from '../server-stub/ios/stub.js';
import { temporaryFolder } from '../support/programs.js';

/** Whether somebody listens at an address of another protocol. */
function isTakenUp(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const end = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** A device that speaks the dialect's protocol over real sockets. */
export interface DialectDevice {
  readonly id: string;
  /** One session in which every command is done. False: the authority does not know the device any more. */
  checkIn(stub: AnyStub): Promise<boolean>;
  /** How often the authority has asked this device to check in since it was started, as seen from outside of the core. */
  wakes(stub: AnyStub): Promise<number>;
}

export interface HostileRequest {
  /** What is wrong with it. */
  readonly what: string;
  readonly path: string;
  readonly send?: Send;
  /** Whether the answer is the protocol's own refusal. */
  readonly isRefusal: (reply: Reply) => boolean;
}

/** What the suite must be told of a dialect. */
export interface DialectHarness {
  readonly dialect: Dialect;
  /** Enrolls a new device and holds its first session. */
  enroll(stub: AnyStub, user: string): Promise<DialectDevice>;
  /** Begins an enrollment and stops before the last step; the device's id. */
  begin(stub: AnyStub, user: string): Promise<string>;
  /** Requests of strangers, and damaged ones of this device. None may change anything. */
  hostile(stub: AnyStub, device: DialectDevice): readonly HostileRequest[];
  /** Brings something into each table that the dialect announces, over the wire. */
  remember(stub: AnyStub, device: DialectDevice): Promise<void>;
  /** What there is to see of that from outside. */
  recall(stub: AnyStub, device: DialectDevice): Promise<unknown>;
}

const hourMs = 3_600_000;

/** What every platform's folder of the stub must do, whatever its protocol. */
export function dialectContract(harness: DialectHarness): void {
  const { dialect } = harness;
  const { name, traits } = dialect;

  /** A stub with the platforms of the registry, and this one in the place of what it may have there; what happens is noted. */
  async function open(options: StubOptions = {}) {
    const noted = { woken: [] as string[], forgotten: [] as string[], closed: 0 };
    const running = new Map<string, OpenDialect>();
    const noting = (each: Dialect): Dialect => ({
      name: each.name,
      traits: each.traits,
      graph: each.graph,
      tables: each.tables,
      ...(each.tablesOfBefore !== undefined && { tablesOfBefore: each.tablesOfBefore }),
      builtIn: (domain) => each.builtIn(domain),
      async open(services, own) {
        const opened = await each.open(services, own);
        running.set(each.name, opened);
        const isOurs = each.name === name;
        return {
          routes: opened.routes,
          adminRoutes: opened.adminRoutes,
          handle: opened.handle,
          profileNamed: (device, kind, profile) => opened.profileNamed?.(device, kind, profile),
          resume: (device) => opened.resume(device),
          wake(device) {
            if (isOurs) noted.woken.push(device.deviceId);
            return opened.wake(device);
          },
          forget(device) {
            if (isOurs) noted.forgotten.push(device.deviceId);
            opened.forget(device);
          },
          announce: () => opened.announce(),
          close() {
            if (isOurs) noted.closed++;
            return opened.close();
          },
        };
      },
    });
    const served: Dialects = { ...registry, [name]: dialect };
    const dialects = Object.fromEntries(Object.values(served).map((each: Dialect) => [each.name, noting(each)]));
    const stub = await openStubOf((own) => openAuthority<Dialects>(own, dialects), options);
    const own = running.get(name);
    if (own === undefined) throw new Error(`${name} was not opened`);
    return { stub, noted, own, others: [...running.values()].filter((each) => each !== own) };
  }

  const header = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const filled = ({ path }: Pick<Route, 'path'>) => path.replace(/:[^/]+/g, 'x');
  const shape = ({ status, held, managedBy, dialect: memory }: DeviceRecord) => ({ status, held, managedBy, memory });
  const seen = (tenant: Tenant) => new Map(tenant.devices().map((device) => [device.deviceId, shape(device)]));

  describe(`the dialect contract: ${name}`, () => {
    it('says all that the core and the admin API must know of the platform', () => {
      expect(platformNames).toContain(name);
      expect(typeof traits.needsPushCertificate).toBe('boolean');
      expect(dialect.graph.operatingSystem).toMatch(/^[A-Z]?\w+$/i);
      for (const table of dialect.tables) expect(table).toMatch(new RegExp(`^${name}-[a-z-]+$`));
      expect(new Set(dialect.tables).size).toBe(dialect.tables.length);
    });

    it('gives the built-in organisation settings of its own, for its own devices alone', () => {
      const builtIn = dialect.builtIn('contoso.example');
      expect(builtIn.pushTopic === undefined).toBe(!traits.needsPushCertificate);
      const served: Dialects = { ...registry, [name]: dialect };
      for (const authority of ['office365', 'intune'] as const) {
        const names = builtIn.profiles(authority).map((profile) => profile.name);
        expect(new Set(names).size).toBe(names.length);
        const given = defaultTenant({ users: 1 }, served).profiles.filter((each) => each.authority === authority);
        const own = given.filter(({ platforms }) => platforms?.join() === name);
        expect(own.map(({ profile }) => profile)).toEqual(builtIn.profiles(authority));
        const all = given.filter(({ platforms }) => platforms?.includes(name) !== false);
        expect(new Set(all.map(({ profile }) => profile.name)).size).toBe(all.length); // its own in the place of others'
      }
      expect(dialect.builtIn('contoso.example').pushTopic).toBe(builtIn.pushTopic); // devices listen under it
    });

    it('has addresses that nobody else has, and keeps to the admin API with what is the administrator’s', async () => {
      const { own, others } = await open();
      expect(own.routes.length).toBeGreaterThan(0);
      const all = [own, ...others].flatMap(({ routes, adminRoutes }) => [
        ...routes,
        ...adminRoutes.map(({ method, path }) => ({ method, path, handle: () => ({ status: 200 }) })),
      ]);
      const find = createRouter(all);
      for (const route of all) expect(find(route.method, filled(route))).toMatchObject({ kind: 'route', route });
      for (const { path } of own.routes) expect(path).not.toMatch(/^\/(?:v1\.0|stub|resources|push|scep)(?:\/|$)/);
      for (const { path } of own.adminRoutes) expect(path).toMatch(/^\/(?:v1\.0|stub\/v1)\//);
    });

    it('lets nobody to its admin routes without the token, and none who may only read change anything', async () => {
      const { stub, own } = await open();
      const { reader } = stub.authority.adminTokens;
      for (const route of own.adminRoutes) {
        const { method } = route;
        const path = filled(route);
        for (const headers of [{}, { authorization: 'Bearer guess' }]) {
          expect([path, (await stub.send(path, { method, headers })).status]).toEqual([path, 401]);
        }
        const { status } = await stub.send(path, { method, ...header(reader) });
        if (method === 'GET') expect([path, status]).not.toEqual([path, 403]);
        else expect([path, status]).toEqual([path, 403]);
      }
    });

    it('announces addresses that answer', async () => {
      const { stub, own } = await open();
      const announced = stub.authority.announced.filter(({ platform }) => platform === name);
      expect(announced.map(({ platform: _, ...each }) => each)).toEqual(own.announce());
      expect(announced.length).toBeGreaterThan(0);
      expect(new Set(announced.map(({ key }) => key)).size).toBe(announced.length);
      for (const { url, label, key } of announced) {
        expect([key, label]).toEqual([expect.stringMatching(/^[a-z][A-Za-z]*$/), expect.stringMatching(/^\S.{2,40}$/)]);
        if (!url.startsWith('https:')) {
          expect([url, await isTakenUp(url)]).toEqual([url, true]);
          continue;
        }
        expect(url.startsWith(`${stub.authority.url}/`)).toBe(true);
        expect([url, (await stub.send(url.slice(stub.authority.url.length))).status]).toEqual([url, 200]);
      }
    });

    it('brings a device into the core step by step, and the core’s commands to the device and back', async () => {
      const { stub } = await open();
      const { tenant, adminTokens } = stub.authority;
      const begun = await harness.begin(stub, user2);
      expect(tenant.device(begun)).toMatchObject({ platform: name, status: 'pending' });
      const { id, checkIn } = await harness.enroll(stub, user1);
      expect(tenant.device(id)).toMatchObject({ platform: name, status: 'enrolled', managedBy: tenant.authority });
      expect(tenant.device(id)?.userId).toBe(tenant.user(user1)?.id);
      const shown = await stub.send('/v1.0/deviceManagement/managedDevices', header(adminTokens.reader));
      const { value } = JSON.parse(shown.body.toString('utf8'));
      expect(value).toHaveLength(1);
      expect(value[0]).toMatchObject({
        operatingSystem: dialect.graph.operatingSystem,
        manufacturer: expect.any(String),
        managedDeviceOwnerType: expect.stringMatching(/^(?:company|personal|unknown)$/),
        deviceEnrollmentType: expect.stringMatching(/./),
        rollcall: { deviceId: id, platform: name },
      });
      const { id: commandId } = tenant.queue(id, { kind: 'lock' });
      expect(await checkIn(stub)).toBe(true);
      const answered = tenant.commands(id).find((command) => command.id === commandId);
      expect(answered).toMatchObject({ status: 'done', outcome: { status: 'done' } });
    });

    it('has each enrollment, session, command and end told in the log, at its default level', async () => {
      const { stub } = await open({ level: 'info' });
      const { tenant } = stub.authority;
      const device = await harness.enroll(stub, user1);
      const about = { device: device.id, platform: name };
      const lines = stub.lines();
      expect(lines.filter(({ event }) => event === 'ENROLLED')).toMatchObject([
        { ...about, level: 30, user: user1, authority: 'intune' },
      ]);
      expect(lines.filter(({ event }) => event === 'CHECKED_IN')).toMatchObject([{ ...about, authority: 'intune' }]);
      expect(lines.filter(({ event }) => event === 'COMMAND')).toMatchObject([
        { ...about, command: 'inventory', status: 'done' },
      ]);
      const { id } = tenant.queue(device.id, { kind: 'lock' });
      await device.checkIn(stub);
      expect(stub.lines().filter(({ event }) => event === 'COMMAND')).toMatchObject([
        { ...about, command: 'lock', id, status: 'done' },
      ]);
      tenant.unenroll(device.id, 'deleted');
      expect(stub.lines().at(-1)).toMatchObject({ ...about, event: 'LEFT', why: 'deleted' });
    });

    it('refuses what is hostile in its protocol’s words, with one line in the log, and loses nothing by it', async () => {
      const { stub, noted } = await open();
      const { tenant } = stub.authority;
      const device = await harness.enroll(stub, user1);
      tenant.queue(device.id, { kind: 'lock' }, 'core');
      const before = [seen(tenant), tenant.commands(device.id)];
      stub.lines();
      const requests = harness.hostile(stub, device);
      expect(requests.length).toBeGreaterThan(4);
      for (const { what, path, send, isRefusal } of requests) {
        const reply = await stub.send(path, send);
        const answer = `${what}: ${reply.status} ${reply.body}`;
        expect([answer, isRefusal(reply)]).toEqual([answer, true]);
        expect(reply.status).toBeLessThan(500);
        expect([what, stub.lines().map(({ level }) => level)]).toEqual([what, [40]]);
        expect([seen(tenant), tenant.commands(device.id)]).toEqual(before);
      }
      expect(noted.forgotten).toEqual([]);
      expect(await device.checkIn(stub)).toBe(true);
    });

    it('wakes a device whenever the core asks for it to come, and at no other time', async () => {
      const { stub, noted } = await open({ tenant: emptyTenant({ authority: 'office365' }) });
      const { tenant } = stub.authority;
      const one = await harness.enroll(stub, user1);
      const other = await harness.enroll(stub, user2);
      const pending = await harness.begin(stub, user2);
      const counts = async () => [await one.wakes(stub), await other.wakes(stub)];
      let last = await counts();
      noted.woken.length = 0;
      /** How often each was woken since the last look, and that the dialect heard of nothing else. */
      const since = async () => {
        const now = await counts();
        const woken = [one.id, other.id].map((id) => noted.woken.filter((each) => each === id).length);
        expect(noted.woken).not.toContain(pending);
        expect(noted.woken).toHaveLength((woken[0] ?? 0) + (woken[1] ?? 0));
        const wakes = now.map((count, index) => count - (last[index] ?? 0));
        expect(wakes).toEqual(woken);
        last = now;
        noted.woken.length = 0;
        return wakes;
      };
      tenant.queue(one.id, { kind: 'lock' });
      expect(await since()).toEqual([1, 0]);
      tenant.queue(one.id, { kind: 'locate' }, 'core');
      expect(await since()).toEqual([0, 0]);
      await one.checkIn(stub);
      expect(await since()).toEqual([0, 0]);
      tenant.notify(other.id);
      expect(await since()).toEqual([0, 1]);
      tenant.setAuthority('intune', 'the suite'); // A5
      expect(await since()).toEqual(traits.needsPushCertificate ? [0, 0] : [1, 1]); // A11
      tenant.renewPushCertificate('the suite');
      expect(await since()).toEqual(traits.needsPushCertificate ? [1, 1] : [0, 0]);
      await one.checkIn(stub);
      await other.checkIn(stub);
      await stub.clock.advance(tenant.settings.checkInEveryMs + hourMs); // A7
      expect(await since()).toEqual([1, 1]);
      tenant.unenroll(other.id, 'deleted');
      tenant.notify(one.id);
      expect(await since()).toEqual([1, 0]);
      expect(() => tenant.notify(other.id)).toThrow(expect.objectContaining({ code: 'DEVICE_UNKNOWN' }));
      expect(await since()).toEqual([0, 0]);
    });

    it('lets what a device was given be worth nothing once its enrollment has ended', async () => {
      const { stub, noted } = await open();
      const { tenant, adminTokens } = stub.authority;
      const deleted = await harness.enroll(stub, user1);
      const other = await harness.enroll(stub, user1);
      const path = `/v1.0/deviceManagement/managedDevices/${tenant.device(deleted.id)?.id}`;
      const answer = await stub.send(path, { method: 'DELETE', ...header(adminTokens.administrator) });
      expect(answer.status).toBe(204);
      expect(noted.forgotten).toEqual([deleted.id]);
      expect(await deleted.checkIn(stub)).toBe(false);
      expect(tenant.device(deleted.id)).toBeUndefined();
      expect(await other.checkIn(stub)).toBe(true);
      tenant.unenroll(other.id, 'retired');
      expect(await other.checkIn(stub)).toBe(false);
      expect(tenant.devices()).toEqual([]);
    });

    it('keeps over a restart what it announces to keep, and wakes only who has a reason to come', async () => {
      const dataFolder = temporaryFolder();
      const { stub: before } = await open({ dataFolder });
      const device = await harness.enroll(before, user1);
      const idle = await harness.enroll(before, user2);
      const gone = await harness.enroll(before, user2);
      await harness.remember(before, device);
      await device.checkIn(before); // whatever that has given it to do
      await idle.checkIn(before);
      before.authority.tenant.unenroll(gone.id, 'deleted');
      before.authority.tenant.queue(device.id, { kind: 'lock' });
      const recalled = await harness.recall(before, device);
      const known = seen(before.authority.tenant);
      await before.authority.close();

      const journal = openJournal(dataFolder, silentLog);
      const empty = dialect.tables.filter((table) => journal.keep(table).entries().length === 0);
      await journal.close();
      expect(empty).toEqual([]);

      const { stub: after, noted } = await open({ dataFolder, clock: before.clock });
      expect(seen(after.authority.tenant)).toEqual(known);
      expect(noted.woken).toEqual([device.id]);
      expect([await device.wakes(after), await idle.wakes(after)]).toEqual([1, 0]);
      expect(await harness.recall(after, device)).toEqual(recalled);
      expect(await device.checkIn(after)).toBe(true);
      expect(await gone.checkIn(after)).toBe(false);
      expect(after.authority.tenant.commands(device.id).every(({ status }) => status === 'done')).toBe(true);
    });

    it('closes everything: sockets, due times, the folder', async () => {
      /** Counted after a turn of the event loop, in which handles that were closed are let go. */
      const listening = async () => {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        return process.getActiveResourcesInfo().filter((each) => each === 'TCPServerWrap').length;
      };
      const servers = await listening();
      const dataFolder = temporaryFolder();
      const { stub, noted } = await open({ dataFolder });
      await harness.enroll(stub, user1);
      await harness.begin(stub, user2);
      expect(await listening()).toBeGreaterThan(servers);
      await stub.authority.close();
      await stub.authority.close();
      expect(noted.closed).toBe(1);
      expect([await listening(), stub.clock.pending]).toEqual([servers, 0]);
      await expect(stub.send('/')).rejects.toThrow();
      await openJournal(dataFolder, silentLog).close(); // throws DATA_LOCKED where somebody still has it
    });
  });
}
