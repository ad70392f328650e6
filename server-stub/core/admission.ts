// Who may enroll: one table, in the order in which of several causes the first is told (E21).
import type { Authority } from '../../protocol/vocabulary.js';
import { isGiven } from './admission-state.js';
import type { Attempt, AutopilotDevice, PlatformRestriction, PlatformRestrictions } from './admission-types.js';
import { assignedProfile } from './autopilot-profile.js';
import { bmsProblem } from './bms-provisioning.js';
import { beyondLimit } from './device-limit.js';
import { isEnrolled } from './device-state.js';
import type { FailureCode } from './failures.js';
import { governed, managerOfUser } from './governed.js';
import { mayEnroll } from './manager.js';
import { compareVersions, isBeyond } from './os-version.js';
import { blocksAllPersonal, isOfOrganization } from './ownership.js';
import { pushCertificateProblem } from './push-certificate.js';
import { noRestriction } from './restriction-index.js';
import type { TenantState } from './state.js';
import { type PlatformTraits, traitsOf } from './traits.js';
import type { User } from './types.js';

/** An attempt as the rows of the table look at it. */
export interface Judged extends Attempt {
  readonly state: TenantState;
  readonly traits: PlatformTraits;
  /** Undefined: a device without a user, or a name that is nobody's. */
  readonly person: User | undefined;
  /** Who would manage the device. */
  readonly manager: Authority;
  /** What restricts the person's devices (E24); nothing, where Basic Mobility and Security would manage them (B7). */
  readonly restrictions: PlatformRestrictions;
  /** The part of it that is about this platform. */
  readonly restriction: PlatformRestriction;
  /** Whether its versions count for this way of enrolling (E08, E09). */
  readonly hasRange: boolean;
}

interface AdmissionRow {
  readonly code: FailureCode;
  /** `person`: it is judged at the first step. `device`: once the device has told of itself. */
  readonly judges: 'person' | 'device';
  /** Whose devices it concerns. Default: those of every platform. */
  readonly concerns?: (traits: PlatformTraits) => boolean;
  /** What it checks, for docs/enrollment.md. */
  readonly says: string;
  /** Why the attempt is refused, or true where the failure's own sentence says it; undefined: it is not. */
  readonly refuses: (attempt: Judged) => string | true | undefined;
}

const when = (holds: boolean, why: string | true = true): string | true | undefined => (holds ? why : undefined);

/** E21: the first row that refuses is told and recorded. E01 is none of them: it is told when the time is over. */
export const admission: readonly AdmissionRow[] = [
  {
    code: 'E04',
    judges: 'person',
    says: 'No authority is set (A1), or BMS is not ready yet (B1).',
    refuses: ({ state, manager }) => {
      const { authority } = state;
      if (authority === 'unknown') return true;
      return manager === 'office365' ? bmsProblem(state) : undefined;
    },
  },
  {
    code: 'E18',
    judges: 'person',
    concerns: ({ needsPushCertificate }) => needsPushCertificate,
    says: 'The push certificate is missing, has expired, or was not renewed after a change of the authority (A11).',
    refuses: ({ state }) => pushCertificateProblem(state),
  },
  {
    code: 'E20',
    judges: 'person',
    says: 'The way of enrolling does not fit the tenant: a consent is missing (A25), the MDM user scope is none, or it is outside of BMS (B7).',
    refuses: unsupported,
  },
  {
    code: 'E12',
    judges: 'person',
    concerns: ({ hasProvisioningPackages = false }) => hasProvisioningPackages,
    says: 'The bulk token of the provisioning package has expired.',
    refuses: ({ state, bulkToken }) => {
      const token = bulkToken === undefined ? undefined : state.admission.bulkTokens.get(bulkToken);
      return when(token !== undefined && token.expiresAt <= state.ports.clock.now());
    },
  },
  {
    code: 'E02',
    judges: 'person',
    says: 'The user is not known, was removed, or has no licence for the authority (C8).',
    refuses: ({ state, user, person }) => {
      if (user === undefined) return undefined; // A10
      if (person === undefined) return 'The user was not found.';
      const isLicensed = mayEnroll(state, governed(state, person));
      return when(!isLicensed, `The user has no licence that lets ${state.authority} manage devices.`);
    },
  },
  {
    code: 'E05',
    judges: 'person',
    says: 'The attempt starts in a Company Portal that is older than the least version (E25).',
    refuses: ({ state, platform, traits, companyPortal }) => {
      if (companyPortal === undefined) return undefined;
      const least = state.settings.minimumCompanyPortal?.[platform] ?? traits.minimumCompanyPortal;
      const isOld = least !== undefined && compareVersions(companyPortal, least) < 0;
      return when(isOld, `The Company Portal ${companyPortal} is too old: ${least} is the least version.`);
    },
  },
  {
    code: 'E06',
    judges: 'device',
    says: 'The operating system is below the least version that the service supports (E25).',
    refuses: ({ state, platform, traits, osVersion = '' }) => {
      const least = state.settings.minimumOs?.[platform] ?? traits.minimumOs;
      const isOld = least !== undefined && osVersion !== '' && compareVersions(osVersion, least) < 0;
      return when(isOld, `The operating system ${osVersion} is not supported: ${least} is the least version.`);
    },
  },
  {
    code: 'E16',
    judges: 'device',
    concerns: ({ hasAutopilot = false }) => hasAutopilot,
    says: 'Autopilot enrolls the device, and its record was removed.',
    refuses: (attempt) => when(byAutopilot(attempt) && autopilotOf(attempt)?.removedAt !== undefined),
  },
  {
    code: 'E13',
    judges: 'device',
    concerns: ({ hasAutopilot = false }) => hasAutopilot,
    says: 'Autopilot enrolls the device, and does not know it.',
    refuses: (attempt) => when(byAutopilot(attempt) && isUnknown(autopilotOf(attempt))),
  },
  {
    code: 'E14',
    judges: 'device',
    concerns: ({ hasAutopilot = false }) => hasAutopilot,
    says: 'Autopilot enrolls the device, and no deployment profile is assigned to it.',
    refuses: (attempt) => when(byAutopilot(attempt) && autopilotProfileOf(attempt) === undefined),
  },
  {
    code: 'E15',
    judges: 'device',
    concerns: ({ hasAutopilot = false }) => hasAutopilot,
    says: 'Autopilot enrolls the device in another way than its deployment profile says.',
    refuses: (attempt) => {
      const profile = byAutopilot(attempt) ? autopilotProfileOf(attempt) : undefined;
      const { autopilotMode: mode } = attempt; // told at the first step alone
      if (profile === undefined || mode === undefined || profile.mode === mode) return undefined;
      return `The profile "${profile.displayName}" is for ${profile.mode}, and the device enrolls ${mode}.`;
    },
  },
  {
    code: 'E11',
    judges: 'device',
    says: 'The restriction of the user blocks the platform.',
    refuses: ({ restriction }) => when(restriction.blocked === true),
  },
  {
    code: 'E08',
    judges: 'device',
    says: 'The operating system is below the least version of the restriction.',
    refuses: ({ restriction: { osMinimum }, osVersion = '', hasRange }) =>
      when(
        hasRange && osMinimum !== undefined && osVersion !== '' && compareVersions(osVersion, osMinimum) < 0,
        `The operating system ${osVersion} is too old: ${osMinimum} is the least version.`,
      ),
  },
  {
    code: 'E09',
    judges: 'device',
    says: 'The operating system is above the greatest version of the restriction.',
    refuses: ({ restriction: { osMaximum }, osVersion = '', hasRange }) =>
      when(
        hasRange && osMaximum !== undefined && osVersion !== '' && isBeyond(osVersion, osMaximum),
        `The operating system ${osVersion} is too new: ${osMaximum} is the greatest version.`,
      ),
  },
  {
    code: 'E19',
    judges: 'device',
    says: 'The default restriction blocks personal devices of every platform, and the device is not declared (E24).',
    refuses: (attempt) => when(blocksAllPersonal(attempt) && !isOfOrganization(attempt)),
  },
  {
    code: 'E10',
    judges: 'device',
    says: 'The restriction of the user blocks personal devices of the platform, and the device is not declared (E24).',
    refuses: (attempt) => when(attempt.restriction.personalBlocked === true && !isOfOrganization(attempt)),
  },
  {
    code: 'E07',
    judges: 'device',
    concerns: ({ tellsManufacturer = false }) => tellsManufacturer,
    says: 'The restriction of the user blocks the manufacturer (E24).',
    refuses: ({ restriction: { blockedManufacturers = [] }, manufacturer = '' }) => {
      const name = manufacturer.trim().toLowerCase();
      const isBlocked = name !== '' && blockedManufacturers.some((each) => each.trim().toLowerCase() === name);
      return when(isBlocked, `Devices of the manufacturer ${manufacturer} may not enroll.`);
    },
  },
  {
    code: 'E03',
    judges: 'device',
    says: 'The device is enrolled by somebody else.',
    refuses: ({ state, platform, person, deviceId = '', formerDeviceId = '' }) => {
      for (const id of [deviceId, formerDeviceId]) {
        const known = state.devices.get(id);
        if (known === undefined || !isEnrolled(known)) continue;
        const { userId, platform: before } = known.record;
        if (userId === person?.id && before === platform) continue;
        return userId !== undefined && userId !== person?.id ? true : 'The device is already enrolled.';
      }
      return undefined;
    },
  },
  {
    code: 'E17',
    judges: 'device',
    says: 'The user has as many devices as the limit allows; the device itself does not count, nor do Windows devices that are joined, co-managed, or enrolled by Autopilot or in bulk.',
    refuses: beyondLimit,
  },
];

/** The first row that refuses; undefined: the device may enroll. `until: 'person'`: of the first step alone. */
export function firstRefusal(
  state: TenantState,
  attempt: Attempt,
  until: 'person' | 'device',
): { readonly code: FailureCode; readonly why?: string } | undefined {
  const judged = toJudged(state, attempt);
  for (const { code, judges, concerns = () => true, refuses } of admission) {
    if ((until === 'person' && judges === 'device') || !concerns(judged.traits)) continue;
    const why = refuses(judged);
    if (why !== undefined) return why === true ? { code } : { code, why };
  }
  return undefined;
}

function toJudged(state: TenantState, attempt: Attempt): Judged {
  const { platform, user, way } = attempt;
  const person = user === undefined ? undefined : state.directory.find(user);
  const { restrictions: index } = state.admission;
  // A co-managed PC enrolls with a token of its own, and not of its user's.
  const isUsers = person !== undefined && way !== 'comanaged';
  const own = () => (isUsers ? index.platformsFor(state.directory.groupsOf(person.id)) : index.default);
  const manager = person === undefined ? state.authority : managerOfUser(state, person.id);
  const restrictions = manager === 'office365' ? noRestriction : own(); // B7
  const traits = traitsOf(state.ports.traits, platform);
  return {
    ...attempt,
    state,
    traits,
    person,
    manager,
    restrictions,
    restriction: restrictions.platforms[platform] ?? {},
    hasRange: way === undefined || traits.waysOfAnyVersion?.includes(way) !== true,
  };
}

function unsupported({ state, traits, way, manager }: Judged): string | undefined {
  const act = way === undefined ? undefined : traits.consents?.[way];
  if (act !== undefined && !isGiven(state.admission, act)) return `The consent "${act}" is missing.`;
  if (way === 'joined' && state.settings.mdmUserScope === 'none') {
    return 'The MDM user scope is none: devices that join the organization are not enrolled by that.';
  }
  if (way === 'autopilot' && manager === 'office365') return 'Autopilot is outside of Basic Mobility and Security.';
  return undefined;
}

const byAutopilot = ({ way }: Judged): boolean => way === 'autopilot';
const autopilotOf = ({ state, serial = '' }: Judged) => state.admission.autopilot.find(serial);
const isUnknown = (device: AutopilotDevice | undefined) => device === undefined || device.removedAt !== undefined;

function autopilotProfileOf(attempt: Judged) {
  const device = autopilotOf(attempt);
  if (isUnknown(device)) return undefined;
  return device && assignedProfile(attempt.state, device);
}
