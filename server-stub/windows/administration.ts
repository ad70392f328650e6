// What an administrator may do for Windows alone, under /stub/v1 (by convention).
import { z } from 'zod';
import { readDuration } from '../../base/duration.js';
import { type AdminRoute, ok, readBody } from '../admin/graph.js';
import { stubError } from '../errors.js';
import type { WindowsContext } from './context.js';

const asked = z.strictObject({ validFor: z.string().optional() });
const dayMs = 24 * 3_600_000;
/** Of a token that says nothing else, as a provisioning package has it. */
export const usualTokenMs = 180 * dayMs;
const longestMs = 3650 * dayMs;

/**
 * `POST /stub/v1/windows/bulkTokens {"validFor": "30d"}` -> 201 `{"token", "expires"}`: devices that enroll with it have no user (A10).
 * It goes into the BinarySecurityToken, in base64 there: `rollcall device --enroll-token TOKEN`.
 */
export function tokenRoutes({ tokens, clock }: Pick<WindowsContext, 'tokens' | 'clock'>): AdminRoute[] {
  return [
    {
      method: 'POST',
      path: '/stub/v1/windows/bulkTokens',
      handle(request) {
        const { validFor } = readBody(asked, request);
        const validMs = validFor === undefined ? usualTokenMs : readDuration(validFor);
        if (validMs === undefined || validMs <= 0 || validMs > longestMs) {
          throw stubError('REQUEST_INVALID', '"validFor" is no duration from 1ms to 3650d, such as 30d');
        }
        const expiresAt = clock.now() + validMs;
        return ok(
          { token: tokens.issue({ expiresAt, isReusable: true }), expires: new Date(expiresAt).toISOString() },
          201,
        );
      },
    },
  ];
}
