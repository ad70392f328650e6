// A tenant file: YAML text in, a frozen TenantConfig out, or every mistake at once. docs/tenant.md describes it key by key.
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { readGivenText } from '../../base/command-line.js';
import { deepFreeze } from '../../base/freeze.js';
import { serialKey } from '../core/comanagement-index.js';
import type { Comanagement } from '../core/comanagement-types.js';
import { idOf } from '../core/identifiers.js';
import { defaultSettings } from '../core/settings.js';
import type { TraitsByPlatform } from '../core/traits.js';
import type { TenantConfig, TenantSettings } from '../core/types.js';
import { readAdmission } from './admission-parts.js';
import { checkLicences } from './counted.js';
import { reportHidden } from './hidden.js';
import { judge } from './judge.js';
import { unemulatedIn, whyUnemulated } from './later.js';
import { readGroups, readUsers } from './people.js';
import { type Reading, readCompliance, readProfiles } from './policies.js';
import { type Report, type TenantProblem, tenantInvalid } from './problems.js';
import { type Sources, withReferences } from './references.js';
import { readText } from './text.js';
import { comanagementWords, topWords } from './words.js';

/** How a tenant file is read; everything has a default. */
export interface TenantFileOptions {
  /** What the file is called in messages. Default: `tenant`. */
  readonly file?: string;
  /** Where `${env:NAME}` and `${file:PATH}` are looked up; without it they are refused. */
  readonly sources?: Sources;
  /** Of the platforms that are served. */
  readonly traits?: TraitsByPlatform;
  /** Changes the plain values before they are judged. */
  readonly prepare?: (raw: unknown) => unknown;
  /** Told of each word that the file may have and that has no effect yet, once the file is found to be right. */
  readonly onUnemulated?: (word: TenantProblem) => void;
}

/** Throws TENANT_INVALID with all mistakes, each with line and column, in its message and in `details.problems`. */
export function readTenantFile(text: string, options: TenantFileOptions = {}): TenantConfig {
  const { file = 'tenant', sources, traits = new Map(), prepare = (raw) => raw, onUnemulated = () => {} } = options;
  const { raw, report, problems, place } = readText(text, file);
  const prepared = prepare(withReferences(raw, sources, report));
  reportHidden(prepared, report);
  const config = toConfig(prepared, traits, report);
  if (problems.length > 0 || config === undefined) throw tenantInvalid(file, problems);
  for (const path of unemulatedIn(raw)) onUnemulated(place(path, whyUnemulated(path), 'key'));
  return deepFreeze(config);
}

/**
 * The tenant file at this path, which may refer to the environment and to files beside it; with the digest of its text. Throws
 * FILE_UNUSABLE, TENANT_INVALID.
 */
export const readTenantAt = (
  path: string,
  traits: TraitsByPlatform,
  onUnemulated?: (word: TenantProblem) => void,
  environment = process.env,
): TenantConfig => {
  const text = readGivenText(path);
  const config = readTenantFile(text, {
    file: path,
    traits,
    sources: { folder: dirname(path), environment },
    ...(onUnemulated !== undefined && { onUnemulated }),
  });
  return withDigest(config, text);
};

/** It says from which text it was read. */
export const withDigest = (config: TenantConfig, text: string): TenantConfig =>
  Object.freeze({ ...config, digest: createHash('sha256').update(text).digest('hex') });

const fieldOf = (from: unknown, key: string): unknown =>
  typeof from === 'object' && from !== null && Object.hasOwn(from, key) ? Reflect.get(from, key) : undefined;

function listIn(from: unknown, key: string): readonly unknown[] {
  const list = fieldOf(from, key);
  return Array.isArray(list) ? list : [];
}

type Top = NonNullable<ReturnType<typeof readTop>>;
const readTop = (raw: unknown, report: Report) => judge(topWords, raw, [], report);

function toConfig(raw: unknown, traits: TraitsByPlatform, report: Report): TenantConfig | undefined {
  const top = readTop(raw, report);
  // Even when the rest is wrong, the lists are looked at, if they are lists.
  const listed = (key: keyof Top) => listIn(raw, key);
  const isFormer = fieldOf(raw, 'version') === undefined && fieldOf(raw, 'licences') === undefined;
  const groups = readGroups(listed('groups'), report);
  const { users, byName } = readUsers(listed('users'), groups, isFormer, report);
  const reading: Reading = { groups, users: byName, traits, report };
  const profiles = readProfiles(listed('profiles'), reading);
  const compliance = readCompliance(listed('compliance'), reading);
  const comanagement = readComanagement(listed('comanagement'), reading);
  const restrictions = listIn(fieldOf(raw, 'enrollment'), 'restrictions');
  const lists = {
    restrictions,
    corporateDevices: listed('corporateDevices'),
    autopilot: listed('autopilot'),
    autopilotProfiles: listed('autopilotProfiles'),
    bulkTokens: listed('bulkTokens'),
  };
  const admission = readAdmission(lists, top ?? {}, reading);
  if (top === undefined) return undefined;
  const organization = readOrganization(top, report);
  const { licences } = top;
  const config: TenantConfig = {
    ...organization,
    ...(licences !== undefined && { licences: withoutAbsent(licences) }),
    users,
    groups: groups.list(),
    comanagement,
    profiles,
    compliance,
    ...admission,
  };
  checkLicences({ ...config, groups: groups.list() }, report);
  return config;
}

function readOrganization(top: Top, report: Report) {
  const { displayName = 'Contoso', domain, authority = 'intune', coexistence = false, pushCertificate = true } = top;
  const isUnset = authority === 'none' || authority === 'unknown'; // A4
  if (coexistence && authority !== 'office365' && authority !== 'intune') {
    report(['coexistence'], 'is that of office365 and intune: the authority must be one of them (C1)');
  }
  return {
    id: top.id ?? idOf('tenant', domain ?? displayName),
    displayName,
    ...(domain !== undefined && { domain }),
    authority: isUnset ? ('unknown' as const) : coexistence ? ('intune' as const) : authority, // C9
    ...(coexistence && { coexistence }),
    settings: readSettings(top, report),
    ...(pushCertificate !== false && !isUnset && { pushCertificate: readCertificate(pushCertificate) }),
  };
}

function readSettings({ settings: given = {}, enrollment = {} }: Top, report: Report): TenantSettings {
  const usual = defaultSettings;
  if (enrollment.deviceLimit !== undefined && given.deviceLimitPerUser !== undefined) {
    report(['enrollment', 'deviceLimit'], 'is said by settings.deviceLimitPerUser too', 'key');
  }
  const { minimumOs, minimumCompanyPortal } = enrollment;
  const { staleLifetime = 'unlimited' } = given;
  return {
    deviceLimitPerUser: given.deviceLimitPerUser ?? enrollment.deviceLimit ?? usual.deviceLimitPerUser,
    profileGraceMs: given.profileGrace ?? usual.profileGraceMs,
    checkInEveryMs: given.checkInEvery ?? usual.checkInEveryMs,
    enrollmentMs: given.enrollment ?? usual.enrollmentMs,
    pushCertificateMs: given.pushCertificate ?? usual.pushCertificateMs,
    mdmCertificateMs: given.mdmCertificate ?? usual.mdmCertificateMs,
    renewBeforeMs: given.renewBefore ?? usual.renewBeforeMs,
    removeAfterMs: given.removeAfter ?? usual.removeAfterMs,
    complianceConsoleLagMs: given.complianceConsoleLag ?? usual.complianceConsoleLagMs,
    ...(staleLifetime !== 'unlimited' && { staleLifetimeMs: staleLifetime }),
    notifyOnLicenceChange: given.notifyOnLicenceChange ?? usual.notifyOnLicenceChange,
    ...(minimumOs !== undefined && { minimumOs }),
    ...(minimumCompanyPortal !== undefined && { minimumCompanyPortal }),
    mdmUserScope: given.mdmUserScope ?? usual.mdmUserScope,
    bmsProvisioningMs: given.bmsProvisioning ?? usual.bmsProvisioningMs,
    bmsProvisioningLimitMs: given.bmsProvisioningLimit ?? usual.bmsProvisioningLimitMs,
  };
}

function readCertificate(given: Exclude<Top['pushCertificate'], false | undefined>) {
  const { topic, expires } = given === true ? {} : given;
  return { ...(topic !== undefined && { topic }), ...(expires !== undefined && { expiresAt: expires }) };
}

function readComanagement(items: readonly unknown[], { users, report }: Reading): Comanagement[] {
  const serials = new Set<string>();
  return items.flatMap((item, index): Comanagement[] => {
    const at = ['comanagement', index];
    const read = judge(comanagementWords, item, at, report);
    if (read === undefined) return [];
    const { user, serial, workloads } = read;
    const userId = users.get(user) ?? users.get(user.toLowerCase());
    if (userId === undefined) report([...at, 'user'], `no user ${user} is listed`);
    if (serials.has(serialKey(serial))) report([...at, 'serial'], `${serial} is listed twice`);
    serials.add(serialKey(serial));
    return userId === undefined ? [] : [{ userId, serial, workloads: [...new Set(workloads)] }];
  });
}

const withoutAbsent = (licences: NonNullable<Top['licences']>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(licences).flatMap(([sku, bought]) => (bought === undefined ? [] : [[sku, bought]])),
  );
