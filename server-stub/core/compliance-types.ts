// The words of compliance (A14, A28): what is demanded, what devices tell, what is found.
import type { Authority, PlatformName } from '../../protocol/vocabulary.js';
import type { Assignment } from './assignment.js';

/** What an authority demands of a device, judged by facts that it tells (A14, A28). */
export interface CompliancePolicy {
  readonly id: string;
  readonly authority: Authority;
  readonly name: string;
  /** A passcode must be set. */
  readonly pin: boolean;
  /** Storage must be encrypted. */
  readonly encryption: boolean;
  /** How long a violation is let pass: inGracePeriod until then. 0: not at all. */
  readonly graceMs: number;
  readonly assignment: Assignment;
  readonly platforms?: readonly PlatformName[];
}

/** What devices tell that compliance is judged by; what is absent was never told. */
export interface ComplianceFacts {
  readonly hasPasscode?: boolean;
  readonly isEncrypted?: boolean;
}

/** Graph's words, as far as they are used here. */
export type ComplianceState = 'unknown' | 'compliant' | 'noncompliant' | 'inGracePeriod';

/** What is kept of a device's compliance. `state` is what the device and the directory see (A14). */
export interface Compliance {
  readonly state: ComplianceState;
  /** The clauses that are violated: `<policy>: pin`. */
  readonly violated: readonly string[];
  /** Since when clauses are violated. */
  readonly since?: number;
  /** While inGracePeriod: until when. */
  readonly graceEndsAt?: number;
  /** What the authority's own console still shows, and until when at most (A28); absent: the same as `state`. */
  readonly console?: { readonly state: ComplianceState; readonly until: number };
}
