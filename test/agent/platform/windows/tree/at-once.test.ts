import { expect, it } from 'vitest';
import type { CspModule, Effect } from '../../../../../agent/platform/windows/csp/module.js';
import { add, atomic, exec, pot, tableOf } from './bench.js';

const app = { id: '{A}', name: 'Kettle', version: '1', sizeBytes: 0, managed: true };
const effects: Readonly<Record<string, Effect>> = {
  install: { kind: 'install-app', app },
  update: { kind: 'install-app', app: { ...app, version: '2' } },
  remove: { kind: 'remove-app', id: app.id },
  lock: { kind: 'lock' },
};
const module: CspModule = {
  roots: ['./Device/Vendor/MSFT/Tea'],
  async exec(_, { data = '' }, { effect }) {
    const wanted = effects[data];
    if (wanted !== undefined) effect(wanted);
    return { status: 200 };
  },
};
const pour = (data: string) => exec(`${pot}/A/Pour`, data);

it('an app comes, is replaced and goes with the command that says so', async () => {
  const table = tableOf({ modules: [module] });
  await table.run(add(`${pot}/A/Sort`, 'black'), pour('install'));
  expect(table.apps()).toEqual([app]);
  await table.run(pour('update'));
  expect(table.apps()).toEqual([{ ...app, version: '2' }]);
  await table.run(pour('remove'));
  expect(table.apps()).toEqual([]);
});

it('what an Atomic did to apps is taken back where the device refuses what comes after', async () => {
  const table = tableOf({
    modules: [module],
    apply: ({ kind }) => (kind === 'lock' ? { status: 'failed', reason: 'no lock' } : undefined),
  });
  await table.run(add(`${pot}/A/Sort`, 'black'), pour('install'));
  expect(await table.codes(atomic(pour('update'), pour('lock')))).toEqual([507, 216, 500]);
  expect(table.apps()).toEqual([app]);
  expect(await table.codes(atomic(pour('lock'), pour('remove')))).toEqual([507, 500, 216]);
  expect(table.apps()).toEqual([app]);
});
