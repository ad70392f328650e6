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
const support = [
  'stage',
  'rules',
  'admission',
  'windows-admission',
  'situations',
  'trial',
  'coexistence',
  'certificates',
  'compliance',
  'events',
  'https-fetch',
  'stories',
].map((name) => `${name}.ts`);

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
    expect(stage.split('startAuthority(')).toHaveLength(2);
    const known = ['url', 'caPem', 'pushUrl', 'apnsUrl', 'adminTokens', 'close'];
    const uses = [...stage.matchAll(/\brunning\b(?!\.|: | =)(.*)/g)].map(([, after]) => after);
    expect(uses).toEqual([';']); // `} = running;`
    const [, taken = ''] = /\{([^}]*)\} = running;/.exec(stage) ?? [];
    const members = [...stage.matchAll(/\brunning\.(\w+)/g)].map(([, member]) => member ?? '');
    const all = [...members, ...taken.split(',').map((each) => each.trim())];
    expect(all.length).toBeGreaterThan(4);
    expect(all.filter((each) => !known.includes(each))).toEqual([]);
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
      expect(file).toMatch(/^server-stub\/|^agent\//); // B6, E22: at the device
      expect(existsSync(join(root, file))).toBe(true);
      expect(read(file).split(find)).toHaveLength(2);
      expect(put).not.toBe(find);
      expect(why).toMatch(/./);
    },
  );
});

describe('docs/rules.md', () => {
  const rows = [...read('docs/rules.md').matchAll(/^\| ([A-Z]\d+) \|(.*)\|$/gm)].map(([, rule = '', cells = '']) => {
    const [says = '', ios = '', windows = '', android = '', tested = ''] = cells
      .split(' | ')
      .map((cell) => cell.trim());
    return { rule, says, platforms: [ios, windows, android], tested };
  });
  const last = { A: 28, C: 11, M: 5, B: 10, X: 17, E: 25, T: 13, G: 13 };

  it('has each of the 122 rules once, in order, with one sentence', () => {
    const numbered = (letter: string, width: number) => (n: number) => letter + String(n).padStart(width, '0');
    const all = Object.entries(last).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => numbered(letter, letter === 'E' ? 2 : 1)(index + 1)),
    );
    expect(all).toHaveLength(122);
    expect(rows.map(({ rule }) => rule)).toEqual(all);
    expect(rows.filter(({ says }) => !/^\p{Lu}?.*\.$/u.test(says)).map(({ rule }) => rule)).toEqual([]);
  });

  it('says of each platform how far its protocol carries the rule', () => {
    const words = /genuine|part|convention|admin|–|^as [A-Z]|^see [A-Z]|^each as its code$|^model /;
    expect(
      rows.filter(({ platforms }) => !platforms.every((cell) => words.test(cell))).map(({ rule }) => rule),
    ).toEqual([]);
  });

  it('says where each is tested, or that it is open', () => {
    for (const { rule, tested } of rows) {
      const name = `${rule}.test.ts`;
      const said = tests.includes(name) ? `[${name}](../test/rules/${name})` : '*open*';
      expect(tested.startsWith(said) ? said : `${rule}: ${tested}`).toBe(said);
    }
  });
});
