import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/programs.js';
import { type DiskCall, failingDisk, noSpace } from './failing-disk.js';
import { openStore, type Said, sorted } from './open-store.js';

/** A store with one record, `first`, whose disk and clock the test moves. */
async function stored() {
  const failing = failingDisk();
  const clock = manualClock();
  const path = join(temporaryFolder(), 'journal');
  const said: Said = [];
  const store = openStore(path, { disk: failing.disk, clock }, said);
  store.put('t', 'first', 'x');
  await store.durable();
  failing.calls.length = 0;
  return { failing, clock, path, said, store };
}

const unwritable = { code: 'STORE_UNWRITABLE' };
const isBroken = (call: DiskCall) => {
  if (call === 'write') throw noSpace();
};
const isWhole = () => {};

describe('a store whose disk is full', () => {
  it('tells all who wait, and whoever asks later, until it was written by itself a second later', async () => {
    const { failing, clock, said, store, path } = await stored();
    failing.before = isBroken;
    store.put('t', 'a', 1);
    store.put('t', 'b', 1);
    const told = await Promise.allSettled([store.durable(), store.durable()]);
    expect(told).toMatchObject([
      { status: 'rejected', reason: unwritable },
      { status: 'rejected', reason: unwritable },
    ]);
    expect(store.failure).toContain('ENOSPC');
    store.put('t', 'b', 'the newer one'); // of itself tries nothing
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    for (let second = 0; second < 3; second++) {
      const writes = failing.calls.filter((call) => call === 'write').length;
      await clock.advance(1000);
      await eventually(() => failing.calls.filter((call) => call === 'write').length === writes + 1);
      await eventually(() => clock.pending === 1);
    }
    expect(said).toHaveLength(1); // once, not at each attempt
    failing.before = isWhole;
    await clock.advance(1000);
    await eventually(() => store.failure === undefined);
    await store.durable();
    await store.close();
    expect(sorted(openStore(path), 't')).toEqual([
      ['a', 1],
      ['b', 'the newer one'],
      ['first', 'x'],
    ]);
  });

  it('goes on with a smaller change, and opens again with everything that was acknowledged', async () => {
    const { failing, clock, store, path } = await stored();
    const good = statSync(path).size;
    failing.longestWrite = 4096;
    failing.before = (call, count) => {
      if (call === 'write' && count > 2) throw noSpace();
    };
    store.put('t', 'a', Buffer.alloc(20_000, 7));
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    expect(statSync(path).size).toBe(good); // nothing of it stays behind
    failing.before = isWhole;
    store.put('t', 'a', 'small');
    await clock.advance(1000);
    await eventually(() => store.failure === undefined);
    await store.close();
    const said: Said = [];
    expect(sorted(openStore(path, {}, said), 't')).toEqual([
      ['a', 'small'],
      ['first', 'x'],
    ]);
    expect(said).toEqual([]);
  });

  it.each<DiskCall>(['truncate', 'sync'])(
    'remembers what it could not take back (%s), and does that before it writes again',
    async (broken) => {
      const { failing, clock, store, path } = await stored();
      const good = statSync(path).size;
      failing.longestWrite = 100;
      let isFull = true;
      failing.before = (call, count) => {
        if (isFull && (call === broken || (call === 'write' && count > 1))) throw noSpace();
      };
      store.put('t', 'a', 'x'.repeat(500));
      await expect(store.durable()).rejects.toMatchObject(unwritable);
      isFull = false;
      failing.longestWrite = Number.POSITIVE_INFINITY;
      failing.calls.length = 0;
      store.put('t', 'a', '');
      await clock.advance(1000);
      await eventually(() => store.failure === undefined);
      expect(failing.calls).toEqual(['truncate', 'sync', 'write', 'sync']);
      expect(readFileSync(path).subarray(good).includes('xxxx')).toBe(false);
      await store.close();
      expect(sorted(openStore(path), 't')[0]).toEqual(['a', '']);
    },
  );

  it('takes a sync that failed for what it is: nothing of the batch counts, and all of it is written again', async () => {
    const { failing, clock, store, path } = await stored();
    failing.before = (call, count) => {
      if (call === 'sync' && count === 1) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    };
    store.put('t', 'a', 1);
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    expect(store.value('t', 'a')).toBe(undefined);
    await clock.advance(1000);
    await eventually(() => store.failure === undefined);
    expect(failing.calls).toEqual(['write', 'sync', 'truncate', 'sync', 'write', 'sync']);
    await store.close();
    expect(sorted(openStore(path), 't')).toEqual([
      ['a', 1],
      ['first', 'x'],
    ]);
  });

  it('writes on where one call takes less than it was given', async () => {
    const { failing, store, path } = await stored();
    failing.longestWrite = 7;
    store.put('t', 'a', Buffer.alloc(1000, 1));
    await store.durable();
    await store.close();
    expect(sorted(openStore(path), 't')).toEqual([
      ['a', Buffer.alloc(1000, 1)],
      ['first', 'x'],
    ]);
  });

  it('ends all the same, after one more attempt, and says what it could not store', async () => {
    const { failing, said, store } = await stored();
    failing.before = isBroken;
    store.put('t', 'a', 1);
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    expect(await store.close()).toBe(true);
    expect(failing.calls.filter((call) => call === 'write')).toHaveLength(2);
    expect(said.at(-1)).toContain('1 records');
  });
});

describe('a new file', () => {
  it('counts only when its name is on the disk too', async () => {
    const failing = failingDisk();
    const clock = manualClock();
    const path = join(temporaryFolder(), 'journal');
    const store = openStore(path, { disk: failing.disk, clock });
    failing.before = (call) => {
      if (call === 'syncFolder') throw new Error('EIO: i/o error, fsync');
    };
    store.put('t', 'a', 1);
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    failing.before = isWhole;
    failing.calls.length = 0;
    await clock.advance(1000);
    await eventually(() => store.failure === undefined);
    expect(failing.calls).toEqual(['syncFolder', 'write', 'sync']);
  });

  it('that cannot be made leaves the old one and changes go on; it is tried again when more is old', async () => {
    const { failing, said, store, path } = await stored();
    failing.before = (call) => {
      if (call === 'rename') throw noSpace();
    };
    const put = async (round: number) => {
      for (let key = 0; key < 20; key++) store.put('t', `k${key}`, { round, bytes: Buffer.alloc(50_000, round) });
      await store.durable();
    };
    for (let round = 0; round < 20; round++) await put(round);
    await eventually(() => said.length > 0);
    expect(store.failure).toBe(undefined);
    expect(failing.calls.filter((call) => call === 'rename').length).toBeLessThan(3);
    failing.before = isWhole;
    for (let round = 20; round < 40; round++) await put(round);
    await store.close();
    expect(statSync(path).size).toBeLessThan(14 * 1024 * 1024); // of 40 MB written
    expect(sorted(openStore(path), 't').at(-1)?.[1]).toMatchObject({ round: 39 });
  });
});

describe('a disk that does not answer', () => {
  it('keeps nobody from ending', async () => {
    const { failing, clock, said, store } = await stored();
    let answer = () => {};
    failing.before = (call) => (call === 'write' ? new Promise<void>((resolve) => (answer = resolve)) : undefined);
    store.put('t', 'a', 1);
    await eventually(() => failing.calls.includes('write'));
    const closing = store.close();
    await clock.advance(5000);
    expect(await closing).toBe(false);
    expect(said).toEqual(['the disk does not answer: changes may not be stored']);
    failing.before = isWhole;
    answer();
    await eventually(() => failing.calls.includes('close'));
  });
});
