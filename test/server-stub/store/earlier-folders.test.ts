import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../../../base/clock.js';
import { JournalStore } from '../../../base/journal/journal-store.js';
import { silentLog } from '../../../base/log.js';
import { storeErrors } from '../../../server-stub/core/journal.js';
import { type RunningAuthority, startAuthority } from '../../../server-stub/index.js';
import { temporaryFolder } from '../../support/programs.js';
import { failingDisk } from './failing-disk.js';

const fixtures = join(import.meta.dirname, '../fixtures/folders');
const versions = readdirSync(fixtures).filter((name) => name !== 'README.md');
const expectedSchema = z.object({
  writtenAt: z.number(),
  certificates: z.number(),
  document: z.object({ path: z.string(), content: z.string() }),
  devices: z.array(z.looseObject({})).min(2),
});

/** The folder as that version left it, in a place of its own. */
function folderOf(version: string) {
  const folder = temporaryFolder();
  cpSync(join(fixtures, version), folder, { recursive: true });
  const journal = join(folder, 'tenant.journal');
  writeFileSync(journal, gunzipSync(readFileSync(`${journal}.gz`)), { mode: 0o600 });
  rmSync(`${journal}.gz`);
  const all: unknown = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  return { folder, journal, expected: { ...expectedSchema.parse(all), all } };
}

const start = (dataFolder: string, at: number) =>
  startAuthority({ dataFolder, port: 0, clock: manualClock(at), log: silentLog });

/** The same that that version's own tenant was asked for. */
function found({ tenant, counters }: RunningAuthority) {
  return {
    authority: tenant.authority,
    users: tenant
      .users()
      .map(({ upn }) => upn)
      .sort(),
    profiles: tenant
      .profiles()
      .map(({ id }) => id)
      .sort(),
    changes: tenant.changes().map(({ from, to, moved }) => ({ from, to, moved })),
    failures: tenant.failures().map(({ code, userUpn }) => ({ code, userUpn })),
    devices: [...tenant.eachDevice()]
      .sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1)) // the first form said nothing of an order
      .map(({ deviceId, id, serial, status, managedBy, held }) => ({
        deviceId,
        id,
        serial,
        status,
        managedBy,
        held: held.map(({ name }) => name).sort(),
        commands: tenant.commands(deviceId).map(({ command, status }) => [command.kind, status]),
      })),
    certificates: counters.certificates,
  };
}

const get = (url: string, ca: string) =>
  new Promise<string>((resolve, reject) => {
    const sent = request(url, { ca, agent: false }, (answer) => resolve(text(answer)));
    sent.on('error', reject).end();
  });

describe.each(versions)('the data folder of %s', (version) => {
  it('opens with everything that was in it, and so it does after a restart', async () => {
    const { folder, journal, expected } = folderOf(version);
    for (let restart = 0; restart < 2; restart++) {
      const authority = await start(folder, expected.writtenAt);
      try {
        const { document, writtenAt, ...all } = expected.all as Record<string, unknown>;
        expect(found(authority)).toEqual(all);
        expect(await get(authority.url + expected.document.path, authority.caPem)).toBe(expected.document.content);
        const [device] = [...authority.tenant.eachDevice()];
        authority.tenant.updateFacts(device?.deviceId ?? '', { osVersion: `26.${restart}` });
      } finally {
        await authority.close();
      }
      expect(readFileSync(journal).subarray(0, 19).toString()).toBe('rollcall journal 2\n');
    }
  });

  it('loses nothing where its carrying over is cut off at any call', async () => {
    const { journal, folder } = folderOf(version);
    const before = readFileSync(journal);
    const all = contents(journal);
    expect(all.length).toBeGreaterThan(30);
    let isWhole = false;
    for (let calls = 1; !isWhole && calls < 100; calls++) {
      writeFileSync(journal, before);
      isWhole = await carriedOver(journal, calls);
      const kept = contents(journal).filter(([key]) => key !== 'test\nnew');
      expect([calls, kept.length, kept]).toEqual([calls, all.length, all]);
    }
    expect(isWhole).toBe(true);
    expect(readdirSync(folder)).not.toContain('tenant.journal.new');
  });
});

/** Everything in a journal's tables, in the order of keys. */
function contents(path: string): [key: string, value: unknown][] {
  const store = new JournalStore({ errors: storeErrors, path, onFailure: () => {}, onTorn: () => {} });
  const tables = ['meta', 'user', 'profile', 'content', 'device', 'change', 'moved', 'failure', 'test'];
  const keeps = ['issued', 'ios-challenges', 'ios-transactions', 'scep-challenges', 'scep-transactions'];
  const dialect = ['ios-declarations', 'ios-documents', 'ios-status'];
  const names = [...tables, ...[...keeps, ...dialect].map((name) => `keep ${name}`)];
  const all = names.flatMap((table) =>
    store.entries(table).map(([key, value]) => [`${table}\n${key}`, value] as const),
  );
  void store.close();
  return all.map(([key, value]): [string, unknown] => [key, value]).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Puts one record; the process ends, as far as the disk can tell, before the call of this number. True: it was not needed. */
async function carriedOver(path: string, calls: number): Promise<boolean> {
  const failing = failingDisk();
  failing.before = () => {
    if (failing.calls.length >= calls) throw new Error('the machine is off');
  };
  const clock = manualClock();
  const store = new JournalStore({
    errors: storeErrors,
    path,
    clock,
    disk: failing.disk,
    onFailure: () => {},
    onTorn: () => {},
  });
  store.put('test', 'new', 1);
  const isDurable = await store.durable().then(
    () => true,
    () => false,
  );
  void store.close();
  return isDurable;
}
