import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/programs.js';
import { failingDisk } from './failing-disk.js';
import { openStore, sorted } from './open-store.js';

describe('a store in one file', () => {
  it('gives back what was put, as it was when it was put: plain values and bytes', async () => {
    const path = join(temporaryFolder(), 'journal');
    const first = openStore(path);
    const value = { text: 'é\u0000', list: [1, 2.5, -0, null, undefined], bytes: Buffer.from([1, 2]), big: 2n ** 70n };
    first.put('t', 'a', value);
    value.text = 'changed later';
    first.put('t', '', 'empty key');
    first.put('u', 'a', 'another table');
    await first.close();
    const second = openStore(path);
    expect(sorted(second, 't')).toEqual([
      ['', 'empty key'],
      ['a', { ...value, text: 'é\u0000' }],
    ]);
    expect(second.entries('u')).toEqual([['a', 'another table']]);
    expect(second.entries('none')).toEqual([]);
  });

  it('is a map, whatever is put, forgotten and reopened in whatever order', async () => {
    const step = fc.oneof(
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.option(fc.string(), { nil: undefined }) }),
      fc.constantFrom('reopen' as const, 'durable' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const path = join(temporaryFolder(), 'journal');
        const model = new Map<string, string>();
        let store = openStore(path);
        for (const each of steps) {
          if (each === 'durable') await store.durable();
          else if (each === 'reopen') {
            await store.close();
            store = openStore(path);
            expect(sorted(store, 't')).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
          } else {
            store.put('t', each.key, each.value);
            if (each.value === undefined) model.delete(each.key);
            else model.set(each.key, each.value);
          }
        }
        await store.close();
        expect(sorted(openStore(path), 't')).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
      }),
      { numRuns: 40 },
    );
  });

  it('does not grow without end where the same keys are written again and again', async () => {
    const path = join(temporaryFolder(), 'journal');
    const store = openStore(path);
    for (let round = 0; round < 60; round++) {
      for (let key = 0; key < 20; key++) store.put('t', `k${key}`, { round, bytes: Buffer.alloc(20_000, round) });
      await store.durable();
    }
    await store.close();
    expect(statSync(path).size).toBeLessThan(10 * 1024 * 1024); // of 24 MB written
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = sorted(openStore(path), 't');
    expect(again).toHaveLength(20);
    for (const [, value] of again) expect(value).toMatchObject({ round: 59 });
  });

  it('shares one write and one sync among all who wait, and waits for none where nothing was put', async () => {
    const { disk, calls } = failingDisk();
    const store = openStore(join(temporaryFolder(), 'journal'), { disk });
    store.put('t', 'first', 1);
    await store.durable();
    calls.length = 0;
    await store.durable();
    expect(calls).toEqual([]);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        store.put('t', `k${index}`, index);
        return store.durable();
      }),
    );
    expect(calls).toEqual(['write', 'sync']);
    expect(store.keys('t')).toHaveLength(51);
  });

  it('says that something is durable only when it is: whoever comes during a write waits for the next', async () => {
    const failing = failingDisk();
    const store = openStore(join(temporaryFolder(), 'journal'), { disk: failing.disk });
    store.put('t', 'a', 1);
    await store.durable();
    let isLate = false;
    failing.before = (call) => {
      if (call !== 'write' || isLate) return;
      isLate = true;
      store.put('t', 'late', 2);
      void store.durable().then(() => seen.push(String(store.value('t', 'late'))));
    };
    const seen: string[] = [];
    store.put('t', 'b', 1);
    await store.durable();
    expect(store.value('t', 'b')).toBe(1);
    await store.durable();
    expect(seen).toEqual(['2']);
  });

  it('keeps of what it reads only what was asked for: bytes of a value lie in memory of their own', async () => {
    const path = join(temporaryFolder(), 'journal');
    const first = openStore(path);
    const value = { text: 'x'.repeat(100_000), token: Buffer.alloc(32, 7), octets: new Uint8Array([1, 2]) };
    for (const key of ['a', 'b', 'c']) first.put('t', key, value);
    await first.close();
    const store = openStore(path);
    const read = ['a', 'b', 'c', 'a'].map((key) => store.value('t', key));
    for (const each of read) {
      expect(each).toEqual(value);
      const { token, octets } = each as typeof value;
      expect([token.buffer.byteLength, octets.buffer.byteLength]).toEqual([expect.toSatisfy((n) => n < 20_000), 2]);
    }
  });

  it('writes nothing while it is held, and nothing at all when it ends before it is released', async () => {
    const path = join(temporaryFolder(), 'journal');
    const held = openStore(path, { isHeld: true });
    held.put('t', 'a', 1);
    const told = expect(held.durable()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await held.close();
    await told;
    expect(existsSync(path)).toBe(false);
    const released = openStore(path, { isHeld: true });
    released.put('t', 'b', 1);
    released.release();
    await released.close();
    expect(sorted(openStore(path), 't')).toEqual([['b', 1]]);
  });

  it('says of nothing that it is durable which was put after its end', async () => {
    const store = openStore(join(temporaryFolder(), 'journal'));
    await store.close();
    await store.durable();
    store.put('t', 'a', 1);
    await expect(store.durable()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
  });

  it('asks before each write whether the folder is still its own', async () => {
    const path = join(temporaryFolder(), 'journal');
    const store = openStore(path, {
      clock: manualClock(),
      assertOwned: () => {
        throw new Error('another has it');
      },
    });
    store.put('t', 'a', 1);
    await expect(store.durable()).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect([store.failure, existsSync(path)]).toEqual(['another has it', false]);
  });
});

describe('a file that is not what the store left there', () => {
  /** A store with one record, and whoever else writes into its folder. */
  async function inUse() {
    const path = join(temporaryFolder(), 'journal');
    const store = openStore(path, { clock: manualClock() });
    store.put('t', 'a', 1);
    await store.durable();
    const change = async () => {
      store.put('t', 'b', 2);
      await store.durable();
    };
    return { path, store, change };
  }
  const unwritable = { code: 'STORE_UNWRITABLE' };

  it('is written to no more where another owner came, wrote and went: what both acknowledged is there', async () => {
    const { path, store, change } = await inUse();
    const other = openStore(path);
    other.put('t', 'theirs', 3);
    await other.close();
    await expect(change()).rejects.toMatchObject(unwritable);
    expect(store.failure).toContain('somebody else has written to it');
    await store.close();
    expect(sorted(openStore(path), 't')).toEqual([
      ['a', 1],
      ['theirs', 3],
    ]);
  });

  it('that was removed takes no change that nobody would find again, until it is put back', async () => {
    const path = join(temporaryFolder(), 'journal');
    const clock = manualClock();
    const store = openStore(path, { clock });
    store.put('t', 'a', 1);
    await store.durable();
    renameSync(path, `${path}.away`);
    store.put('t', 'b', 2);
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    expect(store.failure).toContain('removed or replaced');
    renameSync(`${path}.away`, path);
    await clock.advance(1000);
    await eventually(() => store.failure === undefined);
    await store.close();
    expect(sorted(openStore(path), 't')).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('that was replaced by a copy of an earlier moment is left alone', async () => {
    const { path, change } = await inUse();
    copyFileSync(path, `${path}.copy`);
    await change();
    renameSync(`${path}.copy`, path);
    const copy = readFileSync(path);
    await expect(change()).rejects.toMatchObject(unwritable);
    expect(readFileSync(path)).toEqual(copy);
  });

  it('that another made meanwhile, where there was none, is not replaced by a new one', async () => {
    const path = join(temporaryFolder(), 'journal');
    const store = openStore(path, { clock: manualClock() });
    const other = openStore(path);
    other.put('t', 'theirs', 3);
    await other.close();
    store.put('t', 'a', 1);
    await expect(store.durable()).rejects.toMatchObject(unwritable);
    await store.close();
    expect(sorted(openStore(path), 't')).toEqual([['theirs', 3]]);
  });

  it('is not replaced by the one written anew where another came meanwhile', async () => {
    const path = join(temporaryFolder(), 'journal');
    const { disk } = failingDisk();
    let hasCome = false;
    const store = openStore(path, {
      disk: {
        ...disk,
        async open(name, how) {
          if (name.endsWith('.new') && existsSync(path)) {
            hasCome = true;
            const other = openStore(path, { clock: manualClock() });
            other.put('t', 'theirs', 3);
            await other.close();
          }
          return disk.open(name, how);
        },
      },
    });
    for (let round = 0; !hasCome && round < 100; round++) {
      store.put('t', 'large', Buffer.alloc(1_000_000, round));
      await store.durable();
    }
    await store.close();
    expect(openStore(path).value('t', 'theirs')).toBe(3);
  });

  it('is not even written anew without asking whether the folder is still its own', async () => {
    const { disk, calls } = failingDisk();
    let [asked, writes] = [0, 0];
    const store = openStore(join(temporaryFolder(), 'journal'), { disk, assertOwned: () => void asked++ });
    for (; calls.filter((call) => call === 'rename').length < 2 && writes < 100; writes++) {
      store.put('t', 'large', Buffer.alloc(1_000_000, writes));
      await store.durable();
      await new Promise(setImmediate);
      await eventually(() => !calls.includes('rename') || calls.at(-1) !== 'open');
    }
    await store.close();
    expect(asked).toBe(writes + 1);
  });
});

it('that cannot be opened is not said to be damaged', () => {
  expect(() => openStore(temporaryFolder())).toThrow(expect.objectContaining({ code: 'FILE_UNUSABLE' }));
});

it('says of nothing that it is durable which was put while it ends', async () => {
  const failing = failingDisk();
  const store = openStore(join(temporaryFolder(), 'journal'), { disk: failing.disk });
  let late: Promise<unknown> | undefined;
  failing.before = (call) => {
    if (call !== 'write' || late !== undefined) return;
    store.put('t', 'late', 2);
    late = store.durable().catch((error: unknown) => error);
  };
  store.put('t', 'a', 1);
  const before = store.durable();
  await store.close();
  await before;
  expect(await late).toMatchObject({ code: 'STORE_UNWRITABLE' });
});
