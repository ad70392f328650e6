import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { JournalStore } from '../../../base/journal/journal-store.js';
import { storeErrors } from '../../../server-stub/core/journal.js';
import { temporaryFolder } from '../../support/programs.js';
import { openStore, type Said } from './open-store.js';

const batches = 16;
let whole: Buffer;
/** Where each batch ends; the first entry is where the first begins. */
const ends: number[] = [];

const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const path = join(folder, 'whole');
  const store = new JournalStore({ errors: storeErrors, path, onFailure: () => {}, onTorn: () => {} });
  for (let batch = 0; batch < batches; batch++) {
    for (let key = 0; key < 5; key++) store.put('t', `${batch}-${key}`, Buffer.alloc(300, batch + 1));
    await store.durable();
    ends.push(statSync(path).size);
  }
  await store.close();
  whole = readFileSync(path);
});

/** What opening a file of these bytes gives; it must not change the file, whatever it holds. */
function opened(bytes: Buffer): { readonly keys?: number; readonly refusal?: string; readonly said: Said } {
  const path = join(folder, 'changed');
  writeFileSync(path, bytes);
  const said: Said = [];
  try {
    const store = new JournalStore({
      errors: storeErrors,
      path,
      onFailure: (reason) => said.push(reason),
      onTorn: (n) => said.push(n),
    });
    const keys = store.keys('t').length;
    void store.close();
    return { keys, said };
  } catch (error) {
    return { refusal: isRollcallError(error, 'DATA_CORRUPT') ? error.message : `not refused: ${error}`, said };
  } finally {
    expect(readFileSync(path).equals(bytes)).toBe(true);
  }
}

const changed = (from: number, by: Buffer, to = from + by.length) =>
  Buffer.concat([whole.subarray(0, from), by, whole.subarray(to)]);
const end = (batch: number) => ends[batch] ?? 0;

describe('a file that is damaged', () => {
  it('is refused, whichever of its bytes is another', () => {
    for (let at = 0; at < whole.length; at += at < 300 || at > end(batches - 2) ? 3 : 97) {
      const byte = Buffer.from([(whole[at] ?? 0) ^ (1 << (at % 8))]);
      expect([at, opened(changed(at, byte)).refusal]).toEqual([at, expect.stringContaining('cannot be used')]);
    }
  });

  it('is refused where a batch was cut out, stands twice, or stands in the place of another', () => {
    const batch = (index: number) => whole.subarray(end(index - 1), end(index));
    expect(opened(changed(end(9), Buffer.alloc(0), end(10))).refusal).toContain('a batch is missing');
    expect(opened(changed(end(10), batch(10), end(10))).refusal).toContain('a batch is missing');
    expect(opened(changed(end(9), Buffer.concat([batch(11), batch(10)]), end(11))).refusal).toContain('missing');
    expect(opened(changed(end(batches - 1), batch(3))).refusal).toContain('a batch is missing');
  });

  it('is refused where zeros, or the bytes of another file, stand in the middle', async () => {
    for (const length of [16, 512, 4096, 8000]) {
      expect(opened(changed(end(3) + 5, Buffer.alloc(length))).refusal).toContain('sound batches follow');
    }
    const big = join(temporaryFolder(), 'journal');
    const store = openStore(big);
    for (let batch = 0; batch < 40; batch++) {
      store.put('t', `${batch}`, Buffer.alloc(100_000, 1));
      await store.durable();
    }
    await store.close();
    const bytes = readFileSync(big);
    bytes.fill(0, 1_000_000, 1_000_000 + 1024 * 1024);
    expect(opened(bytes).refusal).toContain('sound batches follow');
    expect(opened(Buffer.concat([bytes.subarray(0, 900_000), whole])).refusal).toContain('is damaged');
  });

  it('is refused where it says to be of a later form, with the remedy', () => {
    const later = Buffer.concat([Buffer.from('rollcall journal 3\n'), whole.subarray(19)]);
    const path = join(temporaryFolder(), 'journal');
    writeFileSync(path, later);
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({ code: 'DATA_CORRUPT', hint: expect.stringContaining('later version') }),
    );
  });
});

describe('a file whose last batch was being written when the machine stopped', () => {
  const before = (batches - 1) * 5;

  it('is read without it, wherever it was cut off', () => {
    for (let at = end(batches - 2) + 1; at < whole.length; at += 7) {
      expect([at, opened(whole.subarray(0, at))]).toEqual([at, { keys: before, said: [at - end(batches - 2)] }]);
    }
    expect(opened(whole.subarray(0, end(batches - 2)))).toEqual({ keys: before, said: [] });
  });

  it('is read without it, whichever of its sectors were never written', () => {
    const [from, to] = [end(batches - 2), whole.length];
    const sectors = [];
    for (let at = from; at < to; at = (Math.floor(at / 512) + 1) * 512) sectors.push(at);
    expect(sectors.length).toBeGreaterThan(3);
    for (let missing = 1; missing < 2 ** sectors.length; missing++) {
      const bytes = Buffer.from(whole);
      for (const [index, at] of sectors.entries()) {
        if ((missing >> index) & 1) bytes.fill(0, at, Math.min((Math.floor(at / 512) + 1) * 512, to));
      }
      expect([missing, opened(bytes)]).toEqual([missing, { keys: before, said: [to - from] }]);
    }
  });

  it('is read without room that was taken and not written at all', () => {
    for (const length of [1, 100, 5000, 3_000_000]) {
      expect(opened(Buffer.concat([whole, Buffer.alloc(length)]))).toEqual({ keys: batches * 5, said: [length] });
    }
  });

  it('goes on behind what is sound, and nothing of the rest comes back', async () => {
    const path = join(temporaryFolder(), 'journal');
    writeFileSync(path, whole.subarray(0, -50));
    const store = openStore(path);
    store.put('t', 'new', 1);
    await store.close();
    copyFileSync(path, `${path}.copy`);
    const said: Said = [];
    const again = openStore(`${path}.copy`, {}, said);
    expect([again.keys('t').length, again.value('t', 'new'), said]).toEqual([before + 1, 1, []]);
  });
});
