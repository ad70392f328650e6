import type { TenantState } from './state.js';

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
