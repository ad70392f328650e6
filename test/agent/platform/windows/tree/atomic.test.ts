import { describe, expect, it } from 'vitest';
import { agentError } from '../../../../../agent/errors.js';
import type { CspModule } from '../../../../../agent/platform/windows/csp/module.js';
import { windowsBehaviour } from '../../../../../agent/platform/windows/tree/behaviour.js';
import type { SyncMlCommand } from '../../../../../protocol/syncml/message.js';
import { add, atomic, exec, get, pot, remove, replace, sequence, type Table, tableOf } from './bench.js';

const answersOf = async (table: Table, ...commands: readonly SyncMlCommand[]) =>
  (await table.run(...commands)).answers.map(({ verb, statuses }) => [verb, ...statuses.map(({ code }) => code)]);

describe('An Atomic', () => {
  it('is answered before its members, and all of it stands', async () => {
    const table = tableOf();
    expect(await answersOf(table, atomic(add(`${pot}/A`, undefined, 'node'), add(`${pot}/A/Sort`, 'black')))).toEqual([
      ['Atomic', 200],
      ['Add', 200],
      ['Add', 200],
    ]);
    expect(Object.keys(table.memory.data.tree)).toHaveLength(2);
  });

  it('is undone as a whole: the member that failed keeps its code, those before are 216, those after 215', async () => {
    const table = tableOf();
    await table.run(add(`${pot}/Kept/Sort`, 'black'), add(`${pot}/Kept/Label`, 'mine'));
    const before = table.memory.data;
    expect(
      await answersOf(
        table,
        atomic(
          remove(`${pot}/Kept`),
          add(`${pot}/A/Sort`, 'black'),
          replace('./Vendor/MSFT/Tea/Strength', '8'),
          add(`${pot}/A/Sort`, 'black'),
          add(`${pot}/B/Sort`, 'black'),
        ),
        get(`${pot}/Kept/Label`),
      ),
    ).toEqual([
      ['Atomic', 507],
      ['Delete', 216],
      ['Add', 216],
      ['Replace', 216],
      ['Add', 418],
      ['Add', 215],
      ['Get', 200],
    ]);
    expect(table.memory.data).toBe(before);
  });

  it('answers each Item of its members', async () => {
    const table = tableOf();
    const [a, b, c] = ['A', 'B', 'A'].map((name) => ({ target: `${pot}/${name}/Sort`, data: 'black' }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no items');
    const { answers } = await table.run(
      atomic({ verb: 'Add', cmdId: '1', items: [a, b, c, b] }, { verb: 'Add', cmdId: '2', items: [b, c] }),
    );
    expect(answers.map(({ statuses }) => statuses.map(({ code, targetRef }) => [code, targetRef]))).toEqual([
      [[507, undefined]],
      [
        [216, a.target],
        [216, b.target],
        [418, c.target],
        [215, b.target],
      ],
      [
        [215, b.target],
        [215, c.target],
      ],
    ]);
  });

  it('whose members have no CmdID is refused, each of them 400, and nothing is done (case D3)', async () => {
    const table = tableOf();
    const bare = ({ cmdId: _gone, ...rest }: ReturnType<typeof add> & { cmdId?: string }) => rest;
    const members = ['A', 'B', 'C'].map((name) => bare(replace(`${pot}/${name}/Sort`, 'black')));
    expect(await answersOf(table, atomic(...members), get(pot))).toEqual([
      ['Atomic', 507],
      ['Replace', 400],
      ['Replace', 400],
      ['Replace', 400],
      ['Get', 200],
    ]);
    expect(table.memory.data.tree).toEqual({});
    expect(await answersOf(table, bare(atomic(add(`${pot}/A/Sort`, 'black'))))).toEqual([
      ['Atomic', 400],
      ['Add', 215],
    ]);
    expect(table.memory.data.tree).toEqual({});
  });

  it('with an Atomic in it is 507 and that one 500; with a Get in it likewise; nothing is done', async () => {
    const table = tableOf();
    expect(
      await answersOf(
        table,
        atomic(add(`${pot}/A/Sort`, 'black'), atomic(add(`${pot}/B/Sort`, 'black'))),
        atomic(add(`${pot}/A/Sort`, 'black'), get(pot)),
      ),
    ).toEqual([
      ['Atomic', 507],
      ['Add', 215],
      ['Atomic', 500],
      ['Add', 215],
      ['Atomic', 507],
      ['Add', 215],
      ['Get', 500],
    ]);
    expect(table.memory.data.tree).toEqual({});
  });

  it('may have a Sequence in it, and be in one', async () => {
    const table = tableOf();
    expect(
      await answersOf(
        table,
        atomic(sequence(add(`${pot}/A/Sort`, 'black'), add(`${pot}/A/Sort`, 'green'))),
        sequence(atomic(add(`${pot}/A/Sort`, 'black')), get(`${pot}/A/Sort`)),
      ),
    ).toEqual([
      ['Atomic', 507],
      ['Sequence', 216],
      ['Add', 216],
      ['Add', 418],
      ['Sequence', 200],
      ['Atomic', 200],
      ['Add', 200],
      ['Get', 200],
    ]);
  });

  it('does not replace what it has just added, unless the behaviour lets it', async () => {
    const both = () => atomic(add(`${pot}/A/Sort`, 'black'), replace(`${pot}/A/Sort`, 'green'));
    expect(await answersOf(tableOf(), both())).toEqual([
      ['Atomic', 507],
      ['Add', 216],
      ['Replace', 500],
    ]);
    const lax = tableOf({ behaviour: { ...windowsBehaviour, addThenReplace: 'allow' } });
    expect(await lax.codes(both())).toEqual([200, 200, 200]);
  });

  it('of the user fails before somebody signed in', async () => {
    const table = tableOf({ signedIn: 'none' });
    expect(await table.codes(atomic(add('./User/Vendor/MSFT/Tea/Pot/A/Sort', 'black')))).toEqual([507, 405]);
    const other = tableOf({ signedIn: 'none', behaviour: { ...windowsBehaviour, userAbsent: 500, failed: 500 } });
    expect(await other.codes(atomic(add('./User/Vendor/MSFT/Tea/Pot/A/Sort', 'black')))).toEqual([507, 500]);
  });

  it('is what some nodes ask for, where the behaviour is strict about it', async () => {
    const strict = tableOf({ behaviour: { ...windowsBehaviour, atomicRequired: 405 } });
    const cup = add('./Vendor/MSFT/Tea/Tray/Ann/Cup', 'blue');
    expect(await strict.codes(cup, atomic(cup))).toEqual([405, 200, 200]);
    expect(await tableOf().codes(cup)).toEqual([200]);
  });
});

describe('A module', () => {
  const root = './Device/Vendor/MSFT/Tea';

  it('gives live values, names children, judges and is told of writes', async () => {
    const asked: string[] = [];
    const module: CspModule = {
      roots: [root],
      get: (node) => (node.schemaNames.at(-1) === 'Minutes' ? { format: 'int', value: '9' } : undefined),
      children: (node) => (node.names.at(-1) === 'Pot' ? ['House', 'a'] : []),
      judge: ({ node }) => (node.names.includes('Bad') ? { status: 425, reason: 'not this one' } : undefined),
      written: ({ verb, node, value }, { tree }) => {
        asked.push(`${verb} ${node.uri} ${value?.value}`);
        if (node.schemaNames.at(-1) === 'Sort') tree.set(`${root}/Pot/${node.names[4]}/Label`, `a ${value?.value} one`);
        return value?.value === 'green' ? { status: 500, reason: 'no green today' } : undefined;
      },
    };
    const { run, codes, memory } = tableOf({ modules: [module] });
    expect(await codes(add(`${pot}/Bad/Sort`, 'black'), add(`${pot}/A/Sort`, 'green'))).toEqual([425, 500]);
    expect(memory.data.tree).toEqual({});
    const { answers } = await run(
      add(`${pot}/A/Sort`, 'black'),
      get(`${pot}/A/Label`),
      get(`${pot}/House/Minutes`),
      get(pot),
      get(`${pot}/House`),
      get(`${pot}/Guest`),
      remove(`${pot}/House`),
    );
    expect(answers.slice(1).map(({ results, statuses }) => results[0]?.data ?? statuses[0]?.code)).toEqual([
      'a black one',
      '9',
      'A/House',
      'Minutes/Pour',
      404,
      200,
    ]);
    expect(asked).toEqual([
      `Add ${root}/Pot/A/Sort green`,
      `Add ${root}/Pot/A/Sort black`,
      `Delete ${root}/Pot/House undefined`,
    ]);
  });

  it('carries out an Exec, and its effects are dropped where the Atomic is undone', async () => {
    const module: CspModule = {
      roots: [root],
      exec: async (node, item, { effect, memory }) => {
        if (item.data === 'cold') return { status: 500, reason: 'cold water' };
        effect({ kind: 'reboot' });
        effect({ kind: 'rename', deviceName: `TEA-${node.names[4]}` });
        memory.change({ rebootAt: 1 });
        return { status: 202 };
      },
    };
    const table = tableOf({ modules: [module] });
    await table.run(add(`${pot}/A`, undefined, 'node'));
    const before = table.memory.data;
    const failed = await table.run(
      atomic(exec(`${pot}/A/Pour`), add(`${pot}/B/Sort`, 'black'), exec(`${pot}/A/Pour`, 'cold')),
      exec(`${pot}/A/Pour`, 'cold'),
    );
    expect(failed.answers.map(({ statuses }) => statuses[0]?.code)).toEqual([507, 216, 216, 500, 500]);
    expect(failed.effects).toEqual([]);
    expect(table.memory.data).toBe(before);
    expect(table.applied).toEqual([]);
    const done = await table.run(atomic(exec(`${pot}/A/Pour`)), exec(`${pot}/A/Pour`));
    expect(done.answers.map(({ statuses }) => statuses[0]?.code)).toEqual([200, 202, 202]);
    expect(done.effects).toEqual([{ kind: 'reboot' }, { kind: 'reboot' }]);
    expect(table.deviceName()).toBe('TEA-A');
    expect(table.memory.data.rebootAt).toBe(1);
  });

  it('that throws a refusal of ours fails the command; its mistakes are not hidden', async () => {
    const failing = (error: Error): CspModule => ({
      roots: [root],
      written() {
        throw error;
      },
    });
    const refusing = tableOf({ modules: [failing(agentError('KEY_MISSING', 'gone'))] });
    expect(await refusing.codes(add(`${pot}/A/Sort`, 'black'))).toEqual([500]);
    expect(refusing.memory.data.tree).toEqual({});
    const mistaken = tableOf({ modules: [failing(new TypeError('a mistake'))] });
    await expect(mistaken.codes(add(`${pot}/A/Sort`, 'black'))).rejects.toThrow('a mistake');
    expect(mistaken.memory.data.tree).toEqual({});
  });

  it('about what no tree has is refused at once', () => {
    expect(() => tableOf({ modules: [{ roots: ['./Device/Vendor/MSFT/Coffee'] }] })).toThrow(TypeError);
  });

  it('is asked with the capitals in which a name was written first', async () => {
    const names: string[] = [];
    const module: CspModule = {
      roots: [root],
      judge: ({ node }) => void names.push(node.uri) as undefined,
    };
    const { codes } = tableOf({ modules: [module] });
    await codes(add(`${pot}/Morning/Sort`, 'black'), replace('./vendor/msft/tea/pot/MORNING/sort', 'green'));
    expect(names).toEqual([`${root}/Pot/Morning/Sort`, `${root}/Pot/Morning/Sort`]);
  });
});

describe('A session that is broken off', () => {
  it('keeps what was done by then, and nothing of the Atomic that was not', async () => {
    const controller = new AbortController();
    const module: CspModule = {
      roots: ['./Device/Vendor/MSFT/Tea'],
      written: ({ node }) => {
        if (node.names.includes('Stop')) controller.abort(new Error('enough'));
        return undefined;
      },
    };
    const table = tableOf({ modules: [module], signal: controller.signal });
    await expect(
      table.run(add(`${pot}/A/Sort`, 'black'), atomic(add(`${pot}/Stop/Sort`, 'black'), add(`${pot}/B/Sort`, 'black'))),
    ).rejects.toThrow('enough');
    expect(Object.keys(table.memory.data.tree).map((key) => key.split('/').slice(6).join('/'))).toEqual([
      'a',
      'a/sort',
    ]);
  });
});
