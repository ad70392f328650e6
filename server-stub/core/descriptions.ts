// The records of a tenant's store: the one description of each. What is written fits it.
import { z } from 'zod';
import { command, outcome } from '../../protocol/vocabulary/command.js';
import { stored } from '../../protocol/vocabulary/derive.js';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import { authorities, failureCategories, platformNames, profileKinds } from '../../protocol/vocabulary/names.js';
import { profile } from '../../protocol/vocabulary/profile.js';
import { stubError } from '../errors.js';
import type { Table } from './persistence.js';
import { licences } from './types.js';

const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities]);
const time = z.number();
const word = z.string();

export const user = z.strictObject({
  id: word.min(1),
  upn: word.min(1),
  displayName: word,
  licence: z.enum(licences),
  password: word.exactOptional(),
});

export const assigned = z.strictObject({
  id: word.min(1),
  authority,
  profile,
  assignedTo: z.union([z.literal('all'), z.array(word)]),
  platforms: z.array(z.enum(platformNames)).exactOptional(),
});

const meta = z.strictObject({
  version: z.literal(1),
  authority,
  pushCertificate: z.strictObject({ authority, expiresAt: time, topic: word.exactOptional() }).exactOptional(),
  /** Of the device that enrolled last, once it has left. Absent where none was there. */
  lastSequence: z.number().int().exactOptional(),
});

const change = z.strictObject({
  at: time,
  by: word,
  from: authority,
  to: authority,
  notified: z.number().int(),
  userlessDevices: z.array(word),
});

const failure = z.strictObject({
  id: word,
  at: time,
  platform: z.enum(platformNames),
  userUpn: word.exactOptional(),
  deviceId: word.exactOptional(),
  osVersion: word.exactOptional(),
  code: word,
  failureCategory: z.enum(failureCategories),
  failureReason: word,
  remedies: word,
});

const held = z.strictObject({
  name: word,
  kind: z.enum(profileKinds),
  authority,
  version: word,
  stale: z.boolean(),
  expired: z.boolean().exactOptional(),
  pinned: z.boolean().exactOptional(),
});

const work = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install'), name: word, authority, version: word }),
  z.strictObject({ kind: z.literal('remove'), name: word }),
]);

const entry = z.strictObject({
  id: word,
  /** Any but `install-profile`, which says under `content` what is installed. */
  command: command.exactOptional(),
  /** Key of the table `content`. */
  content: word.exactOptional(),
  queuedAt: time,
  by: z.enum(['core', 'administrator']),
  work: work.exactOptional(),
  status: z.enum(['waiting', 'sent', 'later', 'done', 'failed']),
  wasSent: z.boolean(),
  outcome: outcome.exactOptional(),
  answeredAt: time.exactOptional(),
});

const device = z.strictObject({
  record: z.strictObject({
    id: word,
    /** Absent in records of the first form. */
    sequence: z.number().int().exactOptional(),
    platform: z.enum(platformNames),
    deviceId: word,
    serial: word,
    userId: word.exactOptional(),
    status: z.enum(['pending', 'enrolled', 'retiring', 'wiping', 'removed']),
    managedBy: authority,
    enrolledAt: time,
    lastSyncAt: time.exactOptional(),
    deviceName: word.exactOptional(),
    model: word.exactOptional(),
    osVersion: word.exactOptional(),
    imei: word.exactOptional(),
    held: z.array(held),
    dialect: z.record(word, z.unknown()),
  }),
  revision: z.number().int().min(0),
  open: z.array(entry),
  answered: z.array(entry),
  failed: z.array(z.tuple([word, word])),
  secrets: z.array(z.tuple([word, word])),
  doubtful: z.array(word),
  /** Name of a setting that is held, and the key of its content in the table `content`. */
  contents: z.array(z.tuple([word, word])).exactOptional(),
});

export const descriptions = {
  meta,
  user,
  profile: assigned,
  content: profile,
  device,
  change,
  moved: z.number().int().min(0),
  failure,
} as const satisfies Record<Table, z.ZodType>;

/** What a record of each table is read by. */
export const forms = {
  meta: stored(meta),
  user: stored(user),
  profile: stored(assigned),
  content: stored(profile),
  device: stored(device),
  change: stored(change),
  moved: stored(descriptions.moved),
  failure: stored(failure),
} as const satisfies Record<Table, z.ZodType>;

/** The present version of each table. The first form of a device had whole profiles in its commands. */
export const versions: Readonly<Record<Table, number>> = {
  meta: 1,
  user: 1,
  profile: 1,
  content: 1,
  device: 2,
  change: 1,
  moved: 1,
  failure: 1,
};

/** Throws REQUEST_INVALID where a record could not be stored as it is: to be asked before anything is changed. */
export function assertFits(table: Table, value: unknown): void {
  const why = misfit(descriptions[table], value);
  if (why !== undefined) throw stubError('REQUEST_INVALID', `This ${table} cannot be taken: ${why}`);
}
