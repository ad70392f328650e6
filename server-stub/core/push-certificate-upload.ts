// The upload of a push certificate, renewed or the first: A11, A24.
import { stubError } from '../errors.js';
import { isGiven } from './admission-state.js';
import { pushConsent } from './admission-types.js';
import { consequences } from './causes.js';
import { notifyOfCertificate } from './change-notifications.js';
import { saveChange, saveMeta } from './changes.js';
import type { PushCertificates } from './interfaces.js';
import type { TenantState } from './state.js';
import type { UploadedPushCertificate } from './types.js';

export const pushCertificates = (state: TenantState): PushCertificates => ({
  renewPushCertificate: (by, certificate) => renewPushCertificate(state, by, certificate),
  pushCertificate: () => state.pushCertificate,
});

function renewPushCertificate(state: TenantState, by: string, certificate?: UploadedPushCertificate): void {
  if (state.authority === 'unknown') {
    throw stubError('AUTHORITY_FORBIDDEN', 'A push certificate belongs to an authority, and none is set', {
      hint: 'Set the authority first.',
    });
  }
  if (!isGiven(state.admission, pushConsent)) {
    throw stubError('CONSENT_MISSING', `The consent "${pushConsent}" is missing: no push certificate is taken (A25)`);
  }
  const now = state.ports.clock.now();
  const expiresAt = certificate?.expiresAt ?? now + state.settings.pushCertificateMs;
  if (expiresAt <= now) throw stubError('REQUEST_INVALID', 'The push certificate has expired already');
  state.saver.requireWritable();
  const topic = certificate?.topic ?? state.pushCertificate?.topic;
  const ofTopic = topic === undefined ? {} : { topic };
  state.pushCertificate = { authority: state.authority, expiresAt, ...ofTopic };
  saveMeta(state);
  state.ports.log.info('PUSH_CERTIFICATE_RENEWED', { authority: state.authority, by, expiresAt });
  noteUpload(state, { at: now, by, ...ofTopic });
  notifyOfCertificate(state);
}

/** The change that waited for it says so; one of another topic counts until the right one is uploaded. */
function noteUpload(
  state: TenantState,
  upload: { readonly at: number; readonly by: string; readonly topic?: string },
): void {
  const index = state.changes.findLastIndex(({ cause }) => consequences[cause].endsPushCertificate);
  const change = state.changes[index];
  if (change === undefined) return;
  if (change.certificate !== undefined && change.certificate.topic === change.topic) return;
  change.certificate = upload;
  saveChange(state, index);
}
