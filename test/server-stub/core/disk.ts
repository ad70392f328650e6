// A disk in memory, as a crash leaves it.
import { type Persistence, tables } from '../../../server-stub/core/persistence.js';

/** A disk that keeps what was written, as a crash leaves it; each wait for it is answered by hand while it is held. */
export function disk(saved = new Map<string, Map<string, unknown>>()) {
  let waiting: (() => void)[] | undefined;
  const persistence = (): Persistence => ({
    load() {
      if (saved.size === 0) return undefined;
      const all = tables.map((table) => [table, [...(saved.get(table) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))]);
      return Object.fromEntries(all);
    },
    changes: 0,
    changed: () => {},
    durable: () =>
      new Promise((resolve) => {
        if (waiting === undefined) resolve();
        else waiting.push(resolve);
      }),
    failure: undefined,
    save(table, key, value) {
      if (value === undefined) saved.get(table)?.delete(key);
      else saved.set(table, (saved.get(table) ?? new Map()).set(key, structuredClone(value)));
    },
    setAside: () => {},
    aside: [],
    close: async () => {},
  });
  return {
    persistence,
    saved,
    /** What a crash leaves at this moment. */
    asNow: () => disk(structuredClone(saved)),
    hold: () => {
      waiting = [];
    },
    release() {
      const calls = waiting ?? [];
      waiting = undefined;
      for (const call of calls) call();
    },
  };
}
