// POST /stub/v1/dryRun (A21): what a change of who manages whom would do. It changes nothing.
import { z } from 'zod';
import type { DryRunUser } from '../core/dry-run-types.js';
import type { DryRuns } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { type AdminPorts, type AdminRoute, ok, readBody } from './graph.js';

const path = '/stub/v1/dryRun';
const largestPage = 1000;

/** Licences to be given, and as many to be taken away. */
const mostLicences = 10_000;
const bodyLimits = { maxBytes: 4 * 1024 * 1024, maxValues: 2 * 3 * mostLicences + 100 };

const licence = z.strictObject({ user: z.string().min(1).max(256), sku: z.string().min(1).max(64) });
const intended = z.strictObject({
  change: z
    .strictObject({
      authority: z.enum(['unknown', 'intune', 'office365', 'sccm']).exactOptional(),
      coexistence: z.literal(true).exactOptional(),
      licences: z
        .strictObject({
          add: z.array(licence).max(mostLicences).default([]),
          remove: z.array(licence).max(mostLicences).default([]),
        })
        .exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, 'names authority, coexistence or licences'),
});

/** Paged by user: `$top` users and an `@odata.nextLink` to POST the same body to. Apps come with a later version: none are listed. */
export function dryRunRoutes({ tenant, originFor }: AdminPorts<DryRuns>): AdminRoute[] {
  return [
    {
      method: 'POST',
      path,
      maxBytes: bodyLimits.maxBytes,
      handle(request) {
        const { change } = readBody(intended, request, bodyLimits);
        const most = topOf(request);
        const after = afterOf(request);
        const { users, next, ...rest } = tenant.dryRun(change, { most, ...(after === undefined ? {} : { after }) });
        const link = `${originFor(request)}${path}?$top=${most}&$skiptoken=${encodeURIComponent(next ?? '')}`;
        return ok({ users: users.map(toRow), ...rest, ...(next === undefined ? {} : { '@odata.nextLink': link }) });
      },
    },
  ];
}

const noApps = { overwritten: [], leftBehind: [], removed: [] };

const toRow = ({ upn, from, to, devices }: DryRunUser) => ({
  userPrincipalName: upn,
  from,
  to,
  devices: devices.map((device) => ({ ...device, apps: noApps })),
});

function topOf({ query }: StubRequest): number {
  const text = query.get('$top') ?? '100';
  const top = Number(text);
  if (/^\d{1,4}$/.test(text) && top >= 1 && top <= largestPage) return top;
  throw stubError('REQUEST_INVALID', `$top is a whole number from 1 to ${largestPage}`);
}

const afterOf = ({ query }: StubRequest): string | undefined => query.get('$skiptoken')?.slice(0, 256) || undefined;
