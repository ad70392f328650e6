// What a configuration says of who may enroll, and how a configuration says it again.
import { isDeepStrictEqual } from 'node:util';
import type { AutopilotDevice, BulkToken, ConsentAct, CorporateIdentifier } from './admission-types.js';
import { withoutRepeats } from './corporate-index.js';
import { assertFits } from './descriptions.js';
import { noRestriction } from './restriction-index.js';
import type { TenantState } from './state.js';
import type { TenantConfig } from './types.js';

/** A configuration that leaves nothing to the tenant. */
export interface CompleteConfig extends TenantConfig {
  readonly corporateDevices: readonly CorporateIdentifier[];
  readonly bulkTokens: readonly BulkToken[];
  readonly autopilot: readonly AutopilotDevice[];
}

/** With what it leaves to the tenant: as the tenant has it already, else as it is made now. */
export function completed({ admission, ports }: TenantState, config: TenantConfig): CompleteConfig {
  const { corporateDevices = [], bulkTokens = [], autopilot = [] } = config;
  const now = ports.clock.now();
  return {
    ...config,
    corporateDevices: withoutRepeats(corporateDevices).map((each) => ({
      ...each,
      createdAt: each.createdAt ?? admission.corporate.get(each.id)?.createdAt ?? now,
    })),
    bulkTokens: bulkTokens.map((each) => ({
      ...each,
      token: each.token ?? admission.bulkTokens.get(each.id)?.token ?? ports.random.bytes(32).toString('base64url'),
    })),
    autopilot: autopilot.map((each) => ({
      ...each,
      createdAt: each.createdAt ?? admission.autopilot.get(each.id)?.createdAt ?? now,
    })),
  };
}

/** Throws REQUEST_INVALID where a part does not fit. Meta is stored by the caller. */
export function seedAdmission(state: TenantState, given: TenantConfig): void {
  const config = completed(state, given);
  const { admission, saver } = state;
  for (const each of config.restrictions ?? []) assertFits('restriction', each);
  for (const each of admission.restrictions.replaceAll(config.restrictions ?? [])) {
    saver.record('restriction', each.id, each);
  }
  for (const each of config.corporateDevices) {
    assertFits('corporate', each);
    admission.corporate.put(each);
    saver.record('corporate', each.id, each);
  }
  for (const each of config.bulkTokens) {
    assertFits('bulkToken', each);
    admission.bulkTokens.set(each.id, each);
    saver.record('bulkToken', each.id, each);
  }
  for (const each of config.autopilotProfiles ?? []) {
    assertFits('autopilotProfile', each);
    admission.autopilotProfiles.set(each);
    saver.record('autopilotProfile', each.id, each);
  }
  for (const each of config.autopilot) {
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

/** As a tenant that begins with it has it: without groups, users and profiles that are no more. */
export function admissionConfigOf({ admission, directory }: TenantState): Partial<TenantConfig> {
  const { restrictions, corporate, bulkTokens, autopilot, autopilotProfiles, consents, bms } = admission;
  const present = (groups: readonly string[]) => groups.filter((id) => directory.group(id) !== undefined);
  const set = restrictions.list().filter((each) => !isDeepStrictEqual(each, noRestriction));
  const withdrawn = [...consents].filter(([, { given }]) => !given);
  const exclusions = present(bms.exclusions);
  return {
    ...(set.length > 0 && { restrictions: set.map((each) => ({ ...each, groups: present(each.groups) })) }),
    ...(corporate.size > 0 && { corporateDevices: corporate.list() }),
    ...(bulkTokens.size > 0 && { bulkTokens: [...bulkTokens.values()] }),
    ...(autopilotProfiles.size > 0 && {
      autopilotProfiles: [...autopilotProfiles.values()].map(({ groups = [], ...each }) => {
        const left = present(groups);
        return { ...each, ...(left.length > 0 && { groups: left }) };
      }),
    }),
    ...(autopilot.size > 0 && {
      autopilot: autopilot.list().map(({ userId, profileId, ...each }) => ({
        ...each,
        ...(userId !== undefined && directory.user(userId) !== undefined && { userId }),
        ...(profileId !== undefined && autopilotProfiles.has(profileId) && { profileId }),
      })),
    }),
    ...(withdrawn.length > 0 && { consents: Object.fromEntries(withdrawn.map(([act, { given }]) => [act, given])) }),
    ...(exclusions.length > 0 && { bmsExclusions: exclusions }),
  };
}
