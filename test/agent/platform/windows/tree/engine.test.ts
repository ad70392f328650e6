import { describe, expect, it } from 'vitest';
import { windowsBehaviour } from '../../../../../agent/platform/windows/tree/behaviour.js';
import { add, exec, get, getAll, pot, remove, replace, sequence, tableOf } from './bench.js';

describe('A CSP that is data alone', () => {
  it('takes a leaf with all that is above it, and gives it back as it was asked for', async () => {
    const { run } = tableOf();
    const { answers } = await run(add(`${pot}/Morning/Sort`, 'black'), get(`${pot}/Morning/Sort`));
    expect(answers.map(({ statuses }) => statuses)).toEqual([[{ code: 200 }], [{ code: 200 }]]);
    expect(answers[1]?.results).toEqual([{ source: `${pot}/Morning/Sort`, data: 'black' }]);
  });

  it('says the format of what is no text', async () => {
    const { run } = tableOf();
    const { answers } = await run(
      add(`${pot}/Morning/Minutes`, ' 5 ', 'int'),
      add(`${pot}/Morning/Leaves`, 'AAEC', 'b64'),
      get(`${pot}/Morning/Minutes`),
      get(`${pot}/Morning/Leaves`),
      get(pot),
    );
    expect(answers.slice(2).map(({ results }) => results[0])).toEqual([
      { source: `${pot}/Morning/Minutes`, meta: { format: 'int' }, data: '5' },
      { source: `${pot}/Morning/Leaves`, meta: { format: 'bin' }, data: 'AAEC' },
      { source: pot, meta: { format: 'node' }, data: 'Morning' },
    ]);
  });

  it('is one tree under ./Vendor and ./Device/Vendor, and another under ./User', async () => {
    const { codes } = tableOf();
    const below = 'Vendor/MSFT/Tea/Pot/Morning/Sort';
    expect(
      await codes(
        add(`./${below}`, 'black'),
        get(`./Device/${below}`),
        get(`./User/${below}`),
        get(`./device/${below}`),
      ),
    ).toEqual([200, 200, 404, 200]);
  });

  it('refuses what is there already, and changes nothing', async () => {
    const { codes, run } = tableOf();
    expect(
      await codes(add(`${pot}/A/Sort`, 'black'), add(`${pot}/A/Sort`, 'green'), add(`${pot}/A`, undefined, 'node')),
    ).toEqual([200, 418, 418]);
    expect((await run(get(`${pot}/A/Sort`))).answers[0]?.results[0]?.data).toBe('black');
  });

  it('replaces what is missing too, except where its data says that it must be there', async () => {
    const { codes } = tableOf();
    const guest = './Vendor/MSFT/Tea/Tray/Ann/Cup';
    expect(
      await codes(
        replace(`${pot}/A/Sort`, 'green'),
        replace(`${pot}/A/Sort`, 'black'),
        replace(guest, 'blue'),
        add(guest, 'blue'),
        replace(guest, 'red'),
      ),
    ).toEqual([200, 200, 404, 200, 200]);
  });

  it('deletes a node with all that is below it, once', async () => {
    const { codes, memory } = tableOf();
    const before = memory.data.tree;
    await codes(add(`${pot}/A/Toppings/Lemon`, 'one'), add(`${pot}/A/Sort`, 'black'));
    expect(await codes(remove(`${pot}/A`), remove(`${pot}/A`), get(`${pot}/A/Sort`), get(`${pot}/A`))).toEqual([
      200, 404, 404, 404,
    ]);
    expect(memory.data.tree).toEqual(before);
  });

  it('answers 405 for what the access of a node leaves out', async () => {
    const { codes } = tableOf();
    await codes(add(`${pot}/A/Sort`, 'black'));
    expect(
      await codes(
        add(pot, undefined, 'node'),
        remove(pot),
        replace(`${pot}/A/Leaves`, 'AAEC', 'bin'),
        get(`${pot}/A/Pour`),
        exec(`${pot}/A/Sort`),
        add('./Vendor/MSFT/Tea/Strength', '1'),
      ),
    ).toEqual([405, 405, 405, 405, 405, 405]);
  });

  it('answers 404, with the number that Windows has for it, where no tree has such a node', async () => {
    const { run } = tableOf();
    const uris = [
      './Vendor/MSFT/Coffee',
      './Vendor/MSFT/Tea/Pot/A/Milk',
      '/Vendor/MSFT/Tea',
      './Vendor//Tea',
      './x%zz',
      '',
    ];
    const { answers } = await run(...uris.map((uri) => add(uri, 'x')), get(`${pot}/Missing/Sort`));
    expect(answers.map(({ statuses }) => statuses[0])).toEqual(
      answers.map(() => expect.objectContaining({ code: 404, originalError: '0x86000002' })),
    );
  });

  it('answers 415 for another format, and for one that nobody knows', async () => {
    const { codes } = tableOf();
    expect(
      await codes(
        add(`${pot}/A/Minutes`, '5', 'chr'),
        add(`${pot}/A/Sort`, 'black', 'int'),
        add(`${pot}/A/Sort`, 'black', 'text'),
        add(`${pot}/A`, undefined, 'chr'),
        add(`${pot}/A`, 'data', 'node'),
        add(`${pot}/A/Sort`, 'black', 'node'),
        add('./Vendor/MSFT/Tea/Anything', '<a/>', 'xml'),
        replace('./Vendor/MSFT/Tea/Anything', '7', 'int'),
      ),
    ).toEqual([415, 415, 415, 415, 415, 415, 200, 200]);
  });

  it('takes a value without a format, unless the behaviour says that it is text then', async () => {
    expect(await tableOf().codes(add(`${pot}/A/Minutes`, '5'))).toEqual([200]);
    const strict = tableOf({ behaviour: { ...windowsBehaviour, absentFormat: 'chr' } });
    expect(await strict.codes(add(`${pot}/A/Minutes`, '5'), add(`${pot}/A/Sort`, 'black'), add(`${pot}/B`))).toEqual([
      415, 200, 200,
    ]);
  });

  it.each([
    ['Sort', 'white'],
    ['Sort', 'Black'],
    ['Sort', undefined],
    ['Minutes', '16'],
    ['Minutes', '-2'],
    ['Minutes', 'five'],
    ['Minutes', ''],
    ['Minutes', '1e1'],
    ['Sugar', 'yes'],
    ['Sugar', '1'],
    ['Leaves', 'no base64!'],
    ['Leaves', 'A==A'],
  ])('refuses the value of %s that its data does not allow: %s', async (leaf, value) => {
    const { codes, memory } = tableOf();
    expect(await codes(add(`${pot}/A/${leaf}`, value))).toEqual([500]);
    expect(memory.data.tree).toEqual({});
  });

  it('takes the values that its data allows', async () => {
    const { codes } = tableOf();
    expect(
      await codes(
        add(`${pot}/A/Minutes`, '-1'),
        replace(`${pot}/A/Minutes`, '15'),
        add(`${pot}/A/Sugar`, 'True'),
        add(`${pot}/A/Leaves`, ' AA\nEC '),
        replace('./Vendor/MSFT/Tea/Strength', '0xB'),
        replace('./Vendor/MSFT/Tea/Strength', '9'),
        replace('./Vendor/MSFT/Tea/Strength', '4'),
        replace('./Vendor/MSFT/Tea/Strength', '-1'),
      ),
    ).toEqual([200, 200, 200, 200, 200, 200, 500, 500]);
  });

  it('refuses a name that is not of the form that its data asks for', async () => {
    const { codes } = tableOf();
    expect(await codes(add(`${pot}/A1/Sort`, 'black'), add(`${pot}/${'a'.repeat(21)}`), get(`${pot}/A1/Sort`))).toEqual(
      [500, 500, 404],
    );
  });

  it('reads names percent-encoded, and lists children so', async () => {
    const { run } = tableOf();
    const { answers } = await run(
      add(`${pot}/Early%20Grey/Sort`, 'black'),
      add(`${pot}/Chai/Toppings`, undefined, 'node'),
      get(`${pot}/early%20grey/Sort`),
      get(pot),
      get(`${pot}/Chai`),
    );
    expect(answers.slice(2).map(({ results }) => results[0]?.data)).toEqual([
      'black',
      'Early%20Grey/Chai',
      'Minutes/Toppings/Pour',
    ]);
  });

  it('compares names without regard to case, but for those that are case-sensitive', async () => {
    const { codes, memory } = tableOf();
    expect(
      await codes(
        add('./vendor/msft/TEA/POT/Morning/sort', 'black'),
        add(`${pot}/MORNING/Sort`, 'black'),
        add(`${pot}/Morning/label`, 'x'),
        add(`${pot}/Morning/Label`, 'x'),
      ),
    ).toEqual([200, 418, 404, 200]);
    expect(memory.data.tree).toEqual({
      './device/vendor/msft/tea/pot/morning': { name: 'Morning', format: 'node' },
      './device/vendor/msft/tea/pot/morning/sort': { format: 'chr', value: 'black' },
      './device/vendor/msft/tea/pot/morning/Label': { format: 'chr', value: 'x' },
    });
  });

  it('has defaults below what is there', async () => {
    const { run } = tableOf();
    const { answers } = await run(
      get('./Vendor/MSFT/Tea/Strength'),
      get(`${pot}/A/Minutes`),
      add(`${pot}/A`, undefined, 'node'),
      get(`${pot}/A/Minutes`),
      get(`${pot}/A/Sort`),
    );
    expect(answers.map(({ statuses, results }) => results[0]?.data ?? statuses[0]?.code)).toEqual([
      '2',
      404,
      200,
      '3',
      404,
    ]);
  });

  it('keeps what was above a node that is deleted, and lists it', async () => {
    const { run } = tableOf();
    const { answers } = await run(
      add(`${pot}/A/Sort`, 'black'),
      get(pot),
      remove(`${pot}/A/Sort`),
      get(pot),
      remove(`${pot}/A`),
      get(pot),
    );
    expect([1, 3, 5].map((at) => answers[at]?.results[0]?.data)).toEqual(['A', 'A', '']);
  });

  it('says of queries that they are not supported', async () => {
    expect(await tableOf().codes(get(`${pot}?list=StructData`))).toEqual([406]);
  });

  it('never shows a secret', async () => {
    const { run } = tableOf();
    const report = await run(add(`${pot}/A/Secret`, 'hush'), get(`${pot}/A/Secret`), add(`${pot}/A/Secret`, 'hush'));
    expect(report.answers[1]?.results[0]?.data).toBe('********');
    expect(JSON.stringify(report)).not.toContain('hush');
  });
});

describe('Commands', () => {
  it('that get several Items have a Status for each, and what was found together', async () => {
    const { run } = tableOf();
    const [a, b, c] = ['./Vendor/MSFT/Tea/Strength', `${pot}/None/Sort`, pot] as const;
    const { answers } = await run(getAll(a, b, c));
    expect(answers).toHaveLength(1);
    expect(answers[0]?.statuses).toEqual([
      { code: 200, targetRef: a },
      expect.objectContaining({ code: 404, targetRef: b }),
      { code: 200, targetRef: c },
    ]);
    expect(answers[0]?.results.map(({ source }) => source)).toEqual([a, c]);
  });

  it('that write several Items stand or fall one by one', async () => {
    const { run, memory } = tableOf();
    const items = [
      { target: `${pot}/A/Sort`, data: 'black' },
      { target: `${pot}/A/Sort`, data: 'green' },
    ];
    const { answers } = await run({ verb: 'Add', cmdId: '7', items });
    expect(answers[0]?.statuses.map(({ code, targetRef }) => [code, targetRef])).toEqual([
      [200, items[0]?.target],
      [418, items[0]?.target],
    ]);
    expect(Object.values(memory.data.tree).map(({ value }) => value)).toEqual([undefined, 'black']);
  });

  it('keep their CmdIDs as they came: no numbers, out of order, twice the same (case D4)', async () => {
    const { run } = tableOf();
    const ids = ['f5586490-4eed-4dae-aad6-b0e365db0617', '2', '2', '10'];
    const { answers } = await run(
      ...ids.map(
        (cmdId, at) => ({ verb: 'Replace', cmdId, items: [{ target: `${pot}/A/Label`, data: `${at}` }] }) as const,
      ),
    );
    expect(answers.map(({ cmdId }) => cmdId)).toEqual(ids);
    expect(answers.every(({ statuses }) => statuses[0]?.code === 200)).toBe(true);
    expect((await run(get(`${pot}/A/Label`))).answers[0]?.results[0]?.data).toBe('3');
  });

  it('without a CmdID or without an Item are malformed', async () => {
    const { codes, memory } = tableOf();
    expect(
      await codes(
        { verb: 'Add', items: [{ target: `${pot}/A/Sort`, data: 'black' }] },
        { verb: 'Get', cmdId: '1', items: [] },
        { verb: 'Alert', data: '1200', items: [] },
        { verb: 'Sequence', commands: [add(`${pot}/A/Sort`, 'black')] },
      ),
    ).toEqual([400, 400, 400, 400]);
    expect(memory.data.tree).toEqual({});
  });

  it('that Windows does not have are 406, and what is no command is 400', async () => {
    const { codes } = tableOf();
    expect(
      await codes(
        { verb: 'Copy', cmdId: '1', items: [{ source: pot, target: `${pot}/B` }] },
        { verb: 'Unknown', name: 'Search', cmdId: '2' },
        { verb: 'Unknown', name: 'Brew', cmdId: '3' },
        { verb: 'Alert', cmdId: '4', data: '1224', items: [] },
      ),
    ).toEqual([406, 406, 400, 200]);
  });

  it('that answer others are passed over', async () => {
    const { codes } = tableOf();
    expect(
      await codes(
        {
          verb: 'Status',
          msgRef: '1',
          cmdRef: '0',
          cmd: 'SyncHdr',
          targetRefs: [],
          sourceRefs: [],
          data: '200',
          items: [],
        },
        { verb: 'Results', cmdRef: '1', items: [] },
      ),
    ).toEqual([]);
  });

  it('of a Sequence are carried out in order, each with its Status after that of the Sequence', async () => {
    const { run } = tableOf();
    const inner = [add(`${pot}/A/Sort`, 'black'), add(`${pot}/A/Sort`, 'black'), get(`${pot}/A/Sort`)];
    const { answers } = await run(sequence(...inner));
    expect(answers.map(({ verb, statuses }) => [verb, statuses[0]?.code])).toEqual([
      ['Sequence', 200],
      ['Add', 200],
      ['Add', 418],
      ['Get', 200],
    ]);
  });

  it('on the user are refused until the user has signed in, by the code that the behaviour names', async () => {
    const sort = './User/Vendor/MSFT/Tea/Pot/A/Sort';
    for (const signedIn of ['none', 'others'] as const) {
      const { codes } = tableOf({ signedIn });
      expect(await codes(add(sort, 'black'), get(sort), add(`${pot}/A/Sort`, 'black'))).toEqual([405, 405, 200]);
    }
    const other = tableOf({ signedIn: 'none', behaviour: { ...windowsBehaviour, userAbsent: 500 } });
    expect(await other.codes(add(sort, 'black'))).toEqual([500]);
    expect(await tableOf({ signedIn: 'user' }).codes(add(sort, 'black'))).toEqual([200]);
  });

  it('are told by their name, their address and how they were answered', async () => {
    const { run } = tableOf();
    const { answers } = await run({ ...add(`${pot}/A/Sort`, 'mud'), cmdId: '5' }, get('./Vendor/MSFT/Tea/Strength'));
    expect(answers.map(({ told }) => told)).toMatchObject([
      {
        type: 'command',
        name: `Add ${pot}/A/Sort`,
        id: '5',
        status: 'failed',
        said: '500 Command failed',
        reason: expect.not.stringContaining('mud'),
        changed: 0,
      },
      expect.objectContaining({ name: 'Get ./Vendor/MSFT/Tea/Strength', status: 'done', said: '200 OK' }),
    ]);
  });

  it('that the data allows and nothing carries out are not called done', async () => {
    const { codes } = tableOf();
    await codes(add(`${pot}/A`, undefined, 'node'));
    expect(await codes(exec(`${pot}/A/Pour`), exec(`${pot}/B/Pour`))).toEqual([406, 404]);
  });
});

describe('Room', () => {
  it('ends with a number of nodes and of bytes, told as a full device; deleting makes room again', async () => {
    const { codes, run } = tableOf();
    const big = 'x'.repeat(8 * 1024 * 1024);
    const adds = Array.from({ length: 9 }, (_, at) => add(`${pot}/${'ABCDEFGHI'[at]}/Label`, big));
    expect(await codes(...adds)).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 420]);
    expect(await codes(remove(`${pot}/A`), add(`${pot}/J/Label`, big))).toEqual([200, 200]);
    const all = await run(getAll(...Array.from({ length: 3 }, () => `${pot}/B/Label`)));
    expect(all.answers[0]?.statuses.map(({ code }) => code)).toEqual([200, 200, 416]);
  });

  it('ends with ten thousand nodes', async () => {
    const { codes } = tableOf();
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const names = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => `${a}${b}${c}`)));
    const answered = await codes(...names.slice(0, 10_001).map((name) => add(`${pot}/${name}`, undefined, 'node')));
    expect(answered.filter((code) => code === 200)).toHaveLength(10_000);
    expect(answered.at(-1)).toBe(420);
  });
});
