import { chmodSync, closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentError } from '../errors.js';
import { lockFolder } from './folder-lock.js';
import { packState, unpackState } from './pack.js';
import type { DeviceStore } from './store.js';

const maxIdBytes = 1000;

/** Devices in a folder: mode 0700, files 0600, for one process at a time. Throws STATE_LOCKED or STATE_CORRUPT. */
export async function openLmdbStore(folder: string): Promise<DeviceStore> {
  const { open } = await import('lmdb'); // native: only those who keep devices load it
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const unlock = lockFolder(folder);
  try {
    const data = join(folder, 'data.mdb');
    for (const file of [data, join(folder, 'lock.mdb')]) {
      writeFileSync(file, '', { flag: 'a', mode: 0o600 }); // LMDB would make them readable for all
      chmodSync(file, 0o600);
    }
    assertWhole(data);
    const database = open<Buffer, string>({ path: folder, encoding: 'binary' });
    return {
      load(id) {
        if (!isKey(id)) return undefined;
        const packed = database.get(id);
        return packed === undefined ? undefined : unpackState(packed);
      },
      async save(state) {
        const { id } = state.facts;
        if (!isKey(id)) throw agentError('STATE_CORRUPT', 'a device needs an id of 1 to 1000 bytes to be stored');
        await database.put(id, packState(state));
        await database.flushed;
      },
      async delete(id) {
        if (!isKey(id)) return;
        await database.remove(id);
        await database.flushed;
      },
      ids: () => [...database.getKeys()],
      async close() {
        await database.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

const isKey = (id: string): boolean => id.length > 0 && Buffer.byteLength(id) <= maxIdBytes;

// The two meta pages at the file's start, as this LMDB writes them.
const metaAt = 24;
const metaBytes = 136;
const magic = 0xbeefc0de;

/** LMDB maps the file and trusts it: a cut or foreign one would end the process with a signal, so it is looked at first. */
function assertWhole(path: string): void {
  const { size } = statSync(path);
  if (size === 0) return; // new
  const file = openSync(path, 'r');
  try {
    const first = readMeta(file, 0);
    const second = first === undefined ? undefined : readMeta(file, first.pageBytes);
    if (first === undefined || second === undefined)
      throw agentError('STATE_CORRUPT', `${path} is not a store of devices`);
    const newest = second.transaction > first.transaction ? second : first;
    if (BigInt(size) < (newest.lastPage + 1n) * BigInt(first.pageBytes) && newest.transaction > 0n)
      throw agentError('STATE_CORRUPT', `${path} is cut off at ${size} bytes`);
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, page: number) {
  const meta = Buffer.alloc(metaBytes);
  if (readSync(file, meta, 0, metaBytes, page + metaAt) < metaBytes || meta.readUInt32LE(0) !== magic) return undefined;
  const pageBytes = meta.readUInt32LE(24);
  if (pageBytes < 512 || pageBytes > 65_536) return undefined;
  return { pageBytes, lastPage: meta.readBigUInt64LE(120), transaction: meta.readBigUInt64LE(128) };
}
