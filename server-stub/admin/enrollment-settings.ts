// Who may enroll, as far as it is a setting of the tenant: least versions (E05, E06, E25) and the MDM user scope (E20).
import { z } from 'zod';
import { platformNames } from '../../protocol/vocabulary.js';
import type { EnrollmentSettings } from '../core/admission-interfaces.js';
import type { Organization, Restrictions } from '../core/interfaces.js';
import type { TraitsByPlatform } from '../core/traits.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';

/** Intune, among the applications for mobility in Microsoft Entra: the same id everywhere. */
const intuneId = '0000000a-0000-0000-c000-000000000000';
const scopes = '/beta/policies/mobileDeviceManagementPolicies';
const settings = '/stub/v1/enrollmentSettings';

/** `null`, of a platform or in the place of all: the least version of the service holds again. */
const versions = z
  .partialRecord(z.enum(platformNames), z.string().min(1).max(100).nullable())
  .nullable()
  .exactOptional();
const settingsChange = z.strictObject({ minimumOs: versions, minimumCompanyPortal: versions });
type Versions = EnrollmentSettings['minimumOs'];
const scopeChange = z.looseObject({
  appliesTo: z.enum(['all', 'none'], 'who is selected by group is not emulated: expected all or none'),
});

export function enrollmentSettingRoutes(ports: AdminPorts<Restrictions & Organization>): AdminRoute[] {
  const { tenant } = ports;
  const traits: TraitsByPlatform = ports.traits ?? new Map();
  const scope = () => ({
    '@odata.type': '#microsoft.graph.mobilityManagementPolicy',
    id: intuneId,
    displayName: 'Microsoft Intune',
    isValid: true,
    appliesTo: tenant.settings.mdmUserScope,
  });
  const requireIntune = (request: StubRequest) => {
    const id = param(request, 'id');
    if (id !== intuneId) throw stubError('NOT_FOUND', `No mobility management policy has the id ${id}`);
  };
  /** As they hold, and where each is from: the tenant's, else those of the service. */
  const least = () => {
    const rows = kinds.map((kind) => {
      const own = tenant.settings[kind] ?? {};
      return [
        kind,
        [...traits].map(([platform, each]) => {
          const source = own[platform] !== undefined ? 'tenant' : each[kind] !== undefined ? 'service' : 'none';
          return [platform, own[platform] ?? each[kind] ?? null, source] as const;
        }),
      ] as const;
    });
    const of = (part: 1 | 2) =>
      rows.map(([kind, each]) => [kind, Object.fromEntries(each.map((row) => [row[0], row[part]]))]);
    return { ...Object.fromEntries(of(1)), sources: Object.fromEntries(of(2)) };
  };
  return [
    {
      method: 'GET',
      path: scopes,
      handle: (request) => listOf(ports, request, [scope()], (row) => row, fields, enumerations),
    },
    {
      method: 'GET',
      path: `${scopes}/:id`,
      handle(request) {
        requireIntune(request);
        return single(request, scope(), fields);
      },
    },
    {
      method: 'PATCH',
      path: `${scopes}/:id`,
      handle(request, by) {
        requireIntune(request);
        tenant.setEnrollmentSettings({ mdmUserScope: readBody(scopeChange, request).appliesTo }, by);
        return noContent;
      },
    },
    { method: 'GET', path: settings, handle: () => ok(least()) },
    {
      method: 'PATCH',
      path: settings,
      handle(request, by) {
        const given = readBody(settingsChange, request);
        const changed = kinds.filter((kind) => given[kind] !== undefined);
        tenant.setEnrollmentSettings(
          Object.fromEntries(changed.map((kind) => [kind, changedVersions(tenant.settings[kind], given[kind])])),
          by,
        );
        return ok(least());
      },
    },
  ];
}

const kinds = ['minimumOs', 'minimumCompanyPortal'] as const;

function changedVersions(before: Versions, given: Record<string, string | null> | null | undefined): Versions {
  if (given === null) return {};
  return Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, version]) => version !== null));
}

const fields: ReadonlySet<string> = new Set(['@odata.type', 'id', 'displayName', 'isValid', 'appliesTo']);
const enumerations = { appliesTo: new Set(['none', 'all', 'selected']) };
