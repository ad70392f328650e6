// What the core is told of an attempt to enroll, from what the device shows and from the headers of convention
// (protocol/enrollment-header.ts), which each request of an enrollment carries.
import { autopilotHeader, companyPortalOf, enrollmentHeader, enrollmentWay } from '../../protocol/enrollment-header.js';
import type { Credential } from '../../protocol/mde2/credentials.js';
import { type AutopilotMode, autopilotModes, type EnrollmentType } from '../core/admission-types.js';
import type { StubRequest } from '../http-types.js';
import type { WindowsContext } from './context.js';
import { type Enroller, identify } from './credentials.js';
import type { ProvenUser } from './proven.js';

/** Who enrolls, and how. */
export interface Attempted extends Omit<Enroller, 'signedInAt'> {
  readonly way: EnrollmentType;
  readonly autopilotMode?: AutopilotMode;
  readonly companyPortal?: string;
  readonly startedAt: number;
}

type Asking = Pick<StubRequest, 'headers' | 'remote'>;

/** Throws UNAUTHORIZED. A device that deploys itself has no credential by convention: its record in Autopilot speaks for it. */
export function attemptOf(
  credential: Credential | ProvenUser | undefined,
  { headers, remote }: Asking,
  context: Pick<WindowsContext, 'tenant' | 'tokens' | 'beginnings' | 'clock'>,
  deviceId?: string,
): Attempted {
  const header = (name: string) => headers[name.toLowerCase()]?.trim();
  const isAutopilot = enrollmentWay(header(enrollmentHeader), ['autopilot']) === 'autopilot';
  const mode = autopilotModes.find((each) => isAutopilot && each === header(autopilotHeader));
  const isAlone = credential === undefined && mode === 'selfDeploying';
  const { signedInAt, ...enroller } = isAlone ? {} : identify(credential, context, deviceId);
  const companyPortal = companyPortalOf(headers);
  const since = context.beginnings.since(remote, nameOf(enroller, context));
  const within = context.tenant.settings.enrollmentMs; // an older token was not given for this attempt
  const isOfThis = signedInAt !== undefined && context.clock.now() - signedInAt <= within;
  return {
    ...enroller,
    way: isAutopilot ? 'autopilot' : wayOf(enroller),
    ...(mode !== undefined && { autopilotMode: mode }),
    ...(companyPortal !== undefined && { companyPortal }),
    startedAt: isOfThis ? Math.min(since, signedInAt) : since,
  };
}

const wayOf = ({ bulkToken, isByEntra = false }: Enroller): EnrollmentType => {
  if (bulkToken !== undefined) return 'bulk';
  return isByEntra ? 'joined' : 'user';
};

/** As Discover names who enrolls; empty where nobody is named. */
export const nameOf = ({ user }: Pick<Enroller, 'user'>, { tenant }: Pick<WindowsContext, 'tenant'>): string =>
  user === undefined ? '' : (tenant.user(user)?.upn ?? user);
