// A tenant on disk (`--data DIR`), in LMDB: a write returns at once, a batch is one transaction, a torn one is never seen.
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { isRollcallError } from '../../protocol/errors.js';
import { stubError } from '../errors.js';
import type { Keep } from '../keep.js';
import type { StubLog } from '../log.js';
import { journalProblem } from './journal-check.js';
import { type Persistence, type Table, tables } from './persistence.js';

const fileName = 'tenant.mdb';
/** Address space, not disk: the file grows as it is filled. */
const largestFile = 16 * 1024 ** 3;
const longestKey = 512;
const mostKeeps = 16;

export interface Journal extends Persistence {
  /** A table of a dialect's own, by its name. It is written and closed with the rest. */
  keep(name: string): Keep;
}

/**
 * Opens or makes the folder's store, readable by its owner only: it holds passwords and secrets. Throws DATA_CORRUPT when the
 * file is no store of ours. A write that fails is logged, never thrown: the tenant in memory goes on.
 */
export function openJournal(folder: string, log: Pick<StubLog, 'error'>): Journal {
  const path = join(folder, fileName);
  const { root, databases } = openStore(folder, path);
  let closing: Promise<void> | undefined;
  const failed = (error: unknown) => log.error('STORE_FAILED', { path, reason: String(error) });
  const rows = (database: Database<unknown, string>) =>
    [...database.getRange()].map(({ key, value }) => [String(key), value] as const);
  const write = (database: Database<unknown, string>, key: string, value: unknown) => {
    try {
      const written = value === undefined ? database.remove(keyOf(key)) : database.put(keyOf(key), value);
      written.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
  const unreadable = (cause: unknown) => stubError('DATA_CORRUPT', `The store ${path} cannot be read`, { cause });

  return {
    load() {
      try {
        const read = (table: Table) => rows(databases[table]);
        const all: Loaded = {
          meta: read('meta'),
          user: read('user'),
          profile: read('profile'),
          device: read('device'),
          change: read('change'),
          moved: read('moved'),
          failure: read('failure'),
        };
        return tables.every((table) => all[table].length === 0) ? undefined : all;
      } catch (cause) {
        throw unreadable(cause);
      }
    },
    save: (table, key, value) => write(databases[table], key, value),
    keep(name) {
      const database = root.openDB<unknown, string>({ name: `keep-${name}` });
      return {
        entries() {
          try {
            return rows(database);
          } catch (cause) {
            throw unreadable(cause);
          }
        },
        put: (key, value) => write(database, key, value),
      };
    },
    close() {
      closing ??= root.flushed.then(() => root.close());
      return closing;
    },
  };
}

type Loaded = NonNullable<ReturnType<Persistence['load']>>;

/** Keys come from devices too: a long one is kept by its hash. What a record is about stands in the record. */
const keyOf = (key: string): string =>
  Buffer.byteLength(key) <= longestKey ? key : `#${createHash('sha256').update(key).digest('base64url')}`;

function openStore(folder: string, path: string) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of [path, `${path}-lock`]) {
      closeSync(openSync(file, 'a', 0o600)); // LMDB itself would make it 0664
      chmodSync(file, 0o600);
    }
    const problem = journalProblem(path);
    if (problem !== undefined) throw stubError('DATA_CORRUPT', `The store ${path} cannot be used: ${problem}`);
    const root: RootDatabase<unknown, string> = open({ path, mapSize: largestFile, maxDbs: tables.length + mostKeeps });
    const table = (name: Table): Database<unknown, string> => root.openDB({ name });
    const databases: Record<Table, Database<unknown, string>> = {
      meta: table('meta'),
      user: table('user'),
      profile: table('profile'),
      device: table('device'),
      change: table('change'),
      moved: table('moved'),
      failure: table('failure'),
    };
    return { root, databases };
  } catch (cause) {
    if (isRollcallError(cause)) throw cause;
    throw stubError('DATA_CORRUPT', `The store ${path} cannot be opened`, { cause });
  }
}
