// Who may enroll, as far as it is a setting of the tenant: least versions (E05, E06, E25) and the MDM user scope (E20).
import { z } from 'zod';
import { platformNames } from '../../protocol/vocabulary.js';
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

const versions = z.partialRecord(z.enum(platformNames), z.string().min(1).max(100)).exactOptional();
const settingsChange = z.strictObject({ minimumOs: versions, minimumCompanyPortal: versions });
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
  /** As they hold: the tenant's, else those of the service. */
  const least = () => {
    const { minimumOs = {}, minimumCompanyPortal = {} } = tenant.settings;
    const rows = [...traits].map(
      ([platform, { minimumOs: os, minimumCompanyPortal: portal }]) =>
        [platform, minimumOs[platform] ?? os ?? null, minimumCompanyPortal[platform] ?? portal ?? null] as const,
    );
    return {
      minimumOs: Object.fromEntries(rows.map(([platform, os]) => [platform, os])),
      minimumCompanyPortal: Object.fromEntries(rows.map(([platform, , portal]) => [platform, portal])),
    };
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
        const { minimumOs, minimumCompanyPortal } = readBody(settingsChange, request);
        const { minimumOs: os, minimumCompanyPortal: portal } = tenant.settings;
        tenant.setEnrollmentSettings(
          {
            ...(minimumOs === undefined ? {} : { minimumOs: { ...os, ...minimumOs } }),
            ...(minimumCompanyPortal === undefined
              ? {}
              : { minimumCompanyPortal: { ...portal, ...minimumCompanyPortal } }),
          },
          by,
        );
        return ok(least());
      },
    },
  ];
}

const fields: ReadonlySet<string> = new Set(['@odata.type', 'id', 'displayName', 'isValid', 'appliesTo']);
const enumerations = { appliesTo: new Set(['none', 'all', 'selected']) };
