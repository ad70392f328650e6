// B10: members of the groups of the one exclusion list are affected by no policy of Basic Mobility and Security, whatever else they are in.
import type { Authority } from '../../protocol/vocabulary.js';
import type { AdmissionState } from './admission-state.js';

/** Whether the policies of this authority are not for a user who is in these groups, those of groups included. */
export const isExcluded = (
  { bms }: Pick<AdmissionState, 'bms'>,
  authority: Authority,
  groups: ReadonlySet<string>,
): boolean => authority === 'office365' && bms.exclusions.some((id) => groups.has(id));
