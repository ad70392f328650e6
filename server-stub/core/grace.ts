// A9: how long a device that stayed away may still use the profiles of the authority before.
import type { Authority } from '../../protocol/vocabulary.js';
import { consequences } from './causes.js';
import { firstMissed, saveChange } from './changes.js';
import type { TenantDevice } from './device-state.js';
import { managerOfUser } from './governed.js';
import type { ChangeState, TenantState } from './state.js';
import type { HeldProfile } from './types.js';

/**
 * When the days of grace after a change are over, it is told (event `graceEnded`), once over all restarts. What follows is judged where it
 * is asked for. To be called when the change is made, and after a restart.
 */
export function awaitGraceEnd(state: TenantState, index: number): void {
  const change = state.changes[index];
  if (change === undefined || !consequences[change.cause].hasGrace || change.isGraceOver === true) return;
  const n = index + 1;
  state.deadlines.at(`grace ${n}`, change.at + state.settings.profileGraceMs, () => {
    state.saver.requireWritable();
    change.isGraceOver = true;
    saveChange(state, index);
    state.events.emit({ type: 'graceEnded', change: n, from: change.from, to: change.to });
  });
}

/** What would be of a user's devices after a change that is not made yet. */
interface Prospect {
  /** Who would manage them. */
  readonly manager: Authority;
  /** The authority that the tenant would leave now, with days of grace. */
  readonly left?: Authority | undefined;
}

/**
 * When a held profile stops working: `profileGraceMs` after the tenant left the profile's authority, but not before the device
 * had that time from the first change it missed. Undefined while nothing threatens it.
 */
function graceEndsAt(
  state: TenantState,
  device: TenantDevice,
  held: HeldProfile,
  intended?: Prospect,
): number | undefined {
  const change = changeThatEnds(state, device, held, intended);
  return change === undefined ? undefined : change.at + state.settings.profileGraceMs;
}

/** The later one of the first change that the device missed and of the last by which the tenant left the profile's authority. */
function changeThatEnds(
  state: TenantState,
  device: TenantDevice,
  held: HeldProfile,
  intended?: Prospect,
): ChangeState | undefined {
  const { userId } = device.record;
  const missed = firstMissed(state, device);
  if (missed === undefined || userId === undefined) return undefined; // moved, or never moves (A10)
  const manager = intended?.manager ?? managerOfUser(state, userId);
  if (held.authority === manager) return undefined; // A23: of the authority that is set now
  if (held.authority === intended?.left) return undefined; // its days would begin now
  const left = state.changes.findLast(({ from, cause }) => from === held.authority && consequences[cause].hasGrace);
  return left === undefined || missed.at > left.at ? missed : left;
}

/** Why a profile that has expired works no more, for people: names the change after which its days ended. */
export function whyExpired(state: TenantState, device: TenantDevice, held: HeldProfile): string {
  const change = changeThatEnds(state, device, held);
  if (change !== undefined) {
    const when = new Date(change.at).toISOString();
    return `its days of grace after the change from ${change.from} to ${change.to} of ${when} are over`;
  }
  return held.stale && state.settings.staleLifetimeMs !== undefined
    ? 'what was left behind is over in this tenant'
    : 'its days of grace after the change are over';
}

/** When a stale setting ends although its device is connected (A22); undefined where there is no such end. */
function staleEndsAt({ settings }: Pick<TenantState, 'settings'>, held: HeldProfile): number | undefined {
  const { staleLifetimeMs } = settings;
  return held.stale && staleLifetimeMs !== undefined ? (held.staleSince ?? 0) + staleLifetimeMs : undefined;
}

/** When it works no more, as things stand now, or would after an intended change. Undefined while nothing threatens it. */
export function endsAt(
  state: TenantState,
  device: TenantDevice,
  held: HeldProfile,
  intended?: Prospect,
): number | undefined {
  const ends = [graceEndsAt(state, device, held, intended), staleEndsAt(state, held)].filter(
    (end) => end !== undefined,
  );
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Whether it works no more: found so at the device's last contact, or its time is over now. */
export function isExpired(state: TenantState, device: TenantDevice, held: HeldProfile, intended?: Prospect): boolean {
  if (held.expired) return true;
  const end = endsAt(state, device, held, intended);
  return end !== undefined && state.ports.clock.now() >= end;
}
