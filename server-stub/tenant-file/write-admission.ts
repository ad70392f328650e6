// Who may enroll, as plain values of a tenant file.
import type { CorporateIdentifier, EnrollmentRestriction, PlatformRestriction } from '../core/admission-types.js';
import { partsOf } from '../core/corporate-index.js';
import { defaultRestrictionId, noRestriction } from '../core/restriction-index.js';
import type { TenantConfig } from '../core/types.js';
import { autopilotId, autopilotProfileId, bulkTokenId, corporateId, restrictionId } from './admission-parts.js';

interface Names {
  readonly group: (id: string) => string;
  readonly user: (id: string) => string;
}

function identifierWords(type: CorporateIdentifier['type'], value: string): object {
  if (type === 'manufacturerModelSerial') return partsOf(value);
  return type === 'imei' ? { imei: value } : { serial: value };
}

const shownTime = (ms: number): string => new Date(ms).toISOString();

/** `shown`: how a secret is shown. Keys of which nothing is said are left out. */
export function plainAdmission(config: TenantConfig, names: Names, shown: (secret: string) => string): object {
  const { corporateDevices, autopilot, autopilotProfiles = [], bulkTokens, consents = {}, bmsExclusions = [] } = config;
  const enrollment = plainEnrollment(config, names);
  const profileNames = new Map(autopilotProfiles.map(({ id, displayName }) => [id, displayName]));
  return {
    ...(Object.keys(enrollment).length > 0 && { enrollment }),
    ...(corporateDevices !== undefined && {
      corporateDevices: corporateDevices.map(({ id, type, value, description, createdAt }) => ({
        ...identifierWords(type, value),
        ...(id !== corporateId(type, value) && { id }),
        ...(description !== undefined && { description }),
        ...(createdAt !== undefined && { created: shownTime(createdAt) }),
      })),
    }),
    ...(autopilotProfiles.length > 0 && {
      autopilotProfiles: autopilotProfiles.map(({ id, displayName, mode, allDevices, groups = [] }) => ({
        name: displayName,
        ...(id !== autopilotProfileId(displayName) && { id }),
        mode,
        ...(allDevices === true && { allDevices }),
        ...(groups.length > 0 && { groups: groups.map(names.group) }),
      })),
    }),
    ...(autopilot !== undefined && {
      autopilot: autopilot.map(({ id, serial, profileId, userId, createdAt, removedAt: _, ...about }) => ({
        serial,
        ...(id !== autopilotId(serial) && { id }),
        ...(profileId !== undefined && { profile: profileNames.get(profileId) ?? profileId }),
        ...(userId !== undefined && { user: names.user(userId) }),
        ...about,
        ...(createdAt !== undefined && { created: shownTime(createdAt) }),
      })),
    }),
    ...(bulkTokens !== undefined && {
      bulkTokens: bulkTokens.map(({ id, name, expiresAt, token }) => ({
        name,
        ...(id !== bulkTokenId(name) && { id }),
        expires: shownTime(expiresAt),
        ...(token !== undefined && { token: shown(token) }),
      })),
    }),
    ...(Object.keys(consents).length > 0 && {
      consents: Object.fromEntries(
        Object.entries(consents).map(([act, given]) => [act, given ? 'given' : 'withdrawn']),
      ),
    }),
    ...(bmsExclusions.length > 0 && { bms: { exclude: bmsExclusions.map(names.group) } }),
  };
}

function plainEnrollment({ settings, restrictions }: TenantConfig, names: Names) {
  const { minimumOs, minimumCompanyPortal } = settings;
  return {
    ...(minimumOs !== undefined && { minimumOs }),
    ...(minimumCompanyPortal !== undefined && { minimumCompanyPortal }),
    ...(restrictions !== undefined && { restrictions: restrictions.map((each) => plainRestriction(each, names)) }),
  };
}

function plainRestriction(restriction: EnrollmentRestriction, names: Names): object {
  const { id, kind, displayName, description, groups } = restriction;
  const isDefault = id === defaultRestrictionId;
  return {
    ...(isDefault
      ? { default: true, ...(displayName !== noRestriction.displayName && { name: displayName }) }
      : { name: displayName, groups: groups.map(names.group), ...(id !== restrictionId(kind, displayName) && { id }) }),
    ...(description !== undefined && { description }),
    ...(kind === 'limit'
      ? { deviceLimit: restriction.limit }
      : Object.fromEntries(Object.entries(restriction.platforms).map(([name, each]) => [name, plainPlatform(each)]))),
  };
}

const said = (isBlocked: boolean) => (isBlocked ? 'block' : 'allow');

const plainPlatform = ({ blocked, personalBlocked, ...rest }: PlatformRestriction) => ({
  ...(blocked !== undefined && { platform: said(blocked) }),
  ...(personalBlocked !== undefined && { personal: said(personalBlocked) }),
  ...rest,
});
