import { onTestFinished } from 'vitest';
import { JournalStore, type JournalStoreOptions } from '../../../base/journal/journal-store.js';
import { storeErrors } from '../../../server-stub/core/journal.js';

/** What a store reported, in order. */
export type Said = (string | number)[];

/** A store that is closed when the test ends. */
export function openStore(
  path: string,
  options: Partial<Omit<JournalStoreOptions, 'errors'>> = {},
  said: Said = [],
): JournalStore {
  const store = new JournalStore({
    errors: storeErrors,
    path,
    onFailure: (reason) => said.push(reason),
    onTorn: (bytes) => said.push(bytes),
    ...options,
  });
  onTestFinished(async () => void (await store.close()));
  return store;
}

export const sorted = (store: JournalStore, table: string) =>
  store.entries(table).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
