// A11, A24: what devices whose platform needs a push certificate may do without a good one. Two questions, two answers.
import { stubError } from '../errors.js';
import { consequences } from './causes.js';
import type { TenantDevice } from './device-state.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';

type Asked = Pick<TenantState, 'authority' | 'pushCertificate' | 'changes' | 'ports'>;

/** Why such devices can be neither enrolled (E18) nor notified: it is missing, has expired, or must be renewed after a change. */
export function pushCertificateProblem(state: Asked): string | undefined {
  const { pushCertificate } = state;
  if (pushCertificate === undefined) return missing;
  const renewal = renewalProblem(state);
  if (renewal !== undefined) return renewal;
  return pushCertificate.expiresAt <= state.ports.clock.now() ? 'The push certificate has expired.' : undefined;
}

/** Why even a check-in that such a device starts fails (A11): the authority was changed, and no certificate was uploaded since. */
function renewalProblem({ authority, pushCertificate, changes }: Asked): string | undefined {
  if (pushCertificate === undefined) {
    return changes.some(({ cause }) => consequences[cause].endsPushCertificate) ? missing : undefined;
  }
  if (pushCertificate.isEnded !== true && pushCertificate.authority === authority) return undefined;
  return `The push certificate was uploaded to ${pushCertificate.authority} before the change; ${authority} needs a renewed one.`;
}

const missing = 'No push certificate has been uploaded.';

/** Throws CHECKIN_UNAVAILABLE where the device's platform needs a push certificate that is not there. */
export function requirePushCertificate(state: TenantState, device: Pick<TenantDevice, 'record'>): void {
  if (isNeeded(state, device)) refuse(pushCertificateProblem(state));
}

/** A11: throws CHECKIN_UNAVAILABLE from a change of the authority until the certificate is renewed; not where it has merely expired (A24). */
export function requireRenewal(state: TenantState, device: Pick<TenantDevice, 'record'>): void {
  if (isNeeded(state, device)) refuse(renewalProblem(state));
}

const isNeeded = ({ ports }: Asked, { record }: Pick<TenantDevice, 'record'>): boolean =>
  traitsOf(ports.traits, record.platform).needsPushCertificate;

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw stubError('CHECKIN_UNAVAILABLE', problem);
}
