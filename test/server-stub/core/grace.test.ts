// How long settings of an authority that was left go on, and in which order they go (A9, A22, A23).
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../protocol/vocabulary.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { assigned, dayMs, hourMs, open, wifi } from './support.js';

const root: Profile = {
  kind: 'certificate',
  name: 'root',
  role: 'root',
  source: { type: 'der', der: Buffer.from([1, 2]) },
};
const passcode: Profile = {
  kind: 'configuration',
  name: 'passcode',
  type: 'com.apple.mobiledevice.passwordpolicy',
  settings: { forcePIN: true },
};

function enrolled(change: Parameters<typeof open>[0] = {}) {
  const bench = open(change);
  bench.enroll('d');
  bench.session('d');
  const state = (name: string) => {
    const { expired = false, endsAt } = bench.tenant.heldProfiles('d').find((held) => held.name === name) ?? {};
    return { expired, endsAt };
  };
  return { ...bench, state, allowed: (name: string) => bench.tenant.resource('d', 'wifi', name).allowed };
}

describe('A23: several changes that a device stays away from', () => {
  test('its days run from the last change that left the authority of the setting, and a setting of the one that is set now has no end', async () => {
    const { tenant, clock, session, held, state, allowed } = enrolled();
    tenant.setAuthority('intune', 'admin');
    const first = clock.now();
    expect(state('old only').endsAt).toBe(first + 7 * dayMs);
    await clock.advance(6 * dayMs);
    tenant.setAuthority('office365', 'admin');
    expect(state('old only')).toEqual({ expired: false, endsAt: undefined });
    await clock.advance(30 * dayMs);
    expect(allowed('old only')).toBe(true);
    tenant.setAuthority('intune', 'admin');
    await clock.advance(7 * dayMs - 1);
    expect(allowed('old only')).toBe(true);
    await clock.advance(1);
    expect(allowed('old only')).toBe(false);
    expect(session('d')).toEqual(['-both', '-old only', '+both', '+new only']);
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)']);
    expect(tenant.changes().map(({ moved, stale }) => [moved, stale])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });

  test('a setting that was stale and is of the authority that is set again has no end', async () => {
    const { tenant, clock, session, held, allowed } = enrolled();
    tenant.setAuthority('intune', 'admin');
    session('d');
    tenant.setAuthority('office365', 'admin');
    await clock.advance(8 * dayMs);
    expect([allowed('old only'), allowed('both'), allowed('new only')]).toEqual([true, false, false]);
    expect(session('d')).toEqual(['-both', '-new only', '+both']);
    expect(held('d')).toEqual(['both (office365)', 'old only (office365)']);
  });

  test('a stale setting of a third authority has its days from the first change that was missed', async () => {
    const { tenant, clock, session, allowed } = enrolled({
      authority: 'sccm',
      profiles: [assigned('sccm', wifi('third')), assigned('intune', wifi('new')), assigned('office365', wifi('bms'))],
    });
    tenant.setAuthority('intune', 'admin');
    session('d');
    await clock.advance(40 * dayMs);
    expect(allowed('third')).toBe(true);
    tenant.setAuthority('office365', 'admin');
    await clock.advance(7 * dayMs - 1);
    expect([allowed('third'), allowed('new')]).toEqual([true, true]);
    await clock.advance(1);
    expect([allowed('third'), allowed('new')]).toEqual([false, false]);
  });

  test('it gets nothing of the authority in between, and is counted in both rows', () => {
    const { tenant, session, held } = enrolled();
    tenant.setAuthority('intune', 'admin');
    tenant.setAuthority('office365', 'admin');
    expect(tenant.changes().map(({ waiting }) => waiting)).toEqual([1, 1]);
    expect(session('d')).toEqual([]);
    expect(held('d')).toEqual(['both (office365)', 'old only (office365)']);
    expect(tenant.changes().map(({ moved, waiting }) => [moved, waiting])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });
});

describe('A23: what has ended goes first', () => {
  test('before commands that waited already, those of administrators and those that were sent before included', async () => {
    const { tenant, clock, session } = enrolled();
    tenant.putProfile(assigned('office365', wifi('later')));
    tenant.openSession('d');
    expect(tenant.next('d')?.command.kind).toBe('install-profile'); // its answer never comes
    tenant.setAuthority('intune', 'admin');
    tenant.queue('d', { kind: 'lock' });
    tenant.queue('d', { kind: 'install-profile', profile: wifi('by hand') });
    await clock.advance(8 * dayMs);
    expect(session('d')).toEqual(['-both', '-old only', 'lock', '+by hand', '+both', '+new only', '-later']);
  });

  test('on a platform of documents the first one after contact has none of it', async () => {
    const profiles = [
      assigned('office365', wifi('both', 'old')),
      assigned('office365', wifi('old only')),
      assigned('office365', root),
      assigned('office365', passcode),
      assigned('intune', wifi('both', 'new')),
    ];
    const { tenant, clock, enroll } = open({ profiles });
    enroll('d', 'ada', 'android');
    const document = () => {
      const { items, removals } = tenant.openDocument('d');
      for (const id of [
        ...items.flatMap(({ commandIds = [] }) => commandIds),
        ...removals.map((each) => each.commandId),
      ]) {
        tenant.report('d', id, { status: 'done' });
      }
      return items.map(({ name, authority }) => `${name} (${authority})`);
    };
    expect(document()).toHaveLength(4);
    tenant.setAuthority('intune', 'admin');
    await clock.advance(7 * dayMs + hourMs);
    expect(tenant.heldProfiles('d').map(({ name, expired }) => [name, expired])).toEqual(
      ['root', 'passcode', 'both', 'old only'].map((name) => [name, true]),
    );
    expect(document()).toEqual(['both (intune)']);
    expect(document()).toEqual(['both (intune)']);
  });
});

describe('A22: what was left behind on a device that has moved', () => {
  const lasting = (staleLifetimeMs?: number) =>
    enrolled({ settings: { ...defaultSettings, ...(staleLifetimeMs !== undefined && { staleLifetimeMs }) } });

  test('works without an end, until the new authority assigns its name or its removal is ordered', async () => {
    const { tenant, clock, session, held, state, allowed } = lasting();
    tenant.setAuthority('intune', 'admin');
    session('d');
    await clock.advance(400 * dayMs);
    expect([allowed('old only'), state('old only').endsAt]).toEqual([true, undefined]);
    tenant.putProfile(assigned('intune', wifi('old only', 'new')));
    expect(session('d')).toEqual(['+old only']);
    expect(held('d')).toContain('old only (intune)');
  });

  test('ends after staleLifetime where the tenant has one, counted from the session in which it was left behind', async () => {
    const { tenant, clock, session, held, state, allowed } = lasting(7 * dayMs);
    tenant.setAuthority('intune', 'admin');
    await clock.advance(2 * dayMs);
    session('d');
    const endsAt = clock.now() + 7 * dayMs;
    expect(state('old only')).toEqual({ expired: false, endsAt });
    await clock.advance(7 * dayMs - 1);
    expect(allowed('old only')).toBe(true);
    expect(session('d')).toEqual([]);
    await clock.advance(1);
    expect([allowed('old only'), state('old only')]).toEqual([false, { expired: true, endsAt }]);
    expect(session('d')).toEqual(['-old only']);
    expect(held('d')).toEqual(['both (intune)', 'new only (intune)']);
  });
});

test('the end of the days of grace after a change is an event', async () => {
  const { tenant, clock } = enrolled();
  tenant.setAuthority('intune', 'admin');
  const ended = () => tenant.eventsAfter(0, 1000).events.filter(({ type }) => type === 'graceEnded');
  await clock.advance(7 * dayMs - 1);
  expect(ended()).toEqual([]);
  await clock.advance(1);
  expect(ended()).toMatchObject([{ change: 1, from: 'office365', to: 'intune', at: clock.now() }]);
});
