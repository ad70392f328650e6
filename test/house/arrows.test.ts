import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const rooms = ['base', 'protocol', 'agent', 'server-stub', 'fleet', 'bench'] as const;

const doorOf = (door: string) => ({ room: 'base', door });

/** From which rooms a room may import, and through which file only. */
const arrows: Record<string, readonly (string | { room: string; door: string })[]> = {
  base: ['base'],
  protocol: ['protocol', ...['errors', 'json', 'secret-names', 'trace'].map((name) => `base/${name}.ts`).map(doorOf)],
  agent: ['agent', 'protocol', 'base'],
  'server-stub': ['server-stub', 'protocol', 'base'],
  fleet: [
    'fleet',
    'base',
    'protocol',
    { room: 'agent', door: 'agent/index.ts' },
    { room: 'server-stub', door: 'server-stub/index.ts' },
  ],
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

interface Import {
  readonly from: string;
  readonly to: string;
}

function imports(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)];
  return found.map((match) => ({
    from: file,
    to: relative(root, resolve(root, dirname(file), match[1] ?? '')).replace(/\.js$/, '.ts'),
  }));
}

const all = rooms.flatMap((room) => sources(room)).flatMap(imports);
const roomOf = (path: string) => path.split('/')[0] ?? '';

describe('the arrows of the house', () => {
  it('finds imports to judge at all', () => {
    expect(all.length).toBeGreaterThan(50);
  });

  it.each(Object.keys(arrows))('%s imports only what lies below it, through its door', (room) => {
    const forbidden = all.filter(({ from, to }) => {
      if (roomOf(from) !== room) return false;
      return !(arrows[room] ?? []).some((allowed) =>
        typeof allowed === 'string' ? roomOf(to) === allowed : to === allowed.door,
      );
    });
    expect(forbidden).toEqual([]);
  });

  const platform = (path: string) => /^(?:agent\/platform|server-stub)\/(ios|windows|android)\//.exec(path)?.[1];

  it('no platform imports another', () => {
    const crossing = all.filter(({ from, to }) => {
      const [mine, other] = [platform(from), platform(to)];
      return mine !== undefined && other !== undefined && mine !== other;
    });
    expect(crossing).toEqual([]);
  });

  it('what platforms share imports none of them: the registries do, and only what a folder exports', () => {
    const doors = /^(?:agent\/platform\/\w+\/driver|server-stub\/\w+\/dialect)\.ts$/;
    const registries = new Set(['agent/platform/registry.ts', 'server-stub/registry.ts']);
    const inward = all.filter(
      ({ from, to }) => roomOf(from) !== 'bench' && platform(from) === undefined && platform(to) !== undefined,
    );
    expect(inward.filter(({ from, to }) => !registries.has(from) || !doors.test(to))).toEqual([]);
    expect(new Set(inward.map(({ from }) => from))).toEqual(registries);
  });

  it.each([
    'protocol/scep',
    'agent/scep',
    'server-stub/scep',
    'server-stub/core',
    'server-stub/push',
    'server-stub/admin',
  ])('%s names no platform', (room) => {
    const naming = sources(room).filter((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /['"](?:ios|windows|android)['"]|apple-mdm\/profile/.test(code);
    });
    expect(naming).toEqual([]);
  });

  /** Of the check-in core: what each does for the tenant's interfaces lies in one file, upon what all of them share. */
  const rules = [
    'actions',
    'answers',
    'assigned-profiles',
    'audit',
    'authority',
    'autopilot',
    'bms',
    'bulk-tokens',
    'consents',
    'corporate-devices',
    'restrictions',
    'certificates',
    'comanagement',
    'coexistence',
    'compliance',
    'push-certificate-upload',
    'support',
    'devices',
    'dry-run',
    'enrollment',
    'events',
    'groups',
    'licences',
    'notifications',
    'resource-gate',
    'session',
    'users',
    'whole-tenant',
  ].map((name) => `server-stub/core/${name}.ts`);
  const tenant = 'server-stub/core/tenant.ts';

  it('no rule of the check-in core imports another, and what lies below imports none: the tenant puts them together', () => {
    const toRules = all.filter(({ to }) => rules.includes(to));
    expect(toRules.filter(({ from }) => from !== tenant)).toEqual([]);
    expect(new Set(toRules.map(({ to }) => to))).toEqual(new Set(rules));
  });

  it('what implements an interface of the tenant is listed as a rule', () => {
    const implementing = all
      .filter(({ from, to }) => from.startsWith('server-stub/core/') && to === 'server-stub/core/interfaces.ts')
      .map(({ from }) => from);
    expect(implementing.sort()).toEqual([...rules, tenant].sort());
  });

  it('nothing outside test imports test', () => {
    expect(all.filter(({ to }) => roomOf(to) === 'test')).toEqual([]);
  });

  it('the check-in core names no platform: it only carries their names as data', () => {
    const wire = /\b(UDID|PushMagic|CommandUUID|mobileconfig|SyncML|Headwind|NotNow|InstallProfile)\b/;
    const speaking = sources('server-stub/core').filter((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return wire.test(code);
    });
    expect(speaking).toEqual([]);
  });

  it('no file depends on itself through others', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of all) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) {
        cycles.push([...path.slice(at), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const other of next.get(file) ?? []) visit(other, [...path, file]);
      done.add(file);
    };
    for (const file of next.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('time comes from the clock port alone', () => {
    const own = /(?:\bDate\.now\(|(?<!\.)\bsetTimeout\(|(?<!\.)\bsetInterval\(|\bnew Date\(\))/; // a socket's own setTimeout is its idle bound
    const allowed = new Set(['base/clock.ts']);
    const guilty = rooms
      .filter((room) => room !== 'bench')
      .flatMap((room) => sources(room))
      .filter((file) => {
        if (allowed.has(file)) return false;
        const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
        return own.test(code);
      });
    expect(guilty).toEqual([]);
  });
});
