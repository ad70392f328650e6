import { describe, expect, test } from 'vitest';
import type { PlatformName, Profile } from '../../../protocol/vocabulary.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { QueuedCommand } from '../../../server-stub/core/types.js';
import { computedMs } from '../../support/computed.js';
import { assigned, open, refusal, wifi } from './support.js';

const bare = { profiles: [] };

/** Enrolled, first session over. */
function settled(change: Parameters<typeof open>[0] = bare) {
  const bench = open(change);
  bench.enroll('d');
  bench.session('d');
  bench.notified();
  return bench;
}

describe('the queue of a device', () => {
  test("delivers in the order of queueing, and an administrator's command notifies the device", () => {
    const { tenant, session, notified } = settled();
    tenant.queue('d', { kind: 'lock' });
    tenant.queue('d', { kind: 'restart' }, 'core');
    tenant.queue('d', { kind: 'locate' });
    expect(notified()).toEqual(['d', 'd']);
    expect(session('d')).toEqual(['lock', 'restart', 'locate']);
    expect(session('d')).toEqual([]);
  });

  test('a setting whose removal was sent and not answered is installed anew once it is assigned again', () => {
    const { tenant, enroll, session, held } = open({ profiles: [assigned('office365', wifi('net'))] });
    enroll('d');
    session('d');
    tenant.removeProfile('office365/net');
    tenant.openSession('d');
    expect(tenant.next('d')?.command.kind).toBe('remove-profile'); // obeyed, and its answer is lost
    tenant.putProfile(assigned('office365', wifi('net')));
    expect(session('d')).toEqual(['+net']);
    expect(held('d')).toEqual(['net (office365)']);
  });

  test('a command answered `later` waits for the next session, in its old place', () => {
    const { tenant, session } = settled();
    tenant.queue('d', { kind: 'lock' });
    tenant.queue('d', { kind: 'restart' });
    expect(
      session('d', ({ kind }) => (kind === 'lock' ? { status: 'later', reason: 'locked' } : { status: 'done' })),
    ).toEqual(['lock', 'restart']);
    tenant.queue('d', { kind: 'locate' });
    expect(
      tenant
        .commands('d')
        .slice(0, 2)
        .map(({ status }) => status),
    ).toEqual(['later', 'waiting']);
    expect(session('d')).toEqual(['lock', 'locate']);
  });

  test('what was sent and never answered is sent again in the next session, under the same id', () => {
    const { tenant } = settled();
    const { id } = tenant.queue('d', { kind: 'lock' });
    tenant.openSession('d');
    expect(tenant.next('d')?.id).toBe(id);
    expect(tenant.next('d')).toBeUndefined();
    tenant.openSession('d');
    expect(tenant.next('d')?.id).toBe(id);
  });

  test('a late answer, given before the command is sent again, counts', () => {
    const { tenant } = settled();
    const { id } = tenant.queue('d', { kind: 'lock' });
    tenant.openSession('d');
    tenant.next('d');
    tenant.openSession('d');
    expect(tenant.report('d', id, { status: 'done' })).toBe(true);
    expect(tenant.next('d')).toBeUndefined();
  });

  test('an answer to a command that is unknown, not sent yet or answered already is ignored', () => {
    const { tenant, session } = settled();
    const { id } = tenant.queue('d', { kind: 'lock' });
    expect(tenant.report('d', id, { status: 'done' })).toBe(false);
    session('d');
    expect(tenant.report('d', id, { status: 'failed', reason: 'again' })).toBe(false);
    expect(tenant.report('d', 'nonsense', { status: 'done' })).toBe(false);
    expect(tenant.report('nobody', id, { status: 'done' })).toBe(false);
    expect(tenant.commands('d').at(-1)).toMatchObject({ id, status: 'done', outcome: { status: 'done' } });
  });

  test('is bounded for administrators, and so are the answers that are kept', () => {
    const { tenant, session } = settled();
    for (let index = 0; index < 200; index++) tenant.queue('d', { kind: 'lock' });
    expect(refusal(() => tenant.queue('d', { kind: 'lock' }))).toBe('REQUEST_INVALID');
    tenant.queue('d', { kind: 'wipe' });
    tenant.unenroll('d', 'deleted');
    tenant.enroll({ platform: 'windows', deviceId: 'd', serial: 's', userId: 'id-ada' });
    tenant.confirm('d');
    session('d');
    for (let index = 0; index < 100; index++) {
      tenant.queue('d', { kind: 'locate' });
      session('d');
    }
    expect(tenant.commands('d')).toHaveLength(32);
  });
});

describe('retire and wipe', () => {
  test('M4: retire takes away what the authority installed, then ends the enrollment', () => {
    const { tenant, session } = settled({});
    tenant.queue('d', { kind: 'lock' });
    tenant.queue('d', { kind: 'retire' });
    expect(tenant.device('d')?.status).toBe('retiring');
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(false);
    expect(refusal(() => tenant.queue('d', { kind: 'lock' }))).toBe('REQUEST_INVALID');
    expect(session('d')).toEqual(['lock', '-both', '-old only', 'retire']);
    expect(tenant.device('d')).toBeUndefined();
    expect(tenant.next('d')).toBeUndefined();
  });

  test('a device that cannot retire stays managed and is given its settings back', () => {
    const { tenant, session, held } = settled({});
    tenant.queue('d', { kind: 'retire' });
    session('d', ({ kind }) => (kind === 'retire' ? { status: 'failed', reason: 'no' } : { status: 'done' }));
    expect(tenant.device('d')?.status).toBe('enrolled');
    expect(held('d')).toEqual([]);
    expect(session('d')).toEqual(['+both', '+old only']);
  });

  test('a wipe comes before everything that was not sent yet', () => {
    const { tenant, session } = settled({});
    tenant.queue('d', { kind: 'lock' });
    tenant.queue('d', { kind: 'wipe' });
    expect(tenant.device('d')?.status).toBe('wiping');
    expect(session('d', () => ({ status: 'later', reason: 'locked' }))).toEqual(['wipe']);
    expect(session('d')).toEqual(['wipe']);
    expect(tenant.devices()).toEqual([]);
  });
});

describe('profiles', () => {
  test('that name platforms are for their devices alone, and one name may mean another thing on each', () => {
    const { tenant, enroll, session } = open({ profiles: [] });
    enroll('phone', 'ada', 'ios');
    enroll('pc', 'ada', 'windows');
    for (const device of ['phone', 'pc']) session(device);
    const ofPlatforms = (id: string, platforms: readonly PlatformName[], words: string) =>
      tenant.putProfile({ ...assigned('office365', wifi('ours', words), ['id-ada']), id, platforms });
    ofPlatforms('1', ['ios'], 'for phones');
    ofPlatforms('2', ['windows', 'android'], 'for the others');
    expect(refusal(() => ofPlatforms('3', ['android'], 'twice'))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.putProfile(assigned('office365', wifi('ours'))))).toBe('REQUEST_INVALID');
    const given = (device: string) => {
      const words: unknown[] = [];
      session(device, (command) => {
        if (command.kind !== 'install-profile') words.push(command.kind);
        else if (command.profile.kind === 'wifi') words.push(command.profile.passphrase);
        return { status: 'done' };
      });
      return words;
    };
    expect([given('phone'), given('pc')]).toEqual([['for phones'], ['for the others']]);
    tenant.removeProfile('2');
    expect([given('phone'), given('pc')]).toEqual([[], ['remove-profile']]);
    tenant.putProfile({ ...assigned('office365', wifi('ours', 'for all')), id: '1' });
    expect([given('phone'), given('pc')]).toEqual([['for all'], ['for all']]);
  });

  test('only what changed is sent: new content replaces, what is no longer assigned goes', () => {
    const { tenant, session, held } = settled({});
    tenant.putProfile(assigned('office365', wifi('both', 'newer')));
    expect(session('d')).toEqual(['+both']);
    tenant.putProfile(assigned('office365', { ...wifi('both', 'newer') }));
    expect(session('d')).toEqual([]);
    tenant.removeProfile('office365/old only');
    tenant.putProfile(assigned('office365', wifi('both', 'newer'), ['id-ben']));
    expect(session('d').sort()).toEqual(['-both', '-old only']);
    expect(held('d')).toEqual([]);
  });

  test("one that is assigned to a person reaches that person's devices only", () => {
    const { tenant, enroll, session } = open({
      profiles: [assigned('office365', wifi('all')), assigned('office365', wifi('bens'), ['id-ben'])],
    });
    enroll('of ada', 'ada');
    enroll('of ben', 'ben');
    enroll('of nobody', '');
    expect(session('of ada')).toEqual(['inventory', '+all']);
    expect(session('of ben')).toEqual(['inventory', '+all', '+bens']);
    expect(session('of nobody')).toEqual(['inventory', '+all']);
    expect(tenant.device('of ben')?.held).toHaveLength(2);
  });

  test('certificates come first, then what refers to them', () => {
    const mail: Profile = {
      kind: 'email',
      name: 'mail',
      account: 'exchange',
      emailAddress: '{{upn}}',
      incoming: { host: 'h', tls: true, authentication: 'none' },
    };
    const root: Profile = {
      kind: 'certificate',
      name: 'root',
      role: 'root',
      source: { type: 'der', der: Buffer.from([1]) },
    };
    const identity: Profile = { ...root, name: 'identity', role: 'identity' };
    const { enroll, session } = open({
      profiles: [mail, wifi('wifi'), identity, root].map((profile) => assigned('office365', profile)),
    });
    enroll('d');
    expect(session('d')).toEqual(['inventory', '+root', '+identity', '+wifi', '+mail']);
  });

  test('a failed install is not repeated until the profile or the authority changes', () => {
    const { tenant, session } = settled();
    tenant.putProfile(assigned('office365', wifi('a')));
    const fail = () => session('d', () => ({ status: 'failed', reason: 'bad' }));
    expect(fail()).toEqual(['+a']);
    expect(fail()).toEqual([]);
    expect(session('d')).toEqual([]);
    tenant.putProfile(assigned('office365', wifi('a', 'other words')));
    expect(fail()).toEqual(['+a']);
    tenant.setAuthority('intune', 'admin');
    session('d');
    tenant.setAuthority('office365', 'admin');
    expect(session('d')).toEqual(['+a']);
  });

  test('a failed removal is not repeated until the authority changes', () => {
    const { tenant, session, held } = settled({});
    tenant.removeProfile('office365/old only');
    expect(session('d', () => ({ status: 'failed', reason: 'no' }))).toEqual(['-old only']);
    expect(session('d')).toEqual([]);
    expect(held('d')).toContain('old only (office365)');
  });

  test('one that is waiting when it is no longer wanted is never sent', () => {
    const { tenant, session } = settled();
    tenant.putProfile(assigned('office365', wifi('a')));
    tenant.openSession('d');
    tenant.removeProfile('office365/a');
    expect(session('d')).toEqual([]);
  });

  test('one that was sent, not answered, and is no longer wanted, is removed: the device may have it', () => {
    const { tenant, session } = settled();
    tenant.putProfile(assigned('office365', wifi('a')));
    tenant.openSession('d');
    tenant.next('d');
    tenant.removeProfile('office365/a');
    expect(session('d')).toEqual(['-a']);
    expect(session('d')).toEqual([]);
  });

  test('one that an administrator installs by a command of its own is held, and no comparison takes it away', () => {
    const { tenant, session, held } = settled();
    tenant.queue('d', { kind: 'install-profile', profile: wifi('by hand') });
    expect(session('d')).toEqual(['+by hand']);
    expect(session('d')).toEqual([]);
    expect(tenant.resource('d', 'wifi', 'by hand').allowed).toBe(true);
    tenant.queue('d', { kind: 'remove-profile', name: 'by hand' });
    session('d');
    expect(held('d')).toEqual([]);
  });

  test('an authority has a name once, a profile has an authority, and there is a bound', () => {
    const { tenant } = open();
    const taken = { ...assigned('intune', wifi('both')), id: 'other' };
    expect(refusal(() => tenant.putProfile(taken))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.putProfile(assigned('unknown', wifi('x'))))).toBe('REQUEST_INVALID');
    for (let index = 4; index < 1000; index++) tenant.putProfile(assigned('sccm', wifi(`w${index}`)));
    expect(refusal(() => tenant.putProfile(assigned('sccm', wifi('one more'))))).toBe('REQUEST_INVALID');
  });
});

describe('placeholders', () => {
  const template: Profile = {
    kind: 'configuration',
    name: '{{upn}}',
    type: 't',
    settings: {
      deep: [
        {
          text: '{{upn}} {{userName}} {{deviceId}} {{serial}}',
          url: '{{scepUrl}}',
          challenge: '{{scepChallenge}}',
          other: '{{nonsense}}',
        },
      ],
      secret: '{{secret}}',
      again: 'x{{secret}}',
      bytes: Buffer.from('{{upn}}'),
    },
  };
  const ask = (tenant: ReturnType<typeof open>['tenant'], deviceId: string) => {
    tenant.openSession(deviceId);
    for (let next: QueuedCommand | undefined; ; ) {
      next = tenant.next(deviceId);
      if (next === undefined) throw new Error('nothing to install');
      if (next.command.kind !== 'install-profile') tenant.report(deviceId, next.id, { status: 'done' });
      else return { id: next.id, profile: next.command.profile as Extract<Profile, { kind: 'configuration' }> };
    }
  };

  test('are filled in for each device when the command is handed out, everywhere but in the name', () => {
    const { tenant, enroll } = open({ profiles: [assigned('office365', template)] });
    enroll('d');
    const { profile } = ask(tenant, 'd');
    expect(profile.name).toBe('{{upn}}');
    expect(profile.settings['deep']).toEqual([
      {
        text: 'ada@contoso.example ada d S-d',
        url: '{{scepUrl}}',
        challenge: '{{scepChallenge}}',
        other: '{{nonsense}}',
      },
    ]);
    expect(profile.settings['bytes']).toEqual(Buffer.from('{{upn}}'));
    expect(JSON.stringify(tenant.commands('d'))).toContain('{{secret}}');
  });

  test('a secret is the same each time for one device and profile, another for another, and is what access is checked by', () => {
    const { tenant, enroll } = open({ profiles: [assigned('office365', template)] });
    enroll('d');
    enroll('e', 'ben');
    const first = ask(tenant, 'd');
    const secret = String(first.profile.settings['secret']);
    expect(secret).toHaveLength(24);
    expect(first.profile.settings['again']).toBe(`x${secret}`);
    const again = ask(tenant, 'd');
    expect(again.profile.settings['secret']).toBe(secret);
    expect(ask(tenant, 'e').profile.settings['secret']).not.toBe(secret);
    tenant.report('d', again.id, { status: 'done' });
    expect(tenant.resource('d', 'configuration', '{{upn}}', secret).allowed).toBe(true);
    expect(tenant.resource('d', 'configuration', '{{upn}}', 'guess').allowed).toBe(false);
    expect(tenant.resource('d', 'configuration', '{{upn}}').allowed).toBe(true);
  });
});

describe('access to a resource', () => {
  test('needs an enrolled device that holds a profile of that kind and name', () => {
    const { tenant, session, enroll } = open();
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(false);
    enroll('d');
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(false);
    session('d');
    expect(tenant.resource('d', 'wifi', 'both')).toEqual({ allowed: true, reason: 'Given by office365.' });
    expect(tenant.resource('d', 'email', 'both').allowed).toBe(false);
    expect(tenant.resource('d', 'wifi', 'other').allowed).toBe(false);
    tenant.unenroll('d', 'left');
    expect(tenant.resource('d', 'wifi', 'both').allowed).toBe(false);
  });
});

test('a session of an idle device costs nothing that grows with devices or profiles', () => {
  const devices = 20;
  const many = Array.from({ length: 500 }, (_, index) => assigned('office365', wifi(`w${index}`)));
  const sessions = (profiles: typeof many) => {
    const bench = open({
      profiles,
      settings: {
        ...defaultSettings,
        deviceLimitPerUser: 1e9,
        profileGraceMs: 1,
        checkInEveryMs: 1e9,
        enrollmentMs: 1e9,
        pushCertificateMs: 1e12,
      },
    });
    for (let index = 0; index < devices; index++) {
      bench.enroll(`d${index}`);
      bench.session(`d${index}`);
      bench.session(`d${index}`);
    }
    const best = Array.from({ length: 5 }, () => {
      const from = computedMs();
      for (let round = 0; round < 50; round++) for (let index = 0; index < devices; index++) bench.session(`d${index}`);
      return computedMs() - from;
    });
    return Math.min(...best);
  };
  const few = sessions(many.slice(0, 5));
  expect(sessions(many)).toBeLessThan(Math.max(few * 10, 20)); // comparing 500 profiles each time is far above that
});
