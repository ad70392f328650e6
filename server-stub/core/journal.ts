// A tenant on disk (`--data DIR`): a write returns at once, the changes of one turn are durable together or not at all.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import { type FolderLock, lockFolder } from '../../base/folder-lock.js';
import { makeFolder } from '../../base/folders.js';
import { type JournalErrors, JournalStore } from '../../base/journal/journal-store.js';
import type { Log } from '../../base/log.js';
import { stubError } from '../errors.js';
import type { Keep } from '../keep.js';
import { type FormHistory, firstForm, inPresentForm } from '../versioned.js';
import { type AsideRecord, type Persistence, tables } from './persistence.js';

interface TableHistory {
  readonly formerName?: string;
  /** Default: there was never another form. */
  readonly form?: FormHistory;
}

export interface Journal extends Persistence {
  /**
   * A table of a dialect's or a service's own, by its name. It is written and closed with the rest. What stands under a name
   * that the table had formerly counts as its own, and moves when it is written again.
   */
  keep(name: string, history?: TableHistory): Keep;
  /** From now on what is saved is written, where the journal was opened with `isHeld`. */
  release(): void;
  /** Forgets what was set aside for good. False: there is nothing of this id. */
  forgetAside(id: string): boolean;
}

const asideTable = 'aside';
const asideSchema = z.object({ table: z.string(), key: z.string(), reason: z.string() });

/** What a store of the stub throws. */
export const storeErrors: JournalErrors = {
  damaged: (message, context) => stubError('DATA_CORRUPT', message, context),
  unwritable: (message, context) => stubError('STORE_UNWRITABLE', message, context),
};

interface JournalOptions {
  /** Of the tries to write again, and of an end that waits for the disk: no tenant's clock. Default: the real one. */
  readonly clock?: Clock;
  /** Nothing is written until `release`: an opening that comes to be refused has changed nothing. Default: false. */
  readonly isHeld?: boolean;
}

/**
 * Opens or makes the folder's store, readable by its owner only: it holds passwords and secrets. Throws DATA_CORRUPT when the
 * file is no store of ours or damaged, DATA_LOCKED while another process has the folder; the file is not changed then. A write
 * that fails is logged, never thrown, and tried again every second. What is set aside is logged too, once when that happens, and
 * its number at each start.
 */
export function openJournal(folder: string, log: Pick<Log, 'error'>, options: JournalOptions = {}): Journal {
  const path = join(folder, 'tenant.journal');
  const { records, aside, unlock } = openStore(folder, path, log, options);
  if (aside.length > 0) log.error('RECORDS_ASIDE', { path, records: aside.length, since: 'an earlier start' });
  let closing: Promise<void> | undefined;
  let changes = 0;

  const inOrder = (table: string) => records.keys(table).sort();
  function* each(table: string) {
    for (const key of inOrder(table)) yield [key, records.value(table, key)] as const;
  }
  const setAside = (table: string, key: string, reason: string) => {
    const id = String(Number(aside.at(-1)?.id ?? 0) + 1).padStart(8, '0');
    aside.push({ id, table, key, reason });
    log.error('RECORD_SET_ASIDE', { path, id, table, record: key, reason });
    records.put(asideTable, id, { table, key, reason, value: records.value(table, key) });
    records.put(table, key, undefined);
  };

  return {
    load() {
      const all = {
        meta: each('meta'),
        user: each('user'),
        group: each('group'),
        profile: each('profile'),
        compliance: each('compliance'),
        comanagement: each('comanagement'),
        content: each('content'),
        device: each('device'),
        change: each('change'),
        moved: each('moved'),
        asking: each('asking'),
        asked: each('asked'),
        failure: each('failure'),
        attempt: each('attempt'),
        restriction: each('restriction'),
        corporate: each('corporate'),
        bulkToken: each('bulkToken'),
        autopilot: each('autopilot'),
        autopilotProfile: each('autopilotProfile'),
        audit: each('audit'),
      };
      return tables.every((table) => records.keys(table).length === 0) ? undefined : all;
    },
    get changes() {
      return changes;
    },
    changed() {
      changes++;
    },
    async durable() {
      await undefined; // a device that changed in this turn is saved at the end of it (saver.ts)
      await records.durable();
    },
    get failure() {
      return records.failure;
    },
    release: () => records.release(),
    save: (table, key, value) => records.put(table, key, value),
    setAside,
    aside,
    forgetAside(id) {
      const index = aside.findIndex((record) => record.id === id);
      if (index < 0) return false;
      aside.splice(index, 1);
      changes++;
      records.put(asideTable, id, undefined);
      return true;
    },
    keep(name, { formerName, form = firstForm } = {}) {
      const table = `keep ${name}`;
      const former = `keep ${formerName}`;
      const moving = new Set(formerName === undefined ? [] : records.keys(former));
      const read = (from: string) =>
        inOrder(from).map((key) => {
          const value = records.value(from, key);
          return [key, inPresentForm(value, form, `The table ${name} of the data folder`)] as const;
        });
      return {
        entries: () => (moving.size === 0 ? read(table) : [...read(former), ...read(table)]),
        put(key, value) {
          changes++;
          if (moving.delete(key)) records.put(former, key, undefined); // durable together with the next line or not at all
          records.put(table, key, value === undefined ? undefined : { version: form.version, value });
        },
        setAside: (key, reason) => setAside(moving.delete(key) ? former : table, key, reason),
      };
    },
    close() {
      closing ??= records.close().then((isEnded) => {
        if (isEnded) unlock(); // else a write is still under way
      });
      return closing;
    },
  };
}

function openStore(folder: string, path: string, log: Pick<Log, 'error'>, options: JournalOptions) {
  let lock: FolderLock | undefined;
  let records: JournalStore | undefined;
  try {
    makeFolder(folder);
    const unlock = lockFolder(folder, (message, context) => stubError('DATA_LOCKED', message, context));
    lock = unlock;
    refuseOldest(folder, path);
    const failed = (reason: string) => log.error('STORE_FAILED', { path, reason });
    records = new JournalStore({
      ...options,
      path,
      errors: storeErrors,
      assertOwned: () => unlock.assertHeld(),
      onFailure: failed,
      onTorn: (bytes) => failed(`the last ${bytes} bytes were not written whole and are left out`),
    });
    return { records, aside: readAside(records), unlock };
  } catch (cause) {
    void records?.close();
    lock?.();
    if (isRollcallError(cause)) throw cause;
    throw stubError('DATA_CORRUPT', `The store ${path} cannot be opened`, { cause });
  }
}

function readAside(records: JournalStore): AsideRecord[] {
  const ids = records.keys(asideTable).sort();
  return ids.map((id) => ({ id, ...asideSchema.parse(records.value(asideTable, id)) }));
}

/** The first days of the project stored a tenant in LMDB, which nothing here reads: it must not be taken for a new folder. */
function refuseOldest(folder: string, path: string): void {
  const oldest = join(folder, 'tenant.mdb');
  if (existsSync(path) || !existsSync(oldest)) return;
  throw stubError('DATA_CORRUPT', `The store ${oldest} is of a form that is read no more`, {
    hint: 'Start with another folder.',
  });
}
