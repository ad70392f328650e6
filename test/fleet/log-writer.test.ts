import { mkdtempSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { readLog } from '../../fleet/log/reader.js';
import { openLog } from '../../fleet/log/writer.js';
import { begun, ended } from './sample-run.js';

/** Bytes that the disk still takes. */
const disk = { free: Number.POSITIVE_INFINITY };

async function openOnDisk(path: string, flags: 'r+'): Promise<FileHandle> {
  const file = await open(path, flags);
  const write = file.write.bind(file) as (bytes: Buffer, from: number, length: number, at: number) => unknown;
  const some = async (bytes: Buffer, from: number, length: number, at: number) => {
    if (disk.free === 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const taken = Math.min(length, disk.free);
    disk.free -= taken;
    return await write(bytes, from, taken, at);
  };
  return Object.assign(file, { write: some });
}

it('ends with its last whole part where a disk takes only some of the next', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'log-')), 'run.ndjson.gz');
  const log = openLog(path, { clock: manualClock(), open: openOnDisk });
  log.write(begun);
  await log.flush();
  const whole = readFileSync(path);
  disk.free = 20;
  log.write(ended);
  await log.flush();
  expect(log.problem).toMatchObject({ code: 'ENOSPC' });
  expect(readFileSync(path)).toEqual(whole);
  await log.close();
  const events: unknown[] = [];
  for await (const event of readLog(path)) events.push(event);
  expect(events).toEqual([begun]);
});
