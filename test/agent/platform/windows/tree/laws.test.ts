import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CspModule } from '../../../../../agent/platform/windows/csp/module.js';
import type { Item, SyncMlCommand } from '../../../../../protocol/syncml/message.js';
import { add, atomic, getAll, pot, remove, tableOf } from './bench.js';

const names = fc.constantFrom('A', 'a', 'B', 'Early%20Grey', 'C3', '%zz', '__proto__', '');
const leaves = fc.constantFrom(
  'Sort',
  'Minutes',
  'Toppings',
  'Toppings/Lemon',
  'Secret',
  'Label',
  'Pour',
  'Leaves',
  'x',
);
const uris = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(names, leaves).map(([name, leaf]) => `${pot}/${name}/${leaf}`) },
  { weight: 3, arbitrary: names.map((name) => `${pot}/${name}`) },
  { weight: 2, arbitrary: names.map((name) => `./User/Vendor/MSFT/Tea/Tray/${name}/Cup`) },
  fc.constantFrom(
    pot,
    './Vendor/MSFT/Tea',
    '.',
    './',
    './Device',
    './Vendor/MSFT/Tea/Strength',
    './Vendor/MSFT/Tea/Anything',
  ),
  fc.string({ maxLength: 12 }),
);
const item: fc.Arbitrary<Item> = fc.record(
  {
    target: uris,
    data: fc.oneof(fc.constantFrom('black', 'green', '5', 'true', 'AAEC', ''), fc.string()),
    meta: fc.record(
      { format: fc.constantFrom('chr', 'int', 'bool', 'bin', 'node', 'null', 'what') },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const cmdId = fc.option(fc.constantFrom('1', '2', 'x'), { nil: undefined, freq: 9 });
const withId = (id: string | undefined): { cmdId?: string } => (id === undefined ? {} : { cmdId: id });

const { commands } = fc.letrec<{ command: SyncMlCommand; commands: SyncMlCommand[] }>((tie) => ({
  commands: fc.array(tie('command'), { maxLength: 6 }),
  command: fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(
        fc.constantFrom('Add', 'Replace', 'Delete', 'Exec', 'Get', 'Copy'),
        cmdId,
        fc.array(item, { maxLength: 3 }),
      )
      .map(([verb, id, items]): SyncMlCommand => ({ verb, ...withId(id), items })),
    fc.constantFrom<SyncMlCommand>(
      { verb: 'Unknown', name: 'toString', cmdId: '1' },
      { verb: 'Alert', cmdId: '1', data: '1200', items: [] },
      { verb: 'Results', cmdRef: '1', items: [] },
    ),
    fc
      .tuple(fc.constantFrom('Atomic', 'Sequence'), cmdId, tie('commands'))
      .map(([verb, id, members]): SyncMlCommand => ({ verb, ...withId(id), commands: members })),
  ),
}));

/** Refuses some things, at odd moments, and writes on its own account. */
const capricious: CspModule = {
  roots: ['./Device/Vendor/MSFT/Tea'],
  written: ({ node, value }, { tree, memory, effect }) => {
    memory.change({ pollSince: (memory.data.pollSince ?? 0) + 1 });
    effect({ kind: 'reboot' });
    if (node.schemaNames.at(-1) === 'Lemon') tree.set(`${node.uri.replace(/\/Toppings.*/, '')}/Label`, 'sour');
    if (value?.value === 'green') tree.remove('./Device/Vendor/MSFT/Tea/Pot/B');
    return value?.value === '5' ? { status: 500, reason: 'no' } : undefined;
  },
  exec: async (_node, _item, { tree }) => {
    tree.set('./Device/Vendor/MSFT/Tea/Pot/B/Label', 'poured');
    return { status: 200 };
  },
};

const codesOf = (report: Awaited<ReturnType<ReturnType<typeof tableOf>['run']>>): readonly number[] =>
  report.answers.flatMap(({ statuses }) => statuses.map(({ code }) => code));

const count = (all: readonly SyncMlCommand[]): number =>
  all.reduce((sum, each) => sum + 1 + ('commands' in each ? count(each.commands) : 0), 0);

describe('The tree engine, whatever the commands', () => {
  it('throws never, answers each command, and keeps a memory that can be stored', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const { run, memory } = tableOf({ modules: [capricious] });
        const { answers } = await run(...all);
        expect(answers.length).toBeLessThanOrEqual(count(all));
        for (const { statuses } of answers) {
          expect(statuses.length).toBeGreaterThan(0);
          for (const { code } of statuses)
            expect([200, 215, 216, 400, 404, 405, 406, 415, 418, 500, 507]).toContain(code);
        }
        expect(() => memory.saved).not.toThrow();
      }),
      { numRuns: 500, seed: 20261126 },
    );
  });

  it('restores exactly what was there where an Atomic fails', async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.array(item, { maxLength: 4 }), async (first, items) => {
        const table = tableOf({ modules: [capricious] });
        await table.run(...first);
        const before = table.memory.data;
        const everything = getAll(pot, './User/Vendor/MSFT/Tea/Tray', `${pot}/A`, `${pot}/A/Toppings/Lemon`);
        const seen = (await table.run(everything)).answers[0]?.results;
        const members = items.map(
          (each, at): SyncMlCommand => ({
            verb: (['Add', 'Replace', 'Delete', 'Exec'] as const)[at % 4] ?? 'Add',
            cmdId: String(at),
            items: [each],
          }),
        );
        const report = await table.run(atomic(...members, add('./Vendor/MSFT/Coffee', 'x')));
        expect(report.answers[0]?.statuses[0]?.code).toBe(507);
        expect(report.effects).toEqual([]);
        expect(table.memory.data).toBe(before);
        expect((await table.run(everything)).answers[0]?.results).toEqual(seen);
      }),
      { numRuns: 300, seed: 20261127 },
    );
  });

  it('has an Add and the Delete of the same instance come to nothing', async () => {
    await fc.assert(
      fc.asyncProperty(commands, leaves, async (first, leaf) => {
        const table = tableOf();
        await table.run(...first);
        const before = table.memory.data.tree;
        const uri = `${pot}/Fresh`;
        const [added] = codesOf(await table.run(add(`${uri}/${leaf}`, leaf === 'Minutes' ? '5' : 'black')));
        const [removed] = codesOf(await table.run(remove(uri)));
        expect(removed).toBe(added === 200 ? 200 : 404);
        expect(table.memory.data.tree).toEqual(before);
        expect(Object.keys(table.memory.data.tree)).toEqual(Object.keys(before));
      }),
      { numRuns: 200, seed: 20261128 },
    );
  });

  it('has a message do what its commands do in messages of their own', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const one = tableOf({ modules: [capricious] });
        const several = tableOf({ modules: [capricious] });
        const together = await one.run(...all);
        const apart = [];
        for (const each of all) apart.push(...(await several.run(each)).answers);
        expect(together.answers).toEqual(apart);
        expect(one.memory.data.tree).toEqual(several.memory.data.tree);
      }),
      { numRuns: 200, seed: 20261129 },
    );
  });
});
