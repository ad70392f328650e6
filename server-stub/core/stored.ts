// The shapes on disk. What comes back is judged before it is used: a folder may be old, damaged or somebody else's.
import { z } from 'zod';
import { command, outcome } from '../../protocol/vocabulary/command.js';
import { stored } from '../../protocol/vocabulary/derive.js';
import { profile } from '../../protocol/vocabulary/profile.js';
import {
  type Authority,
  authorities,
  failureCategories,
  platformNames,
  profileKinds,
} from '../../protocol/vocabulary.js';
import type { DeviceState } from './device-state.js';
import { CommandQueue, type Entry } from './queue.js';
import { licences } from './types.js';

const authority = z.enum(Object.keys(authorities) as [Authority, ...Authority[]]);
const time = z.number();

export const userSchema = z.strictObject({
  id: z.string().min(1),
  upn: z.string().min(1),
  displayName: z.string(),
  licence: z.enum(licences),
  password: z.string().exactOptional(),
});

export const assignedSchema = z.strictObject({
  id: z.string().min(1),
  authority,
  profile: stored(profile),
  assignedTo: z.union([z.literal('all'), z.array(z.string())]),
  platforms: z.array(z.enum(platformNames)).exactOptional(),
});

export const metaSchema = z.strictObject({
  version: z.literal(1),
  authority,
  pushCertificate: z.strictObject({ authority, expiresAt: time, topic: z.string().exactOptional() }).exactOptional(),
});

export const changeSchema = z.strictObject({
  at: time,
  by: z.string(),
  from: authority,
  to: authority,
  notified: z.int(),
  userlessDevices: z.array(z.string()),
});

export const movedSchema = z.int().min(0);

export const failureSchema = z.strictObject({
  id: z.string(),
  at: time,
  platform: z.enum(platformNames),
  userUpn: z.string().exactOptional(),
  deviceId: z.string().exactOptional(),
  osVersion: z.string().exactOptional(),
  code: z.string(),
  failureCategory: z.enum(failureCategories),
  failureReason: z.string(),
  remedies: z.string(),
});

const held = z.strictObject({
  name: z.string(),
  kind: z.enum(profileKinds),
  authority,
  version: z.string(),
  stale: z.boolean(),
  expired: z.boolean().exactOptional(),
  pinned: z.boolean().exactOptional(),
});

const work = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install'), name: z.string(), authority, version: z.string() }),
  z.strictObject({ kind: z.literal('remove'), name: z.string() }),
]);

const entry = z.strictObject({
  id: z.string(),
  command: stored(command),
  queuedAt: time,
  by: z.enum(['core', 'administrator']),
  work: work.exactOptional(),
  status: z.enum(['waiting', 'sent', 'later', 'done', 'failed']),
  wasSent: z.boolean(),
  outcome: stored(outcome).exactOptional(),
  answeredAt: time.exactOptional(),
});

const deviceSchema = z.strictObject({
  record: z.strictObject({
    id: z.string(),
    platform: z.enum(platformNames),
    deviceId: z.string(),
    serial: z.string(),
    userId: z.string().exactOptional(),
    status: z.enum(['pending', 'enrolled', 'retiring', 'wiping', 'removed']),
    managedBy: authority,
    enrolledAt: time,
    lastSyncAt: time.exactOptional(),
    deviceName: z.string().exactOptional(),
    model: z.string().exactOptional(),
    osVersion: z.string().exactOptional(),
    imei: z.string().exactOptional(),
    held: z.array(held),
    dialect: z.record(z.string(), z.unknown()),
  }),
  revision: z.int().min(0),
  open: z.array(entry),
  answered: z.array(entry),
  failed: z.array(z.tuple([z.string(), z.string()])),
  secrets: z.array(z.tuple([z.string(), z.string()])),
  doubtful: z.array(z.string()),
});

type StoredEntry = z.output<typeof entry>;

/** A copy of plain values, free of the live objects. */
export function storeDevice(device: DeviceState): unknown {
  const copy = (entries: readonly Entry[]): StoredEntry[] => entries.map((item) => ({ ...item }));
  return {
    record: device.record,
    revision: device.revision,
    open: copy(device.queue.open),
    answered: copy(device.queue.answered),
    failed: [...device.failed],
    secrets: [...device.secrets],
    doubtful: [...device.doubtful],
  };
}

/** Throws a ZodError when the value is not what storeDevice gave. */
export function restoreDevice(value: unknown): DeviceState {
  const found = deviceSchema.parse(value);
  return {
    record: found.record,
    revision: found.revision,
    queue: new CommandQueue(found.open, found.answered),
    failed: new Map(found.failed),
    secrets: new Map(found.secrets),
    doubtful: new Set(found.doubtful),
    settledOn: undefined,
  };
}
