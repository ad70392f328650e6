// How rules are shown: over the wire, from a tenant file, moved by HTTP, and so that a broken rule is noticed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './sources.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const importedBy = (text: string): string[] =>
  [...text.matchAll(/\bfrom '([^']+)'|\bimport\(\s*'([^']+)'/g)].map(([, one, other]) => one ?? other ?? '');
/** What is imported as a type alone is not there when it runs. */
const codeOf = (text: string): string => text.replaceAll(/^import type [^;]*;/gm, '');

const tests = readdirSync(join(root, 'test/rules')).filter((name) => name.endsWith('.ts'));
const door = '../../index.js';
/** What rule tests are made of, beside keys from the stock. */
const support = ['stage', 'rules', 'coexistence', 'certificates', 'events', 'https-fetch'].map((name) => `${name}.ts`);

describe('a rule is shown', () => {
  it.each(tests)('over the wire: rules/%s imports vitest, test/support and the door alone', (name) => {
    const imported = importedBy(read(`test/rules/${name}`));
    expect(imported).toContain('vitest');
    expect(imported.filter((each) => each !== 'vitest' && each !== door && !each.startsWith('../support/'))).toEqual(
      [],
    );
    const of = imported
      .flatMap((each) => /^\.\.\/support\/(.*)\.js$/.exec(each)?.[1] ?? [])
      .map((each) => `${each}.ts`);
    expect(of.filter((each) => !support.includes(each))).toEqual([]);
  });

  it.each(support)('on a stage that imports the door alone: support/%s', (name) => {
    const others = [...support, 'keys.ts'].map((each) => `./${each.replace(/\.ts$/, '.js')}`);
    const imported = importedBy(read(`test/support/${name}`)).filter((each) => !each.startsWith('node:'));
    expect(imported.filter((each) => ![door, 'vitest', ...others].includes(each))).toEqual([]);
  });

  it('on an authority of which no more is known than a client has: addresses, CA, tokens, and how to close it', () => {
    const stage = read('test/support/stage.ts');
    const [, taken = ''] = /const \{([^}]*)\} = await startAuthority\(/.exec(stage) ?? [];
    expect(stage.split('startAuthority(').length).toBe(2);
    expect(taken.split(',').map((each) => each.trim())).toEqual(['url', 'caPem', 'pushUrl', 'adminTokens', 'close']);
    for (const name of tests) expect(codeOf(read(`test/rules/${name}`))).not.toMatch(/startAuthority|readTenantFile/);
  });

  it('by events, never by time', () => {
    const files = [...tests.map((name) => `rules/${name}`), ...support.map((name) => `support/${name}`)];
    for (const name of files)
      expect(read(`test/${name}`)).not.toMatch(/setTimeout|setInterval|\.sleep\(|realClock|Date\.now/);
  });

  it('with faults that delay, drop or damage messages, and decide nothing', () => {
    const kinds = [...read('server-stub/faults/faults.ts').matchAll(/faultKinds = \[([^\]]*)\]/g)].flatMap(([, list]) =>
      [...(list ?? '').matchAll(/'([^']+)'/g)].map(([, kind]) => kind ?? ''),
    );
    expect(kinds.length).toBeGreaterThan(3);
    expect(kinds.filter((kind) => !/^(?:[a-z]+\.(?:drop|delay|damage|hold)|http\.status)$/.test(kind))).toEqual([]);
    for (const name of readdirSync(join(root, 'server-stub/faults'))) {
      const imported = importedBy(codeOf(read(`server-stub/faults/${name}`)));
      expect(imported.filter((each) => each.includes('/core/'))).toEqual([]);
    }
  });
});

interface Mutation {
  readonly file: string;
  readonly find: string;
  readonly put: string;
  readonly why: string;
}

describe('mutations.json', () => {
  const mutations: Record<string, Mutation> = JSON.parse(read('test/rules/mutations.json'));

  it('names a line for every rule that is tested', () => {
    const ruleOf = (name: string) => name.replace(/\.test\.ts$/, '');
    expect(Object.keys(mutations).sort()).toEqual(tests.map(ruleOf).sort());
  });

  it.each(Object.entries(mutations))(
    '%s: its text is there, once, and the change is one',
    (_, { file, find, put, why }) => {
      expect(file).toMatch(/^server-stub\//);
      expect(existsSync(join(root, file))).toBe(true);
      expect(read(file).split(find)).toHaveLength(2);
      expect(put).not.toBe(find);
      expect(why).toMatch(/./);
    },
  );
});
