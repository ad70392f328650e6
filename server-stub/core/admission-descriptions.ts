// The records of who may enroll, as they are stored.
import { z } from 'zod';
import { failureCategories, platformNames } from '../../protocol/vocabulary/names.js';
import { autopilotModes, enrollmentTypes } from './admission-types.js';
import { isIdentifier, longestIdentifier, noIdentifier } from './corporate-index.js';

const time = z.number();
const word = z.string();

export const failure = z.strictObject({
  id: word,
  at: time,
  /** How many entries of the ring came before it. */
  n: z.number().int().min(0).exactOptional(),
  startedAt: time.exactOptional(),
  platform: z.enum(platformNames),
  way: z.enum(enrollmentTypes).exactOptional(),
  userId: word.exactOptional(),
  userUpn: word.exactOptional(),
  deviceId: word.exactOptional(),
  osVersion: word.exactOptional(),
  code: word,
  failureCategory: z.enum(failureCategories),
  failureReason: word,
  remedies: word,
});

/** An attempt to enroll that is under way (E01). */
export const attempt = z.strictObject({
  id: word.min(1),
  platform: z.enum(platformNames),
  startedAt: time,
  user: word.exactOptional(),
  userId: word.exactOptional(),
  way: z.enum(enrollmentTypes).exactOptional(),
  companyPortal: word.exactOptional(),
  deviceId: word.exactOptional(),
  binding: z.number().int().min(0).exactOptional(),
  askedFor: word.exactOptional(),
  osVersion: word.exactOptional(),
  givenOut: z.number().int().min(1).exactOptional(),
  isDisconnected: z.boolean().exactOptional(),
  isRefused: z.boolean().exactOptional(),
});

const ofRestriction = {
  id: word.min(1).max(200),
  displayName: word.min(1).max(1000),
  description: word.max(10_000).exactOptional(),
  priority: z.number().int().min(0),
  groups: z.array(word).max(1000),
};

export const restriction = z.discriminatedUnion('kind', [
  z.strictObject({ ...ofRestriction, kind: z.literal('limit'), limit: z.number().int().min(1).max(1_000_000) }),
  z.strictObject({
    ...ofRestriction,
    kind: z.literal('platforms'),
    platforms: z.partialRecord(
      z.enum(platformNames),
      z.strictObject({
        blocked: z.boolean().exactOptional(),
        personalBlocked: z.boolean().exactOptional(),
        osMinimum: word.max(100).exactOptional(),
        osMaximum: word.max(100).exactOptional(),
        blockedManufacturers: z.array(word.min(1).max(200)).max(200).exactOptional(),
      }),
    ),
  }),
]);

export const corporate = z
  .strictObject({
    id: word.min(1).max(200),
    type: z.enum(['serialNumber', 'imei', 'manufacturerModelSerial']),
    value: word.min(1).max(longestIdentifier),
    description: word.max(1000).exactOptional(),
    createdAt: time,
  })
  .refine(({ type, value }) => isIdentifier(type, value), { path: ['value'], error: noIdentifier });

export const bulkToken = z.strictObject({
  id: word.min(1).max(200),
  name: word.min(1).max(200),
  expiresAt: time,
  token: word.min(1).max(4096),
});

export const autopilot = z.strictObject({
  id: word.min(1).max(200),
  serial: word.min(1).max(200),
  model: word.max(200).exactOptional(),
  manufacturer: word.max(200).exactOptional(),
  groupTag: word.max(512).exactOptional(),
  userId: word.exactOptional(),
  profileId: word.exactOptional(),
  createdAt: time,
  removedAt: time.exactOptional(),
});

export const autopilotProfile = z.strictObject({
  id: word.min(1).max(200),
  displayName: word.min(1).max(200),
  mode: z.enum(autopilotModes),
  allDevices: z.boolean().exactOptional(),
  groups: z.array(word.min(1).max(200)).max(1000).exactOptional(),
});
