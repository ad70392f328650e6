import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLmdbStore } from '../../../agent/store/lmdb-store.js';
import { someState } from '../../support/devices.js';
import { temporaryFolder } from '../../support/programs.js';

async function filled(): Promise<string> {
  const folder = join(temporaryFolder(), 'state');
  const store = await openLmdbStore(folder);
  for (let index = 0; index < 20; index++) await store.save(someState(index));
  await store.close();
  return folder;
}

describe('devices on disk', () => {
  it('are there after a restart, for their owner alone', async () => {
    const folder = await filled();
    const again = await openLmdbStore(folder);
    onTestFinished(() => again.close());
    expect(again.load(someState(7).facts.id)).toEqual(someState(7));
    expect(again.ids()).toHaveLength(20);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder))
      expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  it('take rights away from others where an older folder gave them', async () => {
    const folder = await filled();
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'data.mdb'), 0o644);
    const store = await openLmdbStore(folder);
    onTestFinished(() => store.close());
    expect([statSync(folder).mode & 0o777, statSync(join(folder, 'data.mdb')).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('are written through when a save has resolved, whatever then happens to the process', async () => {
    const folder = temporaryFolder();
    const store = await openLmdbStore(folder);
    await store.save(someState(3));
    // As another process would find the file if this one ended here, without a word.
    const copy = temporaryFolder();
    writeFileSync(join(copy, 'data.mdb'), readFileSync(join(folder, 'data.mdb')));
    await store.close();
    const found = await openLmdbStore(copy);
    onTestFinished(() => found.close());
    expect(found.load(someState(3).facts.id)).toEqual(someState(3));
  });

  it('belong to one process at a time', async () => {
    const folder = temporaryFolder();
    const store = await openLmdbStore(folder);
    await expect(openLmdbStore(folder)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await store.close();
    expect(existsSync(join(folder, 'owner.pid'))).toBe(false);
    writeFileSync(join(folder, 'owner.pid'), String(process.ppid));
    await expect(openLmdbStore(folder)).rejects.toMatchObject({ code: 'STATE_LOCKED', retry: true });
  });

  it('are taken over from a process that is gone', async () => {
    const folder = await filled();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    for (const owner of [String(gone), 'nonsense', '', String(process.pid)]) {
      writeFileSync(join(folder, 'owner.pid'), owner);
      await (await openLmdbStore(folder)).close();
    }
  });

  it.each([
    ['cut in half', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    ['cut to its first bytes', (whole: Buffer) => whole.subarray(0, 100)],
    ['something else', () => Buffer.alloc(10_000, 'x')],
  ])('are refused with a name, not a crash, when the file is %s', async (_, damage) => {
    const folder = await filled();
    const file = join(folder, 'data.mdb');
    writeFileSync(file, damage(readFileSync(file)));
    await expect(openLmdbStore(folder)).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
    await expect(openLmdbStore(folder)).rejects.toMatchObject({ code: 'STATE_CORRUPT' }); // and not locked
  });

  it('are refused one by one when only one of them is damaged', async () => {
    const folder = await filled();
    const raw = open({ path: folder, encoding: 'binary' });
    await raw.put(someState(1).facts.id, Buffer.from('not a device'));
    await raw.close();
    const store = await openLmdbStore(folder);
    onTestFinished(() => store.close());
    expect(() => store.load(someState(1).facts.id)).toThrow(expect.objectContaining({ code: 'STATE_CORRUPT' }));
    expect(store.load(someState(2).facts.id)).toEqual(someState(2));
  });

  it('have ids that can be kept', async () => {
    const store = await openLmdbStore(temporaryFolder());
    onTestFinished(() => store.close());
    const state = someState(1);
    await expect(store.save({ ...state, facts: { ...state.facts, id: 'x'.repeat(3000) } })).rejects.toMatchObject({
      code: 'STATE_CORRUPT',
    });
    expect(store.load('')).toBeUndefined();
    await store.delete('x'.repeat(3000));
  });
});
