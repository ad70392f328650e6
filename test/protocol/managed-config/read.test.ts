import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApplicationSetting } from '../../../protocol/headwind/types.js';
import { type PlainBundle, type PlainValue, plainOf } from '../../../protocol/managed-config/bundle.js';
import { bundleOf, bundlesOf, processSettings, replaceVariables } from '../../../protocol/managed-config/read.js';
import { bundleFrom, writeManagedConfig, writeSetting } from '../../../protocol/managed-config/write.js';
import { anyCharacter } from '../../support/characters.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';

interface Case {
  readonly rows: readonly ApplicationSetting[];
  readonly expect: Readonly<Record<string, unknown>>;
}

describeWithFixtures('what launcher 6.36 hands to an app', () => {
  const { cases } = JSON.parse(fixture('android/managed-config-table.json').toString('utf8')) as { cases: Case[] };

  it('is what the table says, row by row', () => {
    expect(cases.length).toBeGreaterThan(9);
    for (const { rows, expect: expected } of cases) {
      const read = bundlesOf(rows, { number: 'h0101' }).get('com.example.app');
      expect(JSON.parse(JSON.stringify(read?.bundle)), JSON.stringify(rows)).toEqual(expected);
    }
  });
});

const row = (name: string, value: string | null): ApplicationSetting => ({ packageId: 'com.example', name, value });
const typeOf = (value: string): unknown => bundleOf([row('a', value)]).bundle['a'];
const config = (json: string) => {
  const { bundle, findings } = bundleOf([row('managedConfig', json)]);
  return { plain: { ...plainOf(bundle) }, findings: findings.map(({ key, kind }) => `${kind} ${key}`) };
};

describe('a row', () => {
  // biome-ignore format: a table
  it.each([
    ['2147483647', { type: 'int', value: 2147483647 }],
    ['2147483648', { type: 'string', value: '2147483648' }],
    ['-2147483648', { type: 'int', value: -2147483648 }],
    ['+5', { type: 'int', value: 5 }],
    ['007', { type: 'int', value: 7 }],
    ['-0', { type: 'int', value: 0 }],
    ['4 ', { type: 'string', value: '4 ' }],
    ['1e3', { type: 'string', value: '1e3' }],
    ['TRUE', { type: 'bool', value: true }],
    ['fal\u017fe', { type: 'bool', value: false }],
    ['yes', { type: 'string', value: 'yes' }],
    ['"', { type: 'string', value: '"' }],
    ['""', { type: 'string', value: '' }],
    ['', { type: 'string', value: '' }],
    ['[]', { type: 'string[]', value: [''] }],
    ['[,]', { type: 'string[]', value: [] }],
    ['[a,,]', { type: 'string[]', value: ['a'] }],
    ['[a,,b]', { type: 'string[]', value: ['a', '', 'b'] }],
    ['["a,b"]', { type: 'string[]', value: ['"a', 'b"'] }],
    ['[', { type: 'string', value: '[' }],
  ])('whose value is %s has the type that the value alone gives it', (value, expected) => {
    expect(typeOf(value)).toEqual(expected);
  });

  it('without a value is told: launcher 6.36 would set nothing at all', () => {
    expect(bundleOf([row('a', null), row('b', '1')])).toMatchObject({
      bundle: { b: { type: 'int', value: 1 } },
      findings: [{ kind: 'no-value', key: 'a' }],
    });
  });

  it('of the same package and name wins over the one before it', () => {
    expect(processSettings([row('a', '1'), row('a', '2')], { number: 'n' })).toEqual([row('a', '2')]);
  });
});

describe('a managedConfig', () => {
  it('ends at a long, a double, or what is no object in an array of objects: all that follows is lost, further out too', () => {
    expect(config('{"a":1,"n":{"b":2,"l":5000000000,"c":3},"d":4}')).toEqual({
      plain: { a: 1 },
      findings: ['long managedConfig.n.l'],
    });
    expect(config('{"a":1,"x":1.0,"d":4}')).toEqual({ plain: { a: 1 }, findings: ['double managedConfig.x'] });
    expect(config('{"a":1,"x":[{"k":1},2],"d":4}')).toEqual({
      plain: { a: 1 },
      findings: ['not-an-object managedConfig.x[1]'],
    });
  });

  it('loses arrays of anything else and null, and says so; what follows is there', () => {
    expect(config('{"a":[1],"b":[],"c":null,"d":["x",1,true,null,{"k":1.5}],"e":1}')).toEqual({
      plain: { d: ['x', '1', 'true', 'null', '{"k":1.5}'], e: 1 },
      findings: [
        'array-dropped managedConfig.a',
        'array-dropped managedConfig.b',
        'null-dropped managedConfig.c',
        'text-made managedConfig.d',
      ],
    });
  });

  it('is read by the grammar of org.json, and a key that a row says too is told', () => {
    expect(config("{a: 'x'; # a comment\n b => 0x10}").plain).toEqual({ a: 'x', b: 16 });
    expect(bundleOf([row('a', '1'), row('managedConfig', '{"a":2}')]).findings).toMatchObject([{ kind: 'twice' }]);
  });

  it('cannot reach the prototype of anything', () => {
    const { bundle } = bundleOf([row('managedConfig', '{"__proto__":{"x":1}}'), row('__proto__', '1')]);
    expect(Object.keys(bundle)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(bundle)).toBeNull();
  });
});

describe('variables', () => {
  it('are replaced one after the other over the same text', () => {
    const all = { number: 'IMEI', imei: 'CUSTOM1', custom1: 'CUSTOM2', custom2: '$&', custom3: 'z' };
    expect(replaceVariables('DEVICE_NUMBER CUSTOM3', all)).toBe('$& z');
  });

  it('do not make a text of any length', () => {
    const custom1 = 'x'.repeat(100_000);
    expect(replaceVariables('CUSTOM1'.repeat(1000), { number: 'n', custom1 }).length).toBeLessThan(1024 * 1024);
  });
});

const texts = fc.string({ unit: anyCharacter, maxLength: 12 });
const keys = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 8 });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const { bundles } = fc.letrec<{ bundles: PlainBundle; value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    texts,
    int,
    fc.boolean(),
    fc.array(texts, { minLength: 1, maxLength: 3 }),
    tie('bundles'),
    fc.array(tie('bundles'), { minLength: 1, maxLength: 2 }),
  ),
  bundles: fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: false }),
}));

describe('what is written', () => {
  it('as a row is read as it was meant, or refused', () => {
    const values = fc.oneof(texts, int, fc.boolean(), fc.array(texts, { maxLength: 4 }));
    fc.assert(
      fc.property(values, (value) => {
        if (Array.isArray(value) && value.some((item) => item.includes(','))) {
          expect(() => writeSetting('a', value)).toThrow(/no word for a comma/);
          return;
        }
        const { bundle, findings } = bundleOf([row('a', writeSetting('a', value))]);
        expect(findings).toEqual([]);
        expect(plainOf(bundle)['a']).toEqual(value);
      }),
      { numRuns: 150 },
    );
  });

  it('as a managedConfig is read as it was meant', () => {
    fc.assert(
      fc.property(bundles, (plain) => {
        const { bundle, findings } = bundleOf([row('managedConfig', writeManagedConfig(plain))]);
        expect(findings).toEqual([]);
        expect(bundle).toEqual(bundleFrom(plain));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    [{ a: { b: 1.5 } }, 'managedConfig.a.b'],
    [{ a: 2 ** 31 }, 'managedConfig.a'],
    [{ a: [{ b: [] }] }, 'managedConfig.a[0].b'],
    [{ a: Number.NaN }, 'managedConfig.a'],
  ])('is refused where the launcher would lose it: %j', (plain, at) => {
    expect(() => writeManagedConfig(plain)).toThrow(
      expect.objectContaining({ code: 'MANAGED_CONFIG_REFUSED', details: { at } }),
    );
  });
});
