// The words of a tenant file, before anything is worked out from them.

import { z } from 'zod';
import { readDuration } from '../../base/duration.js';
import { platformNames } from '../../protocol/vocabulary.js';
import { authoredProfile } from './authored.js';
import { formerLicences } from './products.js';

const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value : readDuration(value);
  if (ms === undefined || !Number.isFinite(ms) || ms <= 0) {
    context.issues.push({ code: 'custom', message: 'expected a duration such as 8h, 7d or 30m', input: value });
    return z.NEVER;
  }
  return ms;
});

const userAuthority = z.enum(['intune', 'office365', 'sccm', 'none', 'unknown']);

/** Lists are judged item by item, so that one mistake hides no other. */
export const tenantSchema = z.strictObject({
  id: z.string().min(1).max(200).exactOptional(),
  displayName: z.string().min(1).max(200).exactOptional(),
  authority: userAuthority.exactOptional(),
  settings: z
    .strictObject({
      deviceLimitPerUser: z.int().min(1).max(1_000_000).exactOptional(),
      profileGrace: duration.exactOptional(),
      checkInEvery: duration.exactOptional(),
      enrollment: duration.exactOptional(),
      pushCertificate: duration.exactOptional(),
    })
    .exactOptional(),
  pushCertificate: z
    .union([
      z.boolean(),
      z.strictObject({ topic: z.string().min(1).max(255).exactOptional(), expires: z.iso.datetime().exactOptional() }),
    ])
    .exactOptional(),
  users: z.array(z.unknown()).max(100_000).exactOptional(),
  profiles: z.array(z.unknown()).max(1000).exactOptional(),
});

export const tenantUserSchema = z.strictObject({
  id: z.string().min(1).max(200).exactOptional(),
  upn: z
    .string()
    .max(256)
    .regex(/^[^\s@]+@[^\s@]+$/, 'expected a user principal name such as ada@contoso.example'),
  displayName: z.string().max(256).exactOptional(),
  licence: z.enum(formerLicences).exactOptional(),
  password: z.string().min(1).max(256).exactOptional(),
});

export const tenantProfileSchema = z.strictObject({
  id: z.string().min(1).max(200).exactOptional(),
  authority: z.enum(['intune', 'office365', 'sccm']),
  assignedTo: z.union([z.literal('all'), z.array(z.string().min(1)).max(100_000)]).exactOptional(),
  platforms: z.array(z.enum(platformNames)).min(1).exactOptional(),
  profile: authoredProfile,
});
