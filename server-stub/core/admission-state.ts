import type { BmsStatus, BulkToken, Consent, ConsentAct } from './admission-types.js';
import type { Attempts } from './attempts.js';
import { AutopilotIndex } from './autopilot-index.js';
import { AutopilotProfileIndex } from './autopilot-profile-index.js';
import { CorporateIndex } from './corporate-index.js';
import { RestrictionIndex } from './restriction-index.js';

/** Of the service of Basic Mobility and Security (B1, B2, B8). */
export interface BmsState {
  readonly status: BmsStatus;
  /** Since when it has this status. */
  readonly since: number;
  /** When it was activated; while it is provisioned, the time from which its limits count. */
  readonly activatedAt?: number;
  /** Ids of groups whose members no policy of it concerns (B10). */
  readonly exclusions: readonly string[];
}

/** What decides who may enroll, beside people and the authority. */
export interface AdmissionState {
  readonly restrictions: RestrictionIndex;
  readonly corporate: CorporateIndex;
  readonly bulkTokens: Map<string, BulkToken>;
  readonly autopilot: AutopilotIndex;
  readonly autopilotProfiles: AutopilotProfileIndex;
  /** What an administrator has said; of an act that is not here nobody has said anything, and it counts as given. */
  readonly consents: Map<ConsentAct, Consent>;
  bms: BmsState;
  readonly attempts: Attempts;
}

export const noBms: BmsState = Object.freeze({ status: 'none', since: 0, exclusions: [] });

/** Nothing is set. */
export const emptyAdmission = (attempts: Attempts): AdmissionState => ({
  restrictions: new RestrictionIndex(),
  corporate: new CorporateIndex(),
  bulkTokens: new Map(),
  autopilot: new AutopilotIndex(),
  autopilotProfiles: new AutopilotProfileIndex(),
  consents: new Map(),
  bms: noBms,
  attempts,
});

/** Whether the administrator's consent to this act is there (A17): a new tenant has all of them. */
export const isGiven = ({ consents }: Pick<AdmissionState, 'consents'>, act: ConsentAct): boolean =>
  consents.get(act)?.given ?? true;
