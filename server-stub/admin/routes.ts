import type { Route } from '../http-types.js';
import { authorityRoutes } from './authority.js';
import { coexistenceRoutes } from './coexistence.js';
import { configurationRoutes } from './configurations.js';
import { deviceRoutes } from './devices.js';
import { type AdminPorts, guard } from './graph.js';
import { groupRoutes } from './groups.js';
import { licenceRoutes } from './licences.js';
import { organizationRoutes } from './organization.js';
import { stubRoutes } from './stub.js';
import { supportRoutes } from './support.js';
import { troubleshootingRoutes } from './troubleshooting.js';
import { userRoutes } from './users.js';

/** The admin API: the subset of Microsoft Graph under /v1.0, and /stub/v1. Every route asks for a bearer token. */
export const adminRoutes = (ports: AdminPorts): Route[] =>
  guard(
    [
      ...organizationRoutes(ports),
      ...authorityRoutes(ports),
      ...coexistenceRoutes(ports),
      ...supportRoutes(ports),
      ...deviceRoutes(ports),
      ...userRoutes(ports),
      ...groupRoutes(ports),
      ...licenceRoutes(ports),
      ...configurationRoutes(ports),
      ...troubleshootingRoutes(ports),
      ...stubRoutes(ports),
    ],
    ports,
  );
