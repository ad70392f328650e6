import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { JournalStore } from '../../../base/journal/journal-store.js';
import { silentLog } from '../../../base/log.js';
import { openJournal, storeErrors } from '../../../server-stub/core/journal.js';
import type { Persistence } from '../../../server-stub/core/persistence.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import { temporaryFolder } from '../../support/programs.js';
import { assigned, config, counted, dayMs, hourMs, open, refusal, traits, user, wifi } from './support.js';

/** The bench's tenant on a folder; `restart` closes it and opens another on the same clock. */
async function onDisk(folder = join(temporaryFolder(), 'data')) {
  const first = open({}, openJournal(folder, silentLog));
  return {
    ...first,
    folder,
    async restart(change: Parameters<typeof open>[0] = {}) {
      await first.tenant.close();
      return open(change, openJournal(folder, silentLog), first.clock);
    },
  };
}

describe('a tenant on disk', () => {
  test('a command that was queued in this turn is stored once that is waited for, though its device is saved later', async () => {
    const folder = join(temporaryFolder(), 'data');
    const journal = openJournal(folder, silentLog);
    const { tenant, enroll, clock } = open({}, journal);
    enroll('phone', 'ada', 'ios');
    await journal.durable();
    tenant.queue('phone', { kind: 'lock' });
    await journal.durable();
    const copy = temporaryFolder(); // as a crash at this moment leaves it
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.includes('owner') });
    const after = open({}, openJournal(copy, silentLog), clock).tenant;
    const commands = after.device('phone') === undefined ? [] : after.commands('phone');
    expect(commands.map(({ command }) => command)).toContainEqual({ kind: 'lock' });
    await tenant.close();
    await after.close();
  });

  test('devices, queue, users, profiles, changes and failures are there after a restart', async () => {
    const { tenant, clock, enroll, session, restart } = await onDisk();
    enroll('phone', 'ada', 'ios');
    enroll('kiosk', '');
    session('phone');
    tenant.setDialect('phone', { token: Buffer.from('push token'), magic: 'm', at: 7 });
    tenant.putUser(user('eve', ['INTUNE_A']));
    tenant.removeUser('id-ben');
    tenant.putProfile(
      assigned('office365', {
        kind: 'certificate',
        name: 'root',
        role: 'root',
        source: { type: 'der', der: Buffer.from([1, 2]) },
      }),
    );
    tenant.putProfile({ ...assigned('office365', wifi('phones')), platforms: ['ios', 'android'] });
    tenant.removeProfile('intune/new only');
    tenant.queue('phone', {
      kind: 'native',
      platform: 'ios',
      name: 'X',
      body: { deep: [1, { bytes: Buffer.from('b') }] },
    });
    tenant.openSession('phone');
    const sent = tenant.next('phone');
    refusal(() => tenant.admit({ platform: 'ios', user: 'nobody@x' }));
    await clock.advance(hourMs);
    refusal(() => tenant.admit({ platform: 'ios', user: 'nobody2@x' }));
    tenant.setAuthority('intune', 'ada');
    tenant.renewPushCertificate('ada', { topic: 'new topic' });
    const before = {
      devices: tenant.devices(),
      commands: tenant.commands('phone'),
      users: tenant.users(),
      profiles: tenant.profiles(),
      changes: tenant.changes(),
      failures: tenant.failures(),
      certificate: tenant.pushCertificate(),
    };

    const again = await restart({ authority: 'sccm', users: [user('stranger')] });
    expect(again.tenant.authority).toBe('intune');
    expect(again.tenant.devices()).toHaveLength(2);
    expect(again.tenant.devices()).toEqual(expect.arrayContaining([...before.devices]));
    expect(again.tenant.commands('phone')).toEqual(before.commands);
    expect(new Set(again.tenant.users())).toEqual(new Set(before.users));
    expect(new Set(again.tenant.profiles())).toEqual(new Set(before.profiles));
    expect(again.tenant.changes()).toEqual(before.changes);
    expect(again.tenant.failures()).toEqual(before.failures);
    expect(again.tenant.pushCertificate()).toEqual(before.certificate);
    expect(again.tenant.deviceByRecordId(before.devices[0]?.id ?? '')?.deviceId).toBe('phone');
    expect(again.tenant.devicesOf('id-ada')).toHaveLength(1);
    expect(again.tenant.report('phone', sent?.id ?? '', { status: 'done' })).toBe(true);
    expect(again.session('phone')).toEqual(['+both']);
    expect(again.held('phone')).toEqual(['both (intune)', 'old only (office365, stale)']);
  });

  test('the sequence of a device that left is given to no other, however often the stub starts anew', async () => {
    const { tenant, enroll, folder, restart } = await onDisk();
    for (const id of ['a', 'b', 'c']) enroll(id);
    tenant.unenroll('c', 'left');
    tenant.unenroll('b', 'left');
    let next = await restart();
    await next.tenant.close();
    next = open({}, openJournal(folder, silentLog), next.clock);
    next.enroll('d');
    expect(['a', 'd'].map((id) => next.tenant.device(id)?.sequence)).toEqual([1, 4]);
    await next.tenant.close();
  });

  test('a secret that a device was given, what failed, and the day of grace survive too', async () => {
    const secretive = { ...wifi('secret', '{{secret}}') };
    const { tenant, clock, enroll, restart } = await onDisk();
    tenant.putProfile(assigned('office365', secretive));
    enroll('d');
    tenant.openSession('d');
    let secret = '';
    for (let next = tenant.next('d'); next !== undefined; next = tenant.next('d')) {
      const { command } = next;
      if (command.kind === 'install-profile' && command.profile.kind === 'wifi' && command.profile.name === 'secret')
        secret = command.profile.passphrase ?? '';
      const fails = command.kind === 'install-profile' && command.profile.name === 'old only';
      tenant.report('d', next.id, fails ? { status: 'failed', reason: 'no' } : { status: 'done' });
    }
    tenant.setAuthority('intune', 'admin');
    const again = await restart();
    expect(again.tenant.resource('d', 'wifi', 'secret', secret).allowed).toBe(true);
    await clock.advance(7 * dayMs);
    expect(again.tenant.resource('d', 'wifi', 'secret', secret).allowed).toBe(false);
  });

  test('an enrollment that was begun before keeps its time', async () => {
    const { tenant, clock, restart } = await onDisk();
    tenant.enroll({ platform: 'ios', deviceId: 'd', serial: 's', userId: 'id-ada' });
    await clock.advance(hourMs / 4);
    const again = await restart();
    expect(again.tenant.device('d')?.status).toBe('pending');
    await clock.advance(hourMs / 4);
    expect(again.tenant.device('d')).toBeUndefined();
  });

  test('a table of a dialect is there after a restart, whatever its keys', async () => {
    const folder = join(temporaryFolder(), 'data');
    const first = openJournal(folder, silentLog);
    const long = 'k'.repeat(2000);
    for (const key of ['a', 'b', long]) first.keep('words').put(key, { key, bytes: Buffer.from(key) });
    first.keep('words').put('b', undefined);
    first.keep('others').put('a', 1);
    await first.close();
    const second = openJournal(folder, silentLog);
    onTestFinished(() => second.close());
    const kept = second.keep('words').entries();
    expect(kept.map(([, value]) => (value as { key: string }).key).sort()).toEqual(['a', long]);
    expect(second.load()).toBeUndefined(); // a tenant it is not
  });

  test('what was not installed because it failed is not tried again after a restart', async () => {
    const { enroll, session, restart } = await onDisk();
    enroll('d');
    session('d', ({ kind }) => (kind === 'install-profile' ? { status: 'failed', reason: 'no' } : { status: 'done' }));
    expect((await restart()).session('d')).toEqual([]);
  });

  test('a device that left is gone, one that was silent is due at its own time', async () => {
    const { tenant, clock, enroll, restart } = await onDisk();
    enroll('gone');
    enroll('early');
    await clock.advance(hourMs);
    enroll('late');
    tenant.unenroll('gone', 'left');
    const again = await restart();
    expect(
      again.tenant
        .devices()
        .map(({ deviceId }) => deviceId)
        .sort(),
    ).toEqual(['early', 'late']);
    again.notified();
    await clock.advance(7 * hourMs);
    expect(again.notified()).toEqual(['early']);
    await clock.advance(hourMs);
    expect(again.notified()).toEqual(['late']);
  });

  test('the files may be read by their owner only', async () => {
    const { folder } = await onDisk();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder))
      expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  test('a device id of any length and letters is kept', async () => {
    const ids = ['x'.repeat(5000), '../../etc/passwd', 'ü\u0000\u{10ffff}', '#', '0'];
    const { enroll, restart } = await onDisk();
    for (const id of ids) enroll(id);
    const again = await restart();
    expect(
      again.tenant
        .devices()
        .map(({ deviceId }) => deviceId)
        .sort(),
    ).toEqual([...ids].sort());
  });

  test('the list of failures stays bounded on disk', async () => {
    const { tenant, restart } = await onDisk();
    for (let index = 0; index < 1500; index++) refusal(() => tenant.admit({ platform: 'ios', user: `u${index}@x` }));
    const again = await restart();
    expect(again.tenant.failures()).toHaveLength(1000);
  });
});

describe('a folder that is damaged', () => {
  const opened = (folder: string) => {
    const persistence = openJournal(folder, silentLog);
    onTestFinished(() => persistence.close());
    return createTenant(config(), { clock: open().clock, random: counted(), log: silentLog, traits }, persistence);
  };

  test.each([
    ['text', Buffer.from('hello')],
    ['zeros', Buffer.alloc(100_000)],
    ['noise', Buffer.alloc(100_000, 0x5a)],
  ])('with %s in the place of the store is refused, and the process lives', (_, bytes) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tenant.journal'), bytes);
    expect(refusal(() => opened(folder))).toBe('DATA_CORRUPT');
  });

  test('whose store was cut within its last batch is read without it, and that is said once', async () => {
    const { tenant, folder, enroll } = await onDisk();
    for (let index = 0; index < 15; index++) enroll(`d${index}`);
    await tenant.close();
    const whole = readFileSync(join(folder, 'tenant.journal'));
    const later = openJournal(folder, silentLog);
    later.save('user', 'id-eve', { version: 2, value: user('eve') });
    await later.close();
    const last = readFileSync(join(folder, 'tenant.journal')).subarray(whole.length);
    expect(last.length).toBeGreaterThan(50);
    const zeros = Buffer.alloc(4096);
    for (const tail of [...[1, 23, 24, 40].map((length) => last.subarray(0, length)), zeros]) {
      const cut = temporaryFolder();
      writeFileSync(join(cut, 'tenant.journal'), Buffer.concat([whole, tail]));
      const lines: unknown[] = [];
      const journal = openJournal(cut, { error: (event, values) => lines.push({ event, ...values }) });
      const { tenant: read } = open({}, journal);
      expect([read.devices().length, read.user('id-eve')]).toEqual([15, undefined]);
      expect(lines).toMatchObject([{ event: 'STORE_FAILED' }]);
      read.putUser(user('eve'));
      await read.close();
      expect(readFileSync(join(cut, 'tenant.journal')).equals(Buffer.concat([whole, last]))).toBe(true);
    }
  });

  test('whose store is damaged anywhere before that is refused', async () => {
    const { tenant, folder, enroll } = await onDisk();
    enroll('d');
    await tenant.close();
    const journal = openJournal(folder, silentLog);
    journal.save('user', 'id-eve', user('eve'));
    await journal.close();
    const whole = readFileSync(join(folder, 'tenant.journal'));
    for (const at of [0, 18, 19, 22, 23, 27, 40, Math.floor(whole.length / 2)]) {
      const other = temporaryFolder();
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      writeFileSync(join(other, 'tenant.journal'), bytes);
      expect([at, refusal(() => opened(other))]).toEqual([at, 'DATA_CORRUPT']);
    }
  });

  test('that another has open is refused until it is let go of', async () => {
    const folder = temporaryFolder();
    const first = openJournal(folder, silentLog);
    expect(refusal(() => openJournal(folder, silentLog))).toBe('DATA_LOCKED');
    await first.close();
    for (const left of [String(process.ppid), String(process.pid), '4194304999', 'nonsense', '']) {
      writeFileSync(join(folder, 'owner.pid'), left);
      await openJournal(folder, silentLog).close();
    }
  });

  test('whose list of records set aside is not one is refused, and let go of', async () => {
    const { tenant, folder } = await onDisk();
    await tenant.close();
    const records = new JournalStore({
      errors: storeErrors,
      path: join(folder, 'tenant.journal'),
      onFailure: () => {},
      onTorn: () => {},
    });
    records.put('aside', '00000001', 'odd');
    await records.close();
    for (let time = 0; time < 2; time++) {
      expect(refusal(() => openJournal(folder, silentLog))).toBe('DATA_CORRUPT');
    }
  });

  test('that is a file is refused', () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    expect(refusal(() => opened(path))).toBe('FILE_UNUSABLE');
  });

  test('that knows a device but not the changes it has seen is refused', async () => {
    const { tenant, folder, enroll, session } = await onDisk();
    enroll('d');
    tenant.setAuthority('intune', 'admin');
    session('d');
    await tenant.close();
    const journal = openJournal(folder, silentLog);
    journal.save('change', '00000000', undefined);
    await journal.close();
    expect(refusal(() => opened(folder))).toBe('DATA_CORRUPT');
  });
});

test('several changes of a device within one request are one write', async () => {
  const writes: string[] = [];
  const persistence: Persistence = {
    load: () => undefined,
    changes: 0,
    changed: () => {},
    durable: async () => {},
    failure: undefined,
    save: (table, key) => void writes.push(`${table} ${key}`),
    setAside: () => {},
    aside: [],
    close: async () => {},
  };
  const { enroll, session } = open({ users: [user('ada')], profiles: [] }, persistence);
  enroll('d');
  session('d');
  await Promise.resolve();
  expect(writes.filter((write) => write === 'device d')).toHaveLength(1);
});
