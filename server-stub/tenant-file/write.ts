// A tenant as a file: what the reader makes the same tenant of.
import { Document, isCollection, isMap, isSeq } from 'yaml';
import type { Profile } from '../../protocol/vocabulary.js';
import type { Assignment } from '../core/assignment.js';
import { idOf } from '../core/identifiers.js';
import type { AssignedProfile, TenantConfig, TenantSettings } from '../core/types.js';
import { groupId, userId } from './people.js';
import { complianceId, profileId } from './policies.js';
import { escapeReferences } from './references.js';
import { plainAdmission } from './write-admission.js';

/** What stands in the place of a secret. A file with it is read only where the tenant has that secret already. */
export const hiddenSecret = '(secret)';

/** How secrets are shown. */
export interface Showing {
  /** Plain values with bytes as base64. */
  profile(profile: Profile): unknown;
  /** Of a person, or of a provisioning package. */
  password(password: string): string;
}

/** YAML text. */
export function writeTenantFile(config: TenantConfig, showing: Showing): string {
  const document = new Document(escaped(plainTenant(config, showing)), { aliasDuplicateObjects: false });
  const top = document.contents;
  for (const { value } of isMap(top) ? top.items : []) {
    if (isSeq(value)) for (const item of value.items) if (isCollection(item)) item.flow = true;
    if (isMap(value)) for (const { value: inner } of value.items) if (isCollection(inner)) inner.flow = true;
  }
  return document.toString({ lineWidth: 0 });
}

/** The file as plain values, before it is text. */
export function plainTenant(config: TenantConfig, showing: Showing): Readonly<Record<string, unknown>> {
  const names = namesOf(config);
  const { id, displayName, domain, authority, coexistence, settings, pushCertificate, licences } = config;
  return {
    version: 1,
    ...(id !== idOf('tenant', domain ?? displayName) && { id }),
    displayName,
    ...(domain !== undefined && { domain }),
    authority: authority === 'unknown' ? 'none' : authority,
    ...(coexistence && { coexistence: 'on' }),
    settings: plainSettings(settings),
    ...(authority !== 'unknown' && { pushCertificate: plainCertificate(pushCertificate) }),
    ...(licences !== undefined && { licences }),
    groups: (config.groups ?? []).map(({ id, displayName: name, groups, products }) => ({
      name,
      ...(id !== groupId(name) && { id }),
      ...(groups.length > 0 && { memberOf: groups.map(names.group) }),
      ...(products.length > 0 && { licences: products }),
    })),
    users: config.users.map(({ id, upn, displayName: shown, products, groups, password }) => ({
      upn,
      ...(id !== userId(upn) && { id }),
      displayName: shown,
      ...(products.length > 0 && { licences: products }),
      ...(groups.length > 0 && { groups: groups.map(names.group) }),
      ...(password !== undefined && { password: showing.password(password) }),
    })),
    comanagement: (config.comanagement ?? []).map(({ userId: user, serial, workloads }) => ({
      user: names.user(user),
      serial,
      workloads,
    })),
    compliance: (config.compliance ?? []).map(({ id, name, authority: of, pin, encryption, graceMs, ...rest }) => ({
      name,
      ...(id !== complianceId(of, name) && { id }),
      authority: of,
      ...(pin && { pin: 'required' }),
      ...(encryption && { encryption: 'required' }),
      grace: shownDuration(graceMs),
      ...(rest.platforms !== undefined && { platforms: rest.platforms }),
      assign: plainAssignment(rest.assignment, names),
    })),
    profiles: config.profiles.map((each) => plainProfile(each, names, showing)),
    ...plainAdmission(config, names, showing.password),
  };
}

interface Names {
  readonly group: (id: string) => string;
  readonly user: (id: string) => string;
}

/** Groups by their names, where nothing else has the name; users by theirs. */
function namesOf({ groups = [], users }: TenantConfig): Names {
  const count = new Map<string, number>();
  for (const { id, displayName } of groups) {
    for (const name of new Set([displayName.toLowerCase(), id])) count.set(name, (count.get(name) ?? 0) + 1);
  }
  const byId = new Map(
    groups.map(({ id, displayName }) => [id, count.get(displayName.toLowerCase()) === 1 ? displayName : id]),
  );
  const upns = new Map(users.map(({ id, upn }) => [id, upn]));
  return { group: (id) => byId.get(id) ?? id, user: (id) => upns.get(id) ?? id };
}

/** In the short form where that says just this; a VPN, of which it fills in more, in full. */
function plainProfile({ id, authority, profile, assignment, platforms }: AssignedProfile, names: Names, to: Showing) {
  const shown = to.profile(profile);
  const { name } = profile;
  return {
    ...(profile.kind === 'vpn' || typeof shown !== 'object'
      ? { authority, profile: shown }
      : { name, authority, ...shown }),
    ...(id !== profileId(authority, name, platforms) && { id }),
    ...(platforms !== undefined && { platforms }),
    assign: plainAssignment(assignment, names),
  };
}

function plainAssignment({ to, except }: Assignment, names: Names): unknown {
  const exclude = except.length > 0 && { exclude: except.map(names.group) };
  if (to === 'all') return exclude === false ? 'all' : exclude;
  if (to.users.length + to.groups.length === 0 && exclude === false) return 'nobody';
  return { users: to.users.map(names.user), groups: to.groups.map(names.group), ...exclude };
}

function plainCertificate(certificate: TenantConfig['pushCertificate']): unknown {
  if (certificate === undefined) return false;
  const { topic, expiresAt } = certificate;
  if (topic === undefined && expiresAt === undefined) return true;
  return {
    ...(topic !== undefined && { topic }),
    ...(expiresAt !== undefined && { expires: new Date(expiresAt).toISOString() }),
  };
}

function plainSettings(settings: TenantSettings): Readonly<Record<string, unknown>> {
  const { complianceConsoleLagMs: lag, staleLifetimeMs } = settings;
  return {
    deviceLimitPerUser: settings.deviceLimitPerUser,
    checkInEvery: shownDuration(settings.checkInEveryMs),
    profileGrace: shownDuration(settings.profileGraceMs),
    staleLifetime: staleLifetimeMs === undefined ? 'unlimited' : shownDuration(staleLifetimeMs),
    complianceConsoleLag:
      typeof lag === 'number' ? shownDuration(lag) : `${shownDuration(lag[0])}..${shownDuration(lag[1])}`,
    enrollment: shownDuration(settings.enrollmentMs),
    pushCertificate: shownDuration(settings.pushCertificateMs),
    mdmCertificate: shownDuration(settings.mdmCertificateMs),
    renewBefore: shownDuration(settings.renewBeforeMs),
    removeAfter: shownDuration(settings.removeAfterMs),
    notifyOnLicenceChange: settings.notifyOnLicenceChange ? 'on' : 'off',
    mdmUserScope: settings.mdmUserScope,
    bmsProvisioning: shownDuration(settings.bmsProvisioningMs),
    bmsProvisioningLimit: shownDuration(settings.bmsProvisioningLimitMs),
  };
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** In the largest unit that says it exactly, else in milliseconds. */
function shownDuration(ms: number): string | number {
  const whole = units.find(([, length]) => ms > 0 && ms % length === 0);
  return whole === undefined ? ms : `${ms / whole[1]}${whole[0]}`;
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return escapeReferences(value);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}
