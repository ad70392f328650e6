// What the authority that a run loads answers to its requests, as far as it is read. Anything more is passed over.
import { z } from 'zod';
import { type Authority, authorities } from '../../protocol/vocabulary.js';

const authorityName = z.enum(Object.keys(authorities) as [Authority, ...Authority[]]);
export const organizations = z.object({
  value: z.tuple(
    [z.object({ id: z.string(), mobileDeviceManagementAuthority: authorityName.optional() })],
    z.unknown(),
  ),
});
export const devicePage = z.object({
  '@odata.nextLink': z
    .string()
    .max(64 * 1024)
    .optional(),
  value: z.array(z.unknown()),
});
export const listedDevice = z.object({
  id: z.string().max(1024),
  rollcall: z.object({ deviceId: z.string().max(1024), managedBy: authorityName }),
});
export const clockAnswer = z.object({
  now: z.iso.datetime({ offset: true }).transform(Date.parse),
  scale: z.number().min(0),
});
export const bmsAnswer = z.object({ state: z.string().max(100) });
export const configurations = z.object({
  value: z.array(
    z.object({
      id: z.string().max(1024),
      displayName: z.string(),
      rollcall: z.object({
        authority: z.string().exactOptional(),
        profile: z.looseObject({ kind: z.string().max(100) }),
      }),
    }),
  ),
});
export const products = z.object({
  value: z.array(z.object({ skuId: z.string().max(100), skuPartNumber: z.string() })),
});
export const graphError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
