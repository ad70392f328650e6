import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ManualClock, manualClock } from '../../../base/clock.js';
import { memoryLog, silentLog } from '../../../base/log.js';
import { command } from '../../../protocol/vocabulary/command.js';
import type { Command, Profile } from '../../../protocol/vocabulary.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { type Journal, openJournal } from '../../../server-stub/core/journal.js';
import type { Table } from '../../../server-stub/core/persistence.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import { samplesOf } from '../../support/described.js';
import { temporaryFolder } from '../../support/programs.js';
import { assigned, config, counted, hourMs, open, refusal, traits, wifi, words } from './support.js';

const startAt = Date.parse('2026-11-21T08:00:00Z');

/** A tenant on a folder, with the lines that it logs. */
function opened(folder: string, clock: ManualClock = manualClock(startAt)) {
  const log = memoryLog();
  const journal = openJournal(folder, log);
  const tenant = createTenant(config(), { clock, random: counted(), log, traits }, journal);
  onTestFinished(() => tenant.close());
  return { tenant, journal, log, lines: () => log.lines.map(({ event, values }) => ({ event, ...values })) };
}

/** A folder with two devices that hold their profiles, changed by `change` before it is opened again. */
async function changed(
  change: (journal: Journal) => void,
  prepare: (tenant: Tenant) => void = () => {},
): Promise<string> {
  const folder = join(temporaryFolder(), 'data');
  const { tenant, enroll, session } = open({}, openJournal(folder, silentLog));
  for (const id of ['one', 'two']) {
    enroll(id);
    session(id);
  }
  refusal(() => tenant.admit({ platform: 'ios', user: 'nobody@x' }));
  tenant.setAuthority('intune', 'admin');
  prepare(tenant);
  await tenant.close();
  const journal = openJournal(folder, silentLog);
  change(journal);
  await journal.close();
  return folder;
}

/** What opening a tenant on this folder throws. */
async function openFailed(folder: string): Promise<unknown> {
  const journal = openJournal(folder, silentLog);
  try {
    return createTenant(config(), { clock: manualClock(startAt), random: counted(), log: silentLog, traits }, journal);
  } catch (error) {
    return error;
  } finally {
    await journal.close();
  }
}

const stored = (journal: Journal, table: Table) => new Map(journal.load()?.[table]);
const firstKey = (journal: Journal, table: Table): string => [...stored(journal, table).keys()][0] ?? '';
const installs = (tenant: Tenant, deviceId: string): Profile[] =>
  tenant.commands(deviceId).flatMap(({ command }) => (command.kind === 'install-profile' ? [command.profile] : []));

describe('one record that cannot be read', () => {
  test.each(['user', 'profile', 'content', 'device', 'moved', 'failure'] as const)(
    'of the table %s is set aside and named, once, and the rest is there',
    async (table) => {
      let key = '';
      const folder = await changed((journal) => {
        key = firstKey(journal, table);
        journal.save(table, key, { version: 1, value: { surprise: true } });
      });
      const first = opened(folder);
      expect(first.journal.aside).toEqual([{ id: '00000001', table, key, reason: expect.stringMatching(/\w/) }]);
      expect(first.lines().filter(({ event }) => event.startsWith('RECORD'))).toEqual([
        expect.objectContaining({ event: 'RECORD_SET_ASIDE', table, record: key }),
      ]);
      expect(first.tenant.deviceCount().all).toBe(table === 'device' ? 1 : 2);
      expect(first.tenant.users()).toHaveLength(table === 'user' ? 1 : 2);
      expect(first.tenant.profiles()).toHaveLength(table === 'profile' ? 3 : 4);
      expect(first.tenant.failures()).toHaveLength(table === 'failure' ? 0 : 1);
      await first.tenant.close();

      const second = opened(folder);
      expect(second.journal.aside).toEqual(first.journal.aside);
      expect(second.lines().filter(({ event }) => event.startsWith('RECORD'))).toEqual([
        expect.objectContaining({ event: 'RECORDS_ASIDE', records: 1 }),
      ]);
      expect(second.journal.forgetAside('00000001')).toBe(true);
      await second.tenant.close();
      expect(opened(folder).lines()).toEqual([]);
    },
  );

  test.each([
    ['meta', 'tenant', { version: 1, value: { surprise: true } }],
    ['change', '00000000', { version: 1, value: { surprise: true } }],
    ['change', '00000000', undefined],
    ['change', '00000007', { surprise: true }],
  ] as const)(
    'of the table %s (%s) is DATA_CORRUPT, and nothing in the folder is changed',
    async (table, key, value) => {
      const folder = await changed((journal) => journal.save(table, key, value));
      const before = readFileSync(join(folder, 'tenant.journal'));
      expect(await openFailed(folder)).toMatchObject({ code: 'DATA_CORRUPT' });
      expect(readFileSync(join(folder, 'tenant.journal')).equals(before)).toBe(true);
    },
  );

  test.each(['user', 'device', 'change'] as const)(
    'of the table %s that a later version wrote is no damage: nothing is set aside',
    async (table) => {
      const folder = await changed((journal) =>
        journal.save(table, firstKey(journal, table), { version: 9, value: {} }),
      );
      const before = readFileSync(join(folder, 'tenant.journal'));
      const hint = expect.stringMatching(/later version/);
      expect(await openFailed(folder)).toMatchObject({ code: 'DATA_CORRUPT', hint });
      expect(readFileSync(join(folder, 'tenant.journal')).equals(before)).toBe(true);
    },
  );

  test('is a profile: no device loses what it holds on that ground, until it is known that it was taken away', async () => {
    const folder = await changed(
      (journal) => journal.save('profile', 'office365/old only', 'odd'),
      (tenant) => tenant.setAuthority('office365', 'admin'),
    );
    const { tenant, journal } = opened(folder);
    const asked = (deviceId: string) => {
      tenant.openSession(deviceId);
      const names: string[] = [];
      for (let next = tenant.next(deviceId); next !== undefined; next = tenant.next(deviceId)) {
        names.push(words(next));
        tenant.report(deviceId, next.id, { status: 'done' });
      }
      return names;
    };
    expect(asked('one')).toEqual([]);
    journal.forgetAside('00000001');
    tenant.putProfile(assigned('office365', wifi('another')));
    expect(asked('two')).toEqual(['+another', '-old only']);
  });

  test('is a profile that was just sent: it is not removed either, until it is known that it was taken away', async () => {
    const folder = await changed(
      (journal) => journal.save('profile', 'office365/late', 'odd'),
      (tenant) => {
        tenant.setAuthority('office365', 'admin');
        tenant.putProfile(assigned('office365', wifi('late')));
        tenant.openSession('one');
        for (let next = tenant.next('one'); next !== undefined; next = tenant.next('one')) {
          if (words(next) === '+late') return; // the device may have it, and has not said so
          tenant.report('one', next.id, { status: 'done' });
        }
      },
    );
    const { tenant, journal } = opened(folder);
    const asked = () => {
      tenant.openSession('one');
      return tenant.commands('one').flatMap((each) => (each.status === 'waiting' ? [words(each)] : []));
    };
    expect(asked()).toEqual([]);
    journal.forgetAside('00000001');
    tenant.putProfile(assigned('office365', wifi('another')));
    expect(asked()).toEqual(['+another', '-late']);
  });

  test('is the content of a profile: what was sent and not answered is doubtful, what shall be there is sent again', async () => {
    const folder = join(temporaryFolder(), 'data');
    const { tenant, enroll } = open({}, openJournal(folder, silentLog));
    enroll('one');
    tenant.openSession('one');
    expect(words(tenant.next('one') ?? { command: { kind: 'wipe' } })).toBe('inventory');
    expect(words(tenant.next('one') ?? { command: { kind: 'wipe' } })).toBe('+both');
    tenant.removeProfile('office365/old only');
    await tenant.close();
    const journal = openJournal(folder, silentLog);
    for (const key of stored(journal, 'content').keys()) journal.save('content', key, 5);
    journal.save('profile', 'office365/both', undefined);
    await journal.close();
    const { tenant: again } = opened(folder);
    expect(again.commands('one').map(words)).toEqual(['inventory']);
    again.openSession('one');
    expect(again.commands('one').map(words)).toEqual(['inventory', '-both']);
  });

  test('is a count of moved devices: it is counted anew from the devices that are there', async () => {
    const folder = await changed(
      (journal) => journal.save('moved', '00000000', 'many'),
      (tenant) => {
        tenant.renewPushCertificate('admin');
        tenant.openSession('one');
      },
    );
    expect(opened(folder).tenant.changes()[0]).toMatchObject({ moved: 1, waiting: 1 });
  });
});

describe('what is written', () => {
  test('fits its description: lost mode with all its texts is there after a restart', async () => {
    const lost: Command = { kind: 'lost-mode', on: true, message: 'm', phoneNumber: 'p', footnote: 'f' };
    const folder = await changed(
      () => {},
      (tenant) => tenant.queue('one', lost),
    );
    expect(opened(folder).tenant.commands('one')[0]?.command).toEqual(lost);
  });

  test('of every command that there is, with every field, is read again', async () => {
    const commands = samplesOf(command).map(({ value }) => value as Command);
    const some = commands.filter(({ kind }) => kind !== 'retire' && kind !== 'wipe');
    expect(some.length).toBeGreaterThan(15);
    const folder = await changed(
      () => {},
      (tenant) => {
        for (const each of some) tenant.queue('one', each);
      },
    );
    const { tenant, lines } = opened(folder);
    expect(tenant.commands('one').map(({ command }) => command)).toEqual(expect.arrayContaining(some));
    expect(lines()).toEqual([]);
  });

  test('is refused where it does not fit, before anything is changed', () => {
    const { tenant, enroll } = open();
    enroll('one');
    const wrong = (value: unknown) => refusal(() => tenant.queue('one', value as Command));
    const before = tenant.commands('one');
    expect(wrong({ kind: 'lost-mode', on: true, mood: 'sad' })).toBe('REQUEST_INVALID');
    expect(wrong({ kind: 'lock', message: 'x'.repeat(5000) })).toBe('REQUEST_INVALID');
    expect(wrong({ kind: 'install-profile', profile: { ...wifi('w'), ssid: 5 } })).toBe('REQUEST_INVALID');
    expect(tenant.commands('one')).toEqual(before);
    const profile = assigned('intune', { ...wifi('odd'), hidden: 'no' } as unknown as Profile);
    expect(refusal(() => tenant.putProfile(profile))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.putUser({ id: '', upn: 'x@y', displayName: '', products: [], groups: [] }))).toBe(
      'REQUEST_INVALID',
    );
    expect([tenant.profiles().length, tenant.users().length]).toEqual([4, 2]);
  });

  test.each([
    ['cannot be copied', { magic: () => 1 }],
    ['is no record', 'x' as unknown as Record<string, unknown>],
  ])('and %s is named and left out: the folder opens with what was there before', async (_, dialect) => {
    const folder = await changed(() => {});
    const first = opened(folder);
    first.tenant.setDialect('one', { magic: 'first' });
    await Promise.resolve();
    const device = first.tenant.device('one');
    if (typeof dialect === 'string') Object.assign(device ?? {}, { dialect });
    else first.tenant.setDialect('one', dialect);
    if (typeof dialect === 'string') first.tenant.updateFacts('one', {});
    await first.tenant.close();
    expect(first.lines()).toEqual([
      expect.objectContaining({ event: 'RECORD_INVALID', table: 'device', record: 'one' }),
    ]);
    expect(opened(folder).tenant.device('one')?.dialect).toEqual({ magic: 'first' });
  });
});

describe('a profile that many devices were told to install', () => {
  test('is stored once, and is one object in memory, before a restart and after it', async () => {
    const folder = await changed((journal) => expect(stored(journal, 'content').size).toBe(2));
    const { tenant } = opened(folder);
    const [one, two] = [installs(tenant, 'one'), installs(tenant, 'two')];
    expect(one.map(({ name }) => name)).toEqual(['both', 'old only']);
    for (const [index, profile] of one.entries()) expect(two[index]).toBe(profile);
    expect(tenant.profiles().filter(({ profile }) => one.includes(profile))).toHaveLength(2);
    for (const [index, held] of (tenant.device('two')?.held ?? []).entries())
      expect(tenant.device('one')?.held[index]).toEqual(held);
    await tenant.close();
    expect(installs(opened(folder).tenant, 'two')).toEqual(two); // each start forgets contents that are not used, and no others
  });

  test('is forgotten in the store once no device refers to it', async () => {
    const folder = await changed(
      () => {},
      (tenant) => {
        tenant.unenroll('one', 'left');
        tenant.unenroll('two', 'left');
      },
    );
    await opened(folder).tenant.close();
    const journal = openJournal(folder, silentLog);
    onTestFinished(() => journal.close());
    expect(stored(journal, 'content').size).toBe(0);
  });

  test('stays while a device that may refer to it is set aside', async () => {
    const folder = await changed((journal) => {
      const one = stored(journal, 'device').get('one');
      journal.save('device', 'one', { version: 2, value: { ...Object(one), revision: 'odd' } });
      journal.save('device', 'two', undefined);
    });
    const contents = async (deletesAside = false) => {
      const { tenant, journal } = opened(folder);
      expect(journal.aside).toMatchObject([{ table: 'device', key: 'one' }]);
      if (deletesAside) journal.forgetAside(journal.aside[0]?.id ?? '');
      await tenant.close();
      const after = openJournal(folder, silentLog);
      const { size } = stored(after, 'content');
      await after.close();
      return size;
    };
    expect([await contents(), await contents(), await contents(true)]).toEqual([2, 2, 2]);
    await opened(folder).tenant.close();
    const journal = openJournal(folder, silentLog);
    onTestFinished(() => journal.close());
    expect(stored(journal, 'content').size).toBe(0);
  });

  test('does not fill the store, however many are installed once each', async () => {
    const folder = join(temporaryFolder(), 'data');
    const { tenant, enroll } = open({}, openJournal(folder, silentLog));
    const count = 2500;
    enroll('one');
    tenant.openSession('one');
    for (let index = 0; index < count; index++) {
      tenant.queue('one', { kind: 'install-profile', profile: wifi(`w${index}`) });
      for (let next = tenant.next('one'); next !== undefined; next = tenant.next('one'))
        tenant.report('one', next.id, { status: 'failed', reason: 'no' });
      if (index % 20 === 0) await Promise.resolve(); // written now
    }
    await tenant.close();
    const journal = openJournal(folder, silentLog);
    expect(stored(journal, 'content').size).toBeLessThan(2100);
    await journal.close();
    const last = Array.from({ length: 31 }, (_, index) => `w${count - 31 + index}`);
    for (let start = 0; start < 2; start++) {
      const { tenant: again } = opened(folder);
      expect(installs(again, 'one').map(({ name }) => name)).toEqual(expect.arrayContaining(last));
      await again.close();
    }
  });
});

describe('a folder of the first form, whose devices had whole profiles in their commands', () => {
  const folderOf = () => {
    const folder = join(temporaryFolder(), 'data');
    mkdirSync(folder);
    const fixture = fileURLToPath(new URL('fixtures/first-form.journal', import.meta.url));
    copyFileSync(fixture, join(folder, 'tenant.journal'));
    return folder;
  };

  test('opens with everything in it', async () => {
    const { tenant, lines } = opened(folderOf(), manualClock(startAt + hourMs));
    expect(lines()).toEqual([]);
    expect(tenant.devices().map(({ deviceId, userId }) => [deviceId, userId])).toEqual([
      ['one', 'id-ada'],
      ['two', 'id-ada'],
      ['three', 'id-ben'],
    ]);
    expect(tenant.device('one')?.dialect).toEqual({ token: Buffer.from('push token'), at: 7 });
    expect(tenant.commands('one').map((each) => `${words(each)} ${each.status}`)).toEqual([
      '+pinned waiting',
      'native waiting',
      'inventory done',
      '+root done',
      '+both done',
      '+old only done',
      '+secret done',
    ]);
    expect(
      tenant
        .commands('two')
        .map((each) => `${words(each)} ${each.status}`)
        .slice(0, 2),
    ).toEqual(['+both sent', '+new only waiting']);
    for (const [index, profile] of installs(tenant, 'three').entries())
      expect(installs(tenant, 'two')[index + 2]).toBe(profile);
    expect(tenant.changes()).toMatchObject([{ from: 'office365', to: 'intune', moved: 1 }]);
    expect(tenant.failures()).toHaveLength(1);
  });

  test('becomes one of the present form as its devices change, and says the same', async () => {
    const folder = folderOf();
    const first = opened(folder);
    const before = ['one', 'two', 'three'].map((id) => first.tenant.commands(id));
    first.tenant.updateFacts('two', { model: 'x' });
    await first.tenant.close();
    const journal = openJournal(folder, silentLog);
    const versions = [...stored(journal, 'device')].map(([key, value]) => [
      key,
      Object.hasOwn(Object(value), 'version'),
    ]);
    expect(versions).toEqual([
      ['one', false],
      ['three', false],
      ['two', true],
    ]);
    await journal.close();
    const second = opened(folder);
    expect(['one', 'two', 'three'].map((id) => second.tenant.commands(id))).toEqual(before);
    const places = [...second.tenant.eachDevice()].map(({ sequence }) => sequence);
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b)); // each has a place of its own
    expect(places).toHaveLength(3);
  });
});
