import type { Route } from '../http-types.js';
import { auditRoutes } from './audit.js';
import { authorityRoutes } from './authority.js';
import { autopilotAssignmentRoutes } from './autopilot-assignments.js';
import { autopilotDeviceRoutes } from './autopilot-devices.js';
import { autopilotProfileRoutes } from './autopilot-profiles.js';
import { autopilotSettingsRoutes } from './autopilot-settings.js';
import { bmsRoutes } from './bms.js';
import { bulkTokenRoutes } from './bulk-tokens.js';
import { coexistenceRoutes } from './coexistence.js';
import { comanagementRoutes } from './comanagement.js';
import { complianceRoutes } from './compliance.js';
import { configurationRoutes } from './configurations.js';
import { consentRoutes } from './consents.js';
import { corporateIdentifierRoutes } from './corporate-identifiers.js';
import { deviceRoutes } from './devices.js';
import { directoryRoutes } from './directory.js';
import { dryRunRoutes } from './dry-run.js';
import { enrollmentConfigurationRoutes } from './enrollment-configurations.js';
import { enrollmentFailureRoutes } from './enrollment-failures.js';
import { enrollmentSettingRoutes } from './enrollment-settings.js';
import { eventRoutes } from './events.js';
import { type AdminPorts, type AdminRoute, guard } from './graph.js';
import { groupRoutes } from './groups.js';
import { licenceRoutes } from './licences.js';
import { organizationRoutes } from './organization.js';
import { portalRoutes } from './portals.js';
import { pushLogRoutes } from './pushes.js';
import { rolesRoute } from './roles.js';
import { stubRoutes } from './stub.js';
import { supportRoutes } from './support.js';
import { tenantRoutes } from './tenant.js';
import { troubleshootingRoutes } from './troubleshooting.js';
import { userRoutes } from './users.js';

/**
 * The admin API: the subset of Microsoft Graph under /v1.0, and /stub/v1. Every route asks for a bearer token, but those that say
 * otherwise. `more`: routes of what lies beside the tenant.
 */
export function adminRoutes(ports: AdminPorts, more: readonly AdminRoute[] = []): Route[] {
  const routes = [
    ...organizationRoutes(ports),
    ...authorityRoutes(ports),
    ...coexistenceRoutes(ports),
    ...supportRoutes(ports),
    ...deviceRoutes(ports),
    ...userRoutes(ports),
    ...groupRoutes(ports),
    ...licenceRoutes(ports),
    ...configurationRoutes(ports),
    ...complianceRoutes(ports),
    ...directoryRoutes(ports),
    ...enrollmentConfigurationRoutes(ports),
    ...enrollmentSettingRoutes(ports),
    ...corporateIdentifierRoutes(ports),
    ...autopilotDeviceRoutes(ports),
    ...autopilotProfileRoutes(ports),
    ...autopilotAssignmentRoutes(ports),
    ...autopilotSettingsRoutes(ports),
    ...bulkTokenRoutes(ports),
    ...consentRoutes(ports),
    ...bmsRoutes(ports),
    ...comanagementRoutes(ports),
    ...dryRunRoutes(ports),
    ...portalRoutes(ports),
    ...troubleshootingRoutes(ports),
    ...enrollmentFailureRoutes(ports),
    ...auditRoutes(ports),
    ...stubRoutes(ports),
    ...eventRoutes(ports),
    ...pushLogRoutes(ports),
    ...tenantRoutes(ports),
    ...more,
  ];
  return guard([...routes, ...inBeta(routes), rolesRoute(routes)], ports);
}

/** Graph's /beta has all that /v1.0 has: programs that know /beta alone find it there, in the words of /v1.0 where it has none of its own. */
function inBeta(routes: readonly AdminRoute[]): AdminRoute[] {
  const keyOf = ({ method, path }: AdminRoute) => `${method} ${path.replaceAll(/:\w+/g, ':')}`;
  const there = new Set(routes.map(keyOf));
  return routes
    .filter(({ path }) => path.startsWith('/v1.0/'))
    .map((route) => ({ ...route, path: route.path.replace('/v1.0/', '/beta/') }))
    .filter((route) => !there.has(keyOf(route)));
}
