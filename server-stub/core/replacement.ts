// What of a tenant another configuration of it would change, and what of that may not be changed.
import { isDeepStrictEqual } from 'node:util';
import {
  type AdmissionReplacement,
  admissionReplacementOf,
  changedAdmission,
  otherSettings,
} from './admission-replacement.js';
import { bmsProblem } from './bms-provisioning.js';
import { type Difference, difference } from './difference.js';
import type { CompleteConfig } from './seed-admission.js';
import type { TenantState } from './state.js';
import type { AssignedProfile, TenantConfig } from './types.js';
import { versionOf } from './version.js';

export interface Replacement {
  /** Id, name, domain, or settings that concern enrolled devices. */
  readonly organization: readonly ('id' | 'displayName' | 'domain' | 'settings')[];
  readonly authority: readonly ('authority' | 'coexistence')[];
  readonly pushCertificate: boolean;
  readonly licences: boolean;
  readonly comanagement: boolean;
  readonly users: Difference<TenantConfig['users'][number]>;
  readonly groups: Difference<NonNullable<TenantConfig['groups']>[number]>;
  readonly profiles: Difference<AssignedProfile>;
  readonly compliance: Difference<NonNullable<TenantConfig['compliance']>[number]>;
  readonly admission: AdmissionReplacement;
}

const organizationKeys = ['id', 'displayName', 'domain', 'settings'] as const;
const authorityKeys = ['authority', 'coexistence'] as const;

export function replacementOf(now: CompleteConfig, next: CompleteConfig): Replacement {
  return {
    organization: organizationKeys.filter((key) => !isDeepStrictEqual(partOf(now, key), partOf(next, key))),
    authority: authorityKeys.filter((key) => (now[key] ?? false) !== (next[key] ?? false)),
    pushCertificate: !isCertificateKept(now, next),
    licences: !isDeepStrictEqual(now.licences ?? {}, next.licences ?? {}),
    comanagement: !isDeepStrictEqual(bySerial(now), bySerial(next)),
    users: difference(now.users, next.users),
    groups: difference(now.groups ?? [], next.groups ?? []),
    profiles: difference(now.profiles, next.profiles, isSameProfile),
    compliance: difference(now.compliance ?? [], next.compliance ?? []),
    admission: admissionReplacementOf(now, next),
  };
}

const partOf = (config: TenantConfig, key: (typeof organizationKeys)[number]) =>
  key === 'settings' ? otherSettings(config.settings) : config[key];

/** The keys of a tenant file that change. */
export function changedKeys(replacement: Replacement): string[] {
  const { organization, authority, users, groups, profiles, compliance, admission, ...flags } = replacement;
  const lists = Object.entries({ users, groups, profiles, compliance });
  return [
    ...organization,
    ...authority,
    ...Object.entries(flags).flatMap(([key, isChanged]) => (isChanged ? [key] : [])),
    ...lists.flatMap(([key, { removed, put }]) => (removed.length + put.length > 0 ? [key] : [])),
    ...changedAdmission(admission),
  ];
}

const isSameProfile = ({ profile: one, ...a }: AssignedProfile, { profile: other, ...b }: AssignedProfile): boolean =>
  isDeepStrictEqual(a, b) && versionOf(one) === versionOf(other);

const bySerial = ({ comanagement = [] }: TenantConfig) =>
  [...comanagement].sort((a, b) => (a.serial < b.serial ? -1 : a.serial > b.serial ? 1 : 0));

/** What is not said of it stays as it is. */
function isCertificateKept({ pushCertificate: now }: TenantConfig, { pushCertificate: next }: TenantConfig): boolean {
  if (now === undefined || next === undefined) return now === next;
  const { topic = now.topic, expiresAt = now.expiresAt } = next;
  return topic === now.topic && expiresAt === now.expiresAt;
}

/** Why a part of a tenant file cannot be changed. */
interface Obstacle {
  /** `users`, `authority` */
  readonly path: string;
  readonly message: string;
}

/** Moves and counts follow from these, so that they have calls of their own while devices are enrolled. */
const callsOf = {
  authority: 'POST /v1.0/organization/{id}/setMobileDeviceManagementAuthority',
  coexistence: 'POST /stub/v1/coexistence',
  pushCertificate: 'the upload of a push certificate',
  comanagement: 'POST /stub/v1/comanagement',
} as const;

export function obstaclesTo(state: TenantState, replacement: Replacement, next: TenantConfig): Obstacle[] {
  const found: Obstacle[] = [];
  if (next.authority === 'unknown' && state.authority !== 'unknown') {
    found.push({ path: 'authority', message: 'goes never back to unknown (A3)' });
  }
  if (next.authority === 'sccm' && state.authority !== 'sccm' && state.authority !== 'unknown') {
    found.push({ path: 'authority', message: 'sccm can be left, and not be entered (A18)' });
  }
  if (state.coexistence && next.coexistence !== true) {
    found.push({ path: 'coexistence', message: 'has no end (C10)' });
  }
  const isOfBms = ({ authority }: { readonly authority: string }) => authority === 'office365';
  const problem = next.authority === state.authority ? bmsProblem(state) : undefined;
  for (const path of ['profiles', 'compliance'] as const) {
    if (problem === undefined || !replacement[path].put.some(isOfBms)) continue;
    found.push({ path, message: `those of office365 cannot be made (B8): ${problem}` });
  }
  return state.devices.size === 0 ? found : [...found, ...whileEnrolled(state, replacement)];
}

const enrolled = 'cannot be changed here while devices are enrolled';

function whileEnrolled(state: TenantState, replacement: Replacement): Obstacle[] {
  const { organization, authority, pushCertificate, comanagement, users, groups } = replacement;
  const called = [
    ...authority,
    ...(pushCertificate ? (['pushCertificate'] as const) : []),
    ...(comanagement ? (['comanagement'] as const) : []),
  ];
  const hasDevices = (id: string) => (state.index.byUser.get(id)?.size ?? 0) > 0;
  const { directory } = state;
  const keepsMembership = (user: (typeof users.put)[number]) => {
    const now = directory.user(user.id);
    return now !== undefined && isDeepStrictEqual([now.products, now.groups], [user.products, user.groups]);
  };
  return [
    ...organization
      .filter((key) => key !== 'displayName')
      .map((path) => ({ path, message: `${enrolled}${path === 'id' ? `: it is ${state.id}` : ''}` })),
    ...called.map((path) => ({ path, message: `${enrolled}: use ${callsOf[path]}` })),
    ...users.removed
      .filter(({ id }) => hasDevices(id))
      .map(({ upn }) => ({ path: 'users', message: `${upn} has devices: they must leave first` })),
    ...users.put
      .filter((user) => hasDevices(user.id) && !keepsMembership(user))
      .map(({ upn }) => ({
        path: 'users',
        message: `${upn} has devices: change licences by assignLicense, groups by members`,
      })),
    ...[...groups.removed, ...groups.put]
      .filter(({ id }) => directory.group(id) !== undefined)
      .map(({ displayName }) => ({ path: 'groups', message: `${displayName} ${enrolled}: use /v1.0/groups` })),
  ];
}
