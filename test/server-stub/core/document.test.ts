import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../base/log.js';
import type { Outcome, Profile } from '../../../protocol/vocabulary.js';
import type { DeviceDocument } from '../../../server-stub/core/document.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { temporaryFolder } from '../../support/programs.js';
import { assigned, type Bench, dayMs, open, refusal, wifi } from './support.js';

const done: Outcome = { status: 'done' };

/** Setting, owner, `!` where the core waits to hear of it, `stale`; then removals and commands. */
function shown({ items, removals, commands }: DeviceDocument): string[] {
  return [
    ...items.map(
      ({ name, authority, isStale, commandIds }) =>
        `${name} (${authority}${isStale ? ', stale' : ''})${'!'.repeat(commandIds?.length ?? 0)}`,
    ),
    ...removals.map(({ name }) => `-${name}`),
    ...commands.map(({ command }) => command.kind),
  ];
}

/** A device that fetches its document and does all of it. */
function fetched({ tenant }: Bench, deviceId = 'd', outcome: Outcome = done): string[] {
  const document = tenant.openDocument(deviceId);
  for (const { commandIds } of document.items) for (const id of commandIds ?? []) tenant.report(deviceId, id, outcome);
  for (const { commandId } of document.removals) tenant.report(deviceId, commandId, outcome);
  for (const { id } of document.commands) tenant.report(deviceId, id, outcome);
  return shown(document);
}

function enrolled(change: Parameters<typeof open>[0] = {}, ...rest: [Parameters<typeof open>[1]?]): Bench {
  const bench = open(change, ...rest);
  bench.enroll('d', 'ada', 'android');
  fetched(bench);
  bench.notified();
  return bench;
}

const secretOf = (document: DeviceDocument, name: string): unknown => {
  const profile = document.items.find((item) => item.name === name)?.profile;
  return profile?.kind === 'wifi' ? profile.passphrase : undefined;
};

describe('the desired state as one document', () => {
  test('has all that a new device is to hold and to do, and afterwards the same settings with nothing to wait for', () => {
    const bench = open();
    bench.enroll('d', 'ada', 'android');
    expect(fetched(bench)).toEqual(['both (office365)!', 'old only (office365)!', 'inventory']);
    expect(bench.held('d')).toEqual(['both (office365)', 'old only (office365)']);
    expect(fetched(bench)).toEqual(['both (office365)', 'old only (office365)']);
    expect(bench.tenant.device('d')?.lastSyncAt).toBe(bench.clock.now());
  });

  test('is given with the answer to an enrollment, which is no session, and what was done by then is heard once it is complete', () => {
    const { tenant, clock, held } = open();
    tenant.enroll({ platform: 'android', deviceId: 'd', serial: 's', userId: 'id-ada' });
    const document = tenant.openDocument('d');
    expect(shown(document)).toEqual(['both (office365)!', 'old only (office365)!']);
    expect(tenant.device('d')).toMatchObject({ status: 'pending' });
    expect(tenant.device('d')?.lastSyncAt).toBeUndefined();
    tenant.confirm('d');
    for (const { commandIds } of document.items) for (const id of commandIds ?? []) tenant.report('d', id, done);
    expect(held('d')).toEqual(['both (office365)', 'old only (office365)']);
    expect(shown(tenant.openDocument('d'))).toEqual(['both (office365)', 'old only (office365)', 'inventory']);
    expect(tenant.device('d')?.lastSyncAt).toBe(clock.now());
  });

  test('says again what was not answered, under the same ids', () => {
    const { tenant } = enrolled({ profiles: [] });
    const { id } = tenant.queue('d', { kind: 'lock' });
    const [first, second] = [tenant.openDocument('d'), tenant.openDocument('d')];
    expect([first, second].map(({ commands }) => commands.map((command) => command.id))).toEqual([[id], [id]]);
    expect(second.commands[0]?.status).toBe('sent');
    expect(tenant.report('d', id, done)).toBe(true);
    expect(tenant.openDocument('d').commands).toEqual([]);
  });

  test('A6, A8: moves the device, overwrites by name, and keeps what the new authority has no word for, with its content', () => {
    const bench = enrolled();
    const { tenant } = bench;
    tenant.setAuthority('intune', 'admin');
    tenant.removeProfile('office365/old only'); // no assignment has it any more: the device does
    expect(fetched(bench)).toEqual(['both (intune)!', 'new only (intune)!', 'old only (office365, stale)']);
    expect(tenant.device('d')?.managedBy).toBe('intune');
    const document = tenant.openDocument('d');
    expect(shown(document)).toEqual(['both (intune)', 'new only (intune)', 'old only (office365, stale)']);
    expect(secretOf(document, 'old only')).toBe('secret words');
    expect(secretOf(document, 'both')).toBe('new');
  });

  test('A9: has none of the expired settings, whatever else is in it', async () => {
    const bench = enrolled();
    bench.tenant.setAuthority('intune', 'admin');
    await bench.clock.advance(8 * dayMs);
    expect(fetched(bench)).toEqual(['both (intune)!!', 'new only (intune)!', '-old only']);
    expect(bench.held('d')).toEqual(['both (intune)', 'new only (intune)']);
    expect(fetched(bench)).toEqual(['both (intune)', 'new only (intune)']);
  });

  test('leaves out what is assigned no more, and waits to hear that it is gone', () => {
    const bench = enrolled();
    bench.tenant.removeProfile('office365/old only');
    expect(fetched(bench)).toEqual(['both (office365)', '-old only']);
    expect(fetched(bench)).toEqual(['both (office365)']);
  });

  test('has the former content of a setting whose next version failed', () => {
    const bench = enrolled({ profiles: [assigned('office365', wifi('net', 'first'))] });
    bench.tenant.putProfile(assigned('office365', wifi('net', 'second')));
    const refused: Outcome = { status: 'failed', reason: 'no' };
    expect(secretOf(bench.tenant.openDocument('d'), 'net')).toBe('second');
    fetched(bench, 'd', refused);
    const document = bench.tenant.openDocument('d');
    expect(shown(document)).toEqual(['net (office365)']);
    expect(secretOf(document, 'net')).toBe('first');
  });

  test('of commands for one name the last one counts, and all of them are answered with it', () => {
    const bench = enrolled({ profiles: [] });
    const { tenant } = bench;
    const install = (ssid: string) => tenant.queue('d', { kind: 'install-profile', profile: wifi('own', ssid) });
    const remove = () => tenant.queue('d', { kind: 'remove-profile', name: 'own' });
    const ids = [install('one'), remove(), install('two')].map(({ id }) => id);
    const document = tenant.openDocument('d');
    expect(document.items.map(({ commandIds }) => commandIds)).toEqual([ids]);
    expect(secretOf(document, 'own')).toBe('two');
    fetched(bench);
    expect(bench.held('d')).toEqual(['own (office365)']);
    install('three');
    remove();
    const last = tenant.openDocument('d');
    expect(last.items).toEqual([]);
    expect(last.removals.map(({ name }) => name)).toEqual(['own', 'own']);
    fetched(bench);
    expect(bench.held('d')).toEqual([]);
    expect(tenant.commands('d').every(({ status }) => status === 'done')).toBe(true);
  });

  describe('that was fetched before something changed', () => {
    const answer = ({ tenant }: Bench, document: DeviceDocument, outcome: Outcome = done): boolean[] =>
      [
        ...document.items.flatMap(({ commandIds = [] }) => commandIds),
        ...document.removals.map((each) => each.commandId),
      ].map((id) => tenant.report('d', id, outcome));
    const versions = ({ tenant }: Bench) => tenant.device('d')?.held.map(({ name, version }) => `${name} ${version}`);

    test('acknowledges what it had, and nothing that came after it', () => {
      const bench = enrolled({ profiles: [] });
      bench.tenant.putProfile(assigned('office365', wifi('net', 'first')));
      const first = bench.tenant.openDocument('d');
      bench.tenant.putProfile(assigned('office365', wifi('net', 'second')));
      bench.tenant.putProfile(assigned('office365', wifi('other')));
      expect(answer(bench, first)).toEqual([true]);
      expect(versions(bench)).toEqual([`net ${first.items[0]?.version}`]);
      const second = bench.tenant.openDocument('d');
      expect(shown(second)).toEqual(['net (office365)!', 'other (office365)!']);
      expect(secretOf(second, 'net')).toBe('second');
      answer(bench, second);
      expect(versions(bench)).toEqual(second.items.map(({ name, version }) => `${name} ${version}`));
    });

    test('is answered by nobody once another one was fetched in its place', () => {
      const bench = enrolled({ profiles: [] });
      bench.tenant.putProfile(assigned('office365', wifi('net', 'first')));
      const first = bench.tenant.openDocument('d');
      bench.tenant.putProfile(assigned('office365', wifi('net', 'second')));
      const second = bench.tenant.openDocument('d');
      expect([answer(bench, first), bench.held('d')]).toEqual([[false], []]);
      expect([answer(bench, second), bench.held('d')]).toEqual([[true], ['net (office365)']]);
      expect(shown(bench.tenant.openDocument('d'))).toEqual(['net (office365)']);
    });

    test('A6: under another authority is acknowledged as that one’s, and the next document moves the device', () => {
      const bench = enrolled({ profiles: [assigned('office365', wifi('old')), assigned('intune', wifi('new'))] });
      bench.tenant.putProfile(assigned('office365', wifi('late')));
      const document = bench.tenant.openDocument('d');
      bench.tenant.setAuthority('intune', 'admin');
      answer(bench, document);
      expect(bench.held('d')).toEqual(['late (office365)', 'old (office365)']);
      expect(bench.tenant.device('d')?.managedBy).toBe('office365');
      expect(fetched(bench)).toEqual(['late (office365, stale)', 'new (intune)!', 'old (office365, stale)']);
    });

    test('and without a setting that is assigned again since: the next one has it, whichever of them is answered', () => {
      for (const isAnswered of [true, false]) {
        const bench = enrolled({ profiles: [assigned('office365', wifi('net'))] });
        bench.tenant.removeProfile('office365/net');
        const without = bench.tenant.openDocument('d');
        expect(shown(without)).toEqual(['-net']);
        bench.tenant.putProfile(assigned('office365', wifi('net')));
        if (isAnswered) answer(bench, without);
        expect(fetched(bench)).toEqual(['net (office365)!']);
        expect(bench.held('d')).toEqual(['net (office365)']);
      }
    });

    test('and has a setting that is assigned no more: it is waited for until it is gone, though nobody said that it was there', () => {
      const bench = enrolled({ profiles: [] });
      bench.tenant.putProfile(assigned('office365', wifi('net')));
      bench.tenant.openDocument('d');
      bench.tenant.removeProfile('office365/net');
      expect(fetched(bench)).toEqual(['-net']);
      expect(fetched(bench)).toEqual([]);
    });

    test('stays as it is for a device that never answers, with the same ids and nothing more in its queue', () => {
      const bench = open();
      bench.enroll('d', 'ada', 'android');
      const ids = Array.from({ length: 50 }, () =>
        bench.tenant.openDocument('d').items.flatMap(({ commandIds = [] }) => commandIds),
      );
      expect(new Set(ids.map((each) => each.join())).size).toBe(1);
      expect(bench.tenant.commands('d')).toHaveLength(3);
    });
  });

  test('of hundreds of settings has each once, in order, and is settled once they are answered', () => {
    const names = Array.from({ length: 300 }, (_, index) => `net ${String(index).padStart(4, '0')}`);
    const bench = open({ profiles: names.map((name) => assigned('office365', wifi(name))).reverse() });
    bench.enroll('d', 'ada', 'android');
    expect(fetched(bench)).toEqual([...names.map((name) => `${name} (office365)!`), 'inventory']);
    expect(fetched(bench)).toEqual(names.map((name) => `${name} (office365)`));
  });

  test('fills the placeholders, with the same secret each time', () => {
    const secret: Profile = { ...wifi('net', '{{upn}}'), passphrase: '{{upn}} {{secret}}' } as Profile;
    const bench = enrolled({ profiles: [assigned('office365', secret)] });
    const [one, other] = [bench.tenant.openDocument('d'), bench.tenant.openDocument('d')];
    expect(secretOf(one, 'net')).toMatch(/^ada@contoso\.example [\w-]{24}$/);
    expect(one.items).toEqual(other.items);
    expect(JSON.stringify(one.items)).not.toContain('{{');
  });

  test('begins with what others refer to', () => {
    const root: Profile = {
      kind: 'certificate',
      name: 'root',
      role: 'root',
      source: { type: 'der', der: Buffer.alloc(9) },
    };
    const bench = enrolled({ profiles: [assigned('office365', wifi('a')), assigned('office365', root)] });
    expect(shown(bench.tenant.openDocument('d'))).toEqual(['root (office365)', 'a (office365)']);
  });

  test('a device that retires is told to hold nothing more and to leave', () => {
    const bench = enrolled();
    bench.tenant.queue('d', { kind: 'retire' });
    expect(fetched(bench)).toEqual(['-both', '-old only', 'retire']);
    expect(bench.tenant.device('d')).toBeUndefined();
  });

  test('keeps over a restart what an administrator installed and what an earlier authority left', async () => {
    const folder = join(temporaryFolder(), 'data');
    const before = enrolled({}, openJournal(folder, silentLog));
    before.tenant.queue('d', { kind: 'install-profile', profile: wifi('own', 'by hand') });
    fetched(before);
    before.tenant.setAuthority('intune', 'admin');
    fetched(before);
    for (let count = 0; count < 40; count++) before.tenant.queue('d', { kind: 'lock' }); // old answers are forgotten
    fetched(before);
    const document = before.tenant.openDocument('d');
    await before.tenant.close();
    const after = open({}, openJournal(folder, silentLog), before.clock);
    expect(after.tenant.openDocument('d')).toEqual(document);
    expect(secretOf(document, 'own')).toBe('by hand');
    await after.tenant.close();
  });

  test('is refused to a device that is not here, and to one whose check-ins fail', () => {
    const { tenant } = open({ authority: 'office365' });
    expect(refusal(() => tenant.openDocument('nobody'))).toBe('DEVICE_UNKNOWN');
    tenant.enroll({ platform: 'ios', deviceId: 'i', serial: 's', userId: 'id-ada' });
    tenant.setAuthority('intune', 'admin');
    expect(refusal(() => tenant.openDocument('i'))).toBe('CHECKIN_UNAVAILABLE');
  });
});
