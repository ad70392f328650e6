// A tenant on disk (`--data DIR`): a write returns at once, the changes of one turn are durable together or not at all.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isRollcallError } from '../../base/errors.js';
import { lockFolder } from '../../base/folder-lock.js';
import type { Log } from '../../base/log.js';
import { stubError } from '../errors.js';
import type { Keep } from '../keep.js';
import { RecordLog } from '../record-log.js';
import { type Persistence, type Table, tables } from './persistence.js';

export interface Journal extends Persistence {
  /**
   * A table of a dialect's or a service's own, by its name. It is written and closed with the rest. What stands under a name
   * that the table had formerly counts as its own, and moves when it is written again.
   */
  keep(name: string, formerName?: string): Keep;
}

/**
 * Opens or makes the folder's store, readable by its owner only: it holds passwords and secrets. Throws DATA_CORRUPT when the
 * file is no store of ours, DATA_LOCKED while another process has the folder. A write that fails is logged, never thrown: the
 * tenant in memory goes on, and the write is tried again with the next.
 */
export function openJournal(folder: string, log: Pick<Log, 'error'>): Journal {
  const path = join(folder, 'tenant.journal');
  const { records, unlock } = openStore(folder, path, log);
  let closing: Promise<void> | undefined;
  const inOrder = (table: string) => records.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));

  return {
    load() {
      const read = (table: Table) => inOrder(table);
      const all = {
        meta: read('meta'),
        user: read('user'),
        profile: read('profile'),
        device: read('device'),
        change: read('change'),
        moved: read('moved'),
        failure: read('failure'),
      };
      return tables.every((table) => all[table].length === 0) ? undefined : all;
    },
    save: (table, key, value) => records.put(table, key, value),
    keep(name, formerName) {
      const table = `keep ${name}`;
      const former = `keep ${formerName}`;
      const moving = new Set(formerName === undefined ? [] : records.entries(former).map(([key]) => key));
      return {
        entries: () => (moving.size === 0 ? inOrder(table) : [...inOrder(former), ...inOrder(table)]),
        put(key, value) {
          if (moving.delete(key)) records.put(former, key, undefined); // durable together with the next line or not at all
          records.put(table, key, value);
        },
      };
    },
    close() {
      closing ??= records.close().finally(unlock);
      return closing;
    },
  };
}

function openStore(folder: string, path: string, log: Pick<Log, 'error'>) {
  let unlock: (() => void) | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    unlock = lockFolder(folder, (message, context) => stubError('DATA_LOCKED', message, context));
    const failed = (reason: string) => log.error('STORE_FAILED', { path, reason });
    const records = new RecordLog({
      path,
      onFailure: (error) => failed(String(error)),
      onTorn: (bytes) => failed(`the last ${bytes} bytes were not written whole and are left out`),
    });
    return { records, unlock };
  } catch (cause) {
    unlock?.();
    if (isRollcallError(cause)) throw cause;
    throw stubError('DATA_CORRUPT', `The store ${path} cannot be opened`, { cause });
  }
}
