// The authority and its changes: A3, A5, A10, A11, A16.
import { type Authority, authorities as names } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { addChange, changeHistory, firstMissed, saveChange, saveMeta, toAuthorityChange } from './changes.js';
import { isEnrolled } from './device-state.js';
import type { Authorities, PushCertificates } from './interfaces.js';
import { notifyDevice } from './notify.js';
import { pushCertificateProblem } from './push-certificate.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { AuthorityChange, UploadedPushCertificate } from './types.js';

export const authorities = (state: TenantState): Authorities => ({
  setAuthority: (to, by) => setAuthority(state, to, by),
  changes: () => changeHistory(state),
});

export const pushCertificates = (state: TenantState): PushCertificates => ({
  renewPushCertificate: (by, certificate) => renewPushCertificate(state, by, certificate),
  pushCertificate: () => state.pushCertificate,
});

function setAuthority(state: TenantState, to: Authority, by: string): AuthorityChange {
  const from = state.authority;
  if (!Object.hasOwn(names, to) || to === 'unknown') {
    throw stubError('AUTHORITY_FORBIDDEN', `The authority cannot be set to "${to}"`); // A3
  }
  if (to === from) {
    throw stubError('AUTHORITY_FORBIDDEN', `The authority is ${to} already`, { hint: 'Nothing has to be done.' });
  }
  state.saver.requireWritable();
  const enrolled = [...state.devices.values()].filter(isEnrolled);
  state.authority = to;
  const change = addChange(state, {
    at: state.ports.clock.now(),
    by,
    cause: 'authority',
    from,
    to,
    concerns: 'all',
    lastSequence: state.index.order.last,
    enrolled: enrolled.length,
    toNotify: enrolled.length,
  });
  saveMeta(state);
  state.ports.log.info('AUTHORITY_CHANGED', { from, to, by, devices: enrolled.length });
  for (const device of enrolled) if (notifyDevice(state, device, 'change').result !== 'refused') change.notified++; // A5
  saveChange(state, state.changes.length - 1);
  const none = { waiting: 0, stale: 0, stuck: false, userlessDevices: [] };
  return changeHistory(state).at(-1) ?? toAuthorityChange(0, change, none);
}

function renewPushCertificate(state: TenantState, by: string, certificate?: UploadedPushCertificate): void {
  if (state.authority === 'unknown') {
    throw stubError('AUTHORITY_FORBIDDEN', 'A push certificate belongs to an authority, and none is set', {
      hint: 'Set the authority first.',
    });
  }
  const now = state.ports.clock.now();
  const expiresAt = certificate?.expiresAt ?? now + state.settings.pushCertificateMs;
  if (expiresAt <= now) throw stubError('REQUEST_INVALID', 'The push certificate has expired already');
  state.saver.requireWritable();
  const topic = certificate?.topic ?? state.pushCertificate?.topic;
  const wasMissing = pushCertificateProblem(state) !== undefined;
  state.pushCertificate = { authority: state.authority, expiresAt, ...(topic === undefined ? {} : { topic }) };
  saveMeta(state);
  state.ports.log.info('PUSH_CERTIFICATE_RENEWED', { authority: state.authority, by, expiresAt });
  const change = state.changes.at(-1);
  for (const device of state.devices.values()) {
    if (!isEnrolled(device) || !traitsOf(state.ports.traits, device.record.platform).needsPushCertificate) continue;
    const isWaiting = wasMissing && firstMissed(state, device) !== undefined;
    const { result } = notifyDevice(state, device, 'change');
    if (result !== 'refused' && isWaiting && change !== undefined) change.notified++; // A5, A11
  }
  saveChange(state, state.changes.length - 1);
}
