// From what a device holds to what it shall hold: a pure comparison (A6, A8, A9).
import type { Authority } from '../../protocol/vocabulary.js';
import type { Desired } from './desired.js';
import type { TenantDevice } from './device-state.js';
import { type Work, workKey } from './queue.js';
import type { HeldProfile } from './types.js';

interface Comparison {
  readonly desired: Desired;
  readonly held: readonly HeldProfile[];
  readonly managedBy: Authority;
  /** Names whose last attempt failed, with that attempt: it is not repeated as it was. */
  readonly failed: ReadonlyMap<string, string>;
  /** Names that the device may hold without our knowing: sent, never answered, no longer wanted. */
  readonly doubtful: readonly string[];
}

/** What this device holds, beside what it shall hold. */
export const comparison = (device: TenantDevice, desired: Desired): Comparison => ({
  desired,
  held: device.record.held,
  managedBy: device.record.managedBy,
  failed: device.failed,
  doubtful: [...device.doubtful],
});

/**
 * What is to be done, in order: expired profiles go first (A9), then the new ones come, then the unassigned ones go,
 * so that nothing is missing in between (A6). Another authority's profile of another name stays (A8), but where it was left for a cause
 * that takes it away: then it goes before the new ones come (C5).
 */
export function workFor({ desired, held, managedBy, failed, doubtful }: Comparison): readonly Work[] {
  const mayTry = (work: Work) => failed.get(work.name) !== workKey(work);
  const holds = new Map(held.map((profile) => [profile.name, profile]));
  const remove = (name: string): Work => ({ kind: 'remove', name });

  const expired = held.filter((profile) => profile.expired).map(({ name }) => remove(name));
  const leaving = held
    .filter((profile) => profile.leaving && !profile.expired && desired.isWhole && !desired.byName.has(profile.name))
    .map(({ name }) => remove(name)); // C5
  const installs: Work[] = desired.list
    .filter(({ name, version, authority }) => {
      const now = holds.get(name);
      return !(now && !now.expired && !now.pinned && now.version === version && now.authority === authority);
    })
    .map(({ name, version, authority }) => ({ kind: 'install', name, version, authority }));
  const unassigned = held
    .filter(
      ({ name, kind, authority, ...is }) =>
        desired.isWhole &&
        !desired.withheld.has(kind) &&
        !is.expired &&
        !is.leaving &&
        !is.pinned &&
        authority === managedBy &&
        !desired.byName.has(name),
    )
    .map(({ name }) => remove(name));
  const leftovers = doubtful
    .filter((name) => desired.isWhole && !holds.has(name) && !desired.byName.has(name))
    .map(remove);

  return [...expired, ...[...leaving, ...installs, ...unassigned, ...leftovers].filter(mayTry)];
}

/** Says of each held profile whether it is stale: of an authority that no longer manages the device, overwritten by none (A8). */
function markStale(
  { desired, held, managedBy, failed }: Omit<Comparison, 'doubtful'>,
  now: number,
): readonly HeldProfile[] {
  let changed = false;
  const marked = held.map((profile) => {
    const replacement = desired.byName.get(profile.name);
    const comes =
      replacement !== undefined && failed.get(profile.name) !== workKey({ kind: 'install', ...replacement });
    const stale = profile.authority !== managedBy && !comes;
    if (stale === profile.stale) return profile;
    changed = true;
    const { staleSince: _, ...rest } = profile;
    return stale ? { ...rest, stale, staleSince: now } : { ...rest, stale };
  });
  return changed ? marked : held;
}

/** Takes away what no longer works before anything new is installed, and then what the device left for good (A23, C5). */
export function arrangeQueue({ record, queue }: Pick<TenantDevice, 'record' | 'queue'>): boolean {
  const ranks = new Map(
    record.held.flatMap(({ name, ...is }) => (is.expired ? [[name, 0]] : is.leaving ? [[name, 1]] : [])),
  );
  if (ranks.size === 0) return false;
  return queue.arrange(({ work }) => (work?.kind === 'remove' ? (ranks.get(work.name) ?? 2) : 2));
}

/** Marks the device's held profiles as `markStale` finds them; the record stays the same object where nothing changes. */
export function markHeld(device: TenantDevice, desired: Desired, now: number): void {
  const held = markStale(comparison(device, desired), now);
  if (held !== device.record.held) device.record = { ...device.record, held };
}
