// Tokens of provisioning packages, which enroll devices without a user (E12, A10): made here, kept by the core.
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import type { BulkToken } from '../core/admission-types.js';
import type { BulkTokens } from '../core/interfaces.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';
import { newTokenText } from './tokens.js';

interface Issuing {
  readonly tenant: BulkTokens;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
}

const newId = (random: Issuing['random']): string => random(16).toString('hex');
const usualName = (id: string): string => `Bulk token ${id.slice(0, 8)}`;

/** A new one that is good for so long. Throws REQUEST_INVALID: the name is taken, or there are too many; STORE_UNWRITABLE. */
export function issueBulkToken(
  { tenant, clock, random }: Issuing,
  { validMs, name }: { readonly validMs: number; readonly name?: string | undefined },
): BulkToken {
  const id = newId(random);
  const token = {
    id,
    name: name ?? usualName(id),
    expiresAt: clock.now() + validMs,
    token: newTokenText(random),
  };
  tenant.putBulkToken(token);
  return token;
}

const stored = z.object({ userId: z.string().exactOptional(), expiresAt: z.number(), isReusable: z.literal(true) });

/** Folders of before held them in a table of this dialect: they move to the core's, those that last longest first. */
export function carryOver(keep: Keep | undefined, { tenant, random }: Pick<Issuing, 'tenant' | 'random'>): void {
  const before = readKept(keep, 'token', stored).sort(([, one], [, other]) => other.expiresAt - one.expiresAt);
  for (const [token, { expiresAt }] of before) {
    try {
      const id = newId(random);
      if (tenant.findBulkToken(token) === undefined) tenant.putBulkToken({ id, name: usualName(id), expiresAt, token });
      keep?.put(token, undefined);
    } catch (error) {
      if (!isRollcallError(error, 'REQUEST_INVALID')) throw error;
      keep?.setAside(token, error.message);
    }
  }
}
