// What is remembered of the changes of who manages whom: how far a device has come with them, the history (A16), and their records.

import type { Authority } from '../../protocol/vocabulary.js';
import { type BmsState, noBms } from './admission-state.js';
import type { Consent, ConsentAct } from './admission-types.js';
import { consequences } from './causes.js';
import type { TenantDevice } from './device-state.js';
import type { ChangeState, TenantState } from './state.js';

import type { PushCertificate, TenantConfig } from './types.js';

/** How far a device has come with the changes. */
type Progress = Pick<TenantDevice, 'revision' | 'missed' | 'record'>;

/** Whether changes were made since its last session, and perhaps concern it. */
export const isBehind = (state: TenantState, { revision, missed }: Progress): boolean =>
  revision < state.changes.length || missed !== undefined;

/** The indices of the changes that this device has missed and that concern it, in order. Costs nothing for one that missed none. */
export function missedChanges(state: TenantState, device: Progress): readonly number[] {
  const { revision, missed: before = none } = device;
  if (revision >= state.changes.length) return before;
  const since = missedSince(state, device);
  return before.length === 0 ? since : [...before, ...since];
}

function missedSince(state: TenantState, device: Progress): readonly number[] {
  const { revision, record } = device;
  const missed = after(state.wideChanges, revision).filter((index) => isConcerned(state, state.changes[index], device));
  const own = after(state.changesOfUsers.get(record.userId ?? '') ?? none, revision);
  const byId =
    record.userId === undefined ? after(state.changesOfUsers.get(`device ${record.id}`) ?? none, revision) : none;
  return own.length + byId.length === 0 ? missed : [...missed, ...own, ...byId].sort((a, b) => a - b);
}

const none: readonly number[] = [];

/** The tail of a growing list from this index on. */
function after(indices: readonly number[], revision: number): readonly number[] {
  let first = indices.length;
  while (first > 0 && (indices[first - 1] ?? 0) >= revision) first--;
  return first === indices.length ? none : indices.slice(first);
}

/** Whether the change concerns this device, of those that are looked at for it: all, where it concerns everybody or a group. */
export function isConcerned(
  state: TenantState,
  change: ChangeState | undefined,
  { record }: Pick<TenantDevice, 'record'>,
): boolean {
  if (change === undefined || record.sequence > change.lastSequence) return false;
  if (change.concerns === 'all') return true;
  if (!('group' in change.concerns)) return true;
  if (record.userId === undefined) return false;
  return state.directory.isMember(record.userId, change.concerns.group); // licences of groups reach direct members
}

/**
 * To be called before a user's groups change: which changes concern their devices is told by the groups of the time of the change, and
 * is written down with each of the devices that missed some.
 */
export function fixMissed(state: TenantState, userId: string): void {
  for (const device of state.index.byUser.get(userId) ?? []) {
    if (!after(state.wideChanges, device.revision).some((index) => isOfGroup(state.changes[index]))) continue;
    fixMissedOf(state, device);
    state.saver.device(device);
  }
}

/** The same for one device, before it gets a user: what concerned the user before did not concern it. */
export function fixMissedOf(state: TenantState, device: TenantDevice): void {
  const missed = missedChanges(state, device);
  if (missed.length > 0) {
    device.missed = missed;
    state.index.fixed.add(device);
  }
  device.revision = state.changes.length;
}

const isOfGroup = (change: ChangeState | undefined): boolean =>
  change !== undefined && change.concerns !== 'all' && 'group' in change.concerns;

/** Where a change is found from now on by the devices that it concerns: called for each in order, at the change and after a restart. */
export function indexChange(state: TenantState, index: number): void {
  const concerned = state.changes[index]?.concerns ?? 'all';
  if (concerned === 'all' || 'group' in concerned) state.wideChanges.push(index);
  else if ('users' in concerned) for (const id of concerned.users) add(state.changesOfUsers, id, index);
  else for (const id of concerned.devices) add(state.changesOfUsers, `device ${id}`, index);
}

function add(map: Map<string, number[]>, key: string, index: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [index]);
  else known.push(index);
}

/** Calls for each change that this device has missed and that concerns it, in no order: for where all devices are looked at. */
export function eachMissed(state: TenantState, device: Progress, call: (index: number) => void): void {
  const { revision, missed, record } = device;
  if (missed !== undefined) for (const index of missed) call(index);
  if (revision >= state.changes.length) return;
  const { wideChanges, changesOfUsers } = state;
  for (let place = wideChanges.length - 1; place >= 0; place--) {
    const index = wideChanges[place] ?? 0;
    if (index < revision) break;
    if (isConcerned(state, state.changes[index], device)) call(index);
  }
  if (changesOfUsers.size === 0) return;
  const own = changesOfUsers.get(record.userId ?? `device ${record.id}`);
  if (own !== undefined) for (const index of after(own, revision)) call(index);
}

/** The changes of these indices. */
export const changesAt = (
  { changes }: Pick<TenantState, 'changes'>,
  indices: readonly number[],
): readonly ChangeState[] => indices.flatMap((index) => changes[index] ?? []);

/** The first change that ends settings of devices that stay away (A9), of those that this device has missed. */
export const firstMissed = (state: TenantState, device: Progress): ChangeState | undefined =>
  changesAt(state, missedChanges(state, device)).find(({ cause }) => consequences[cause].hasGrace);

/** The device has passed these changes: it is counted with each, and has missed none from now on. */
export function countPassed(
  state: TenantState,
  device: TenantDevice,
  missed: readonly number[],
  how: (change: ChangeState) => 'moved' | 'stayed' | 'left',
): void {
  for (const index of missed) {
    const change = state.changes[index];
    if (change === undefined) continue;
    change[how(change)]++;
    saveCounts(state, index, change);
  }
  device.revision = state.changes.length;
  delete device.missed;
  state.index.fixed.delete(device);
}

/** Of the tables `change` and `moved`: changes are numbered, and none is ever taken away. */
export const keyOfChange = (index: number): string => String(index).padStart(8, '0');

/** A change is made: it is in the history from now on, and stored. */
export function addChange(
  state: TenantState,
  change: Omit<ChangeState, 'moved' | 'stayed' | 'left' | 'stale' | 'notified'>,
): ChangeState {
  const made: ChangeState = { ...change, notified: 0, moved: 0, stayed: 0, left: 0, stale: 0 };
  const index = state.changes.push(made) - 1;
  indexChange(state, index);
  saveChange(state, index);
  saveCounts(state, index, made);
  const { cause, from, to, by } = change;
  state.events.emit({ type: 'authorityChanged', n: index + 1, cause, from, to, by });
  return made;
}

/** A device whose enrollment had begun before this change completes it after: it is one of those that are to pass the change. */
export function countEnrolled(state: TenantState, index: number): void {
  const change = state.changes[index];
  if (change === undefined) return;
  change.enrolled++;
  saveChange(state, index);
}

/** It is stored again, as it is now. */
export function saveChange(state: TenantState, index: number): void {
  const known = state.changes[index];
  if (known === undefined) return;
  const { moved: _, stayed: __, left: ___, stale: ____, ...change } = known;
  state.saver.record('change', keyOfChange(index), change);
}

/** How many have passed it changes with each of them, and is a record of its own. */
function saveCounts(state: TenantState, index: number, { moved, stayed, left }: ChangeState): void {
  state.saver.record('moved', keyOfChange(index), { moved, stayed, left });
}

type Organization = Pick<TenantConfig, 'id' | 'displayName' | 'domain' | 'settings'>;

interface StoredMeta {
  readonly authority: Authority;
  readonly coexistence?: boolean;
  readonly licences?: Readonly<Record<string, number>>;
  readonly pushCertificate?: PushCertificate;
  readonly lastSequence?: number;
  readonly eventStarts?: number;
  readonly organization?: Organization;
  readonly digest?: string;
  readonly consents?: { readonly [A in ConsentAct]?: Consent };
  readonly bms?: BmsState;
}

/** Stores which authority is set, its push certificate, what is licensed, and the sequence of the device that enrolled last. */
export function saveMeta(state: TenantState): void {
  const { authority, coexistence, licences, pushCertificate, eventStarts, isReplaced, admission } = state;
  const { id, displayName, domain, settings, digest } = state;
  const lastSequence = state.index.order.last;
  const meta: StoredMeta = {
    authority,
    ...(digest !== undefined && { digest }),
    ...(coexistence && { coexistence }),
    ...(licences.size > 0 && { licences: Object.fromEntries(licences) }),
    ...(pushCertificate === undefined ? {} : { pushCertificate }),
    ...(lastSequence > 0 && { lastSequence }),
    ...(eventStarts > 0 && { eventStarts }),
    ...(admission.consents.size > 0 && { consents: Object.fromEntries(admission.consents) }),
    ...(admission.bms !== noBms && { bms: admission.bms }),
    ...(isReplaced && { organization: { id, displayName, ...(domain !== undefined && { domain }), settings } }),
  };
  state.saver.record('meta', 'tenant', { version: 1, ...meta });
}
