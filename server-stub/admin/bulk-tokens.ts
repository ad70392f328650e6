// Tokens for provisioning packages (E12), under /stub/v1: Graph has no word for them.
import { z } from 'zod';
import { readDuration } from '../../base/duration.js';
import type { BulkToken } from '../core/admission-types.js';
import type { BulkTokens } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import { type AdminPorts, type AdminRoute, isoTime, noContent, ok, param, readBody } from './graph.js';

const path = '/stub/v1/bulkTokens';
const dayMs = 24 * 3_600_000;
const usualMs = 180 * dayMs;
const longestMs = 3650 * dayMs;

const wanted = z.strictObject({
  name: z.string().min(1).max(200),
  /** Such as `30d`, from now on. Default 180 days. */
  validFor: z.string().max(100).exactOptional(),
});

/** POST makes one, and its answer alone shows what the package holds. */
export function bulkTokenRoutes(ports: AdminPorts<BulkTokens>): AdminRoute[] {
  const { tenant, random, clock } = ports;
  const toRow = ({ id, name, expiresAt }: BulkToken) => ({
    id,
    name,
    expirationDateTime: isoTime(expiresAt),
    isExpired: expiresAt <= clock.now(),
  });
  return [
    { method: 'GET', path, handle: (request) => listOf(ports, request, tenant.bulkTokens(), toRow, fields) },
    {
      method: 'POST',
      path,
      activity: 'create bulkTokens',
      handle(request) {
        const { name, validFor } = readBody(wanted, request);
        const validMs = validFor === undefined ? usualMs : readDuration(validFor);
        if (validMs === undefined || validMs <= 0 || validMs > longestMs) {
          throw stubError('REQUEST_INVALID', 'validFor is a duration from 1ms to 3650d, such as 30d');
        }
        const made: BulkToken = {
          id: random.uuid().toLowerCase(),
          name,
          expiresAt: clock.now() + validMs,
          token: `${random.uuid()}${random.uuid()}`.replaceAll('-', '').toLowerCase(),
        };
        tenant.putBulkToken(made);
        return ok({ ...toRow(made), token: made.token }, 201);
      },
    },
    {
      method: 'GET',
      path: `${path}/:id`,
      handle: (request) => single(request, toRow(tokenOf(tenant, request)), fields),
    },
    {
      method: 'DELETE',
      path: `${path}/:id`,
      handle(request) {
        tenant.removeBulkToken(tokenOf(tenant, request).id);
        return noContent;
      },
    },
  ];
}

function tokenOf(tenant: BulkTokens, request: StubRequest): BulkToken {
  const id = param(request, 'id');
  const token = tenant.bulkToken(id);
  if (token === undefined) throw stubError('NOT_FOUND', `No bulk token has the id ${id}`);
  return token;
}

const fields: ReadonlySet<string> = new Set(['id', 'name', 'expirationDateTime', 'isExpired']);
