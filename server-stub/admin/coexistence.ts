import { z } from 'zod';
import type { Coexistences, Organization } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import { type AdminPorts, type AdminRoute, isoTime, ok, readBody } from './graph.js';

const path = '/stub/v1/coexistence';
const wanted = z.strictObject({ enabled: z.boolean() });

/** C1: intune beside office365. Graph has no word for it. */
export function coexistenceRoutes({ tenant }: AdminPorts<Organization & Coexistences>): AdminRoute[] {
  const row = () => {
    const change = tenant.coexistenceChange();
    return { enabled: tenant.coexistence, ...(change !== undefined && { since: isoTime(change.at), by: change.by }) };
  };
  return [
    { method: 'GET', path, who: ['administrator'], handle: () => ok(row()) },
    {
      method: 'POST',
      path,
      handle(request, by) {
        const { enabled } = readBody(wanted, request);
        const now = tenant.coexistence;
        if (now && !enabled) {
          throw stubError('CONFLICT', 'Coexistence has no end: Basic Mobility and Security cannot be unprovisioned');
        }
        if (enabled && !now) tenant.enableCoexistence(by);
        return ok(row());
      },
    },
  ];
}
