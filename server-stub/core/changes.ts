// What is remembered of the authority and its changes: how far a device has come with them, the history (A16), and their records.
import type { Authority } from '../../protocol/vocabulary.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import type { ChangeState, TenantState } from './state.js';
import type { AuthorityChange, PushCertificate } from './types.js';

const contactSupport = 'Devices without a user do not move with the authority: contact support to have them moved.';

/** The first change of the authority since this device moved last, or since it enrolled; undefined when it missed none. */
export const firstMissed = (
  state: TenantState,
  { revision }: Pick<TenantDevice, 'revision'>,
): ChangeState | undefined => state.changes[revision];

/** The device has moved: it is counted with each change that it had missed, and has missed none from now on. */
export function countMoved(state: TenantState, device: TenantDevice): void {
  for (const [index, change] of state.changes.entries()) {
    if (index >= device.revision) state.saver.record('moved', keyOfChange(index), ++change.moved);
  }
  device.revision = state.changes.length;
}

/** The history (A16). One pass over the devices counts who waits for each change and who kept something stale. */
export function changeHistory(state: TenantState): readonly AuthorityChange[] {
  const waiting = state.changes.map(() => 0);
  const stale = state.changes.map(() => 0);
  const add = (counts: number[], index: number) => counts.splice(index, 1, (counts[index] ?? 0) + 1);
  for (const device of state.devices.values()) {
    const { record, revision } = device;
    if (!isEnrolled(device) || record.userId === undefined) continue;
    for (let index = revision; index < state.changes.length; index++) add(waiting, index);
    const left = new Set(record.held.filter((held) => held.stale).map((held) => held.authority));
    if (left.size === 0) continue;
    const cause = state.changes.findLastIndex(({ from }, index) => index < revision && left.has(from));
    if (cause >= 0) add(stale, cause);
  }
  const late = state.ports.clock.now() - state.settings.checkInEveryMs; // A7
  return state.changes.map((change, index) =>
    toAuthorityChange(change, { waiting: waiting[index] ?? 0, stale: stale[index] ?? 0, stuck: change.at < late }),
  );
}

/** A change as administrators see it, with what was counted from the devices. */
export function toAuthorityChange(
  change: ChangeState,
  now: { waiting: number; stale: number; stuck: boolean },
): AuthorityChange {
  const { at, by, from, to, notified, moved, userlessDevices } = change;
  return {
    at,
    by,
    from,
    to,
    notified,
    moved,
    waiting: now.waiting,
    stuck: now.stuck ? now.waiting : 0,
    stale: now.stale,
    userless: userlessDevices.length,
    userlessDevices,
    advice: userlessDevices.length === 0 ? '' : contactSupport,
  };
}

/** Of the tables `change` and `moved`: changes are numbered, and none is ever taken away. */
export const keyOfChange = (index: number): string => String(index).padStart(8, '0');

/** The newest change is stored for the first time. How many have moved, which changes with each of them, is a record of its own. */
export function saveNewChange(state: TenantState): void {
  saveLastChange(state);
  state.saver.record('moved', keyOfChange(state.changes.length - 1), 0);
}

/** The newest change is stored again, as it is now; nothing happens when there is none. */
export function saveLastChange(state: TenantState): void {
  const last = state.changes.at(-1);
  if (last === undefined) return;
  const { moved: _, ...change } = last;
  state.saver.record('change', keyOfChange(state.changes.length - 1), change);
}

interface StoredMeta {
  readonly authority: Authority;
  readonly pushCertificate?: PushCertificate;
  readonly lastSequence?: number;
}

/** Stores which authority is set, its push certificate, and the sequence of the device that enrolled last. */
export function saveMeta(state: TenantState): void {
  const { authority, pushCertificate } = state;
  const lastSequence = state.index.order.last;
  const meta: StoredMeta = {
    authority,
    ...(pushCertificate === undefined ? {} : { pushCertificate }),
    ...(lastSequence > 0 && { lastSequence }),
  };
  state.saver.record('meta', 'tenant', { version: 1, ...meta });
}
