// What an administrator may do for Windows alone, under /stub/v1 (by convention).
import { z } from 'zod';
import { readDuration } from '../../base/duration.js';
import { type AdminRoute, ok, readBody } from '../admin/graph.js';
import type { BulkToken } from '../core/admission-types.js';
import { stubError } from '../errors.js';
import { issueBulkToken } from './bulk-tokens.js';
import type { WindowsContext } from './context.js';

const asked = z.strictObject({ validFor: z.string().optional(), name: z.string().min(1).max(200).optional() });
const dayMs = 24 * 3_600_000;
/** Of a token that says nothing else, as a provisioning package has it. */
export const usualTokenMs = 180 * dayMs;
const longestMs = 3650 * dayMs;

/**
 * `POST /stub/v1/windows/bulkTokens {"validFor": "30d", "name": "warehouse"}` -> 201 `{"id", "name", "token", "expires"}`: devices that
 * enroll with it have no user (A10), and are refused with E12 once it has expired: `rollcall device --platform windows --enroll-token
 * TOKEN`. As scripts of before have it; /stub/v1/bulkTokens is for all of them.
 */
export function tokenRoutes(context: Pick<WindowsContext, 'tenant' | 'clock' | 'random'>): AdminRoute[] {
  return [
    {
      method: 'POST',
      path: '/stub/v1/windows/bulkTokens',
      handle(request) {
        const { validFor, name } = readBody(asked, request);
        const validMs = validFor === undefined ? usualTokenMs : readDuration(validFor);
        if (validMs === undefined || validMs <= 0 || validMs > longestMs) {
          throw stubError('REQUEST_INVALID', '"validFor" is no duration from 1ms to 3650d, such as 30d');
        }
        return ok(toJson(issueBulkToken(context, { validMs, name })), 201);
      },
    },
  ];
}

const toJson = ({ id, name, token, expiresAt }: BulkToken) => ({
  id,
  name,
  token,
  expires: new Date(expiresAt).toISOString(),
});
