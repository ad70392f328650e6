// Settings that were changed while the stub served: with a data folder they are as they were when it starts again.
import type { Keep } from '../keep.js';
import { type AndroidChanges, changes, changesOf, judge } from './changes.js';
import { defaultSettings } from './context.js';

/** What was changed before a restart; it wins over what the stub is started with. What cannot be read or taken is set aside. */
export function keptSettings(keep: Keep | undefined): AndroidChanges {
  const kept: AndroidChanges = {};
  for (const [name, value] of keep?.entries() ?? []) {
    const { change, problem } = read(name, value);
    if (change === undefined) keep?.setAside(name, `the setting cannot be read: ${problem}`);
    else Object.assign(kept, change);
  }
  return kept;
}

function read(name: string, value: unknown): { readonly change?: AndroidChanges; readonly problem?: string } {
  const { data, error } = changes.safeParse({ [name]: value });
  if (error !== undefined) return { problem: error.issues[0]?.message ?? error.message };
  const change = changesOf(data);
  try {
    judge({ ...defaultSettings, ...change });
    return { change };
  } catch (refused) {
    return { problem: refused instanceof Error ? refused.message : String(refused) };
  }
}
