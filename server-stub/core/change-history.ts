// The history of who managed whom (A16).
import { eachMissed } from './changes.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import type { ChangeState, TenantState } from './state.js';
import type { AuthorityChange } from './types.js';

export const contactSupport =
  'Devices without a user do not move with the authority: contact support to have them moved.';

/** What was counted of one change. */
interface Count {
  waiting: number;
  readonly userless: TenantDevice[];
}

/** All changes, oldest first, or the one of this index alone. */
export function changeHistory(state: TenantState, only?: number): readonly AuthorityChange[] {
  if (only !== undefined && state.changes[only] === undefined) return [];
  const counts = counted(state);
  const late = state.ports.clock.now() - state.settings.checkInEveryMs; // A7
  return state.changes.flatMap((change, index) => {
    const count = counts[index];
    if (count === undefined || (only !== undefined && index !== only)) return [];
    return [toAuthorityChange(index, change, count, change.at < late)];
  });
}

/**
 * Who waits is what is left of those that were enrolled, so that only devices without a user are looked at. Where a change did not say
 * how many were enrolled, they are counted: those of a group's members, or, of a change of the first form, all.
 */
function counted(state: TenantState): readonly Count[] {
  const { changes, index: devices } = state;
  const counts = changes.map((): Count => ({ waiting: 0, userless: [] }));
  for (const device of devices.userless) {
    if (device.isToMove !== true) eachMissed(state, device, (index) => counts[index]?.userless.push(device));
  }
  const countWaiting = (some: Iterable<TenantDevice>, isCounted: (index: number) => boolean): void => {
    for (const device of some) {
      if (!isEnrolled(device) || (devices.userless.has(device) && device.isToMove !== true)) continue;
      eachMissed(state, device, (index) => {
        const count = counts[index];
        if (count !== undefined && isCounted(index)) count.waiting++;
      });
    }
  };
  const unsaid = new Set<number>();
  for (const [index, change] of changes.entries()) {
    const count = counts[index];
    if (count === undefined) continue;
    const { concerns, enrolled, moved, stayed, left, lastSequence } = change;
    if (lastSequence === Number.MAX_SAFE_INTEGER) unsaid.add(index);
    else if (concerns !== 'all' && 'group' in concerns) {
      const some = new Set(devices.fixed); // of those who have left the group since, too
      for (const userId of state.directory.members(concerns.group)) {
        for (const device of devices.byUser.get(userId) ?? []) some.add(device);
      }
      countWaiting(some, (missed) => missed === index);
    } else count.waiting = Math.max(0, enrolled - moved - stayed - left - count.userless.length);
  }
  if (unsaid.size > 0) countWaiting(state.devices.values(), (index) => unsaid.has(index));
  return counts;
}

/** A change as administrators see it. */
function toAuthorityChange(index: number, change: ChangeState, count: Count, isLate: boolean): AuthorityChange {
  const { at, by, cause, from, to, toNotify, notified, moved, stayed, left, stale, certificate, topic } = change;
  const { waiting, userless } = count;
  return {
    n: index + 1,
    at,
    by,
    cause,
    from,
    to,
    toNotify,
    notified,
    moved,
    stayed,
    waiting,
    stuck: isLate ? waiting : 0,
    stale,
    left,
    userless: userless.length,
    userlessDevices: userless.map(({ record }) => record.id),
    advice: userless.length === 0 ? '' : contactSupport,
    ...(certificate !== undefined && { certificate: { ...certificate, ...warningOf(certificate.topic, topic) } }),
  };
}

const warningOf = (uploaded: string | undefined, before: string | undefined) =>
  before === undefined || uploaded === before
    ? {}
    : {
        warning: `The push certificate has the topic ${uploaded ?? ''}, and devices that were enrolled listen under ${before}: they must enroll again, or one of that topic be uploaded.`,
      };
