import type { z } from 'zod';
import { isRollcallError } from '../../base/errors.js';
import { stubError } from '../errors.js';
import { inPresentForm } from '../versioned.js';
import type { OnUnreadable } from './answered.js';
import { StoredContents } from './contents.js';
import type { TenantDevice } from './device-state.js';
import type { Persistence, Table } from './persistence.js';
import { recordForm, type StoredRecord } from './record-forms.js';
import { answersBy, historyOf, restoreDevice, sharing } from './stored.js';

/** Reads a store, one record at a time, and remembers which could not be read. Changes nothing in it. */
export class StoredRecords {
  readonly contents = new StoredContents();
  readonly unreadable: { readonly table: Table; readonly key: string; readonly reason: string }[] = [];
  readonly #stored: NonNullable<ReturnType<Persistence['load']>>;

  readonly #onUnreadable: OnUnreadable;

  /** `onUnreadable` hears, later on, of what devices answered and cannot be read. */
  constructor(stored: NonNullable<ReturnType<Persistence['load']>>, onUnreadable: OnUnreadable) {
    this.#stored = stored;
    this.#onUnreadable = onUnreadable;
  }

  /** Throws DATA_CORRUPT, naming the record, where one cannot be read: the rest would say something that is not so. */
  vital<T extends Table>(table: T): [key: string, value: StoredRecord<T>][] {
    const records = [...this.read(table)];
    const [bad] = this.unreadable.filter((record) => record.table === table);
    if (bad === undefined) return records;
    const { key, reason } = bad;
    throw stubError('DATA_CORRUPT', `The stored ${table} ${key} cannot be read: ${reason}`, {
      details: { table, key },
    });
  }

  /** The records that can be read. Throws DATA_CORRUPT where a later version of this program wrote one. */
  *read<T extends Table>(table: T): Generator<[key: string, value: StoredRecord<T>]> {
    const history = historyOf(table, this.contents);
    const form = recordForm(table);
    for (const [key, stored] of this.#stored[table]) {
      const { data, reason } = judged(form, () => inPresentForm(stored, history, `The stored ${table} ${key}`));
      if (reason === undefined) yield [key, data as StoredRecord<T>];
      else this.unreadable.push({ table, key, reason });
    }
  }

  /** The live devices; `contents` must have been read. */
  devices(): TenantDevice[] {
    const share = sharing();
    const answersOf = answersBy(this.contents, share, this.#onUnreadable);
    const devices: TenantDevice[] = [];
    for (const [key, value] of this.read('device')) {
      if (key === value.record.deviceId) devices.push(restoreDevice(value, key, this.contents, share, answersOf));
      else this.unreadable.push({ table: 'device', key, reason: 'it lies under the key of another' });
    }
    return devices;
  }
}

function judged(form: z.ZodType, present: () => unknown): { readonly data?: unknown; readonly reason?: string } {
  try {
    const { data, error } = form.safeParse(present());
    const issue = error?.issues[0];
    return issue === undefined ? { data } : { reason: `${issue.path.map(String).join('.')}: ${issue.message}` };
  } catch (error) {
    if (isRollcallError(error)) throw error;
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
