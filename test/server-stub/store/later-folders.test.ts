import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { startAuthority } from '../../../server-stub/index.js';
import { authorityKeys } from '../../support/keys.js';
import { temporaryFolder } from '../../support/programs.js';
import { openStore } from './open-store.js';

const year = 365 * 24 * 3_600_000;

/** Every file of a folder, by its name. */
const filesOf = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]));

/** A folder in which an opening finds something to do: certificates that have expired by then, a record to set aside. */
async function folderToTidy(): Promise<string> {
  const folder = temporaryFolder();
  const authority = await startAuthority({
    dataFolder: folder,
    port: 0,
    clock: manualClock(0),
    log: silentLog,
    newRsaKey: authorityKeys(),
  });
  await authority.close();
  const store = openStore(join(folder, 'tenant.journal'));
  const expired = { serial: 'AB', platform: 'ios', purpose: 'identity', expiresAt: year, isRevoked: false };
  store.put('keep issued', 'AB', { version: 1, value: expired });
  store.put('keep issued', 'odd', { version: 1, value: 'odd' });
  await store.close();
  return folder;
}

const opened = (dataFolder: string) =>
  startAuthority({ dataFolder, port: 0, clock: manualClock(2 * year), log: silentLog });

describe('a folder that a later version wrote', () => {
  it.each([
    ['a device', 'device'],
    ['a certificate', 'keep issued'],
    ['a challenge', 'keep scep-challenges'],
    ["a dialect's record", 'keep ios-documents'],
  ])('is refused with the remedy, and nothing in it is changed: %s', async (_, table) => {
    const folder = await folderToTidy();
    const store = openStore(join(folder, 'tenant.journal'));
    store.put(table, 'of-later', { version: 99, value: {} });
    await store.close();
    const before = filesOf(folder);
    await expect(opened(folder)).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
      hint: expect.stringContaining('later version'),
    });
    expect(filesOf(folder)).toEqual(before);
  });

  it('is refused where the whole journal is of a later form', async () => {
    const folder = await folderToTidy();
    const path = join(folder, 'tenant.journal');
    const bytes = readFileSync(path);
    bytes.write('rollcall journal 3\n');
    writeFileSync(path, bytes);
    const before = filesOf(folder);
    await expect(opened(folder)).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
      hint: expect.stringContaining('later version'),
    });
    expect(filesOf(folder)).toEqual(before);
  });
});

it('a folder of the first days, kept by LMDB, is refused and not taken for a new one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'tenant.mdb'), 'whatever it held');
  await expect(opened(folder)).rejects.toMatchObject({ code: 'DATA_CORRUPT', hint: 'Start with another folder.' });
  expect(Object.keys(filesOf(folder))).toEqual(['tenant.mdb']);
});

it('what an opening finds to do is done once all of the folder could be read', async () => {
  const folder = await folderToTidy();
  const authority = await opened(folder);
  expect(authority.counters).toMatchObject({ certificates: 0, aside: 1 });
  await authority.close();
  expect(openStore(join(folder, 'tenant.journal')).keys('keep issued')).toEqual([]);
});
