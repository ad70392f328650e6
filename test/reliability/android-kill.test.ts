// kill -9 at chosen moments of an Android device's sessions: what it had told a server stands, and nothing is done twice.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DeviceState, openFileStore } from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { startAuthority } from '../../server-stub/index.js';
import { commandLine } from '../cli/rollcall.js';
import { authorityKeys } from '../support/keys.js';
import type { Ended } from '../support/watched.js';
import { type Front, openFront, type Point } from './front.js';

const { folderWithKeys, here, start } = commandLine();

type OnFinished = (act: () => Promise<void>) => void;

/** A stub authority behind a front, and what is asked of it. */
async function openServer(onFinished: OnFinished, createOnDemand = false) {
  const authority = await startAuthority({
    port: 0,
    tls: false,
    tenant: defaultTenant({ users: 2 }),
    log: silentLog,
    newRsaKey: authorityKeys(),
    android: { createOnDemand },
  });
  const front = await openFront(authority.url.replace('localhost', '127.0.0.1'));
  onFinished(async () => {
    front.close();
    await authority.close();
  });
  const { tenant } = authority;
  const device = () => {
    const [only, ...others] = tenant.devices().filter(({ status }) => status === 'enrolled');
    if (others.length > 0) throw new Error('one device was enrolled twice');
    return only;
  };
  const commands = (kind: string) => {
    const of = device();
    return of === undefined ? [] : tenant.commands(of.deviceId).filter(({ command }) => command.kind === kind);
  };
  return { authority, tenant, front, device, commands };
}

type Server = Awaited<ReturnType<typeof openServer>>;

/** A device in a folder. Only the session that is to be killed is a process. */
function openPhone(server: Server) {
  const cwd = folderWithKeys();
  const state = join(cwd, 'phone');
  const words = ['device', '--platform', 'android', '--state', state, '--once'];
  const passes = async (...more: readonly string[]): Promise<Ended> => {
    const ended = await here([...words, ...more], { cwd });
    expect(ended, ended.err).toMatchObject({ code: 0 });
    return ended;
  };
  const stored = async (): Promise<DeviceState> => {
    const store = await openFileStore(state);
    try {
      const [id = '', ...others] = store.ids();
      const found = store.load(id);
      expect(others).toEqual([]);
      if (found === undefined) throw new Error('there is no device in the folder');
      return found;
    } finally {
      await store.close();
    }
  };
  const invited = ['--server', server.front.url, '--user', 'user1@contoso.example'];
  return {
    state,
    invited,
    passes,
    /** A session that is killed there. */
    async dies(front: Front, at: Omit<Point, 'act'>, ...more: readonly string[]): Promise<void> {
      const process = start([...words, ...more], { cwd });
      const killed = new Promise<void>((resolve) => {
        front.point = {
          ...at,
          async act() {
            process.child.kill('SIGKILL');
            await process.ended;
            resolve();
          },
        };
      });
      const ended = await Promise.race([killed, process.ended]);
      expect(front.point, `it was not there: ${ended?.err}`).toBeUndefined();
      await killed;
    },
    async data(): Promise<Readonly<Record<string, unknown>>> {
      return { ...((await stored()).link?.data as object) };
    },
    stored,
  };
}

const ahead = (at: RegExp) => ({ at, when: 'before' }) as const;
const answered = (at: RegExp) => ({ at, when: 'after' }) as const;
const get = /^GET \/rest\/public\/sync\/configuration\//;
const info = /^POST \/rest\/public\/sync\/info/;
const scep = /^(?:POST \/scep|GET \/scep\S*operation=PKIOperation)/;
const reboot = /^POST \/rest\/plugins\/devicereset\/public\/reboot\//;
const reset = /^POST \/rest\/plugins\/devicereset\/public\/[^/]+$/;

/** The second time that it comes. */
function second(point: Omit<Point, 'act'>): Omit<Point, 'act'> {
  let count = 0;
  return { ...point, at: { test: (line: string) => point.at.test(line) && ++count === 2 } };
}

/** Every moment, where that is asked for: of some the suite leaves out what others show as well. */
const every = process.env['EVERY_MOMENT'] !== undefined;
type Moment = readonly [moment: string, point: Omit<Point, 'act'>, isRare?: 'rare'];
const moments = (...all: readonly Moment[]) => all.filter(([, , isRare]) => every || isRare === undefined);

describe.concurrent('an Android device that is killed', () => {
  for (const [moment, point] of moments(
    ['before its SCEP request has left', ahead(scep)],
    ['between the answer of SCEP and keeping it', answered(scep)],
    ['once that is kept, before sync/info', ahead(info), 'rare'],
    ['once sync/info was taken', answered(info), 'rare'],
  ))
    it(`${moment} has one certificate, and the server knows it`, async ({ onTestFinished }) => {
      const server = await openServer(onTestFinished);
      const { tenant } = server;
      const identity = tenant
        .profiles()
        .find(({ profile, authority }) => profile.name === 'Device identity' && authority === tenant.authority);
      if (identity === undefined) throw new Error('the tenant has no identity');
      tenant.removeProfile(identity.id);
      const phone = openPhone(server);
      await phone.passes(...phone.invited);
      tenant.putProfile(identity);
      await phone.dies(server.front, point);
      const again = await phone.passes();
      expect(again.err).not.toMatch(/SCEP_FAILED|challenge/);
      const held = (await phone.stored()).holdings.filter(({ profile }) => profile.name === 'Device identity');
      expect(held).toHaveLength(1);
      const asked = server
        .commands('install-profile')
        .filter(({ command }) => command.kind === 'install-profile' && command.profile.name === 'Device identity');
      expect(asked.map(({ status }) => status)).toEqual(['done']);
      expect(server.front.lines.filter((line) => /scep/i.test(line)).length).toBeLessThan(10);
    });

  for (const [moment, point] of moments(
    ['before its confirmation has left', ahead(reset), 'rare'],
    ['once that was taken, before it knows', answered(reset)],
  ))
    it(`during a factory reset, ${moment}, is erased all the same, once`, async ({ onTestFinished }) => {
      const server = await openServer(onTestFinished);
      const phone = openPhone(server);
      await phone.passes(...phone.invited);
      const { deviceId } = server.device() ?? { deviceId: '' };
      server.tenant.queue(deviceId, { kind: 'wipe' });
      await phone.dies(server.front, point);
      await phone.passes();
      expect((await phone.stored()).lifecycle).toBe('unenrolled');
      expect(server.tenant.device(deviceId)?.status ?? 'gone').not.toBe('enrolled');
    });

  for (const [moment, point] of moments(
    ['before its confirmation has left', ahead(reboot), 'rare'],
    ['once that was taken, before it knows', answered(reboot), 'rare'],
  ))
    it(`as it is to restart, ${moment}, restarts all the same, once`, async ({ onTestFinished }) => {
      const server = await openServer(onTestFinished);
      const phone = openPhone(server);
      await phone.passes(...phone.invited);
      const { deviceId } = server.device() ?? { deviceId: '' };
      server.tenant.queue(deviceId, { kind: 'restart' });
      await phone.dies(server.front, point);
      expect((await phone.passes()).err).toMatch(/reboot/);
      expect((await phone.passes()).err).not.toMatch(/reboot/);
      expect(server.commands('restart').map(({ status }) => status)).toEqual(['done']);
      expect(await phone.data()).not.toHaveProperty('isRestarting');
    });

  for (const [moment, point] of moments(
    ['as its trial begins', ahead(get), 'rare'],
    ['once its trial was answered', answered(get)],
    ['once it has moved, before the new server gives it its configuration', second(ahead(get))],
    ['once the new server has given that', second(answered(get)), 'rare'],
    ['before it tells the new server what it is', ahead(info), 'rare'],
    ['once the new server has heard', answered(info)],
  ))
    it(`on its way to another server, ${moment}, is at the new one alone`, async ({ onTestFinished }) => {
      const [old, target] = [await openServer(onTestFinished), await openServer(onTestFinished, true)];
      const phone = openPhone(old);
      await phone.passes(...phone.invited);
      old.authority.android.configure({ newServerUrl: target.front.url });
      await phone.dies(target.front, point);
      old.front.lines.length = 0;
      await phone.passes();
      const data = await phone.data();
      expect(data).toMatchObject({ baseUrl: target.front.url });
      expect(data).not.toHaveProperty('owesSync');
      expect(target.device()?.dialect['info']).toBeDefined();
      target.front.lines.length = 0;
      old.front.lines.length = 0;
      await phone.passes();
      expect(old.front.lines).toEqual([]); // it says nothing to the one that it left
      expect(target.front.lines).toContainEqual(expect.stringMatching(info));
      expect(data['moves']).toHaveLength(1);
    });

  for (const [moment, point] of moments(
    ['before it asks', ahead(get), 'rare'],
    ['before it has its new number', answered(get)],
    ['before it tells of it', ahead(info), 'rare'],
    ['once that was heard', answered(info)],
  ))
    it(`while it is renumbered, ${moment}, has the new number, and the server knows it by no other`, async ({
      onTestFinished,
    }) => {
      const server = await openServer(onTestFinished);
      const phone = openPhone(server);
      await phone.passes(...phone.invited);
      const { deviceId } = server.device() ?? { deviceId: '' };
      server.authority.android.renumber(deviceId, 'front-desk-7');
      await phone.dies(server.front, point);
      await phone.passes();
      const data = await phone.data();
      expect(data).toMatchObject({ number: 'front-desk-7' });
      expect(data).not.toHaveProperty('oldNumber');
      expect(server.device()?.dialect).toMatchObject({ number: 'front-desk-7' });
      expect(server.device()?.dialect).not.toHaveProperty('oldNumber');
      expect(data['push']).toMatchObject({ number: 'front-desk-7' });
    });
});
