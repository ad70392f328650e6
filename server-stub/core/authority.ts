// The authority and its changes: A3, A5, A10, A11, A16.
import { type Authority, authorities } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { isEnrolled } from './device-state.js';
import { notifyDevice } from './notify.js';
import { pushCertificateProblem } from './push-certificate.js';
import type { ChangeState, PushCertificate, TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { AuthorityChange } from './types.js';

const contactSupport = 'Devices without a user do not move with the authority: contact support to have them moved.';

export function setAuthority(state: TenantState, to: Authority, by: string): AuthorityChange {
  const from = state.authority;
  if (!Object.hasOwn(authorities, to) || to === 'unknown') {
    throw stubError('AUTHORITY_FORBIDDEN', `The authority cannot be set to "${to}"`); // A3
  }
  if (to === from) {
    throw stubError('AUTHORITY_FORBIDDEN', `The authority is ${to} already`, { hint: 'Nothing has to be done.' });
  }
  const enrolled = [...state.devices.values()].filter(isEnrolled);
  const change: ChangeState = {
    at: state.ports.clock.now(),
    by,
    from,
    to,
    notified: 0,
    moved: 0,
    userlessDevices: enrolled.filter(({ record }) => record.userId === undefined).map(({ record }) => record.id), // A10
  };
  state.authority = to;
  state.changes.push(change);
  saveMeta(state);
  state.ports.log.info('AUTHORITY_CHANGED', { from, to, by, devices: enrolled.length });
  for (const device of enrolled) if (notifyDevice(state, device)) change.notified++; // A5
  saveChange(state, state.changes.length - 1, change);
  return changes(state)[state.changes.length - 1] ?? toRecord(change, { waiting: 0, stale: 0, stuck: false });
}

export function renewPushCertificate(
  state: TenantState,
  by: string,
  certificate?: { readonly topic?: string; readonly expiresAt?: number },
): void {
  if (state.authority === 'unknown') {
    throw stubError('AUTHORITY_FORBIDDEN', 'A push certificate belongs to an authority, and none is set', {
      hint: 'Set the authority first.',
    });
  }
  const now = state.ports.clock.now();
  const expiresAt = certificate?.expiresAt ?? now + state.settings.pushCertificateMs;
  if (expiresAt <= now) throw stubError('REQUEST_INVALID', 'The push certificate has expired already');
  const topic = certificate?.topic ?? state.pushCertificate?.topic;
  const wasMissing = pushCertificateProblem(state) !== undefined;
  state.pushCertificate = { authority: state.authority, expiresAt, ...(topic === undefined ? {} : { topic }) };
  saveMeta(state);
  state.ports.log.info('PUSH_CERTIFICATE_RENEWED', { authority: state.authority, by, expiresAt });
  const change = state.changes.at(-1);
  for (const device of state.devices.values()) {
    if (!isEnrolled(device) || !traitsOf(state.ports.traits, device.record.platform).needsPushCertificate) continue;
    const isWaiting = wasMissing && device.revision < state.changes.length;
    if (notifyDevice(state, device) && isWaiting && change !== undefined) change.notified++; // A5, A11
  }
  if (change !== undefined) writeChange(state, state.changes.length - 1, change);
}

/** The history (A16). One pass over the devices counts who waits for each change and who kept something stale. */
export function changes(state: TenantState): readonly AuthorityChange[] {
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
    toRecord(change, { waiting: waiting[index] ?? 0, stale: stale[index] ?? 0, stuck: change.at < late }),
  );
}

function toRecord(change: ChangeState, now: { waiting: number; stale: number; stuck: boolean }): AuthorityChange {
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

/** How many have moved, which changes with each of them, is a record of its own. */
function saveChange(state: TenantState, index: number, change: ChangeState): void {
  writeChange(state, index, change);
  state.saver.record('moved', keyOfChange(index), 0);
}

function writeChange(state: TenantState, index: number, { moved: _, ...change }: ChangeState): void {
  state.saver.record('change', keyOfChange(index), change);
}

/** One more device has moved with a change. */
export function countMoved(state: TenantState, index: number): void {
  const change = state.changes[index];
  if (change !== undefined) state.saver.record('moved', keyOfChange(index), ++change.moved);
}

export interface StoredMeta {
  readonly authority: Authority;
  readonly pushCertificate?: PushCertificate;
}

export function saveMeta(state: TenantState): void {
  const { authority, pushCertificate } = state;
  const meta: StoredMeta = { authority, ...(pushCertificate === undefined ? {} : { pushCertificate }) };
  state.saver.record('meta', 'tenant', { version: 1, ...meta });
}
