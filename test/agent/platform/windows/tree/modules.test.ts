import { describe, expect, it } from 'vitest';
import type { CspModule, ProfileNode } from '../../../../../agent/platform/windows/csp/module.js';
import { ModuleIndex } from '../../../../../agent/platform/windows/tree/modules.js';
import { buildSchema } from '../../../../../agent/platform/windows/tree/tree-schema.js';
import { tea } from './bench.js';

const schema = buildSchema([tea]);
const pots: ProfileNode = { at: './Vendor/MSFT/Tea/Pot/{Name}', read: () => 'incomplete' };
const toppings: ProfileNode = { at: './Device/Vendor/MSFT/Tea/Pot/{Name}/Toppings', read: () => 'incomplete' };
const module = (parts: Partial<CspModule>): CspModule => ({ roots: [], ...parts });

describe('Which profiles a node belongs to', () => {
  const index = new ModuleIndex(schema, [module({ profiles: [pots, toppings] })]);
  const pot = './device/vendor/msft/tea/pot';

  it.each([
    ['the node that instances lie below: none', pot, []],
    ['an instance: itself', `${pot}/a`, [[pots, `${pot}/a`]]],
    ['what lies below: the instance', `${pot}/a/sort`, [[pots, `${pot}/a`]]],
    [
      'a node of two: both',
      `${pot}/a/toppings/lemon`,
      [
        [pots, `${pot}/a`],
        [toppings, `${pot}/a/toppings`],
      ],
    ],
    ['another tree: none', './user/vendor/msft/tea/pot/a', []],
    ['a node of no profile: none', './device/vendor/msft/tea/tray/a', []],
  ])('%s', (_, key, found) => {
    expect(index.instances(key).map(({ profile, key: instance }) => [profile, instance])).toEqual(found);
  });
});

describe('Modules', () => {
  it('are found by the roots above a node, the nearest first', () => {
    const [outer, inner] = [
      module({ roots: ['./Vendor/MSFT/Tea'] }),
      module({ roots: ['./Device/Vendor/MSFT/Tea/Pot'] }),
    ];
    const index = new ModuleIndex(schema, [outer, inner]);
    const path = schema.find('./Vendor/MSFT/Tea/Pot/a/Sort')?.path ?? [];
    expect(index.of({ path })).toEqual([inner, outer]);
    expect(index.at('./Vendor/MSFT/Tea', schema)).toBe(outer);
    expect(index.at('./Vendor/MSFT/Coffee', schema)).toBeUndefined();
  });

  it.each([
    ['root', module({ roots: ['./Vendor/MSFT/Coffee'] })],
    ['profile node', module({ profiles: [{ ...pots, at: './Vendor/MSFT/Tea/Kettle/{Name}' }] })],
  ])('about a %s that no tree has are a mistake of ours', (_, wrong) => {
    expect(() => new ModuleIndex(schema, [wrong])).toThrow(TypeError);
  });
});
