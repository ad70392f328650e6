import { expect, test } from 'vitest';
import { bearer, openAdmin, tokens } from './support.js';

test('A21: a dry run of 10,000 licences to be given and as many to be taken away is read, one more is not', async () => {
  const { raw } = await openAdmin();
  const ask = async (licences: number) => {
    const add = Array.from({ length: licences }, (_, n) => ({ user: `user${n}@contoso.example`, sku: 'INTUNE_A' }));
    const body = JSON.stringify({ change: { licences: { add, remove: add.slice(0, 10_000) } } });
    return raw('/stub/v1/dryRun', { method: 'POST', ...bearer(tokens.administrator), body });
  };
  const named = await ask(10_000);
  expect([named.status, named.body.error.message]).toEqual([400, 'No user is called user0@contoso.example']);
  expect((await ask(10_001)).body.error.message).toContain('change.licences.add');
});
