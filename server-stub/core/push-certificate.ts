import { stubError } from '../errors.js';
import type { TenantDevice } from './device-state.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';

/** A11: valid, and uploaded to the authority that is set now. Why not, otherwise. */
export function pushCertificateProblem(state: TenantState): string | undefined {
  const { pushCertificate, authority } = state;
  if (pushCertificate === undefined) return 'No push certificate has been uploaded.';
  if (pushCertificate.authority !== authority) {
    return `The push certificate was uploaded to ${pushCertificate.authority}; ${authority} needs a renewed one.`;
  }
  if (pushCertificate.expiresAt <= state.ports.clock.now()) return 'The push certificate has expired.';
  return undefined;
}

/** A11: throws CHECKIN_UNAVAILABLE where the device's platform needs a push certificate that is not there. */
export function requirePushCertificate(state: TenantState, { record }: Pick<TenantDevice, 'record'>): void {
  if (!traitsOf(state.ports.traits, record.platform).needsPushCertificate) return;
  const problem = pushCertificateProblem(state);
  if (problem !== undefined) throw stubError('CHECKIN_UNAVAILABLE', problem);
}
