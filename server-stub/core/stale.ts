// How many devices left something behind by each change (A8, A16): counted as it happens, for there may be many.
import type { Authority } from '../../protocol/vocabulary.js';
import { consequences } from './causes.js';
import type { ChangeState } from './change-state.js';
import type { TenantDevice } from './device-state.js';
import type { DeviceRecord } from './types.js';

type Changes = readonly ChangeState[];

/** To be called when what the device holds, or how far it has come with the changes, may be another. */
export function countStale({ changes }: { readonly changes: Changes }, device: TenantDevice): void {
  note(changes, device, leftBehindBy(changes, device));
}

/** It is not here any more. */
export const uncountStale = ({ changes }: { readonly changes: Changes }, device: TenantDevice): void =>
  note(changes, device, undefined);

function note(changes: Changes, device: TenantDevice, now: number | undefined): void {
  const before = device.staleBy;
  if (now === before) return;
  const [former, next] = [changes[before ?? -1], changes[now ?? -1]];
  if (former !== undefined) former.stale--;
  if (next !== undefined) next.stale++;
  if (now === undefined) delete device.staleBy;
  else device.staleBy = now;
}

function isLeaving(
  change: ChangeState | undefined,
  authority: Authority,
  { id, sequence, userId }: DeviceRecord,
): boolean {
  if (change?.from !== authority || sequence > change.lastSequence) return false;
  if (consequences[change.cause].leaves !== 'stale') return false; // it leaves nothing behind (C5)
  const { concerns } = change;
  if (concerns === 'all') return true;
  if ('users' in concerns) return userId !== undefined && concerns.users.includes(userId);
  return 'devices' in concerns && concerns.devices.includes(id);
}

/** The last change behind the device that concerned it and left the authority of something stale on it. */
function leftBehindBy(changes: Changes, { record, revision }: TenantDevice): number | undefined {
  let last: number | undefined;
  for (const { stale, authority } of record.held) {
    if (!stale) continue;
    for (let index = revision - 1; index > (last ?? -1); index--)
      if (isLeaving(changes[index], authority, record)) last = index;
  }
  return last;
}
