import type { Effort } from '../../x509/pbe.js';
import type { Payload } from './profile.js';
import type { Table } from './rules.js';

/** The payloads that lie beside one in its profile, by their PayloadUUID. */
export type Siblings = ReadonlyMap<string, Payload>;

export interface FamilyOptions {
  /** Lets MDM servers be reached by http://, which Apple forbids: for tests on one machine. */
  readonly allowHttp: boolean;
}

interface CheckOptions extends FamilyOptions {
  /** What all PKCS#12 files of a profile may cost together. */
  readonly effort: Effort;
}

/** What one kind of payload must look like: a table for its keys, code for what depends on several. */
export interface Family {
  readonly types: readonly string[];
  readonly rules: Table;
  /** Throws PROFILE_REFUSED with the domain's own chain. */
  readonly check?: (payload: Payload, siblings: Siblings, options: CheckOptions) => void;
}
