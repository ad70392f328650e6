import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { personOf } from '../../fleet/engine/invitation.js';
import { secretsIn, withoutSecrets, withSecrets } from '../../fleet/engine/secrets.js';
import { engineTargetOf } from '../../fleet/engine/target.js';
import type { SmokeOptions } from '../../fleet/options.js';
import { usersOf } from '../../fleet/place.js';
import type { Users } from '../../fleet/scenario/model.js';
import { smokePlace, smokePlatforms } from '../../fleet/smoke-place.js';
import { invited, numbered, open, people, planOf } from './places.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-people-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('the people of a run', () => {
  it('have so many devices each, or come in turn', () => {
    const names = (users: Users, indexes: readonly number[]) => indexes.map((index) => personOf(users, index).user[4]);
    expect(names({ devicesEach: 2 }, [0, 1, 2, 3, 4])).toEqual(['1', '1', '2', '2', '3']);
    expect(names({ count: 2 }, [0, 1, 2, 3, 4])).toEqual(['1', '2', '1', '2', '1']);
    const rows = people(['x', 'y'].map((user) => ({ user: `user${user}`, values: {} })));
    expect(names(rows, [0, 1, 2])).toEqual(['x', 'y', 'x']);
  });

  it('are so many by a number, and those of a file by its name', () => {
    expect(usersOf('25')).toEqual({ count: 25 });
    for (const wrong of ['0', '-1', '1.5', '2000000']) expect(() => usersOf(wrong)).toThrow(/--users must be a whole/);
    const path = file('people.csv', 'user,password,dept\na@b.example,own,x\n');
    const row = { user: 'a@b.example', password: 'own', values: { dept: 'x' } };
    expect(usersOf(path)).toMatchObject({ file: path, rows: [row] });
    expect(() => usersOf('no-such.csv')).toThrow(/no-such\.csv: ENOENT/);
  });

  const rows = people([
    { user: 'a@b.example', password: 'own', values: { dept: 'R&D' } },
    { user: 'c@b.example', token: 'T/1', values: { dept: 'x' } },
  ]);
  const at = { discovery: 'https://pc.example/Discovery.svc?d={dept}' };

  it('sign in with what their row says, else with the password of all', () => {
    vi.stubEnv('ROLLCALL_PASSWORD', 'of all');
    const plan = planOf({ windows: 2 }, rows);
    expect(invited(at, plan, 'windows', 0)).toMatchObject({
      url: 'https://pc.example/Discovery.svc?d=R%26D',
      user: 'a@b.example',
      secret: 'own',
    });
    expect(invited(at, plan, 'windows', 0)).not.toHaveProperty('token');
    expect(invited(at, plan, 'windows', 1)).toMatchObject({ user: 'c@b.example', secret: 'of all', token: 'T/1' });
    expect(invited({ profile: 'https://m.example/p' }, planOf({ ios: 2 }, rows), 'ios', 1)).not.toHaveProperty('token');
  });

  it('have a token by a template, as it stands', () => {
    const template = '{"type":1,"payload":{"orbit_node_key":"{token}-{index}"}}';
    const all = people([{ user: 'a@b.example', token: 'T/1', values: {} }]);
    const by = { ...at, discovery: 'https://pc.example/d', 'enroll-token': template };
    expect(invited(by, planOf({ windows: 2 }, all), 'windows', 1).token).toBe(
      '{"type":1,"payload":{"orbit_node_key":"T/1-2"}}',
    );
    vi.stubEnv('ROLLCALL_ENROLL_TOKEN', 'E-{index}');
    expect(invited({ discovery: 'https://pc.example/d' }, planOf({ windows: 1 }), 'windows').token).toBe('E-1');
  });

  it('keep their secrets out of what is posted and logged', () => {
    vi.stubEnv('ROLLCALL_PASSWORD', 'of all');
    vi.stubEnv('ROLLCALL_HMDM_SECRET', 'shared');
    const plan = planOf(
      { windows: 2 },
      people([{ user: 'a', password: 'own', token: 'T/1', values: { token: 'T/1' } }]),
    );
    const target = open({ ...at, discovery: 'https://pc.example/d', token: 'admin', 'enroll-token': 'E' }, plan);
    const posted = JSON.stringify([withoutSecrets(plan), engineTargetOf(target)]);
    for (const secret of ['own', 'T/1', 'of all', 'shared', 'admin', '"E"']) expect(posted).not.toContain(secret);
    expect(target.secrets).toEqual({
      ROLLCALL_PASSWORD: 'of all',
      ROLLCALL_HMDM_SECRET: 'shared',
      ROLLCALL_ENROLL_TOKEN: 'E',
    });
  });

  it('are read again where an engine needs what was withheld, if they are still the same', () => {
    const { users } = withoutSecrets(planOf({ windows: 2 }, rows));
    expect(withSecrets(users, () => rows)).toBe(rows);
    expect(withSecrets(rows, () => expect.unreachable())).toBe(rows);
    expect(withSecrets(numbered, () => expect.unreachable())).toBe(numbered);
    const fewer = people('rows' in rows ? rows.rows.slice(0, 1) : []);
    for (const other of [people([{ user: 'z', values: {} }]), fewer, numbered])
      expect(() => withSecrets(users, () => other)).toThrow(/people\.csv has other users/);
  });

  it('sign in at an embedded stub with nothing from outside', () => {
    const env = { ROLLCALL_PASSWORD: 'x', ROLLCALL_ENROLL_TOKEN: 'y', ROLLCALL_HMDM_SECRET: 'z' };
    expect(secretsIn(env, true)).toEqual({ launcherSecret: 'z' });
    expect(secretsIn({ ...env, ROLLCALL_PASSWORD: '' }, false)).toEqual({ enrollToken: 'y', launcherSecret: 'z' });
  });
});

describe('a smoke run', () => {
  const asked = (given: Partial<SmokeOptions>) => {
    const options = { 'allow-http': false, json: false, quiet: false, ...given };
    return [smokePlace(options), ...smokePlatforms(options)].join(' ');
  };

  it.each([
    [{}, 'embedded ios windows android'],
    [{ platform: ['windows', 'windows'] }, 'embedded windows'],
    [{ server: 'https://m.example' }, 'stub ios windows android'],
    [{ profile: 'https://m.example/p' }, 'other ios'],
    [{ discovery: 'https://m.example/p', 'android-enroll': 'qr.json' }, 'other windows android'],
    [{ server: 'https://m.example', profile: 'https://m.example/p' }, 'other ios windows android'],
    [{ server: 'https://m.example', profile: 'https://m.example/p', platform: ['windows'] }, 'stub windows'],
    [{ server: 'https://m.example/Discovery.svc', platform: ['windows'] }, 'other windows'],
  ])('of %j is at: %s', (given, expected) => {
    expect(asked(given)).toBe(expected);
  });

  it('refuses a platform that is none', () => {
    expect(() => asked({ platform: ['beos'] })).toThrow(/--platform beos cannot be emulated/);
  });
});
