import { z } from 'zod';
import type { Support } from '../core/interfaces.js';
import { type AdminPorts, type AdminRoute, ok, readBody } from './graph.js';

const named = z.strictObject({ devices: z.array(z.string().min(1).max(256)).min(1).max(1000) });

/** A26: what Microsoft's support does for an organisation; the answer has the numbers of the changes. The address is a convention of ours. */
export const supportRoutes = ({ tenant }: AdminPorts<Support>): AdminRoute[] => [
  {
    method: 'POST',
    path: '/stub/v1/support/moveUserless',
    handle(request, by) {
      return ok({ changes: tenant.moveUserless(readBody(named, request).devices, by) });
    },
  },
];
