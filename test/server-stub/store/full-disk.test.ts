import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../agent/index.js';
import { manualClock } from '../../../base/clock.js';
import { eventually } from '../../support/eventually.js';
import { smallDisk } from '../../support/namespaces.js';
import { describeIf, has } from '../../support/outside.js';
import { openStore, type Said } from './open-store.js';

describeIf(has('unshare -m'), 'unshare -m')('a store on a disk that is full again and again', () => {
  it.each([48, 64, 256])('holds everything that was acknowledged, with %s KiB in all', async (kib) => {
    const disk = await smallDisk(kib * 1024);
    onTestFinished(() => disk.close());
    const path = join(disk.outside, 'journal');
    const random = seededRandom(`full disk of ${kib}`, 0);
    const acknowledged = new Map<string, Buffer>();
    let failed = 0;
    for (let life = 0; life < 12; life++) {
      const clock = manualClock();
      const said: Said = [];
      const store = openStore(path, { clock }, said);
      expect(said).toEqual([]);
      expect(store.keys('t').sort()).toEqual([...acknowledged.keys()].sort());
      for (const [key, value] of acknowledged) expect(store.value('t', key)).toEqual(value);
      disk.fill(random.integer(14) * 4096);
      const last = new Map<string, Buffer>();
      while (store.failure === undefined) {
        last.clear();
        for (let count = 1 + random.integer(3); count > 0; count--) {
          last.set(`k${random.integer(6)}`, randomBytes(1 + random.integer(5000)));
        }
        for (const [key, value] of last) store.put('t', key, value);
        await store.durable().then(
          () => {
            for (const [key, value] of last) acknowledged.set(key, value);
          },
          () => failed++,
        );
      }
      for (const key of last.keys()) {
        last.set(key, Buffer.from('a smaller one'));
        store.put('t', key, last.get(key));
      }
      disk.makeRoom();
      await clock.advance(1000);
      await eventually(() => store.failure === undefined || clock.pending > 0);
      if (store.failure !== undefined) break; // the disk is too small for what is there
      for (const [key, value] of last) acknowledged.set(key, value);
      await store.close();
    }
    expect(failed).toBeGreaterThan(1);
    const store = openStore(path);
    for (const [key, value] of acknowledged) expect(store.value('t', key)).toEqual(value);
  });
});
