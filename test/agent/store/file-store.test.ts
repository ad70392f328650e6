import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceState } from '../../../agent/model/state.js';
import { openFileStore } from '../../../agent/store/file-store.js';
import type { DeviceStore } from '../../../agent/store/store.js';
import { someState } from '../../support/devices.js';
import { temporaryFolder } from '../../support/programs.js';

async function opened(folder: string): Promise<DeviceStore> {
  const store = await openFileStore(folder);
  onTestFinished(() => store.close());
  return store;
}

async function filled(): Promise<string> {
  const folder = join(temporaryFolder(), 'state');
  const store = await openFileStore(folder);
  for (let index = 0; index < 5; index++) await store.save(someState(index));
  await store.close();
  return folder;
}

const idOf = (index: number): string => someState(index).facts.id;
const fileOf = (folder: string, index: number): string => join(folder, `${idOf(index)}.device`);
const withId = (id: string) => ({ ...someState(1), facts: { ...someState(1).facts, id } });
const corrupt = expect.objectContaining({ code: 'STATE_CORRUPT' });

describe('devices on disk', () => {
  it('are there after a restart, for their owner alone', async () => {
    const folder = await filled();
    const again = await opened(folder);
    expect(again.load(idOf(3))).toEqual(someState(3));
    expect(again.ids()).toHaveLength(5);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder))
      expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  it('take rights away from others on their files, and leave a folder that was there as it is', async () => {
    const folder = await filled();
    chmodSync(folder, 0o755);
    chmodSync(fileOf(folder, 1), 0o644);
    await opened(folder);
    expect([statSync(folder).mode & 0o777, statSync(fileOf(folder, 1)).mode & 0o777]).toEqual([0o755, 0o600]);
  });

  it('are written through when a save has resolved, whatever then happens to the process', async () => {
    const folder = temporaryFolder();
    const store = await opened(folder);
    await store.save(someState(3));
    // As another process would find the folder if this one ended here, without a word.
    const copy = temporaryFolder();
    cpSync(fileOf(folder, 3), fileOf(copy, 3));
    expect((await opened(copy)).load(idOf(3))).toEqual(someState(3));
  });

  it('are what they were when a process ended in the middle of writing', async () => {
    const folder = await filled();
    writeFileSync(`${fileOf(folder, 1)}.new`, readFileSync(fileOf(folder, 2)).subarray(0, 100));
    expect((await opened(folder)).load(idOf(1))).toEqual(someState(1));
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('are found as they will be while they are written, and are all written when the store is closed', async () => {
    const folder = temporaryFolder();
    const store = await openFileStore(folder);
    void store.save(someState(1));
    void store.save(someState(2));
    void store.delete(idOf(2));
    expect([store.load(idOf(1)), store.load(idOf(2))]).toEqual([someState(1), undefined]);
    expect(store.ids()).toEqual([idOf(1)]);
    await store.close();
    expect((await opened(folder)).ids()).toEqual([idOf(1)]);
  });

  it('are not written any more once the store is closed: the folder may belong to another process by then', async () => {
    const folder = await filled();
    const store = await openFileStore(folder);
    void store.save(someState(0));
    const closing = store.close();
    await expect(store.save(someState(7))).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    await expect(store.delete(idOf(1))).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    await closing;
    await expect(store.save(someState(7))).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    expect((await opened(folder)).ids()).toEqual([0, 1, 2, 3, 4].map(idOf).sort());
  });

  it('belong to one process at a time', async () => {
    const folder = temporaryFolder();
    const store = await openFileStore(folder);
    await expect(openFileStore(folder)).rejects.toMatchObject({ code: 'STATE_LOCKED', retry: true });
    await store.close();
    expect(existsSync(join(folder, 'owner.pid'))).toBe(false);
    await (await openFileStore(folder)).close();
  });

  it('are not kept from anybody by a file that was left behind', async () => {
    const folder = await filled();
    for (const owner of [String(process.ppid), 'nonsense', '', String(process.pid)]) {
      writeFileSync(join(folder, 'owner.pid'), owner);
      await (await openFileStore(folder)).close();
    }
  });

  it('are refused one by one, by name, whatever byte of one is changed or missing', async () => {
    const folder = await filled();
    const store = await opened(folder);
    const whole = readFileSync(fileOf(folder, 1));
    const damaged = [
      ...Array.from({ length: 40 }, (_, part) => whole.subarray(0, Math.floor((whole.length * part) / 40))),
      ...Array.from({ length: 200 }, (_, part) => {
        const bytes = Buffer.from(whole);
        const at = Math.floor((whole.length * part) / 200);
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
        return bytes;
      }),
      Buffer.alloc(10_000, 'x'),
      Buffer.alloc(17 * 1024 * 1024),
    ];
    for (const bytes of damaged) {
      writeFileSync(fileOf(folder, 1), bytes);
      expect(() => store.load(idOf(1))).toThrow(corrupt);
    }
    expect(store.load(idOf(2))).toEqual(someState(2));
    const last = readFileSync(fileOf(folder, 1));
    await store.save(someState(1)); // enrolled again
    expect(store.load(idOf(1))).toEqual(someState(1));
    expect(readFileSync(`${fileOf(folder, 1)}.damaged`).equals(last)).toBe(true); // kept beside
    expect(store.ids()).toHaveLength(5);
    await store.save(someState(1));
    expect(readFileSync(`${fileOf(folder, 1)}.damaged`).equals(last)).toBe(true);
  });

  it('are not written over by a state that could not be read again', async () => {
    const folder = await filled();
    const store = await opened(folder);
    const odd = { ...someState(1), condition: { ...someState(1).condition, deviceName: 7 } } as unknown as DeviceState;
    await expect(store.save(odd)).rejects.toMatchObject({
      code: 'STATE_INVALID',
      message: expect.stringContaining('condition.deviceName'),
    });
    expect(store.load(idOf(1))).toEqual(someState(1));
  });

  it('that cannot be written are said to be so, and can be once there is room again', async () => {
    const folder = await filled();
    const store = await opened(folder);
    const obstacle = `${fileOf(folder, 1)}.new`;
    mkdirSync(obstacle);
    await expect(store.save({ ...someState(1), lastCheckInAt: 1 })).rejects.toMatchObject({
      code: 'STATE_UNSAVED',
      retry: true,
    });
    expect(store.load(idOf(1))).toEqual(someState(1));
    rmdirSync(obstacle);
    await store.save({ ...someState(1), lastCheckInAt: 2 });
    expect(store.load(idOf(1))?.lastCheckInAt).toBe(2);
  });

  it('are not looked for behind links, nor taken from files of other names', async () => {
    const folder = await filled();
    symlinkSync(fileOf(folder, 1), fileOf(folder, 7));
    writeFileSync(join(folder, 'notes.device'), 'x');
    const store = await opened(folder);
    expect(() => store.load(idOf(7))).toThrow(corrupt);
    expect(store.ids()).not.toContain('notes');
  });

  it('have ids that can be kept, each in a file of its own', async () => {
    const folder = temporaryFolder();
    const store = await opened(folder);
    for (const id of ['', 'x'.repeat(201), 'é'.repeat(60), '\ud800']) {
      await expect(store.save(withId(id))).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
      expect(store.load(id)).toBeUndefined();
      await store.delete(id);
    }
    const odd = ['../up', 'a', 'A', '.', 'a/b', 'owner.pid', '_41_', '€ 1', '😀'];
    for (const id of odd) await store.save(withId(id));
    expect([...store.ids()].sort()).toEqual([...odd].sort());
    for (const id of odd) expect(store.load(id)?.facts.id).toBe(id);
    expect(readdirSync(folder)).toHaveLength(odd.length + 1);
  });
});
