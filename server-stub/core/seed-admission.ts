// What a configuration says of who may enroll, and how a configuration says it again.
import type { AdmissionState } from './admission-state.js';
import type { ConsentAct } from './admission-types.js';
import { assertFits } from './descriptions.js';
import type { TenantState } from './state.js';
import type { TenantConfig } from './types.js';

/** Throws REQUEST_INVALID where a part does not fit. Meta is stored by the caller. */
export function seedAdmission(state: TenantState, config: TenantConfig): void {
  const { admission, saver } = state;
  for (const each of config.restrictions ?? []) {
    assertFits('restriction', each);
    admission.restrictions.put(each);
    saver.record('restriction', each.id, each);
  }
  for (const each of config.corporateDevices ?? []) {
    assertFits('corporate', each);
    admission.corporate.put(each);
    saver.record('corporate', each.id, each);
  }
  for (const each of config.bulkTokens ?? []) {
    assertFits('bulkToken', each);
    admission.bulkTokens.set(each.id, each);
    saver.record('bulkToken', each.id, each);
  }
  for (const each of config.autopilotProfiles ?? []) {
    assertFits('autopilotProfile', each);
    admission.autopilotProfiles.set(each.id, each);
    saver.record('autopilotProfile', each.id, each);
  }
  for (const each of config.autopilot ?? []) {
    assertFits('autopilot', each);
    admission.autopilot.put(each);
    saver.record('autopilot', each.id, each);
  }
  for (const [act, given] of Object.entries(config.consents ?? {})) {
    admission.consents.set(act as ConsentAct, { given });
  }
  const { bmsExclusions = [] } = config;
  if (bmsExclusions.length > 0) admission.bms = { ...admission.bms, exclusions: bmsExclusions };
}

/** As a tenant that begins with it has it. */
export function admissionConfigOf(admission: AdmissionState): Partial<TenantConfig> {
  const { restrictions, corporate, bulkTokens, autopilot, autopilotProfiles, consents, bms } = admission;
  const set = restrictions.list().filter(({ priority, ...each }) => priority > 0 || hasWords(each));
  const said = [...consents].filter(([, { given }]) => !given);
  return {
    ...(set.length > 0 && { restrictions: set }),
    ...(corporate.size > 0 && { corporateDevices: corporate.list() }),
    ...(bulkTokens.size > 0 && { bulkTokens: [...bulkTokens.values()] }),
    ...(autopilotProfiles.size > 0 && { autopilotProfiles: [...autopilotProfiles.values()] }),
    ...(autopilot.size > 0 && { autopilot: autopilot.list() }),
    ...(said.length > 0 && { consents: Object.fromEntries(said.map(([act, { given }]) => [act, given])) }),
    ...(bms.exclusions.length > 0 && { bmsExclusions: bms.exclusions }),
  };
}

/** Whether it restricts anything. */
const hasWords = (restriction: object): boolean =>
  'platforms' in restriction && Object.keys(restriction.platforms as object).length > 0;
