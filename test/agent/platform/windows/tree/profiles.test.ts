import { describe, expect, it } from 'vitest';
import type { CspModule, ProfileNode } from '../../../../../agent/platform/windows/csp/module.js';
import type { WifiProfile } from '../../../../../protocol/vocabulary.js';
import { add, atomic, exec, get, pot, remove, replace, tableOf } from './bench.js';

const root = './Device/Vendor/MSFT/Tea';

const wifi = (name: string, passphrase: string): WifiProfile => ({
  kind: 'wifi',
  name,
  ssid: name,
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase,
});

/** A pot with a Sort is a network: by the name of its Label, or its own. */
const read: ProfileNode['read'] = (instance, tree) => {
  const sort = tree.value(`${instance.uri}/Sort`);
  if (sort === undefined) return 'incomplete';
  if (tree.value(`${instance.uri}/Label`) === 'refused') return { status: 500, reason: 'not this label' };
  return { profile: wifi(tree.value(`${instance.uri}/Label`) ?? (instance.names[4] as string), `${sort} tea leaves`) };
};

const module: CspModule = {
  roots: [root],
  profiles: [{ at: `${root}/Pot/{Name}`, read }],
  exec: async (_node, item, { effect }) => {
    if (item.data === 'lock') effect({ kind: 'lock' });
    else effect({ kind: 'rename', deviceName: 'TEAPOT' });
    return { status: 200 };
  },
  work: async ({ data }, { tree, effect }) => {
    effect({ kind: 'reboot' });
    tree.set(`${root}/Pot/Late/Sort`, 'green');
    if (data['label'] !== undefined) tree.set(`${root}/Pot/Late/Label`, String(data['label']));
    if (data['fails'] === true) throw new Error('no water');
  },
};

describe('Profiles', () => {
  it('are installed once their nodes are complete, replaced as they change, and removed with them', async () => {
    const table = tableOf({ modules: [module] });
    await table.run(add(`${pot}/Home`, undefined, 'node'), add(`${pot}/Home/Minutes`, '4'));
    expect(table.names()).toEqual([]);
    await table.run(add(`${pot}/Home/Sort`, 'black'));
    expect(table.names()).toEqual(['Home']);
    await table.run(replace(`${pot}/Home/Sort`, 'green'), replace(`${pot}/Home/Minutes`, '5'));
    expect(table.applied.map(({ kind }) => kind)).toEqual(['install-profile', 'install-profile']);
    await table.run(replace(`${pot}/Home/Label`, 'Office'));
    expect(table.names()).toEqual(['Office']);
    await table.run(remove(`${pot}/Home/Sort`));
    expect(table.names()).toEqual([]);
    await table.run(add(`${pot}/Home/Sort`, 'black'), remove(`${pot}/Home`));
    expect(table.names()).toEqual([]);
  });

  it('are put on the device once for an Atomic, whatever its members do on the way', async () => {
    const table = tableOf({ modules: [module] });
    const codes = await table.codes(
      atomic(add(`${pot}/Home/Sort`, 'black'), add(`${pot}/Home/Label`, 'Office'), add(`${pot}/Two/Sort`, 'green')),
    );
    expect(codes).toEqual([200, 200, 200, 200]);
    expect(table.applied).toHaveLength(2);
    expect(table.names()).toEqual(['Office', 'Two']);
    const moved = await table.codes(
      atomic(remove(`${pot}/Two`), add(`${pot}/Three/Sort`, 'green'), add(`${pot}/Three/Label`, 'Two')),
    );
    expect(moved).toEqual([200, 200, 200, 200]);
    expect(table.applied).toHaveLength(3);
    expect(table.names()).toEqual(['Office', 'Two']);
  });

  it('are read a few times each where one message removes them all, and not each for every other one', async () => {
    let reads = 0;
    const counting: ProfileNode['read'] = (...asked) => {
      reads++;
      return read(...asked);
    };
    const table = tableOf({ modules: [{ ...module, profiles: [{ at: `${root}/Pot/{Name}`, read: counting }] }] });
    const names = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at));
    await table.run(...names.map((name) => add(`${pot}/${name}/Sort`, 'black')));
    reads = 0;
    await table.run(...names.map((name) => remove(`${pot}/${name}`)));
    expect(table.names()).toEqual([]);
    expect(reads).toBeLessThan(names.length * 8);
  });

  it('go back to another instance of the same name, also one that the message wrote or gave its name', async () => {
    const table = tableOf({ modules: [module] });
    await table.run(
      add(`${pot}/One/Sort`, 'black'),
      add(`${pot}/Two/Sort`, 'green'),
      add(`${pot}/Three/Sort`, 'green'),
    );
    await table.run(
      remove(`${pot}/Three`), // what all came to is known from here on
      replace(`${pot}/Two/Label`, 'One'),
      atomic(replace(`${pot}/Two/Label`, 'Late'), replace(`${pot}/One/Label`, 'refused')), // is taken back
      remove(`${pot}/One`),
    );
    expect(table.names()).toEqual(['One']);
    await table.run(remove(`${pot}/Two`));
    expect(table.names()).toEqual([]);
  });

  it('that do not hold together undo the command, and the Atomic with all that it had put on the device', async () => {
    const table = tableOf({ modules: [module] });
    await table.run(add(`${pot}/Home/Sort`, 'black'));
    const before = table.memory.data;
    expect(
      await table.codes(
        replace(`${pot}/Home/Label`, 'refused'),
        atomic(add(`${pot}/Two/Sort`, 'green'), replace(`${pot}/Home/Label`, 'refused'), remove(`${pot}/Home/Sort`)),
        atomic(add(`${pot}/Three/Sort`, 'green'), add(`${pot}/Home/Sort`, 'black'), add(`${pot}/Three/Label`, 'x')),
      ),
    ).toEqual([500, 200, 200, 200, 200, 507, 216, 500, 216]);
    expect(table.names()).toEqual(['Two']);
    expect(table.memory.data).not.toBe(before);
  });

  it('that do not hold together are the fault of the member that wrote to them last', async () => {
    const table = tableOf({ modules: [module] });
    const codes = await table.codes(
      atomic(
        add(`${pot}/Home/Sort`, 'black'),
        add(`${pot}/Two/Sort`, 'green'),
        add(`${pot}/Home/Label`, 'refused'),
        add(`${pot}/Two/Minutes`, '4'),
      ),
    );
    expect(codes).toEqual([507, 216, 216, 500, 216]);
  });

  it('that the device refuses undo what was put on it before', async () => {
    const table = tableOf({
      modules: [module],
      apply: (command) =>
        command.kind === 'install-profile' && command.profile.name === 'Bad'
          ? { status: 'failed', reason: 'no such network' }
          : undefined,
    });
    await table.run(add(`${pot}/Home/Sort`, 'black'));
    const before = table.memory.data;
    const report = await table.run(
      atomic(remove(`${pot}/Home`), add(`${pot}/Good/Sort`, 'green'), add(`${pot}/Bad/Sort`, 'green')),
    );
    expect(report.answers.map(({ statuses }) => statuses[0]?.code)).toEqual([507, 216, 216, 500]);
    expect(report.answers[3]?.told).toMatchObject({ status: 'failed', reason: 'no such network' });
    expect(table.names()).toEqual(['Home']);
    expect(table.memory.data).toBe(before);
  });

  it('that cannot be taken back make the Atomic a 516', async () => {
    let installs = 0;
    const table = tableOf({
      modules: [module],
      apply: (command) => {
        if (command.kind === 'install-profile')
          return ++installs > 1 ? { status: 'failed', reason: 'full' } : undefined;
        return command.kind === 'remove-profile' ? { status: 'failed', reason: 'stuck' } : undefined;
      },
    });
    expect(await table.codes(atomic(add(`${pot}/One/Sort`, 'green'), add(`${pot}/Two/Sort`, 'green')))).toEqual([
      516, 216, 500,
    ]);
    expect(table.memory.data.tree).toEqual({});
  });

  it('that somebody took off the device come back with the next write', async () => {
    let isHidden = false;
    const table = tableOf({ modules: [module], apply: () => (isHidden ? { status: 'done' } : undefined) });
    isHidden = true; // done, and yet not held
    await table.run(add(`${pot}/Home/Sort`, 'black'));
    expect(table.names()).toEqual([]);
    isHidden = false;
    expect(await table.codes(replace(`${pot}/Home/Sort`, 'black'))).toEqual([200]);
    expect(table.names()).toEqual(['Home']);
  });

  it('follow work that is done later, as one', async () => {
    const table = tableOf({ modules: [module] });
    const work = { module: root, name: 'late', tries: 0 };
    expect(await table.engine.work({ ...work, data: {} })).toEqual({ effects: [{ kind: 'reboot' }] });
    expect(table.names()).toEqual(['Late']);
    const { data } = table.memory;
    await expect(table.engine.work({ ...work, data: { label: 'x', fails: true } })).rejects.toThrow('no water');
    expect(await table.engine.work({ ...work, data: { label: 'refused' } })).toMatchObject({ status: 500 });
    expect(table.memory.data).toBe(data);
    expect(table.names()).toEqual(['Late']);
  });
});

describe('What the device does at once', () => {
  it('is done with the command, and taken back as far as it can be', async () => {
    const table = tableOf({
      modules: [module],
      apply: (command) => (command.kind === 'lock' ? { status: 'failed', reason: 'no screen' } : undefined),
    });
    await table.run(add(`${pot}/Home/Sort`, 'black'));
    const name = table.deviceName();
    expect(
      await table.codes(
        atomic(exec(`${pot}/Home/Pour`), exec(`${pot}/Home/Pour`, 'lock'), add(`${pot}/Two/Sort`, 'black')),
        get(`${pot}/Two`),
      ),
    ).toEqual([507, 216, 500, 216, 404]);
    expect(table.deviceName()).toBe(name);
    expect(table.names()).toEqual(['Home']);
    expect(await table.codes(exec(`${pot}/Home/Pour`))).toEqual([200]);
    expect(table.deviceName()).toBe('TEAPOT');
  });
});

describe('A name that two instances have', () => {
  it('stays with the other one, as that has it, when the first goes', async () => {
    const table = tableOf({ modules: [module] });
    await table.run(
      add(`${pot}/Old/Sort`, 'black'),
      add(`${pot}/Old/Label`, 'Mail'),
      add(`${pot}/New/Label`, 'Mail'),
      add(`${pot}/New/Sort`, 'green'),
    );
    expect(await table.codes(remove(`${pot}/Old`))).toEqual([200]);
    expect(table.names()).toEqual(['Mail']);
    expect(table.applied.at(-1)).toMatchObject({
      kind: 'install-profile',
      profile: { passphrase: 'green tea leaves' },
    });
    expect(await table.codes(remove(`${pot}/New`))).toEqual([200]);
    expect(table.names()).toEqual([]);
  });
});
